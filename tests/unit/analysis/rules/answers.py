"""The parts of an answer that the parser's tests compare."""

from app.analysis.answer import Answer


def jobs(answer: Answer) -> list[tuple[str | None, str | None, str | None, str | None]]:
    return [(job.employer, job.position, job.start, job.end) for job in answer.work]


def studies(answer: Answer) -> list[tuple[str | None, str | None, str | None]]:
    return [(study.institution, study.degree, study.area) for study in answer.education]


def keywords(answer: Answer) -> set[str]:
    return {word for group in answer.skills for word in group.keywords}
