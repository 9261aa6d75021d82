"""The built-in parser, and the check whether a document is a resume; `app.analysis.analyse` calls both."""

from app.analysis.rules.likelihood import Likelihood, ResumeLikelihood, is_plainly_a_resume, resume_likelihood
from app.analysis.rules.parse_resume import ParsedResume, parse_resume, parse_sections

__all__ = [
    "Likelihood",
    "ParsedResume",
    "ResumeLikelihood",
    "is_plainly_a_resume",
    "parse_resume",
    "parse_sections",
    "resume_likelihood",
]
