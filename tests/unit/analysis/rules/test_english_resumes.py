"""English resumes of different occupations; every person is fictitious."""

from app.analysis.rules import parse_resume

from .answers import jobs, keywords, studies
from .documents import plain


def test_a_nurses_resume_with_the_employer_above_the_title_is_read() -> None:
    answer = parse_resume(
        plain("""
Rosalind Achterberg, RN, BSN
Denver, CO 80203 | 303.555.0187 | rosalind.achterberg@example.com

PROFESSIONAL PROFILE
Compassionate registered nurse with 7 years of experience in intensive care and telemetry.

LICENSURE & CERTIFICATIONS
Registered Nurse, State of Colorado, 2017
Basic Life Support (BLS), American Heart Association, 2023

NURSING EXPERIENCE
Mile High Regional Hospital, Denver, CO
Staff Nurse, ICU
June 2019 - Present
* Care for two to three critically ill patients per shift
* Preceptor to new graduates since 2021
Front Range Care Center, Boulder, CO
Charge Nurse
July 2017 - May 2019
* Led a team of five on nights
* Introduced a fall-prevention round in 2018

EDUCATION
Bachelor of Science in Nursing, 2017
Bear Creek University, Boulder, CO

SKILLS
Ventilator management; Telemetry; IV insertion; Epic
""")
    )
    assert answer.is_resume
    assert answer.person.name == "Rosalind Achterberg"
    assert answer.person.phone == "303.555.0187"
    assert (answer.person.city, answer.person.region, answer.person.postal_code) == ("Denver", "CO", "80203")
    assert jobs(answer) == [
        ("Mile High Regional Hospital", "Staff Nurse, ICU", "June 2019", None),
        ("Front Range Care Center", "Charge Nurse", "July 2017", "May 2019"),
    ]
    assert answer.work[0].ongoing
    assert answer.work[1].highlights == ["Led a team of five on nights", "Introduced a fall-prevention round in 2018"]
    assert studies(answer) == [("Bear Creek University", "Bachelor of Science", "Nursing")]
    assert keywords(answer) == {"Ventilator management", "Telemetry", "IV insertion", "Epic"}
    assert [(each.title, each.issuer) for each in answer.certificates] == [
        ("Registered Nurse", "State of Colorado"),
        ("Basic Life Support (BLS)", "American Heart Association"),
    ]


def test_an_accountants_resume_with_dates_before_a_colon_is_read() -> None:
    answer = parse_resume(
        plain("""
THOMAS WEATHERBY-COLE
12 Orchard Lane, Leeds LS6 2AB
Tel: 0113 496 0823   Email: t.weatherbycole@example.co.uk

Career History

Jan 2018 – Present: Management Accountant, Brightwater Foods Ltd
Preparing monthly management accounts for three sites.
Reduced month-end close from ten to six days.

Sept 2013 – Dec 2017: Assistant Accountant, Hollins & Partners LLP
Prepared statutory accounts for owner-managed businesses.

Qualifications
BA (Hons) Accounting and Finance, University of Northmoor, 2010 – 2013, 2:1
A-Levels: Mathematics (A), Economics (B), French (B), Headingbrook Sixth Form College, 2010

IT Skills
Sage 200, Xero, Excel (advanced), Power Query

References available on request
""")
    )
    assert answer.person.name == "THOMAS WEATHERBY-COLE"
    assert answer.person.phone == "0113 496 0823"
    assert (answer.person.city, answer.person.postal_code) == ("Leeds", "LS6 2AB")
    assert jobs(answer) == [
        ("Brightwater Foods Ltd", "Management Accountant", "Jan 2018", None),
        ("Hollins & Partners LLP", "Assistant Accountant", "Sept 2013", "Dec 2017"),
    ]
    assert studies(answer) == [
        ("University of Northmoor", "BA (Hons)", "Accounting and Finance"),
        ("Headingbrook Sixth Form College", "A-Levels", None),
    ]
    assert answer.education[0].score == "2:1"
    assert keywords(answer) == {"Sage 200", "Xero", "Excel", "Power Query"}


def test_a_warehouse_workers_resume_with_labels_and_no_months_is_read() -> None:
    answer = parse_resume(
        plain("""
Name: Dwayne Pettigrew
Phone: (614) 555-0129
Email: dpettigrew77@example.com
City: Columbus, Ohio

Objective: To obtain a full time warehouse position.

Experience:
Forklift Driver at Buckeye Logistics Inc, 2019 to present
Loading and unloading trucks.
Inventory counts.

Picker/Packer at Riverbend Fulfillment, 2016 to 2019
Picked 120 orders per hour.

Line Cook at Ernie's Diner, 2014 to 2016

Education:
GED, 2014

Skills:
Forklift certified
Pallet jack
RF scanner
""")
    )
    assert answer.person.name == "Dwayne Pettigrew"
    assert (answer.person.city, answer.person.region) == ("Columbus", "Ohio")
    assert answer.person.summary == "To obtain a full time warehouse position."
    assert jobs(answer) == [
        ("Buckeye Logistics Inc", "Forklift Driver", "2019", None),
        ("Riverbend Fulfillment", "Picker/Packer", "2016", "2019"),
        ("Ernie's Diner", "Line Cook", "2014", "2016"),
    ]
    assert keywords(answer) == {"Forklift certified", "Pallet jack", "RF scanner"}


def test_a_students_resume_without_work_gets_no_work() -> None:
    answer = parse_resume(
        plain("""
Imogen Tarkowski
imogen.tarkowski@example.edu · 07700 900461 · Cardiff

Education
Taffside University, Cardiff
BSc Marine Biology, expected June 2026
Relevant modules: Oceanography, Statistics, Ecology

St Cadoc's Comprehensive School
A-levels: Biology A, Chemistry B, Geography B — 2022

Skills
R, QGIS, SCUBA (PADI Open Water)

Interests
Sailing, underwater photography
""")
    )
    assert answer.is_resume
    assert answer.work == []
    assert answer.person.city == "Cardiff"
    assert studies(answer)[0] == ("Taffside University", "BSc", "Marine Biology")
    assert answer.education[0].courses == ["Oceanography", "Statistics", "Ecology"]
    assert keywords(answer) == {"R", "QGIS", "SCUBA (PADI Open Water)"}


def test_an_academic_cv_keeps_appointments_and_publications_separate() -> None:
    answer = parse_resume(
        plain("""
Prof. Dr. Ferdinand Okonjo-Beck
Department of Linguistics, University of Altmark
f.okonjo-beck@example.edu
https://okonjobeck.example.org

ACADEMIC APPOINTMENTS
2019–present  Professor of General Linguistics, University of Altmark
2012–2019  Assistant Professor, Northern Fjord University

EDUCATION
2010  PhD in Linguistics, University of Saltmarsh
2006  MA in General Linguistics, University of Saltmarsh

PUBLICATIONS
Okonjo-Beck, F. (2021). Tone sandhi in motion. Journal of Tonal Studies, 12(3), 1–30.
Okonjo-Beck, F., & Rasmussen, L. (2018). Grammar without words. Fjord University Press.

GRANTS AND AWARDS
2020  Altmark Research Prize
""")
    )
    assert answer.person.name == "Prof. Dr. Ferdinand Okonjo-Beck"
    assert jobs(answer) == [
        ("University of Altmark", "Professor of General Linguistics", "2019", None),
        ("Northern Fjord University", "Assistant Professor", "2012", "2019"),
    ]
    assert studies(answer) == [
        ("University of Saltmarsh", "PhD", "Linguistics"),
        ("University of Saltmarsh", "MA", "General Linguistics"),
    ]
    assert [(each.title, each.issuer, each.date) for each in answer.publications] == [
        ("Tone sandhi in motion", "Journal of Tonal Studies", "2021"),
        ("Grammar without words", "Fjord University Press", "2018"),
    ]
    assert [each.title for each in answer.awards] == ["Altmark Research Prize"]


def test_a_functional_resume_with_a_terse_history_is_read() -> None:
    answer = parse_resume(
        plain("""
GRACE LINDQVIST
grace.lindqvist@example.org

SUMMARY OF QUALIFICATIONS
Office professional with strong organisational skills.

AREAS OF EXPERTISE
Scheduling
Vendor management
Payroll

EMPLOYMENT HISTORY
Office Manager, Larch Dental Group, 2015-2023
Receptionist, Pine Street Clinic, 2010-2015

EDUCATION
Associate of Applied Science, Office Administration, Lakeview Community College, 2010
""")
    )
    assert jobs(answer) == [
        ("Larch Dental Group", "Office Manager", "2015", "2023"),
        ("Pine Street Clinic", "Receptionist", "2010", "2015"),
    ]
    assert studies(answer) == [("Lakeview Community College", "Associate of Applied Science", "Office Administration")]
    assert keywords(answer) == {"Scheduling", "Vendor management", "Payroll"}


def test_entries_with_bars_are_read_and_spoken_languages_are_separate_from_programming_languages() -> None:
    answer = parse_resume(
        plain("""
Kwame Boateng-Ritter
Software Developer | Hamburg, Germany | kwame.br@example.com | +49 40 1234567 | github.com/kwamebr

Experience
Senior Developer | Elbkode GmbH | Hamburg | 2021 – Present
Developer | Alsterbyte AG | Hamburg | 2018 – 2021

Education
M.Sc. Computer Science | Technische Universität Elbstadt | 2018

Skills
Languages: Java, Kotlin, TypeScript
Tools: Docker, Git, Gradle
Languages: German (native), English (C1)
""")
    )
    assert answer.person.label == "Software Developer"
    assert [(each.network, each.username) for each in answer.person.links] == [("GitHub", "kwamebr")]
    assert jobs(answer) == [
        ("Elbkode GmbH", "Senior Developer", "2021", None),
        ("Alsterbyte AG", "Developer", "2018", "2021"),
    ]
    assert keywords(answer) == {"Java", "Kotlin", "TypeScript", "Docker", "Git", "Gradle"}
    assert [each.language for each in answer.languages] == ["German", "English"]


def test_a_career_changers_resume_is_read_with_its_course_as_a_certificate() -> None:
    answer = parse_resume(
        plain("""
Bastien Okafor
Bristol | bastien.okafor@example.com | 07700 900812

Technical training
Data Analytics Bootcamp, Avon Code School, 2024

Work experience
Junior Data Analyst (Internship)
Severn Insights, Bristol
Jan 2025 - Apr 2025
• Built dashboards in Power BI
Head Chef
The Copper Kettle, Bath
2016 - 2024
• Ran a kitchen of eight
""")
    )
    assert jobs(answer) == [
        ("Severn Insights", "Junior Data Analyst (Internship)", "Jan 2025", "Apr 2025"),
        ("The Copper Kettle", "Head Chef", "2016", "2024"),
    ]
    assert [(each.title, each.issuer, each.date) for each in answer.certificates] == [
        ("Data Analytics Bootcamp", "Avon Code School", "2024")
    ]
