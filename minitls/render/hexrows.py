"""Annotated hex: offset, bytes, field, and what the field says; one row a field, long fields folded.

0000  16                       type  22 handshake
0001  03 03                    version  0x0303 TLS 1.2
0006  92 ca 7f 84 b6 f2 49 9d  random  32 random bytes
      b5 5d 06 25 .. 20 more
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rich.text import Text

from ..errors import counted, dotted
from ..trace.explain.annotate import AnnotatedField
from ..trace.explain.explanations import explain
from ..wire.grammar import Path
from .theme import DIM, WIDTH

#: Bytes on a line, and how many lines of a long field are shown.
PER_LINE, LINES = 8, 2
_OFFSET, _BYTES = 6, 3 * PER_LINE


def rows(
    data: bytes,
    fields: Sequence[AnnotatedField],
    *,
    base: int = 0,
    everything: bool = False,
    why: bool = False,
    indent: int = 2,
) -> Iterator[Text]:
    """Lines for the fields of `data`. `base` is added to offsets; `why` adds each field's explanation once."""
    explained: set[str] = set()
    before: Path = ()
    for field in fields:
        # Of a long list only the first says its name.
        name = tail(field, field.depth == 0 and _list_of(field.path) == before != ())
        before = _list_of(field.path)
        yield from _field(data[field.start : field.end], field, name, base + field.start, everything, indent)
        if why and (what := explain(field.kind).what) not in explained:
            explained.add(what)
            yield from explanation(field.kind, indent + _OFFSET)


def explanation(kind: str, indent: int) -> Iterator[Text]:
    """What a kind of field is, why it is there, and what goes wrong without it, wrapped."""
    row = explain(kind)
    parts = ((row.what, ""), (row.why, "Why: "), (f"{row.without} [{row.section}]", "Otherwise: "))
    for text, label in parts:
        for line in textwrap.wrap(label + text, WIDTH - indent - 2):
            yield Text(" " * (indent + 2) + line, "italic dim")


def _list_of(path: Path) -> Path:
    """The list in which a field is an item, or the length of one; () if it is in none."""
    inner = path[:-1] if path[-1] in ("length", "type") else path
    return inner[:-1] if inner and isinstance(inner[-1], int) else ()


def _field(data: bytes, field: AnnotatedField, name: str, offset: int, everything: bool, indent: int) -> Iterator[Text]:
    left = list(_hex_lines(data, everything))
    room = WIDTH - indent - _OFFSET - _BYTES
    inset = " " * max(0, field.depth - 1)
    right = list(_said(f"{inset}{name}", field, room, f"{inset}  "))
    for index in range(max(len(left), len(right))):
        at = f"{offset:04x}" if index == 0 else ""
        hexed = left[index] if index < len(left) else ""
        line = Text.assemble(" " * indent, (f"{at:<{_OFFSET}}", DIM))
        if index < len(right):
            yield line.append(f"{hexed:<{_BYTES}}").append_text(right[index])
        else:
            yield line.append(hexed)


def _said(name: str, field: AnnotatedField, room: int, inset: str) -> Iterator[Text]:
    """A field's name, value and meaning: on one line, or the meaning on lines of its own."""
    # A length and its "bytes follow" stay together.
    apart = field.value if field.path[-1] != "length" else ""
    for beside, below in ((field.said, ""), (apart, field.meaning), ("", field.said)):
        line = Text.assemble((name, "bold"), "  " if beside else "", beside)
        rest = below
        if beside and line.cell_len <= room:
            break
    yield line
    for part in textwrap.wrap(rest, max(20, room - len(inset))):
        yield Text(f"{inset}{part}")


def tail(field: AnnotatedField, anonymous: bool = False) -> str:
    """The end of the path that tells this field from its neighbours: its name, index included.

    An `anonymous` one is an item of the list that its neighbour is in, too: ``[3]``.
    """
    names = [index for index, part in enumerate(field.path) if isinstance(part, str)]
    start = names[-1]
    if field.path[-1] in (("tag", "length") if field.depth else ("length", "type")) and len(names) > 2:
        start = names[-2]
    return dotted(field.path[start + anonymous :])


def _hex_lines(data: bytes, everything: bool) -> Iterator[str]:
    lines = [data[at : at + PER_LINE].hex(" ") for at in range(0, len(data), PER_LINE)]
    if everything or len(lines) <= LINES + 1:
        yield from lines
        return
    yield from lines[:LINES]
    yield f".. {counted(len(data) - LINES * PER_LINE, 'more byte')}"
