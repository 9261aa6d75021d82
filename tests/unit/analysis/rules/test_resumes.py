"""Whole resumes of many trades, layouts and languages through the built-in parser; every person is invented."""

import random
from dataclasses import replace

import pytest

from app.analysis.answer import Answer
from app.analysis.rules import parse_resume
from app.extraction.layout.running_lines import set_apart

from .documents import Placed, laid_out, plain


def jobs(answer: Answer) -> list[tuple[str | None, str | None, str | None, str | None]]:
    return [(job.employer, job.position, job.start, job.end) for job in answer.work]


def studies(answer: Answer) -> list[tuple[str | None, str | None, str | None]]:
    return [(study.institution, study.degree, study.area) for study in answer.education]


def keywords(answer: Answer) -> set[str]:
    return {word for group in answer.skills for word in group.keywords}


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


def test_a_german_tabular_cv_is_read() -> None:
    answer = parse_resume(
        plain(
            """
Lebenslauf

Persönliche Daten
Name: Henrike Stallmann
Geburtsdatum: 14.03.1988
Anschrift: Kastanienallee 12, 04107 Leipzig
Telefon: 0341 2345678
E-Mail: h.stallmann@example.de

Berufserfahrung
03/2019 – heute
Leiterin Finanzbuchhaltung
Muldetal Maschinenbau GmbH, Grimma
- Verantwortung für Monats- und Jahresabschlüsse nach HGB
- Führung eines Teams von vier Mitarbeitern
08/2014 – 02/2019
Bilanzbuchhalterin
Kanzlei Dr. Oberländer & Kollegen, Leipzig
- Erstellung von Jahresabschlüssen

Ausbildung
09/2005 – 07/2008
Ausbildung zur Steuerfachangestellten
Berufliches Schulzentrum 1, Leipzig
2005
Abitur, Note 2,1
Gymnasium am Palmengarten, Leipzig

Kenntnisse
DATEV, SAP FI, MS Excel
Sprachen
Deutsch (Muttersprache), Englisch (B2)
Hobbys
Rudern, Chorgesang
""",
            "de",
        )
    )
    assert answer.person.name == "Henrike Stallmann"
    assert answer.person.phone == "0341 2345678"
    assert (answer.person.city, answer.person.postal_code) == ("Leipzig", "04107")
    assert jobs(answer) == [
        ("Muldetal Maschinenbau GmbH", "Leiterin Finanzbuchhaltung", "03/2019", None),
        ("Kanzlei Dr. Oberländer & Kollegen", "Bilanzbuchhalterin", "08/2014", "02/2019"),
    ]
    assert answer.work[0].location == "Grimma"
    assert answer.education[1].institution == "Gymnasium am Palmengarten"
    assert (answer.education[1].degree, answer.education[1].end, answer.education[1].score) == ("Abitur", "2005", "2,1")
    assert [(each.language, each.fluency) for each in answer.languages] == [
        ("Deutsch", "Muttersprache"),
        ("Englisch", "B2"),
    ]
    assert [each.name for each in answer.interests] == ["Rudern", "Chorgesang"]


def test_a_french_cv_with_employers_behind_a_dash_is_read() -> None:
    answer = parse_resume(
        plain(
            """
Aurélie MONTBRUN
Assistante de direction
15 rue des Lilas, 69003 Lyon
06 12 34 56 78
aurelie.montbrun@example.fr

EXPÉRIENCES PROFESSIONNELLES
Depuis 2018
Assistante de direction - Groupe Valserine, Lyon
• Gestion des agendas de trois directeurs
2013 - 2018
Secrétaire comptable - SARL Dubreuil et Fils, Villeurbanne
• Saisie des factures
Juin 2012 - Août 2012
Stagiaire - Mairie de Tassin

FORMATION
2013 : BTS Assistant de manager, Lycée Édouard-Branly, Lyon
2011 : Baccalauréat STG, mention bien, Lycée Jean-Moulin, Lyon

COMPÉTENCES
Pack Office, Sage, SAP

LANGUES
Anglais : courant
Espagnol : notions
""",
            "fr",
        )
    )
    assert answer.person.name == "Aurélie MONTBRUN"
    assert answer.person.label == "Assistante de direction"
    assert (answer.person.city, answer.person.postal_code) == ("Lyon", "69003")
    assert jobs(answer) == [
        ("Groupe Valserine", "Assistante de direction", "2018", None),
        ("SARL Dubreuil et Fils", "Secrétaire comptable", "2013", "2018"),
        ("Mairie de Tassin", "Stagiaire", "Juin 2012", "Août 2012"),
    ]
    assert answer.work[0].ongoing
    assert studies(answer) == [
        ("Lycée Édouard-Branly", "BTS", "Assistant de manager"),
        ("Lycée Jean-Moulin", "Baccalauréat", "STG"),
    ]
    assert [each.fluency for each in answer.languages] == ["courant", "notions"]


def test_a_spanish_cv_with_one_line_entries_is_read() -> None:
    answer = parse_resume(
        plain(
            """
CURRÍCULUM VITAE
Lucía Fernández de la Torre
Teléfono: +34 655 10 20 30
Correo: lucia.fdelatorre@example.es
Calle Alcalá 123, 28009 Madrid

EXPERIENCIA PROFESIONAL
Enfermera de urgencias, Hospital Sierra Norte (2017 – actualidad)
- Triaje y atención al paciente crítico
Auxiliar de enfermería, Clínica San Telmo (2014 – 2017)
- Apoyo en planta

FORMACIÓN ACADÉMICA
Grado en Enfermería, Universidad del Manzanares (2010 – 2014)
Máster en Urgencias y Emergencias, Universidad de Alcores (2016)

IDIOMAS
Inglés: B2
Francés: A2
""",
            "es",
        )
    )
    assert answer.person.name == "Lucía Fernández de la Torre"
    assert answer.person.city == "Madrid"
    assert jobs(answer) == [
        ("Hospital Sierra Norte", "Enfermera de urgencias", "2017", None),
        ("Clínica San Telmo", "Auxiliar de enfermería", "2014", "2017"),
    ]
    assert studies(answer) == [
        ("Universidad del Manzanares", "Grado", "Enfermería"),
        ("Universidad de Alcores", "Máster", "Urgencias y Emergencias"),
    ]


def test_a_japanese_career_history_is_read() -> None:
    answer = parse_resume(
        plain(
            """
職務経歴書
氏名：高橋 健一
電話：090-1234-9876
メール：k.takahashi@example.jp

職務要約
大学卒業後、システムエンジニアとして業務システムの開発に従事。

職務経歴
2018年4月～現在
株式会社ミナトシステムズ
システムエンジニア
・受発注システムの設計と開発
・チームリーダーとして5名を管理
2014年4月～2018年3月
有限会社カワセソフト
プログラマー
・在庫管理システムの改修

学歴
2010年4月～2014年3月
東和情報大学 情報学部

スキル
Java、Python、AWS
""",
            "ja",
        )
    )
    assert answer.person.name == "高橋 健一"
    assert answer.person.phone == "090-1234-9876"
    assert jobs(answer) == [
        ("株式会社ミナトシステムズ", "システムエンジニア", "2018年4月", None),
        ("有限会社カワセソフト", "プログラマー", "2014年4月", "2018年3月"),
    ]
    assert answer.work[0].highlights == ["受発注システムの設計と開発", "チームリーダーとして5名を管理"]
    assert studies(answer) == [("東和情報大学", None, "情報学部")]
    assert keywords(answer) == {"Java", "Python", "AWS"}


def test_a_japanese_form_pairs_joining_with_leaving_and_entering_with_graduating() -> None:
    answer = parse_resume(
        plain(
            """
履歴書
氏名 佐伯 美咲
電話 03-1234-5678
Email misaki.saeki@example.jp

学歴・職歴
学歴
2012年4月 北辰大学 経済学部 入学
2016年3月 北辰大学 経済学部 卒業
職歴
2016年4月 株式会社東雲商事 入社
2020年6月 株式会社東雲商事 退社
2020年7月 合同会社あさひ企画 入社
現在に至る
""",
            "ja",
        )
    )
    assert answer.person.name == "佐伯 美咲"
    assert [(each.employer, each.start, each.end, each.ongoing) for each in answer.work] == [
        ("株式会社東雲商事", "2016年4月", "2020年6月", False),
        ("合同会社あさひ企画", "2020年7月", None, True),
    ]
    assert [(each.institution, each.area, each.start, each.end) for each in answer.education] == [
        ("北辰大学", "経済学部", "2012年4月", "2016年3月")
    ]


def test_a_chinese_resume_with_everything_on_one_line_is_read() -> None:
    answer = parse_resume(
        plain(
            """
个人简历
姓名：林晓雯
电话：138-0013-8000
邮箱：xiaowen.lin@example.cn

教育背景
2012.09-2016.06 江河大学 计算机科学与技术 本科

工作经历
2019.07-至今 星河科技有限公司 高级前端工程师
- 负责电商平台前端架构
2016.07-2019.06 蓝海网络有限公司 前端工程师
- 开发移动端页面

专业技能
JavaScript、Vue、React、Webpack
""",
            "zh",
        )
    )
    assert answer.person.name == "林晓雯"
    assert jobs(answer) == [
        ("星河科技有限公司", "高级前端工程师", "2019.07", None),
        ("蓝海网络有限公司", "前端工程师", "2016.07", "2019.06"),
    ]
    assert studies(answer) == [("江河大学", "本科", "计算机科学与技术")]
    assert keywords(answer) == {"JavaScript", "Vue", "React", "Webpack"}


def test_a_students_resume_without_work_stays_without_work() -> None:
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


def test_an_academic_cv_keeps_appointments_and_publications_apart() -> None:
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


def test_entries_between_bars_are_read_and_spoken_languages_told_from_programming_ones() -> None:
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


def test_italian_dutch_and_portuguese_resumes_are_read() -> None:
    italian = parse_resume(
        plain(
            """
Marco Bevilacqua
Ingegnere meccanico
Via Garibaldi 22, 10122 Torino
Tel. +39 333 123 4567

Esperienze lavorative
Progettista meccanico
Officine Valdora S.p.A., Torino
Marzo 2018 – presente
• Progettazione CAD di stampi

Istruzione
Laurea magistrale in Ingegneria Meccanica, Politecnico di Valdora, 2017, 110/110 e lode
""",
            "it",
        )
    )
    assert jobs(italian) == [("Officine Valdora S.p.A.", "Progettista meccanico", "Marzo 2018", None)]
    assert studies(italian) == [("Politecnico di Valdora", "Laurea magistrale", "Ingegneria Meccanica")]
    assert italian.education[0].score == "110/110 e lode"
    dutch = parse_resume(
        plain(
            """
Femke van der Heuvel
Adres: Lindelaan 8, 3521 AB Utrecht

Werkervaring
2020 - heden  Projectleider, Waterstad Adviesbureau B.V., Utrecht
- Leiding aan zes projecten
2016 - 2020  Adviseur duurzaamheid, Gemeente Lekdam

Opleiding
2012 - 2016  Bachelor Milieukunde, Hogeschool Merwede
""",
            "nl",
        )
    )
    assert dutch.person.name == "Femke van der Heuvel"
    assert jobs(dutch) == [
        ("Waterstad Adviesbureau B.V.", "Projectleider", "2020", None),
        ("Gemeente Lekdam", "Adviseur duurzaamheid", "2016", "2020"),
    ]
    portuguese = parse_resume(
        plain(
            """
Beatriz Nogueira da Silva
Telemóvel: +351 912 345 678

Experiência Profissional
Analista de Sistemas — Tejo Software Lda
Janeiro de 2019 – Presente
• Levantamento de requisitos

Formação Académica
Licenciatura em Engenharia Informática
Universidade da Beira-Rio
2013 – 2016
""",
            "pt",
        )
    )
    assert jobs(portuguese) == [("Tejo Software Lda", "Analista de Sistemas", "Janeiro de 2019", None)]
    assert studies(portuguese) == [("Universidade da Beira-Rio", "Licenciatura", "Engenharia Informática")]


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


def test_several_positions_share_the_employer_that_stands_above_the_first() -> None:
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


def test_a_date_column_at_the_right_belongs_to_the_rows_beside_it() -> None:
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


def test_a_table_with_labels_and_dates_in_its_own_column_is_read_row_by_row() -> None:
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


def test_wrapped_list_items_are_joined_and_years_inside_them_begin_no_entry() -> None:
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


def test_every_value_stands_in_the_lines_it_cites() -> None:
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


def test_an_employer_with_a_period_of_its_own_heads_the_positions_below_it() -> None:
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


def test_polish_swedish_russian_and_korean_entries_are_read() -> None:
    polish = plain(
        """
Agnieszka Wójcik-Zalewska
Telefon: +48 601 234 567

Doświadczenie zawodowe
03.2019 – obecnie
Kierownik sklepu
Delikatesy Bursztyn Sp. z o.o., Gdynia
• zarządzanie zespołem 14 osób
09.2015 – 02.2019
Sprzedawca
Market Fala, Sopot
""",
        "pl",
    )
    assert jobs(parse_resume(polish)) == [
        ("Delikatesy Bursztyn Sp. z o.o.", "Kierownik sklepu", "03.2019", None),
        ("Market Fala", "Sprzedawca", "09.2015", "02.2019"),
    ]
    swedish = plain(
        """
Ebba Nordenskiöld Lund
070-123 45 67 | ebba.nl@example.se | Uppsala

ARBETSLIVSERFARENHET
Sjuksköterska, Akvileja sjukhus, Uppsala
augusti 2018 – pågående
- Ansvarig för patienter på akutmottagningen
Undersköterska, Hemvården Syd AB
2014 – 2018
""",
        "sv",
    )
    assert jobs(parse_resume(swedish)) == [
        ("Akvileja sjukhus", "Sjuksköterska", "augusti 2018", None),
        ("Hemvården Syd AB", "Undersköterska", "2014", "2018"),
    ]
    russian = plain(
        """
Иванова Мария Сергеевна
E-mail: m.ivanova@example.ru

Опыт работы
Март 2019 — настоящее время
ООО «Уральские Технологии», Екатеринбург
Ведущий бухгалтер
- Ведение налогового учёта

Языки
Русский — родной, Английский — B1
""",
        "ru",
    )
    answer = parse_resume(russian)
    assert jobs(answer) == [("ООО «Уральские Технологии»", "Ведущий бухгалтер", "Март 2019", None)]
    assert [each.language for each in answer.languages] == ["Русский", "Английский"]
    korean = plain(
        """
이력서
이름: 김서연
연락처: 010-1234-5678

경력사항
2019.03 - 현재
(주)한빛소프트 백엔드 개발자
- 결제 시스템 개발
2016.01 - 2019.02
푸른데이터 주식회사 개발자
""",
        "ko",
    )
    assert jobs(parse_resume(korean)) == [
        ("(주)한빛소프트", "백엔드 개발자", "2019.03", None),
        ("푸른데이터 주식회사", "개발자", "2016.01", "2019.02"),
    ]


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


def test_a_line_of_monstrous_length_is_read_only_in_part() -> None:
    document = plain(
        "Amaryllis Ferncastle\nExperience\n" + "1 " * 30_000 + "\nClerk, Harrowgate Mills Ltd, 2015 - 2020"
    )
    assert jobs(parse_resume(document)) == [("Harrowgate Mills Ltd", "Clerk", "2015", "2020")]


def test_blank_lines_and_colons_part_posts_without_any_body() -> None:
    entries = ["Data Analyst\nBrightwater, Portland, OR\nMar 2019 – Present"]
    entries += ["Operations Coordinator\nOsprey & Lunn, Salem, OR\nJun 2016 – Feb 2019"]
    head = "Rosamund Ellery\nrosamund@example.com\n\nEXPERIENCE\n\n"
    assert [(job.employer, job.position) for job in parse_resume(plain(head + "\n\n".join(entries))).work] == [
        ("Brightwater", "Data Analyst"),
        ("Osprey & Lunn", "Operations Coordinator"),
    ]
    (job,) = parse_resume(plain(f"{head}[Mar 2019 - Feb 2021] Brightwater: Data Analyst")).work
    assert (job.employer, job.position) == ("Brightwater", "Data Analyst")


@pytest.mark.parametrize(
    "listed",
    [
        "Expert: Java, Python\nFamiliar: SQL, Adobe Photoshop",
        "Proficient in Java, Python, SQL and Adobe Photoshop",
        "Java / Python / SQL / Adobe Photoshop",
        "Java - Python - SQL - Adobe Photoshop",
        "Java (5 years), Python (2 years), SQL (1 year), Adobe Photoshop",
    ],
)
def test_skills_are_cut_at_what_parts_them(listed: str) -> None:
    answer = parse_resume(plain(f"Rosamund Ellery\nrosamund@example.com\n\nSKILLS\n\n{listed}"))
    words = [word.removeprefix("and ") for group in answer.skills for word in group.keywords]
    assert words == ["Java", "Python", "SQL", "Adobe Photoshop"]
