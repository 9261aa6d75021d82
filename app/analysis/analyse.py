"""From a `Document` to a checked result: which functions are asked, what happens when no model answers.

Called by `app.pipeline.resumes.analyse_resume` (the worker) and `app.pipeline.resumes.analyse_file` (the command
line): the same path
for both. Model calls go through the `Router`; every attempt is handed to `record` as it ends.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from pydantic import ValidationError

from app.analysis.answer import Answer
from app.analysis.grounding.check import check_answer
from app.analysis.identity.pseudonyms import Pseudonyms
from app.analysis.identity.search import find_identity
from app.analysis.integrity import report_integrity
from app.analysis.person import describes_a_person
from app.analysis.profile import CheckedProfile
from app.analysis.recognition import weigh_recognition
from app.analysis.rules import is_plainly_a_resume, parse_resume, resume_likelihood
from app.analysis.rules.likelihood import Likelihood
from app.analysis.summary import compose_summary, summary_is_supported
from app.analysis.traits import describe_traits
from app.errors import NotAResume, RoutingError, TextTooLong
from app.extraction.document import Document
from app.routing.attempt import Attempt
from app.routing.budget import Budget
from app.routing.clients import Client
from app.routing.question import Disguise, Question
from app.routing.router import Privacy, Router
from app.routing.servers.partial_answer import AnswerFollower

BUILTIN = "builtin"
# Who answered: the first client of the order or a later one; the built-in parser for want of a model, or as configured.
Tier = Literal["first", "fallback", "stand_in", "builtin"]
# Part of the key under which equal work is reused: raise it when checking or normalising gives other results.
CHECKS_VERSION = "2"

NOT_A_RESUME = (
    "The document does not describe a person's career: {reason}. If it is a resume, check that its text can be "
    "selected in a viewer, and upload it again."
)


@dataclass(frozen=True, slots=True)
class Analysed:
    """A result with its provenance. `degraded` is True when the built-in parser stood in for a model."""

    checked: CheckedProfile
    integrity: dict[str, Any]
    client: str
    model: str | None
    location: str | None
    prompt_version: str | None
    degraded: bool
    warnings: tuple[str, ...]
    tier: Tier


class Analyser:
    """`pseudonymise` keeps names, contacts and addresses from hosted clients."""

    def __init__(
        self,
        router: Router,
        *,
        deadline_seconds: float,
        summarise: bool,
        default_region: str,
        pseudonymise: bool = False,
    ) -> None:
        self._router = router
        self._pseudonymise = pseudonymise
        self._deadline_seconds = deadline_seconds
        self._summarise = summarise
        self._default_region = default_region
        self._result_keys: dict[Privacy, str] = {}

    def result_key(self, privacy: Privacy) -> str:
        """Equal for two analyses that ask the same functions with the same prompts of the same clients."""
        known = self._result_keys.get(privacy)
        if known is None:
            known = self._result_keys[privacy] = self._make_result_key(privacy)
        return known

    def _make_result_key(self, privacy: Privacy) -> str:
        functions = ["ExtractProfile", "Summarise"] if self._summarise else ["ExtractProfile"]
        parts = [
            CHECKS_VERSION,
            privacy,
            str(self._pseudonymise),
            *(self._router.describe(function, privacy) for function in functions),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def analyse(
        self,
        document: Document,
        *,
        privacy: Privacy,
        as_of: date,
        record: Callable[[Attempt], None],
        budget: Budget | None = None,
        follower: AnswerFollower | None = None,
    ) -> Analysed:
        """Raises `NotAResume` (before any model is asked where that is clear) and `TextTooLong`.

        `follower` sees the answer that becomes the profile grow; `check_partial` checks what there is of it.
        """
        likelihood = _likelihood(document)
        pseudonyms = self._pseudonyms(document)
        asked = self._ask(document, privacy, record, budget, pseudonyms, follower)
        asked, checked = self._judge(asked, document, likelihood, as_of)
        profile, warnings = self._with_summary(checked, document, asked, privacy, record, budget, pseudonyms)
        return _analysed(asked, document, profile, (*checked.warnings, *warnings))

    def check_partial(self, document: Document, value: dict[str, Any], *, as_of: date) -> CheckedProfile | None:
        """What an answer that is still being written says by now, checked as a whole one is; None when that is nothing.

        Without what is computed from the whole, such as years of work.
        """
        answer = Answer.model_validate(value)
        if not answer.is_resume:
            return None
        checked = self._check(answer, document, as_of)
        if not checked.evidence:
            return None
        profile = {section: said for section, said in checked.profile.items() if said and section != "x-vitae"}
        return replace(checked, profile={"basics": {}, **profile})

    def question(self, document: Document) -> Question:
        """What the batch lane asks about it. Raises `NotAResume` where that is clear already."""
        _likelihood(document)
        return self._question(document, self._pseudonyms(document))

    def check_batch_answer(
        self, document: Document, value: dict[str, Any], client: Client, prompt_version: str, *, as_of: date
    ) -> Analysed:
        """An answer that came in a batch, checked as any other; its summary is composed from the facts.

        Raises `NotAResume`. The result is degraded when the model overlooked a plain resume.
        """
        asked = _Asked(
            Answer.model_validate(value), client.name, client.model, client.location, prompt_version, model_tier="first"
        )
        asked, checked = self._judge(asked, document, _likelihood(document), as_of)
        return _analysed(asked, document, checked, checked.warnings)

    def batch_key(self, client: Client, privacy: Privacy) -> str | None:
        """`result_key`, where an answer of this client is one that the usual way could have given as well."""
        if self._summarise or not self._router.may_ask("ExtractProfile", privacy, client.name):
            return None
        return self.result_key(privacy)

    def _judge(
        self, asked: "_Asked", document: Document, likelihood: Likelihood | None, as_of: date
    ) -> tuple["_Asked", CheckedProfile]:
        """The checked answer, or the built-in parser's where a model's is about nobody. Raises `NotAResume`."""
        checked = self._check(asked.answer, document, as_of)
        overlooked = asked.client != BUILTIN and not describes_a_person(checked, document)
        if overlooked and (likelihood or resume_likelihood(document).verdict) is Likelihood.LIKELY:
            # A model that overlooks a plain resume, or answers about somebody else, is not the last word.
            parsed = parse_resume(document)
            fallback = self._check(parsed, document, as_of)
            if describes_a_person(fallback, document):
                reason = "The model's answer did not describe the person in the document; the built-in parser was used."
                asked = _Asked(parsed, BUILTIN, None, None, None, degraded=True, warnings=(reason,))
                checked = fallback
        if not describes_a_person(checked, document):
            raise NotAResume(NOT_A_RESUME.format(reason="no person with work, education or skills was found in it"))
        return asked, checked

    def _pseudonyms(self, document: Document) -> Pseudonyms | None:
        """Who it is, as the built-in parser reads it: it is asked first, because a model may not be."""
        if not self._pseudonymise:
            return None
        read = check_answer(parse_resume(document), document, as_of=date.min, default_region=self._default_region)
        evidence = {pointer: place.to_json() for pointer, place in read.evidence.items()}
        return Pseudonyms(find_identity(read.profile, evidence, document), document)

    def _ask(
        self,
        document: Document,
        privacy: Privacy,
        record: Callable[[Attempt], None],
        budget: Budget | None,
        pseudonyms: Pseudonyms | None,
        follower: AnswerFollower | None,
    ) -> "_Asked":
        question = self._question(document, pseudonyms)
        try:
            routed = self._router.ask(
                question,
                privacy=privacy,
                deadline_seconds=self._deadline_seconds,
                record=record,
                budget=budget,
                follower=follower,
            )
        except RoutingError as error:
            stands_in = self._router.names_models("ExtractProfile")
            reasons = (f"No model answered; the built-in parser was used. {error.detail}",) if stands_in else ()
            return _Asked(parse_resume(document), BUILTIN, None, None, None, degraded=stands_in, warnings=reasons)
        try:
            answer = Answer.model_validate(routed.value)
        except ValidationError:
            # The generated types mirror Answer (a test compares them), so this is a fault of ours, not of the model.
            reasons = ("The model's answer did not have the agreed shape; the built-in parser was used.",)
            return _Asked(parse_resume(document), BUILTIN, None, None, None, degraded=True, warnings=reasons)
        return _Asked(
            answer, routed.client, routed.model, routed.location, routed.prompt_version, model_tier=routed.tier
        )

    def _question(self, document: Document, pseudonyms: Pseudonyms | None) -> Question:
        disguise = None
        if pseudonyms is not None:
            hidden = pseudonyms.hide_document(document).numbered_text()
            disguise = Disguise({"numbered_text": hidden}, pseudonyms.restore)
        return Question.extract_profile(document.numbered_text(), describe_traits(document), disguise)

    def _check(self, answer: Answer, document: Document, as_of: date) -> CheckedProfile:
        checked = check_answer(answer, document, as_of=as_of, default_region=self._default_region)
        return weigh_recognition(checked, document)

    def _with_summary(
        self,
        checked: CheckedProfile,
        document: Document,
        asked: "_Asked",
        privacy: Privacy,
        record: Callable[[Attempt], None],
        budget: Budget | None,
        pseudonyms: Pseudonyms | None,
    ) -> tuple[CheckedProfile, tuple[str, ...]]:
        """A model's summary counts only if all its names and numbers stand in the document."""
        if not self._summarise or asked.client == BUILTIN:
            return checked, ()
        facts = compose_summary(checked.profile, document.language)
        disguise = None
        if pseudonyms is not None:
            hidden = json.dumps(pseudonyms.hide(checked.profile), ensure_ascii=False)
            disguise = Disguise({"facts": hidden, "language": document.language}, pseudonyms.restore)
        question = Question.summarise(
            json.dumps(checked.profile, ensure_ascii=False),
            language=document.language,
            traits=describe_traits(document),
            disguise=disguise,
        )
        try:
            text = self._router.ask(
                question, privacy=privacy, deadline_seconds=self._deadline_seconds, record=record, budget=budget
            ).value["summary"]
        except (RoutingError, TextTooLong):
            return checked, ("No model wrote a summary; it was composed from the facts.",)
        if not summary_is_supported(text, checked.profile, document):
            text = facts
        extension = {**checked.profile["x-vitae"], "summary": text}
        profile = {**checked.profile, "x-vitae": extension}
        return CheckedProfile(profile, checked.evidence, checked.warnings, checked.dropped), ()


@dataclass(frozen=True, slots=True)
class _Asked:
    answer: Answer
    client: str
    model: str | None
    location: str | None
    prompt_version: str | None
    degraded: bool = False
    warnings: tuple[str, ...] = ()
    model_tier: Literal["first", "fallback"] | None = None  # None: the built-in parser


def _likelihood(document: Document) -> Likelihood | None:
    """None for a plain resume, which needs no closer look. Raises `NotAResume` for what is clearly none."""
    if is_plainly_a_resume(document):
        return None
    likelihood = resume_likelihood(document)
    if likelihood.verdict is Likelihood.CLEARLY_NOT:
        raise NotAResume(NOT_A_RESUME.format(reason=likelihood.reason))
    return likelihood.verdict


def _analysed(asked: _Asked, document: Document, profile: CheckedProfile, warnings: tuple[str, ...]) -> Analysed:
    return Analysed(
        checked=profile,
        integrity=report_integrity(document),
        client=asked.client,
        model=asked.model,
        location=asked.location,
        prompt_version=asked.prompt_version,
        degraded=asked.degraded,
        warnings=(*asked.warnings, *warnings),
        tier=asked.model_tier or ("stand_in" if asked.degraded else "builtin"),
    )
