"""Converts phone numbers, e-mail addresses and URLs to their standard form; used by grounding once a value was found.

Nothing is repaired. An invalid address becomes None, and the caller adds a warning.
"""

import re
from typing import NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

import phonenumbers

# RFC 5321 limits the address to 254 characters. The grammar is the dot-atom of RFC 5322, restricted to ASCII.
_EMAIL = re.compile(
    r"(?=.{3,254}$)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?:[A-Za-z]{2,63}|[xX][nN]--[A-Za-z0-9-]{1,59})"
)
_HOST_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?")
_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
# A slash that was lost in print or extraction: "https:/example.org".
_LAME_SCHEME = re.compile(r"^(https?):/(?!/)", re.IGNORECASE)
# Characters allowed unescaped in a path or query (RFC 3986), besides letters and digits.
_PATH_SAFE = "/:@!$&'()*+,;=-._~%"
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class NetworkProfile(NamedTuple):
    network: str
    username: str | None


# Host (or its ending) -> the network's name, and the number of the path segment with the username.
_NETWORKS: dict[str, tuple[str, dict[str, int] | int]] = {
    "linkedin.com": ("LinkedIn", {"in": 1, "pub": 1}),
    "xing.com": ("XING", {"profile": 1}),
    "github.com": ("GitHub", 0),
    "gitlab.com": ("GitLab", 0),
    "bitbucket.org": ("Bitbucket", 0),
    "codeberg.org": ("Codeberg", 0),
    "twitter.com": ("Twitter", 0),
    "x.com": ("X", 0),
    "facebook.com": ("Facebook", 0),
    "instagram.com": ("Instagram", 0),
    "medium.com": ("Medium", 0),
    "dev.to": ("DEV", 0),
    "kaggle.com": ("Kaggle", 0),
    "huggingface.co": ("Hugging Face", 0),
    "leetcode.com": ("LeetCode", {"u": 1, "": 0}),
    "hackerrank.com": ("HackerRank", {"profile": 1, "": 0}),
    "codeforces.com": ("Codeforces", {"profile": 1}),
    "stackoverflow.com": ("Stack Overflow", {"users": 2}),
    "youtube.com": ("YouTube", {"c": 1, "user": 1, "": 0}),
    "behance.net": ("Behance", 0),
    "dribbble.com": ("Dribbble", 0),
    "orcid.org": ("ORCID", 0),
    "researchgate.net": ("ResearchGate", {"profile": 1}),
    "t.me": ("Telegram", 0),
    "vk.com": ("VK", 0),
    "zhihu.com": ("Zhihu", {"people": 1}),
    "qiita.com": ("Qiita", 0),
    "npmjs.com": ("npm", 0),
}


def normalise_email(text: str) -> str | None:
    """The address with its domain in lower case; None if it is invalid."""
    address = re.sub(r"\s+", "", text).removeprefix("mailto:").strip("<>()[]").rstrip(".,;")
    if _EMAIL.fullmatch(address) is None or ".." in address:
        return None
    local, domain = address.rsplit("@", 1)
    return f"{local}@{domain.lower()}"


def normalise_url(text: str) -> str | None:
    """An absolute http(s) URL in ASCII: scheme added, host in lower case, path escaped. None for anything else."""
    url = re.sub(r"\s+", "", text).strip("<>[]\"'").rstrip(".,;")
    url = _LAME_SCHEME.sub(r"\1://", url)
    scheme = _SCHEME.match(url)
    if scheme is None:
        url = f"https://{url.removeprefix('//')}"
    elif scheme[1].lower() not in {"http", "https"}:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except ValueError:  # an invalid bracket, port or host name; UnicodeError is a subclass
        return None
    labels = host.lower().split(".")
    if len(labels) < 2 or len(host) > 253 or "@" in parts.netloc or len(labels[-1]) < 2 or labels[-1].isdigit():
        return None
    if any(_HOST_LABEL.fullmatch(label) is None for label in labels):
        return None
    netloc = host.lower() if port is None else f"{host.lower()}:{port}"
    path, query, fragment = (_escape(part) for part in (parts.path, parts.query, parts.fragment))
    return urlunsplit((parts.scheme.lower(), netloc, path, query, fragment))


def _escape(part: str) -> str:
    return quote(_BROKEN_ESCAPE.sub("%25", part), safe=_PATH_SAFE + "?")


def normalise_phone(text: str, region: str) -> str | None:
    """The number in E.164 if it is valid, otherwise None. `region` (ISO alpha-2) applies without a country code."""
    cleaned = re.sub(r"\(0\)", "", text) if re.match(r"\s*(?:\+|00)", text) else text
    try:
        number = phonenumbers.parse(cleaned, region.upper() or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def possible_phone(text: str, region: str) -> str | None:
    """The number in E.164 if its length is right for its country, even outside all assigned ranges; otherwise None."""
    cleaned = re.sub(r"\(0\)", "", text) if re.match(r"\s*(?:\+|00)", text) else text
    try:
        number = phonenumbers.parse(cleaned, region.upper() or None)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def network_of_url(url: str) -> NetworkProfile | None:
    """The network of a (normalized) URL and the username in it; None for other sites."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    for ending, (network, place) in _NETWORKS.items():
        if host == ending or host.endswith(f".{ending}"):
            segments = [segment for segment in parts.path.split("/") if segment]
            return NetworkProfile(network, _username(segments, place))
    return None


def _username(segments: list[str], place: dict[str, int] | int) -> str | None:
    first = segments[0] if segments else ""
    number = place.get(first, place.get("")) if isinstance(place, dict) else place
    if number is None or number >= len(segments):
        return None
    return segments[number].removeprefix("@") or None
