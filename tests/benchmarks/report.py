"""The tables of a run, in 80 columns: beside the others, in figures, alone, and how it grows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from minitls.benchmark.spread import figures

from .adapters import TITLES
from .catalog import IDLE_LIMIT, ROWS, Row
from .results import Document

_WORDS = 34
#: Columns beside the words: who, and how wide.
_OTHERS = {"pyopenssl": 10, "tlslite": 11, "floor": 6}
_ALL = {"minitls": 8, "ssl": 8, "pyopenssl": 10, "tlslite": 11, "floor": 8}


def report(told: Document) -> Iterator[str]:
    """The lines of the report."""
    yield _where(told)
    compared = [ROWS[name] for name, each in told["measures"].items() if "x ssl" in each and ROWS[name].base]
    if compared:
        yield ""
        yield _bold(f"{'x ssl, in the same CPU time':{_WORDS}}{'minitls':>8}{'middle half':>12}{_titles(_OTHERS)}")
        yield from (_compared(row, told) for row in compared)
    counted = [ROWS[name] for name in ("memory", "import") if name in told["measures"]]
    if counted:
        yield ""
        yield _bold(f"{'less is better':{_WORDS}}{_titles(_ALL)}")
        yield from (_counted(row, told) for row in counted)
    others_told = {row.name for row in (*compared, *counted)}
    alone = [
        ROWS[name]
        for name, each in told["measures"].items()
        if name not in others_told and "minitls" in each["figures"]
    ]
    if alone:
        yield ""
        yield _bold(f"{'minitls alone':40}{'median':>20}{'middle half':>20}")
        yield from (_alone(row, told) for row in alone)
    if told["curves"]:
        yield ""
        yield _bold(f"{'how it grows':36}{'size':>12}{'cost':>22}{'exponent':>10}")
        yield from (_curve(each) for each in told["curves"].values())
    missed = list(_missed(told))
    if missed:
        yield ""
        yield _bold("short of the goal")
        yield from missed


def _titles(columns: dict[str, int]) -> str:
    """Their heads; Python's own is called by its module here."""
    return "".join(f"{'ssl' if name == 'ssl' else TITLES[name]:>{width}}" for name, width in columns.items())


def figure(row: Row, told: Document) -> tuple[float, float, float] | None:
    """What is judged of minitls: the ratio where there is one, else the figure; None if it was not measured."""
    each = told["measures"].get(row.name, {})
    found = each.get(f"x {row.base}" if row.base else "figures", {}).get("minitls")
    return tuple(found) if found else None


def _where(told: Document) -> str:
    where = told["machine"]
    return (
        f"{where['date']}, {where['cores']} cores of {where['processor']}, Python {where['python']},\n"
        f"{where['ssl']} under ssl, {where['libcrypto']} under cryptography; "
        f"{told['rounds']} rounds, {told['seconds']} s"
    )


def _compared(row: Row, told: Document) -> str:
    ratios: dict[str, Any] = told["measures"][row.name]["x ssl"]
    line = f"{row.words:{_WORDS}}"
    if "minitls" in ratios:
        low, middle, high = ratios["minitls"]
        colour = "green" if row.passes(middle) and row.aim else "yellow" if row.aim else None
        line += click.style(f"{figures(middle):>8}", fg=colour) + f"{f'{figures(low)}-{figures(high)}':>12}"
    else:
        line += f"{'':20}"
    return line + "".join(
        f"{figures(ratios[name][1]) if name in ratios else '':>{width}}" for name, width in _OTHERS.items()
    )


def _counted(row: Row, told: Document) -> str:
    found = told["measures"][row.name]["figures"]
    cells = (f"{figures(found[name][1]) if name in found else '':>{width}}" for name, width in _ALL.items())
    return f"{f'{row.words}, {row.unit}':{_WORDS}}" + "".join(cells)


def _alone(row: Row, told: Document) -> str:
    ratio = figure(row, told) if row.base else None
    low, middle, high = ratio or told["measures"][row.name]["figures"]["minitls"]
    unit = "" if ratio else f" {row.unit}"
    return f"{row.words:40}{figures(middle) + unit:>20}{f'{figures(low)} - {figures(high)}':>20}"


def _curve(curve: dict[str, Any]) -> str:
    sizes, values = curve["sizes"], curve["values"]
    grown = f"{figures(max(values[0], 0))} - {figures(values[-1])} {curve['unit']}"
    return f"{curve['words']:36}{f'{sizes[0]:,} - {sizes[-1]:,}':>12}{grown:>22}{curve['exponent']:>10.2f}"


def _missed(told: Document) -> Iterator[str]:
    for row in ROWS.values():
        found = figure(row, told)
        if row.aim and found and not row.passes(found[1]):
            bound = "over" if row.less_is_better else "under"
            yield f"  {row.words}: {figures(found[1])}, goal {row.aim.goal:g}, not {bound} {row.aim.least:g}"
    idle = told["curves"].get("idle")
    if idle and idle["values"][-1] > IDLE_LIMIT:
        yield f"  {idle['sizes'][-1]:,} idle connections: {idle['values'][-1]:.0f} MB, goal {IDLE_LIMIT}"


def _bold(text: str) -> str:
    return click.style(text, bold=True)
