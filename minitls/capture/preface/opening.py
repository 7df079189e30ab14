"""Both directions of a connection until TLS begins in each: at their first byte, or after a dialogue in the clear.

A ClientHello counts where a client may send one: at the start, at a turn (the other side has spoken), or where a known
dialogue ends. So a file of captured handshakes that is downloaded in the clear is no TLS. The directions are found
independently, because a capture may hold them in any order.
"""

from __future__ import annotations

from ...wire.codes import HandshakeType
from ..packets import Address
from . import plausible
from .told import Told, told

#: Bytes of one direction after which TLS is not expected any more.
MAX_PREFACE = 64 << 10
#: Hellos in places that only a known dialogue could justify, of which each is looked at.
_MAX_DOUBTFUL = 32

Readable = list[tuple[Address, bytes]]


class _Direction:
    """What one end has said before TLS. `begins` is where that begins, None while it has not."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.turns: set[int] = set()
        self.searched = 0
        self.doubtful: list[int] = []
        """Where a ClientHello stands that nothing heard so far justifies."""
        self.begins: int | None = None

    def begin(self, at: int) -> bytes:
        """TLS begins there; the bytes of it."""
        self.begins, tls = at, bytes(self.data[at:])
        del self.data[at:]
        return tls

    def drop_searched(self) -> None:
        """The dialogue is told: keep only what may still become the first record."""
        del self.data[: self.searched]
        self.searched = 0


class Opening:
    """The beginning of one connection between two ends."""

    def __init__(self, one: Address, other: Address) -> None:
        self.client: Address | None = None
        """Who sends the ClientHello or gets the ServerHello, None while none was heard."""
        self._ends = {one: _Direction(), other: _Direction()}
        self._last: Address | None = None
        self._doubtful = 0
        self._over = False

    @property
    def begun(self) -> bool:
        """Whether TLS has begun in a direction."""
        return any(each.begins is not None for each in self._ends.values())

    @property
    def over(self) -> bool:
        """Whether TLS has begun in both directions, so that all that comes is of it."""
        return self._over

    @property
    def waiting(self) -> int:
        """Bytes kept while TLS has not begun after them."""
        return sum(len(each.data) for each in self._ends.values() if each.begins is None)

    @property
    def hopeless(self) -> bool:
        """Whether so much was said without TLS that none is expected."""
        return not self.begun and any(len(each.data) > MAX_PREFACE for each in self._ends.values())

    def feed(self, source: Address, payload: bytes) -> Readable:
        """The next bytes of an end; what of TLS, and whose, has become readable."""
        direction = self._ends[source]
        if direction.begins is not None:
            self._over = all(each.begins is not None for each in self._ends.values())
            return [(source, payload)]
        if self._last != source:
            direction.turns.add(len(direction.data))
            self._last = source
        direction.data += payload
        kind = plausible.opens_with(direction.data)
        if kind is not None:
            if kind in (HandshakeType.client_hello, HandshakeType.server_hello):
                self.client = source if kind == HandshakeType.client_hello else self._other(source)
            return [(source, direction.begin(0)), *self._follow(source)]
        heard = self._search(source) or self._again(self._other(source))
        if not heard and self.begun and len(direction.data) > MAX_PREFACE:
            heard = self._release(source)
            if not heard:
                direction.drop_searched()
        return heard

    def rest(self) -> Readable:
        """Nothing more will come: a record that is hardly begun, and what answers TLS without being any."""
        begun = [
            (end, each.begin(0))
            for end, each in self._ends.items()
            if each.begins is None and len(each.data) > 1 and plausible.is_record(each.data)
        ]
        return begun + [each for end in self._ends for each in self._release(end)]

    def dialogue(self, client: Address, unplaced: bytes = b"") -> Told:
        """What was said before TLS, or all that was said; `unplaced`: the server's, whose beginning is not known."""
        server = self._other(client)
        return told(bytes(self._ends[client].data), bytes(self._ends[server].data) or unplaced)

    def size(self, end: Address) -> int:
        """How many bytes an end said before TLS, or at all."""
        return len(self._ends[end].data)

    def forget(self) -> None:
        """Nobody will ask for the dialogue any more."""
        for each in self._ends.values():
            if each.begins is not None or not self.begun:
                each.data.clear()

    def _search(self, source: Address) -> Readable:
        direction = self._ends[source]
        start = direction.searched
        fresh = bytes(direction.data[start:])
        direction.searched = start + plausible.undecided(fresh)
        if self.client is not None and source != self.client:
            answer = plausible.answer(fresh)
            return [] if answer is None else [(source, direction.begin(start + answer))]
        for at in plausible.hellos(fresh, HandshakeType.client_hello):
            if self.client == source or start + at in direction.turns or self._due(source, start + at):
                return self._begin_client(source, start + at)
            direction.doubtful.append(start + at)
        if self.client is None:
            for at in plausible.hellos(fresh, HandshakeType.server_hello):
                if start + at in direction.turns:
                    self.client = self._other(source)
                    return [*self._follow(source), (source, direction.begin(start + at))]
        return []

    def _begin_client(self, source: Address, at: int) -> Readable:
        self.client = source
        return [(source, self._ends[source].begin(at)), *self._follow(source)]

    def _again(self, end: Address) -> Readable:
        """What the other side has said meanwhile may be the dialogue that justifies a ClientHello of this one."""
        direction = self._ends[end]
        if direction.begins is None and not self.begun:
            due = next((at for at in direction.doubtful if self._due(end, at)), None)
            if due is not None:
                return self._begin_client(end, due)
        return []

    def _due(self, source: Address, at: int) -> bool:
        """Whether a known dialogue ends here, so that TLS may begin without a turn."""
        self._doubtful += 1
        if self._doubtful > _MAX_DOUBTFUL:
            return False
        return told(bytes(self._ends[source].data[:at]), bytes(self._ends[self._other(source)].data)).exact

    def _follow(self, source: Address) -> Readable:
        """One end has begun: what the other sent of TLS before that was known."""
        other = self._other(source)
        direction = self._ends[other]
        if direction.begins is not None or not direction.data:
            return []
        direction.searched = 0
        return self._search(other) if self.client is not None else self._release(other)

    def _release(self, end: Address) -> Readable:
        """What is no TLS, and stands where TLS should, for whoever can tell what is wrong with it."""
        direction, other = self._ends[end], self._ends[self._other(end)]
        if direction.begins is not None or not direction.data or other.begins != 0:
            return []
        return [(end, direction.begin(0))]

    def _other(self, end: Address) -> Address:
        return next((each for each in self._ends if each != end), end)
