"""The same steps as plain text: for pipes, for terminals without a cursor, for screen readers."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from rich.text import Text

from ...errors import counted
from ...trace.story.knowledge import VIEWERS
from ...trace.story.story import Story
from ..hexrows import rows
from ..reproduce import ShellLines
from . import panes as panes
from .changes import changes
from .view import View

WIDTH = 80
_RULE = "-" * WIDTH


def plain(story: Story, first: int = 1) -> Iterator[str]:
    """Every step from number `first` on, in lines of at most 80 columns."""
    commands = ShellLines(story)
    for index in range(first - 1, len(story.steps)):
        yield from plain_step(View(story, index), commands)


def plain_step(view: View, commands: ShellLines) -> Iterator[str]:
    """One step: what it is, every field, the commands for its values, where both machines stand, what it changed."""
    yield _RULE
    yield panes.headline(view, WIDTH).plain.rstrip()
    for line in [*panes.explanation(view, WIDTH, 1000)]:
        yield _flat(line)
    for layer in view.layers:
        yield f"  {layer.title}, {counted(len(layer.data), 'byte')}"
        for line in rows(layer.data, layer.fields):
            yield _flat(line)
    if not view.layers or view.step.derive:
        for line in panes.summary(view, WIDTH - 2, 10000):
            yield f"  {_flat(line)}"
    for command in commands.of(view.step):
        yield f"  compute it yourself: {command.gives}"
        if command.note:
            yield from textwrap.wrap(command.note, WIDTH, initial_indent="    ", subsequent_indent="    ")
        yield from command.folded()
    for line in changes(view, WIDTH - 2, 40):
        yield f"  {_flat(line)}"
    for side, state in view.step.states.items():
        yield f"  {side:<7} in {state or 'an unknown state'}"
    known = ", ".join(f"{viewer} {len(view.step.knows.get(viewer, ()))}" for viewer in VIEWERS)
    yield f"  values known: {known}"


def _flat(line: Text) -> str:
    return line.plain.rstrip()
