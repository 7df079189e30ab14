"""The ladder: a handshake as one page, the first screen of minitls.

    render_ladder(trace, console)          what `minitls demo` and `minitls trace show` print

Time runs downwards, the client is on the left, the server on the right. A message is an arrow with its size, then the
fields that matter; thick arrows are protected records, with what travels and what it decrypts to. Between arrows stands
what each side does by itself, behind its name; and where a machine moves, its new state, on its own side.

Colour repeats what the words say: one for the client, one for the server, one for secrets, one each for good and bad.
Without a terminal, or with NO_COLOR, the text is the same.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from ...errors import alert_name
from ...observe import Side
from ...trace.explain import annotate
from ...trace.explain.facts import Fact, facts
from ...trace.file.events import Elided, Event
from ...trace.file.jsonl import Header, Trace
from ...trace.story.step import Move, Step, WireRecord
from ...trace.story.story import Story
from ..phases import phase_of
from ..theme import (
    BAD,
    DIM,
    GOOD,
    PART,
    SECRET,
    STYLE,
    UNICODE,
    WIDTH,
    Glyphs,
    glyphs_for,
    hexed,
    known,
    length,
    parts_line,
    said,
    width_for,
)
from ..words import who_else
from .actions import Actions

__all__ = ["Ladder", "phase_of", "render_ladder"]

_NUMBER, _INDENT, _LABEL = 4, 6, 16


def render_ladder(trace: Trace | Sequence[Event], console: Console) -> None:
    """Print the ladder of a trace, or of the events of one that is still being recorded."""
    if not isinstance(trace, Trace):
        by = tuple(dict.fromkeys(event.by for event in trace))
        trace = Trace(Header(by, ""), tuple(trace))
    for line in Ladder(trace, glyphs_for(console), width_for(console)).lines():
        console.print(line, no_wrap=True, crop=False, overflow="ignore", highlight=False)


class Ladder:
    """The lines of one ladder."""

    def __init__(self, trace: Trace, glyphs: Glyphs = UNICODE, width: int = WIDTH) -> None:
        self.story = Story(trace)
        self.width, self.glyphs = width, glyphs
        self._actions = Actions(width - _NUMBER - 11, glyphs)

    def lines(self) -> Iterator[Text]:
        """Every line, none wider than `width` columns."""
        yield from self._head()
        previous: Step | None = None
        phase = ""
        for step in self.story.steps:
            if (begins := phase_of(step, phase)) != phase:
                phase, previous = begins, None
                yield from (Text(), Text(phase, "bold underline"))
            if step.kind in ("message", "data", "record"):
                yield Text()
                yield self._arrow(step)
                yield from self._travels(step)
            else:
                yield from self._does(step, previous)
            yield from self._moves(step.moves)
            previous = step
        yield from self._foot()

    # The head: what this is, and where both stand.

    def _head(self) -> Iterator[Text]:
        story = self.story
        how = f"resumed by {story.resumed}" if story.resumed else "full handshake" if story.suite else ""
        chosen = story.chosen_suite
        suite = story.suite or (f"{chosen}, not decrypted" if chosen else "no suite was agreed")
        yield Text.assemble(("TLS 1.2", "bold"), f"  {suite}", (f"  {how}" if how else "", DIM))
        yield Text()
        yield self._two("CLIENT", "SERVER", "bold ")
        opening = story.opening
        if any(opening.values()):
            left, right = (self._state(side, opening[side]) if opening[side] else "" for side in opening)
            yield self._two(left, right)

    def _two(self, left: str, right: str, style: str = "") -> Text:
        gap = max(1, self.width - cell_len(left) - cell_len(right)) if right else 0
        return Text.assemble((left, style + STYLE["client"]), " " * gap, (right, style + STYLE["server"]))

    def _state(self, side: Side, state: str) -> str:
        return f"{self.glyphs.state} {state}" if side == "client" else f"{state} {self.glyphs.state}"

    def _moves(self, moves: tuple[Move, ...]) -> Iterator[Text]:
        """New states, each on its own side; two that belong together share a line."""
        last = {move.side: self._state(move.side, move.to_state) for move in moves}
        if last:
            yield self._two(last.get("client", ""), last.get("server", ""))

    # What travels.

    def _arrow(self, step: Step) -> Text:
        size = self._size(step)
        protected = any(record.protection for record in step.records) or step.number in self.story.sealed
        line = self.glyphs.protected if protected else self.glyphs.clear
        name = "application data" if step.kind == "data" else step.title
        if step.alert is not None:
            name = f"Alert {alert_name(step.alert.description)}"
        room = self.width - _NUMBER - cell_len(name) - cell_len(size) - 7
        number = (f"{step.number:>3} ", DIM)
        style = STYLE[step.side]
        parts: tuple[str | tuple[str, str], ...]
        if step.side == "client":
            parts = (
                (name, f"bold {style}"),
                (f" {line * room} ", style),
                size,
                (f" {line * 2}{self.glyphs.right}", style),
            )
        else:
            parts = (
                (f"{self.glyphs.left}{line * 2} ", style),
                size,
                (f" {line * room} ", style),
                (name, f"bold {style}"),
            )
        return Text.assemble(number, *parts)

    def _size(self, step: Step) -> str:
        carried = sum(length(record.fragment) for record in step.records)
        protected = any(record.protection for record in step.records)
        count = len(step.records)
        if step.message is not None:
            size = length(step.message.bytes)
        else:
            size = length(step.data) if step.data is not None else carried
        text = f"{size:,} byte{'' if size == 1 else 's'}"
        if len(self.story.trace.header.by) == 2 and not step.arrived:
            return f"{text}, never read"
        if count > 1:
            return f"{text} in {count} records"
        return f"{text}, {carried} on the wire" if protected else text

    def _travels(self, step: Step) -> Iterator[Text]:
        if step.message is not None and step.alert is None and not isinstance(step.message.bytes, Elided):
            yield from self._rows(facts(step.message.type, step.message.bytes, step.key_exchange))
        elif step.kind == "data":
            yield from self._rows([("says", said(step.data))])
        elif step.kind == "record":
            yield from self._rows([("", self._unread(step))])
        for record in step.records:
            if record.protection is not None:
                yield from self._wire(record)

    def _unread(self, step: Step) -> str:
        """Why nothing is told of what is in a record."""
        if step.number in self.story.sealed:
            return "protected, and nobody who tells this could open it"
        return "of which no message came"

    def _wire(self, record: WireRecord) -> Iterator[Text]:
        """A protected record: what an eavesdropper sees, and what the keys make of it."""
        protection = record.protection
        assert protection is not None
        room = self.width - _INDENT - _LABEL
        if isinstance(record.fragment, Elided):
            yield self._row("on the wire", hexed(record.fragment, 0), DIM)
            return
        outside = annotate.record(known(record.header), record.fragment, protection)[3:]
        wire = [(PART[field.kind], record.fragment[field.start - 5 : field.end - 5]) for field in outside]
        yield self._row("on the wire", parts_line(wire, room), DIM)
        inside, fields = annotate.decrypted(protection)
        if not inside:
            yield self._row("decrypts to", hexed(protection.plaintext, 0), SECRET)
            return
        content = inside[: length(protection.plaintext)]
        macs = [("MAC", inside[field.start : field.end]) for field in fields if field.kind == "cbc.mac"]
        padding = [("padding", known(protection.padding))] if protection.padding else []
        yield self._row("decrypts to", parts_line([("", content), *macs, *padding], room), SECRET)

    # What a side does by itself.

    def _does(self, step: Step, previous: Step | None) -> Iterator[Text]:
        opens = previous is None or previous.side != step.side or previous.kind in ("message", "data", "record")
        if opens:
            yield Text()
        for index, line in enumerate(self._actions.lines(step)):
            name = step.side if opens and index == 0 else ""
            style = STYLE[step.side]
            yield Text.assemble((f"{step.number if index == 0 else '':>3} ", DIM), (f"{name:<9}", f"bold {style}"),
                                (f"{self.glyphs.bar} ", style), line)  # fmt: skip

    # The foot: how it ended.

    def _foot(self) -> Iterator[Text]:
        steps = self.story.steps
        yield Text()
        if self.story.failure is not None:
            error = str(self.story.failure.values.get("error"))
            yield Text(f"{self.glyphs.bad} The connection failed: {error}.", BAD)
        elif sum(step.title == "Finished" for step in steps) == 2:
            yield Text(f"{self.glyphs.good} Both Finished verified: the same secret, the same handshake.", GOOD)
            yield from (Text(line) for line in textwrap.wrap(who_else(self.story), self.width))
        elif self.story.sealed:
            yield Text("What is protected could not be opened with what is known here.", BAD)
        else:
            yield Text("The handshake did not come to its end.", BAD)

    # Rows of label and text.

    def _rows(self, rows: list[Fact]) -> Iterator[Text]:
        for label, text in rows:
            width = self.width - _INDENT - (_LABEL if label else 0)
            for index, line in enumerate(textwrap.wrap(text, width) or [""]):
                yield self._row(label if index == 0 else " " * bool(label), line)

    def _row(self, label: str, text: str, style: str = "") -> Text:
        head = f"{label:<{_LABEL}}" if label else ""
        return Text.assemble(" " * _INDENT, (head, DIM), (text, style))
