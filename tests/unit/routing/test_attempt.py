"""The outcomes of attempts mean the same to the router, to the breakers and in the ledger."""

from typing import get_args

from app.routing.attempt import ANSWERED, WORKED, Outcome
from app.routing.breakers.redis_breaker import VERDICTS
from app.storage.ledger import attempt_row


def test_the_ledger_counts_the_same_outcomes_as_answered() -> None:
    assert set(attempt_row.ANSWERED) == ANSWERED
    assert ANSWERED <= WORKED <= set(get_args(Outcome))


def test_every_outcome_says_something_about_its_server() -> None:
    assert set(VERDICTS) == set(get_args(Outcome))
