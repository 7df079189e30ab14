"""The link: all that a flow can do to its connection.

A flow sends messages, changes keys and tells what it derived; everything else (sockets, buffers, alerts) is out of its
reach. Key changes are statements of the flow, `write_with` and `read_with`, and the second refuses to happen while part
of a handshake message is waiting: bytes sent under one key may not be finished under another. The last thing a flow
says of a handshake is `complete`.
"""

from __future__ import annotations

from functools import partial

from ..crypto.suites import Suite
from ..observe import Noted, Observer, RandomDrawn, Side
from ..record_layer import Epoch, RecordLayer
from ..wire.codes import ContentType
from ..wire.messages import HandshakeMessage, KeyExchange, message_name
from .config import Random
from .derivation import Derivation, Value
from .negotiated import Negotiated
from .transcript import Transcript


class Link:
    """One side's end of the conversation over `records`, with the transcript of the handshake; draws from `random`."""

    __slots__ = (
        "_random",
        "_records",
        "key_exchange",
        "negotiated",
        "observer",
        "peer",
        "session_key",
        "side",
        "transcript",
    )

    def __init__(self, records: RecordLayer, random: Random) -> None:
        self._records = records
        self.side: Side = records.side
        self.peer: Side = records.peer
        self.observer: Observer | None = records.observer
        self.transcript = Transcript()
        self.key_exchange: KeyExchange | None = None
        """The key exchange of the agreed suite, None before the hellos are through."""
        self.session_key: bytes | None = None
        """The key of this connection's session in the configured store, once it has one."""
        self.negotiated: Negotiated | None = None
        """What the handshake came to, once the flow has said that it is complete."""
        self._random = random

    # Messages.

    def send(self, message: HandshakeMessage) -> None:
        """Send one handshake message; it enters the transcript as encoded here."""
        self.send_encoded(message.encode(), message_name(message.msg_type))

    def send_encoded(self, data: bytes, name: str) -> None:
        """Send a handshake message that is encoded already, header included."""
        self.transcript.append(data)
        self._records.write(ContentType.handshake, data, name)

    def send_apart(self, content_type: int, data: bytes, name: str) -> None:
        """Send what travels between handshake messages but is none, and enters no transcript: ChangeCipherSpec."""
        self._records.write(content_type, data, name)

    # What the handshake settles.

    def agree(self, suite: Suite, max_fragment_length: int | None, record_size_limits: tuple[int, int] | None) -> None:
        """The hellos are through: what they say of the records, `RecordLayer.agree` explains."""
        self.key_exchange = suite.key_exchange or None
        self._records.agree(max_fragment_length, record_size_limits)

    def write_with(self, epoch: Epoch) -> None:
        """From here on what we send is protected by this epoch; nothing is sent to say so."""
        self._records.write_with(epoch)

    def read_with(self, epoch: Epoch) -> None:
        """What the peer sends from here on is protected by this epoch. UnexpectedMessage within a message."""
        self._records.read_with(epoch)

    def complete(self, negotiated: Negotiated) -> None:
        """The handshake is over, and what only it needed goes; the flow may live on in state CONNECTED."""
        self.negotiated = negotiated
        self.transcript = Transcript()

    # Randomness, and what the observer is told.

    def random(self, purpose: str, size: int) -> bytes:
        """`size` random bytes of the configuration."""
        return self.source(purpose)(size)

    def source(self, purpose: str) -> Random:
        """The random bytes to use for a purpose: what a protection draws its IVs from. Refers to no link."""
        return partial(_told, self._random, self.observer, purpose) if self.observer else self._random

    def derive(self, row: Derivation, **values: Value) -> bytes:
        """Compute a declared value, and tell the observer what it was computed from."""
        output = row.compute(values)
        if self.observer:
            self.observer(row.observed(values, output))
        return output

    def derived(self, row: Derivation, output: bytes, **values: Value) -> None:
        """Tell the observer of a declared value that took a private key."""
        if self.observer:
            self.observer(row.observed(values, output))

    def note(self, id: str, **values: object) -> None:
        """Tell the observer anything else."""
        if self.observer:
            self.observer(Noted(id, values))


def _told(random: Random, observer: Observer, purpose: str, size: int) -> bytes:
    drawn = random(size)
    observer(RandomDrawn(purpose, drawn))
    return drawn
