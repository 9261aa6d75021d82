"""A growing profile: parsed once per update, at the pace of its watcher, and from the start for each client."""

import uuid
from typing import Any

from app.analysis.profile import CheckedProfile, Evidence
from app.pipeline.resumes.show_partial_profile import Growing
from app.routing.clients import Client
from app.storage.analyses import Claim
from app.storage.profiles.partial_profiles import PartialProfile

LOCAL = Client(
    name="LocalVLLM",
    provider="openai-generic",
    model="m",
    base_url="http://l/v1",
    location="local",
    billing="self_hosted",
)
HOSTED = Client(name="GPT4o", provider="openai", model="gpt-4o", base_url=None, api_key="k")
EVIDENCE = {"/basics/name": Evidence(page=1, line=1, quote="Ilse", box=None, confidence=1.0)}


def growing() -> Growing:
    ids = [uuid.uuid4() for _ in range(5)]
    claim = Claim(*ids, privacy="any", priority="interactive", fresh=False, claims=1)
    return Growing(claim, lambda value: CheckedProfile(value, EVIDENCE) if value.get("is_resume") else None)


def said(name: str) -> dict[str, Any]:
    return {"is_resume": True, "basics": {"name": name}}


def show(one: Growing) -> PartialProfile | None:
    one.shown = one.take() or one.shown
    return one.shown


def test_bytes_are_requested_only_while_watched_and_after_the_previous_ones_were_taken() -> None:
    one = growing()
    one.begins(LOCAL)
    assert not one.wants
    one.watched = True
    assert one.wants
    one.grows(LOCAL, lambda: said("Ilse"))
    assert not one.wants
    one.take()
    assert one.wants


def test_the_next_client_starts_with_an_empty_profile() -> None:
    one = growing()
    one.begins(LOCAL)
    one.grows(LOCAL, lambda: said("Ilse"))
    assert show(one) == PartialProfile("LocalVLLM", said("Ilse"), {"/basics/name": EVIDENCE["/basics/name"].to_json()})
    one.grows(LOCAL, lambda: said("Ilse Varga"))
    one.begins(HOSTED)
    assert show(one) == PartialProfile("GPT4o", None, None)
    assert one.take() is None, "nothing new"


def test_unreadable_or_already_shown_parts_are_not_shown_again() -> None:
    one = growing()
    assert one.take() is None, "no client has been called yet"
    one.begins(LOCAL)
    one.grows(LOCAL, lambda: None)
    assert show(one) == PartialProfile("LocalVLLM", None, None)
    one.grows(LOCAL, lambda: {"is_resume": False})
    assert one.take() is None
    one.grows(LOCAL, lambda: said("Ilse"))
    assert show(one) != PartialProfile("LocalVLLM", None, None)
    one.grows(LOCAL, lambda: said("Ilse"))
    assert one.take() is None
