"""Reading dates and periods as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analysis.normalise.dates import find_date_ranges, is_ongoing, parse_date, with_date_order


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2019", "2019"),
        ("2019-03", "2019-03"),
        ("2019-03-01", "2019-03-01"),
        ("03/2019", "2019-03"),
        ("3 / 2019", "2019-03"),
        ("2019/03", "2019-03"),
        ("2019.3", "2019-03"),
        ("2019 3 株式会社", "2019-03"),
        ("2019 3 people", "2019"),
        ("03.2019", "2019-03"),
        ("1.3.2019", "2019-03-01"),
        ("01.03.19", "2019-03-01"),
        ("Mar '19", "2019-03"),
        ("Jan '98", "1998-01"),
        ("'19", "2019"),
        ("March 3rd, 2019", "2019-03-03"),
        ("3 March 2019", "2019-03-03"),
        ("Sept. 2019", "2019-09"),
        ("SEPTEMBER 2019", "2019-09"),
        ("März 2019", "2019-03"),
        ("Ma\u0308rz 2019", "2019-03"),
        ("Jänner 2019", "2019-01"),
        ("1er février 2019", "2019-02-01"),
        ("août 2019", "2019-08"),
        ("5 de marzo de 2019", "2019-03-05"),
        ("set. 2019", "2019-09"),
        ("dicembre 2019", "2019-12"),
        ("março de 2019", "2019-03"),
        ("mei 2019", "2019-05"),
        ("w październiku 2019", "2019-10"),
        ("15 września 2019", "2019-09-15"),
        ("maj 2019", "2019-05"),
        ("marts 2019", "2019-03"),
        ("desember 2019", "2019-12"),
        ("tammikuussa 2019", "2019-01"),
        ("září 2019", "2019-09"),
        ("července 2019", "2019-07"),
        ("Kasım 2018", "2018-11"),
        ("ŞUBAT 2018", "2018-02"),
        ("12 мая 2019", "2019-05-12"),
        ("январь 2019 г.", "2019-01"),
        ("травень 2019", "2019-05"),
        ("2019年3月", "2019-03"),
        ("2019年 3月 1日", "2019-03-01"),
        ("２０１９年３月", "2019-03"),
        ("평가 2019년 3월", "2019-03"),
        ("平成30年4月", "2018-04"),
        ("平成25 4", "2013-04"),
        ("令和元年", "2019"),
        ("٢٠١٩", "2019"),
        ("يناير 2019", "2019-01"),
        ("2019. 3. 1.", "2019-03-01"),
    ],
)
def test_a_date_is_read_with_the_precision_it_has(written: str, iso: str) -> None:
    date = parse_date(written)
    assert date is not None
    assert date.iso == iso


@pytest.mark.parametrize(
    "written", ["Summer 2019", "Q3 2019", "2019 Q3", "Wintersemester 2019/20", "зима 2019", "Herbst 2019"]
)
def test_a_season_keeps_its_year_and_no_month_is_invented(written: str) -> None:
    date = parse_date(written)
    assert date is not None
    assert date.iso == "2019"


@pytest.mark.parametrize(
    ("written", "language", "iso"),
    [
        ("04/05/2019", None, "2019"),
        ("04/05/2019", "en", "2019"),
        ("04/05/2019", "fr", "2019-05-04"),
        ("25/05/2019", "en", "2019-05-25"),
        ("05/25/2019", "en", "2019-05-25"),
        ("05/05/2019", "en", "2019-05-05"),
        ("31.02.2019", None, "2019-02"),
        ("45.13.2019", None, "2019"),
    ],
)
def test_only_the_certain_part_of_an_ambiguous_or_impossible_date_is_kept(
    written: str, language: str | None, iso: str
) -> None:
    date = parse_date(written, language)
    assert date is not None
    assert date.iso == iso


@pytest.mark.parametrize(
    "written", ["", "hello", "Present", "v2019", "$2000", "2000%", "1234", "13/34", "+49 171 20192020"]
)
def test_other_numbers_are_not_read_as_dates(written: str) -> None:
    assert parse_date(written) is None


@pytest.mark.parametrize(
    ("written", "start", "end", "ongoing"),
    [
        ("2015 - 2018", "2015", "2018", False),
        ("2015–2018", "2015", "2018", False),
        ("03/2015-04/2018", "2015-03", "2018-04", False),
        ("2015.03-2018.04", "2015-03", "2018-04", False),
        ("01.03.2015 bis 31.12.2018", "2015-03-01", "2018-12-31", False),
        ("Sept. 2019 – Present", "2019-09", None, True),
        ("01/2019 – heute", "2019-01", None, True),
        ("since 2019", "2019", None, True),
        ("seit 03/2020", "2020-03", None, True),
        ("depuis mars 2020", "2020-03", None, True),
        ("until 2019", None, "2019", False),
        ("2019-21", "2019", "2021", False),
        ("2018/19", "2018", "2019", False),
        ("Jan – Mar 2019", "2019-01", "2019-03", False),
        ("Nov – Feb 2019", "2018-11", "2019-02", False),
        ("03 - 06/2019", "2019-03", "2019-06", False),
        ("03/19 - 04/21", "2019-03", "2021-04", False),
        ("Jan 19 - Present", "2019-01", None, True),
        ("2019年4月〜現在", "2019-04", None, True),
        ("2019年4月から2021年3月まで", "2019-04", "2021-03", False),
        ("2015年9月 - 至今", "2015-09", None, True),
        ("2019.03 ~ 현재", "2019-03", None, True),
        ("2018. 3. ~ 2020. 5.", "2018-03", "2020-05", False),
        ("с марта 2015 по настоящее время", "2015-03", None, True),
        ("de 2019 à 2021", "2019", "2021", False),
        ("enero 2015 - actualidad", "2015-01", None, True),
        ("gennaio 2015 - oggi", "2015-01", None, True),
        ("od 2015 do teraz", "2015", None, True),
        ("01/15/2019 - 03/04/2020", "2019-01-15", "2020-03-04", False),
        ("2018 -", "2018", None, False),
    ],
)
def test_a_period_is_read_with_both_ends(written: str, start: str | None, end: str | None, ongoing: bool) -> None:  # noqa: FBT001
    (period,) = find_date_ranges(f"Engineer, Example Ltd ({written})")
    found = (period.start and period.start.iso, period.end and period.end.iso, period.ongoing)
    assert found == (start, end, ongoing)


def test_a_duration_next_to_a_year_is_not_part_of_the_date() -> None:
    (period,) = find_date_ranges("2019 (3 months)")
    assert (period.start, period.end, period.quote) == (parse_date("2019"), None, "2019")


def test_several_periods_in_a_line_are_found_in_order() -> None:
    assert [each.quote for each in find_date_ranges("Ulm (2015–2018), Bern 2019-2020, since 2021")] == [
        "2015–2018",
        "2019-2020",
        "since 2021",
    ]


@pytest.mark.parametrize(
    "line", ["www.example.com/2019/03/post", "ISO 9001:2015", "mail2019@example.com", "room 20195"]
)
def test_numbers_in_urls_and_names_of_standards_are_not_dates(line: str) -> None:
    assert find_date_ranges(line) == []


def test_an_ambiguous_month_of_another_language_needs_a_dot() -> None:
    (period,) = find_date_ranges("Led 2019 migration", "en")
    assert period.start is not None
    assert period.start.iso == "2019"


@pytest.mark.parametrize(
    ("language", "iso"), [("hr", "2019-10"), ("bs", "2019-10"), ("pl", "2019-11"), ("cs", "2019-11")]
)
def test_listopad_is_the_month_that_it_names_in_the_language_of_the_document(language: str, iso: str) -> None:
    date = parse_date("listopad 2019", language)
    assert date is not None
    assert date.iso == iso
    (period,) = find_date_ranges("listopad - prosinac 2019", language)
    assert period.start is not None
    assert period.start.iso == iso


def test_the_second_number_of_a_short_period_is_ambiguous_and_left_out() -> None:
    (period,) = find_date_ranges("Secondary school 2005-08")
    assert (period.start, period.end) == (parse_date("2005"), None)


@pytest.mark.parametrize(
    "word",
    [
        "Present",
        "now",
        "to date",
        "heute",
        "aujourd'hui",
        "à ce jour",
        "actualidad",
        "現在",
        "至今",
        "현재",
        "oggi",
        "bis heute",
        "настоящее время",
    ],
)
def test_words_for_now_are_recognized(word: str) -> None:
    assert is_ongoing(word)


@pytest.mark.parametrize("word", ["", "presently unknown employer", "nowhere", "2019", "Currentlytics"])
def test_other_words_are_not_taken_for_now(word: str) -> None:
    assert not is_ongoing(word)


@given(st.text(max_size=120))
def test_any_text_can_be_searched_and_contains_every_quote(text: str) -> None:
    parse_date(text)
    last = 0
    for period in find_date_ranges(text):
        begin, end = period.span
        assert text[begin:end] == period.quote
        assert begin >= last
        last = end


@given(
    st.text(alphabet="0123456789 -–/.年月JanMayécet'until", max_size=40),
)
def test_every_date_that_is_read_is_possible(text: str) -> None:
    for period in find_date_ranges(text):
        for date in (period.start, period.end):
            assert date is None or (1930 <= date.year <= 2049 or date.year >= 1950)
            assert date is None or date.month is None or 1 <= date.month <= 12


@pytest.mark.parametrize(
    ("lines", "language", "hint", "date"),
    [
        (["15/09/2014 - 28/02/2018"], "en", "en-GB", "2018-03-01"),
        (["Born 25/03/1990", "05/06/2011"], None, "und-GB", "2018-03-01"),
        (["09/15/2014"], "en", "en-US", "2018-01-03"),
        (["09/15/2014", "15/09/2014"], "en", "en", "2018"),
        (["09/10/2014", "99/10/2014", "15/2014", "15.09.2014", "1.15/09/2014"], "en", "en", "2018"),
        (["09/15/2014"], "de", "de", "2018-03-01"),
    ],
)
def test_one_unambiguous_date_determines_the_order_of_day_and_month_for_the_document(
    lines: list[str], language: str | None, hint: str, date: str
) -> None:
    assert with_date_order(language, lines) == hint
    assert [found.start.iso for found in find_date_ranges("01/03/2018", hint) if found.start] == [date]
    assert [found.start.iso for found in find_date_ranges("01.03.2018", hint) if found.start] == ["2018-03-01"]
