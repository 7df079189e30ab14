"""A run as one JSON document: where and when, every sample, and what follows from them. Tables and picture read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minitls.benchmark.rounds import Samples
from minitls.benchmark.spread import Spread, ratios

from .catalog import ROWS
from .curves import Curve

Document = dict[str, Any]


def document(
    samples: Samples, curves: Mapping[str, Curve], machine: Mapping[str, str], rounds: int, seconds: float
) -> Document:
    """Everything in JSON types. Figures are (low, median, high): the middle half of the rounds and their median."""
    return {
        "machine": dict(machine),
        "rounds": rounds,
        "seconds": round(seconds),
        "measures": {name: _measure(name, samples[name]) for name in ROWS if name in samples},
        "curves": {name: {**curve._asdict(), "exponent": round(curve.exponent, 2)} for name, curve in curves.items()},
    }


def _measure(name: str, values: Mapping[str, list[float]]) -> Document:
    row = ROWS[name]
    told: Document = {
        "words": row.words,
        "unit": row.unit,
        "less_is_better": row.less_is_better,
        "figures": {each: Spread.of(found) for each, found in values.items()},
    }
    for base in dict.fromkeys((row.base, "floor")):
        if base in values:
            told[f"x {base}"] = {each: ratios(found, values[base]) for each, found in values.items()}
    return told | {"samples": dict(values)}
