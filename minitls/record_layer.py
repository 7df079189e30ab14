"""The record layer of one connection: content in, records out, and the other way round (RFC 5246 section 6).

It cuts what is sent into records, protects and queues them; it cuts what arrives into records and opens them. What an
opened record *is* its protection says, not its header: `feed` gives (content type, plaintext), because TLS 1.3 hides
the type inside (RFC 8446 section 5.2). From one key change to the next each direction has an `Epoch`; who changes keys,
and what is sent to announce it, is the business of the handshake.

Each guard `if self.observer` is where the outside is told something; without an observer nothing is built.
"""

from __future__ import annotations

from typing import NamedTuple

from .crypto.protection import DirectionKeys, Protection, Unprotected
from .crypto.suites import Suite
from .errors import RecordOverflow, UnexpectedMessage
from .observe import DataSeen, KeysChanged, MessageSeen, Observer, RecordProtected, RecordSeen, Side
from .wire.codes import ContentType
from .wire.records import MAX_PLAINTEXT, RECORD_HEADER_SIZE, HandshakeBuffer, RecordCutter, fragments


class Epoch(NamedTuple):
    """What holds for the records of one direction from one key change to the next."""

    suite: Suite
    keys: DirectionKeys
    protection: Protection
    """Made of these keys, and of nobody else's: it counts the records."""


class RecordLayer(RecordCutter[tuple[int, bytes]]):
    """Both directions of one connection, in the clear at first.

    `feed` gives (content type, plaintext) of each record that has arrived; its limits follow what was agreed.
    """

    __slots__ = (
        "_carriers",
        "_protected_read_limit",
        "_read",
        "_read_limit",
        "_received",
        "_write",
        "_write_limit",
        "messages",
        "observer",
        "peer",
        "sent",
        "side",
        "waiting",
    )

    def __init__(self, side: Side, observer: Observer | None) -> None:
        super().__init__()
        self.side: Side = side
        self.peer: Side = "server" if side == "client" else "client"
        self.observer = observer
        self.messages = HandshakeBuffer()
        """Joins handshake messages again that were cut into several records."""
        self.sent = 0
        """How many records have been queued."""
        # How many of the peer's records have been opened: only an observer is told numbers, so only for one they count.
        self._received = 0
        # A first hello may bear any 03xx (RFC 5246 appendix E.1); it is the client's, and is answered with 0303.
        self.any_version = side == "server"
        self.waiting: list[bytes] = []
        """Records that wait to be sent, in order."""
        # Of an epoch only the protection is kept: nobody needs the bare keys once they are in use.
        self._write: Protection = Unprotected()
        self._read: Protection = Unprotected()
        self._write_limit = MAX_PLAINTEXT
        self._read_limit = MAX_PLAINTEXT
        self._protected_read_limit = MAX_PLAINTEXT
        self._carriers: list[int] = []

    # What the handshake settles.

    def agree(self, max_fragment_length: int | None, record_size_limits: tuple[int, int] | None) -> None:
        """The hellos are through: records bear 0303 from now on, and are no longer than agreed.

        `max_fragment_length` binds every record at once (RFC 6066 section 4); `record_size_limits`, the client's and
        the server's, bind only protected ones (RFC 8449 section 4), so the peer may send others longer. What we send
        is short from here on all the same: GnuTLS wants it so. All in bytes of plaintext.
        """
        self.any_version = self.any_alert_version = False
        if max_fragment_length is not None:
            self._write_limit = self._read_limit = max_fragment_length
        if record_size_limits is not None:
            client, server = record_size_limits
            own, theirs = (client, server) if self.side == "client" else (server, client)
            self._write_limit, self._protected_read_limit = min(theirs, MAX_PLAINTEXT), own

    def write_with(self, epoch: Epoch) -> None:
        """From here on what we send is protected by this epoch."""
        self._write = epoch.protection
        if self.observer:
            self._tell_change(self.observer, self.side, epoch)

    def read_with(self, epoch: Epoch) -> None:
        """What the peer sends from here on is protected by this epoch.

        UnexpectedMessage while part of a handshake message is waiting: bytes sent under one key may not be finished
        under another (RFC 5246 section 7.1).
        """
        if self.messages.pending:
            raise UnexpectedMessage("part of a handshake message is still missing when keys change (RFC 5246 7.1)")
        self._read = epoch.protection
        self._read_limit = min(self._read_limit, self._protected_read_limit)
        self.limit = epoch.protection.max_fragment
        if self.observer:
            self._tell_change(self.observer, self.peer, epoch)

    def _tell_change(self, observer: Observer, sender: Side, epoch: Epoch) -> None:
        encrypt_then_mac = epoch.protection.order == "EncryptThenMAC"
        observer(KeysChanged(sender, epoch.suite.name, encrypt_then_mac, *epoch.keys))

    # What is sent.

    def write(self, content_type: int, content: bytes, name: str = "") -> None:
        """Cut `content` into records, protect and queue them; `name` is told, if it is a message that has one."""
        first = self.sent
        for fragment in (content,) if len(content) <= self._write_limit else fragments(content, self._write_limit):
            record = self._write.seal(content_type, fragment)
            self.waiting.append(record)
            self.sent += 1
            if self.observer:
                # An observer may have something sent itself: what is told of this record is settled before.
                number, used, sequence = self.sent - 1, self._write, self._write.sequence - 1
                self.observer(RecordSeen(self.side, number, record[:5], record[5:]))
                self._tell(self.side, number, used, sequence, content_type, fragment)
        if self.observer and name:
            self.observer(MessageSeen(self.side, name, content, tuple(range(first, self.sent))))

    def write_raw(self, data: bytes) -> None:
        """Queue bytes that are no TLS: the answer to a peer that does not speak it."""
        self.waiting.append(data)

    # What is received.

    def made(self, content_type: int, data: bytes, start: int, stop: int) -> tuple[int, bytes]:
        """Content type and plaintext of the record that arrived next.

        Raises BadRecordMAC, or RecordOverflow above the agreed limit.
        """
        if self.observer:
            header = data[start - RECORD_HEADER_SIZE : start]
            self.observer(RecordSeen(self.peer, self._received, header, data[start:stop]))
        opened = self._read.open_at(content_type, data, start, stop)
        if len(opened[1]) > self._read_limit:
            raise RecordOverflow(
                f"a record with {len(opened[1])} bytes of plaintext, at most {self._read_limit} are allowed "
                "(RFC 5246 section 6.2.1, RFC 6066 section 4, RFC 8449 section 4)"
            )
        if self.observer:
            self._received += 1
            self._tell(self.peer, self._received - 1, self._read, self._read.sequence - 1, *opened)
        return opened

    def received(self, data: bytes, name: str) -> None:
        """Tell the observer of a message that the record received last completes."""
        if self.observer:
            self.observer(MessageSeen(self.peer, name, data, (*self._carriers, self._received - 1)))
            self._carriers.clear()

    def carried(self) -> None:
        """The record received last holds the beginning or middle of a message, of which the observer will be told."""
        self._carriers.append(self._received - 1)

    def _tell(
        self, sender: Side, number: int, used: Protection, sequence: int, content_type: int, plaintext: bytes
    ) -> None:
        assert self.observer
        if used.overhead:
            opened = sender == self.peer
            self.observer(RecordProtected(sender, number, opened, sequence, content_type, plaintext))
            # Before there are keys nothing is data, whatever a peer may call it.
            if content_type == ContentType.application_data:
                self.observer(DataSeen(sender, number, plaintext))
