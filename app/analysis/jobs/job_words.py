"""Words of job descriptions in their most common languages, all folded; used by `app.analysis.jobs.reading`."""

import re

from app.analysis.normalise.terms import Level

# Headings of required qualifications, of desirable ones, and of everything else.
MUST_HEADINGS = """requirements|required|must have|must haves|must-have|must-haves|qualifications|
required qualifications|minimum qualifications|basic qualifications|your profile|who you are|what you bring|
what we expect|what we are looking for|what we're looking for|you have|you bring|skills|required skills|
key skills|essential|essential criteria|about you|
ihr profil|dein profil|das bringst du mit|das bringen sie mit|was du mitbringst|was sie mitbringen|anforderungen|
voraussetzungen|qualifikationen|profil recherche|votre profil|profil|competences requises|exigences|requisitos|
perfil|tu perfil|requisitos minimos|requisiti|profilo|il tuo profilo|vereisten|functie-eisen|jouw profiel|wie ben jij|
wymagania|nasze wymagania|krav|kvalifikationer|kvalifikasjoner|din profil|vi soker dig som"""
NICE_HEADINGS = """nice to have|nice-to-have|nice to haves|preferred|preferred qualifications|preferred skills|bonus|
bonus points|desirable|desirable criteria|plus|pluses|good to have|it would be great if|von vorteil|wunschenswert|
das ware ein plus|pluspunkte|idealerweise|souhaite|les plus|un plus|atouts|deseable|se valora|valorable|diferenciais|
desejavel|titoli preferenziali|costituisce un plus|pre|pluspunten|mile widziane|dodatkowym atutem|meriterande"""
OTHER_HEADINGS = """responsibilities|your responsibilities|key responsibilities|duties|what you will do|
what you'll do|the role|
your role|about the role|about the job|the job|your tasks|tasks|about us|who we are|the company|our company|we offer|
what we offer|benefits|perks|why us|why join us|salary|compensation|how to apply|apply|contact|location|
aufgaben|ihre aufgaben|deine aufgaben|das erwartet dich|das erwartet sie|wir bieten|das bieten wir|unser angebot|
uber uns|wer wir sind|kontakt|missions|vos missions|vos responsabilites|nous offrons|ce que nous offrons|avantages|
qui sommes-nous|a propos|funciones|responsabilidades|ofrecemos|que ofrecemos|sobre nosotros|beneficios|
mansioni|responsabilita|offriamo|cosa offriamo|chi siamo|taken|wat ga je doen|wij bieden|over ons|
obowiazki|oferujemy|o nas|arbetsuppgifter|vi erbjuder|om oss"""
# In a sentence, these make a requirement merely desirable.
NICE = re.compile(
    r"\b(?:nice to have|a (?:big |real |strong )?plus|preferred|preferably|ideally|desirable|advantage(?:ous)?|bonus"
    r"|optional|von vorteil|wunschenswert|idealerweise|gern(?:e)? auch|souhaite\w*|un plus|est un atout|de preference"
    r"|idealement"
    r"|deseable|se valora\w*|valorable|desejavel|diferencial|preferibil\w*|e un plus|bij voorkeur|een pre"
    r"|mile widzian\w*|atutem|meriterande|en fordel)\b"
)
EXPERIENCE = re.compile(r"experien|erfahr|esperien|ervaring|doswiadcz|erfaren|опыт|praxis|berufs|经验|経験|경력")
YEARS = re.compile(
    r"(?<![\d.,])(\d{1,2})\s*(?:\+|plus)?\s*(?:(?:-|to|bis|a|tot|do)\s*\d{1,2}\s*)?\+?\s*"
    r"(?:years?|yrs?\.?|jahre?n?|ans|annees?|anos|anni|jaar|lat|ar|års?|лет|年|년)(?![a-z])"
)
NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "zwei": 2, "drei": 3, "vier": 4, "funf": 5, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5,
    "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "due": 2, "tre": 3, "quattro": 4, "cinque": 5,
}  # fmt: skip
# Only words that name a level in any context: "ma" and "as" have other meanings in a sentence.
DEGREES: tuple[tuple[Level, re.Pattern[str]], ...] = (
    ("secondary", re.compile(r"\b(?:high school diploma|abitur|matura|baccalaureat|bachillerato)\b")),
    ("vocational", re.compile(
        r"\b(?:(?:abgeschlossene )?(?:berufs)?ausbildung|apprenticeship|nvq|formacion profesional|mbo)\b"
    )),
    ("associate", re.compile(r"\bassociate(?:'?s)? degree\b")),
    ("bachelor", re.compile(
        r"\b(?:bachelor\w*(?:'s)?|b\.sc\.?|bsc|b\.a\.|b\.eng|(?:university|college|undergraduate) degree|degree in"
        r"|hochschulabschluss|(?:abgeschlossenes )?(?:hochschul)?studium|bac ?\+ ?3"
        r"|licence (?:en|de|professionnelle|universitaire)|licenciatura|titulo universitario"
        r"|laurea(?! magistrale)|hbo|inzynier|kandidatexamen)\b"
    )),
    ("master", re.compile(
        r"(?<!scrum )\b(?:master(?:'?s)?(?= degree| of | in |abschluss| or | oder |,|/|$|\)| ou | o )"
        r"|master(?:abschluss|studium)|m\.sc\.?|msc|mba|diplom(?:-\w+|ingenieur\w*)?"
        r"|laurea magistrale|bac ?\+ ?5|magister)\b"
    )),
    ("doctorate", re.compile(
        r"\b(?:ph\.?d\.?|doctorate|doctoral degree|promotion|doktortitel|doctorat|doctorado|dottorato)\b"
    )),
)  # fmt: skip
# Words around a skill that add nothing to it.
_FILLING = """
a an the and or of in with for to at as on by from your our you we us be is are have has had who that this these
strong good solid proven excellent deep great sound first basic advanced extensive broad relevant similar several
very hands-on experience experiences experienced knowledge understanding familiarity familiar proficiency proficient
fluent fluency ability able skills skill required requirement requirements minimum least years year yrs using use
used working work worked expertise expert track record background must should plus preferred nice desirable ideally
bonus comfortable demonstrated ideal candidate professional written spoken verbal reading writing speaking level any
other such like e.g etc including degree equivalent related field
ein eine einen einem einer der die das den dem des und oder von in mit fur zu im am als auf sie du ihr ihre dein deine
sehr gute guter gutes gute fundierte fundiert sichere sicherer sicher mehrjahrige kenntnisse erfahrung erfahrungen
berufserfahrung umgang verstandnis jahre mindestens idealerweise vorteil wunschenswert abgeschlossenes abgeschlossene
le la les un une des du de et ou en avec pour dans sur vous avez votre bonne bonnes tres solide experience
connaissance connaissances maitrise ans minimum souhaite souhaitee
al el los las una uno tres dos cinco menos y o con para por en experiencia conocimientos conocimiento dominio anos
minimo buen buena
il lo gli e di con per conoscenza esperienza buona anni ottima
het een en of met van voor ervaring kennis jaar goede
"""
FILLING = frozenset(_FILLING.split())


def headings(words: str) -> frozenset[str]:
    return frozenset(each.strip() for each in words.replace("\n", "").split("|") if each.strip())
