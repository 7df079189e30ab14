"""What is measured: one sample is a rate per second of this process's CPU time, of work that was seen to be done.

A handshake includes both ends and close_notify each way. Before a measure counts anything it looks whether version,
suite, kind of handshake and data are what it is named after, so that nothing else can be measured by accident.
CPU time, so that a neighbour who takes the core does not count; ratios of samples taken one after the other, because
even the clock of a core is shared.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from time import process_time
from typing import NamedTuple, cast

from .adapter import Adapter, Pair, StreamPair, Terms

GCM = Terms()
CBC = Terms(suite="TLS_RSA_WITH_AES_128_CBC_SHA")
RECORD = 16384
SMALL = 100
#: Records to a read where many come at once, and bytes to a read where few do.
COALESCED, TRICKLED = 500, 64

Work = Callable[[], object]


class Measure(NamedTuple):
    """One row of a comparison."""

    name: str
    words: str
    unit: str
    prepare: Callable[[Adapter], Work]
    terms: Terms = GCM
    units: float = 1
    """How many units one operation is."""
    streams: bool = False
    """Whether it needs a `StreamPair`."""

    def sample(self, adapter: Adapter, budget: float) -> float | None:
        """Units per CPU second over `budget` CPU seconds, warm; None if the adapter cannot do this."""
        if self.streams and not adapter.streams:
            return None
        return self.units / cost(self.prepare(adapter), budget)


class OtherWork(Exception):
    """An implementation did something else than what is measured."""


def cost(operation: Work, budget: float) -> float:
    """CPU seconds an operation takes, warm; at least one is done, and as many as `budget` CPU seconds have room for."""
    operation()
    count, batch, start = 0, 1, process_time()
    while True:
        for _ in range(batch):
            operation()
        count += batch
        spent = process_time() - start
        if spent >= budget:
            return spent / count
        if spent < budget / 20:
            batch *= 2


def connected(adapter: Adapter) -> Pair:
    """A pair after a full handshake, with everything as it was asked for. OtherWork if something is not."""
    pair = adapter.connect()
    if pair.agreed != adapter.terms:
        raise OtherWork(f"{pair.agreed} was negotiated instead of {adapter.terms}")
    if pair.resumed:
        raise OtherWork("a full handshake was asked for, and a session was resumed")
    return pair


def _full(adapter: Adapter) -> Work:
    connected(adapter).close()
    return lambda: adapter.connect().close()


def _anew(adapter: Adapter) -> Work:
    connected(adapter).close()

    def handshake() -> None:
        adapter.forget()
        adapter.connect().close()

    return handshake


def _resumed(adapter: Adapter) -> Work:
    first = connected(adapter)
    session = first.session
    first.close()

    def handshake() -> None:
        pair = adapter.connect(session)
        if not pair.resumed:
            raise OtherWork("a resumption was asked for, and a full handshake was done")
        pair.close()

    return handshake


def _sent(size: int) -> Callable[[Adapter], Work]:
    def prepare(adapter: Adapter) -> Work:
        pair, data = connected(adapter), os.urandom(size)
        _same(pair.send(data), data)
        return lambda: pair.send(data)

    return prepare


def _coalesced(adapter: Adapter) -> Work:
    pair, data = cast(StreamPair, connected(adapter)), os.urandom(SMALL)

    def send() -> bytes:
        return pair.open(b"".join([pair.seal(data) for _ in range(COALESCED)]))

    _same(send(), COALESCED * data)
    return send


def _trickled(adapter: Adapter) -> Work:
    pair, data = cast(StreamPair, connected(adapter)), os.urandom(RECORD)

    def send() -> bytes:
        wire = pair.seal(data)
        return b"".join([pair.open(wire[at : at + TRICKLED]) for at in range(0, len(wire), TRICKLED)])

    _same(send(), data)
    return send


def _same(arrived: bytes, sent: bytes) -> None:
    if arrived != sent:
        raise OtherWork("what arrived is not what was sent")


_MB = RECORD / 1e6
MEASURES: dict[str, Measure] = {
    each.name: each
    for each in (
        Measure("full", "full handshake", "handshakes/s", _full),
        Measure("anew", "full handshake, chain asked anew", "handshakes/s", _anew),
        Measure("resumed", "resumed handshake (session ID)", "handshakes/s", _resumed),
        Measure("gcm", "16 KiB records, AES-128-GCM", "MB/s", _sent(RECORD), units=_MB),
        Measure("cbc", "16 KiB records, AES-128-CBC, SHA-1", "MB/s", _sent(RECORD), CBC, units=_MB),
        Measure("small", "100-byte records, one to a read", "records/s", _sent(SMALL)),
        Measure("coalesced", "100-byte records, 500 to a read", "records/s", _coalesced, GCM, COALESCED, True),
        Measure("trickled", "16 KiB records, 64 bytes to a read", "MB/s", _trickled, GCM, _MB, True),
    )
}
