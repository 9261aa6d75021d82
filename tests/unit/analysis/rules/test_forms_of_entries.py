"""Heads of jobs and studies in forms that others write; every person is invented."""

from app.analysis.rules import parse_resume

from .documents import Placed, laid_out, plain


def test_an_employer_without_a_label_may_stand_between_period_and_labelled_post() -> None:
    answer = parse_resume(
        plain(
            "Bolesław Krajna\nb.krajna@example.pl\n\nDoświadczenie zawodowe\n\n03.2016 - obecnie\nElektrosiła Toruń\n"
            "Stanowisko: Elektryk\n- pomiary\n\n06.2010 - 02.2016\nZakład Instalacji Krajna\nStanowisko: Pomocnik",
            "pl",
        )
    )
    assert [(job.employer, job.position) for job in answer.work] == [
        ("Elektrosiła Toruń", "Elektryk"),
        ("Zakład Instalacji Krajna", "Pomocnik"),
    ]


def test_departments_are_neither_title_nor_employer() -> None:
    answer = parse_resume(
        plain(
            "氏名：鳴海 航\nnarumi@example.com\n\n■職務経歴\n株式会社潮風電機（2016年4月〜現在）\n\n"
            "2019年4月〜現在 営業本部 第二課 課長\n・新規開拓\n\n2016年4月〜2019年3月 東北支店 営業担当\n・受注管理",
            "ja",
        )
    )
    assert [(job.employer, job.position) for job in answer.work] == [
        ("株式会社潮風電機", "課長"),
        ("株式会社潮風電機", "営業担当"),
    ]


def test_a_certificate_among_the_studies_gives_its_year_to_none_of_them() -> None:
    answer = parse_resume(
        plain(
            "Orla Fenwick\norla@example.com\n\nEDUCATION AND CERTIFICATIONS\nCrane Signals B1, 2025\n"
            "Marlowe Community College – Associate of Applied Science, Logistics, in progress"
        )
    )
    assert [(study.institution, study.area, study.end) for study in answer.education] == [
        ("Marlowe Community College", "Logistics", None)
    ]


def test_an_open_period_above_a_closed_one_is_a_period_of_its_own() -> None:
    rows = ["2018–\tLecturer, Harbour University", "2012–2016\tTutor, Fenland College"]
    answer = parse_resume(
        laid_out(
            [
                Placed("Ines Quarmby", size=20, bold=True),
                Placed("ines@example.org"),
                Placed("Experience", size=14, bold=True, block=1),
                *(Placed(row, block=2, stops=(150.0,)) for row in rows),
            ]
        )
    )
    assert [(job.start, job.end) for job in answer.work] == [("2018", None), ("2012", "2016")]


def test_a_wider_blank_tells_title_and_employer_apart() -> None:
    answer = parse_resume(
        laid_out(
            [
                Placed("Ines Quarmby", size=20, bold=True),
                Placed("ines@example.org"),
                Placed("WORK EXPERIENCE", size=14, bold=True, block=1),
                Placed("03/2018 – CURRENT Leeds, United Kingdom", block=2),
                Placed("QUALITY MANAGER\tFENLAND MILLS LTD", block=2, bold=True, stops=(132.0,)),
                Placed("Runs the laboratory of the mill and its audits", block=2),
            ]
        )
    )
    assert [(job.position, job.employer) for job in answer.work] == [("QUALITY MANAGER", "FENLAND MILLS LTD")]


def test_research_with_posts_and_periods_is_work() -> None:
    answer = parse_resume(
        plain(
            "Ines Quarmby\nines@example.org\n\nEXPERIENCE\nShop Assistant, Kaap Books\n2022 - 2023\n\nRESEARCH\n"
            "Sound Laboratory | Research Assistant\nJul 2025 – Oct 2025\n\nEDUCATION\nBSc Botany, Fen College, 2025"
        )
    )
    assert ("Sound Laboratory", "Research Assistant") in [(job.employer, job.position) for job in answer.work]


def test_what_follows_the_comma_in_two_heads_is_a_department() -> None:
    answer = parse_resume(
        plain(
            "Orla Fenwick\norla@example.com\n\nEXPERIENCE\nHALLIGAN, STROUD & CO.\nVice President, Bridge Finance\n"
            "Jul 2021 – Present\n- Closed nine deals\n\nAssociate, Bridge Finance\nAug 2018 – Jun 2021\n- Built models"
        )
    )
    assert [(job.employer, job.position) for job in answer.work] == [
        ("HALLIGAN, STROUD & CO.", "Vice President, Bridge Finance"),
        ("HALLIGAN, STROUD & CO.", "Associate, Bridge Finance"),
    ]


def test_a_row_below_the_title_is_the_employer_where_it_was_in_the_entry_before() -> None:
    answer = parse_resume(
        plain(
            "Maite Olmo\nmaite@example.es\n\nExperiencia profesional\nMaestra tutora, sept. 2019 – actualidad\n"
            "CEIP Las Encinas, Logroño\nTutoría de un grupo y coordinación del huerto.\n\n"
            "Maestra interina, sept. 2016 – jun. 2019\nServicio Riojano, varios centros\nSustituciones en pueblos.",
            "es",
        )
    )
    assert [job.position for job in answer.work] == ["Maestra tutora", "Maestra interina"]
    assert [job.employer for job in answer.work] == ["CEIP Las Encinas", "Servicio Riojano"]


def test_rows_of_period_and_employer_may_be_list_items_over_labelled_posts() -> None:
    answer = parse_resume(
        plain(
            "Thiago Raposo\nthiago@example.com.br\nRua das Palmeiras, 310 – Boa Viagem – Recife/PE\n\n"
            "EXPERIÊNCIA PROFISSIONAL\n• 2021 – Atual – Porto Sul Telecom\nCargo: Analista de Redes\n"
            "• 2018 – 2021 – Hospital Recife Velho\nCargo: Técnico de Suporte",
            "pt",
        )
    )
    assert [(job.employer, job.position, job.start) for job in answer.work] == [
        ("Porto Sul Telecom", "Analista de Redes", "2021"),
        ("Hospital Recife Velho", "Técnico de Suporte", "2018"),
    ]
    assert (answer.person.city, answer.person.region) == ("Recife", "PE")


def test_labelled_rows_under_one_heading_are_sections_of_their_own() -> None:
    answer = parse_resume(
        plain(
            "Orla Fenwick\norla@example.com\n\nEXPERIENCE\nClerk, Fenland Mills Ltd\n2018 – 2021\n\nADDITIONAL\n"
            "Languages: Spanish (fluent), Irish (native)\nTechnical: Excel, Bloomberg\nInterests: Fly fishing, choirs"
        )
    )
    assert [language.language for language in answer.languages] == ["Spanish", "Irish"]
    assert [word for group in answer.skills for word in group.keywords] == ["Excel", "Bloomberg"]
    assert [interest.name for interest in answer.interests] == ["Fly fishing", "choirs"]


def test_languages_may_be_sentences() -> None:
    answer = parse_resume(
        plain("Maite Olmo\nmaite@example.es\n\nIdiomas\nEspañol: nativo. Euskera: B2. Inglés: B1.", "es")
    )
    assert [(each.language, each.fluency) for each in answer.languages] == [
        ("Español", "nativo"),
        ("Euskera", "B2"),
        ("Inglés", "B1"),
    ]
