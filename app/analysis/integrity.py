"""What in a document tries to deceive its reader: hidden text, and sentences that give orders to a model.

Findings are shown to the recruiter with their place; nothing is rejected because of them.
"""

import re
from typing import Any

from app.extraction.document import Document

# Phrases that address a model or a screening program rather than a person. Each needs a verb of command and an object
# that no resume sentence has, so that "managed instructions for operators" is left alone.
_INSTRUCTIONS = re.compile(
    r"""
    (?:ignore|disregard|forget|override)\s+(?:\w+\s+){0,3}(?:instructions?|prompts?|rules|criteria)
    | (?:you\s+are|act\s+as|as)\s+(?:now\s+)?an?\s+(?:\w+\s+)?(?:ai|language\s+model|llm|assistant)\b
      .{0,40}\b(?:must|should|rate|rank|answer|output|recommend)
    | (?:rate|rank|score|mark)\s+this\s+(?:candidate|resume|cv|applicant|profile)\b
      .{0,40}\b(?:highest|top|best|first|10|100|perfect|excellent)
    | (?:system|developer)\s+(?:prompt|message)\s*:
    | (?:respond|reply|answer|output)\s+(?:only\s+)?with\b.{0,60}
      \b(?:hire|hired|perfect|recommended|best\s+candidate)
    | this\s+(?:candidate|applicant)\s+is\s+(?:the\s+)?(?:best|perfect|ideal)\b
      .{0,40}\b(?:hire|recommend|select|proceed)
    | ignorier\w*\s+(?:\w+\s+){0,3}(?:anweisung\w*|anleitung\w*)
    | ignore[zr]?\s+(?:\w+\s+){0,3}(?:consignes|instructions)
    | ignor[ae]\s+(?:\w+\s+){0,3}(?:instrucciones|instruções|istruzioni)
    """,
    re.IGNORECASE | re.VERBOSE,
)


def report_integrity(document: Document) -> dict[str, Any]:
    """`{"hidden_text", "instructions", "warnings"}` as the API shows it; quotes are the document's own text."""
    hidden = [
        {"page": item.page, "quote": item.quote, "box": item.box, "reason": item.reason} for item in document.hidden
    ]
    instructions: list[dict[str, Any]] = [
        {"page": line.page, "line": line.number, "quote": line.text, "box": line.box, "visible": True}
        for line in document.lines
        if _INSTRUCTIONS.search(line.text)
    ]
    instructions += [
        {"page": item.page, "line": None, "quote": item.quote, "box": item.box, "visible": False}
        for item in document.hidden
        if _INSTRUCTIONS.search(item.quote)
    ]
    warnings: list[str] = list(document.warnings)
    if hidden:
        warnings.append(
            "The document contains text that a reader cannot see. It was left out of the analysis and is listed here."
        )
    if instructions:
        warnings.append("The document contains sentences addressed to a program. They were not followed.")
    return {"hidden_text": hidden, "instructions": instructions, "warnings": warnings}
