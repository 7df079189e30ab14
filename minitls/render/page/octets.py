"""Bytes for the page: blocks of hex in rows of eight, each byte in its field, and the tree of the fields beside them.

A field that is very long is folded in the middle of a large trace, and says so; in a small one every byte is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...trace.explain import annotate
from ...trace.explain.annotate import AnnotatedField
from ...trace.explain.opened import opened
from ...trace.file.events import Elided, Hex, Protect
from ...trace.story.step import Step, WireRecord
from ..outline import TreeNode, outline
from ..theme import known, length

ROW = 8
#: With as many bytes shown of a field, there is room for the insides of certificates, too.
SPACIOUS = 512


class Piece(NamedTuple):
    """The part of a field that stands in one row."""

    field: int
    text: str
    first: bool
    tint: int


class ByteRow(NamedTuple):
    """Eight bytes."""

    offset: str
    pieces: tuple[Piece, ...]


class Line(NamedTuple):
    """One field of a block."""

    number: int
    heading: str
    """The struct or the extension that begins here, "" if it goes on."""
    parent: str
    name: str
    full: str
    """The whole path in the message."""
    range: str
    """Its bytes, by hexadecimal offsets as beside the rows."""
    said: str
    kind: str
    tint: int


class Block(NamedTuple):
    """Some bytes, and what they are."""

    title: str
    note: str
    secret: bool
    size: int
    rows: tuple[ByteRow, ...]
    lines: tuple[Line, ...]
    tree: tuple[TreeNode, ...]
    """The lines by number, those of a long structure in a branch."""
    folded: int
    """Bytes that are not shown."""


def blocks_of(step: Step, fold: int) -> Iterator[Block]:
    """Every byte of a step: records as they travelled, what they decrypt to, messages that took several records.

    `fold` is the most bytes shown of one field.
    """
    for record in step.records:
        yield _wire(record, step, fold)
        if record.protection is not None:
            yield from _inside(record.protection, fold)
    message = step.message
    if message is not None and len(step.records) > 1 and not isinstance(message.bytes, Elided):
        fields = annotate.message(message.bytes, message.type, step.key_exchange)
        yield block(f"{message.type}, joined from {len(step.records)} records", "", message.bytes, fields, fold)


def _wire(record: WireRecord, step: Step, fold: int) -> Block:
    title = f"Record {record.number} of the {record.sender}, as it travelled"
    header, fragment = known(record.header), record.fragment
    if isinstance(fragment, Elided):
        fields = annotate.record(header, b"")
        return block(title, f"{fragment.length:,} bytes of fragment are not in this trace", header, fields, fold)
    if step.kind == "record" and record.protection is None:
        fields = annotate.opaque_record(header, fragment)
    else:
        fields = annotate.record(header, fragment, record.protection, step.key_exchange)
    return block(title, "what a listener sees", header + fragment, fields, fold)


def _inside(protection: Protect, fold: int) -> Iterator[Block]:
    if isinstance(protection.plaintext, Elided) or isinstance(protection.additional_data, Elided):
        return
    data, fields = annotate.decrypted(protection)
    yield block("It decrypts to", "what the two sides see", data, fields, fold, secret=True)
    order = f"sequence number {protection.sequence}, counted by both"
    additional = annotate.additional_data(protection.additional_data)
    yield block("Authenticated with it, never sent", order, protection.additional_data, additional, fold)


def value_block(title: str, value: Hex, fields: Sequence[AnnotatedField], fold: int, secret: bool) -> Block:
    """A value that never travels, cut into its fields."""
    return block(title, "", known(value), fields, fold, secret=secret)


def block(
    title: str, note: str, data: bytes, fields: Sequence[AnnotatedField], fold: int, secret: bool = False
) -> Block:
    """`data` in rows, its fields in lines."""
    lines, pieces, group, folded = [], [], "", 0
    # Where room is short certificates stay closed.
    fields = opened(data, fields, "elements" if fold >= SPACIOUS else "closed")
    for number, field in enumerate(fields):
        tint = number % 2
        heading = _group(field, fields[number + 1] if number + 1 < len(fields) else field)
        parent, name = _names(field)
        lines.append(
            Line(
                number,
                heading if heading != group else "",
                parent,
                name,
                field.label,
                span(field.start, field.end),
                field.said,
                field.kind,
                tint,
            )
        )
        group = heading
        # A field around those after it has only the bytes before them.
        end = min([field.end, *(each.start for each in fields[number + 1 : number + 2] if each.start < field.end)])
        shown = data[field.start : end][:fold]
        folded += end - field.start - len(shown)
        pieces += [(field.start + at, number, at == 0, tint, byte) for at, byte in enumerate(shown)]
    return Block(title, note, secret, len(data), tuple(_rows(pieces)), tuple(lines), tuple(outline(fields)), folded)


def span(start: int, end: int) -> str:
    """The first and the last offset of some bytes, in hex."""
    return f"{start:02x}" if end - start == 1 else f"{start:02x}–{end - 1:02x}"


def _group(field: AnnotatedField, following: AnnotatedField) -> str:
    """The heading under which a field stands: its message, or its extension with the extension's name."""
    path = field.path
    if len(path) < 4 or path[1] != "extensions":
        return str(path[0])
    named = following.path if path[3] == "extension_type" else path
    suffix = f" {named[3]}" if named[:3] == path[:3] else ""
    return f"{path[1]}[{path[2]}]{suffix}"


def _names(field: AnnotatedField) -> tuple[str, str]:
    """The last name of a field's path with its index; for lengths and types also whose they are."""
    words: list[str] = []
    for part in field.path:
        if isinstance(part, int):
            words[-1] += f"[{part}]"
        else:
            words.append(part)
    parent = words[-2] if len(words) > 2 and words[-1] in ("length", "type") else ""
    return parent, words[-1]


def _rows(pieces: Sequence[tuple[int, int, bool, int, int]]) -> Iterator[ByteRow]:
    row: list[Piece] = []
    offset: int | None = None
    for at, field, first, tint, byte in pieces:
        if offset is None or at // ROW != offset // ROW:
            if row:
                yield ByteRow(f"{offset:04x}", tuple(row))
            row, offset = [], at - at % ROW
        if row and row[-1].field == field:
            row[-1] = row[-1]._replace(text=f"{row[-1].text} {byte:02x}")
        else:
            row.append(Piece(field, f"{byte:02x}", first, tint))
    if row:
        yield ByteRow(f"{offset:04x}", tuple(row))


def shown_length(value: Hex | None) -> str:
    """How long a value is, in words."""
    count = length(value)
    return f"{count:,} byte{'' if count == 1 else 's'}"
