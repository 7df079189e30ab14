"""A run as one JSON document: where and when, every sample, and what follows from them. Tables and picture read it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
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
        "curves": {
            name: {**curve._asdict(), "values": _rounded(curve.values), "exponent": round(curve.exponent, 2)}
            for name, curve in curves.items()
        },
    }


def _measure(name: str, values: Mapping[str, list[float]]) -> Document:
    row = ROWS[name]
    told: Document = {
        "words": row.words,
        "unit": row.unit,
        "less_is_better": row.less_is_better,
        "figures": {each: _rounded(Spread.of(found)) for each, found in values.items()},
    }
    for base in dict.fromkeys((row.base, "floor")):
        if base in values:
            told[f"x {base}"] = {each: _rounded(ratios(found, values[base])) for each, found in values.items()}
    return told | {"samples": {each: _rounded(found) for each, found in values.items()}}


def _rounded(values: Sequence[float]) -> list[float]:
    """To five digits, which is more than a measurement knows."""
    return [float(f"{value:.5g}") for value in values]


def text(told: Document) -> str:
    """The document as JSON, a line for each measure and each curve."""
    parts = []
    for key, value in told.items():
        inner = json.dumps(value)
        if key in ("measures", "curves"):
            inner = (
                "{" + ",".join(f"\n  {json.dumps(name)}: {json.dumps(each)}" for name, each in value.items()) + "\n }"
            )
        parts.append(f" {json.dumps(key)}: {inner}")
    return "{\n" + ",\n".join(parts) + "\n}\n"
