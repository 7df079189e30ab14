"""TCP reassembly for a listener: segments of one direction in any order, as the byte stream that they carried.

A segment may come twice, late, or overlap others with the same or with other bytes; what was delivered first counts,
as it does for most receivers. Sequence numbers count modulo 2^32 (RFC 9293 section 3.4); inside they are unrolled to
plain numbers. Where the stream begins is told by SYN, or, if the capture began later, by the first segment that opens
a TLS handshake, and what leads up to it; with neither, it begins with the lowest number seen, and `mid_stream` says so.

What is held back while bytes are missing is bounded. When the bound is reached, or when the capture ends, the hole is
told and the stream ends there, because TLS cannot be read past a hole.
"""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count

_WRAP = 1 << 32
#: Held back in one direction while others are missing: more bytes than any receive window in use.
MAX_HELD = 8 << 20
MAX_HELD_SEGMENTS = 20_000
#: Held back while it is not known where the stream begins.
MAX_HELD_UNPLACED = 256 << 10


class Stream:
    """One direction. `feed` and `give_up` give the bytes that have become readable."""

    def __init__(self) -> None:
        self.mid_stream = False
        """Whether the capture began after this direction did."""
        self.broken = False
        """Whether bytes are missing that will not come any more."""
        self.ended = False
        """Whether everything up to FIN was delivered."""
        self.delivered = 0
        self._seen = _WRAP
        self._next: int | None = None
        self._begin: int | None = None
        self._end: int | None = None
        self._held: list[tuple[int, int, bytes]] = []
        self._held_size = 0
        self._order = count()

    def feed(self, sequence: int, payload: bytes, syn: bool = False, fin: bool = False) -> bytes:
        """One segment; the bytes of the stream that it makes readable, b"" if none."""
        if self.broken or self.ended:
            return b""
        at = self._unrolled(sequence + syn)
        if at == self._next and payload and not (self._held or fin or syn or self._end):
            # The usual case: the next bytes in order, and none that wait.
            self._next += len(payload)
            self.delivered += len(payload)
            return payload
        if self._next is None and (syn or opens_handshake(payload)):
            self._next = self._begin = at if syn else self._run_before(at)
        if fin:
            self._end = at + len(payload)
        if payload and (self._next is None or at + len(payload) > self._next):
            heappush(self._held, (at, next(self._order), payload))
            self._held_size += len(payload)
        readable = self._take()
        if self._next is None and self._held_size > MAX_HELD_UNPLACED:
            return readable + self._begin_anywhere()
        if self._held_size > MAX_HELD or len(self._held) > MAX_HELD_SEGMENTS:
            self._break()
        return readable

    @property
    def unplaced(self) -> bytes:
        """What is held while nobody knows where the stream begins, from the lowest on, up to the first gap."""
        found, at = b"", None
        for begin, _, payload in sorted(self._held) if self._next is None else ():
            if at is not None and begin > at:
                break
            found += payload[0 if at is None else at - begin :]
            at = begin + len(payload) if at is None else max(at, begin + len(payload))
        return found

    def _run_before(self, at: int) -> int:
        """Where the bytes begin that are held and lead up to `at` without a gap: a dialogue before TLS."""
        ends = {begin + len(payload): begin for begin, _, payload in self._held}
        while at in ends:
            at = ends[at]
        return at

    @property
    def waiting(self) -> int:
        """Bytes held back because others before them are missing."""
        return self._held_size

    def give_up(self) -> bytes:
        """Nothing more will come: what is readable without the missing bytes, if the beginning is what is missing."""
        readable = self._begin_anywhere() if self._next is None and self._held else b""
        if self._held:
            self._break()
        return readable

    def begins_with(self, sequence: int) -> bool:
        """Whether a SYN of this sequence number is the one that began this stream, come again."""
        return self._begin is not None and (sequence + 1 - self._begin) % _WRAP == 0

    def _unrolled(self, sequence: int) -> int:
        """The sequence number as a number that does not wrap: the one nearest to the last that was seen."""
        ahead = (sequence - self._seen + (1 << 31)) % _WRAP - (1 << 31)
        self._seen = self._seen + ahead
        return self._seen

    def _begin_anywhere(self) -> bytes:
        self._next, self.mid_stream = self._held[0][0], True
        return self._take()

    def _break(self) -> None:
        self.broken = True
        self._held.clear()
        self._held_size = 0

    def _take(self) -> bytes:
        if self._next is None:
            return b""
        parts = []
        while self._held and self._held[0][0] <= self._next:
            at, _, payload = heappop(self._held)
            self._held_size -= len(payload)
            fresh = payload[self._next - at :]
            self._next += len(fresh)
            parts.append(fresh)
        readable = b"".join(parts)
        self.delivered += len(readable)
        self.ended = self._end is not None and self._next >= self._end
        return readable


def opens_handshake(payload: bytes) -> bool:
    """Whether these bytes begin with a record that begins with a ClientHello or a ServerHello."""
    return len(payload) > 5 and payload[:2] == b"\x16\x03" and payload[5] in (1, 2)
