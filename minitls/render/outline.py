"""Fields as a tree: what is short stands open, a structure of many fields is one row until it is opened.

The fields of a hello are read from top to bottom, those of a certificate are hundreds. A run of more than `MANY` fields
with a path in common is a branch, and so is every run inside of it. Hellos' extensions are no branches: their fields
stand under headings. Nothing here knows DER; a path that goes deeper gives a deeper tree.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from ..trace.explain.annotate import AnnotatedField
from ..wire.grammar import Path

#: A run of more fields than this is closed at first.
MANY = 8
#: What a branch says of its fields is cut here.
_SAID = 60
#: Fields that say nothing of their own.
_DULL = ("length", "tag", "type", "msg_type")

TreePlace = tuple[str, ...]


class TreeNode(NamedTuple):
    """A field, or a branch of them."""

    place: TreePlace
    """The names on the way to it, each with its index: ``("Certificate", "certificate_list[0]")``."""
    field: int | None
    """The number of its field; of a branch, that of the field which is its own, None if all are its children's."""
    start: int
    end: int
    said: str
    children: tuple[TreeNode, ...] = ()
    leaves: int = 1
    """How many fields are in it."""


class TreeRow(NamedTuple):
    """A node as a line of a list."""

    node: TreeNode
    depth: int
    open: bool


def outline(fields: Sequence[AnnotatedField]) -> list[TreeNode]:
    """The tree of the fields of some bytes, in their order."""
    return list(_nodes([(place_of(field.path), number) for number, field in enumerate(fields)], fields, 1, False))


def visible(nodes: Sequence[TreeNode], opened: Collection[TreePlace], depth: int = 0) -> Iterator[TreeRow]:
    """The rows that are seen when the branches in `opened` are open."""
    for node in nodes:
        is_open = bool(node.children) and node.place in opened
        yield TreeRow(node, depth, is_open)
        if is_open:
            yield from visible(node.children, opened, depth + 1)


def way_to(nodes: Sequence[TreeNode], field: int) -> tuple[TreePlace, ...]:
    """The branches that must be open for the row of a field to be seen, from the outermost inwards."""
    for node in nodes:
        if node.field == field:
            return ()
        if node.children and field in _fields_in(node):
            return (node.place, *way_to(node.children, field))
    return ()


def first_field(node: TreeNode) -> int:
    """The number of the first field in a node."""
    return first_field(node.children[0]) if node.field is None else node.field


def _fields_in(node: TreeNode) -> set[int]:
    own = set() if node.field is None else {node.field}
    return own.union(*(_fields_in(child) for child in node.children))


def place_of(path: Path) -> TreePlace:
    """A path in names, each with its index."""
    names: list[str] = []
    for part in path:
        if isinstance(part, int) and names:
            names[-1] += f"[{part}]"
        else:
            names.append(str(part))
    return tuple(names)


def _nodes(
    placed: Sequence[tuple[TreePlace, int]], fields: Sequence[AnnotatedField], depth: int, inside: bool
) -> Iterator[TreeNode]:
    for prefix, group in groupby(placed, key=lambda each: each[0][:depth]):
        run = list(group)
        longer = any(len(place) > depth for place, _ in run)
        if len(run) > 1 and longer and _is_branch(prefix, len(run), inside):
            yield _branch(prefix, run, fields, depth)
        elif len(run) > 1 and longer:
            yield from _nodes(run, fields, depth + 1, inside)
        else:
            yield from (_leaf(place, number, fields[number]) for place, number in run)


def _is_branch(prefix: TreePlace, count: int, inside: bool) -> bool:
    if inside:
        return True
    extension = len(prefix) <= 3 and len(prefix) > 1 and prefix[1].startswith("extensions")
    return count > MANY and len(prefix) > 1 and not extension


def _branch(
    prefix: TreePlace, run: list[tuple[TreePlace, int]], fields: Sequence[AnnotatedField], depth: int
) -> TreeNode:
    # A field whose path is the branch's is its own: its header, or all of it with the children inside.
    own = run[0][1] if run[0][0] == prefix else None
    rest = run if own is None else run[1:]
    children = tuple(_nodes(rest, fields, depth + 1, True))
    said = fields[own].said if own is not None else _summary([fields[number] for _, number in rest])
    start = min(fields[number].start for _, number in run)
    return TreeNode(prefix, own, start, max(fields[number].end for _, number in run), said, children, len(run))


def _leaf(place: TreePlace, number: int, field: AnnotatedField) -> TreeNode:
    return TreeNode(place, number, field.start, field.end, field.said)


def _summary(fields: Sequence[AnnotatedField]) -> str:
    """What the fields of a branch say, as far as there is room."""
    text = ""
    for field in fields:
        if field.path[-1] in _DULL or not field.said:
            continue
        if len(text) + len(field.said) > _SAID:
            return f"{text}, …" if text else f"{field.said[:_SAID]}…"
        text += f", {field.said}" if text else field.said
    return text
