"""Two panes of the stepper: what somebody knows after a step, and what the step changed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from rich.text import Text

from ...errors import counted
from ...trace.story.knowledge import VIEWERS
from ..theme import DIM, GOOD, SECRET, hexed, length
from .view import View

CURRENT = "reverse bold"


def secrets(view: View, width: int, height: int) -> list[Text]:
    """What the chosen viewer knows after this step; what is new is marked."""
    title = Text()
    for viewer in VIEWERS:
        title.append(f"{viewer} ", CURRENT if viewer == view.viewer else DIM).append(" ")
    title.truncate(width)
    before = {secret.name for secret in view.before.knows.get(view.viewer, ())} if view.before else set()
    found = view.step.knows.get(view.viewer, ())
    lines = [title]
    for secret in found[-(height - 1) :] if height > 1 else ():
        new = secret.name not in before
        mark = "+" if new else " "
        style = DIM if secret.public else SECRET
        column = max(16, min(28, width - 18))
        line = Text.assemble((f"{mark} ", GOOD), (f"{secret.name:<{column}.{column}}", style), " ")
        line.append(hexed(secret.value, max(2, (width - column - 6) // 2)), style)
        line.truncate(width, overflow="ellipsis")
        lines.append(line)
    return lines if found else [title, Text("  nothing yet", DIM)]


def changes(view: View, width: int, height: int) -> list[Text]:
    """What this step changed: states, knowledge of each viewer, records, keys."""
    lines = [Text(f"what step {view.step.number} changed", "bold")]
    for line in _changed(view):
        lines += wrapped(line, width, "")
    return (lines if len(lines) > 1 else [*lines, Text("nothing", DIM)])[:height]


def _changed(view: View) -> Iterator[str]:
    step, before = view.step, view.before
    for move in step.moves:
        yield f"state: the {move.side} went from {move.from_state} to {move.to_state}"
    for record in step.records:
        sequence = f", sequence number {record.protection.sequence}" if record.protection else ", in the clear"
        yield f"record: {record.sender} {record.number}, 5 + {counted(length(record.fragment), 'byte')}{sequence}"
    if step.keys is not None:
        yield f"keys: the {step.side} holds new keys for what the {step.keys.direction} sends, sequence number 0"
    if step.verdict is not None:
        broken = sum(not check.ok for check in step.checks)
        outcome = "accepted" if step.verdict.accepted else "refused"
        yield f"verdict: {outcome}, {len(step.checks)} checks, {broken} broken"
    learned: dict[str, list[str]] = {}
    for viewer in VIEWERS:
        old = {secret.name for secret in before.knows.get(viewer, ())} if before else set()
        for secret in step.knows.get(viewer, ()):
            if secret.name not in old:
                learned.setdefault(secret.name, []).append(viewer)
    for name, viewers in learned.items():
        everybody = len(viewers) == len(VIEWERS)
        yield f"knowledge: {name}, now known to {'everybody' if everybody else ' and '.join(viewers)}"
    if step.same_as is not None:
        yield f"agreement: the same value as in step {step.same_as}"
    if step.title == "failure":
        yield "the connection is over"


def wrapped(text: str, width: int, style: str) -> list[Text]:
    """`text` in lines of at most `width` columns."""
    return [Text(line, style) for line in textwrap.wrap(text, width)]
