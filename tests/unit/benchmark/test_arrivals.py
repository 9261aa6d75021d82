"""Send times of an open loop, and which stages are valid."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.benchmark.arrivals import Stage, moments

RATES = st.floats(0.5, 500)


@given(RATES, st.integers(1, 300), st.integers(0, 99))
def test_poisson_arrivals_ascend_stay_within_both_limits_and_are_reproducible(
    rate: float, requests: int, seed: int
) -> None:
    stage = Stage(rate=rate, arrivals="poisson", requests=requests, seconds=2.0)
    times = list(moments(stage, seed))
    assert len(times) <= requests
    assert all(0 <= time < 2.0 for time in times)
    assert all(before <= after for before, after in pairwise(times))
    assert times == list(moments(stage, seed))


def test_constant_arrivals_are_evenly_spaced() -> None:
    assert list(moments(Stage(rate=4, requests=3), 1)) == [0.0, 0.25, 0.5]


def test_poisson_gaps_average_to_the_rate_and_vary_as_much() -> None:
    times = list(moments(Stage(rate=50, arrivals="poisson", requests=5000, seconds=1000), 7))
    gaps = [after - before for before, after in pairwise(times)]
    mean = sum(gaps) / len(gaps)
    variance = sum((gap - mean) ** 2 for gap in gaps) / len(gaps)
    assert mean == pytest.approx(1 / 50, rel=0.05)
    assert variance**0.5 == pytest.approx(mean, rel=0.1)


@pytest.mark.parametrize(
    "values", [{}, {"concurrency": 1, "rate": 1.0}, {"concurrency": 0}, {"rate": 0.0}, {"rate": 1.0, "requests": 0}]
)
def test_an_invalid_stage_is_rejected(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"stage|positive"):
        Stage(**values)  # type: ignore[arg-type]
