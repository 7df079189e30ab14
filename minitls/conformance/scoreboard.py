"""The score in words: a line for each area, what to do next, and the misses with their diagnosis."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from .grade import FAILED, NOT_ATTEMPTED, PASSED, Mark, Score
from .live import CONVERSATIONS
from .operations import OPERATIONS

WIDTH = 80
BAR = 20
#: Misses shown of each area; --json has them all.
SHOWN = 3
TODO = {operation.name: operation.todo for operation in OPERATIONS} | CONVERSATIONS


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
    following = next((area for area, marks in score.areas.items() if any(m.state != PASSED for m in marks)), None)
    if following is not None:
        yield "plain", ""
        for line in textwrap.wrap(f"next: {following}: {TODO.get(following, '')}", WIDTH):
            yield "head", line


def _misses(score: Score) -> Iterator[tuple[str, str]]:
    for area, marks in score.areas.items():
        failed = [mark for mark in marks if mark.state == FAILED]
        if not failed:
            continue
        yield "plain", ""
        yield "head", f"{area}: {len(failed)} missed"
        for mark in _telling(failed):
            yield "plain", f"  {mark.case}"
            for line in textwrap.wrap(mark.message, WIDTH - 4):
                yield "bad", f"    {line}"
        if len(failed) > SHOWN:
            yield "dim", f"  and {len(failed) - SHOWN} more (--json shows all)"


def _telling(failed: list[Mark]) -> list[Mark]:
    """A few misses: first those that say different things."""
    different = list({mark.message: mark for mark in reversed(failed)}.values())[::-1]
    rest = [mark for mark in failed if mark not in different]
    return [*different, *rest][:SHOWN]
