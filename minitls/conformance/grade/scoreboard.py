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
    for area, marks in score.areas.items():
        failed = [mark for mark in marks if mark.state == FAILED]
        if not failed:
            continue
        yield "plain", ""
        yield "head", f"{area}: {len(failed)} missed"
        reasons: dict[str, list[str]] = {}
        for mark in failed:
            reasons.setdefault(mark.message, []).append(mark.case)
        for message, cases in list(reasons.items())[:SHOWN]:
            more = f" and {len(cases) - 1} more" if len(cases) > 1 else ""
            yield "plain", f"  {cases[0]}{more}"
            for line in textwrap.wrap(message, WIDTH - 4):
                yield "bad", f"    {line}"
        if len(reasons) > SHOWN:
            yield "dim", f"  and {len(reasons) - SHOWN} other reasons (--json has them all)"
