"""Recognizes words before a value that negate it or attribute it to somebody else.

Used by `app.analysis.grounding.evidence_search` and `app.analysis.jobs.matching`.

"No experience with Python" is not evidence for Python, and "reported to the Vice President" is not evidence for that
position. Only clear cases count: nothing but filler such as "any experience with" may be between the negation and the
value.
"""

import re

from app.analysis.folding import fold

_NOT = """no not never without lacking lacks neither nor non hardly
kein keine keinen keinem keiner keinerlei nicht ohne noch-keine
sans pas aucun aucune ni jamais sin no ningun ninguna nunca senza non nessun nessuna nunca sem nao nenhum nenhuma
geen zonder niet nooit bez brak nie nigdy utan ingen inga inte uden ingen ikke uten ei ilman
без нет не немає нема"""
_FILLING = """
a an the any yet real much prior previous formal professional practical direct commercial hands-on in-depth
working experience knowledge background training exposure degree diploma certification certified certificate
licence license licensed qualified fluent speak speaking read understand understanding of in with using on for
as or and skills noch eine einen einem die der das den dem erfahrung erfahrungen kenntnis kenntnisse praxis
ausbildung mit in zu von im zertifiziert de d en avec du des la le les un une experience connaissance
connaissances diplome certifie certifiee experiencia conocimientos conocimiento titulo con del una en
esperienza conoscenza conoscenze di con certificato experiencia conhecimento conhecimentos em com ervaring
kennis met van het een gecertificeerd doswiadczenia znajomosci w z erfarenhet av kunskap kunskaper i med
erfaring kendskab til опыта знания в с знании"""
_LEADS_TO_SOMEBODY = """to the|to a|to our|for the|by the|with the|from the|and the|of the|under the|our|their|his|her
|zum|zur|beim|an den|an die|mit dem|mit der|au|aux|avec le|avec la|al|con el|con la|ao|à"""


def _any_of(words: str) -> str:
    return "(?:" + "|".join(re.escape(word) for word in sorted({*words.split()}, key=len, reverse=True)) + ")"


_DENIED = re.compile(rf"(?:^|[\s(,.;:/]){_any_of(_NOT)}(?:\s+{_any_of(_FILLING)}){{0,6}}\s*[:\"']?\s*$")
_SOMEBODY_ELSE = re.compile(rf"\w{{2,}}\s+(?:{_LEADS_TO_SOMEBODY.replace(chr(10), '')})\s*$")


def is_denied(before: str) -> bool:
    """Whether the text before a value negates it."""
    return _DENIED.search(fold(before).text) is not None


def is_somebody_else(before: str) -> bool:
    """Whether the text before a position refers to somebody else, whom the person worked with."""
    return _SOMEBODY_ELSE.search(fold(before).text) is not None
