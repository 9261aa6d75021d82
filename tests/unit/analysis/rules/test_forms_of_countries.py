"""Conventions of countries and templates: labels, brackets, wrapped addresses; every person is fictitious."""

import pytest

from app.analysis.rules import parse_resume
from app.analysis.rules.structure.headings import find_kind

from .documents import Placed, laid_out, plain


def test_facts_in_rows_with_two_labels_are_split() -> None:
    answer = parse_resume(
        plain(
            """
个人简历
姓名 端木青禾 求职意向 前端工程师
电话 010-5550 0199 邮箱 duanmu@example.com
现居地 北京 政治面貌 群众

【教育背景】
2011.09 – 2015.06 燕岭理工大学 软件工程 本科

【工作经历】
2015.07 – 至今 远山软件有限公司 前端工程师
""",
            "zh",
        )
    )
    assert (answer.person.name, answer.person.label, answer.person.city) == ("端木青禾", "前端工程师", "北京")
    assert answer.work[0].employer == "远山软件有限公司"


def test_a_bracketed_label_of_duties_is_not_part_of_the_title() -> None:
    answer = parse_resume(
        plain(
            "氏名：鳴海 航\nnarumi@example.com\n\n■職務経歴\n2016年4月～現在 株式会社潮風電機\n"
            "設計リーダー 【担当業務】\n・回路の設計",
            "ja",
        )
    )
    assert [job.position for job in answer.work] == ["設計リーダー"]


@pytest.mark.parametrize(
    ("language", "row", "employer", "position"),
    [
        (
            "nl",
            "Magazijnmedewerker bij Amstel Logistiek BV te Utrecht",
            "Amstel Logistiek BV",
            "Magazijnmedewerker",
        ),
        ("pl", "Hurtownia Bursztyn S.A., Gdynia\nStanowisko: Magazynier", "Hurtownia Bursztyn S.A.", "Magazynier"),
        ("ar", "مهندس مدني - شركة النخيل للمقاولات، دبي", "شركة النخيل للمقاولات", "مهندس مدني"),
        ("he", "מהנדסת תוכנה - חברת כרמל נתונים, חיפה", "חברת כרמל נתונים", "מהנדסת תוכנה"),
    ],
)
def test_employer_and_position_are_distinguished_in_other_languages(
    language: str, row: str, employer: str, position: str
) -> None:
    heading = {"nl": "Werkervaring", "pl": "Doświadczenie zawodowe", "ar": "الخبرات العملية", "he": "ניסיון תעסוקתי"}[
        language
    ]
    answer = parse_resume(plain(f"Ann Bell\nann@example.com\n\n{heading}\n{row}\n2015 - 2019\n", language))
    assert [(job.employer, job.position) for job in answer.work] == [(employer, position)]


def test_an_arabic_list_is_split_at_the_arabic_comma() -> None:
    answer = parse_resume(plain("ليان\nlayan@example.com\n\nالمهارات\nRevit، إدارة المشاريع، حساب الكميات", "ar"))
    assert [group.keywords for group in answer.skills] == [["Revit", "إدارة المشاريع", "حساب الكميات"]]


def test_a_url_that_wraps_at_a_hyphen_is_joined() -> None:
    head = "Contact\nann@example.com\nwww.linkedin.com/in/ann-\nbell-stone (LinkedIn)\n\nAnn Bell Stone\n"
    links = parse_resume(plain(f"{head}\nExperience\nClerk, Mill Ltd\n2015 - 2019")).person.links
    assert [link.url for link in links] == ["www.linkedin.com/in/ann-bell-stone"]


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Schul- und Berufsausbildung", "education"),
        ("Top Skills", "skills"),
        ("Honors-Awards", "awards"),
        ("الدورات والشهادات", "certificates"),
        ("ניסיון מקצועי", "work"),
        ("Ideella uppdrag", "volunteer"),
        ("Εργασιακή εμπειρία", "work"),
        ("Személyes adatok", "personal"),
        ("О себе", "summary"),
    ],
)
def test_headings_in_many_languages_are_recognized(heading: str, kind: str) -> None:
    assert find_kind(heading) == kind


def test_a_row_with_the_period_starts_each_labeled_position() -> None:
    answer = parse_resume(
        plain(
            """
    Thaís Lacerda
    thais@example.com.br

    EXPERIÊNCIA PROFISSIONAL
    03/2019 – Atual: Mineradora Pedra Clara S.A.
    Cargo: Analista de Recursos Humanos
    Principais atividades:
    • Condução de processos seletivos
    02/2014 – 02/2019: Supermercados do Vale Ltda.
    Cargo: Assistente de Departamento Pessoal
    """,
            "pt",
        )
    )
    assert [(job.employer, job.position, job.start, job.end) for job in answer.work] == [
        ("Mineradora Pedra Clara S.A.", "Analista de Recursos Humanos", "03/2019", None),
        ("Supermercados do Vale Ltda.", "Assistente de Departamento Pessoal", "02/2014", "02/2019"),
    ]
    assert answer.work[0].highlights == ["Condução de processos seletivos"]


def test_a_signature_at_the_end_is_not_a_skill() -> None:
    lines = [
        "Henrike Asmussen",
        "h.asmussen@example.de",
        "",
        "Berufspraxis",
        "2018 – 2020",
        "Verkäuferin",
        "Kaufhaus AG",
    ]
    lines += ["", "Kenntnisse", "SAP, Lexware", "Husum, 02.02.2025", "Henrike Asmussen"]
    answer = parse_resume(plain("\n".join(lines), "de"))
    assert [word for group in answer.skills for word in group.keywords] == ["SAP", "Lexware"]


def test_the_university_is_the_employer_and_not_its_department() -> None:
    head = "Rosalind Wexley\nrwexley@example.edu\n\nAppointments\n"
    row = "2013–2019 Assistant Professor, Department of Marine Ecology, Penobscot State University"
    (job,) = parse_resume(plain(head + row)).work
    assert (job.employer, job.position) == ("Penobscot State University", "Assistant Professor")


def test_the_column_titles_of_a_table_are_not_entries() -> None:
    rows = [
        Placed("한지우", size=18),
        Placed("jiwoo.han@example.kr"),
        Placed("경력사항", size=13, bold=True, block=1),
        Placed("기간\t회사명\t직위", stops=(200.0, 400.0), block=1),
        Placed("2019.07 ~ 현재\t주식회사 누리소프트\t선임연구원", stops=(200.0, 400.0), block=1),
    ]
    answer = parse_resume(laid_out(rows, "ko"))
    assert [(job.employer, job.position) for job in answer.work] == [("주식회사 누리소프트", "선임연구원")]


def test_the_employer_may_be_alone_above_labeled_positions() -> None:
    answer = parse_resume(
        plain(
            """
    Emiliano Tamez Coronado
    etamez@example.mx

    EXPERIENCIA LABORAL
    INDUSTRIAS SIERRA AZUL, S.A. DE C.V.
    Puesto: Ingeniero de Manufactura
    Periodo: Febrero 2019 – Actual
    AUTOPARTES DEL NORTE, S.A.
    Puesto: Auxiliar de Calidad
    Periodo: Junio 2016 – Enero 2019
    """,
            "es",
        )
    )
    assert [(job.employer, job.position) for job in answer.work] == [
        ("INDUSTRIAS SIERRA AZUL, S.A. DE C.V.", "Ingeniero de Manufactura"),
        ("AUTOPARTES DEL NORTE, S.A.", "Auxiliar de Calidad"),
    ]


@pytest.mark.parametrize(
    ("row", "degree", "area"),
    [
        ("M. Sc. Psychologie, Universität Förde, Kiel, 2016", "M. Sc.", "Psychologie"),
        ("Ph.D., Oceanography, Skagit University. Dissertation: Drift of larvae, 2011", "Ph.D.", "Oceanography"),
    ],
)
def test_degrees_are_read_completely_without_the_thesis(row: str, degree: str, area: str) -> None:
    (study,) = parse_resume(plain(f"Ada Dreyer\nada@example.de\n\nEducation\n{row}")).education
    assert (study.degree, study.area) == (degree, area)


def test_the_expiry_date_of_a_certificate_is_not_its_date() -> None:
    head = "Harriet Blomquist\nhb@example.org\n\nCertifications\n"
    (certificate,) = parse_resume(plain(head + "Nebraska Teaching Certificate, expires 2028")).certificates
    assert (certificate.title, certificate.date) == ("Nebraska Teaching Certificate", None)


def test_positions_within_the_period_of_an_employers_row_belong_to_that_employer() -> None:
    rows = [
        Placed("Marcus Tremaine", size=18),
        Placed("EXPERIENCE", size=12, bold=True, block=1),
        Placed("UNITED STATES ARMY, Fort Carson, CO\t2011 – 2023", block=1),
        Placed("Platoon Sergeant, Transportation Company\t2018 – 2023", block=1),
        Placed("• Supervised 38 soldiers", left=60, block=1),
        Placed("Squad Leader\t2014 – 2018", block=1),
        Placed("• Trained drivers", left=60, block=1),
    ]
    assert [(job.employer, job.position, job.start) for job in parse_resume(laid_out(rows)).work] == [
        ("UNITED STATES ARMY", "Platoon Sergeant, Transportation Company", "2018"),
        ("UNITED STATES ARMY", "Squad Leader", "2014"),
    ]


def test_a_self_employed_person_has_no_employer() -> None:
    lines = ["Imani Oduya", "imani@example.com", "", "EXPERIENCE", "Motion Designer, Savannah Films — 2018–2021"]
    lines += ["- Animated title sequences", "Freelance Illustrator — 2016–2018", "- Murals"]
    answer = parse_resume(plain("\n".join(lines)))
    assert [(job.employer, job.position) for job in answer.work] == [
        ("Savannah Films", "Motion Designer"),
        (None, "Freelance Illustrator"),
    ]


def test_a_heading_may_contain_the_years_of_experience() -> None:
    assert find_kind("Опыт работы — 9 лет 4 месяца") == "work"
    assert find_kind("Work experience (9 years)") == "work"
