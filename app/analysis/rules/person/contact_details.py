"""Finds the person's e-mail, phone, URLs and online profiles.

Used by `app.analysis.rules.parse_resume` and `app.analysis.rules.person.contact_block`.
"""

import re
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from urllib.parse import unquote

import phonenumbers

from app.analysis.answer import Link
from app.analysis.rules.phrases.spelling import clean_value, fold
from app.analysis.rules.structure.row import Row

EMAIL = re.compile(
    r"[A-Za-z0-9_](?:[A-Za-z0-9._%+'-]*[A-Za-z0-9_%+-])?@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.[A-Za-z]{2,24}(?![A-Za-z0-9])"
)
# Obfuscated against harvesters, or split by the typesetter.
_LOOSE_EMAIL = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._%+-]*\s?(?:@|\(at\)|\[at\]|\s\(at\)\s|\s\[at\]\s|"
    r"\{at\})\s?[A-Za-z0-9-]+(?:\s?(?:\.|\(dot\)|\[dot\])\s?[A-Za-z0-9-]+)*"
    r"\s?(?:\.|\(dot\)|\[dot\])\s?[A-Za-z]{2,10}\b",
    re.IGNORECASE,
)
_URL = re.compile(
    r"(?:https?:/{1,2}\s?|www\.)[^\s<>()\[\]|,;\"'“”]+"
    r"|(?<![@\w.-])(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+(?:com|org|net|io|dev|me|co|"
    r"ai|app|info|tech|design|blog|site|page|online|xyz|cloud|eu|us|uk|de|at|ch|"
    r"fr|es|it|pt|nl|be|pl|se|no|dk|fi|cz|ca|au|in|br|mx|jp|cn|tv|name|pro|studio|works|codes|"
    r"ro|gr|hu|ie|nz|za|kr|tr|ua|ru|sk|si|hr|rs|bg|lt|lv|ee|lu|il|ae|sg|cl|pe|uy|cat|"
    r"academy|digital|world|art|photography)"
    r"(?:/[^\s<>()\[\]|,;\"'“”]*)?(?![\w@])",
)
# A URL that continues on the next row: split after a hyphen or slash, or followed by its network's name in brackets.
_TORN_URL = re.compile(r"(?:https?://|www\.)?[\w.-]+\.[a-z]{2,12}/[^\s<>()|,;]*$", re.IGNORECASE)
_REST_OF_URL = re.compile(r"(?P<rest>[\w%.~-]+)(?P<named>\s*\((?:LinkedIn|Xing|GitHub)\)$)?")
_TORN_EMAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]{2,64}(?:@[\w.-]*)?$")
_NETWORKS: tuple[tuple[str, str, str], ...] = (
    ("LinkedIn", r"linkedin\.(?:com|cn)", r"/(?:in|pub|profile)/([^/?#\s]+)"),
    ("GitHub", r"github\.com", r"/([^/?#\s]+)/?$"),
    ("GitHub", r"[\w-]+\.github\.io", r"^$"),
    ("GitLab", r"gitlab\.com", r"/([^/?#\s]+)/?$"),
    ("Bitbucket", r"bitbucket\.org", r"/([^/?#\s]+)"),
    ("Stack Overflow", r"stackoverflow\.com", r"/users/(?:\d+/)?([^/?#\s]+)"),
    ("X", r"(?:^|\.)x\.com", r"/@?([^/?#\s]+)"),
    ("Twitter", r"twitter\.com", r"/@?([^/?#\s]+)"),
    ("Xing", r"xing\.com", r"/profile/([^/?#\s]+)"),
    ("Facebook", r"(?:facebook|fb)\.com", r"/([^/?#\s]+)"),
    ("Instagram", r"instagram\.com", r"/([^/?#\s]+)"),
    ("YouTube", r"youtube\.com", r"/(?:@|c/|user/|channel/)?([^/?#\s]+)"),
    ("Medium", r"medium\.com", r"/@?([^/?#\s]+)"),
    ("Kaggle", r"kaggle\.com", r"/([^/?#\s]+)"),
    ("Behance", r"behance\.net", r"/([^/?#\s]+)"),
    ("Dribbble", r"dribbble\.com", r"/([^/?#\s]+)"),
    ("ResearchGate", r"researchgate\.net", r"/profile/([^/?#\s]+)"),
    ("Google Scholar", r"scholar\.google\.[a-z.]+", r"[?&]user=([^&#\s]+)"),
    ("ORCID", r"orcid\.org", r"/(\d{4}-\d{4}-\d{4}-\d{3}[\dX])"),
    ("LeetCode", r"leetcode\.com", r"/(?:u/)?([^/?#\s]+)"),
    ("HackerRank", r"hackerrank\.com", r"/(?:profile/)?([^/?#\s]+)"),
    ("Codeforces", r"codeforces\.com", r"/profile/([^/?#\s]+)"),
    ("Mastodon", r"(?:mastodon\.[a-z]+|hachyderm\.io|fosstodon\.org)", r"/@([^/?#\s]+)"),
    ("Telegram", r"t\.me", r"/([^/?#\s]+)"),
    ("Dev.to", r"dev\.to", r"/([^/?#\s]+)"),
    ("npm", r"npmjs\.com", r"/~([^/?#\s]+)"),
)
_HANDLE = re.compile(
    r"\b(?P<network>linkedin|github|gitlab|twitter|xing|instagram|behance|dribbble|kaggle|"
    r"medium|stack\s?overflow|mastodon|skype|telegram|wechat|orcid|leetcode)\b"
    r"\s*(?:[:：]|\bprofile:)\s*@?(?P<handle>(?!https?)[A-Za-z0-9][\w.-]{1,38}(?:\s(?=$))?)(?=$|[\s|,;•·])(?!\.[a-z]{2,}/)",
    re.IGNORECASE,
)
_PHONE_LABEL = re.compile(
    r"(?:\b(?:phone|telephone|tel|mobile|mob|cell|cellphone|cellular|handy|telefon|mobil|"
    r"mobiltelefon|telefonnummer|t[ée]l[ée]phone|portable|tel[ée]fono|m[óo]vil|celular|"
    r"cellulare|telefono|"
    r"telem[óo]vel|telefone|telefoon|mobiel|gsm|whatsapp|komórka|puhelin|telefonnr|"
    r"contact\s+(?:no|number)|ph|fon|rufnummer|тел|телефон|моб)\b\.?|电话|手机|電話(?:番号)?|"
    r"携帯(?:電話)?(?:番号)?|手機|联系方式|휴대폰|전화|연락처|[☎✆📞📱])"
    r"\s*(?:\([^)]{1,12}\)|nr\.?|no\.?|number|privat|mobil)?\s*[:：.]?\s*",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![\w@/.=#-])(?:\+|\(\+|00)?\(?\d(?:[\d\s().\-–‑/\u2011]|\(0\)){5,22}\d(?:\s?(?:x|"
    r"ext\.?|extension)\s?\d{1,6})?(?![\w@]|-\d{4})",
    re.IGNORECASE,
)
_ORCID = re.compile(r"\b\d{4}-\d{4}-\d{4}-\d{3}[\dX]\b")
_DATE_LIKE = re.compile(
    r"^\(?\d{1,2}[./-]\s?\d{1,2}[./-]\s?\d{2,4}\)?$|^\(?(?:19|20)\d\d\s*[-–—/]\s*(?:19|"
    r"20)?\d\d\)?$|^\d{1,2}[./]\d{4}\s*[-–—]\s*\d{1,2}[./]\d{4}$"
)
_OWN_REGION = ("de", "fr", "es", "it", "pt", "nl", "pl", "no", "fi", "tr", "ru", "hu")
_OTHER_REGION = {"en": "US", "zh": "CN", "ja": "JP", "ko": "KR", "sv": "SE", "da": "DK", "nb": "NO", "cs": "CZ"}
_REGION = {language: language.upper() for language in _OWN_REGION} | _OTHER_REGION
_OTHERS_ADDRESS = re.compile(r"\b(?:fax|telefax|FAX)\b\.?\s*[:：]?\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A contact value as written, and the numbers of its lines."""

    text: str
    numbers: tuple[int, ...]


def find_email(rows: list[Row]) -> Found | None:
    for row in rows:
        found = EMAIL.search(row.text)
        if found is not None:
            return Found(found[0], row.numbers)
    for row in rows:
        if "@" not in row.text and not re.search(r"[(\[{]\s?at\s?[)\]}]", row.text, re.IGNORECASE):
            continue
        loose = _LOOSE_EMAIL.search(row.text)
        if loose is not None:
            return Found(loose[0].strip(), row.numbers)
    return _torn_email(rows)


def _torn_email(rows: list[Row]) -> Found | None:
    """An address that a narrow column has split at its punctuation: "mira.halvorsen@" above "example.com"."""
    for row, following in pairwise(rows):
        torn = _TORN_EMAIL.search(row.text)
        rest = re.match(r"[\w.@-]+", following.text)
        if torn is None or rest is None or "@" not in torn[0] + rest[0]:
            continue
        beside = torn[0][-1] in "@._-" or rest[0][0] in "@._-"
        if beside and EMAIL.fullmatch(torn[0] + rest[0]):
            return Found(torn[0] + rest[0], (*row.numbers, *following.numbers))
    return None


def find_phone(rows: list[Row], language: str) -> Found | None:
    """The first number that is clearly a phone number. Labeled and international numbers are preferred."""
    region = _REGION.get(language)
    best: tuple[float, Found] | None = None
    for position, row in enumerate(rows):
        for text, plain_score in _numbers(row, region):
            score = plain_score - min(position, 40) * 0.005
            if best is None or score > best[0]:
                best = (score, Found(text, row.numbers))
    return best[1] if best is not None and best[0] >= 0.3 else None


def _numbers(row: Row, region: str | None) -> list[tuple[str, float]]:
    text = row.text
    blocked = [found.span() for pattern in (EMAIL, _URL, _ORCID) for found in pattern.finditer(text)]
    found: list[tuple[str, float]] = []
    for match in _NUMBER.finditer(text):
        # "CA 94588 (555) 123-4567": the postal code before a bracket or a plus is not part of the number.
        value = re.sub(r"^\d{4,6}\s+(?=[(+])", "", match[0]).strip(" .-–/")
        parts = re.split(r"\s+/\s+", value)
        if len(re.sub(r"\D", "", parts[0])) >= 7:
            value = parts[0]  # "020 7946 0173 / 14 Tannery Row"
        begin = match.start() + match[0].find(value)
        if any(start < match.end() and begin < end for start, end in blocked):
            continue
        if value.count("(") != value.count(")"):
            value = value.strip("()")
        digits = re.sub(r"\D", "", re.split(r"(?:x|ext)", value, flags=re.IGNORECASE)[0])
        if not 7 <= len(digits) <= 15 or _DATE_LIKE.match(value) or (len(set(digits)) == 1 and len(digits) < 7):
            continue
        if any(period.is_range and period.span[0] < match.end() and begin < period.span[1] for period in row.periods):
            continue
        before = text[:begin]
        if _OTHERS_ADDRESS.search(before):
            continue
        labels = list(_PHONE_LABEL.finditer(before))
        labelled = bool(labels) and labels[-1].end() >= len(before.rstrip(" +(")) - 1
        score = 0.0
        if labelled:
            score += 1.0
        if value.startswith(("+", "(+", "00")) and len(digits) >= 9:
            score += 0.8
        if _is_valid(value, region):
            score += 0.5
        if re.fullmatch(
            r"\(?\d{3}\)?[\s.–-]{0,2}\d{3}[\s.–-]?\d{4}(?:\s?(?:x|ext).*)?", value, re.IGNORECASE
        ) and re.search(r"\D", value):
            score += 0.6
        if re.fullmatch(r"0\d{1,5}[\s/()-]+\d[\d\s/-]{4,}", value) or re.fullmatch(r"0\d(?:[\s.]?\d{2}){4}", value):
            score += 0.6
        if re.fullmatch(r"\(\d{2,5}\)\s?[\d\s-]{5,}", value) or re.fullmatch(
            r"[6789]\d{2}[\s.-]?\d{3}[\s.-]?\d{3,4}", value
        ):
            score += 0.5
        if re.fullmatch(r"0\d{9,10}|1[3-9]\d{9}|[6-9]\d{9}", digits) and value == digits:
            score += 0.5
        if not labelled and re.search(
            r"(?:id|no\.?|nr\.?|number|#|license|isbn|issn|doi|patent|vat|ssn|passport)\s*[:：#]?\s*$",
            before,
            re.IGNORECASE,
        ):
            score -= 1.5
        if score > 0:
            found.append((value, score))
    return found


def _is_valid(value: str, region: str | None) -> bool:
    regions = [region] if region else []
    for each in (*regions, "US", "GB", "IN", "DE", "FR"):
        try:
            number = phonenumbers.parse(value, each)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return True
        if value.startswith("+"):
            return False
    return False


def find_urls(row: Row) -> list[str]:
    text = EMAIL.sub(lambda found: " " * len(found[0]), row.text)
    urls: list[str] = []
    for found in _URL.finditer(text):
        url = found[0].rstrip(".,;:/-–") if not found[0].endswith("/") else found[0].rstrip(".,;:-–")
        bare = re.sub(r"^(?:https?:/{1,2}\s?)?(?:www\.)?", "", url, flags=re.IGNORECASE)
        if (
            "." not in bare
            or len(bare) < 5
            or re.fullmatch(
                r"(?:node|vue|next|react|express|angular|three|d3|nuxt|ember|backbone|asp|socket)\.\w+",
                bare,
                re.IGNORECASE,
            )
        ):
            continue
        urls.append(url)
    return urls


def network_of(url: str) -> tuple[str, str | None] | None:
    """The network and username of a profile URL; None for any other URL."""
    bare = re.sub(r"^(?:https?:/{1,2}\s?)?(?:www\.)?", "", url, flags=re.IGNORECASE)
    host, slash, path = bare.partition("/")
    host = host.casefold()
    for network, pattern, user in _NETWORKS:
        if re.search(rf"(?:^|\.){pattern}$", host) is None and re.fullmatch(pattern, host) is None:
            continue
        found = re.search(user, slash + path)
        name = unquote(found[1]).rstrip("/") if found is not None and found.groups() else None
        if network == "GitHub" and name is None:
            return None
        return network, name
    return None


@dataclass(frozen=True, slots=True)
class WebContacts:
    url: Found | None
    links: tuple[Link, ...]
    numbers: tuple[int, ...]


def _whole_urls(row: Row, following: Row | None) -> list[str]:
    """The URLs of the row. One that is split at the end of the row continues on the next."""
    urls = find_urls(row)
    torn = _TORN_URL.search(row.text)
    rest = _REST_OF_URL.match(following.text) if following is not None and not following.bullet else None
    if torn is None or rest is None or not (torn[0].endswith(("-", "/", "_")) or rest["named"]):
        return urls
    return [*(url for url in urls if not torn[0].startswith(url)), torn[0] + rest["rest"]]


def find_web(rows: list[Row]) -> WebContacts:
    """The person's own site (the first URL that belongs to no network) and their profiles on networks."""
    own: Found | None = None
    links: dict[str, Link] = {}
    numbers: list[int] = []
    for row, following in zip_longest(rows, rows[1:]):
        for url in _whole_urls(row, following):
            known = network_of(url)
            if known is None:
                if own is None and not re.search(
                    r"github\.com|gitlab\.com|coursera|credly|udemy|example\.com/cert", url
                ):
                    own = Found(url, row.numbers)
                    numbers.extend(row.numbers)
                continue
            network, name = known
            if network not in links:
                links[network] = Link(network=network, username=name, url=url)
                numbers.extend(row.numbers)
        for found in _HANDLE.finditer(row.text):
            network = next(
                (
                    name
                    for name, *_ in _NETWORKS
                    if fold(name).replace(" ", "") == fold(found["network"]).replace(" ", "")
                ),
                found["network"],
            )
            handle = clean_value(found["handle"])
            if network in links or ("." in handle and re.search(r"\.(?:com|org|net|io)\b", handle)):
                continue
            links[network] = Link(network=network, username=handle, url=None)
            numbers.extend(row.numbers)
    return WebContacts(own, tuple(links.values()), tuple(dict.fromkeys(numbers)))


def is_contact_text(text: str) -> bool:
    """Whether the text consists of contact details, so that it cannot be a title or a summary."""
    if EMAIL.search(text) or _URL.search(text) or _PHONE_LABEL.match(text):
        return True
    found = _NUMBER.search(text)
    return found is not None and len(re.sub(r"\D", "", found[0])) >= 9
