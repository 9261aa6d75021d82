"""Standard forms of addresses, and the country table."""

import pytest

from app.analysis.normalise.contacts import network_of_url, normalise_email, normalise_phone, normalise_url
from app.analysis.normalise.countries import country_code


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("Mara.Lind@Kiesel.Example", "Mara.Lind@kiesel.example"),
        ("mailto:mara@kiesel.example", "mara@kiesel.example"),
        ("mara+jobs@mail.kiesel.example", "mara+jobs@mail.kiesel.example"),
        ("mara@kiesel", None),
        ("mara@@kiesel.example", None),
        (".mara@kiesel.example", None),
        ("mära@kiesel.example", None),
        ("mara@-kiesel.example", None),
    ],
)
def test_an_email_is_normalized_or_rejected(written: str, normal: str | None) -> None:
    assert normalise_email(written) == normal


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("kiesel.example", "https://kiesel.example"),
        ("HTTP://Kiesel.Example/Path", "http://kiesel.example/Path"),
        ("www.kiesel.example/a b", "https://www.kiesel.example/ab"),
        ("https://kiesel.example/ü?q=ä", "https://kiesel.example/%C3%BC?q=%C3%A4"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://kiesel.example:8080/", "https://kiesel.example:8080/"),
        ("https://kiesel.example:99999999/", None),
        ("javascript:alert(1)", None),
        ("ftp://kiesel.example/", None),
        ("https://user@kiesel.example/", None),
        ("https://[::1", None),
        ("kiesel", None),
        ("10.0.0.1", None),
        ("", None),
    ],
)
def test_a_url_becomes_an_absolute_ascii_url_or_is_rejected(written: str, normal: str | None) -> None:
    assert normalise_url(written) == normal


@pytest.mark.parametrize(
    ("written", "region", "normal"),
    [
        ("030 901820", "DE", "+4930901820"),
        ("+49 (0)30 901820", "US", "+4930901820"),
        ("0049 30 901820", "DE", "+4930901820"),
        ("(202) 456-1111", "US", "+12024561111"),
        ("12345", "DE", None),
        ("no number", "DE", None),
    ],
)
def test_a_phone_number_becomes_e164_or_none(written: str, region: str, normal: str | None) -> None:
    assert normalise_phone(written, region) == normal


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://www.linkedin.com/in/mara-lind/", ("LinkedIn", "mara-lind")),
        ("https://github.com/mlind/tools", ("GitHub", "mlind")),
        ("https://de.linkedin.com/in/mara", ("LinkedIn", "mara")),
        ("https://stackoverflow.com/users/42/mara", ("Stack Overflow", "mara")),
        ("https://medium.com/@mara", ("Medium", "mara")),
        ("https://github.com", ("GitHub", None)),
        ("https://notgithub.com/mara", None),
        ("https://kiesel.example/github.com/mara", None),
    ],
)
def test_the_network_and_username_are_read_from_the_url(url: str, found: tuple[str, str | None] | None) -> None:
    assert network_of_url(url) == found


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Deutschland", "DE"),
        ("deutschland", "DE"),
        ("USA", "US"),
        ("Österreich", "AT"),
        ("日本", "JP"),
        ("FR", "FR"),
        ("CA", None),
        ("Atlantis", None),
        ("fr", None),
        ("us", None),
        ("Us", None),
        ("UK", "GB"),
    ],
)
def test_a_country_code_comes_only_from_a_known_name(name: str, code: str | None) -> None:
    assert country_code(name) == code
