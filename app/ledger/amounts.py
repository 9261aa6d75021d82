"""Exact amounts of money, and dividing them so that the parts add up to the whole. Called all over the ledger."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal, localcontext

CENT = Decimal("0.01")
# The smallest step in which the ledger divides: a millionth of a cent, far below the price of one token.
QUANTUM = Decimal("1E-8")
_DIGITS = 50  # enough digits for any month's bill divided by any number of tokens without visible rounding


def cents(amount: Decimal) -> Decimal:
    """Rounded to whole cents, as shown to people."""
    return amount.quantize(CENT, ROUND_HALF_EVEN)


def whole_dollars_up(amount: Decimal) -> Decimal:
    """The planning figure of a month: the next whole dollar ($726.48 is planned as $727)."""
    return amount.to_integral_value(ROUND_CEILING)


def quotient(dividend: Decimal, divisor: Decimal) -> Decimal:
    """`dividend / divisor` with more digits than any amount has."""
    with localcontext() as context:
        context.prec = _DIGITS
        return dividend / divisor


def split_exactly(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Divide `total` in proportion to `weights`, by the largest-remainder method in steps of `QUANTUM`.

    The parts add up to `total` exactly and are never negative; parts of equal weight differ by one quantum at most.
    Digits of `total` below a quantum go to the heaviest part. Raises `ValueError` for a negative total or weight, and
    when all weights are zero.
    """
    if total < 0 or any(weight < 0 for weight in weights):
        raise ValueError("amounts and weights must not be negative")
    with localcontext() as context:
        context.prec = _DIGITS
        whole = sum(weights, Decimal(0))
        if whole == 0:
            raise ValueError("nothing to divide among: all weights are zero")
        floor = int(total / QUANTUM)
        dust = total - floor * QUANTUM
        exact = [floor * weight / whole for weight in weights]
        quanta = [int(value) for value in exact]
        # Among equal remainders the heavier comes first, so that the result depends on the weights and not on their
        # order.
        order = sorted(range(len(weights)), key=lambda i: (exact[i] - quanta[i], weights[i]), reverse=True)
        for index in order[: floor - sum(quanta)]:
            quanta[index] += 1
        parts = [count * QUANTUM for count in quanta]
        if dust:
            heaviest = max(range(len(weights)), key=lambda i: weights[i])
            parts[heaviest] += dust
        return parts


def even_share(total: Decimal, index: int, count: int) -> Decimal:
    """Part `index` of `total` divided into `count` equal parts; all parts add up to `total` exactly."""
    if not 0 <= index < count:
        raise ValueError(f"there is no part {index} of {count}")
    with localcontext() as context:
        context.prec = _DIGITS
        whole = int(total / QUANTUM)
        part = (whole * (index + 1) // count - whole * index // count) * QUANTUM
        return part + (total - whole * QUANTUM if index == count - 1 else 0)
