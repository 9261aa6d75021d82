"""Date columns, tables, sidebars, running headers and extreme lines; every person is fictitious."""

import random
from dataclasses import replace

from app.analysis.rules import parse_resume
from app.extraction.layout.running_lines import set_apart

from .answers import jobs, keywords, studies
from .documents import Placed, laid_out, plain


def test_a_date_column_on_the_right_belongs_to_the_rows_beside_it() -> None:
    rows = [
        Placed("Wilhelmina Castellane", size=22, bold=True),
        Placed("w.castellane@example.com", size=9),
        Placed("Experience", top=120, size=13, bold=True, block=1),
        Placed("Harborlight Foods", top=140, bold=True, block=1),
        Placed("Line Supervisor", top=154, block=1),
        Placed("• Ran two packing lines with eighteen people", top=168, block=1),
        Placed("Cedar Valley Dairy", top=190, bold=True, block=1),
        Placed("Machine Operator", top=204, block=1),
        Placed("• Kept the bottling line within its targets", top=218, block=1),
        Placed("Boise, ID", left=470, top=140, block=2),
        Placed("2019 – Present", left=470, top=154, block=2),
        Placed("Twin Falls, ID", left=470, top=190, block=2),
        Placed("2014 – 2019", left=470, top=204, block=2),
    ]
    answer = parse_resume(laid_out(rows))
    assert jobs(answer) == [
        ("Harborlight Foods", "Line Supervisor", "2019", None),
        ("Cedar Valley Dairy", "Machine Operator", "2014", "2019"),
    ]
    assert [each.location for each in answer.work] == ["Boise, ID", "Twin Falls, ID"]
    assert 11 in answer.work[0].lines


def test_a_table_with_labels_and_dates_in_a_separate_column_is_read_row_by_row() -> None:
    left = [
        ("Lebenslauf", 40, True),
        ("Berufserfahrung", 80, True),
        ("04/2018 – heute", 100, False),
        ("10/2013 – 03/2018", 142, False),
        ("Ausbildung", 180, True),
        ("10/2006 – 07/2010", 200, False),
        ("Kenntnisse", 240, True),
        ("Vertrieb", 260, False),
        ("EDV", 274, False),
        ("Sprachen", 300, True),
        ("Deutsch", 320, False),
    ]
    right = [
        ("Vertriebsleiterin Nord", 100),
        ("Havelwerk Medizintechnik GmbH, Berlin", 114),
        ("• Führung von neun Mitarbeitern", 128),
        ("Key-Account-Managerin", 142),
        ("Brinkmann Laborbedarf KG, Hannover", 156),
        ("Diplom-Kauffrau (FH), Betriebswirtschaft", 200),
        ("Hochschule Weserbergland-Nord, Hameln", 214),
        ("Verhandlungsführung, Gebietsplanung", 260),
        ("SAP SD, Salesforce", 274),
        ("Muttersprache", 320),
    ]
    rows = [Placed(text, 60, top, 12 if bold else 10, bold, index) for index, (text, top, bold) in enumerate(left)]
    rows += [Placed(text, 200, top, block=50) for text, top in right]
    answer = parse_resume(laid_out(rows, "de"))
    assert jobs(answer) == [
        ("Havelwerk Medizintechnik GmbH", "Vertriebsleiterin Nord", "04/2018", None),
        ("Brinkmann Laborbedarf KG", "Key-Account-Managerin", "10/2013", "03/2018"),
    ]
    assert studies(answer) == [("Hochschule Weserbergland-Nord", "Diplom-Kauffrau (FH)", "Betriebswirtschaft")]
    assert [(group.name, group.keywords) for group in answer.skills] == [
        ("Vertrieb", ["Verhandlungsführung", "Gebietsplanung"]),
        ("EDV", ["SAP SD", "Salesforce"]),
    ]
    assert [(each.language, each.fluency) for each in answer.languages] == [("Deutsch", "Muttersprache")]


def test_a_name_after_a_sidebar_is_found_and_ends_the_sidebar() -> None:
    rows = [
        Placed("Skills", 20, 40, 11, bold=True, block=0),
        Placed("Welding", 20, 56, 9, block=0),
        Placed("Blueprint reading", 20, 70, 9, block=0),
        Placed("Languages", 20, 100, 11, bold=True, block=1),
        Placed("Croatian – native", 20, 116, 9, block=1),
        Placed("Dragan Petrovčić", 200, 40, 24, bold=True, block=2),
        Placed("Welder", 200, 72, 12, block=2),
        Placed("dragan.petrovcic@example.com", 200, 90, 9, block=2),
        Placed("Experience", 200, 120, 13, bold=True, block=3),
        Placed("Welder\t2015 – 2023", 200, 140, 10, block=3),
        Placed("Adria Shipyard d.o.o., Rijeka", 200, 154, 10, block=3),
    ]
    answer = parse_resume(laid_out(rows))
    assert answer.person.name == "Dragan Petrovčić"
    assert answer.person.label == "Welder"
    assert keywords(answer) == {"Welding", "Blueprint reading"}
    assert jobs(answer) == [("Adria Shipyard d.o.o.", "Welder", "2015", "2023")]


def test_wrapped_list_items_are_joined_and_years_in_them_start_no_entry() -> None:
    rows = [
        Placed("Miriam Feldhaus-Ochieng", size=20, bold=True),
        Placed("WORK EXPERIENCE", size=12, bold=True, block=1),
        Placed("Program Manager, Lakeshore Housing Trust\t2018 – 2022", bold=True, block=1),
        Placed("• Managed a grant programme that grew from 2019 to 2021 and reached four hundred", left=54, block=1),
        Placed("households in three counties", left=62, block=1),
        Placed("• Won the regional prize of 2020", left=54, block=1),
    ]
    answer = parse_resume(laid_out(rows))
    assert jobs(answer) == [("Lakeshore Housing Trust", "Program Manager", "2018", "2022")]
    assert answer.work[0].highlights == [
        "Managed a grant programme that grew from 2019 to 2021 and reached four hundred households in three counties",
        "Won the regional prize of 2020",
    ]


def test_page_numbers_and_repeated_headers_are_left_out() -> None:
    rows = [
        Placed("Oluwaseun Adeyemi-Holt", top=20, size=18, bold=True),
        Placed("EXPERIENCE", top=100, size=12, bold=True, block=1),
        Placed("Site Manager, Granite Bay Builders Ltd, 2016 – 2024", top=120, block=1),
        Placed("• Ran six sites", top=134, left=54, block=1),
        Placed("Page 1 of 2", top=820, size=8, block=2),
        Placed("Oluwaseun Adeyemi-Holt", top=20, size=18, bold=True, block=3, page=2),
        Placed("• Trained eleven apprentices", top=100, left=54, block=4, page=2),
        Placed("Page 2 of 2", top=820, size=8, block=5, page=2),
    ]
    document = laid_out(rows)
    answer = parse_resume(replace(document, lines=tuple(set_apart(document.lines, document.pages))))
    assert jobs(answer) == [("Granite Bay Builders Ltd", "Site Manager", "2016", "2024")]
    assert answer.work[0].highlights == ["Ran six sites", "Trained eleven apprentices"]


def test_every_value_is_in_the_lines_it_cites() -> None:
    document = plain("""
Zuzanna Wierzbicka
zuzanna.wierzbicka@example.pl

Experience
Payroll Specialist, Tatra Kadry Sp. z o.o., Kraków, 2017 - 2024
• Ran payroll for nine hundred people
""")
    job = parse_resume(document).work[0]
    cited = " ".join(line.text for line in document.lines if line.number in job.lines)
    for value in (job.employer, job.position, job.start, job.end, job.location, *job.highlights):
        assert value is not None
        assert value in cited


def test_lines_in_any_order_never_break_the_parser() -> None:
    words = [
        *(
            "EDUCATION",
            "Experience",
            "SKILLS:",
            "• 2019 - 2021",
            "- BSc",
            "Acme Ltd, 2015 – 2020",
            "Engineer",
            "Berlin",
        ),
        *("University of Nowhere", "Languages", "GPA: 3.9", "(2010", "2014", "Python, Go", "•", "Company: ", "@", "()"),
        *("Duration: 2019", "学歴", "2019年4月 株式会社山 入社", "Références", ". . ."),
    ]
    shuffler = random.Random(11)
    for _ in range(150):
        text = "\n".join(shuffler.choices(words, k=shuffler.randint(1, 14)))
        parse_resume(plain(text))


def test_an_extremely_long_line_is_read_only_in_part() -> None:
    document = plain(
        "Amaryllis Ferncastle\nExperience\n" + "1 " * 30_000 + "\nClerk, Harrowgate Mills Ltd, 2015 - 2020"
    )
    assert jobs(parse_resume(document)) == [("Harrowgate Mills Ltd", "Clerk", "2015", "2020")]
