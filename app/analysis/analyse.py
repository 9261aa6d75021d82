"""Turns a `Document` into a checked result: which model functions are called, and what happens when none responds.

`app.pipeline.resumes.analyse_resume` (the worker) and `app.pipeline.resumes.analyse_file` (the command line) both call
it. Model calls go through the `Router`, which hands every attempt to `record` as it ends.
"""

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from pydantic import ValidationError

from app.analysis.answer import Answer
from app.analysis.answer_bounds import bound_answer
from app.analysis.combine_readings import CUT_OFF, NOT_A_RESUME, Combiner, Reading
from app.analysis.grounding.assembly import assemble_profile
from app.analysis.identity.pseudonyms import Pseudonyms
from app.analysis.identity.search import find_identity
from app.analysis.integrity import report_integrity
from app.analysis.profile import CheckedProfile
from app.analysis.readings.rules_reading import RulesReading
from app.analysis.rules import is_plainly_a_resume, resume_likelihood
from app.analysis.rules.likelihood import Likelihood
from app.analysis.section_parts import section_parts
from app.analysis.strategy import RequestScope, Saved, Strategy
from app.analysis.summary import compose_summary, summary_is_supported
from app.analysis.traits import describe_traits
from app.errors import NotAResume, RoutingError, TextTooLong
from app.extraction.document import Document
from app.routing.attempt import Attempt
from app.routing.budget import Budget
from app.routing.clients import Client
from app.routing.question import Disguise, Question, SectionPart
from app.routing.router import Privacy, Router
from app.routing.servers.partial_answer import AnswerFollower
from app.settings import BUILTIN

log = logging.getLogger(__name__)

# Where the result came from: the first client of the order, a later one, the built-in parser because an expected model
# did not respond ("stand_in"), or the built-in parser because it is configured or no model is connected ("builtin").
Tier = Literal["first", "fallback", "stand_in", "builtin"]
# Part of the key under which results are reused. Raise it when the checks or the normalization give other results.
CHECKS_VERSION = "4"
_NOT_CHECKED = "The model's answer could not be checked against the document; the built-in parser was used."


@dataclass(frozen=True, slots=True)
class Analysed:
    """A result with its provenance.

    `degraded` is True when the built-in parser replaced a model that should have responded
    (`app.routing.servers.expectations`). `replaceable` is True when a model may give another result for the same
    document later: then the result is not reused for another upload. `readings` reports how far the model and the
    built-in parser agree (`app.analysis.readings.reconcile_readings`); None when only one of them read the document.
    `saved` is what the strategy left out of the request; None if it left out nothing.
    """

    checked: CheckedProfile
    integrity: dict[str, Any]
    client: str
    model: str | None
    location: str | None
    prompt_version: str | None
    degraded: bool
    warnings: tuple[str, ...]
    tier: Tier
    replaceable: bool = False
    readings: dict[str, Any] | None = None
    saved: Saved | None = None


class Analyser:
    """Analyses one document at a time. `pseudonymise` hides names, contacts and addresses from hosted clients."""

    def __init__(
        self,
        router: Router,
        *,
        deadline_seconds: float,
        summarise: bool,
        default_region: str,
        pseudonymise: bool = False,
        strategy: Strategy | None = None,
        second_reading: bool = True,
        error_factor: Callable[[str], float] = lambda _: 1.0,
    ) -> None:
        self._router = router
        self._strategy = strategy or Strategy()
        self._pseudonymise = pseudonymise
        self._deadline_seconds = deadline_seconds
        self._summarise = summarise
        self._default_region = default_region
        self._second_reading = second_reading
        self._combiner = Combiner(default_region, second_reading=second_reading, error_factor=error_factor)
        self._result_keys: dict[Privacy, str] = {}

    def result_key(self, privacy: Privacy) -> str:
        """The same for two analyses that call the same functions of the same clients with the same prompts."""
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
            f"{self._strategy} {self._second_reading}",
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
        """Raises `NotAResume` (before any model call when that is already clear) and `TextTooLong`.

        `follower` receives the answer that becomes the profile while it is being written. Pass what it has so far to
        `check_partial`.
        """
        likelihood = _likelihood(document)
        rules = RulesReading(document, default_region=self._default_region)
        pseudonyms = self._pseudonyms(document, rules)
        scope = self._scope(document, rules)
        whole = self._question(document, rules, pseudonyms)
        if scope.lines:
            question = whole if scope.is_whole else self._question(document, rules, pseudonyms, scope)
            reading = self._read(question, rules, privacy, record, budget, follower)
        else:
            reading = Reading.builtin(rules.answer, degraded=False)
        reading, checked = self._combined(reading, document, rules, scope, likelihood, as_of)
        profile, warnings = self._with_summary(checked, document, reading, privacy, record, budget, pseudonyms)
        analysed = _analysed(reading, document, profile, (*checked.warnings, *warnings))
        if scope.is_whole or analysed.degraded:
            return analysed
        return replace(analysed, saved=self._saved(whole, scope, rules, document, privacy))

    def check_partial(self, document: Document, value: dict[str, Any], *, as_of: date) -> CheckedProfile | None:
        """Checks an answer that is still being written, in the same way as a complete one. None if it has nothing yet.

        The result lacks values computed from the complete profile, such as years of work.
        """
        checked = self._combiner.check(Answer.model_validate(value), document, as_of)
        if not checked.evidence:
            return None
        profile = {section: said for section, said in checked.profile.items() if said and section != "x-vitae"}
        return replace(checked, profile={"basics": {}, **profile})

    def needs_model(self, document: Document) -> bool:
        """False if the strategy takes the built-in parser's reading of this document."""
        return bool(self._scope(document, RulesReading(document, default_region=self._default_region)).lines)

    def question(self, document: Document) -> Question:
        """The request that the batch lane sends for this document: always about all of it.

        Raises `NotAResume` if that is already clear.
        """
        _likelihood(document)
        rules = RulesReading(document, default_region=self._default_region)
        return self._question(document, rules, self._pseudonyms(document, rules))

    def check_batch_answer(
        self,
        document: Document,
        value: dict[str, Any],
        client: Client,
        prompt_version: str,
        *,
        as_of: date,
        complete: bool = True,
    ) -> Analysed:
        """Checks an answer from a batch like any other. The summary is composed from the facts.

        Raises `NotAResume`. The result is degraded when the model did not recognize a clear resume.
        """
        reading = Reading(
            answer=Answer.model_validate(value),
            client=client.name,
            model=client.model,
            location=client.location,
            prompt_version=prompt_version,
            model_tier="first",
            warnings=() if complete else (CUT_OFF,),
            replaceable=not complete,
            cut_off=not complete,
        )
        rules = RulesReading(document, default_region=self._default_region)
        scope = RequestScope.all_of(document)
        reading, checked = self._combined(reading, document, rules, scope, _likelihood(document), as_of)
        return _analysed(reading, document, checked, checked.warnings)

    def _combined(
        self,
        reading: Reading,
        document: Document,
        rules: RulesReading,
        scope: RequestScope,
        likelihood: Likelihood | None,
        as_of: date,
    ) -> tuple[Reading, CheckedProfile]:
        """With the built-in parser's reading alone if the model's answer breaks the checks. Raises `NotAResume`."""
        try:
            return self._combiner.combine(reading, document, rules, scope, likelihood, as_of)
        except NotAResume:
            raise
        except Exception as error:
            if reading.client == BUILTIN:
                raise
            # No answer may end a resume. The error's text may contain a part of it.
            fields = {"client": reading.client, "error": type(error).__name__}
            log.error("answer_broke_the_checks", extra={"fields": fields})  # noqa: TRY400 - no traceback, see above
            builtin = Reading.builtin(rules.answer, degraded=True, warnings=(_NOT_CHECKED,), replaceable=True)
            return self._combiner.combine(builtin, document, rules, scope, likelihood, as_of)

    def batch_key(self, client: Client, privacy: Privacy) -> str | None:
        """`result_key`, if a regular analysis could also have used this client; otherwise None."""
        if self._summarise or not self._router.may_ask("ExtractProfile", privacy, client.name):
            return None
        if client.requests == "sections":
            return None  # a regular analysis sends other requests than the batch lane
        return self.result_key(privacy)

    def _scope(self, document: Document, rules: RulesReading) -> RequestScope:
        if self._strategy.name == "model" or not self._router.names_models("ExtractProfile"):
            return RequestScope.all_of(document)
        return self._strategy.choose(rules, document)

    def _saved(
        self, whole: Question, scope: RequestScope, rules: RulesReading, document: Document, privacy: Privacy
    ) -> Saved | None:
        """None if no client could have been called."""
        client = next(iter(self._router.choose(whole, privacy).order), None)
        return client and scope.saved(
            client, rules.answer, document, self._router.estimate_prompt_tokens(whole), self._strategy.name
        )

    def _pseudonyms(self, document: Document, rules: RulesReading) -> Pseudonyms | None:
        """The person's identity as the built-in parser reads it: no model may see the document before this is known."""
        if not self._pseudonymise:
            return None
        read = assemble_profile(rules.grounded.sections, rules.grounded.findings, document=document, as_of=date.min)
        evidence = {pointer: place.to_json() for pointer, place in read.evidence.items()}
        return Pseudonyms(find_identity(read.profile, evidence, document), document)

    def _read(
        self,
        question: Question,
        rules: RulesReading,
        privacy: Privacy,
        record: Callable[[Attempt], None],
        budget: Budget | None,
        follower: AnswerFollower | None,
    ) -> Reading:
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
            degraded = self._router.expects_answer("ExtractProfile", privacy)
            reasons = (f"No model responded; the built-in parser was used. {error.detail}",) if degraded else ()
            return Reading.builtin(
                rules.answer,
                degraded=degraded,
                warnings=reasons,
                replaceable=self._router.names_models("ExtractProfile"),
            )
        try:
            answer = Answer.model_validate(routed.value)
        except ValidationError:
            # The generated types mirror Answer (a test compares them), so this is a bug in Vitae, not in the model.
            reasons = ("The model's answer did not have the expected structure; the built-in parser was used.",)
            return Reading.builtin(rules.answer, degraded=True, warnings=reasons)
        return Reading(
            answer=answer,
            client=routed.client,
            model=routed.model,
            location=routed.location,
            prompt_version=routed.prompt_version,
            model_tier=routed.tier,
            warnings=() if routed.complete else (CUT_OFF,),
            replaceable=not routed.complete,
            cut_off=not routed.complete,
            lines=routed.lines,
        )

    def _question(
        self, document: Document, rules: RulesReading, pseudonyms: Pseudonyms | None, scope: RequestScope | None = None
    ) -> Question:
        """`scope` None: the request about the whole document."""
        sent = None if scope is None else scope.lines_to_send(rules, document)
        disguise = None
        if pseudonyms is not None:
            hidden = pseudonyms.hide_document(document).numbered_text(sent)
            disguise = Disguise({"numbered_text": hidden}, pseudonyms.restore)
        bounds = bound_answer(document, rules.answer if self._second_reading else None)
        sections: tuple[SectionPart, ...] = ()
        if self._router.asks_by_sections("ExtractProfile"):
            hidden_document = None if pseudonyms is None else pseudonyms.hide_document(document)
            sections = section_parts(rules.parsed.sections, document, hidden_document, sent)
        return Question.extract_profile(
            document.numbered_text(sent), describe_traits(document), disguise, bounds, sections
        )

    def _with_summary(
        self,
        checked: CheckedProfile,
        document: Document,
        reading: Reading,
        privacy: Privacy,
        record: Callable[[Attempt], None],
        budget: Budget | None,
        pseudonyms: Pseudonyms | None,
    ) -> tuple[CheckedProfile, tuple[str, ...]]:
        """The profile with a model's summary, which is used only if the document contains all its names and numbers."""
        if not self._summarise or reading.client == BUILTIN:
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
            return checked, ("No model wrote a summary; it was composed from the facts of the profile.",)
        if not summary_is_supported(text, checked.profile, document):
            text = facts
        extension = {**checked.profile["x-vitae"], "summary": text}
        profile = {**checked.profile, "x-vitae": extension}
        return CheckedProfile(profile, checked.evidence, checked.warnings, checked.dropped), ()


def _likelihood(document: Document) -> Likelihood | None:
    """None for a clear resume, which needs no closer look. Raises `NotAResume` for what clearly is not a resume."""
    if is_plainly_a_resume(document):
        return None
    likelihood = resume_likelihood(document)
    if likelihood.verdict is Likelihood.CLEARLY_NOT:
        raise NotAResume(NOT_A_RESUME.format(reason=likelihood.reason))
    return likelihood.verdict


def _analysed(reading: Reading, document: Document, profile: CheckedProfile, warnings: tuple[str, ...]) -> Analysed:
    return Analysed(
        checked=profile,
        integrity=report_integrity(document),
        client=reading.client,
        model=reading.model,
        location=reading.location,
        prompt_version=reading.prompt_version,
        degraded=reading.degraded,
        warnings=(*reading.warnings, *warnings),
        tier=reading.model_tier or ("stand_in" if reading.degraded else "builtin"),
        replaceable=reading.replaceable,
        readings=reading.readings,
    )
