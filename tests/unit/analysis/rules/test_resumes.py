"""Whole resumes of many trades, layouts and languages through the built-in parser; every person is invented."""

from app.analysis.answer import Answer
from app.analysis.rules import parse_resume

from .documents import Placed, laid_out, plain


def jobs(answer: Answer) -> list[tuple[str | None, str | None, str | None, str | None]]:
    return [(job.employer, job.position, job.start, job.end) for job in answer.work]


def studies(answer: Answer) -> list[tuple[str | None, str | None, str | None]]:
    return [(study.institution, study.degree, study.area) for study in answer.education]


def keywords(answer: Answer) -> set[str]:
    return {word for group in answer.skills for word in group.keywords}
