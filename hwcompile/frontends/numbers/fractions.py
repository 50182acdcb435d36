"""Small integers whose ratio lies in an interval."""

from __future__ import annotations

import math
from fractions import Fraction


def _simplest_positive(low: Fraction, high: Fraction | None) -> Fraction:
    """The fraction with the smallest denominator, then numerator, in 0 <= low < x < high.

    Walks the continued fractions of both bounds together.
    """
    whole = math.floor(low)
    if high is None or whole + 1 < high:
        return Fraction(whole + 1)
    if low == whole:
        # Strictly between `whole` and `high <= whole + 1`: whole + 1/n with the smallest n.
        return whole + Fraction(1, math.floor(1 / (high - whole)) + 1)
    inner = _simplest_positive(1 / (high - whole), 1 / (low - whole))
    return whole + 1 / inner


def signed_digits(value: int) -> int:
    """Non-zero digits in canonical signed-digit form: adders of a multiplication, plus one."""
    magnitude = abs(value)
    return ((3 * magnitude) ^ magnitude).bit_count()


def cheapest_coefficients(
    low: Fraction | None, high: Fraction | None, limit: int = 1 << 16
) -> tuple[int, int] | None:
    """Integers (p, q), q > 0 and p != 0, with p/q strictly between, cheapest in hardware.

    Cheap means few signed digits, then few bits. Candidates are the simplest fraction and those
    whose numerator or denominator is a power of two.

    Args:
        low: Lower bound, excluded; None means minus infinity.
        high: Upper bound, excluded; None means plus infinity.
        limit: Largest magnitude of p and q.
    """
    if low is not None and high is not None and low >= high:
        return None
    zero = Fraction(0)
    positive = (zero if low is None else max(low, zero), high, 1)
    negative = (zero if high is None else max(-high, zero), None if low is None else -low, -1)
    found = [
        (sign * p, q)
        for side_low, side_high, sign in (positive, negative)
        if side_high is None or side_low < side_high
        for p, q in _candidates(side_low, side_high, limit)
    ]
    return min(found, key=_cost, default=None)


def _cost(pair: tuple[int, int]) -> tuple[int, int, int]:
    digits = signed_digits(pair[0]) + signed_digits(pair[1])
    # A positive coefficient of the same size is nicer to read.
    return digits, abs(pair[0]).bit_length() + pair[1].bit_length(), int(pair[0] < 0)


def _candidates(low: Fraction, high: Fraction | None, limit: int) -> list[tuple[int, int]]:
    """Pairs (p, q) of positive integers with low < p/q < high."""
    simplest = _simplest_positive(low, high)
    found = [(simplest.numerator, simplest.denominator)]
    for k in range(limit.bit_length()):
        power = 1 << k
        above = math.floor(low * power) + 1
        found.append((above, power))
        if low > 0:
            found.append((power, math.ceil(power / low) - 1))
        elif high is not None:
            found.append((power, math.floor(power / high) + 1))
    return [
        (p, q)
        for p, q in found
        if 0 < p <= limit
        and 0 < q <= limit
        and Fraction(p, q) > low
        and (high is None or Fraction(p, q) < high)
    ]
