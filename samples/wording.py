"""Section headings, month names and date forms in the languages of the samples; used by `samples.resume`."""

from typing import Literal

DateForm = Literal["short", "long", "numeric", "dotted", "iso"]

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
    "it": {
        "personal": "Informazioni personali",
        "summary": "Presentazione",
        "work": "Esperienza lavorativa",
        "education": "Istruzione e formazione",
        "skills": "Competenze",
        "languages": "Lingue",
        "certificates": "Certificazioni",
    },
    "pt": {
        "summary": "Perfil",
        "work": "Experiência profissional",
        "education": "Formação académica",
        "skills": "Competências",
        "languages": "Idiomas",
        "interests": "Interesses",
    },
    "pl": {
        "summary": "Podsumowanie zawodowe",
        "work": "Doświadczenie zawodowe",
        "education": "Wykształcenie",
        "certificates": "Kursy i szkolenia",
        "skills": "Umiejętności",
        "languages": "Języki obce",
        "interests": "Zainteresowania",
    },
    "sv": {
        "summary": "Profil",
        "work": "Arbetslivserfarenhet",
        "education": "Utbildning",
        "certificates": "Certifikat",
        "skills": "Kompetenser",
        "languages": "Språk",
        "volunteer": "Ideellt arbete",
    },
    "da": {
        "summary": "Profil",
        "work": "Erhvervserfaring",
        "education": "Uddannelse",
        "skills": "Kompetencer",
        "languages": "Sprog",
        "volunteer": "Frivilligt arbejde",
        "interests": "Interesser",
    },
    "ru": {
        "summary": "О себе",
        "work": "Опыт работы",
        "education": "Образование",
        "skills": "Ключевые навыки",
        "languages": "Знание языков",
    },
    "ar": {
        "summary": "الملخص المهني",
        "work": "الخبرات العملية",
        "education": "المؤهلات العلمية",
        "skills": "المهارات",
        "languages": "اللغات",
        "certificates": "الدورات والشهادات",
    },
    "he": {
        "summary": "תמצית",
        "work": "ניסיון תעסוקתי",
        "volunteer": "התנדבות",
        "education": "השכלה",
        "skills": "כישורים",
        "languages": "שפות",
    },
    "zh": {
        "title": "个人简历",
        "name": "姓名",
        "address": "现居地",
        "phone": "电话",
        "email": "邮箱",
        "label": "求职意向",
        "summary": "自我评价",
        "work": "工作经历",
        "education": "教育背景",
        "projects": "项目经历",
        "skills": "专业技能",
        "awards": "获奖情况",
    },
}

PRESENT = {
    "en": "Present",
    "de": "heute",
    "fr": "aujourd'hui",
    "es": "actualidad",
    "nl": "heden",
    "ja": "現在",
    "it": "Attuale",
    "pt": "presente",
    "pl": "obecnie",
    "sv": "nuvarande",
    "da": "nu",
    "ru": "настоящее время",
    "ar": "حتى الآن",
    "he": "היום",
    "zh": "至今",
}

# (short, long) month names, capitalized as in each language.
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
    "it": (
        ("gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"),
        (
            "gennaio",
            "febbraio",
            "marzo",
            "aprile",
            "maggio",
            "giugno",
            "luglio",
            "agosto",
            "settembre",
            "ottobre",
            "novembre",
            "dicembre",
        ),
    ),
    "pt": (
        ("jan.", "fev.", "mar.", "abr.", "mai.", "jun.", "jul.", "ago.", "set.", "out.", "nov.", "dez."),
        (
            "janeiro",
            "fevereiro",
            "março",
            "abril",
            "maio",
            "junho",
            "julho",
            "agosto",
            "setembro",
            "outubro",
            "novembro",
            "dezembro",
        ),
    ),
    "sv": (
        ("jan", "feb", "mars", "apr", "maj", "juni", "juli", "aug", "sep", "okt", "nov", "dec"),
        (
            "januari",
            "februari",
            "mars",
            "april",
            "maj",
            "juni",
            "juli",
            "augusti",
            "september",
            "oktober",
            "november",
            "december",
        ),
    ),
    "da": (
        ("jan.", "feb.", "mar.", "apr.", "maj", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "dec."),
        (
            "januar",
            "februar",
            "marts",
            "april",
            "maj",
            "juni",
            "juli",
            "august",
            "september",
            "oktober",
            "november",
            "december",
        ),
    ),
    "ru": (
        ("янв.", "февр.", "март", "апр.", "май", "июнь", "июль", "авг.", "сент.", "окт.", "нояб.", "дек."),
        (
            "Январь",
            "Февраль",
            "Март",
            "Апрель",
            "Май",
            "Июнь",
            "Июль",
            "Август",
            "Сентябрь",
            "Октябрь",
            "Ноябрь",
            "Декабрь",
        ),
    ),
    "ar": (
        ("يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"),
        ("يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"),
    ),
}


def shown_date(iso: str, language: str, form: DateForm) -> str:
    """`2019-03` as written in a resume in that language, with the precision of `iso`."""
    year, _, month = iso.partition("-")
    if language == "ja":
        return f"{year}年{int(month)}月" if month else f"{year}年"
    if not month or form == "iso":
        return iso
    if form == "numeric":
        return f"{month}/{year}"
    if form == "dotted":
        return f"{year}.{month}" if language == "zh" else f"{month}.{year}"
    short, long = MONTHS[language]
    return f"{(short if form == 'short' else long)[int(month) - 1]} {year}"


def shown_range(start: str | None, end: str | None, *, ongoing: bool, language: str, form: DateForm) -> str:
    """`Mar 2019 – Present`; a single date if only the start or end is known; empty without dates."""
    last = PRESENT[language] if ongoing else shown_date(end, language, form) if end else ""
    first = shown_date(start, language, form) if start else ""
    if not first or not last:
        return first or last
    return f"{first}～{last}" if language == "ja" else f"{first} – {last}"
