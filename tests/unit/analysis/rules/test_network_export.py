"""The PDF that LinkedIn exports: side column, company above its positions, addresses split at the edge."""

from datetime import date

import pytest
from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from app.analysis.grounding.check import check_answer
from app.analysis.identity.blind import blind_document, blind_profile
from app.analysis.identity.search import find_identity
from app.analysis.profile import CheckedProfile
from app.analysis.rules import parse_resume
from app.extraction.document import Document
from tests.unit.extraction.made_pdfs import BOLD, HEIGHT, Drawing, Text, read

GREY, WHITE = HexColor("#777777"), HexColor("#ffffff")
SIDE = (
    "*Contact",
    "r.vanterpool@example.com",
    "www.linkedin.com/in/rosalba-",
    "+vanterpool-3f9a27 (LinkedIn)",
    "*Top Skills",
    "Cold Chain Logistics",
    "Negotiation",
    "SAP S/4HANA",
    "*Languages",
    "Dutch (Native or Bilingual)",
    "English (Full Professional)",
    "*Certifications",
    "Certified Supply Chain",
    "+Professional (CSCP)",
    "Dangerous Goods Regulations",
)
FIRST = (
    ("name", "Rosalba Vanterpool"),
    ("text", "Director of Cold Chain at Polder Freight | Pharma logistics"),
    ("grey", "Breda, North Brabant, Netherlands"),
    ("head", "Summary"),
    ("text", "I keep vaccines cold between the factory and the village. Twelve years in"),
    ("text", "freight, most of them spent on the telephone."),
    ("head", "Experience"),
    ("firm", "Polder Freight"),
    ("small", "8 years 2 months"),
    ("post", "Director of Cold Chain"),
    ("small", "March 2021 - Present (4 years 10 months)"),
    ("grey", "Breda, Netherlands"),
    ("small", "Responsible for 40 reefer trucks and two cold stores."),
    ("post", "Operations Manager"),
    ("small", "November 2017 - March 2021 (3 years 5 months)"),
    ("firm", "Noordzee Expeditie B.V."),
    ("post", "Freight Forwarder"),
    ("small", "June 2013 - October 2017 (4 years 5 months)"),
    ("grey", "Rotterdam Area, Netherlands"),
)
SECOND = (
    ("small", "Booked sea and air freight for fruit importers and cleared it through"),
    ("small", "customs."),
    ("firm", "Kaashandel De Wit"),
    ("post", "Summer Assistant"),
    ("small", "July 2012 - August 2012 (2 months)"),
    ("head", "Education"),
    ("firm", "Hogeschool Maasdelta"),
    ("small", "Bachelor's degree, Logistics and Economics · (2009 - 2013)"),
    ("firm", "Markland College"),
    ("small", "HAVO · (2004 - 2009)"),
)
LOOK = {"name": (26, 30), "text": (12, 16), "grey": (12, 16), "head": (16, 32), "firm": (12, 20), "post": (11.5, 15)}


def ground(canvas: Canvas) -> None:
    canvas.setFillColor(HexColor("#293e49"))
    canvas.rect(0, 0, 180, HEIGHT, stroke=0, fill=1)


def page(lines: tuple[tuple[str, str], ...], number: int, side: tuple[str, ...] = ()) -> list[Drawing]:
    drawn: list[Drawing] = [ground, Text(380, HEIGHT - 24, f"Page {number} of 2", 8, colour=GREY)]
    y = 60.0
    for line in side:
        heading = line.startswith("*")
        y += 26 if heading else 13 if line.startswith("+") else 18  # "+" continues the line above
        drawn.append(Text(20, y, line.strip("*+"), 13 if heading else 10.5, BOLD if heading else "Helvetica", WHITE))
    y = 50.0
    for kind, text in lines:
        size, step = LOOK.get(kind, (10.5, 14))
        y += step
        drawn.append(Text(210, y, text, size, colour=GREY if kind == "grey" else HexColor("#181818")))
    return drawn


@pytest.fixture(scope="module")
def document() -> Document:
    return read(page(FIRST, 1, SIDE), page(SECOND, 2))


@pytest.fixture(scope="module")
def checked(document: Document) -> CheckedProfile:
    return check_answer(parse_resume(document), document, as_of=date(2026, 1, 1), default_region="NL")


def test_the_person_and_the_side_column_are_read(checked: CheckedProfile) -> None:
    basics = checked.profile["basics"]
    assert basics["name"] == "Rosalba Vanterpool"
    assert basics["label"] == "Director of Cold Chain at Polder Freight | Pharma logistics"
    assert basics["email"] == "r.vanterpool@example.com"
    assert basics["location"]["city"] == "Breda"
    assert basics["summary"].endswith("most of them spent on the telephone.")
    (network,) = basics["profiles"]
    assert network["username"] == "rosalba-vanterpool-3f9a27"
    assert [word for group in checked.profile["skills"] for word in group["keywords"]] == [
        "Cold Chain Logistics",
        "Negotiation",
        "SAP S/4HANA",
    ]
    assert [each["language"] for each in checked.profile["languages"]] == ["Dutch", "English"]
    assert [each["name"] for each in checked.profile["certificates"]] == [
        "Certified Supply Chain Professional (CSCP)",
        "Dangerous Goods Regulations",
    ]


def test_every_position_has_the_company_above_it_and_its_own_period(checked: CheckedProfile) -> None:
    assert [
        (job["name"], job["position"], job["startDate"], job.get("endDate")) for job in checked.profile["work"]
    ] == [
        ("Polder Freight", "Director of Cold Chain", "2021-03", None),
        ("Polder Freight", "Operations Manager", "2017-11", "2021-03"),
        ("Noordzee Expeditie B.V.", "Freight Forwarder", "2013-06", "2017-10"),
        ("Kaashandel De Wit", "Summer Assistant", "2012-07", "2012-08"),
    ]


def test_text_continues_after_the_footer_of_a_page(checked: CheckedProfile) -> None:
    third = checked.profile["work"][2]
    assert third["summary"] == "Booked sea and air freight for fruit importers and cleared it through customs."
    assert "Page" not in str(checked.profile)


def test_the_studies_are_read(checked: CheckedProfile) -> None:
    assert [(study["institution"], study["startDate"], study["endDate"]) for study in checked.profile["education"]] == [
        ("Hogeschool Maasdelta", "2009", "2013"),
        ("Markland College", "2004", "2009"),
    ]


def test_the_blind_view_contains_nothing_of_the_split_address(document: Document, checked: CheckedProfile) -> None:
    evidence = {pointer: place.to_json() for pointer, place in checked.evidence.items()}
    identity = find_identity(checked.profile, evidence, document)
    blind = blind_document(document, identity).text + str(blind_profile(checked.profile, evidence, identity))
    assert "vanterpool" not in blind.casefold()
    assert "3f9a27" not in blind
