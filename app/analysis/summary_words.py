"""The words that summaries are composed of and begin with, by language; used by `app.analysis.summary`.

`OPENING_WORDS` and `NUMBER_WORDS` are folded: lower case, without accents.
"""

PHRASES: dict[str, dict[str, str]] = {
    "en": {
        "at": "{position} at {employer}",
        "year": "1 year of work experience",
        "years": "{years} years of work experience",
        "education": "Education",
        "skills": "skills",
    },
    "de": {
        "at": "{position} bei {employer}",
        "year": "1 Jahr Berufserfahrung",
        "years": "{years} Jahre Berufserfahrung",
        "education": "Ausbildung",
        "skills": "Kenntnisse",
    },
    "fr": {
        "at": "{position} chez {employer}",
        "year": "1 an d'expérience professionnelle",
        "years": "{years} ans d'expérience professionnelle",
        "education": "Formation",
        "skills": "compétences",
    },
    "es": {
        "at": "{position} en {employer}",
        "year": "1 año de experiencia laboral",
        "years": "{years} años de experiencia laboral",
        "education": "Formación",
        "skills": "competencias",
    },
    "it": {
        "at": "{position} presso {employer}",
        "year": "1 anno di esperienza lavorativa",
        "years": "{years} anni di esperienza lavorativa",
        "education": "Formazione",
        "skills": "competenze",
    },
    "pt": {
        "at": "{position}, {employer}",
        "year": "1 ano de experiência profissional",
        "years": "{years} anos de experiência profissional",
        "education": "Formação",
        "skills": "competências",
    },
    "nl": {
        "at": "{position} bij {employer}",
        "year": "1 jaar werkervaring",
        "years": "{years} jaar werkervaring",
        "education": "Opleiding",
        "skills": "vaardigheden",
    },
    "pl": {
        "at": "{position}, {employer}",
        "year": "doświadczenie zawodowe w latach: 1",
        "years": "doświadczenie zawodowe w latach: {years}",
        "education": "Wykształcenie",
        "skills": "umiejętności",
    },
    "sv": {
        "at": "{position} på {employer}",
        "year": "1 års arbetslivserfarenhet",
        "years": "{years} års arbetslivserfarenhet",
        "education": "Utbildning",
        "skills": "kunskaper",
    },
    "zh": {
        "at": "{employer} {position}",
        "year": "工作经验1年",
        "years": "工作经验{years}年",
        "education": "学历",
        "skills": "技能",
    },
    "ja": {
        "at": "{employer} {position}",
        "year": "職務経験1年",
        "years": "職務経験{years}年",
        "education": "学歴",
        "skills": "スキル",
    },
}

# Words that often begin a summary's sentence and are capitalized only for that reason.
OPENING_WORDS = frozenset(
    """a abschluss accomplished actualmente actuellement after aktuell also an and arbeitet at attualmente atualmente
    ausbildung avec background before berufserfahrung besitzt brings built candidate career com competences con
    core currently das davor de dedicated der derzeit detail-oriented die earlier earned educated education een
    ein eine el er erfahrene erfahrener ervaren esperienza experience experienced experiences experiencia
    experimente experimentee expertise fluent for formacion formation formazione formerly from gli graduated has
    have he held her het hij his holds il in including is kenntnisse key la languages las le leads led les lo los
    managed met mit momenteel more most motivated now o os over previously prior professional proficient recently
    results-driven seasoned seit she sie since skilled skills specialises specialising specializes specializing
    strong the their they this titulaire total un una une verfugt versatile was werkt with worked working works
    years zij zuvor""".split()  # noqa: SIM905 - a word list reads better as text
)

# Numbers that summaries spell out, without "one" and its equivalents, which are usually articles.
NUMBER_WORDS = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "eleven": "11", "twelve": "12", "fifteen": "15", "twenty": "20", "thirty": "30", "zwei": "2",
    "drei": "3",
    "vier": "4", "funf": "5", "sechs": "6", "sieben": "7", "acht": "8", "neun": "9", "zehn": "10", "zwolf": "12",
    "zwanzig": "20", "deux": "2", "trois": "3", "quatre": "4", "cinq": "5", "sept": "7", "huit": "8", "neuf": "9",
    "dix": "10", "dos": "2", "tres": "3", "cuatro": "4", "cinco": "5", "seis": "6", "siete": "7", "ocho": "8",
    "nueve": "9", "diez": "10",
}  # fmt: skip
