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
from ...trace.file.events import SIDES, Elided, Hex
from ...trace.file.values import inputs_of
from ...trace.story.step import Step
from ..hexrows import tail
from ..ladder.actions import Actions
from ..theme import DIM, GOOD, SECRET, STYLE, UNICODE, hexed, length
from ..words import is_secret, title_of, words_for
from .changes import CURRENT, wrapped
from .view import FieldRow, Layer, View, why


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
    name = "certificate check" if step.kind == "verdict" else title_of(step)
    style = STYLE[step.side]
    number = f"{step.number:>3}{UNICODE.right if current else ' '}"
    room = width - len(number)
    if step.kind in ("message", "data", "record"):
        protected = any(record.protection for record in step.records)
        line = UNICODE.protected if protected else UNICODE.clear
        name = _short(name, room - 3)
        rest = line * max(1, room - cell_len(name) - 2)
        body = f"{name} {rest}{UNICODE.right}" if step.side == "client" else f"{UNICODE.left}{rest} {name}"
        body = f"{body:<{room}}"
    else:
        name = _short(name, room - 2)
        server = step.side == "server"
        body = f"{f'{name} {UNICODE.bar}':>{room}}" if server else f"{f'{UNICODE.bar} {name}':<{room}}"
    if current:
        return Text(f"{number}{body}", f"{CURRENT} {style}")
    return Text.assemble((number, DIM), (body, style if step.records else DIM))


def _short(name: str, room: int) -> str:
    return name if cell_len(name) <= room else f"{name[: room - 1]}…"


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
    """The bytes of the layer under the cursor, the row lit; beside them the rows around it. A derivation first."""
    if not view.layers or (view.step.derive is not None and view.cursor == 0):
        return [Placed(line, None) for line in summary(view, width, height)]
    line = view.line
    number = line.layer if line else 0
    layer = view.layers[number]
    rows = [(at, each) for at, each in enumerate(view.lines, 1) if each.layer == number]
    size = counted(len(layer.data), "byte")
    head = Text.assemble((layer.title, SECRET if layer.secret else "bold"), (f"  {size}", DIM))
    if len(view.layers) > 1:
        head.append(f"  ({number + 1} of {len(view.layers)})", DIM)
    head.truncate(width, overflow="ellipsis")
    start, end = (line.row.node.start, line.row.node.end) if line else (0, 0)
    per_row = 16 if width >= 104 else 8 if width >= 60 else 4
    hexes = _hex(layer.data, start, end, per_row, height - 1)
    column = 5 + 3 * per_row
    lit = next((at for at, (cursor, _) in enumerate(rows) if cursor == view.cursor), 0)
    top = max(0, min(lit - (height - 1) // 2, len(rows) - (height - 1)))
    lines = [Placed(head, None)]
    for row in range(height - 1):
        text = hexes[row] if row < len(hexes) else Text(" " * column)
        target = None
        text.append("  ")
        if top + row < len(rows):
            target, each = rows[top + row]
            text.append_text(_field_line(layer, each, width - column - 2, target == view.cursor))
        elif row >= len(hexes):
            break
        lines.append(Placed(text, target))
    return lines


def _field_line(layer: Layer, line: FieldRow, room: int, lit: bool) -> Text:
    node, depth, is_open = line.row
    own = layer.fields[node.field] if node.field is not None else None
    name = tail(own) if own is not None and not node.children else node.place[-1]
    mark = ("- " if is_open else "+ ") if node.children else ""
    count = f"  {node.leaves} fields" if node.children else ""
    text = Text.assemble("  " * depth, (mark + name, "" if lit else "bold"), "  ", node.said, (count, DIM))
    text.truncate(room, overflow="ellipsis", pad=lit)
    if lit:
        text.stylize(CURRENT)
    return text


def _hex(data: bytes, start: int, end: int, per_row: int, height: int) -> list[Text]:
    """Rows of hex around the lit bytes, each exactly 5 columns and 3 for each byte wide."""
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


#: Stands where a pane is too small for all of it.
MORE = "… w shows all of it"


def summary(view: View, width: int, height: int) -> list[Text]:
    """A step as what it does: its derivation with as much of inputs and steps as there is room for, verdict, keys."""
    step = view.step
    derive = step.derive
    if derive is None or isinstance(derive.output, Elided):
        lines = [part for line in Actions(width, UNICODE).lines(step) for part in _fitted(line, width)]
        return _cut(lines, height)
    drawn: list[Text] = []
    for most, steps in ((_WHOLE, True), (_WHOLE, False), (_LINE, True), (_LINE, False), (_NAMES, False)):
        drawn = derivation(view, width, most, steps)
        if len(drawn) <= height:
            return drawn
    return _cut(drawn, height)


#: Inputs beyond this many bytes are a conversation: told by their size, and whole in the command. Where there is less
#: room each input has one line, or all of them share a few.
_WHOLE, _LINE, _NAMES = 300, 1, 0


def derivation(view: View, width: int, most: int = _WHOLE, steps: bool = True) -> list[Text]:
    """A derivation: its formula, its inputs, its output whole, and the steps between."""
    step = view.step
    derive = step.derive
    assert derive is not None
    lines = [Text(derive.name, "bold"), *wrapped(f"= {derive.formula}", width, DIM)]
    if len(lines) == 2 and lines[0].cell_len + lines[1].cell_len < width:
        lines = [Text.assemble((derive.name, "bold"), " ", (lines[1].plain, DIM))]
    inputs = inputs_of(view.story.trace, derive)
    values: dict[str, Hex | None] = {name: inputs.get(name) for name in derive.inputs}
    if most == _NAMES:
        told = [f"{name} {hexed(value, 3)} ({length(value)} bytes)" for name, value in inputs.items()]
        told += [f"{name} {value}" for name, value in derive.parameters.items()]
        lines += wrapped(f"of {', '.join(told)}", width, DIM)
    else:
        for name, value in values.items():
            lines += _value(name, value, width, most)
        lines += [Text.assemble((f"{name} ", DIM), str(value))[:width] for name, value in derive.parameters.items()]
    lines += _value("=", derive.output, width, _EVERYTHING, SECRET if is_secret(derive.name) else "")
    if step.same_as is not None:
        lines.append(Text(f"{UNICODE.good} the same as in step {step.same_as}", GOOD))
    for each in derive.steps if steps and step.same_as is None else ():
        lines += _value(each.name, each.output, width, most)
    return lines


_EVERYTHING = 1 << 20


def _value(name: str, value: Hex | None, width: int, most: int, style: str = "") -> list[Text]:
    """A value behind its name: whole if it has at most `most` bytes, else its beginning on one line."""
    if value is None or isinstance(value, Elided):
        return [Text.assemble((f"{name} ", DIM), "not in this trace")[:width]]
    label = f"{name} " if name else ""
    if len(value) > most and (most == _WHOLE or len(label) + 2 * len(value) > width):
        size = f" {len(value):,} bytes"
        room = max(2, (width - len(label) - len(size) - 2) // 2)
        return [Text.assemble((label, DIM), hexed(value, min(room, len(value))), (size, DIM))[:width]]
    rest = width if len(label) > width // 2 else width - len(label)
    parts = textwrap.wrap(value.hex(), max(2, rest // 2 * 2)) or ["no bytes"]
    if rest == width and label:
        return [Text(label, DIM), *(Text(part, style) for part in parts)]
    pad = " " * len(label)
    return [Text.assemble((label if at == 0 else pad, DIM), (part, style)) for at, part in enumerate(parts)]


def _cut(lines: list[Text], height: int) -> list[Text]:
    """The first lines, the last of them saying so where that is not all."""
    return lines if len(lines) <= height else [*lines[: max(0, height - 1)], Text(MORE, DIM)][:height]


def _fitted(line: Text, width: int) -> list[Text]:
    """The line itself, or wrapped if it is too long, then in the style of its beginning."""
    if line.cell_len <= width:
        return [line]
    return [Text(part, line.style or DIM) for part in textwrap.wrap(line.plain, width)]


def explanation(view: View, width: int, height: int) -> list[Text]:
    """The step, or the row under the cursor: what, why, what goes wrong, the section."""
    line = view.line
    if line is not None:
        return _cut(_explained(view, line, width), height)
    words = words_for(view.step)
    lines = [Text(title_of(view.step), f"bold {STYLE[view.step.side]}")]
    lines += wrapped(words.what, width, "") + wrapped(words.why, width, DIM) + wrapped(words.section, width, DIM)
    message = view.step.message
    if message is not None and not isinstance(message.bytes, Elided):
        for label, text in facts(message.type, message.bytes, view.step.key_exchange):
            fact = Text.assemble((f"{label:<14} ", DIM), text)
            fact.truncate(width, overflow="ellipsis")
            lines.append(fact)
    return _cut(lines, height)


def _explained(view: View, line: FieldRow, width: int) -> list[Text]:
    node = line.row.node
    if view.field is None:
        name, said, told = ".".join(node.place), node.said, []
    else:
        field = view.field[1]
        name, said, told = field.name, field.said, why(field)
    lines = [Text.assemble((name, "bold"), "  ", said)]
    if lines[0].cell_len > width:
        lines = [*wrapped(name, width, "bold"), *wrapped(said, width, "")]
    if node.children:
        keys = "closes" if line.row.open else "opens"
        lines += wrapped(f"{node.leaves} fields in {node.end - node.start:,} bytes; o {keys} it.", width, DIM)
    for label, text in told:
        lines += wrapped(f"{label}: {text}" if label else text, width, DIM if text.startswith("RFC") else "")
    return lines


def headline(view: View, width: int, waiting: str = "") -> Text:
    """One line: what this is, and where we are in it."""
    suite = view.story.suite or "no keys agreed"
    how = f", resumed by {view.story.resumed}" if view.story.resumed else ""
    place = f"step {view.index + 1} of {len(view.story.steps)}"
    left = waiting or f"{suite}{how}"
    line = Text(left[: width - len(place) - 1], "bold" if not waiting else SECRET)
    line.append(" " * max(1, width - cell_len(line.plain) - len(place))).append(place, DIM)
    return line
