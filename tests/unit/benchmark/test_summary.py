"""Percentiles, rates and goodput of a stage."""

import statistics
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.benchmark.arrivals import Stage
from app.benchmark.drive import Measured
from app.benchmark.load_summary import Limits, Spread, percentile, summarise
from app.benchmark.sample import Sample

SECONDS = st.floats(0, 1000, allow_nan=False)
VALUES = st.lists(SECONDS, min_size=1, max_size=60)


@given(VALUES, st.floats(0, 100))
def test_percentiles_match_numpy(values: list[float], percent: float) -> None:
    assert percentile(sorted(values), percent) == pytest.approx(float(np.percentile(values, percent)), abs=1e-9)


@given(VALUES)
def test_percentiles_ascend_and_stay_within_the_values(values: list[float]) -> None:
    spread = Spread.of(values)
    assert spread is not None
    told = [min(values), spread.p50, spread.p95, spread.p99, spread.most]
    assert all(before <= after + 1e-9 for before, after in pairwise(told))
    assert spread.most == max(values)
    assert spread.p50 == pytest.approx(statistics.median(values), abs=1e-9)


@given(VALUES.flatmap(lambda values: st.tuples(st.just(values), st.permutations(values))))
def test_the_order_of_the_samples_does_not_matter(both: tuple[list[float], list[float]]) -> None:
    assert Spread.of(both[0]) == Spread.of(both[1])


def test_without_values_there_is_no_spread() -> None:
    assert Spread.of([]) is None
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


def _measured(*samples: Sample, seconds: float) -> Measured:
    return Measured(Stage(rate=1.0), list(samples), seconds=seconds)


def test_latency_counts_from_when_a_request_was_due_and_not_from_when_it_could_be_sent() -> None:
    late = Sample(scheduled_at=1.0, started_at=4.0, first_token_at=4.5, ended_at=5.0)
    told = summarise(_measured(late, seconds=5.0), Limits())
    assert told.latency is not None
    assert told.first_token is not None
    assert (told.latency.p50, told.first_token.p50, told.late_start_p99_seconds) == (4.0, 3.5, 3.0)


def test_only_successful_answers_count_in_rates_and_tokens() -> None:
    good = Sample(0.0, 0.0, 2.0, first_token_at=0.5, input_tokens=10, output_tokens=100)
    bad = Sample(0.0, 0.0, 1.0, outcome="http_500", output_tokens=7)
    told = summarise(_measured(good, bad, bad, seconds=4.0), Limits())
    assert (told.requests, told.ok, told.errors) == (3, 1, {"http_500": 2})
    assert (told.requests_per_second, told.output_tokens_per_second) == (0.25, 25.0)
    assert told.concurrency_achieved == 1.0  # (2 + 1 + 1) seconds of requests in 4
    assert told.goodput_per_second is None


def test_goodput_counts_answers_within_all_limits() -> None:
    fast = Sample(0.0, 0.0, 1.0, first_token_at=0.1)
    slow_start = Sample(0.0, 0.0, 1.0, first_token_at=0.9)
    slow = Sample(0.0, 0.0, 9.0, first_token_at=0.1)
    told = summarise(_measured(fast, slow_start, slow, seconds=10.0), Limits(2.0, 0.5))
    assert (told.goodput_per_second, told.good_share) == (pytest.approx(0.1), pytest.approx(1 / 3))


def test_an_answer_without_a_first_token_is_not_within_a_limit_for_it() -> None:
    told = summarise(_measured(Sample(0.0, 0.0, 1.0), seconds=1.0), Limits(first_token_seconds=1.0))
    assert told.good_share == 0.0
