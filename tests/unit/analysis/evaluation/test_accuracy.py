from typing import Any

import pytest

from app.analysis.evaluation.accuracy import FIELDS, FieldScore, aggregate, overall, score
from app.analysis.evaluation.invention import invention_rate

TRUTH: dict[str, Any] = {
    "basics": {
        "name": "Ludmilla Quist",
        "label": "Surveyor",
        "email": "ludmilla@example.org",
        "phone": "+442079460321",
        "url": "https://quist.example.org",
        "location": {"city": "London"},
        "profiles": [{"network": "GitHub", "username": "lquist", "url": "https://github.com/lquist"}],
    },
    "work": [
        {
            "name": "Tidemark Surveys",
            "position": "Senior Surveyor",
            "startDate": "2019-03",
            "highlights": ["Mapped 40 km of coast with a crew of three", "Trained two juniors"],
        },
        {
            "name": "Borehole & Sons",
            "position": "Surveyor",
            "startDate": "2014",
            "endDate": "2019",
            "highlights": ["Levelled twelve bridge sites"],
        },
    ],
    "education": [
        {
            "institution": "Ravenshore College",
            "studyType": "BSc",
            "area": "Geomatics",
            "startDate": "2010",
            "endDate": "2013",
        }
    ],
    "skills": [{"name": "Tools", "keywords": ["AutoCAD", "QGIS"]}, {"keywords": ["Levelling"]}],
    "languages": [{"language": "English", "fluency": "native"}],
    "certificates": [{"name": "Chartered Surveyor"}],
}

RIGHT = FieldScore(true_positive=1)
WRONG = FieldScore(false_positive=1, false_negative=1)
MISSED = FieldScore(false_negative=1)
INVENTED = FieldScore(false_positive=1)


def changed(**sections: Any) -> dict[str, Any]:
    return {**TRUTH, **sections}


def basics(**values: Any) -> dict[str, Any]:
    return {"basics": {**TRUTH["basics"], **values}}


def test_the_truth_itself_gets_a_perfect_score_in_every_field_it_has() -> None:
    scores = score(TRUTH, TRUTH)
    assert tuple(scores) == FIELDS
    for field, counts in scores.items():
        assert counts.false_positive == counts.false_negative == 0, field
        assert counts.f1 in (1.0, None), field
    assert scores["work_dates"].true_positive == 3
    assert scores["skills"].true_positive == 3
    assert scores["links"].true_positive == 2


def test_an_empty_profile_misses_everything_and_invents_nothing() -> None:
    total = overall(score({}, TRUTH))
    assert total.true_positive == total.false_positive == 0
    assert total.recall == 0.0
    assert total.precision is None


def test_a_profile_without_a_matching_truth_is_all_false_positives() -> None:
    total = overall(score(TRUTH, {}))
    assert total.precision == 0.0
    assert total.recall is None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("LUDMILLA  QUIST", RIGHT),
        ("Ludmilla Quist,", RIGHT),
        ("Ludmilla Qüist", WRONG),
        ("Ludmilla", WRONG),
        (None, MISSED),
    ],
)
def test_names_match_regardless_of_case_space_and_punctuation_at_the_ends(
    said: str | None, expected: FieldScore
) -> None:
    assert score(basics(name=said), TRUTH)["name"] == expected


def test_all_dash_characters_are_equal() -> None:
    truth = {"basics": {"label": "Planner – Night shift"}}
    assert score({"basics": {"label": "Planner - Night Shift"}}, truth)["label"] == RIGHT


def test_a_phone_is_compared_by_its_digits() -> None:
    assert score(basics(phone="+44 20 7946 0321"), TRUTH)["phone"] == RIGHT
    assert score(basics(phone="+442079460322"), TRUTH)["phone"] == WRONG
    assert score(basics(phone="02079460321"), TRUTH)["phone"] == WRONG


def test_a_local_phone_number_in_the_truth_matches_its_international_form() -> None:
    truth = {"basics": {"phone": "(020) 7946 0321"}}
    assert score({"basics": {"phone": "+442079460321"}}, truth)["phone"] == RIGHT
    assert score({"basics": {"phone": "+442079460399"}}, truth)["phone"] == WRONG


def test_links_ignore_scheme_www_and_trailing_slash_and_match_a_network_without_url() -> None:
    profile = basics(url="http://www.quist.example.org/", profiles=[{"network": "github", "username": "LQuist"}])
    assert score(profile, TRUTH)["links"] == FieldScore(true_positive=2)


def test_an_extra_link_and_a_missing_link_are_one_error_each() -> None:
    profile = basics(url="https://other.example.org")
    assert score(profile, TRUTH)["links"] == FieldScore(true_positive=1, false_positive=1, false_negative=1)


def test_an_extra_job_does_not_affect_the_jobs_after_it() -> None:
    extra = {"name": "Nobody Ltd", "position": "Ghost", "startDate": "1999"}
    scores = score(changed(work=[TRUTH["work"][0], extra, TRUTH["work"][1]]), TRUTH)
    assert scores["work"] == FieldScore(true_positive=2, false_positive=1)
    assert scores["work_dates"] == FieldScore(true_positive=3, false_positive=1)


def test_the_order_of_jobs_does_not_matter() -> None:
    assert score(changed(work=TRUTH["work"][::-1]), TRUTH)["work"] == FieldScore(true_positive=2)


def test_two_jobs_at_one_employer_are_distinguished_by_position_and_dates() -> None:
    jobs = [
        {"name": "Tidemark", "position": "Clerk", "startDate": "2010", "endDate": "2012"},
        {"name": "Tidemark", "position": "Manager", "startDate": "2012"},
    ]
    scores = score({"work": jobs[::-1]}, {"work": jobs})
    assert scores["work"] == FieldScore(true_positive=2)
    assert scores["work_dates"] == FieldScore(true_positive=3)


def test_a_job_is_correct_only_if_employer_and_position_are() -> None:
    swapped = {**TRUTH["work"][0], "name": "Senior Surveyor", "position": "Tidemark Surveys"}
    scores = score(changed(work=[swapped, TRUTH["work"][1]]), TRUTH)
    assert scores["work"] == FieldScore(true_positive=1, false_positive=1, false_negative=1)
    half = {**TRUTH["work"][0], "position": "Surveyor"}
    scores = score(changed(work=[half, TRUTH["work"][1]]), TRUTH)
    assert scores["employer"] == FieldScore(true_positive=2)
    assert scores["position"] == scores["work"] == FieldScore(true_positive=1, false_positive=1, false_negative=1)


@pytest.mark.parametrize(("start", "expected"), [("2019", WRONG), ("2019-03-01", WRONG), ("2019-03", RIGHT)])
def test_a_date_is_correct_only_with_the_precision_of_the_page(start: str, expected: FieldScore) -> None:
    truth = {"work": [{"name": "Tidemark Surveys", "position": "Surveyor", "startDate": "2019-03"}]}
    profile = {"work": [{**truth["work"][0], "startDate": start}]}
    assert score(profile, truth)["work_dates"] == expected


def test_dates_can_be_compared_by_month_if_the_truth_is_more_precise_than_the_page() -> None:
    truth = {"work": [{"name": "Tidemark Surveys", "position": "Surveyor", "startDate": "2019-03-01"}]}
    profile = {"work": [{**truth["work"][0], "startDate": "2019-03"}]}
    assert score(profile, truth)["work_dates"] == WRONG
    assert score(profile, truth, date_precision="month")["work_dates"] == RIGHT


def test_an_end_date_for_an_ongoing_job_is_an_error() -> None:
    ended = [{**TRUTH["work"][0], "endDate": "2024"}, TRUTH["work"][1]]
    assert score(changed(work=ended), TRUTH)["work_dates"] == FieldScore(true_positive=3, false_positive=1)


def test_a_degree_may_be_split_anywhere_into_type_and_area() -> None:
    study = {**TRUTH["education"][0], "studyType": "BSc in Geomatics", "area": None}
    assert score(changed(education=[study]), TRUTH)["degree"] == RIGHT
    study = {**TRUTH["education"][0], "area": "Geology"}
    assert score(changed(education=[study]), TRUTH)["degree"] == WRONG


def test_skills_are_one_set_regardless_of_groups() -> None:
    skills = [{"name": "All", "keywords": ["qgis", "AUTOCAD", "QGIS", "Excel"]}]
    assert score(changed(skills=skills), TRUTH)["skills"] == FieldScore(
        true_positive=2, false_positive=1, false_negative=1
    )


def test_punctuation_distinguishes_similar_skills() -> None:
    truth = {"skills": [{"keywords": ["C", "C++", "C#", ".NET"]}]}
    profile = {"skills": [{"keywords": ["C", "C#", "NET"]}]}
    assert score(profile, truth)["skills"] == FieldScore(true_positive=2, false_positive=1, false_negative=2)


def test_a_highlight_wrapped_over_two_lines_is_the_same_highlight() -> None:
    jobs = [
        {**TRUTH["work"][0], "highlights": ["• Mapped 40 km of coast with a\ncrew of three", "Trained two jun- iors"]}
    ]
    assert score({"work": jobs}, TRUTH)["highlights"] == FieldScore(true_positive=2, false_positive=0, false_negative=1)
    shortened = [{**TRUTH["work"][0], "highlights": ["Mapped 40 km of coast"]}]
    assert score({"work": shortened}, TRUTH)["highlights"] == FieldScore(
        true_positive=0, false_positive=1, false_negative=3
    )


def test_counts_of_documents_add_up_and_ratios_come_from_the_sums() -> None:
    half = score(changed(skills=[{"keywords": ["QGIS"]}]), TRUTH)
    total = aggregate([half, score(TRUTH, TRUTH), score({}, TRUTH)])["skills"]
    assert total == FieldScore(true_positive=4, false_positive=0, false_negative=5)
    assert total.precision == 1.0
    assert total.recall == pytest.approx(4 / 9)
    assert total.f1 == pytest.approx(8 / 13)


DOCUMENT_TEXT = """Ludmilla Quist
Surveyor, London
ludmilla@example.org, 020 7946 0321, quist.example.org, github.com/lquist
Tidemark Surveys, Senior Surveyor, March 2019 to present
- Mapped 40 km of coast with a
  crew of three
- Trained two juniors
Borehole & Sons, Surveyor, 2014 - 2019
- Levelled twelve bridge sites
Ravenshore College, BSc Geomatics, 2010-2013
Tools: AutoCAD, QGIS, Levelling. English (native). Chartered Surveyor"""


def test_a_profile_read_from_the_text_invents_nothing() -> None:
    assert invention_rate(TRUTH, DOCUMENT_TEXT) == 0.0
    assert invention_rate({}, DOCUMENT_TEXT) == 0.0


@pytest.mark.parametrize(
    "leaf",
    [
        {"name": "Ludmilla Quistgaard"},
        {"startDate": "2019-04"},
        {"endDate": "2014-01"},
        {"phone": "+442079460322"},
        {"url": "https://github.com/someone"},
        {"highlights": ["Mapped 41 km of coast with a crew of three"]},
    ],
)
def test_a_value_that_is_not_in_the_text_is_counted_as_invented(leaf: dict[str, Any]) -> None:
    assert invention_rate(leaf, DOCUMENT_TEXT) == 1.0
    assert invention_rate({**leaf, "label": "Surveyor"}, DOCUMENT_TEXT) == 0.5


def test_fields_that_code_adds_to_the_profile_are_not_counted_as_invented() -> None:
    profile = {"basics": {"location": {"countryCode": "GB"}}, "meta": {"version": "9"}, "x-vitae": {"months": 77}}
    assert invention_rate(profile, DOCUMENT_TEXT) == 0.0
