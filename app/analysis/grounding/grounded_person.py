"""Grounds the contact block of an answer; called by `app.analysis.grounding.check`."""

import re

from app.analysis.answer import Answer, Link, Person
from app.analysis.grounding.evidence_search import EvidenceSearch, Grounded, Kind, Scope
from app.analysis.grounding.findings import Findings
from app.analysis.grounding.grounded_entries import Entry, Leaf, Sections
from app.analysis.grounding.line_matching import LineIndex
from app.analysis.normalise.cities import countries_of_cities, country_of_city
from app.analysis.normalise.contacts import (
    network_of_url,
    normalise_email,
    normalise_phone,
    normalise_url,
    possible_phone,
)
from app.analysis.normalise.countries import country_code
from app.analysis.normalise.document_titles import without_document_title
from app.extraction.document import Document

# Countries where a language is spoken, the largest first. English, Spanish and Arabic have too many to tell.
_COUNTRIES_OF_LANGUAGE = {
    "cs": ("CZ",),
    "da": ("DK",),
    "de": ("DE", "AT", "CH"),
    "el": ("GR", "CY"),
    "fi": ("FI",),
    "fr": ("FR", "BE", "CH"),
    "he": ("IL",),
    "hu": ("HU",),
    "it": ("IT", "CH"),
    "ja": ("JP",),
    "ko": ("KR",),
    "nb": ("NO",),
    "nl": ("NL", "BE"),
    "no": ("NO",),
    "pl": ("PL",),
    "pt": ("PT", "BR"),
    "ro": ("RO",),
    "ru": ("RU",),
    "sk": ("SK",),
    "sv": ("SE",),
    "th": ("TH",),
    "tr": ("TR",),
    "uk": ("UA",),
    "vi": ("VN",),
    "zh": ("CN", "TW", "HK"),
}
# Follow a town in an English resume ("Hanover, NH"). In other languages the same letters are provinces.
_US_STATES = frozenset(
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR "  # noqa: SIM905
    "PA RI SC SD TN TX UT VT VA WA WV WI WY DC".split()
)

# The American number format: "(614) 555-0109".
_AMERICAN = re.compile(r"^\s*\(?\d{3}\)?[\s.-]{1,2}\d{3}[\s.-]\d{4}\s*$")


def phone_region(answer: Answer, document: Document, known: LineIndex, default_region: str) -> str:
    """The country in which a number without a country code is dialed. In this order:

    the person's own country, if the document names it; the USA, after one of its states; the country of the person's
    city or of a place of work; the first country of the document's language in which the number is valid (the default
    first, if it is one of them) or, for a language of many countries, the countries of the cities in the document; the
    default.
    """
    person = answer.person
    if person.country is not None and known.find(person.country) is not None:
        code = country_code(person.country)
        if code is not None:
            return code
    if document.language == "en" and person.region in _US_STATES and known.find(person.region) is not None:
        return "US"
    for place in (person.city, *(job.location for job in answer.work)):
        if place is not None and known.find(place) is not None:
            code = country_of_city(place)
            if code is not None:
                return code
    spoken_in = _COUNTRIES_OF_LANGUAGE.get(document.language, ())
    if person.phone is None:
        return default_region
    likely = (default_region, *spoken_in) if default_region in spoken_in else spoken_in
    if not spoken_in:
        # For a language of many countries, cities tell which one it is ("Universidad de Zaragoza").
        named = countries_of_cities(document.text)
        likely = (default_region, *named) if document.language in {"en", "und"} else (*named, default_region)
    valid = (
        region
        for known in (normalise_phone, possible_phone)
        for region in likely
        if known(person.phone, region) is not None
    )
    return next(valid, default_region)


def ground_person(person: Person, search: EvidenceSearch, findings: Findings, sections: Sections) -> None:
    """Fills `basics`, `location` and `profiles`."""
    check = _PersonCheck(search, findings, search.scope(person.lines))
    basics, location = sections.basics, sections.location
    name = None if person.name is None else without_document_title(person.name)
    basics.put("name", check.value("name", name, Kind.NAME))
    basics.put("label", check.value("label", person.label))
    basics.put("email", check.email(person.email))
    basics.put("phone", check.phone(person.phone))
    page = check.url("person.url", person.url)
    network = None if page is None else network_of_url(page.value)
    basics.put("url", page if network is None else None)
    basics.put("summary", check.value("summary", person.summary, Kind.RUNNING_TEXT))
    location.put("address", check.value("address", person.address))
    location.put("postalCode", check.value("postal_code", person.postal_code))
    location.put("city", check.value("city", person.city))
    country = check.value("country", person.country)
    if country is not None:
        code = country_code(country.value)
        if code is None:
            findings.unusable("person.country", "a country with a known code")
        else:
            location.put("countryCode", Grounded(code, country.evidence, country.lines))
    location.put("region", check.value("region", person.region))
    links = [*person.links]
    if page is not None and network is not None:
        links.append(Link(url=page.value))
    for number, link in enumerate(links):
        entry = check.link(f"person.links[{number}]", link)
        if entry.has_any("url", "username") and not any(entry.same_as(other) for other in sections.profiles):
            sections.profiles.append(entry)


class _PersonCheck:
    def __init__(self, search: EvidenceSearch, findings: Findings, scope: Scope) -> None:
        self._search = search
        self._findings = findings
        self._scope = scope

    def value(self, field: str, value: str | None, kind: Kind = Kind.PHRASE) -> Grounded | None:
        return self._find(f"person.{field}", value, kind)

    def email(self, value: str | None) -> Grounded | None:
        found = self._find("person.email", value, Kind.EMAIL)
        if found is None:
            return None
        address = normalise_email(found.value)
        if address is None:
            self._findings.unusable("person.email", "a valid e-mail address")
            return None
        return Grounded(address, found.evidence, found.lines)

    def phone(self, value: str | None) -> Grounded | None:
        found = self._find("person.phone", value, Kind.PHONE)
        if found is None:
            return None
        number = normalise_phone(found.value, self._search.region)
        if number is None:
            american = normalise_phone(found.value, "US") if _AMERICAN.search(found.value) else None
            number = american or possible_phone(found.value, self._search.region)
            self._findings.warn(
                "person.phone is not in a number range assigned in its country; "
                + ("it was kept as written." if number is None else "it was kept because its length is valid.")
            )
            if number is None:
                return found
        return Grounded(number, found.evidence, found.lines)

    def url(self, place: str, value: str | None) -> Grounded | None:
        found = self._find(place, value, Kind.URL)
        if found is None:
            return None
        url = normalise_url(found.value)
        if url is None:
            self._findings.unusable(place, "a valid URL")
            return None
        return Grounded(url, found.evidence, found.lines)

    def link(self, place: str, link: Link) -> Entry:
        """Network and username come from a URL that was found. Otherwise both must be in the document."""
        entry = Entry()
        url = self.url(f"{place}.url", link.url)
        known = None if url is None else network_of_url(url.value)
        if url is not None and known is not None:
            entry.leaves["network"] = Leaf(known.network, url.evidence)
            if known.username is not None:
                entry.leaves["username"] = Leaf(known.username, url.evidence)
        if "network" not in entry.leaves:
            entry.put("network", self._find(f"{place}.network", link.network, Kind.USERNAME))
        if "username" not in entry.leaves:
            entry.put("username", self._find(f"{place}.username", link.username, Kind.USERNAME))
        entry.put("url", url)
        return entry

    def _find(self, place: str, value: str | None, kind: Kind) -> Grounded | None:
        if value is None or not value.strip():
            return None
        found = self._search.find(value, self._scope, kind)
        if found is None:
            self._findings.not_found(place)
        return found
