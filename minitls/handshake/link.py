"""The link: what a flow can do to its connection, and the record layer that does it.

A flow sends messages, announces new keys and tells what it derived; everything else (sockets, buffers, alerts) is out
of its reach. Key changes are statements of the flow, `write_with` and `read_with`, and the second refuses to happen
while part of a handshake message is waiting: bytes sent under one key may not be finished under another.

Each guard `if self.observer` is where the outside is told something; without an observer nothing is built.
"""

from __future__ import annotations

from collections.abc import Callable

from ..crypto.protection import Protection, Unprotected, protection
from ..crypto.suites import Suite
from ..errors import RecordOverflow, UnexpectedMessage
from ..observe import (
    DataSeen,
    KeysChanged,
    MessageSeen,
    Noted,
    Observer,
    RandomDrawn,
    RecordProtected,
    RecordSeen,
    Side,
)
from ..wire.codes import ContentType
from ..wire.messages import ChangeCipherSpec, HandshakeMessage, KeyExchange
from ..wire.records import MAX_CIPHERTEXT, MAX_PLAINTEXT, HandshakeBuffer, Record, RecordBuffer, fragments
from .config import Config, Random
from .derivation import Derivation, Value
from .tls12.key_schedule import KeyBlock
from .transcript import Transcript

_CHANGE_CIPHER_SPEC = ChangeCipherSpec(1).write()


class Link:
    """One side's record layer, with the transcript of the handshake that runs over it."""

    def __init__(self, side: Side, config: Config) -> None:
        self.side: Side = side
        self.peer: Side = "server" if side == "client" else "client"
        self.observer: Observer | None = config.observer
        self.transcript = Transcript()
        self.records = RecordBuffer()
        # A first hello may bear any 03xx (RFC 5246 appendix E.1); it is the client's, and is answered with 0303.
        self.records.any_version = side == "server"
        self.messages = HandshakeBuffer()
        self.key_exchange: KeyExchange | None = None
        """The key exchange of the agreed suite, None before the hellos are through."""
        self.session_key: bytes | None = None
        """The key of this connection's session in the configured store, once it has one."""
        self._random = _told(config.random, config.observer)
        self._out: list[bytes] = []
        self._write: Protection = Unprotected()
        self._read: Protection = Unprotected()
        self._write_limit = MAX_PLAINTEXT
        self._read_limit = MAX_PLAINTEXT
        self._protected_read_limit = MAX_PLAINTEXT
        self._sent = self._received = 0
        self._carriers: list[int] = []

    # What flows say.

    def send(self, message: HandshakeMessage) -> None:
        """Send one handshake message; it enters the transcript as encoded here."""
        self.send_encoded(message.encode(), type(message).__name__)

    def send_encoded(self, data: bytes, name: str) -> None:
        """Send a handshake message that is encoded already, header included."""
        self.transcript.append(data)
        self.write(ContentType.handshake, data, name)

    def write_with(self, keys: KeyBlock, suite: Suite, encrypt_then_mac: bool) -> None:
        """Send ChangeCipherSpec; from here on what we send is protected (RFC 5246 section 7.1)."""
        self.write(ContentType.change_cipher_spec, _CHANGE_CIPHER_SPEC, "ChangeCipherSpec")
        own = keys.client if self.side == "client" else keys.server
        self._write = protection(suite, own, self._random("IV"), encrypt_then_mac)
        if self.observer:
            self.observer(KeysChanged(self.side, suite.name, encrypt_then_mac, *own))

    def read_with(self, keys: KeyBlock, suite: Suite, encrypt_then_mac: bool) -> None:
        """The peer's ChangeCipherSpec is here: what it sends from here on is protected."""
        if self.messages.pending:
            raise UnexpectedMessage("part of a handshake message is still missing when keys change (RFC 5246 7.1)")
        theirs = keys.server if self.side == "client" else keys.client
        self._read = protection(suite, theirs, self._random("IV"), encrypt_then_mac)
        self._read_limit = min(self._read_limit, self._protected_read_limit)
        self.records.limit = MAX_CIPHERTEXT
        if self.observer:
            self.observer(KeysChanged(self.peer, suite.name, encrypt_then_mac, *theirs))

    def agree(self, suite: Suite, max_fragment_length: int | None, record_size_limits: tuple[int, int] | None) -> None:
        """The hellos are through: records bear 0303 from now on, and are no longer than agreed.

        `max_fragment_length` binds every record at once (RFC 6066 section 4); `record_size_limits`, the client's and
        the server's, bind only protected ones (RFC 8449 section 4), so the peer may send others longer. What we send
        is short from here on all the same: GnuTLS wants it so. All in bytes of plaintext.
        """
        self.key_exchange = suite.key_exchange
        self.records.any_version = self.records.any_alert_version = False
        if max_fragment_length is not None:
            self._write_limit = self._read_limit = max_fragment_length
        if record_size_limits is not None:
            client, server = record_size_limits
            own, theirs = (client, server) if self.side == "client" else (server, client)
            self._write_limit, self._protected_read_limit = min(theirs, MAX_PLAINTEXT), own

    def random(self, purpose: str, size: int) -> bytes:
        """`size` random bytes of the configuration."""
        return self._random(purpose)(size)

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

    # What the connection does.

    def take(self) -> bytes:
        """Everything that waits to be sent."""
        data = b"".join(self._out)
        self._out.clear()
        return data

    def write_raw(self, data: bytes) -> None:
        """Send bytes that are no TLS: the answer to a peer that does not speak it."""
        self._out.append(data)

    def write(self, content_type: int, content: bytes, name: str = "") -> None:
        """Cut `content` into records, protect and queue them."""
        first = self._sent
        if len(content) <= self._write_limit:
            self._seal(content_type, content)
        else:
            for fragment in fragments(content, self._write_limit):
                self._seal(content_type, fragment)
        if self.observer and name:
            self.observer(MessageSeen(self.side, name, content, tuple(range(first, self._sent))))

    def _seal(self, content_type: int, fragment: bytes) -> None:
        sequence = self._write.sequence
        record = self._write.seal(content_type, fragment)
        self._out.append(record)
        if self.observer:
            self.observer(RecordSeen(self.side, self._sent, record[:5], record[5:]))
            self._tell(self.side, self._sent, self._write, sequence, content_type, fragment)
        self._sent += 1

    def open(self, record: Record) -> bytes:
        """The plaintext of a received record. Raises BadRecordMAC, or RecordOverflow above the agreed limit."""
        if self.observer:
            self.observer(RecordSeen(self.peer, self._received, record.header, record.fragment))
        sequence = self._read.sequence
        plaintext = self._read.open(record.type, record.fragment)
        if len(plaintext) > self._read_limit:
            raise RecordOverflow(
                f"a record with {len(plaintext)} bytes of plaintext, at most {self._read_limit} are allowed "
                "(RFC 5246 section 6.2.1, RFC 6066 section 4, RFC 8449 section 4)"
            )
        if self.observer:
            self._tell(self.peer, self._received, self._read, sequence, record.type, plaintext)
        self._received += 1
        return plaintext

    def _tell(
        self, sender: Side, number: int, used: Protection, sequence: int, content_type: int, plaintext: bytes
    ) -> None:
        assert self.observer
        if not isinstance(used, Unprotected):
            self.observer(RecordProtected(sender, number, used is self._read, sequence, content_type, plaintext))
        if content_type == ContentType.application_data:
            self.observer(DataSeen(sender, number, plaintext))

    def finish(self) -> None:
        """The handshake is over: what only it needed can go."""
        self.transcript = Transcript()

    def received(self, data: bytes, name: str) -> None:
        """Tell the observer of a message that the record received last completes."""
        if self.observer:
            last = self._received - 1
            self.observer(MessageSeen(self.peer, name, data, (*self._carriers, last)))
            self._carriers.clear()

    def carried(self) -> None:
        """The record received last holds the beginning or middle of a message."""
        if self.observer:
            self._carriers.append(self._received - 1)


def _told(random: Random, observer: Observer | None) -> Callable[[str], Random]:
    """`random` for a purpose. With an observer every draw is told; the result refers to no Link, so no cycle forms."""

    def purposeful(purpose: str) -> Random:
        def draw(size: int) -> bytes:
            drawn = random(size)
            if observer:
                observer(RandomDrawn(purpose, drawn))
            return drawn

        return draw if observer else random

    return purposeful
