"""Reading order of PDF pages in the layouts that resumes use."""

from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from app.extraction.layout.placed_word import PlacedWord
from app.extraction.layout.reading_order import order_words
from tests.unit.extraction.made_pdfs import (
    BOLD,
    HEIGHT,
    LIMITS,
    Drawing,
    Text,
    column,
    make_pdf,
    read,
    read_pdf,
    right_aligned,
    texts,
)

MAIN = [
    "*EXPERIENCE*",
    "*Tidewater Instruments*",
    "Calibration engineer for ocean sensors",
    "• Brought the field failure rate from nine to two",
    "percent within one season of measurements",
    "• Wrote the acceptance suite for buoy firmware",
    "",
    "*Kestrel Optics*",
    "Junior engineer in the lens laboratory",
    "• Built an alignment bench from surplus parts",
]
SIDE = [
    "*CONTACT*",
    "mira@example.org",
    "+44 20 7946 0018",
    "Bristol",
    "",
    "*SKILLS*",
    "Python, C, VHDL",
    "Soldering",
    "",
    "*LANGUAGES*",
    "English",
    "Danish",
]


def filled(lines: list[str]) -> list[str]:
    return [line.strip("*") for line in lines if line]


def test_one_column_is_read_from_top_to_bottom() -> None:
    page = [Text(72, 60, "Mira Halvorsen", 22, BOLD), *column(72, 90, *MAIN)]
    assert texts(read(page)) == ["Mira Halvorsen", *filled(MAIN)]


def test_lines_keep_their_order_whatever_their_order_in_the_file() -> None:
    page: list[Drawing] = [*reversed(column(72, 90, *MAIN)), Text(72, 60, "Mira Halvorsen", 22, BOLD)]
    assert texts(read(page)) == ["Mira Halvorsen", *filled(MAIN)]


def test_a_left_sidebar_with_its_own_line_pitch_is_read_before_the_main_column() -> None:
    page = [*column(40, 100, *SIDE, leading=15.5, size=9), *column(200, 100, *MAIN)]
    document = read(page)
    assert texts(document) == filled(SIDE) + filled(MAIN)


def test_a_right_sidebar_is_read_after_the_main_column() -> None:
    page = [*column(430, 100, *SIDE, leading=14.2, size=9), *column(50, 100, *MAIN)]
    assert texts(read(page)) == filled(MAIN) + filled(SIDE)


def test_columns_that_share_a_line_grid_are_not_interleaved() -> None:
    page = [*column(40, 100, *SIDE), *column(200, 100, *MAIN)]
    assert texts(read(page)) == filled(SIDE) + filled(MAIN)


def test_a_header_across_both_columns_comes_first_and_a_footer_last() -> None:
    page = [
        Text(40, 50, "Mira Halvorsen", 24, BOLD),
        Text(
            40, 70, "Calibration engineer who likes cold water, careful notes and instruments that do not lie to people"
        ),
        *column(40, 110, *SIDE, leading=15, size=9),
        *column(200, 110, *MAIN),
        Text(40, 800, "References are available on request, and so are the measurement logs of the last three seasons"),
    ]
    found = texts(read(page))
    assert found[0] == "Mira Halvorsen"
    assert found[1].startswith("Calibration engineer who likes")
    assert found[2:-1] == filled(SIDE) + filled(MAIN)
    assert found[-1].startswith("References are available")


def test_two_columns_of_body_text_with_a_narrow_gutter_are_kept_apart() -> None:
    left = [
        "The first column tells of a season spent at",
        "sea with a crew of nine people and of the",
        "instruments that were lost in a storm off",
        "the coast of Norway, where the cable of the",
        "winch gave way after a night of hard work.",
    ]
    right = [
        "The second column is about the year after,",
        "when the new sensors were calibrated in a",
        "tank in the cellar of the old laboratory, a",
        "place without windows but with good tea and",
        "with colleagues who knew what they did.",
    ]
    page = [*column(60, 100, *left, leading=12), *column(275, 100, *right, leading=12)]
    assert texts(read(page)) == left + right


def test_dates_in_a_left_rail_join_the_line_of_their_entry() -> None:
    page: list[Drawing] = [Text(150, 80, "Experience", 14, BOLD)]
    expected = ["Experience"]
    for number, (dates, role) in enumerate(
        [
            ("2019 – 2023", "Harbour pilot, Port of Esbjerg"),
            ("2015 – 2019", "Second mate, Nordlinje A/S"),
            ("2012 – 2015", "Cadet, Fanø Maritime School"),
        ]
    ):
        y = 110 + 60 * number
        page += [
            Text(60, y, dates),
            *column(
                150,
                y,
                role,
                "• Guided vessels of up to 300 metres in all weathers",
                "• Trained two junior pilots every year",
            ),
        ]
        expected += [
            f"{dates} {role}",
            "• Guided vessels of up to 300 metres in all weathers",
            "• Trained two junior pilots every year",
        ]
    assert texts(read(page)) == expected


def test_a_date_that_wraps_in_its_rail_is_joined_before_its_entry() -> None:
    page = [
        *column(60, 110, "Sept 2018 –", "May 2023"),
        *column(150, 110, "Harbour pilot, Port of Esbjerg", "• Guided vessels of up to 300 metres"),
        *column(60, 170, "Jan 2012 –", "Aug 2018"),
        *column(150, 170, "Second mate, Nordlinje A/S", "• Kept the charts of the Baltic route"),
        *column(60, 230, "2010"),
        *column(150, 230, "Cadet, Fanø Maritime School", "• Sailed around the Faroe Islands"),
    ]
    assert texts(read(page)) == [
        "Sept 2018 – May 2023 Harbour pilot, Port of Esbjerg",
        "• Guided vessels of up to 300 metres",
        "Jan 2012 – Aug 2018 Second mate, Nordlinje A/S",
        "• Kept the charts of the Baltic route",
        "2010 Cadet, Fanø Maritime School",
        "• Sailed around the Faroe Islands",
    ]


def test_dates_at_the_right_margin_join_the_line_of_their_entry() -> None:
    page: list[Drawing] = []
    expected: list[str] = []
    for number, (company, place, role, dates) in enumerate(
        [
            ("Port of Esbjerg", "Esbjerg", "Harbour pilot", "2019 – 2023"),
            ("Nordlinje A/S", "Aarhus", "Second mate", "2015 – 2019"),
            ("Fanø Maritime School", "Fanø", "Cadet", "2012 – 2015"),
        ]
    ):
        y = 100 + 55 * number
        page += column(
            60,
            y,
            f"*{company}*",
            role,
            "• Guided vessels of up to 300 metres in all weathers, day and night, summer and winter",
        )
        page += [right_aligned(535, Text(0, y, place)), right_aligned(535, Text(0, y + 13, dates))]
        expected += [
            f"{company} {place}",
            f"{role} {dates}",
            "• Guided vessels of up to 300 metres in all weathers, day and night, summer and winter",
        ]
    assert texts(read(page)) == expected


def test_a_tall_date_cell_does_not_split_the_bullets_of_its_entry() -> None:
    page: list[Drawing] = []
    expected: list[str] = []
    for number, company in enumerate(["Port of Esbjerg", "Nordlinje A/S", "Fanø Maritime School"]):
        y = 100 + 70 * number
        bullet = [
            "• Guided vessels of up to 300 metres in all weathers and at",
            "all hours, without an accident",
            "• Trained two junior pilots every year",
        ]
        page += column(60, y, f"*{company}*", *bullet)
        page += [
            right_aligned(535, Text(0, y + 13 * row, text))
            for row, text in enumerate(["Esbjerg", f"June 20{number + 10} – May 20{number + 12}", "2 years"])
        ]
        expected += [f"{company} Esbjerg", f"June 20{number + 10} – May 20{number + 12}", "2 years", *bullet]
    assert texts(read(page)) == expected


def test_labels_and_their_values_stay_on_one_line() -> None:
    page: list[Drawing] = []
    for number, (label, text) in enumerate(
        [
            ("Languages", "Danish, English, German"),
            ("Tools", "Radar, sextant, ECDIS"),
            ("Licences", "STCW II/2"),
            ("Interests", "Rowing"),
        ]
    ):
        page += [Text(60, 100 + 14 * number, label, font=BOLD), Text(160, 100 + 14 * number, text)]
    assert texts(read(page)) == [
        "Languages Danish, English, German",
        "Tools Radar, sextant, ECDIS",
        "Licences STCW II/2",
        "Interests Rowing",
    ]


def test_a_table_is_read_row_by_row() -> None:
    rows = [
        ("Degree", "Institution", "Year", "Grade"),
        ("M.Sc. Nautical Science", "Svendborg", "2012", "1.3"),
        ("B.Sc. Physics", "Odense", "2009", "1.7"),
        ("A-levels", "Ribe", "2005", "2.0"),
    ]
    page = [
        Text(60 + 130 * column_number, 100 + 18 * row_number, cell, font=BOLD if row_number == 0 else "Helvetica")
        for column_number in range(4)
        for row_number, row in enumerate(rows)
        for cell in [row[column_number]]
    ]
    assert texts(read(page)) == [" ".join(row) for row in rows]


def test_cards_side_by_side_are_read_one_after_the_other() -> None:
    page: list[Drawing] = [Text(60, 70, "SKILLS", 14, BOLD)]
    cards = [
        ("Navigation", "Advanced", "Radar · ECDIS · sextant"),
        ("Software", "Intermediate", "Python · SQL"),
        ("Languages", "Fluent", "Danish · German"),
    ]
    for number, (title, level, items) in enumerate(cards):
        x = 60 + 165 * number
        page += [Text(x, 100, title, 11.5, BOLD), Text(x, 114, level), Text(x, 128, items, 9)]
    page += [
        Text(60, 165, "EXPERIENCE", 14, BOLD),
        *column(
            60,
            190,
            "*Harbour pilot, Port of Esbjerg*",
            "Guided vessels of up to 300 metres in all weathers, day and night, summer and winter",
        ),
    ]
    found = texts(read(page))
    assert found[:10] == ["SKILLS", *(text for card in cards for text in card)]
    assert found[10:] == [
        "EXPERIENCE",
        "Harbour pilot, Port of Esbjerg",
        "Guided vessels of up to 300 metres in all weathers, day and night, summer and winter",
    ]


def test_a_contact_block_beside_a_large_name_is_read_after_the_name() -> None:
    page = [
        Text(60, 70, "Mira Halvorsen", 26, BOLD),
        *column(420, 56, "Bristol, UK", "+44 20 7946 0018", "mira@example.org", size=9, leading=12),
        *column(
            60,
            130,
            "*PROFILE*",
            "Calibration engineer who likes cold water, careful notes and instruments that do not lie to people.",
            "Nine seasons at sea.",
        ),
    ]
    assert texts(read(page)) == [
        "Mira Halvorsen",
        "Bristol, UK",
        "+44 20 7946 0018",
        "mira@example.org",
        "PROFILE",
        "Calibration engineer who likes cold water, careful notes and instruments that do not lie to people.",
        "Nine seasons at sea.",
    ]


def test_a_rail_of_dates_inside_a_column_next_to_a_sidebar_is_read_with_its_entries() -> None:
    page: list[Drawing] = [*column(40, 100, *SIDE, leading=15.5, size=9)]
    expected = filled(SIDE)
    for number, (dates, role) in enumerate(
        [
            ("2019–2023", "Harbour pilot, Port of Esbjerg"),
            ("2015–2019", "Second mate, Nordlinje A/S"),
            ("2012–2015", "Cadet, Fanø Maritime School"),
        ]
    ):
        y = 100 + 50 * number
        page += [
            Text(190, y, dates),
            *column(265, y, role, "• Guided vessels in all weathers", "• Trained junior pilots"),
        ]
        expected += [f"{dates} {role}", "• Guided vessels in all weathers", "• Trained junior pilots"]
    assert texts(read(page)) == expected


def test_a_drawn_line_ends_the_columns_above_it() -> None:
    def rule(canvas: Canvas) -> None:
        canvas.line(50, HEIGHT - 150, 545, HEIGHT - 150)

    left, right = ["*Sea*", "Radar and sonar work", "Night watches"], ["*Land*", "Teaching", "Writing manuals"]
    page = [
        *column(60, 100, *left, leading=15),
        *column(300, 104, *right, leading=14),
        rule,
        *column(60, 170, "*History*", "Born by the sea", "Raised on land", leading=15),
    ]
    assert texts(read(page)) == [*filled(left), *filled(right), "History", "Born by the sea", "Raised on land"]


def test_blocks_follow_columns_and_paragraphs() -> None:
    document = read([*column(40, 100, *SIDE, leading=15.5, size=9), *column(200, 100, *MAIN)])
    blocks = {line.text: line.block for line in document.lines}
    assert blocks["CONTACT"] == blocks["Bristol"] < blocks["SKILLS"] < blocks["LANGUAGES"]
    assert blocks["Danish"] < blocks["EXPERIENCE"] < blocks["Kestrel Optics"]


def test_line_numbers_continue_across_pages_without_gaps() -> None:
    document = read(column(72, 90, *MAIN), column(72, 90, *SIDE))
    assert [line.number for line in document.lines] == list(range(1, len(document.lines) + 1))
    assert [line.page for line in document.lines] == [1] * len(filled(MAIN)) + [2] * len(filled(SIDE))


def test_words_written_sideways_come_last() -> None:
    def sideways(canvas: Canvas) -> None:
        canvas.translate(30, 400)
        canvas.rotate(90)
        canvas.setFont("Helvetica", 12)
        canvas.drawString(0, 0, "Curriculum vitae")

    assert texts(read([sideways, *column(72, 90, *MAIN)])) == [*filled(MAIN), "Curriculum vitae"]


def test_right_to_left_lines_start_at_the_right() -> None:
    words = [
        PlacedWord(text, (x, 90, x + 40, 102), 100, 10, sequence=number)
        for number, (text, x) in enumerate([("بايثون", 100), ("Python", 200), ("SQL", 250), ("مهارات", 400)])
    ]
    (region,) = order_words(words)
    assert [word.text for word in region.lines[0]] == ["مهارات", "Python", "SQL", "بايثون"]


def test_an_empty_page_has_no_lines_and_does_not_affect_the_next() -> None:
    document = read([], column(72, 90, "Mira Halvorsen", "Engineer"))
    assert [(line.page, line.text) for line in document.lines] == [(2, "Mira Halvorsen"), (2, "Engineer")]
    assert len(document.pages) == 2


def test_the_order_is_the_same_in_every_run() -> None:
    content = make_pdf([*column(40, 100, *SIDE), *column(200, 100, *MAIN)])
    assert read_pdf(content, LIMITS).to_json() == read_pdf(content, LIMITS).to_json()


def test_a_large_name_over_contacts_with_wide_gaps_is_not_split_at_its_word_space() -> None:
    page = [
        Text(72, 60, "Mira Halvorsen", 34),
        *column(72, 90, "mhalvorsen |", "mirabuilds |", leading=13),
        *column(170, 90, "+44 20 7946 0018 | mira@example.org", "mira.example.org | Bristol", leading=13),
        *column(72, 140, *MAIN),
    ]
    assert texts(read(page))[0] == "Mira Halvorsen"


def test_bold_labels_next_to_lists_below_a_rail_of_dates_are_all_read() -> None:
    def entry(y: float, date: str, text: str) -> list[Text]:
        return [right_aligned(160, Text(0, y, date, 10)), Text(172, y, text, 10)]

    def label(y: float, name: str, text: str) -> list[Text]:
        return [right_aligned(160, Text(0, y, name, 10, BOLD)), Text(172, y, text, 10)]

    page = [
        *entry(100, "2019 - 2024", "Engineer, Tidewater Instruments, Bristol"),
        *entry(114, "2016 - 2019", "Junior engineer, Kestrel Optics, Bath"),
        *entry(128, "2013 - 2016", "Technician, Harbour Works, Cardiff"),
        *label(150, "Programming", "Python, C, VHDL"),
        *label(164, "Tools", "Git, Make, Oscilloscopes"),
        *label(178, "Danish", "native"),
    ]
    text = " ".join(texts(read(page)))
    for word in ("Programming", "Tools", "Danish"):
        assert word in text


WORDS = st.lists(
    st.builds(
        lambda x, y, width, size, bold, text: (x, y, width, size, bold, text),
        st.integers(0, 550),
        st.integers(10, 800),
        st.integers(3, 200),
        st.sampled_from([8.0, 10.0, 14.0, 30.0]),
        st.booleans(),
        st.sampled_from(["Python", "2019", "-", "•", "Engineer", "2016 - 2019", "A"]),
    ),
    max_size=40,
)


@given(WORDS)
def test_every_word_is_read_exactly_once(given_words: list[tuple[int, int, int, float, bool, str]]) -> None:
    words = [
        PlacedWord(text, (x, y - size, x + width, y), float(y), size, bold=bold, sequence=number)
        for number, (x, y, width, size, bold, text) in enumerate(given_words)
    ]
    ordered = [word.sequence for region in order_words(words) for line in region.lines for word in line]
    assert sorted(ordered) == list(range(len(words)))


def test_a_heading_below_a_rail_of_dates_does_not_hide_the_rail() -> None:
    page = [
        *(Text(60, y, text, 12, BOLD) for y, text in ((80, "EXPERIENCE"), (184, "EDUCATION"))),
        *(
            Text(60, y, text)
            for y, text in ((100, "05.2019 - today"), (148, "09.2016 - 04.2019"), (204, "2011 - 2016"))
        ),
        *column(170, 100, "Drweca Packaging, Torun", "Position: Payroll clerk", "- Wages of 600 people", leading=14.0),
        *column(170, 148, "Saldo and Partners, Bydgoszcz", "Position: Junior clerk", leading=14.0),
        *column(170, 204, "University of Torun", "Economics", leading=14.0),
    ]
    lines = texts(read(page))
    assert lines[1] == "05.2019 - today Drweca Packaging, Torun"
    assert "09.2016 - 04.2019 Saldo and Partners, Bydgoszcz" in lines
    assert "2011 - 2016 University of Torun" in lines
    assert lines.index("EDUCATION") > lines.index("Position: Junior clerk")


def test_headings_inside_a_rail_of_dates_separate_its_sections() -> None:
    page = [
        *(Text(60, y, text, 12, BOLD) for y, text in ((80, "Work"), (160, "Education"), (214, "Skills"))),
        *column(60, 100, "January 2021 -", "Present", leading=13.0),
        *column(60, 180, "2016 - 2018", leading=13.0),
        *column(
            150, 100, "Support Specialist, Cardinal Audio, Indianapolis", "- Answers 45 requests a day", leading=13.0
        ),
        *column(150, 180, "Associate of Arts, Wabash Plains College", leading=13.0),
        *column(150, 232, "Zendesk, Live chat", leading=13.0),
    ]
    lines = texts(read(page))
    assert lines.index("Education") > lines.index("- Answers 45 requests a day")
    assert "2016 - 2018 Associate of Arts, Wabash Plains College" in lines


def test_a_title_next_to_a_name_in_large_print_is_a_separate_line() -> None:
    page = [Text(60, 80, "Mira Halvorsen", 24), Text(260, 80, "Harbour pilot"), Text(60, 120, "Guided vessels")]
    document = read(page)
    assert texts(document) == ["Mira Halvorsen", "Harbour pilot", "Guided vessels"]
    assert [round(line.size) for line in document.lines] == [24, 10, 10]
