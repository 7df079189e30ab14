"""The score in words: a line for each area, what to do next, and the misses with their diagnosis."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from .grade import FAILED, NOT_ATTEMPTED, PASSED, Score
from .live import CONVERSATIONS
from .operations import OPERATIONS

WIDTH = 80
BAR = 20
#: Reasons shown of each area; --json has them all.
SHOWN = 3
WHAT_TO_DO = {operation.name: operation.todo for operation in OPERATIONS} | CONVERSATIONS


def scoreboard(score: Score) -> Iterator[tuple[str, str]]:
    """Lines of at most 80 columns, each with a style: "good", "bad", "plain", "dim", "head"."""
    width = max((len(area) for area in score.areas), default=4)
    yield "head", f"{'area':{width}}  passed"
    for area, marks in score.areas.items():
        passed = sum(mark.state == PASSED for mark in marks)
        bar = ("█" * round(BAR * passed / len(marks))).ljust(BAR, "░")
        if all(mark.state == NOT_ATTEMPTED for mark in marks):
            yield "dim", f"{area:{width}}  {'':9} {bar}  not attempted"
            continue
        style = "good" if passed == len(marks) else "bad"
        yield style, f"{area:{width}}  {passed:4}/{len(marks):<4} {bar}"
    yield "head", f"{'score':{width}}  {score.percent:7.1f} %"
    yield from _misses(score)
    following = _next(score)
    if following is not None:
        yield "plain", ""
        for line in textwrap.wrap(f"next: {following}: {WHAT_TO_DO.get(following, '')}", WIDTH):
            yield "head", line


def _next(score: Score) -> str | None:
    """What was tried and missed comes before what was not tried."""
    for state in (FAILED, NOT_ATTEMPTED):
        for area, marks in score.areas.items():
            if any(mark.state == state for mark in marks):
                return area
    return None


def _misses(score: Score) -> Iterator[tuple[str, str]]:
    """Area by area, what was wrong: named mistakes first, the largest group first."""
    for area in score.areas:
        groups = score.groups(area)
        if not groups:
            continue
        missed = sum(len(group.cases) for group in groups)
        yield "plain", ""
        yield "head", f"{area}: {missed} missed"
        for group in groups[:SHOWN]:
            count = len(group.cases)
            share = f"{'all ' if count == missed > 1 else ''}{count} {'case' if count == 1 else 'cases'}"
            yield "plain", _fitting(f"  {share}: {group.cases[0]}{' and others' if count > 1 else ''}")
            for line in textwrap.wrap(group.message, WIDTH - 4):
                yield "bad", f"    {line}"
        if len(groups) > SHOWN:
            rest = sum(len(group.cases) for group in groups[SHOWN:])
            yield "dim", f"  {rest} more, for other reasons (--json has them all)"


def _fitting(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 2]}.."
