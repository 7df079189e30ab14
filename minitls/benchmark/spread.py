"""What many noisy rounds say: the median, and the middle half of them beside it."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import quantiles
from typing import NamedTuple


class Spread(NamedTuple):
    """The three quartiles: half of all values lie from `low` to `high`."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """ValueError if there are no values."""
        if not values:
            raise ValueError("there are no values")
        if len(values) == 1:
            return cls(values[0], values[0], values[0])
        return cls(*quantiles(values, n=4, method="inclusive"))


def ratios(values: Sequence[float], base: Sequence[float]) -> Spread:
    """How many times as much as `base`, round by round: what disturbs one round disturbs both. ValueError if empty."""
    return Spread.of([mine / theirs for mine, theirs in zip(values, base, strict=True)])


def figures(value: float) -> str:
    """A number with the digits that mean something: 1,302, 13.0, 1.30, 0.064, 0.0002."""
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 10:
        return f"{value:.1f}"
    if value >= 0.1:
        return f"{value:.2f}"
    return f"{value:.3f}" if value >= 0.01 else f"{value:.1g}"
