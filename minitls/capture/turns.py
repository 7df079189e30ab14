"""Whose turn it is to speak. A capture may hold segments in any order; a handshake has one (RFC 5246 figures 1, 2).

Records of a side whose turn it is not wait, within a bound. The client begins; after ClientHello the server speaks up
to ServerHelloDone, or up to Finished when it resumes; then they take turns by Finished, and after both nobody waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from ..handshake.tls12.states import State
from ..observe import Side
from ..wire.codes import ContentType
from ..wire.records import RECORD_HEADER_SIZE, Record

SIDES: tuple[Side, ...] = ("client", "server")
OTHER: dict[Side, Side] = {"client": "server", "server": "client"}
#: Bytes of one side that wait for the other's turn, headers included, so that empty records have an end, too. More,
#: and the turns are given up.
MAX_WAITING = 1 << 20


class Turns:
    """The records that wait, and who may go on."""

    def __init__(self) -> None:
        self._turn: Side | None = "client"
        self._waiting: dict[Side, deque[Record]] = {side: deque() for side in SIDES}
        self._sizes = dict.fromkeys(SIDES, 0)
        self._begun = False
        self._kept = 0

    def put(self, side: Side, record: Record) -> None:
        """A record has come."""
        self._waiting[side].append(record)
        self._kept += 1
        self._sizes[side] += RECORD_HEADER_SIZE + len(record.fragment)
        if self._sizes[side] > MAX_WAITING:
            self.free()

    def ready(self) -> Iterator[tuple[Side, Record]]:
        """The records that may be taken in now, one at a time; what is done with one may change whose turn it is."""
        moved = True
        while moved:
            moved = False
            for side in SIDES:
                waiting = self._waiting[side]
                while waiting and self._may(side, waiting[0]):
                    record = waiting.popleft()
                    self._kept -= 1
                    self._sizes[side] -= RECORD_HEADER_SIZE + len(record.fragment)
                    self._begun = moved = True
                    yield side, record

    @property
    def open(self) -> bool:
        """Whether nobody has to wait, and nothing does."""
        return self._turn is None and not self._kept

    def free(self) -> None:
        """Nobody has to wait any more."""
        self._turn = None

    def after(self, name: str, leads_to: State | None) -> None:
        """A handshake message has gone by; `leads_to` is the state that its content names, if it does."""
        if leads_to is State.WAIT_ENCRYPTED_EXTENSIONS:
            self.free()
        elif self._turn is not None:
            if name == "ClientHello":
                self._turn = "server"
            elif name == "ServerHelloDone" or leads_to is State.WAIT_SERVER_HELLO:
                self._turn = "client"

    def finished(self, side: Side, both: bool) -> None:
        """A side's Finished has gone by."""
        self._turn = None if both or self._turn is None else OTHER[side]

    def _may(self, side: Side, record: Record) -> bool:
        return self._turn in (None, side) or (record.type == ContentType.alert and self._begun)
