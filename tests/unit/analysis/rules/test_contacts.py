"""Names, phones, addresses and profiles in the contact block."""

from datetime import date

import pytest

from app.analysis.grounding.check import check_answer
from app.analysis.rules import parse_resume

from .documents import Placed, laid_out, plain

BODY = """

Experience
Clerk, Harrowgate Mills Ltd, 2015 - 2020

Education
BA History, Northmoor University, 2014
"""


def person_of(head: str, language: str = "en"):  # noqa: ANN201
    return parse_resume(plain(head + BODY, language)).person


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("Jean-Baptiste de la Croix-Morel\njb@example.fr", "Jean-Baptiste de la Croix-Morel"),
        ("DR. SÓLVEIG ÁRNADÓTTIR, PhD\nsolveig@example.is", "DR. SÓLVEIG ÁRNADÓTTIR"),
        ("Resume of Theodora Q. Blanchflower\ntheodora@example.com", "Theodora Q. Blanchflower"),
        ("CURRICULUM VITAE\nMbali Nkosi-Reyes\nmbali@example.com", "Mbali Nkosi-Reyes"),
        ("J O R U N N   H A L V O R S E N\njorunn.halvorsen@example.no", "JORUNN HALVORSEN"),
        ("Leopoldine O'Farrell - Project Manager\nleo@example.com", "Leopoldine O'Farrell"),
        ("Seattle, WA\nHiroko Vandermeer\nhiroko.vandermeer@example.com", "Hiroko Vandermeer"),
        ("Marketing Manager\nEleni Papadimitriou\neleni.papadimitriou@example.gr", "Eleni Papadimitriou"),
        ("Vorname: Anneliese\nNachname: Grünwald-Peters\nanneliese@example.de", "Anneliese Grünwald-Peters"),
    ],
)
def test_names_are_found_in_many_forms(head: str, name: str) -> None:
    found = person_of(head).name
    assert found is not None
    assert found.replace(" ", "") == name.replace(" ", "")


def test_a_resume_without_a_name_gets_none() -> None:
    assert person_of("Curriculum Vitae\nProject Manager").name is None


def test_two_large_lines_of_one_word_each_are_one_name() -> None:
    rows = [
        Placed("Perpetua", size=40),
        Placed("Oyelowo", size=40),
        Placed("Office Manager", size=12),
        Placed("EXPERIENCE", size=14, bold=True, block=1),
        Placed("Clerk, Harrowgate Mills Ltd, 2015 - 2020", block=1),
    ]
    assert parse_resume(laid_out(rows)).person.name == "Perpetua Oyelowo"


@pytest.mark.parametrize(
    ("line", "phone"),
    [
        ("Phone: (555) 123-4567 x12", "(555) 123-4567 x12"),
        ("+49 (0)30 1234567 | mail@example.de", "+49 (0)30 1234567"),
        ("mobile 07700 900123", "07700 900123"),
        ("Pleasantville, CA 94588 (555) 123-4567", "(555) 123-4567"),
        ("电话：13800138000", "13800138000"),
        ("Tél. : 06 12 34 56 78", "06 12 34 56 78"),
    ],
)
def test_phones_are_found_as_written(line: str, phone: str) -> None:
    assert person_of(f"Wanda Kowalczyk-Brown\n{line}").phone == phone


@pytest.mark.parametrize("line", ["2015 - 2020", "ID 0000-0000-0000-0000", "12.03.1988", "Fax: 030 1234567"])
def test_periods_identifiers_birthdays_and_fax_numbers_are_not_phones(line: str) -> None:
    assert person_of(f"Wanda Kowalczyk-Brown\n{line}").phone is None


@pytest.mark.parametrize(
    ("lines", "email"),
    [
        ("wanda.kowalczyk@\nexample.com", "wanda.kowalczyk@example.com"),
        ("wanda.kowalczyk@example.\ncom", "wanda.kowalczyk@example.com"),
    ],
)
def test_an_address_split_by_a_narrow_column_is_joined(lines: str, email: str) -> None:
    assert person_of(f"Wanda Kowalczyk-Brown\n{lines}").email == email


def test_profiles_on_networks_are_distinguished_from_the_persons_own_site() -> None:
    found = person_of(
        "Wanda Kowalczyk-Brown\n"
        "linkedin.com/in/wandakb | https://github.com/wkb | www.wandakb.example.com | GitLab: wkb2"
    )
    assert found.url == "www.wandakb.example.com"
    assert [(link.network, link.username) for link in found.links] == [
        ("LinkedIn", "wandakb"),
        ("GitHub", "wkb"),
        ("GitLab", "wkb2"),
    ]


@pytest.mark.parametrize(
    ("line", "city", "region", "country", "postal_code"),
    [
        ("417 Maple Avenue, Apt 6, Seattle, WA 98105", "Seattle", "WA", None, "98105"),
        ("Kastanienallee 12, 04107 Leipzig", "Leipzig", None, None, "04107"),
        ("Gothenburg, Sweden", "Gothenburg", None, "Sweden", None),
        ("Address: 8 Mill Lane, Bath BA1 2AB, UK", "Bath", None, "UK", "BA1 2AB"),
        ("Location: Pune, Maharashtra", "Pune", "Maharashtra", None, None),
        ("〒150-0002 東京都渋谷区渋谷2-1-1", "渋谷区", "東京都", None, "150-0002"),
    ],
)
def test_addresses_are_split_into_their_parts(
    line: str, city: str, region: str | None, country: str | None, postal_code: str | None
) -> None:
    found = person_of(f"Wanda Kowalczyk-Brown\nwanda@example.com\n{line}")
    assert (found.city, found.region, found.country, found.postal_code) == (city, region, country, postal_code)


def test_a_print_date_is_not_an_address() -> None:
    assert person_of("Wanda Kowalczyk-Brown\nLast updated in Mar 2026").city is None


def test_after_its_label_even_a_word_that_titles_documents_is_a_name() -> None:
    head = "履 歴 書 2024年 6月 5日現在\n氏 名 履歴書 花子\n携帯電話番号 090-1234-5678\nhanako@example.org"
    assert person_of(head, "ja").name == "履歴書 花子"


def test_the_first_of_several_numbers_in_a_footer_with_the_address_is_used() -> None:
    text = (
        "Mira Halvorsen\n"
        + BODY
        + "\n+44 20 7946 0018 • +44 20 7946 0019 • +44 20 7946 0020\nmira@example.org • Bristol"
    )
    assert parse_resume(plain(text)).person.phone == "+44 20 7946 0018"


@pytest.mark.parametrize(
    "head",
    [
        "Xiaoling Zhao | xz_work@example.net | (416) 555-0188 | Toronto, ON",
        "xz_work@example.net | (416) 555-0188\nToronto, ON\n\nXiaoling Zhao\nData Analyst",
        "Xiaoling Zhao\nM: (416) 555-0188 // E: xz_work@example.net // Toronto, ON",
    ],
)
def test_name_and_town_are_found_anywhere_among_the_contacts(head: str) -> None:
    person = person_of(head)
    assert (person.name, person.city, person.phone) == ("Xiaoling Zhao", "Toronto", "(416) 555-0188")


def test_a_town_above_the_name_is_not_a_first_name() -> None:
    assert person_of("anna.mueller@example.de\nMünchen\n\nAnna Müller\nAnalystin", "de").name == "Anna Müller"


def test_a_house_number_after_a_slash_is_not_part_of_the_phone() -> None:
    document = plain("Callum Braithwaite\n020 7946 0173 / 14 Tannery Row, London SE16 0ZZ" + BODY)
    profile = check_answer(parse_resume(document), document, as_of=date(2026, 1, 1), default_region="GB").profile
    assert profile["basics"]["phone"] == "+442079460173"
