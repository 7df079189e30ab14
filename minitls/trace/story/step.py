"""One step of a story, and what it is made of. See `story.py`, which makes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ...observe import Side
from ...wire.messages import KeyExchange
from ..file.events import Alert, Check, Derive, Hex, Judged, Keys, Message, Note, Protect, Random, VantagePoint
from .knowledge import Secret, Viewer

#: "record" is a record of which nothing came: part of a message, or one that could not be opened.
StepKind = Literal["message", "data", "derive", "keys", "verdict", "note", "record"]


@dataclass(frozen=True)
class WireRecord:
    """One record as both endpoints know it. `sent` and `received` are event numbers, None where that was not seen."""

    sender: Side
    number: int
    header: Hex
    fragment: Hex
    sent: int | None = None
    received: int | None = None
    protection: Protect | None = None
    """What it holds, if it is protected and somebody could open it."""


@dataclass(frozen=True)
class Move:
    """A state machine moved at this step; `because` is the event number of the message that moved it."""

    side: Side
    from_state: str
    to_state: str
    because: int | None


@dataclass(frozen=True)
class Step:
    """One step; of the fields from `message` to `note` those of its kind are filled. `number` counts from 1."""

    kind: StepKind
    side: VantagePoint
    """Who acts: the sender of what travels, otherwise the endpoint that does it."""
    title: str
    """The message's type, the derived value's name, the note's id, or the kind."""
    events: tuple[int, ...]
    """The numbers of all events joined in this step."""
    number: int = 0
    message: Message | None = None
    records: tuple[WireRecord, ...] = ()
    alert: Alert | None = None
    derive: Derive | None = None
    key_exchange: KeyExchange | None = None
    """That of the suite in use, which says of what struct the messages are."""
    same_as: int | None = None
    """The step in which the other side derived the same value."""
    keys: Keys | None = None
    verdict: Judged | None = None
    checks: tuple[Check, ...] = ()
    note: Note | None = None
    randoms: tuple[Random, ...] = ()
    """What was drawn at random for this step."""
    moves: tuple[Move, ...] = ()
    states: Mapping[Side, str] = field(default_factory=dict)
    """Where each machine stands after this step; "" for one that nobody follows."""
    knows: Mapping[Viewer, tuple[Secret, ...]] = field(default_factory=dict)
    """What each viewer knows after this step, in the order in which it was learned."""

    @property
    def data(self) -> Hex | None:
        """The application data of a data step, None if nobody could open it."""
        protection = self.records[0].protection if self.kind == "data" else None
        return protection.plaintext if protection else None

    @property
    def arrived(self) -> bool:
        """Whether the receiving endpoint tells of the last record of this step."""
        return bool(self.records) and self.records[-1].received is not None
