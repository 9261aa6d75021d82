"""Resumes in European languages, and entries in Korean; every person is fictitious."""

from app.analysis.rules import parse_resume

from .answers import jobs, studies
from .documents import plain


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


def test_a_french_cv_with_employers_after_a_dash_is_read() -> None:
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
