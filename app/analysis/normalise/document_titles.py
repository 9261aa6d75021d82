"""Titles of resumes ("Curriculum Vitae", "Lebenslauf") before the name. Used by the parser and by grounding."""

import re

DOCUMENT_TITLE = re.compile(
    r"^(?:curriculum\s+vitae?|curriculum|r[ée]sum[ée]|c\.?v\.?|lebenslauf|"
    r"tabellarischer\s+lebenslauf|hoja\s+de\s+vida|curr[íi]culo|bewerbung(?:sunterlagen)?|"
    r"europass(?:\s+curriculum\s+vitae)?|"
    r"bio-?data|portfolio|(?:ال)?سيرة (?:ال)?ذاتية|קורות חיים|"
    r"个人简历|個人簡歷|简历|簡歷|履歴書|職務経歴書|이력서|resume\s*/\s*cv|życiorys|özgeçmiş|резюме)"
    r"(?:\s*(?:of|von|de|di|for|for:|van|der|des)\b)?\s*[-–—:|•·]*\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
_SEPARATED = re.compile(r"[-–—:|•·]\s*\S")


def without_document_title(name: str) -> str:
    """The name alone: "CV - Ann Lee" is Ann Lee. Without a separator, the title may be a name itself."""
    found = DOCUMENT_TITLE.match(name.strip())
    if found is None or not found["rest"] or not _SEPARATED.search(name[: found.start("rest") + 1]):
        return name
    return found["rest"]
