"""Finds the dates of an entry in the lines of the entry; called by `app.analysis.grounding.check`.

The dates in the profile are read from the document. The answer only says which ones are meant.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.analysis.grounding.entry_heads import Rivals
from app.analysis.grounding.evidence_search import EvidenceSearch, Scope
from app.analysis.normalise.dates import (
    DateRange,
    PartialDate,
    find_date_ranges,
    is_ongoing,
    parse_date,
    with_date_order,
)
from app.analysis.profile import Evidence

NO_RIVALS = Rivals()
_WITH_THE_HEAD_LINES = 2


@dataclass(frozen=True, slots=True)
class GroundedDate:
    date: PartialDate
    evidence: Evidence
    is_single: bool = False  # no end of a period, and not "since"


@dataclass(frozen=True, slots=True)
class GroundedPeriod:
    """`lost_start` and `lost_end` are True if the answer has a date that is not in the lines of the entry."""

    start: GroundedDate | None = None
    end: GroundedDate | None = None
    ongoing: bool = False
    lost_start: bool = False
    lost_end: bool = False

    def ending_with_single_date(self) -> "GroundedPeriod":
        """A single date in a degree is that of its end, as the built-in parser reads it, too."""
        start, end = self.start, self.end
        if start is None or not start.is_single or self.ongoing:
            return self
        if end is None:
            return replace(self, start=None, end=start)
        same = (start.evidence.line, start.evidence.quote) == (end.evidence.line, end.evidence.quote)
        return replace(self, start=None) if same else self


@dataclass(frozen=True, slots=True)
class _Claim:
    start: PartialDate | None
    end: PartialDate | None
    ongoing: bool


@dataclass(frozen=True, slots=True)
class _Seen:
    """A period in the document with its line. `nearness` is 1 in the cited lines and lower further away."""

    period: DateRange
    line: int
    nearness: float


class DateSearch:
    def __init__(self, search: EvidenceSearch) -> None:
        self._search = search
        self._document = search.document
        hint = search.document.language
        texts = (line.text for line in search.document.lines)
        self._language = with_date_order(None if hint == "und" else hint, texts)
        self._periods: dict[int, list[DateRange]] = {}

    def find_date(self, raw: str, scope: Scope, near: Iterable[int] = ()) -> GroundedDate | None:
        """A single date near the entry; `near` are the lines where other values of the entry were found."""
        claimed = self._parse(raw)
        if claimed is None:
            return None
        best: tuple[int, GroundedDate] | None = None
        for seen in self._seen(scope, near):
            for date in (seen.period.start, seen.period.end):
                if date is not None and _agrees(claimed, date) and (best is None or _precision(date) > best[0]):
                    best = (_precision(date), self._grounded(date, seen, claimed))
        return None if best is None else best[1]

    def find_period(
        self,
        raw_start: str | None,
        raw_end: str | None,
        *,
        ongoing: bool,
        scope: Scope,
        near: Iterable[int] = (),
        rivals: Rivals = NO_RIVALS,
    ) -> GroundedPeriod:
        """A period near the entry (`near`). Dates closer to another entry's header than to this one's do not count."""
        claim = self._claim(raw_start, raw_end, ongoing=ongoing)
        claims_end = bool(raw_end and raw_end.strip()) and not is_ongoing(raw_end or "")
        if claim.start is None and claim.end is None:
            return GroundedPeriod(lost_start=bool(raw_start and raw_start.strip()), lost_end=claims_end)
        near = list(near)
        seen = [each for each in self._seen(scope, near) if not rivals.are_nearer(each.line)]
        seen = [each for each in seen if not self._is_contradicted(each, claim, rivals)]
        whole = self._whole_period(claim, seen)
        if whole is not None:
            return whole
        start, end = self._single(claim.start, seen), self._single(claim.end, seen)
        goes_on = claim.ongoing and claim.end is None and start is not None and self._says_now(scope, near, start)
        return GroundedPeriod(
            start=start,
            end=end,
            ongoing=goes_on,
            lost_start=start is None and bool(raw_start and raw_start.strip()),
            lost_end=end is None and claims_end,
        )

    def _claim(self, raw_start: str | None, raw_end: str | None, *, ongoing: bool) -> _Claim:
        """The dates that the answer means, even if it puts a whole period into one of the two fields."""
        start, end = self._parse(raw_start), self._parse(raw_end)
        now = is_ongoing(raw_end or "") or (ongoing and end is None)
        for raw in (raw_start, raw_end):
            periods = find_date_ranges(raw or "", self._language)
            if (
                len(periods) == 1
                and periods[0].start is not None
                and (periods[0].end is not None or periods[0].ongoing)
            ):
                only = periods[0]
                if raw is raw_start and end is None:
                    start, end, now = only.start, only.end, now or only.ongoing
                elif raw is raw_end:
                    start, end, now = start or only.start, only.end, now or only.ongoing
        return _Claim(start, end, now and end is None)

    def _is_contradicted(self, seen: _Seen, claim: _Claim, rivals: Rivals) -> bool:
        """Whether the date is away from the header while a period at the header is not the claimed one."""
        if not rivals.own or min(abs(seen.line - head) for head in rivals.own) <= _WITH_THE_HEAD_LINES:
            return False
        return any(
            _is_other(period, claim)
            for head in rivals.own
            for line in (head - 1, head, head + 1)
            if 1 <= line <= len(self._document.lines) and not rivals.are_nearer(line)
            for period in self._periods_on(line)
        )

    def _whole_period(self, claim: _Claim, seen: list[_Seen]) -> GroundedPeriod | None:
        """The written period with the claimed start (or end). It determines both ends and whether it is ongoing."""
        candidates: list[tuple[int, float, _Seen]] = []
        for each in seen:
            period = each.period
            if period.end is None and not period.ongoing:
                continue
            start_agrees = claim.start is not None and _agrees(claim.start, period.start)
            end_agrees = claim.end is not None and _agrees(claim.end, period.end)
            if claim.start is not None and not start_agrees:
                continue
            if claim.start is None and (not end_agrees or _stands_alone(claim.end, each, seen)):
                continue
            points = 2 * end_agrees + start_agrees + (claim.ongoing and period.ongoing)
            candidates.append((points, each.nearness, each))
        if not candidates:
            return None
        best = max(candidates, key=lambda candidate: candidate[:2])[2]
        period = best.period
        start_date, end_date = period.start, period.end
        if claim.end is not None and end_date is not None and not _agrees(claim.end, end_date):
            # Only the start agrees. The claimed end is a different date, so this is a different period.
            return None
        return GroundedPeriod(
            start=None if start_date is None else self._grounded(start_date, best, claim.start or start_date),
            end=None if end_date is None else self._grounded(end_date, best, claim.end or end_date),
            ongoing=period.ongoing,
            lost_end=claim.end is not None and period.ongoing,
        )

    def _single(self, claimed: PartialDate | None, seen: list[_Seen]) -> GroundedDate | None:
        if claimed is None:
            return None
        candidates = [
            (_precision(date), each.nearness, date, each)
            for each in seen
            for date in (each.period.start, each.period.end)
            if date is not None and _agrees(claimed, date)
        ]
        if not candidates:
            return None
        _, _, date, each = max(candidates, key=lambda candidate: candidate[:2])
        return self._grounded(date, each, claimed)

    def _says_now(self, scope: Scope, near: list[int], start: GroundedDate) -> bool:
        """Whether the entry's lines have a separate "present", or the start is followed by an open dash."""
        line = self._document.lines[start.evidence.line - 1]
        after = line.text[line.text.find(start.evidence.quote) + len(start.evidence.quote) :].strip(" )")
        if after[:1] in {"-", "–", "—", "~", "〜", "～"} and len(after.strip(" -–—~〜～")) == 0:
            return True
        for number in {*scope.own, *scope.adjacent, *near}:
            text = self._document.lines[number - 1].text
            if is_ongoing(text) or any(is_ongoing(part) for part in text.replace("|", ",").split(",")):
                return True
            pieces = text.replace("–", "-").replace("—", "-").rsplit("-", 1)
            if len(pieces) == 2 and is_ongoing(pieces[1]):
                return True
        return False

    def _seen(self, scope: Scope, near: Iterable[int]) -> Iterable[_Seen]:
        """All periods on the entry's lines, on adjacent lines, and next to the lines of its values."""
        last = len(self._document.lines)
        beside = {
            number
            for line in near
            for number in (line - 1, line, line + 1)
            if 1 <= number <= last and number not in scope.foreign
        }
        for number in sorted(scope.own):
            yield from (_Seen(period, number, 1.0) for period in self._periods_on(number))
        for number in sorted((scope.adjacent | beside) - scope.own):
            nearness = 0.9 if scope.own else 0.75
            yield from (_Seen(period, number, nearness) for period in self._periods_on(number))

    def _periods_on(self, number: int) -> list[DateRange]:
        if number not in self._periods:
            text = self._document.lines[number - 1].text
            self._periods[number] = find_date_ranges(text, self._language)
        return self._periods[number]

    def _parse(self, raw: str | None) -> PartialDate | None:
        return None if raw is None or not raw.strip() else parse_date(raw, self._language)

    def _grounded(self, date: PartialDate, seen: _Seen, claimed: PartialDate) -> GroundedDate:
        # A claim that is more precise than the document is partly guessed.
        confidence = seen.nearness * (1.0 if _precision(claimed) <= _precision(date) else 0.8)
        period = seen.period
        evidence = self._search.evidence_at(seen.line, *period.span, round(confidence, 2))
        return GroundedDate(date, evidence, is_single=period.end is None and not period.ongoing)


def _is_other(period: DateRange, claim: _Claim) -> bool:
    """Whether a period with two ends (or from a start until now) differs from the claimed one."""
    if period.start is None or (period.end is None and not period.ongoing):
        return False
    if claim.start is not None:
        return not _agrees(claim.start, period.start)
    return claim.end is not None and not _agrees(claim.end, period.end)


def _stands_alone(claimed: PartialDate | None, period: _Seen, seen: list[_Seen]) -> bool:
    """Whether the claimed end is also a single date, at least as near as this period that ends with it."""
    return claimed is not None and any(
        each.period.end is None
        and not each.period.ongoing
        and _agrees(claimed, each.period.start)
        and each.nearness >= period.nearness
        for each in seen
    )


def _precision(date: PartialDate) -> int:
    return 1 + (date.month is not None) + (date.day is not None)


def _agrees(claimed: PartialDate, written: PartialDate | None) -> bool:
    """Whether no part that both dates have differs."""
    if written is None or claimed.year != written.year:
        return False
    if claimed.month is not None and written.month is not None and claimed.month != written.month:
        return False
    return claimed.day is None or written.day is None or claimed.day == written.day
