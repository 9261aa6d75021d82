"""Maps country names as resumes write them to ISO 3166-1 alpha-2 codes, for `countryCode` and phone regions."""

from functools import cache
from pathlib import Path

from app.analysis.folding import fold

# Names in the country's own language, in English, and in the larger neighboring languages.
_NAMES = {
    "AE": "united arab emirates|uae|الامارات|vereinigte arabische emirate",
    "AR": "argentina|argentinien|argentine",
    "AT": "austria|österreich|autriche|oostenrijk|rakousko|österrike",
    "AU": "australia|australien|australie",
    "BE": "belgium|belgien|belgique|belgië|bélgica|belgio",
    "BG": "bulgaria|bulgarien|bulgarie|българия",
    "BR": "brazil|brasil|brasilien|brésil|brasile",
    "BY": "belarus|weißrussland|беларусь",
    "CA": "canada|kanada|canadá",
    "CH": "switzerland|schweiz|suisse|svizzera|suiza|suíça|zwitserland|szwajcaria|sveits",
    "CL": "chile|chili",
    "CN": "china|chine|中国|中國|中华人民共和国|people's republic of china|chiny|kina|китай",
    "CO": "colombia|kolumbien|colombie",
    "CZ": "czech republic|czechia|tschechien|česká republika|česko|czechy|république tchèque|tsjechië",
    "DE": "germany|deutschland|allemagne|alemania|germania|alemanha|duitsland|niemcy|tyskland|saksa|německo|almanya"
    "|германия|німеччина|ドイツ|德国|독일|bundesrepublik deutschland",
    "DK": "denmark|danmark|dänemark|danemark|dinamarca|danimarca|denemarken|dania|tanska",
    "EE": "estonia|eesti|estland",
    "EG": "egypt|ägypten|égypte|مصر",
    "ES": "spain|españa|spanien|espagne|spagna|espanha|spanje|hiszpania|испания",
    "FI": "finland|suomi|finnland|finlande|finlandia",
    "FR": "france|frankreich|francia|frança|frankrijk|francja|frankrike|ranska|франция|フランス|法国",
    "GB": "united kingdom|uk|u.k.|great britain|england|scotland|wales|northern ireland|großbritannien"
    "|vereinigtes königreich|royaume-uni|reino unido|regno unito|verenigd koninkrijk|wielka brytania|storbritannien"
    "|великобритания|イギリス|英国",
    "GR": "greece|griechenland|grèce|grecia|ελλάδα",
    "HK": "hong kong|hongkong|香港",
    "HR": "croatia|hrvatska|kroatien|croatie",
    "HU": "hungary|magyarország|ungarn|hongrie",
    "ID": "indonesia|indonesien",
    "IE": "ireland|irland|irlande|éire|republic of ireland",
    "IL": "israel|ישראל",
    "IN": "india|indien|inde|भारत",
    "IT": "italy|italia|italien|italie|itália|włochy|италия|イタリア",
    "JP": "japan|日本|日本国|japon|japón|giappone|japão|япония",
    "KE": "kenya|kenia",
    "KR": "south korea|korea|republic of korea|대한민국|한국|südkorea|corée du sud|corea del sur|韓国",
    "LT": "lithuania|lietuva|litauen",
    "LU": "luxembourg|luxemburg",
    "LV": "latvia|latvija|lettland",
    "MA": "morocco|maroc|marokko|المغرب",
    "MX": "mexico|méxico|mexiko|mexique",
    "MY": "malaysia",
    "NG": "nigeria",
    "NL": "netherlands|the netherlands|nederland|niederlande|pays-bas|países bajos|paesi bassi|holland|holandia",
    "NO": "norway|norge|norwegen|norvège|noruega|norvegia|norwegia",
    "NZ": "new zealand|neuseeland|nouvelle-zélande|aotearoa",
    "PE": "peru|perú|pérou",
    "PH": "philippines|philippinen|pilipinas",
    "PK": "pakistan",
    "PL": "poland|polska|polen|pologne|polonia|polsko|польша|польща",
    "PT": "portugal|portogallo",
    "RO": "romania|românia|rumänien|roumanie",
    "RS": "serbia|srbija|serbien|србија",
    "RU": "russia|russian federation|россия|российская федерация|russland|russie|rusia",
    "SA": "saudi arabia|saudi-arabien|السعودية|المملكة العربية السعودية",
    "SE": "sweden|sverige|schweden|suède|suecia|svezia|szwecja|zweden|ruotsi",
    "SG": "singapore|singapur|新加坡",
    "SI": "slovenia|slovenija|slowenien",
    "SK": "slovakia|slovensko|slowakei",
    "TH": "thailand|ประเทศไทย",
    "TR": "turkey|türkiye|türkei|turquie|turquía|турция",
    "TW": "taiwan|台湾|台灣",
    "UA": "ukraine|україна|украина|ucrania|ukraina",
    "US": "united states|united states of america|usa|u.s.a.|u.s.|us|vereinigte staaten|états-unis|estados unidos"
    "|stati uniti|stany zjednoczone|сша|アメリカ|美国",
    "VN": "vietnam|viet nam|việt nam",
    "ZA": "south africa|südafrika|afrique du sud",
}
_CODES = {fold(name).text: code for code, names in _NAMES.items() for name in names.split("|")}


@cache
def _all_countries() -> dict[str, str]:
    """Every ISO 3166-1 country by its names in 29 languages. Used for names that are not in the list above."""
    names: dict[str, str] = {}
    for line in (Path(__file__).parent / "tables" / "countries.tsv").read_text("utf-8").splitlines():
        code, _, listed = line.partition("\t")
        for name in listed.split("|"):
            names.setdefault(fold(name).text, code)
    return names


# After a town, "CA", "DE" and "IN" may be US states as well as countries, so these codes are not accepted.
_ISO_CODES = frozenset(_NAMES) - {"AR", "CA", "CO", "DE", "ID", "IL", "IN", "MA"}
_SHORT_NAME = 3  # letters; names up to this length are abbreviations, which are written in capitals


def country_code(name: str) -> str | None:
    """The code of a country name or of a written code ("DE"); None if unknown. Never guessed from a city."""
    written = " ".join(name.split()).strip(" ,;()")
    if written.isascii() and len(written) <= _SHORT_NAME and not written.isupper():
        return None  # "us" is a pronoun
    folded = fold(written).text
    known = _CODES.get(folded) or (written if written in _ISO_CODES else None)
    return known or (_all_countries().get(folded) if len(written) > _SHORT_NAME or not written.isascii() else None)
