"""A link that stands alone: its records, what it draws and what it tells, without a connection around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitls.handshake.link import Link
from minitls.handshake.session import Session
from minitls.observe import Observation, Side
from minitls.record_layer import RecordLayer
from tests.handshake.peer import records_of
from tests.helpers import seeded


class Alone:
    """A link of `side`. `told` is what its observer was told; with `observed` false it has none."""

    def __init__(self, side: Side = "client", *, random: Callable[[int], bytes] | None = None, observed: bool = True):
        self.told: list[Observation] = []
        self.records = RecordLayer(side, self.told.append if observed else None)
        self.link = Link(self.records, random or seeded(1))

    def sent(self) -> list[tuple[int, bytes]]:
        """(content type, fragment) of every record since the last call."""
        data = b"".join(self.records.waiting)
        self.records.waiting.clear()
        return [(record[0], record[5:]) for record in records_of(data)]

    def of(self, kind: type) -> list[Any]:
        """What was told of one kind."""
        return [each for each in self.told if isinstance(each, kind)]


def drawing(*pieces: bytes) -> Callable[[int], bytes]:
    """Random bytes that are exactly these, in this order and of these sizes."""
    left = iter(pieces)

    def draw(size: int) -> bytes:
        piece = next(left)
        assert len(piece) == size, f"{size} bytes drawn, {len(piece)} foreseen"
        return piece

    return draw


def session(**given: Any) -> Session:
    """A session of no connection, with these fields changed."""
    kept = {"session_id": b"i" * 32, "ticket": b"", "ticket_lifetime_hint": 0, "peer_certificates": (b"c",)}
    return Session(
        **{
            "version": 0x0303,
            "cipher_suite": 0x009C,
            "master_secret": bytes(48),
            "extended_master_secret": 1,
            "created": 0,
            "server_name": b"localhost",
            **kept,
            **given,
        }
    )
