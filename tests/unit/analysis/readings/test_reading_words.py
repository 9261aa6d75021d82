"""One sentence says how far the readings agree, or which one was used."""

from typing import Any, Literal

from app.analysis.readings.reading_words import describe_readings


def readings(used: Literal["both", "model", "rules"], agreement: float | None = 0.938, **lines: int) -> dict[str, Any]:
    return {
        "used": used,
        "agreement": agreement,
        "lines_explained": {"model": 20, "builtin": 21, **lines},
        "disagreements": [],
    }


def test_the_share_of_equal_values_is_given_in_percent() -> None:
    assert describe_readings(readings("both")) == ("The model and the built-in parser agree on 94 % of the values.")


def test_the_reading_that_won_as_a_whole_is_named_with_both_counts() -> None:
    assert describe_readings(readings("rules", model=12, builtin=40)) == (
        "The built-in parser's reading was used: the model's covers 12 lines, the parser's 40."
    )
    assert describe_readings(readings("model", model=40, builtin=1)) == (
        "The model's reading was used: the built-in parser's covers 1 line, the model's 40."
    )


def test_nothing_is_said_where_there_is_nothing_to_compare() -> None:
    assert describe_readings(None) is None
    assert describe_readings(readings("both", agreement=None)) is None
