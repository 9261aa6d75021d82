"""Words that introduce information which the blind view hides; used by `app.analysis.identity.personal_facts`.

Collected by hand for the most common languages of resumes. All patterns are matched against folded text: lower case,
without accents (`app.analysis.folding`).
"""

import re
from typing import Literal

IdentityKind = Literal["name", "contact", "address", "personal", "gender", "school"]


def _either(text: str) -> str:
    return "|".join(re.escape(word.strip()).replace(r"\ ", r"\s+") for word in text.split(",") if word.strip())


_BIRTH = _either("""
    date of birth, place of birth, date and place of birth, birth date, birthdate, birthday, birthplace, dob, born,
    geburtsdatum, geburtstag, geburtsort, geburtsname, geboren am, geboren, geb., date de naissance, lieu de naissance,
    ne le, nee le, fecha de nacimiento, lugar de nacimiento, nacido, nacida, data di nascita, luogo di nascita,
    nato il, nata il, nato a, nata a, data de nascimento, local de nascimento, nascido, nascida, geboortedatum,
    geboorteplaats, data urodzenia, miejsce urodzenia, fodelsedatum, fodselsdato, fodselsdag, syntymaaika,
    datum narozeni, dogum tarihi, дата рождения, место рождения, 生年月日, 出生日期,
    出生年月, 出生地, 出生, 생년월일, 출생,
    تاريخ الميلاد, تاريخ الولادة, مكان الميلاد, תאריך לידה
""")
_AGE = _either(
    "age, alter, edad, eta, idade, leeftijd, wiek, alder, ika, vek, yas, возраст, 年齢, 年龄, 나이, العمر, גיל"
)
_GENDER = _either("""
    gender, sex, geschlecht, sexe, genre, sexo, genero, sesso, genere, geslacht, plec, kon, cinsiyet, пол, 性別, 性别,
    성별, الجنس, מין, pronouns, preferred pronouns, pronomen, pronoms, pronombres
""")
_FAMILY = _either("""
    marital status, civil status, family status, familienstand, zivilstand, situation familiale, situation de famille,
    etat civil, estado civil, stato civile, burgerlijke staat, stan cywilny, civilstand, medeni hal, medeni durum,
    семейное положение, 婚姻状况, 婚姻, 配偶者, 扶養家族数,
    결혼 여부, الحالة الاجتماعية, children, kinder, enfants, hijos, figli
""")
_ORIGIN = _either("""
    nationality, citizenship, nationalitat, staatsangehorigkeit, staatsburgerschaft, nationalite, nacionalidad,
    nazionalita, cittadinanza, nacionalidade, nationaliteit, narodowosc, obywatelstwo, nationalitet, uyruk,
    гражданство, национальность, 国籍, 籍贯, 民族, 국적, الجنسية, אזרחות,
    ethnicity, religion, konfession, religione, 政治面貌,
    visa status, passport number, passport no, national id, id number, dni, nie, tax id, social security number
""")
_ADDRESS = _either("""
    address, home address, postal address, current address, mailing address, residence, place of residence, lives in,
    adresse, anschrift, wohnort, wohnhaft in, domicile, direccion, domicilio, residencia, lugar de residencia,
    indirizzo, residenza, morada, endereco, adres, woonplaats, adress, bostad, osoite, adresa, адрес,
    место жительства, 地址, 住址, 现居地, 居住地, 現住所, 住所, 주소, العنوان, כתובת
""")
_NAME = _either("""
    name, full name, first name, last name, surname, family name, given name, vorname, nachname, familienname, nom,
    prenom, nom et prenom, nombre, nombre y apellidos, apellidos, nome, cognome, nome e cognome, naam, voornaam,
    achternaam, imie, nazwisko, imie i nazwisko, namn, navn, имя, фамилия, фио, 姓名, 氏名,
    ふりがな, フリガナ, 이름, 성명,
    الاسم, שם
""")

# Label -> the kind of its value. A label is at the beginning of a line or after a separator.
_LABELLED: tuple[tuple[IdentityKind, str], ...] = (
    ("personal", _BIRTH),
    ("personal", _AGE),
    ("gender", _GENDER),
    ("personal", _FAMILY),
    ("personal", _ORIGIN),
    ("address", _ADDRESS),
    ("name", _NAME),
)
LABELS: tuple[tuple[IdentityKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"(?:^|[|·•;,()/]\s*|\s{{2,}})(?P<label>(?:{words})\s*(?:[:：.]|$|(?=\s)))"))
    for kind, words in _LABELLED
)
# Labels that are also ordinary words need a colon ("Address complaints", "Name brands", "Age groups").
NEEDS_COLON = re.compile(
    rf"(?:{_ADDRESS}|{_NAME}|{_AGE}|{_GENDER}|{_FAMILY}|{_ORIGIN}|born|geboren|出生|婚姻|민족)\s*$"
)
# A value ends where the next item in a line of facts begins.
VALUE_END = re.compile(r"\s*[|·•;]|\s{3,}|\t")

BORN = re.compile(
    r"\b(?:born|geboren|geb\.|nacid[oa]|nat[oa]|nascid[oa]|nee?|urodzon[ay]|fodd)\s+"
    r"(?:on\s+|in\s+|am\s+|le\s+|el\s+|il\s+|em\s+|a\s+|den\s+|the\s+|:\s*)?[^|·•;()]{0,40}?\b(?:19|20)\d\d\b"
)
AGE = re.compile(
    r"\b(?:aged?:?\s*)?[1-9]\d(?:\s*years?\s+old|-year-old|\s*yrs?\s+old|\s*y\.?o\.?\b|\s*jahre\s+alt|\s+anos\s+de\s+edad"
    r"|\s+jaar\s+oud|\s+ar\s+gammal)|満?\s*[1-9]\d\s*[歳岁세]"
    # The word for years without "old" is an age only if nothing else is next to it: "8 à 12 ans" is not an age.
    r"|(?:^|[|·•,;(]\s*)(?:age[e]?\s+de\s+)?[1-9]\d\s*(?:ans|anni|anos|lat)(?=\s*(?:$|[|·•,;)]))"
)

# Japanese addresses often have no label: postal mark, or from the prefecture to the house number.
CJK_ADDRESS = re.compile(
    r"〒\s*\d{3}[-‐−ー]?\d{4}|(?:東京都|北海道|(?:京都|大阪)府|[\u4e00-\u9fff]{2,3}県)[\u3005-\u30ff\u4e00-\u9fff\s]*\d[\d\-‐−ー\s]*"
    r"|[\u4e00-\u9fff]{2,8}(?:省|市|区|區|县|縣|路|街)[\u4e00-\u9fff]*\d+[号號弄室]"
)
FULL_DATE = re.compile(r"\d{4}\s*[年/.-]\s*\d{1,2}\s*[月/.-]\s*\d{1,2}\s*日?|\d{1,2}[/.-]\s?\d{1,2}[/.-]\s?\d{4}")

# Words that reveal a gender, by language: the German "her" is not the English "her".
GENDER_WORDS: dict[str, re.Pattern[str]] = {
    language: re.compile(rf"(?<!\w)(?:{_either(words)})(?!\w)")
    for language, words in {
        "en": """
            he/him/his, he/him, she/her/hers, she/her, they/them, he, him, his, himself, she, her, hers, herself, madam,
            male, female, man, woman, husband, wife, father, mother, son, daughter, widow, widower, maternity leave,
            paternity leave, sorority, fraternity, boy scout, girl scout, chairman, chairwoman""",
        "de": """
            mannlich, weiblich, mutter, vater, mutterschutz, hausfrau, hausmann, verheiratet, ledig, geschieden,
            verwitwet""",
        "fr": """
            masculin, feminin, homme, femme, pere, mere, marie, mariee, celibataire, divorce, divorcee, conge maternite,
            conge de maternite""",
        "es": "masculino, femenino, hombre, mujer, soltero, soltera, casado, casada, viudo, viuda",
        "it": "maschio, femmina, uomo, donna, celibe, nubile, coniugato, coniugata, sposato, sposata",
        "pt": "masculino, feminino, homem, mulher, solteiro, solteira, casado, casada",
        "nl": "mannelijk, vrouwelijk, gehuwd, ongehuwd",
        "pl": "mezczyzna, kobieta, zonaty, mezatka, kawaler, panna",
    }.items()
}
GENDER_ANYWHERE = re.compile(
    r"[男女](?:性|生)?(?![\u3040-\u9fff])|(?<!\w)(?:[남여](?:성|자))(?!\w)|(?<!\w)(?:he/him|she/her)(?:/\w+)?(?!\w)"
)
# Forms of address, with the case of the page: "Ms" is one, but the "MS" in a product's name is not.
FORMS_OF_ADDRESS = re.compile(
    r"(?<!\w)(?:Mr|Mrs|Ms|Miss|Sir|Herr|Frau|Monsieur|Madame|Mademoiselle|Mme|Mlle|Sra|Srta|Señor|Señora|Señorita|Signor|"
    r"Signora|Signorina|Senhor|Senhora|Dhr|Mevr|Mevrouw|Pan|Pani)(?!\w)\.?(?=\s+[^\W\d_a-z])"
)
