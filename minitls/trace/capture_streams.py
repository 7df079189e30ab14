"""TCP reassembly for a listener: segments of one direction in any order, as the byte stream that they carried.

A segment may come twice, late, or overlap others with the same or with other bytes; what was delivered first counts,
as it does for most receivers. Sequence numbers count modulo 2^32 (RFC 9293 section 3.4). What is held back while bytes
are missing is bounded; when the bound is reached or the capture ends, the hole is told and the stream ends there,
because TLS cannot be read past a hole.
"""

from __future__ import annotations

_WRAP = 1 << 32
#: Bytes held back in one direction while others are missing: more than any receive window in use.
MAX_HELD = 8 << 20


class Stream:
    """One direction. `feed` gives the bytes that have become readable."""

    def __init__(self) -> None:
        self.next: int | None = None
        """The sequence number of the next byte, None before the first segment."""
        self.mid_stream = False
        """Whether the capture began after this direction did: no SYN was seen."""
        self.broken = False
        """Whether bytes are missing that will not come any more."""
        self.ended = False
        """Whether everything up to FIN was delivered."""
        self.delivered = 0
        self._held: dict[int, bytes] = {}
        self._held_size = 0
        self._end: int | None = None

    def feed(self, sequence: int, payload: bytes, syn: bool = False, fin: bool = False) -> bytes:
        """One segment; the bytes of the stream that it makes readable, b"" if none."""
        if syn:
            sequence = (sequence + 1) % _WRAP
            if self.next is None or (not self.delivered and self.mid_stream):
                self.next, self.mid_stream = sequence, False
        if self.broken or self.ended:
            return b""
        if self.next is None:
            self.next, self.mid_stream = sequence, True
        if fin:
            self._end = (sequence + len(payload)) % _WRAP
        if payload:
            self._hold(sequence, payload)
        readable = self._take()
        self.delivered += len(readable)
        if self._end is not None and self.next == self._end:
            self.ended = True
        if self._held_size > MAX_HELD:
            self.give_up()
        return readable

    @property
    def waiting(self) -> int:
        """Bytes held back because others before them are missing."""
        return self._held_size

    def give_up(self) -> None:
        """What is missing will not come."""
        if self._held:
            self.broken = True
            self._held.clear()
            self._held_size = 0

    def _hold(self, sequence: int, payload: bytes) -> None:
        known = self._held.get(sequence, b"")
        if len(payload) > len(known):
            # The bytes that came first stay; a longer repetition adds its end.
            self._held[sequence] = known + payload[len(known) :]
            self._held_size += len(payload) - len(known)

    def _take(self) -> bytes:
        assert self.next is not None
        readable = b""
        while self._held:
            ready = [at for at in self._held if _ahead(at, self.next) <= 0]
            if not ready:
                break
            at = min(ready, key=lambda each: _ahead(each, self.next or 0))
            payload = self._held.pop(at)
            self._held_size -= len(payload)
            fresh = payload[-_ahead(at, self.next) :] if at != self.next else payload
            if _ahead(at, self.next) + len(payload) > 0:
                readable += fresh
                self.next = (self.next + len(fresh)) % _WRAP
        return readable


def _ahead(sequence: int, reference: int) -> int:
    """How far `sequence` lies ahead of `reference`, negative if behind, on the circle of 2^32."""
    return (sequence - reference + (1 << 31)) % _WRAP - (1 << 31)
