"""Groups the entries of two readings that are about the same lines; called by `reconcile_readings`. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.analysis.readings.entry_sections import ReadEntry
from app.analysis.readings.same_values import same_text


@dataclass(slots=True)
class EntryGroup:
    """What either reading made of the same lines: often one entry each, sometimes none or several."""

    model: list[ReadEntry] = field(default_factory=list[ReadEntry])
    rules: list[ReadEntry] = field(default_factory=list[ReadEntry])


def group_entries(model: Sequence[ReadEntry], rules: Sequence[ReadEntry]) -> list[EntryGroup]:
    """Every entry is in exactly one group.

    Two entries with the same identity in the same section belong together, the nearest first. After that, what is left
    belongs together if it shares a head line, also across sections: one reading may call a study a job.
    """
    groups: list[EntryGroup] = []
    partner: dict[ReadEntry, EntryGroup] = {}
    pairs = sorted(
        (
            (abs(min(one.facts, default=0) - min(other.facts, default=0)), at, place)
            for at, one in enumerate(model)
            for place, other in enumerate(rules)
            if one.section == other.section and _same_identity(one, other)
        ),
    )
    for _, at, place in pairs:
        one, other = model[at], rules[place]
        if one not in partner and other not in partner:
            group = EntryGroup([one], [other])
            groups.append(group)
            partner[one] = partner[other] = group
    left_model = [one for one in model if one not in partner]
    left_rules = [other for other in rules if other not in partner]
    groups.extend(_by_lines(left_model, left_rules))
    return groups


def _same_identity(one: ReadEntry, other: ReadEntry) -> bool:
    keys = [key for key in one.shape.identity if key in one.entry.leaves or key in other.entry.leaves]
    return bool(keys) and all(same_text(one.entry.text(key), other.entry.text(key)) for key in keys)


def _by_lines(model: list[ReadEntry], rules: list[ReadEntry]) -> list[EntryGroup]:
    """Connected through shared head lines."""
    owners: dict[int, list[int]] = defaultdict(list)
    everyone = [*model, *rules]
    for at, read in enumerate(everyone):
        for line in read.head:
            owners[line].append(at)
    seen: set[int] = set()
    groups: list[EntryGroup] = []
    for start in range(len(everyone)):
        if start in seen:
            continue
        members, pending = set[int](), [start]
        while pending:
            at = pending.pop()
            if at in members:
                continue
            members.add(at)
            pending.extend(
                other
                for line in everyone[at].head
                for other in owners[line]
                # Entries of one reading on one line, such as languages, are connected only through the other reading.
                if (other < len(model)) != (at < len(model))
            )
        seen |= members
        ordered = sorted(members)
        groups.append(
            EntryGroup(
                [everyone[at] for at in ordered if at < len(model)],
                [everyone[at] for at in ordered if at >= len(model)],
            )
        )
    return groups
