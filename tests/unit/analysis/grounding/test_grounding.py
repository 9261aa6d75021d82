"""Only values that the document supports enter the profile."""

import pytest

from app.analysis.answer import Answer, Credential, Job, Link, Person, SkillGroup, SpokenLanguage, Study
from tests.unit.analysis.resume_documents import check, document_of, leaf_pointers, schema_errors

RESUME = """
J A N A  O R L O W
Senior Software Engineer
jana.orlow@Example.com | +49 (0)30 901820 | github.com/jorlow | Berlin, Germany

EXPERIENCE
Senior Engineer, Kiesel GmbH – Berlin 03/2019 – Present
• Led the develop-
ment of a billing platform that saved $5M a
year for customers
• Mentored 4 engineers
Software Engineer | Quarz & Söhne Ltd
Hamburg
Jan 2015 - Feb 2019
• Built APIs in JavaScript and C++

EDUCATION
M.Sc. Computer Science, Technische Hochschule Elbtal, 2012–2014

SKILLS
Languages: Python, C++, JavaScript, R, SQL
German (native), English (fluent)
Certified Cloud Gardener, Nimbus Institute, 2021
"""
DOCUMENT = document_of(RESUME, boxes=True)
HONEST = Answer(
    is_resume=True,
    person=Person(
        name="Jana Orlow",
        label="Senior Software Engineer",
        email="jana.orlow@example.com",
        phone="+49 30 901820",
        city="Berlin",
        country="Germany",
        links=[Link(network="GitHub", url="https://www.github.com/jorlow/")],
        lines=[1, 2, 3],
    ),
    work=[
        Job(
            employer="Kiesel GmbH",
            position="Senior Engineer",
            location="Berlin",
            start="03/2019",
            end="Present",
            ongoing=True,
            highlights=[
                "Led the development of a billing platform that saved $5M a year for customers",
                "Mentored 4 engineers",
            ],
            lines=[5, 6, 7, 8, 9],
        ),
        Job(
            employer="Quarz & Söhne Ltd",
            position="Software Engineer",
            location="Hamburg",
            start="Jan 2015",
            end="Feb 2019",
            lines=[10, 11, 12, 13],
        ),
    ],
    education=[
        Study(
            institution="Technische Hochschule Elbtal",
            degree="M.Sc.",
            area="Computer Science",
            start="2012",
            end="2014",
            lines=[15],
        )
    ],
    skills=[SkillGroup(name="Languages", keywords=["Python", "C++", "python", "R", "SQL"], lines=[17])],
    languages=[SpokenLanguage(language="German", fluency="native", lines=[18])],
    certificates=[Credential(title="Certified Cloud Gardener", issuer="Nimbus Institute", date="2021", lines=[19])],
)


def work_answer(*jobs: Job) -> Answer:
    return Answer(is_resume=True, work=list(jobs))


def test_a_correct_answer_passes_without_a_warning_and_is_normalized() -> None:
    checked = check(HONEST, DOCUMENT)
    assert checked.warnings == ()
    assert checked.dropped == 0
    assert checked.profile["basics"] == {
        "name": "Jana Orlow",
        "label": "Senior Software Engineer",
        "email": "jana.orlow@example.com",
        "phone": "+4930901820",
        "location": {"city": "Berlin", "countryCode": "DE"},
        "profiles": [{"network": "GitHub", "username": "jorlow", "url": "https://github.com/jorlow"}],
    }
    assert checked.profile["work"][0] == {
        "name": "Kiesel GmbH",
        "position": "Senior Engineer",
        "location": "Berlin",
        "startDate": "2019-03",
        "highlights": [
            "Led the development of a billing platform that saved $5M a year for customers",
            "Mentored 4 engineers",
        ],
    }
    assert checked.profile["skills"] == [{"name": "Languages", "keywords": ["Python", "C++", "R", "SQL"]}]
    assert checked.profile["certificates"] == [
        {"name": "Certified Cloud Gardener", "date": "2021", "issuer": "Nimbus Institute"}
    ]
    extension = checked.profile["x-vitae"]
    assert extension["total_experience_months"] == 50 + 93
    assert extension["seniority"] == "senior"
    assert (extension["language"], extension["as_of"]) == ("en", "2026-11-15")
    assert schema_errors(checked.profile) == []


def test_every_leaf_has_evidence_with_the_documents_own_text() -> None:
    checked = check(HONEST, DOCUMENT)
    assert set(leaf_pointers(checked.profile)) == set(checked.evidence)
    assert all(evidence.quote in DOCUMENT.text for evidence in checked.evidence.values())
    highlight = checked.evidence["/work/0/highlights/0"]
    assert highlight.line == 6
    assert highlight.quote == "Led the develop-\nment of a billing platform that saved $5M a\nyear for customers"


def test_the_box_is_the_union_of_the_matched_words_on_the_first_line() -> None:
    checked = check(HONEST, DOCUMENT)
    # "Senior Engineer, Kiesel GmbH": the employer begins at character 17 and has 11 letters of ten points.
    assert checked.evidence["/work/0/name"].box == (170.0, 60.0, 280.0, 70.0)


def test_confidence_is_one_only_for_literal_text_in_the_cited_lines() -> None:
    cited = check(work_answer(Job(employer="Kiesel GmbH", lines=[5])), DOCUMENT).evidence["/work/0/name"]
    other_case = check(work_answer(Job(employer="KIESEL GMBH", lines=[5])), DOCUMENT).evidence["/work/0/name"]
    elsewhere = check(work_answer(Job(employer="Kiesel GmbH", lines=[19])), DOCUMENT).evidence["/work/0/name"]
    assert cited.confidence == 1.0
    assert other_case.confidence == 0.95
    assert elsewhere.confidence == 0.8


@pytest.mark.parametrize(
    "job",
    [
        Job(employer="Gneis AG", position="Director", start="2010", end="2012", lines=[5]),
        Job(employer="Kiesel Söhne", position="Senior Hamburg", lines=[5, 10]),
        Job(employer="Kiesel", position="Mentored Engineer", lines=[5, 6, 9]),
        Job(employer="Orlow Engineer", lines=list(range(1, 20))),
    ],
)
def test_an_invented_or_assembled_name_is_never_accepted(job: Job) -> None:
    names = {entry.get("name") for entry in check(work_answer(job), DOCUMENT).profile["work"]}
    assert names <= {"Kiesel"}


def test_an_entry_without_its_key_values_is_dropped_and_the_warnings_quote_nothing() -> None:
    checked = check(work_answer(Job(employer="Gneis AG", position="Director", location="Berlin", lines=[5])), DOCUMENT)
    assert checked.profile["work"] == []
    assert checked.dropped == 2
    assert "work[0].employer was not found in the document and was left out." in checked.warnings
    assert not any("Gneis" in warning or "Director" in warning for warning in checked.warnings)


@pytest.mark.parametrize("keyword", ["Java", "C", "Script", "S", "QL", "Py", "C#", "4", "Kubernetes", "Python SQL"])
def test_part_of_a_word_does_not_ground_a_skill(keyword: str) -> None:
    checked = check(Answer(is_resume=True, skills=[SkillGroup(keywords=[keyword], lines=[17, 13])]), DOCUMENT)
    assert checked.profile["skills"] == []


def test_a_short_value_far_from_its_entry_is_not_evidence() -> None:
    far = check(Answer(is_resume=True, skills=[SkillGroup(keywords=["R"], lines=[5])]), DOCUMENT)
    near = check(Answer(is_resume=True, skills=[SkillGroup(keywords=["R"], lines=[17])]), DOCUMENT)
    assert far.profile["skills"] == []
    assert near.profile["skills"] == [{"keywords": ["R"]}]


def test_a_first_name_is_not_grounded_by_a_longer_or_hyphenated_name() -> None:
    document = document_of("Annabel Reed-Stone\nbook-keeper")
    for name in ("Ann", "Anna", "Annabel Reed", "Stone"):
        assert (
            "name" not in check(Answer(is_resume=True, person=Person(name=name, lines=[1])), document).profile["basics"]
        )


def test_a_name_does_not_extend_over_a_separator_or_into_the_next_block() -> None:
    document = document_of("Worked with Ina | Berg Partners\nUdo\n\nKlein")
    for name in ("Ina Berg", "Udo Klein"):
        checked = check(Answer(is_resume=True, person=Person(name=name, lines=[1, 2, 3])), document)
        assert "name" not in checked.profile["basics"]


def test_a_name_may_extend_over_a_line_break_within_its_block() -> None:
    document = document_of("Engineer, Institute for Applied\nGeology Harz")
    checked = check(work_answer(Job(employer="Institute for Applied Geology Harz", lines=[1, 2])), document)
    assert checked.profile["work"] == [{"name": "Institute for Applied Geology Harz"}]


def test_a_changed_number_in_a_sentence_is_rejected() -> None:
    for highlight in ("a billing platform that saved €5M a year", "saved $50M a year", "Mentored 4 senior engineers"):
        job = Job(employer="Kiesel GmbH", highlights=[highlight], lines=[5, 6, 7, 8, 9])
        assert "highlights" not in check(work_answer(job), DOCUMENT).profile["work"][0]


def test_typography_and_accents_do_not_hide_a_value_and_the_documents_spelling_is_kept() -> None:
    document = document_of("Rédactrice — «L\u2019Écho du Soir»")
    checked = check(work_answer(Job(employer="L'Echo du Soir", position="redactrice", lines=[1])), document)
    assert checked.profile["work"] == [{"name": "L\u2019Écho du Soir", "position": "Rédactrice"}]
    assert checked.evidence["/work/0/name"].confidence < 0.95


def test_chinese_and_japanese_values_match_inside_unspaced_text() -> None:
    document = document_of("2015年9月-至今在北方软件有限公司担任高级工程师", language="zh")
    job = Job(
        employer="北方软件有限公司", position="高级工程师", start="2015年9月", end="至今", ongoing=True, lines=[1]
    )
    checked = check(work_answer(job), document)
    assert checked.profile["work"] == [{"name": "北方软件有限公司", "position": "高级工程师", "startDate": "2015-09"}]


def test_line_numbers_that_do_not_exist_never_raise() -> None:
    job = Job(employer="Kiesel GmbH", start="03/2019", end="Present", lines=[0, -7, 10**9])
    checked = check(work_answer(job), DOCUMENT)
    assert checked.profile["work"][0]["name"] == "Kiesel GmbH"
    assert checked.profile["work"][0]["startDate"] == "2019-03"
    assert checked.evidence["/work/0/name"].confidence < 1.0


def test_identical_entries_are_merged() -> None:
    checked = check(work_answer(HONEST.work[0], HONEST.work[0], HONEST.work[1]), DOCUMENT)
    assert [job["name"] for job in checked.profile["work"]] == ["Kiesel GmbH", "Quarz & Söhne Ltd"]


def test_an_employer_above_several_positions_is_shared_with_low_confidence() -> None:
    document = document_of("Kiesel GmbH\nHead of Data 2020 - 2024\nData Engineer 2016 - 2020")
    checked = check(
        work_answer(
            Job(employer="Kiesel GmbH", position="Head of Data", start="2020", end="2024", lines=[1, 2]),
            Job(employer="Kiesel GmbH", position="Data Engineer", start="2016", end="2020", lines=[3]),
        ),
        document,
    )
    assert [job["name"] for job in checked.profile["work"]] == ["Kiesel GmbH", "Kiesel GmbH"]
    assert checked.evidence["/work/1/name"].confidence < 0.5


def test_an_employer_that_only_another_entry_has_is_not_borrowed() -> None:
    swapped = work_answer(
        Job(employer="Kiesel GmbH", position="Senior Engineer", lines=[5]),
        Job(employer="Quarz & Söhne Ltd", position="Software Engineer", lines=[10]),
        Job(employer="Kiesel GmbH", position="Hamburg", lines=[11]),
    )
    jobs = check(swapped, DOCUMENT).profile["work"]
    assert [job.get("name") for job in jobs] == ["Kiesel GmbH", "Quarz & Söhne Ltd", None]


def test_dates_come_only_from_the_lines_of_the_entry() -> None:
    job = Job(employer="Kiesel GmbH", start="2012", end="2014", lines=[5, 6])
    checked = check(work_answer(job), DOCUMENT)
    assert checked.profile["work"] == [{"name": "Kiesel GmbH"}]
    assert "work[0].start was not found in the lines of its entry and was left out." in checked.warnings
    assert checked.dropped == 2


def test_the_dates_of_the_next_entry_are_not_taken_from_its_line() -> None:
    document = document_of("Potter\n2015 - 2018\nBaker\n2010 - 2012")
    checked = check(
        work_answer(
            Job(position="Potter", start="2015", end="2018", lines=[1, 2]),
            Job(position="Baker", start="2015", end="2018", lines=[3, 4]),
        ),
        document,
    )
    assert checked.profile["work"][1] == {"position": "Baker"}


def test_a_date_more_precise_than_the_document_keeps_the_certain_part() -> None:
    document = document_of("Potter, 2015 - 2018")
    checked = check(work_answer(Job(position="Potter", start="March 2015", end="2018-11-30", lines=[1])), document)
    assert checked.profile["work"] == [{"position": "Potter", "startDate": "2015", "endDate": "2018"}]
    assert checked.evidence["/work/0/startDate"].confidence < 1.0


def test_a_single_year_is_not_extended_to_a_period_that_ends_with_it() -> None:
    document = document_of("Mossbridge College\nBSc Geology, 2017\nScholar of the year 2015-2017")
    study = Study(institution="Mossbridge College", degree="BSc", area="Geology", end="2017", lines=[1, 2, 3])
    entry = check(Answer(is_resume=True, education=[study]), document).profile["education"][0]
    assert (entry.get("startDate"), entry["endDate"]) == (None, "2017")


def test_a_claim_that_a_finished_job_is_ongoing_is_corrected_from_the_document() -> None:
    document = document_of("Potter, 2015 - 2018")
    checked = check(work_answer(Job(position="Potter", start="2015", end="Present", ongoing=True, lines=[1])), document)
    assert checked.profile["work"] == [{"position": "Potter", "startDate": "2015", "endDate": "2018"}]
    assert checked.profile["x-vitae"]["total_experience_months"] == 36


def test_a_claim_that_a_job_is_ongoing_needs_a_word_for_now() -> None:
    document = document_of("Potter, March 2015")
    checked = check(work_answer(Job(position="Potter", start="March 2015", ongoing=True, lines=[1])), document)
    assert checked.profile["x-vitae"]["total_experience_months"] == 1


@pytest.mark.parametrize(
    ("email", "kept"),
    [
        ("ann@pottery.example", None),
        ("joann@pottery.example", "joann@pottery.example"),
        ("JOANN@POTTERY.EXAMPLE", "joann@pottery.example"),
        ("mail.joann@pottery.example", None),
        ("joann@pottery.exam", None),
    ],
)
def test_an_email_must_be_found_completely(email: str, kept: str | None) -> None:
    document = document_of("Mail: joann@pottery.example, or ring")
    checked = check(Answer(is_resume=True, person=Person(email=email, lines=[1])), document)
    assert checked.profile["basics"].get("email") == kept


def test_an_email_split_at_its_punctuation_is_found_but_no_other_words_are_joined_to_it() -> None:
    document = document_of("write jo @ pottery.example or mara.long@\npottery.example")
    for email, kept in (
        ("jo@pottery.example", "jo@pottery.example"),
        ("mara.long@pottery.example", "mara.long@pottery.example"),
        ("writejo@pottery.example", None),
    ):
        checked = check(Answer(is_resume=True, person=Person(email=email, lines=[1])), document)
        assert checked.profile["basics"].get("email") == kept


def test_part_of_a_url_is_not_a_url() -> None:
    person = Person(url="github.com", links=[Link(url="hub.com/jorlow"), Link(url="github.com/jor")], lines=[3])
    basics = check(Answer(is_resume=True, person=person), DOCUMENT).profile["basics"]
    assert basics == {}


def test_an_invalid_address_in_the_document_is_left_out_with_a_warning() -> None:
    document = document_of("Mail: jo..ann@pottery.example | http://pot_tery..example/")
    person = Person(email="jo..ann@pottery.example", url="http://pot_tery..example/", lines=[1])
    checked = check(Answer(is_resume=True, person=person), document)
    assert checked.profile["basics"] == {}
    assert checked.dropped == 2
    assert "person.email is not a valid e-mail address and was left out." in checked.warnings


@pytest.mark.parametrize(
    ("line", "raw", "region", "phone"),
    [
        ("Tel. 030 901820", "030 901820", "DE", "+4930901820"),
        ("Tel. 030 901820", "+49 30 901820", "DE", "+4930901820"),
        ("Tel. +49 (0)30/90 18-20", "+4930901820", "US", "+4930901820"),
        ("Tel. 555-0100-12", "555-0100-12", "US", "555-0100-12"),
        ("Tel. 030 901820", "030 901821", "DE", None),
        ("Tel. 030 9018200", "030 901820", "DE", None),
    ],
)
def test_a_phone_number_is_found_by_its_digits(line: str, raw: str, region: str, phone: str | None) -> None:
    checked = check(Answer(is_resume=True, person=Person(phone=raw, lines=[1])), document_of(line), region=region)
    assert checked.profile["basics"].get("phone") == phone


def test_the_country_in_the_document_determines_the_phone_number() -> None:
    document = document_of("Graz, Österreich\n0316 380 0")
    person = Person(phone="0316 380 0", country="Österreich", lines=[1, 2])
    basics = check(Answer(is_resume=True, person=person), document, region="US").profile["basics"]
    assert basics == {"phone": "+433163800", "location": {"countryCode": "AT"}}


def test_a_country_that_is_not_in_the_document_gets_no_code() -> None:
    person = Person(city="Berlin", country="Austria", lines=[3])
    assert check(Answer(is_resume=True, person=person), DOCUMENT).profile["basics"]["location"] == {"city": "Berlin"}


def test_an_empty_document_supports_nothing() -> None:
    checked = check(HONEST, document_of(""))
    assert not list(leaf_pointers(checked.profile))
    assert checked.evidence == {}
    assert checked.profile["x-vitae"]["seniority"] is None
    assert schema_errors(checked.profile) == []


def test_a_word_between_separators_is_found_after_other_words() -> None:
    document = document_of("语言 英语 | 法语 | 中文", language="zh")
    checked = check(Answer(is_resume=True, skills=[SkillGroup(keywords=["法语", "中文"], lines=[1])]), document)
    assert checked.profile["skills"] == [{"keywords": ["法语", "中文"]}]


def test_a_one_word_employer_is_not_borrowed_from_a_longer_name_elsewhere() -> None:
    document = document_of("Potter\n2015 - 2018\n\nSkills\nNimbus Cloud, Clay")
    jobs = [Job(employer="Nimbus", position="Potter", lines=[1, 2]), Job(employer="Clay", position="Potter", lines=[1])]
    checked = check(work_answer(*jobs), document)
    assert [job.get("name") for job in checked.profile["work"]] == [None, "Clay"]


def test_a_phone_number_in_a_language_of_one_country_is_interpreted_in_that_country() -> None:
    document = document_of("電話 090-1234-5678", language="ja")
    checked = check(Answer(is_resume=True, person=Person(phone="090-1234-5678", lines=[1])), document, region="US")
    assert checked.profile["basics"] == {"phone": "+819012345678"}


def test_an_institution_is_not_taken_from_a_longer_name_elsewhere() -> None:
    document = document_of("Potter's diploma\n\nOther\nElbtal State College, Ulm")
    study = Study(institution="State College", degree="Potter's diploma", lines=[1])
    checked = check(Answer(is_resume=True, education=[study]), document)
    assert checked.profile["education"] == [{"studyType": "Potter's diploma"}]


@pytest.mark.parametrize(
    ("city", "written", "phone"),
    [
        ("London", "020 7946 0018", "+442079460018"),
        ("Lyon", "01 99 00 12 34", "+33199001234"),
        ("Berlin", "030 23125 017", "+493023125017"),
        ("Springfield", "(202) 555-0143", "+12025550143"),
    ],
)
def test_a_phone_number_is_interpreted_in_the_country_of_the_persons_city(city: str, written: str, phone: str) -> None:
    document = document_of(f"Mira Halvorsen\n{city} | {written}")
    answer = Answer(is_resume=True, person=Person(name="Mira Halvorsen", city=city, phone=written, lines=[1, 2]))
    assert check(answer, document).profile["basics"]["phone"] == phone


def test_a_phone_number_in_a_language_of_many_countries_is_interpreted_by_the_cities_named() -> None:
    document = document_of("Maite Olmo\nVillaverde | 612 34 56 78\nUniversidad de Zaragoza", language="es")
    answer = Answer(is_resume=True, person=Person(name="Maite Olmo", phone="612 34 56 78", lines=[1, 2]))
    assert check(answer, document).profile["basics"]["phone"] == "+34612345678"


def test_a_city_that_is_not_in_the_document_does_not_determine_the_phone_number() -> None:
    document = document_of("Mira Halvorsen\n020 7946 0018")
    answer = Answer(
        is_resume=True, person=Person(name="Mira Halvorsen", city="London", phone="020 7946 0018", lines=[1, 2])
    )
    assert check(answer, document).profile["basics"]["phone"] == "020 7946 0018"


def test_a_postal_code_before_the_phone_number_is_not_part_of_it() -> None:
    document = document_of("Mira Halvorsen\nPleasantown, CA 94588 (202) 555-0143 mira@example.org")
    answer = Answer(is_resume=True, person=Person(name="Mira Halvorsen", phone="(202) 555-0143", lines=[1, 2]))
    assert check(answer, document).profile["basics"]["phone"] == "+12025550143"


def test_an_ambiguous_date_is_interpreted_like_the_other_dates_in_the_document() -> None:
    lines = "Site Manager, Kiesel GmbH, 01/03/2018 - now\nEngineer, Quarz Ltd, {} - 28/02/2018"
    job = Job(employer="Kiesel GmbH", position="Site Manager", start="01/03/2018", end="now", lines=[1])
    for before, start in (("15/09/2014", "2018-03-01"), ("2014", "2018-03-01"), ("09/15/2014", "2018")):
        document = document_of(lines.format(before))
        assert check(Answer(is_resume=True, work=[job]), document).profile["work"][0]["startDate"] == start


def test_an_employer_hyphenated_with_its_town_is_found_but_part_of_a_hyphenated_name_is_not() -> None:
    document = document_of("Cashier\nHarbor Drugs-Mobile, AL\nClerk\nFair Weather-Proofing Ltd, Winston-Salem, NC")
    for employer, found in (("Harbor Drugs", True), ("Fair Weather", False), ("Winston", False)):
        work = check(work_answer(Job(employer=employer, lines=[1, 2, 3, 4])), document).profile.get("work", [])
        assert bool(work) == found, employer
