"""Separates what weak models mix up among the fields of one entry; used by `app.analysis.grounding.check`.

Nothing is added: a text that holds several fields is cut to its own part, and one place in the document is the source
of one field only.
"""

import re
from collections.abc import Iterable

from app.analysis.answer import Job, Study
from app.analysis.grounding.evidence_search import Grounded

_SEPARATOR = r"\s*(?:[,|·•:;(–—]|\s-|\sat\s|@)\s*"
_SEPARATED = re.compile(_SEPARATOR)
_CLOSING = re.compile(r"[\s,|·•:;)–—-]+$")


def separate_job(job: Job) -> Job:
    """The job with the position and the place cut from its employer, and the employer cut from its position."""
    places = (job.location, *_SEPARATED.split(job.location or ""))
    employer = _without(job.employer, job.position, places)
    return job.model_copy(update={"employer": employer, "position": _without(job.position, employer, (employer,))})


def separate_study(study: Study) -> Study:
    """The study with the institution cut from its degree and field, and both of them cut from the institution.

    The place stays in the institution: it often belongs to its name ("University of California, Berkeley").
    """
    institution = study.institution
    for other in (study.degree, study.area):
        institution = _without(institution, other, ())
    return study.model_copy(
        update={
            "institution": institution,
            "degree": _without(study.degree, None, (institution,)),
            "area": _without(study.area, study.degree, (institution,)),
        }
    )


def _without(value: str | None, before: str | None, after: Iterable[str | None]) -> str | None:
    """`value` without `before` and a separator in front, and without one of `after` and a separator at the end."""
    if value is None:
        return None
    text = " ".join(value.split())
    if before is not None and before.strip():
        found = re.match(re.escape(" ".join(before.split())) + _SEPARATOR + r"(?=\w)", text, re.IGNORECASE)
        text = text[found.end() :] if found else text
    for other in sorted({" ".join(each.split()) for each in after if each and each.strip()}, key=len, reverse=True):
        found = re.search(r"(?<=[\w.)])" + _SEPARATOR + re.escape(other) + r"\)?$", text, re.IGNORECASE)
        text = _CLOSING.sub("", text[: found.start()]) if found else text
    return text


def same_place(one: Grounded | None, other: Grounded | None) -> bool:
    """Whether both were found in exactly the same text of the document."""
    if one is None or other is None:
        return False
    same_quote = one.evidence.quote.casefold() == other.evidence.quote.casefold()
    return one.lines == other.lines and same_quote


def repeats(text: Grounded | None, parts: Iterable[Grounded]) -> bool:
    """Whether every line of a running text is also one of the bullet points."""
    return text is not None and set(text.lines) <= {line for part in parts for line in part.lines}
