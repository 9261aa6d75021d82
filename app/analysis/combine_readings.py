"""Makes one checked profile of a model's answer and the built-in parser's reading; called by `app.analysis.analyse`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, Self

from app.analysis.answer import Answer
from app.analysis.grounding.assembly import assemble_profile
from app.analysis.grounding.check import GroundedAnswer, ground_answer
from app.analysis.grounding.line_matching import LineIndex
from app.analysis.person import describes_a_person
from app.analysis.profile import CheckedProfile
from app.analysis.readings.confidence import with_confidence
from app.analysis.readings.part_of_document import reconcile_part
from app.analysis.readings.reconcile_readings import report
from app.analysis.readings.rules_reading import RulesReading
from app.analysis.recognition import weigh_recognition
from app.analysis.rules import resume_likelihood
from app.analysis.rules.likelihood import Likelihood
from app.analysis.strategy import RequestScope
from app.errors import NotAResume
from app.extraction.document import Document
from app.settings import BUILTIN

NOT_A_RESUME = (
    "The document does not describe a person's career: {reason}. If it is a resume, check that its text can be "
    "selected in a viewer, and upload it again."
)
CUT_OFF = "The model's answer was cut off. Its complete entries were used; the built-in parser read the rest."
# Of a model's values; large models stay far below. Qwen2.5-Coder 1.5B had 7 to 17 % (benchmarks/prompts.md).
_MOST_DROPPED_SHARE = 0.05
_NO_PERSON = "The model's answer did not describe the person in the document; the built-in parser was used."
_EXPLAINS_FEWER = (
    "The model's answer covers {model} lines of the document, the built-in parser's {builtin}; the built-in parser "
    "was used. A larger model may read such resumes."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An answer before its checks, and who gave it."""

    answer: Answer
    client: str
    model: str | None
    location: str | None
    prompt_version: str | None
    degraded: bool = False
    warnings: tuple[str, ...] = ()
    model_tier: Literal["first", "fallback"] | None = None  # None: the built-in parser
    replaceable: bool = False
    cut_off: bool = False
    lines: frozenset[int] | None = None  # that the client read; None: all that were requested
    readings: dict[str, Any] | None = None

    @classmethod
    def builtin(
        cls, answer: Answer, *, degraded: bool, warnings: tuple[str, ...] = (), replaceable: bool = False
    ) -> Self:
        return cls(
            answer=answer,
            client=BUILTIN,
            model=None,
            location=None,
            prompt_version=None,
            degraded=degraded,
            warnings=warnings,
            replaceable=replaceable,
        )


class Combiner:
    """Safe to share between threads. `default_region` is for phone numbers without a country code; `error_factor` gives
    that of a client's values (`app.analysis.review.judged_values`).

    Without `second_reading`, the built-in parser is used only where the model has read a part of the document or missed
    the person.
    """

    def __init__(
        self,
        default_region: str,
        *,
        second_reading: bool = True,
        error_factor: Callable[[str], float] = lambda _: 1.0,
    ) -> None:
        self._default_region = default_region
        self._second_reading = second_reading
        self._error_factor = error_factor

    def combine(
        self,
        reading: Reading,
        document: Document,
        rules: RulesReading,
        scope: RequestScope,
        likelihood: Likelihood | None,
        as_of: date,
    ) -> tuple[Reading, CheckedProfile]:
        """The model's answer reconciled with the built-in parser's, or the parser's alone. Raises `NotAResume`."""
        if reading.client == BUILTIN:
            checked = self._profile(rules.grounded, document, as_of)
        else:
            model = self._ground(reading.answer, document, rules.index)
            checked = self._profile(model, document, as_of)
            # A part of a resume need not name a person.
            if describes_a_person(checked, document) or not scope.is_whole:
                if self._second_reading or not scope.is_whole or reading.cut_off or reading.lines is not None:
                    doubted = _is_doubtful(checked)
                    reading, checked = self._reconcile(reading, model, document, rules, scope, as_of, doubted=doubted)
            elif (likelihood or resume_likelihood(document).verdict) is Likelihood.LIKELY:
                # The model missed a clear resume or described somebody else. The built-in parser may do better.
                fallback = self._profile(rules.grounded, document, as_of)
                if describes_a_person(fallback, document):
                    reading, checked = Reading.builtin(rules.answer, degraded=True, warnings=(_NO_PERSON,)), fallback
        if not describes_a_person(checked, document):
            raise NotAResume(NOT_A_RESUME.format(reason="no person with work, education or skills was found in it"))
        return reading, checked

    def _reconcile(
        self,
        reading: Reading,
        model: GroundedAnswer,
        document: Document,
        rules: RulesReading,
        scope: RequestScope,
        as_of: date,
        *,
        doubted: bool,
    ) -> tuple[Reading, CheckedProfile]:
        lines = reading.lines if scope.is_whole else scope.lines & (reading.lines or scope.lines)
        reconciled = reconcile_part(
            model.sections, rules.grounded.sections, lines, cut_off=reading.cut_off, doubted=doubted
        )
        factor = self._error_factor(reading.client)
        requested = len(scope.lines if lines is None else lines)
        told = {**report(reconciled), "lines_requested": requested, "error_factor": factor}
        if reconciled.used == "rules":
            reason = _EXPLAINS_FEWER.format(
                model=reconciled.lines_explained_by_model, builtin=reconciled.lines_explained_by_rules
            )
            reading = replace(Reading.builtin(rules.answer, degraded=True, warnings=(reason,)), readings=told)
            return reading, self._profile(rules.grounded, document, as_of)
        both = GroundedAnswer(reconciled.sections, model.findings)
        return replace(reading, readings=told), self._profile(both, document, as_of, factor)

    def check(self, answer: Answer, document: Document, as_of: date) -> CheckedProfile:
        return self._profile(self._ground(answer, document), document, as_of)

    def _ground(self, answer: Answer, document: Document, index: LineIndex | None = None) -> GroundedAnswer:
        return ground_answer(answer, document, default_region=self._default_region, index=index)

    def _profile(
        self, grounded: GroundedAnswer, document: Document, as_of: date, error_factor: float = 1.0
    ) -> CheckedProfile:
        sections = with_confidence(grounded.sections, error_factor)
        checked = assemble_profile(sections, grounded.findings, document=document, as_of=as_of)
        return weigh_recognition(checked, document)


def _is_doubtful(checked: CheckedProfile) -> bool:
    """Whether much of the model's answer was not in the document. Small models invent, and pair wrongly, too."""
    said = checked.dropped + len(checked.evidence)
    return checked.dropped > _MOST_DROPPED_SHARE * said
