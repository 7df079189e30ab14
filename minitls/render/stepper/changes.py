"""Two panes of the stepper: what somebody knows after a step, and what the step changed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from rich.text import Text

from ...errors import counted
from ...pki.verdict import LAST
from ...trace.story.knowledge import VIEWERS
from ..theme import DIM, GOOD, SECRET, hexed, length
from .view import View

CURRENT = "reverse bold"


def secrets(view: View, width: int, height: int) -> list[Text]:
    """What the chosen viewer knows after this step; what is new is marked. Narrow, each value has its own line."""
    title = Text()
    for viewer in VIEWERS:
        title.append(" " if title else "").append(viewer, CURRENT if viewer == view.viewer else DIM)
    if title.cell_len > width:
        title = Text.assemble((view.viewer, CURRENT), ("  v: who else", DIM))
    before = {secret.name for secret in view.before.knows.get(view.viewer, ())} if view.before else set()
    found = view.step.knows.get(view.viewer, ())
    if not found:
        return [title, Text("  nothing yet", DIM)][:height]
    tall = width < 60 and 1 + 2 * len(found) <= height
    lines = []
    for secret in found:
        new = secret.name not in before
        mark = "+ " if new else "  "
        style = DIM if secret.public else SECRET
        if tall:
            lines.append(Text.assemble((mark, GOOD), (secret.name[: width - 2], style)))
            lines.append(Text(f"  {hexed(secret.value, max(2, (width - 4) // 2))}"[:width], style))
            continue
        # Names first: where there is no room for a column of values, a value has what its name leaves.
        column = min(28, width - 14) if width >= 36 else min(len(secret.name), width - 2)
        name = secret.name if len(secret.name) <= column else f"{secret.name[: column - 1]}…"
        line = Text.assemble((mark, GOOD), (f"{name:<{column}}", style), " ")
        room = (width - column - 5) // 2
        line.append(hexed(secret.value, room) if room > 1 else "", style)
        line.truncate(width, overflow="ellipsis")
        lines.append(line)
    return [title, *lines[-(height - 1) :]] if height > 1 else [title]


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
        yield f"verdict: {outcome}, {sum(check.rule != LAST for check in step.checks)} checks, {broken} broken"
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
