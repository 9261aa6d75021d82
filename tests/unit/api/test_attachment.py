"""File names in headers."""

from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from app.api.routes.resume_routes import attachment


@given(st.text(min_size=1, max_size=60))
def test_any_name_gives_one_valid_header_that_can_be_parsed_again(filename: str) -> None:
    usable = filename.encode("utf-8", "ignore").decode()
    header = attachment(usable)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    assert unquote(header.rpartition("''")[2]) == usable
