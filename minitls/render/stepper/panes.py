"""The panes of the stepper: each a function of a view and a size, giving lines of text that fit.

Nothing here knows of Textual. The plain stepper prints the same panes, a test compares them.
"""

from __future__ import annotations

import textwrap
from typing import NamedTuple

from rich.cells import cell_len
from rich.text import Text

from ...errors import counted
from ...handshake.tls12 import listener_states as overheard
from ...handshake.tls12.states import TABLES
from ...observe import Side
from ...trace.explain.facts import facts
from ...trace.file.events import SIDES, Elided
from ...trace.story.step import Step
from ..hexrows import tail
from ..ladder.actions import Actions
from ..theme import DIM, SECRET, STYLE, UNICODE, hexed
from ..words import is_secret, title_of, words_for
from .changes import CURRENT, wrapped
from .view import View, why


class Placed(NamedTuple):
    """A line, and what a click on it means: a step's index or a field's number, None for nothing."""

    text: Text
    target: int | None


def ladder(view: View, width: int, height: int) -> list[Placed]:
    """The steps around the current one, arrows for what travels, on each side what that side does."""
    steps = view.story.steps
    top = max(0, min(view.index - height // 2, len(steps) - height))
    return [
        Placed(_rung(step, width, step.number - 1 == view.index), step.number - 1) for step in steps[top : top + height]
    ]


def _rung(step: Step, width: int, current: bool) -> Text:
    name = title_of(step)
    style = STYLE[step.side]
    number = f"{step.number:>3}{UNICODE.right if current else ' '}"
    room = width - len(number)
    if step.kind in ("message", "data", "record"):
        protected = any(record.protection for record in step.records)
        line = UNICODE.protected if protected else UNICODE.clear
        name = name[: room - 4]
        rest = line * max(1, room - cell_len(name) - 3)
        body = f"{name} {rest}{UNICODE.right}" if step.side == "client" else f"{UNICODE.left}{rest} {name}"
        body = f"{body:<{room}}"
    else:
        name = name[: room - 2]
        server = step.side == "server"
        body = f"{f'{name} {UNICODE.bar}':>{room}}" if server else f"{f'{UNICODE.bar} {name}':<{room}}"
    if current:
        return Text(f"{number}{body}", f"{CURRENT} {style}")
    return Text.assemble((number, DIM), (body, style if step.records else DIM))


def machines(view: View, width: int, height: int) -> list[Text]:
    """Both machines, the current states lit: all states where there is room, else each side's on one line."""
    lists = [_states_of(view, side) for side in SIDES]
    if height < max(len(states) for states in lists) + 1:
        return [_strip(view, side, width) for side in SIDES]
    half = width // 2
    lines = [_columns([Text(side, f"bold {STYLE[side]}") for side in SIDES], half)]
    for row in range(max(len(states) for states in lists)):
        cells = [_state(view, side, row, half) for side in SIDES]
        lines.append(_columns(cells, half))
    return lines


def _columns(cells: list[Text], width: int) -> Text:
    line = Text()
    for cell in cells:
        cell.truncate(width - 1)
        line.append_text(cell).append(" " * (width - cell_len(cell.plain)))
    return line


def _state(view: View, side: Side, row: int, width: int) -> Text:
    states = _states_of(view, side)
    if row >= len(states):
        return Text()
    name = states[row]
    now = view.step.states.get(side, "") == name
    mark = UNICODE.state if now else " "
    moved = any(move.side == side and move.to_state == name for move in view.step.moves)
    return Text(f"{mark} {name}{' <' if moved else ''}", f"bold {STYLE[side]}" if now else DIM)


def _strip(view: View, side: Side, width: int) -> Text:
    """One side's state on one line, with the move that this step made."""
    moves = [move for move in view.step.moves if move.side == side]
    now = view.step.states.get(side, "") or "unknown"
    line = Text.assemble((f"{side:<7}", f"bold {STYLE[side]}"), (f"{UNICODE.state} {now}", f"bold {STYLE[side]}"))
    if moves:
        line.append(f"  was {moves[0].from_state}", DIM)
    line.truncate(width, overflow="ellipsis")
    return line


def _states_of(view: View, side: Side) -> list[str]:
    """The states of a side's table, in its order; a failed connection ends in CLOSED."""
    tables = overheard.TABLES if "observer" in view.story.trace.header.by else TABLES
    return [state.name for state in tables[side]]


def layers(view: View, width: int, height: int) -> list[Placed]:
    """The bytes of the layer under the cursor, the field lit; beside or below them the fields around it."""
    if view.field is None:
        return [Placed(line, None) for line in summary(view.step, width)[:height]]
    layer, field = view.field
    first = 0
    for each in view.layers:
        if each is layer or each == layer:
            break
        first += len(each.fields)
    number = view.cursor - first
    head = Text.assemble(
        (layer.title, SECRET if layer.secret else "bold"), (f"  {counted(len(layer.data), 'byte')}", DIM)
    )
    if len(view.layers) > 1:
        head.append(f"  ({_position(view, layer.title)} of {len(view.layers)})", DIM)
    head.truncate(width, overflow="ellipsis")
    hexes = _hex(layer.data, field.start, field.end, 8, height - 1)
    room = width - 31
    top = max(0, min(number - (height - 1) // 2, len(layer.fields) - (height - 1)))
    lines = [Placed(head, None)]
    for row in range(height - 1):
        line = hexes[row] if row < len(hexes) else Text(" " * 29)
        at = top + row
        target = None
        line.append("  ")
        if at < len(layer.fields):
            line.append_text(_field_line(layer.fields[at].said, tail(layer.fields[at]), room, at == number))
            target = first + at
        elif row >= len(hexes):
            break
        lines.append(Placed(line, target))
    return lines


def _position(view: View, title: str) -> int:
    return next((index for index, each in enumerate(view.layers, 1) if each.title == title), 1)


def _field_line(said: str, name: str, room: int, lit: bool) -> Text:
    line = Text.assemble((name, "" if lit else "bold"), "  ", said)
    line.truncate(room, overflow="ellipsis", pad=lit)
    if lit:
        line.stylize(CURRENT)
    return line


def _hex(data: bytes, start: int, end: int, per_row: int, height: int) -> list[Text]:
    """Rows of hex around the lit bytes, each exactly 29 columns."""
    count = (len(data) + per_row - 1) // per_row
    row = start // per_row
    top = max(0, min(row - max(1, height // 3), count - height))
    lines = []
    for each in range(top, min(top + height, count)):
        line = Text(f"{each * per_row:04x} ", DIM)
        for at in range(each * per_row, each * per_row + per_row):
            if at >= len(data):
                line.append("   ")
                continue
            lit = start <= at < end
            glue = lit and at + 1 < end and at % per_row != per_row - 1
            line.append(f"{data[at]:02x}", CURRENT if lit else "not dim").append(" ", CURRENT if glue else "")
        lines.append(line)
    return lines


def summary(step: Step, width: int) -> list[Text]:
    """A step without bytes of its own: its derivation, verdict, keys or note."""
    lines = [part for line in Actions(width, UNICODE).lines(step) for part in _fitted(line, width)]
    derive = step.derive
    if derive is not None and not isinstance(derive.output, Elided) and step.same_as is None:
        style = SECRET if is_secret(derive.name) else ""
        lines = [Text(derive.name, "bold"), *wrapped(f"= {derive.formula}", width, DIM), Text()]
        for each in derive.steps:
            room = max(4, (width - max(7, len(each.name) + 1) - 2) // 2)
            lines.append(Text.assemble((f"{each.name:<6} ", DIM), hexed(each.output, room)))
        lines += [Text(), *[Text(part, style) for part in textwrap.wrap(derive.output.hex(), width // 2 * 2)]]
    return lines


def _fitted(line: Text, width: int) -> list[Text]:
    """The line itself, or wrapped if it is too long, then in the style of its beginning."""
    if line.cell_len <= width:
        return [line]
    return [Text(part, line.style or DIM) for part in textwrap.wrap(line.plain, width)]


def explanation(view: View, width: int, height: int) -> list[Text]:
    """The step, or once the cursor has moved the field under it: what, why, what goes wrong, the section."""
    found = view.field if view.cursor else None
    if found is not None:
        _, field = found
        name = Text.assemble((field.name, "bold"), "  ", field.said)
        name.truncate(width, overflow="ellipsis")
        lines = [name]
        for label, text in why(field):
            lines += wrapped(f"{label}: {text}" if label else text, width, DIM if text.startswith("RFC") else "")
        return lines[:height]
    words = words_for(view.step)
    lines = [Text(title_of(view.step), f"bold {STYLE[view.step.side]}")]
    lines += wrapped(words.what, width, "") + wrapped(words.why, width, DIM) + wrapped(words.section, width, DIM)
    message = view.step.message
    if message is not None and not isinstance(message.bytes, Elided):
        for label, text in facts(message.type, message.bytes, view.step.key_exchange):
            line = Text.assemble((f"{label:<14} ", DIM), text)
            line.truncate(width, overflow="ellipsis")
            lines.append(line)
    return lines[:height]


def headline(view: View, width: int, waiting: str = "") -> Text:
    """One line: what this is, and where we are in it."""
    suite = view.story.suite or "no keys agreed"
    how = f", resumed by {view.story.resumed}" if view.story.resumed else ""
    place = f"step {view.index + 1} of {len(view.story.steps)}"
    left = waiting or f"{suite}{how}"
    line = Text(left[: width - len(place) - 1], "bold" if not waiting else SECRET)
    line.append(" " * max(1, width - cell_len(line.plain) - len(place))).append(place, DIM)
    return line
