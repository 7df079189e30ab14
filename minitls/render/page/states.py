"""The two state machines as one SVG: drawn from the tables that are enforced, so it cannot show another protocol.

Every state and every arrow has a class or an id that the page's script lights.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ...handshake.machine import Table
from ...handshake.tls12 import listener_states as overheard
from ...handshake.tls12.states import OPENING, TABLES
from ...observe import Side
from ...trace.file.events import SIDES

_WIDTH, _BOX, _HEIGHT, _STEP, _TOP = 212, 166, 22, 40, 26


class Node(NamedTuple):
    """One state where it is drawn."""

    side: Side
    name: str
    x: int
    y: int


class Arrow(NamedTuple):
    """One transition: an SVG path, and what it is called."""

    path: str
    label: str


class Diagram(NamedTuple):
    """Both machines, ready to draw."""

    width: int
    height: int
    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]


def diagram(observed: bool, seen: Mapping[Side, Iterable[str]]) -> Diagram:
    """The machines of two endpoints, or those of a listener. States of `seen` that are in no table are added."""
    nodes: list[Node] = []
    arrows: list[Arrow] = []
    for column, side in enumerate(SIDES):
        moves = list(dict.fromkeys(_moves(side, observed)))
        names = list(dict.fromkeys([each for start, _, end in moves for each in (start, end)]))
        names = [*_ordered(names, side, observed), "CLOSED"]
        names += [name for name in dict.fromkeys(seen[side]) if name and name not in names]
        left = column * (_WIDTH + 8)
        x = left + (_WIDTH - _BOX - 4 if column == 0 else 4)
        rank = {name: at for at, name in enumerate(names)}
        nodes += [Node(side, name, x, _TOP + at * _STEP) for at, name in enumerate(names)]
        arrows += [
            _arrow(x, rank[start], rank[end], column, f"{start} → {end}: {message}") for start, message, end in moves
        ]
    height = max(node.y for node in nodes) + _HEIGHT + 6
    return Diagram(2 * _WIDTH + 8, height, tuple(nodes), tuple(arrows))


def _moves(side: Side, observed: bool) -> Iterator[tuple[str, str, str]]:
    yield "START", "begins", OPENING[side].name
    for start, accepted in overheard.named(_table(side, observed)).items():
        for message, ends in accepted.items():
            yield from ((start, message, end) for end in sorted(ends) if end != start)


def _table(side: Side, observed: bool) -> Table:
    return (overheard.TABLES if observed else TABLES)[side]


def _ordered(names: list[str], side: Side, observed: bool) -> list[str]:
    """The states in the order of their tables, which is that of the handshake."""
    table = [state.name for state in _table(side, observed)]
    return sorted((name for name in names if name != "CLOSED"), key=table.index)


def _arrow(x: int, start: int, end: int, column: int, label: str) -> Arrow:
    """Straight down to the next state, else an arc on the outer side."""
    top, bottom = _TOP + start * _STEP, _TOP + end * _STEP
    if end == start + 1:
        middle = x + _BOX // 2
        return Arrow(f"M{middle} {top + _HEIGHT}V{bottom - 3}", label)
    outer = x if column == 0 else x + _BOX
    bend = min(36, 8 + 7 * abs(end - start)) * (-1 if column == 0 else 1)
    y1, y2 = top + _HEIGHT // 2, bottom + _HEIGHT // 2
    tip = outer + (-3 if column == 0 else 3)
    return Arrow(f"M{outer} {y1}C{outer + bend} {y1} {outer + bend} {y2} {tip} {y2}", label)
