"""Finds parts of a document that try to deceive its reader: hidden text, and instructions to a language model.

The findings are shown to the recruiter with their position. No document is rejected because of them.
"""

import re
from collections.abc import Iterator
from typing import Any

from app.extraction.document import Document, Line

# Phrases that address a model or a screening program rather than a person. Each needs a verb of command and an object
# that no ordinary resume sentence has, so that "managed instructions for operators" does not match.
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
    | (?:do\s+not|don't|never)\s+(?:reject|mention|reveal|disclose)\s+
      (?:this|these)\s+(?:candidate|applicant|resume|instructions?)
    | (?:new|updated|important)\s+(?:system\s+)?(?:instructions?|task)\s+(?:for|to)\s+
      (?:the\s+)?(?:ai|llm|model|assistant)\b
    | (?:ignorier\w*|vergiss|missachte\w*)\s+(?:\w+\s+){0,3}(?:anweisung\w*|anleitung\w*|vorgaben|regeln)
    | bewerte\w*\s+(?:diese\w*|den|die)\s+(?:\w+\s+){0,2}(?:kandidat\w*|bewerber\w*|lebenslauf)\b
      .{0,40}(?:höchst|best|maximal|100|perfekt)
    | (?:ignore[zr]?|oubliez?)\s+(?:\w+\s+){0,3}(?:consignes|instructions|règles)
    | (?:ignor[ae]|olvid[ae])\s+(?:\w+\s+){0,3}(?:instrucciones|instruções|reglas|regras)
    | (?:ignora(?:re|te)?|dimentica)\s+(?:\w+\s+){0,3}(?:istruzioni|regole)
    | negeer\s+(?:\w+\s+){0,3}(?:instructies|aanwijzingen|regels)
    | zignoruj\s+(?:\w+\s+){0,3}(?:instrukcje|polecenia|zasady)
    | (?:игнорируй\w*|забудь\w*)\s+(?:\w+\s+){0,3}(?:инструкци\w*|указани\w*)
    | تجاهل\s+(?:\w+\s+){0,3}(?:التعليمات|الأوامر)
    | (?:これまで|以前|上記|前)の(?:すべての|全ての)?(?:指示|命令)を?(?:すべて)?(?:無視|忘れ)
    | (?:忽略|无视|無視)(?:之前|以上|上述|前面)?(?:的)?(?:所有|全部|一切)?(?:的)?(?:指令|指示|说明|要求)
    """,
    re.IGNORECASE | re.VERBOSE,
)


def report_integrity(document: Document) -> dict[str, Any]:
    """`{"hidden_text", "instructions", "warnings"}` as the API returns it. Quotes are the document's own text."""
    hidden = [
        {"page": item.page, "quote": item.quote, "box": item.box, "reason": item.reason} for item in document.hidden
    ]
    instructions = [
        {"page": lines[0].page, "line": lines[0].number, "quote": quote, "box": lines[0].box, "visible": True}
        for lines, quote in _visible_instructions(document)
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


def _visible_instructions(document: Document) -> Iterator[tuple[tuple[Line, ...], str]]:
    """Lines with instructions to a program. A sentence that continues on the next line is quoted with that line."""
    if not _INSTRUCTIONS.search(" ".join(line.text for line in document.lines)):
        return  # nearly every document ends here, in a third of the time that the loop takes
    for number, line in enumerate(document.lines):
        following = document.lines[number + 1 : number + 2]
        if _INSTRUCTIONS.search(line.text):
            yield (line,), line.text
        elif following and not _INSTRUCTIONS.search(following[0].text):
            joined = f"{line.text} {following[0].text}"
            if _INSTRUCTIONS.search(joined):
                yield (line, *following), joined
