"""The built-in parser's reading of one document, made when it is first needed and then kept.

Several steps of an analysis need it: pseudonyms, the bounds of an answer, the strategy and the second reading.
"""

from functools import cached_property

from app.analysis.answer import Answer
from app.analysis.grounding.check import GroundedAnswer, ground_answer
from app.analysis.grounding.line_matching import LineIndex
from app.analysis.rules import ParsedResume, parse_sections
from app.extraction.document import Document


class RulesReading:
    """Used by one analysis, in one thread."""

    def __init__(self, document: Document, *, default_region: str) -> None:
        self._document = document
        self._default_region = default_region

    @cached_property
    def parsed(self) -> ParsedResume:
        return parse_sections(self._document)

    @property
    def answer(self) -> Answer:
        return self.parsed.answer

    @cached_property
    def index(self) -> LineIndex:
        """The words of the document. The model's answer is grounded with it, too."""
        return LineIndex(self._document)

    @cached_property
    def grounded(self) -> GroundedAnswer:
        return ground_answer(self.answer, self._document, default_region=self._default_region, index=self.index)
