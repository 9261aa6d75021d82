"""Entries without headings, with labels, or with a shared employer; every person is fictitious."""

from app.analysis.rules import parse_resume

from .answers import jobs, studies
from .documents import plain


def test_a_resume_without_any_heading_is_read() -> None:
    answer = parse_resume(
        plain("""
Esperanza Quiroga
esperanza.q@example.com, 512-555-0110, Austin, Texas

Retail Supervisor, Sunnyside Outfitters, 2020 - present
Supervise twelve associates and manage the floor schedule.

Sales Associate, Lone Star Shoes, 2017 - 2020
Top seller for six quarters.

B.A. English, Colorado River University, 2017
""")
    )
    assert answer.is_resume
    assert jobs(answer) == [
        ("Sunnyside Outfitters", "Retail Supervisor", "2020", None),
        ("Lone Star Shoes", "Sales Associate", "2017", "2020"),
    ]
    assert studies(answer) == [("Colorado River University", "B.A.", "English")]


def test_several_positions_share_the_employer_above_the_first() -> None:
    answer = parse_resume(
        plain("""
Ottilie Brandvold
ottilie@brandvold.example.com | +47 912 34 567

EXPERIENCE

Nordlys Bank ASA, Oslo
Vice President, Risk
2020 – Present
- Own the credit risk model
Senior Risk Analyst
2016 – 2020
- Built scorecards

Fjellheim Consulting AS, Bergen
Consultant
2010 – 2013
- Audits
""")
    )
    assert jobs(answer) == [
        ("Nordlys Bank ASA", "Vice President, Risk", "2020", None),
        ("Nordlys Bank ASA", "Senior Risk Analyst", "2016", "2020"),
        ("Fjellheim Consulting AS", "Consultant", "2010", "2013"),
    ]


def test_entries_written_as_labels_and_values_are_read() -> None:
    answer = parse_resume(
        plain("""
Arvind Kumar Subramanian
Mobile: +91 98400 12345
E-Mail: arvind.subra@example.in

WORK EXPERIENCE
Organization: Coromandel Infotech Pvt. Ltd., Chennai
Designation: Senior Test Engineer
Duration: June 2018 to till date
Roles and Responsibilities:
• Prepared test plans
• Automated regression suites with Selenium

Organization: Nilgiri Software Solutions
Designation: Test Engineer
Duration: July 2014 – May 2018
• Manual testing of web applications

PERSONAL DETAILS
Date of Birth : 12-05-1993
Languages Known : English, Tamil, Hindi
""")
    )
    assert jobs(answer) == [
        ("Coromandel Infotech Pvt. Ltd.", "Senior Test Engineer", "June 2018", None),
        ("Nilgiri Software Solutions", "Test Engineer", "July 2014", "May 2018"),
    ]
    assert answer.work[0].ongoing
    assert answer.work[0].highlights == ["Prepared test plans", "Automated regression suites with Selenium"]
    assert [each.language for each in answer.languages] == ["English", "Tamil", "Hindi"]


def test_the_europass_form_is_read() -> None:
    answer = parse_resume(
        plain("""
Europass Curriculum Vitae
Personal information
First name(s) / Surname(s)  Katalin Szentmihályi
Address  Petőfi utca 12, 6720 Szeged, Hungary
E-mail  katalin.szm@example.hu

Work experience
Dates  September 2016 – present
Occupation or position held  Laboratory technician
Main activities and responsibilities  Sample preparation, HPLC
Name and address of employer  Tisza Pharma Kft., Szeged

Education and training
Dates  2008 – 2013
Title of qualification awarded  MSc in Chemistry
Name and type of organisation providing education  University of Alsótisza

Personal skills
Mother tongue  Hungarian
Other languages  English (B2), German (A2)
""")
    )
    assert answer.person.name == "Katalin Szentmihályi"
    assert (answer.person.city, answer.person.country, answer.person.postal_code) == ("Szeged", "Hungary", "6720")
    assert jobs(answer) == [("Tisza Pharma Kft.", "Laboratory technician", "September 2016", None)]
    assert studies(answer) == [("University of Alsótisza", "MSc", "Chemistry")]
    assert [(each.language, each.fluency) for each in answer.languages] == [
        ("Hungarian", None),
        ("English", "B2"),
        ("German", "A2"),
    ]


def test_an_employer_with_a_period_applies_to_the_positions_below_it() -> None:
    answer = parse_resume(
        plain("""
JONATHAN R. HALVERSTADT
Chicago, IL • 312.555.0144 • jrh@halverstadt.example.com

PROFESSIONAL EXPERIENCE

PRAIRIE STEEL CORPORATION, Chicago, Illinois (2015–Present)
$800M manufacturer of structural steel.
Chief Financial Officer (2018–Present)
• Closed three acquisitions worth $240M
Vice President, Finance (2015–2018)
• Cut days sales outstanding from 61 to 44

GREAT LAKES PAPER CO., Milwaukee, Wisconsin (2008–2015)
Corporate Controller
• Led SOX implementation
""")
    )
    assert jobs(answer) == [
        ("PRAIRIE STEEL CORPORATION", "Chief Financial Officer", "2018", None),
        ("PRAIRIE STEEL CORPORATION", "Vice President, Finance", "2015", "2018"),
        ("GREAT LAKES PAPER CO.", "Corporate Controller", "2008", "2015"),
    ]


def test_blank_lines_and_colons_separate_positions_without_a_body() -> None:
    entries = ["Data Analyst\nBrightwater, Portland, OR\nMar 2019 – Present"]
    entries += ["Operations Coordinator\nOsprey & Lunn, Salem, OR\nJun 2016 – Feb 2019"]
    head = "Rosamund Ellery\nrosamund@example.com\n\nEXPERIENCE\n\n"
    assert [(job.employer, job.position) for job in parse_resume(plain(head + "\n\n".join(entries))).work] == [
        ("Brightwater", "Data Analyst"),
        ("Osprey & Lunn", "Operations Coordinator"),
    ]
    (job,) = parse_resume(plain(f"{head}[Mar 2019 - Feb 2021] Brightwater: Data Analyst")).work
    assert (job.employer, job.position) == ("Brightwater", "Data Analyst")
