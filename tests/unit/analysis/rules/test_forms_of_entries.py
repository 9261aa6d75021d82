"""Unusual headers of jobs and studies; every person is fictitious."""

import pytest

from app.analysis.rules import parse_resume

from .documents import Placed, laid_out, plain


def test_an_unlabeled_employer_may_be_between_the_period_and_a_labeled_position() -> None:
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


def test_departments_are_neither_titles_nor_employers() -> None:
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


def test_a_certificate_between_studies_does_not_give_them_its_year() -> None:
    answer = parse_resume(
        plain(
            "Orla Fenwick\norla@example.com\n\nEDUCATION AND CERTIFICATIONS\nCrane Signals B1, 2025\n"
            "Marlowe Community College – Associate of Applied Science, Logistics, in progress"
        )
    )
    assert [(study.institution, study.area, study.end) for study in answer.education] == [
        ("Marlowe Community College", "Logistics", None)
    ]


def test_an_open_period_above_a_closed_one_is_separate() -> None:
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


def test_a_wider_space_separates_title_and_employer() -> None:
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


def test_research_with_positions_and_periods_is_work() -> None:
    answer = parse_resume(
        plain(
            "Ines Quarmby\nines@example.org\n\nEXPERIENCE\nShop Assistant, Kaap Books\n2022 - 2023\n\nRESEARCH\n"
            "Sound Laboratory | Research Assistant\nJul 2025 – Oct 2025\n\nEDUCATION\nBSc Botany, Fen College, 2025"
        )
    )
    assert ("Sound Laboratory", "Research Assistant") in [(job.employer, job.position) for job in answer.work]


def test_the_text_after_the_comma_in_two_headers_is_a_department() -> None:
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


def test_a_row_below_the_title_is_the_employer_as_in_the_entry_before() -> None:
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


def test_rows_of_period_and_employer_may_be_list_items_above_labeled_positions() -> None:
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


def test_labeled_rows_under_one_heading_are_separate_sections() -> None:
    answer = parse_resume(
        plain(
            "Orla Fenwick\norla@example.com\n\nEXPERIENCE\nClerk, Fenland Mills Ltd\n2018 – 2021\n\nADDITIONAL\n"
            "Languages: Spanish (fluent), Irish (native)\nTechnical: Excel, Bloomberg\nInterests: Fly fishing, choirs"
        )
    )
    assert [language.language for language in answer.languages] == ["Spanish", "Irish"]
    assert [word for group in answer.skills for word in group.keywords] == ["Excel", "Bloomberg"]
    assert [interest.name for interest in answer.interests] == ["Fly fishing", "choirs"]


def test_languages_may_be_written_as_sentences() -> None:
    answer = parse_resume(
        plain("Maite Olmo\nmaite@example.es\n\nIdiomas\nEspañol: nativo. Euskera: B2. Inglés: B1.", "es")
    )
    assert [(each.language, each.fluency) for each in answer.languages] == [
        ("Español", "nativo"),
        ("Euskera", "B2"),
        ("Inglés", "B1"),
    ]


def test_labels_on_two_lines_next_to_their_values_are_read_completely() -> None:
    facts = [
        ("Experiência profissional", ""),
        ("Datas", "Março 2019 – Fevereiro 2021"),
        ("Função ou cargo ocupado", "Farmacêutica adjunta"),
        ("Nome e endereço do\nempregador", "Farmácia Bonfim, Porto"),
        ("Educação e formação", ""),
        ("Datas", "2010 – 2015"),
        ("Designação da qualificação\natribuída", "Mestrado em Ciências Farmacêuticas"),
        ("Nome e tipo da organização\nde ensino ou formação", "Universidade do Porto"),
    ]
    labels: list[Placed] = []
    values: list[Placed] = []
    top = 100.0
    for label, value in facts:
        values += [Placed(value, left=230.0, top=top, block=1)] if value else []
        for number, line in enumerate(label.split("\n")):
            labels.append(Placed(line, left=60.0, top=top + 13.0 * number, bold=not value))
        top += 34.0
    answer = parse_resume(laid_out([Placed("Beatriz Quintela", top=60.0, size=18), *labels, *values], "pt"))
    assert [(job.employer, job.position, job.start) for job in answer.work] == [
        ("Farmácia Bonfim", "Farmacêutica adjunta", "Março 2019")
    ]
    assert [(study.institution, study.start) for study in answer.education] == [("Universidade do Porto", "2010")]


def test_a_position_may_be_described_in_a_sentence() -> None:
    answer = parse_resume(
        plain(
            "Name: Hari Vadakke\nhari@example.in\n\nProfessional Experience:\n"
            "• Working as Senior Test Engineer in Kaveri Infosolutions Pvt. Ltd., Kochi from Jan 2021 to till date.\n"
            "• Worked as Test Engineer in Malabar Softworks, Chennai from Jul 2017 to Dec 2020."
        )
    )
    assert [(job.employer, job.position) for job in answer.work] == [
        ("Kaveri Infosolutions Pvt. Ltd.", "Senior Test Engineer"),
        ("Malabar Softworks", "Test Engineer"),
    ]


def test_headers_in_one_section_have_the_same_rows() -> None:
    first = ["Март 2020 — Июнь 2024 4 года\tООО «Кабель»", "Екатеринбург", "Главный бухгалтер", "Ведение учёта."]
    second = ["Май 2015 — Март 2020 4 года\tАО «Техмаш»", "Заречный Камень", "Бухгалтер по расчётам", "Начисление."]
    answer = parse_resume(
        laid_out(
            [
                Placed("Гордеева Марина", size=20, bold=True),
                Placed("m.gordeeva@example.ru"),
                Placed("Опыт работы", size=14, bold=True, block=1),
                *(Placed(row, block=2, bold=row in (first[2], second[2])) for row in (*first, *second)),
            ],
            "ru",
        )
    )
    assert [(job.employer, job.position) for job in answer.work] == [
        ("ООО «Кабель»", "Главный бухгалтер"),
        ("АО «Техмаш»", "Бухгалтер по расчётам"),
    ]


def test_all_cells_of_a_column_have_the_same_kind_of_value() -> None:
    rows = ["B.Tech\tMalabar Engineering College\t2017\t74%", "SSLC\tSt. Mary’s HSS\t2011\t92%"]
    answer = parse_resume(
        laid_out(
            [
                Placed("Hari Vadakke", size=20, bold=True),
                Placed("hari@example.in"),
                Placed("Education", size=14, bold=True, block=1),
                *(Placed(row, block=2, stops=(160.0, 360.0, 460.0)) for row in rows),
            ]
        )
    )
    assert [(study.degree, study.institution, study.end) for study in answer.education] == [
        ("B.Tech", "Malabar Engineering College", "2017"),
        ("SSLC", "St. Mary’s HSS", "2011"),
    ]


def test_taught_modules_are_not_jobs() -> None:
    answer = parse_resume(
        plain(
            "Ines Quarmby\nines@example.org\n\nAPPOINTMENTS\nLecturer in Geology, Fenland University, 2021 – 2024\n\n"
            "TEACHING\nModule leader, Introduction to Minerals, 2021 – 2023\n\nEDUCATION\nPhD, Fen College, 2017"
        )
    )
    assert [job.position for job in answer.work] == ["Lecturer in Geology"]


def test_a_nickname_may_be_between_the_names_and_a_place_after_the_title() -> None:
    answer = parse_resume(
        plain(
            'PATRICIA "TRISH" DELGADO\nBackend developer — Aberdeen, Scotland\ntrish@example.com\n\n'
            "WORK\nClerk, Fenland Mills Ltd\n2018 – 2021"
        )
    )
    assert (answer.person.name, answer.person.label) == ('PATRICIA "TRISH" DELGADO', "Backend developer")


def test_a_bold_title_that_breaks_within_a_phrase_continues_on_a_regular_line() -> None:
    answer = parse_resume(
        laid_out(
            [
                Placed("Ines Quarmby", size=20, bold=True),
                Placed("ines@example.org"),
                Placed("Experience", size=14, bold=True, block=1),
                Placed("Head of Project Development and", size=11, bold=True, block=2),
                Placed("Stakeholder Relations, Fenland Energy Ltd", size=11, block=2),
                Placed("September 2021 – present", block=2),
                Placed("Project Engineer, Harbour Consulting Engineers", size=11, block=3, top=180.0),
                Placed("June 2016 – August 2021", block=3),
            ]
        )
    )
    assert [(job.employer, job.position) for job in answer.work] == [
        ("Fenland Energy Ltd", "Head of Project Development and Stakeholder Relations"),
        ("Harbour Consulting Engineers", "Project Engineer"),
    ]


def test_bracketed_text_after_several_employers_is_a_town() -> None:
    answer = parse_resume(
        plain(
            "Yannick Beausoleil\nyannick@example.fr\n\nEXPÉRIENCES PROFESSIONNELLES\n"
            "Depuis mars 2020 : Chef de partie – Restaurant L’Estran (Port-des-Grives)\n"
            "De 2016 à 2020 : Commis de cuisine – Hôtel des Remparts (Saint-Aubin-le-Vieux)",
            "fr",
        )
    )
    assert [(job.employer, job.location) for job in answer.work] == [
        ("Restaurant L’Estran", "Port-des-Grives"),
        ("Hôtel des Remparts", "Saint-Aubin-le-Vieux"),
    ]


def test_a_school_diploma_next_to_its_school_is_the_degree() -> None:
    answer = parse_resume(
        plain(
            "Gianmarco Bellavigna\ngianmarco@example.it\n\nTitoli di studio\n"
            "2011 – Diploma di Liceo Scientifico, Liceo G. Marconi, Foligno",
            "it",
        )
    )
    assert [study.institution for study in answer.education] == ["Liceo G. Marconi"]


def test_a_heading_in_the_row_of_a_tables_column_titles_stays_a_heading() -> None:
    rows = ["자격사항 취득일\t자격증명\t발행기관", "2016.11\t화학분석기사\t한국산업인력공단"]
    answer = parse_resume(
        laid_out(
            [
                Placed("남궁서연", size=20, bold=True),
                Placed("namgung@example.kr"),
                *(Placed(row, block=2, stops=(200.0, 360.0)) for row in rows),
            ],
            "ko",
        )
    )
    assert [certificate.title for certificate in answer.certificates] == ["화학분석기사"]
    assert answer.work == []


def test_an_employer_hyphenated_with_its_town_is_split_but_a_hyphenated_town_is_not() -> None:
    answer = parse_resume(
        plain(
            "Shauna Bellweather\nshauna@example.net\n\nWork Experience\n"
            "Pharmacy Technician\nHarbor Drugs-Mobile, AL\nMarch 2020 to Present\n\n"
            "Cashier\nGreen Grocers, Winston-Salem, NC\nJune 2017 to February 2020"
        )
    )
    assert [(job.employer, job.location) for job in answer.work] == [
        ("Harbor Drugs", "Mobile, AL"),
        ("Green Grocers", "Winston-Salem, NC"),
    ]


def test_a_period_that_wraps_in_its_column_does_not_split_the_entry() -> None:
    rows = [
        "2019-03 - present\tStructural Engineer",
        "\tMaple Span Consultants",
        "2015-06 -\tJunior Engineer",
        "2019-02\tBeaver Dam Construction",
    ]
    answer = parse_resume(
        laid_out(
            [
                Placed("Augustin Fairbairn", size=20, bold=True),
                Placed("augustin@example.ca"),
                Placed("Experience", size=14, bold=True, block=1),
                *(Placed(row, block=2, stops=(160.0,)) for row in rows),
            ]
        )
    )
    assert [(job.employer, job.position) for job in answer.work] == [
        ("Maple Span Consultants", "Structural Engineer"),
        ("Beaver Dam Construction", "Junior Engineer"),
    ]
    assert (answer.work[1].end or "").endswith("2019-02")


def test_a_title_and_an_employer_with_a_wider_space_between_them_after_a_period_are_two() -> None:
    rows = ["2020–Now\tPrincipal Biostatistician\tNordTrial Ltd", "2016–2020\tBiostatistician\tSouthmere Hospital"]
    answer = parse_resume(
        laid_out(
            [
                Placed("Torben Nkemelu", size=20, bold=True),
                Placed("torben@example.dk"),
                Placed("experience", size=14, block=1),
                *(Placed(row, block=2, stops=(120.0, 270.0)) for row in rows),
            ]
        )
    )
    assert [(job.employer, job.position) for job in answer.work] == [
        ("NordTrial Ltd", "Principal Biostatistician"),
        ("Southmere Hospital", "Biostatistician"),
    ]


def test_training_at_schools_is_education_if_there_is_no_education_section() -> None:
    lines = (
        "Rowena Hatterson\nrowena@example.org\n\n{}TRAINING AND QUALIFICATIONS\n\n"
        "2014: Diploma in Horticulture, Myerfield College\n2016: Chainsaw maintenance"
    )
    alone = parse_resume(plain(lines.format("")))
    assert [(study.institution, study.end) for study in alone.education] == [("Myerfield College", "2014")]
    beside = parse_resume(plain(lines.format("EDUCATION\n\nBSc Botany, Fell University, 2012\n\n")))
    assert [study.institution for study in beside.education] == ["Fell University"]


def test_an_acronym_above_other_skills_does_not_name_a_group() -> None:
    answer = parse_resume(plain("Ines Quarmby\nines@example.org\n\nSKILLS\n\nIFRS\nXero\nMonth-end close"))
    assert [word for group in answer.skills for word in group.keywords] == ["IFRS", "Xero", "Month-end close"]


def test_a_bold_title_and_the_regular_name_after_it_are_two() -> None:
    answer = parse_resume(
        laid_out(
            [
                Placed("Matteo Brandolini", size=20, bold=True),
                Placed("matteo@example.it"),
                Placed("WORK EXPERIENCE", size=14, bold=True, block=1),
                Placed("01/2018 – current", block=2),
                Placed("SITE MANAGER PONTENUOVO", block=2, bold_words=2),
                Placed("09/2014 – 12/2017", block=3),
                Placed("STRUCTURAL ENGINEER VALCHIARA E FIGLI", block=3, bold_words=2),
                Placed("EDUCATION", size=14, bold=True, block=4),
                Placed("09/2008 – 07/2011", block=5),
                Placed("BACHELOR'S DEGREE IN CIVIL ENGINEERING University of the Brenta", block=5, bold_words=5),
            ]
        )
    )
    assert [(job.employer, job.position) for job in answer.work] == [
        ("PONTENUOVO", "SITE MANAGER"),
        ("VALCHIARA E FIGLI", "STRUCTURAL ENGINEER"),
    ]
    assert [study.institution for study in answer.education] == ["University of the Brenta"]


@pytest.mark.parametrize(("head", "bold_words"), [("Nexus Labs, Research Intern", 2), ("Engineer at Fell Robotics", 1)])
def test_weight_does_not_matter_if_separators_or_words_divide_the_two(head: str, bold_words: int) -> None:
    read = [
        parse_resume(
            laid_out(
                [
                    Placed("Ada Winterbourne", size=20, bold=True),
                    Placed("ada@example.org"),
                    Placed("Experience", size=14, bold=True, block=1),
                    Placed(head, block=2, bold_words=bold),
                    Placed("2019 – 2021", block=2),
                ]
            )
        ).work
        for bold in (0, bold_words)
    ]
    assert read[0] == read[1]
    assert len(read[0]) == 1
