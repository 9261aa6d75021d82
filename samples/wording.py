"""Section headings, month names and date forms in the languages of the samples; used by `samples.resume`."""

from typing import Literal

DateForm = Literal["short", "long", "numeric", "iso"]

HEADINGS: dict[str, dict[str, str]] = {
    "en": {
        "contact": "Contact",
        "summary": "Summary",
        "work": "Work Experience",
        "volunteer": "Volunteer Work",
        "education": "Education",
        "skills": "Skills",
        "languages": "Languages",
        "certificates": "Certificates",
        "awards": "Awards",
        "publications": "Publications",
        "projects": "Projects",
        "interests": "Interests",
    },
    "de": {
        "title": "Lebenslauf",
        "personal": "Persönliche Daten",
        "work": "Berufserfahrung",
        "education": "Ausbildung",
        "skills": "Kenntnisse",
        "languages": "Sprachen",
        "certificates": "Zertifikate",
        "interests": "Interessen",
        "name": "Name",
        "address": "Anschrift",
        "phone": "Telefon",
        "email": "E-Mail",
        "label": "Beruf",
    },
    "fr": {
        "summary": "Profil",
        "work": "Expérience professionnelle",
        "volunteer": "Engagement associatif",
        "education": "Formation",
        "skills": "Compétences",
        "languages": "Langues",
        "interests": "Centres d'intérêt",
    },
    "es": {
        "summary": "Perfil",
        "work": "Experiencia laboral",
        "education": "Formación académica",
        "skills": "Habilidades",
        "languages": "Idiomas",
        "certificates": "Certificados",
        "awards": "Premios",
    },
    "nl": {
        "summary": "Profiel",
        "work": "Werkervaring",
        "education": "Opleiding",
        "skills": "Vaardigheden",
        "languages": "Talen",
        "interests": "Hobby's",
    },
    "ja": {
        "title": "履歴書",
        "name": "氏名",
        "address": "現住所",
        "phone": "電話",
        "email": "メール",
        "summary": "自己PR",
        "work": "職歴",
        "education": "学歴",
        "skills": "スキル",
        "languages": "語学",
        "certificates": "免許・資格",
        "interests": "趣味",
    },
}

PRESENT = {
    "en": "Present",
    "de": "heute",
    "fr": "aujourd'hui",
    "es": "actualidad",
    "nl": "heden",
    "ja": "現在",
}

# (short, long) month names; English capitalises them, the others write them as their language does.
MONTHS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "en": (
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
        (
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ),
    ),
    "fr": (
        ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
        (
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ),
    ),
    "es": (
        ("ene.", "feb.", "mar.", "abr.", "may.", "jun.", "jul.", "ago.", "sept.", "oct.", "nov.", "dic."),
        (
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ),
    ),
    "nl": (
        ("jan.", "feb.", "mrt.", "apr.", "mei", "juni", "juli", "aug.", "sept.", "okt.", "nov.", "dec."),
        (
            "januari",
            "februari",
            "maart",
            "april",
            "mei",
            "juni",
            "juli",
            "augustus",
            "september",
            "oktober",
            "november",
            "december",
        ),
    ),
}


def shown_date(iso: str, language: str, form: DateForm) -> str:
    """`2019-03` as a resume in that language writes it; the precision is that of `iso`."""
    year, _, month = iso.partition("-")
    if language == "ja":
        return f"{year}年{int(month)}月" if month else f"{year}年"
    if not month or form == "iso":
        return iso
    if form == "numeric":
        return f"{month}/{year}"
    short, long = MONTHS[language]
    return f"{(short if form == 'short' else long)[int(month) - 1]} {year}"


def shown_range(start: str | None, end: str | None, *, ongoing: bool, language: str, form: DateForm) -> str:
    """`Mar 2019 – Present`; one date alone when only the start or only the end is known; empty without dates."""
    last = PRESENT[language] if ongoing else shown_date(end, language, form) if end else ""
    first = shown_date(start, language, form) if start else ""
    if not first or not last:
        return first or last
    return f"{first}～{last}" if language == "ja" else f"{first} – {last}"
