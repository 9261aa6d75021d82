"""Recognizes locations and reads postal addresses; the parsers of work, education and contacts call it."""

import re
from dataclasses import dataclass

from app.analysis.normalise.cities import country_of_city
from app.analysis.normalise.countries import country_code
from app.analysis.rules.phrases.spelling import clean_value, fold, is_cjk
from app.analysis.rules.vocabulary.place_words import CITIES, COUNTRIES, REGIONS, REMOTE_WORDS, US_STATES

_CJK_PLACE = re.compile(
    r"^[\u3400-\u9fff·]{1,12}(?:省|市|区|县|州|都|道|府|県|國|国)(?:[\u3400-\u9fff]{1,10}(?:省|市|区|县|郡|町|村))*$"
)
_POSTAL = re.compile(
    r"\b(?:[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}|[A-Z]\d[A-Z]\s?\d[A-Z]\d|\d{5}-\d{4}|\d{5}-\d{3}|"
    r"\d{4}-\d{3}|\d{2}-\d{3}|"
    r"[A-Z]{1,2}-\d{4,5}|\d{4}\s?[A-Z]{2}|\d{3}\s?\d{2}|\d{4,6})\b"
)
_JP_POSTAL = re.compile(r"〒?\s*(\d{3}-\d{4})")
_NO_TOWN = re.compile(
    r"(?:cep|plz|zip(?: code)?|pin(?: ?code)?|c\.?p\.?|no|nr|n[º°]|flat|house|plot|bairro|colonia|col)\b\.?",
    re.IGNORECASE,
)
_KOREAN_TOWN = re.compile(r"[가-힣]{2,4}(?:특별자치시|특별시|광역시)")
_CJK_TOWN = re.compile(r"^(?P<region>[\u3400-\u9fff]{2,3}?[都道府県省])?(?P<city>[\u3400-\u9fff]{1,6}?[市区郡])")
_STREET = re.compile(
    r"\b\d+\s*(?:bis|ter)?,?\s+(?:rue|avenue|av\.|boulevard|bd|place|chemin|impasse|allée|"
    r"allee|quai|cours|route|square)\s+[^,\d|]{2,45}"
    r"|\d+\S*\s+(?:[\w.'-]+\s+){0,5}(?:street|st|avenue|ave|road|rd|drive|dr|lane|ln|"
    r"boulevard|blvd|way|court|ct|place|pl|terrace|"
    r"square|sq|circle|cir|parkway|pkwy|highway|hwy|row|close|crescent|gardens|grove|hill|"
    r"mews|quay|broadway|rue|avenue|"
    r"allee|allée|quai|chemin|impasse|cours)\b\.?"
    r"|(?:\b\w[\w.'-]*(?:str\.|straße|strasse|weg|platz|allee|gasse|ring|damm|ufer|straat|"
    r"laan|plein|gracht|gatan|vägen|vej|"
    r"gade|veien)|(?:\b[\w.'-]+\s+){0,3}\b(?:str\.|straße|strasse|weg|platz|allee|gasse|ring|"
    r"damm|ufer))\s*\d+\s?[a-z]?\b"
    r"|\b(?:calle|c/|avda\.?|avenida|av\.|plaza|paseo|carrer|via|viale|corso|piazza|rua|"
    r"travessa|largo|praça|rue|avenue|"
    r"boulevard|ul\.|ulica|ул\.|улица|jl\.|rruga)\s+[^\d,]{2,40},?\s*(?:n[º°.]?\s*)?\d+"
    r"|\bp\.?\s?o\.?\s+box\s+\d+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The parts of an address, as written."""

    text: str
    city: str | None = None
    region: str | None = None
    country: str | None = None
    postal_code: str | None = None
    street: bool = False


def _known(part: str) -> str | None:
    key = fold(part).strip(" .()")
    if key in COUNTRIES or fold(part).strip(" ()") in COUNTRIES:
        return "country"
    if not part.isascii() and country_code(part) is not None:
        return "country"
    if key in CITIES or country_of_city(part) is not None:
        return "city"
    if key in REGIONS:
        return "region"
    return None


def is_state_code(part: str) -> bool:
    return part.strip(" .()") in US_STATES


def is_remote(text: str) -> bool:
    return fold(text).strip(" ()") in REMOTE_WORDS


def place_score(text: str) -> float:
    """How certainly a phrase is only a place: 1 for "Austin, TX", 0.85 for a lone known city, 0 for other phrases."""
    text = clean_value(text).strip("()")
    if not text or len(text) > 60 or re.search(r"[@:]", text):
        return 0.0
    if is_remote(text) or _CJK_PLACE.match(text):
        return 1.0
    if is_cjk(text) and _known(text) is not None:
        return 1.0
    parts = [part.strip() for part in re.split(r"[,/|]|\s[-–—]\s|\s*\((?=\w)", text) if part.strip(" )")]
    parts = [re.sub(r"\)$", "", part).strip() for part in parts]
    if not parts or len(parts) > 4:
        return 0.0
    kinds = [
        _known(
            re.sub(
                r"^(?:[A-Z]{1,2}-)?\d{4,5}\s+|\s+\d{5}(?:-\d{4})?$|^greater\s+|\s+area$", "", part, flags=re.IGNORECASE
            )
        )
        for part in parts
    ]
    if is_remote(parts[-1]) or is_remote(parts[0]):
        return 1.0
    if len(parts) == 1:
        if kinds[0] == "city":
            return 0.85
        if kinds[0] is not None:
            return 0.8
        found = re.fullmatch(r"([A-Z][\w.' -]{2,25}),?\s+([A-Z]{2,3})(?:\s+\d{4,5})?", parts[0])
        return 0.6 if found and is_state_code(found[2]) and len(found[1].split()) <= 3 else 0.0
    last = re.sub(r"\s*\d{5}(?:-\d{4})?$", "", parts[-1])
    first_is_name = re.fullmatch(r"[^\W\d_][^\d@]{1,28}", parts[0]) is not None and len(parts[0].split()) <= 4
    if len(parts) >= 3 and kinds[0] is None and (kinds[1] == "city" or is_state_code(last)):
        return 0.0  # "Mercy Clinic, Tucson, AZ": the first part is not a place
    if (is_state_code(last) or kinds[-1] in {"country", "region"}) and first_is_name:
        return 1.0 if kinds[0] is not None or is_state_code(last) else 0.9
    if all(kinds):
        return 0.9
    return 0.0


def read_address(text: str) -> Place | None:
    """The address in one part of a contact block, which must consist of the address only; otherwise None."""
    text = clean_value(text)
    if not text or len(text) > 120 or "@" in text or "http" in text or re.search(r"\b(?:19|20)\d\d\s*[-–]", text):
        return None
    japanese = _JP_POSTAL.search(text)
    if japanese is not None and ("〒" in text or is_cjk(text)):
        rest = clean_value(text.replace(japanese[0], " ").replace("〒", " "))
        town = _CJK_TOWN.match(rest)
        return Place(
            text=text,
            city=town["city"] if town else None,
            region=town["region"] if town else None,
            postal_code=japanese[1],
            street=bool(rest),
        )
    korean = _KOREAN_TOWN.match(text)
    if korean is not None:
        return Place(text=text, city=korean[0], street=re.search(r"\d", text) is not None)
    town = _CJK_TOWN.match(text)
    if town is not None and (town["region"] or re.search(r"\d", text)):
        numbered = re.search(r"\d", text) is not None
        return Place(text=text, city=town["city"], region=town["region"], street=numbered)
    street = _STREET.search(text)
    rest = text
    if street is not None:
        rest = (text[: street.start()] + " , " + text[street.end() :]).strip(" ,")
    parts = [clean_value(part) for part in re.split(r"[,;|]|\s[-–—·•]\s|\s*\((?=[^)]{2,}\))", rest)]
    parts = [part.strip(" ()") for part in parts if part.strip(" ()")]
    city = region = country = postal = None
    guessed = False  # the city is a part that fits nothing else, such as a district; a known city after it wins
    for part in parts:
        code = _POSTAL.search(part)
        bare = part
        if (
            code is not None
            and postal is None
            and not re.search(r"(?:apt|unit|suite|no|nr|#)\.?\s*$", part[: code.start()], re.IGNORECASE)
        ):
            left = clean_value(part[: code.start()] + " " + part[code.end() :])
            if (
                re.fullmatch(r"\d{4}", code[0])
                and part[: code.start()].strip()
                and not is_state_code(part[: code.start()].split()[-1])
            ):
                code = None  # "Mar 2026", "Broadway 1234": a four-digit code comes before a town or after a state
            elif not left or re.fullmatch(r"[^\d]{2,40}", left):
                postal, bare = code[0], left
        if not bare or _NO_TOWN.match(bare):
            continue
        if (town_and_state := re.fullmatch(r"(\D{3,30})/([A-Z]{2})", bare)) is not None and (city is None or guessed):
            city, region, guessed = town_and_state[1].strip(), town_and_state[2], False  # "Recife/PE"
            continue
        kind = _known(bare)
        state = re.fullmatch(r"(.*?)\s*\b([A-Z]{2,3})", bare)
        if kind == "country" and city is not None:
            country = country or bare
        elif is_state_code(bare) and city is not None:
            region = region or bare
        elif kind == "city" and (city is None or guessed):
            city, guessed = bare, False
        elif kind == "country":
            country = country or bare
        elif kind == "region":
            region = region or bare
        elif state is not None and is_state_code(state[2]) and state[1] and city is None:
            city, region = state[1].strip(), state[2]
        elif (
            city is None
            and re.fullmatch(r"[^\W\d_][^\d@:]{1,30}", bare)
            and len(bare.split()) <= 4
            and not street_only(bare)
        ):
            city, guessed = bare, True
    strong = street is not None or (postal is not None and city is not None) or country is not None
    strong = strong or (city is not None and (region is not None or _known(city) == "city"))
    if not strong:
        return None
    return Place(text=text, city=city, region=region, country=country, postal_code=postal, street=street is not None)


def street_only(text: str) -> bool:
    return (
        re.search(r"\b(?:apt|unit|suite|floor|c/o|block|flat|house|villa|cottage|residency)\b", text, re.IGNORECASE)
        is not None
    )
