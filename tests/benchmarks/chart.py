"""The picture of the README: each measure a row, each implementation a dot, how many times as fast as Python's ssl.

The axis is logarithmic, so that twice and half are equally far from 1. A bar through the dot of minitls is the middle
half of the rounds. The picture brings its own background, since whoever shows it may be in the other mode than the
reader's system, which decides between light and dark.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from math import log
from typing import Any

from minitls.benchmark.spread import figures

from .adapters import TITLES
from .results import Document

WIDTH, ROW, TOP = 880, 30, 92
#: The axis: where it begins and ends, and what it shows.
LEFT, RIGHT, LEAST, MOST = 350, 790, 0.25, 12.0
TICKS = (0.25, 0.5, 1, 2, 4, 8)
DOTS = ("floor", "tlslite", "pyopenssl", "minitls")
LEGENDS = {"floor": "the floor: cryptography's calls alone", "tlslite": "tlslite-ng, off the scale"}
#: Where each legend begins.
LEGEND_AT = {"minitls": 24, "pyopenssl": 102, "tlslite": 202, "floor": 372}
STYLE = """
  .paper { fill: #ffffff; stroke: #d0d7de }
  text { font: 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
  .title { font-size: 17px; font-weight: 600 }
  .quiet { fill: #59636e; font-size: 12px }
  .figure { font-weight: 600 }
  .line { stroke: #d8dee4 }
  .one { stroke: #59636e; stroke-width: 1.5 }
  .half { stroke: #0969da; stroke-width: 7; opacity: .3 }
  .minitls { fill: #0969da }
  .pyopenssl { fill: #bc4c00 }
  .tlslite { fill: #8250df }
  .floor { fill: none; stroke: #59636e; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; stroke: #3d444d }
    text { fill: #f0f6fc }
    .quiet { fill: #9198a1 }
    .line { stroke: #2a313c }
    .one { stroke: #9198a1 }
    .half { stroke: #4493f8 }
    .minitls { fill: #4493f8 }
    .pyopenssl { fill: #f0883e }
    .tlslite { fill: #ab7df8 }
    .floor { stroke: #9198a1 }
  }
"""


def draw(told: Document) -> str:
    """The SVG of a run, self-contained."""
    rows = [(each["words"], each["x ssl"]) for each in told["measures"].values() if "x ssl" in each]
    bottom = TOP + ROW * len(rows)
    notes = list(_notes(told))
    height = bottom + 48 + 19 * len(notes)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img">',
        f"<title>{escape(_alternative(rows))}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="paper" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
        _text(24, 32, "How many times as fast as Python's ssl", "title"),
        *_legend(),
        *_axis(bottom),
        *(mark for at, (words, ratios) in enumerate(rows) for mark in _row(TOP + ROW * at + ROW / 2, words, ratios)),
        *(_text(24, bottom + 46 + 19 * at, note, "quiet") for at, note in enumerate(notes)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _x(ratio: float) -> float:
    """Where a ratio stands; what is off the axis stands at its end."""
    share = log(min(max(ratio, LEAST), MOST) / LEAST) / log(MOST / LEAST)
    return round(LEFT + share * (RIGHT - LEFT), 1)


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def _legend() -> Iterator[str]:
    for name, x in LEGEND_AT.items():
        yield _off_scale(name, x + 2, 54) if name == "tlslite" else _dot(name, x + 6, 54)
        yield _text(x + 18, 58, LEGENDS.get(name, TITLES[name]), "quiet")


def _axis(bottom: int) -> Iterator[str]:
    for tick in TICKS:
        kind = "one" if tick == 1 else "line"
        yield f'<line class="{kind}" x1="{_x(tick)}" x2="{_x(tick)}" y1="{TOP - 6}" y2="{bottom}"/>'
        yield _text(_x(tick), bottom + 17, f"{tick:g}", "quiet", "middle")
    yield _text(_x(1) - 10, TOP - 12, "slower", "quiet", "end")
    yield _text(_x(1) + 10, TOP - 12, "faster", "quiet")
    yield _text(WIDTH - 24, TOP - 12, "minitls", "quiet", "end")


def _row(y: float, words: str, ratios: dict[str, Any]) -> Iterator[str]:
    yield _text(24, y + 4, words)
    if "minitls" in ratios:
        low, middle, high = ratios["minitls"]
        yield f'<line class="half" x1="{_x(low)}" x2="{_x(high)}" y1="{y}" y2="{y}" stroke-linecap="round"/>'
        yield _text(WIDTH - 24, y + 4, figures(middle), "figure", "end")
    for each in DOTS:
        if each in ratios:
            middle = ratios[each][1]
            if middle < LEAST:
                yield _off_scale(each, LEFT - 12, y)
                yield _text(LEFT - 18, y + 4, figures(middle), "quiet", "end")
                continue
            yield _dot(each, _x(middle), y)


def _dot(name: str, x: float, y: float) -> str:
    if name == "floor":
        return f'<line class="floor" x1="{x}" x2="{x}" y1="{y - 7}" y2="{y + 7}"/>'
    return f'<circle class="{name}" cx="{x}" cy="{y}" r="{6 if name == "minitls" else 4.5}"/>'


def _off_scale(name: str, x: float, y: float) -> str:
    """An arrow to the left: the dot would be further on."""
    return f'<path class="{name}" d="M{x} {y} l8 -4.5 v9 z"/>'


def _notes(told: Document) -> Iterator[str]:
    facts = [
        f"{words} {figures(each['figures']['minitls'][1])} {each['unit']}{_beside(each)}"
        for name, words in (("memory", "an open pair takes"), ("import", "importing takes"))
        if "minitls" in (each := told["measures"].get(name, {"figures": {}}))["figures"]
    ]
    idle = told["curves"].get("idle")
    if idle:
        facts.append(f"{idle['sizes'][-1]:,} idle connections {figures(max(idle['values'][-1], 0))} MB")
    if facts:
        yield "; ".join(facts)
    where = told["machine"]
    yield (
        f"{where['date']}: {where['cores']} cores of {where['processor']}, Python {where['python']}, "
        f"{where['ssl']} under ssl, {where['libcrypto']} under cryptography"
    )
    yield (
        f"client and server together, in CPU time; chain and host name verified; medians of {told['rounds']} "
        "interleaved rounds, the bar is their middle half"
    )


def _beside(each: dict[str, Any]) -> str:
    theirs = each["figures"].get("ssl")
    return f" (ssl {figures(theirs[1])})" if theirs and each["unit"] == "KiB" else ""


def _alternative(rows: list[tuple[str, dict[str, Any]]]) -> str:
    """The picture in words, for who does not see it."""
    told = (f"{words} {figures(each['minitls'][1])}" for words, each in rows if "minitls" in each)
    return f"minitls, times Python's ssl: {', '.join(told)}"
