"""Corrections stay in effect after later analyses, with entries in another order, and as valid JSON Resume."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from app.analysis.corrections import fields as json_resume
from app.analysis.corrections.overlay import Corrected, Correction, apply_corrections
from app.analysis.corrections.patch import read_patch, to_correction
from app.errors import Conflict, InputError

SCHEMA = json.loads(
    (Path(__file__).parents[3] / "schemas" / "json_resume_1.0.0.schema.json").read_text(encoding="utf-8")
)
PROFILE: dict[str, Any] = {
    "basics": {"name": "Ana Lopes", "email": "ana@lopes.example"},
    "work": [
        {"name": "Kiln & Sons", "position": "Press Oprator", "startDate": "2019-03"},
        {"name": "Loom & Co", "position": "Weaver", "startDate": "2015", "endDate": "2018"},
    ],
    "skills": [{"keywords": ["Python", "Go"]}],
    "meta": {"version": "v1.0.0"},
    "x-vitae": {
        "total_experience_months": 122,
        "seniority": "mid",
        "summary": "Press Oprator at Kiln & Sons.",
        "language": "en",
        "as_of": "2026-05-04",
    },
}


def _place(quote: str) -> dict[str, Any]:
    return {"page": 1, "line": 3, "quote": quote, "box": [72.0, 50.0, 160.0, 70.0], "confidence": 0.9}


EVIDENCE: dict[str, Any] = {
    "/basics/name": _place("Ana Lopes"),
    "/work/0/position": _place("Press Oprator"),
    "/work/1/name": _place("Loom & Co"),
    "/skills/0/keywords/1": _place("Go"),
}


class Log:
    def __init__(self) -> None:
        self.corrections: list[Correction] = []

    def patch(self, body: Any) -> "Log":
        for operation in read_patch(body):
            shown = self.on(PROFILE, EVIDENCE)
            made = to_correction(
                operation, shown.profile, shown.evidence, number=len(self.corrections) + 1, by="Mo", at="2026-05-05"
            )
            if made is not None:
                kept = json.loads(json.dumps(made.path_json()))  # as the database stores it
                assert Correction.read_path(kept) == made.path
                self.corrections.append(made)
        return self

    def on(self, profile: dict[str, Any], evidence: dict[str, Any] | None = None) -> Corrected:
        given = deepcopy(profile), deepcopy(evidence or {})
        corrected = apply_corrections(*given, self.corrections)
        assert given == (profile, evidence or {}), "the read result must stay as it was read"
        jsonschema.validate(corrected.profile, SCHEMA)
        return corrected


def _replace(pointer: str, value: Any) -> list[dict[str, Any]]:
    return [{"op": "replace", "path": pointer, "value": value}]


def test_a_corrected_value_keeps_its_evidence_and_is_marked_as_entered_by_a_person() -> None:
    corrected = Log().patch(_replace("/basics/name", "Ana López")).on(PROFILE, EVIDENCE)
    assert corrected.profile["basics"]["name"] == "Ana López"
    assert corrected.evidence["/basics/name"] == {
        **_place("Ana Lopes"),
        "confidence": 1.0,
        "source": "human",
        "document_value": "Ana Lopes",
        "by": "Mo",
        "at": "2026-05-05",
    }
    assert corrected.changed == ()
    assert corrected.evidence["/work/1/name"] == EVIDENCE["/work/1/name"]


def test_a_correction_finds_its_entry_in_another_order_and_spelling() -> None:
    log = Log().patch(_replace("/work/0/position", "Press Operator"))
    later = deepcopy(PROFILE)
    later["work"] = [
        {"name": "Mill Ltd", "position": "Owner", "startDate": "2024"},
        later["work"][1],
        {"name": "KILN & SONS", "position": "Operator of a press", "startDate": "2019-03"},
    ]
    corrected = log.on(later)
    assert [job["position"] for job in corrected.profile["work"]] == ["Owner", "Weaver", "Press Operator"]
    assert corrected.changed == ("/work/2/position",), "the document gives something else than when it was corrected"
    assert corrected.evidence["/work/2/position"]["document_value"] == "Operator of a press"


def test_a_correction_that_a_later_analysis_confirms_is_not_reported_as_changed() -> None:
    log = Log().patch(_replace("/work/0/position", "Press Operator"))
    later = deepcopy(PROFILE)
    later["work"][0]["position"] = "press operator"
    assert log.on(later).changed == ()


def test_a_correction_whose_entry_is_missing_is_kept_until_it_reappears() -> None:
    log = Log().patch(_replace("/work/1/position", "Master Weaver"))
    without = {**PROFILE, "work": PROFILE["work"][:1]}
    assert log.on(without).unplaced == (1,)
    assert log.on(PROFILE).unplaced == ()
    assert log.on(PROFILE).profile["work"][1]["position"] == "Master Weaver"


def test_corrections_of_one_entry_build_on_each_other() -> None:
    log = Log().patch(_replace("/work/0/name", "Kiln and Sons Ltd")).patch(_replace("/work/0/position", "Operator"))
    job = log.on(PROFILE).profile["work"][0]
    assert (job["name"], job["position"]) == ("Kiln and Sons Ltd", "Operator")
    log.corrections.pop(0)  # the first one is undone
    job = log.on(PROFILE).profile["work"][0]
    assert (job["name"], job["position"]) == ("Kiln & Sons", "Operator")


def test_texts_and_entries_can_be_added_and_removed() -> None:
    log = Log().patch(
        [
            {"op": "replace", "path": "/skills/0/keywords/1", "value": "Golang"},
            {"op": "add", "path": "/skills/0/keywords/-", "value": "SQL"},
            {"op": "remove", "path": "/work/1"},
            {"op": "add", "path": "/work/-", "value": {"name": "Oak & Co", "position": "CEO", "startDate": "2025-01"}},
        ]
    )
    corrected = log.on(PROFILE, EVIDENCE)
    assert corrected.profile["skills"] == [{"keywords": ["Python", "Golang", "SQL"]}]
    assert [job["name"] for job in corrected.profile["work"]] == ["Kiln & Sons", "Oak & Co"]
    assert "/work/1/name" in corrected.evidence
    assert corrected.evidence["/work/1/name"]["document_value"] is None
    # A later analysis that finds the added job, or lacks the group of skills, causes no duplicate.
    later = {**PROFILE, "work": [{"name": "Oak & Co", "position": "Chief", "startDate": "2025-01"}], "skills": []}
    again = log.on(later)
    assert [job["position"] for job in again.profile["work"]] == ["CEO"]
    assert again.unplaced == (1, 2)


def test_computed_facts_follow_the_corrected_dates() -> None:
    before = Log().on(PROFILE, EVIDENCE).profile["x-vitae"]
    log = Log().patch([{"op": "add", "path": "/work/0/endDate", "value": "2020-02"}])
    facts = log.on(PROFILE, EVIDENCE).profile["x-vitae"]
    assert before["total_experience_months"] == 122
    assert facts["total_experience_months"] == 36 + 12
    log.patch([{"op": "remove", "path": "/work/0/endDate"}])
    goes_on = log.on(PROFILE, EVIDENCE)
    assert "endDate" not in goes_on.profile["work"][0]
    assert goes_on.profile["x-vitae"]["total_experience_months"] == 36 + 87
    assert (
        "Oprator" not in log.patch(_replace("/work/0/position", "Operator")).on(PROFILE).profile["x-vitae"]["summary"]
    )


def test_an_object_changes_plain_fields() -> None:
    corrected = (
        Log().patch({"basics": {"email": None, "location": {"city": "Madrid", "countryCode": "es"}}}).on(PROFILE)
    )
    assert corrected.profile["basics"] == {
        "name": "Ana Lopes",
        "location": {"city": "Madrid", "countryCode": "ES"},
    }


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("Ana", "JSON Patch"),
        ([], "1 to 100"),
        ({}, "1 to 100"),
        ([{"op": "move", "path": "/basics/name"}], "`op`"),
        ([{"op": "replace", "path": "basics/name", "value": "A"}], "`path`"),
        ([{"op": "replace", "path": "/basics/name"}], "`value`"),
        (_replace("/basics/name", ""), "not empty"),
        (_replace("/basics/name", 7), "not empty"),
        (_replace("/basics/name", "a\x1b[31m"), "cannot be displayed"),
        (_replace("/basics/name", "a" * 5001), "5000"),
        (_replace("/basics/nome", "A"), "not a field"),
        (_replace("/basics/label", "Cook"), "operation `add`"),
        (_replace("/basics/email", "nobody"), "e-mail"),
        (_replace("/work/0/startDate", "March 2019"), "2019-03"),
        (_replace("/work/0/startDate", "2019-13"), "2019-03"),
        (_replace("/work/7/name", "A"), "The list has 2"),
        (_replace("/work/-1/name", "A"), "The list has 2"),
        (_replace("/work/0", {"name": "A"}), "complete entry"),
        (_replace("/work", []), "whole section"),
        (_replace("/x-vitae/total_experience_months", 900), "computed"),
        (_replace("/skills/0/keywords", []), "list of 1"),
        (_replace("/__proto__/x", "A"), "not a field"),
        ([{"op": "add", "path": "/work/-", "value": {"boss": "A"}}], "no field `boss`"),
        ([{"op": "add", "path": "/work/-", "value": "A"}], "must be an object"),
        ([{"op": "add", "path": "/work/0/url", "value": "example"}], "https://"),
        ([{"op": "remove", "path": "/basics/label"}], "operation `add`"),
        ({"skills": [{"name": "A"}]}, "JSON Patch"),
    ],
)
def test_an_unusable_change_is_rejected_with_an_explanation(body: Any, says: str) -> None:
    with pytest.raises(InputError) as refused:
        Log().patch(body)
    assert says in refused.value.detail


def test_a_failed_test_operation_is_a_conflict() -> None:
    Log().patch([{"op": "test", "path": "/basics/name", "value": "Ana Lopes"}])
    with pytest.raises(Conflict):
        Log().patch([{"op": "test", "path": "/basics/name", "value": "Ana"}])


def _official_kind(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return "date"
    if field["type"] == "array":
        return "texts"
    return {"email": "email", "uri": "url"}.get(field.get("format", ""), "text")


def test_the_table_of_fields_matches_the_official_schema() -> None:
    official = SCHEMA["properties"]
    assert set(json_resume.SECTIONS) == {name for name, each in official.items() if each["type"] == "array"}
    for name, fields in json_resume.SECTIONS.items():
        known = official[name]["items"]["properties"]
        assert fields == {key: _official_kind(each) for key, each in known.items()}, name
    basics = official["basics"]["properties"]
    assert {
        key: _official_kind(each) for key, each in basics.items() if key not in {"location", "profiles"}
    } == json_resume.BASICS
    assert set(json_resume.LOCATION) == set(basics["location"]["properties"])
    assert {
        key: _official_kind(each) for key, each in basics["profiles"]["items"]["properties"].items()
    } == json_resume.PROFILE


def test_a_confirmed_value_is_marked_and_the_profile_stays_as_it_is() -> None:
    shown = Log().patch([{"op": "confirm", "path": "/work/0/position", "value": "Press Oprator"}]).on(PROFILE, EVIDENCE)
    assert shown.profile == PROFILE
    place = shown.evidence["/work/0/position"]
    assert (place["source"], place["confidence"], place["quote"]) == ("human", 1.0, "Press Oprator")
    assert place["document_value"] == "Press Oprator"


def test_a_confirmed_entry_keeps_its_values_and_finds_its_place_after_a_new_analysis() -> None:
    job = PROFILE["work"][1]
    log = Log().patch([{"op": "confirm", "path": "/work/1", "value": job}])
    later = deepcopy(PROFILE)
    later["work"] = [{"name": "Loom & Co", "position": "Weever", "startDate": "2015", "url": "https://loom.example"}]
    shown = log.on(later, {"/work/0/name": _place("Loom & Co"), "/work/0/position": _place("Weever")})
    assert shown.profile["work"] == [{**job, "url": "https://loom.example"}]
    assert shown.changed == ("/work/0/position",)
    later["work"] = [{"name": "Somebody Else", "position": "Diver"}]
    gone = log.on(later, {})
    assert (gone.profile["work"], gone.unplaced) == (later["work"], (1,))


def test_the_items_of_a_confirmed_entry_keep_their_evidence() -> None:
    group = PROFILE["skills"][0]
    log = Log().patch([{"op": "confirm", "path": "/skills/0", "value": group}])
    shown = log.on(PROFILE, EVIDENCE)
    assert shown.evidence["/skills/0/keywords/1"]["quote"] == "Go"
    assert shown.evidence["/skills/0/keywords/1"]["source"] == "human"
    later = {**PROFILE, "skills": [{"keywords": ["Go"]}]}
    assert log.on(later, {}).profile["skills"] == [{"keywords": ["Python", "Go"]}]


def test_a_corrected_value_of_a_confirmed_entry_keeps_its_author_and_the_documents_value() -> None:
    log = Log().patch([{"op": "replace", "path": "/work/0/position", "value": "Press Operator"}])
    corrected = log.on(PROFILE, EVIDENCE)
    shown = log.patch([{"op": "confirm", "path": "/work/0", "value": corrected.profile["work"][0]}]).on(
        PROFILE, EVIDENCE
    )
    assert shown.evidence["/work/0/position"] == corrected.evidence["/work/0/position"]
    assert shown.changed == ()


def test_confirming_again_makes_no_correction() -> None:
    log = Log().patch([{"op": "confirm", "path": "/work/0", "value": PROFILE["work"][0]}])
    log.patch([{"op": "confirm", "path": "/work/0/position", "value": "Press Oprator"}])
    log.patch([{"op": "confirm", "path": "/work/0", "value": PROFILE["work"][0]}])
    assert [each.action for each in log.corrections] == ["confirm"]


def test_an_entry_left_out_changes_nothing_in_the_profile() -> None:
    entry = {"organization": "Lifeboat Station", "position": "Helm"}
    log = Log().patch([{"op": "leave_out", "path": "/volunteer/-", "value": entry}])
    shown = log.on(PROFILE, EVIDENCE)
    assert (shown.profile, shown.evidence, shown.unplaced) == (PROFILE, EVIDENCE, ())
    [made] = log.corrections
    assert (made.action, made.pointer, made.value) == ("leave_out", "/volunteer/0", entry)


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        ({"op": "confirm", "path": "/basics/name", "value": "Ana"}, Conflict),
        ({"op": "confirm", "path": "/basics/phone", "value": "1"}, Conflict),
        ({"op": "confirm", "path": "/skills/0/keywords", "value": ["Python", "Go"]}, InputError),
        ({"op": "confirm", "path": "/work/0"}, InputError),
        ({"op": "leave_out", "path": "/work/0", "value": {"name": "A"}}, InputError),
        ({"op": "leave_out", "path": "/basics/name", "value": "A"}, InputError),
        ({"op": "leave_out", "path": "/work/-", "value": {"boss": "A"}}, InputError),
        ({"op": "approve", "path": "/basics/name"}, InputError),
    ],
)
def test_confirmations_that_say_nothing_or_something_else_are_refused(
    operation: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        Log().patch([operation])
