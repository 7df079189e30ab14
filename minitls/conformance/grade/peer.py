"""A TLS 1.2 peer that does as it is told: every message and record is sent on request, right or wrong.

The connections of minitls cannot misbehave, so they cannot test how somebody else bears misbehaviour. This peer has no
state machine: a script calls its methods in whatever order it likes. Sockets are blocking, under one deadline.
"""

from __future__ import annotations

import socket
import time
from typing import TypeVar

from ...crypto.protection import DirectionKeys, Protection, Unprotected, protection
from ...crypto.suites import Suite
from ...errors import AlertLevel, alert_name
from ...handshake.tls12.replay import Replay
from ...observe import Side
from ...wire.codes import ContentType
from ...wire.messages import HandshakeMessage, message_name
from ...wire.records import MAX_CIPHERTEXT, HandshakeBuffer, Record, RecordBuffer

M = TypeVar("M", bound=HandshakeMessage)


class Ended(Exception):
    """The other side has ended the conversation: `how` says by what."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


class Silent(Exception):
    """The other side says nothing, and the deadline has passed."""


class Peer:
    """One end of a conversation over a connected socket. `random` draws the IVs."""

    def __init__(self, sock: socket.socket, side: Side, timeout: float) -> None:
        self.socket, self.side = sock, side
        self.other: Side = "server" if side == "client" else "client"
        self.deadline = time.monotonic() + timeout
        self.replay = Replay()
        """What follows from the messages of both sides; the script gives it the secret."""
        self.records = RecordBuffer()
        self.records.limit = MAX_CIPHERTEXT
        self.messages = HandshakeBuffer()
        self.write: Protection = Unprotected()
        self.read: Protection = Unprotected()
        self.fragment = 2**14
        """The most bytes of handshake content put into one record."""
        self._waiting: list[Record] = []

    # What is received.

    def next_record(self) -> tuple[int, bytes]:
        """Type and plaintext of the next record. Ended for a fatal alert, close_notify or the end of TCP."""
        while not self._waiting:
            self.socket.settimeout(max(self.deadline - time.monotonic(), 0.001))
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                raise Silent from None
            except OSError as fault:
                raise Ended(f"a broken connection ({fault.strerror or fault})") from None
            if not data:
                raise Ended("the end of TCP")
            self._waiting += self.records.feed(data)
        one = self._waiting.pop(0)
        content_type, plaintext = self.read.open(one.type, one.fragment)
        if content_type == ContentType.alert and len(plaintext) == 2:
            level = "fatal" if plaintext[0] == AlertLevel.fatal else "warning"
            if level == "fatal" or plaintext[1] == 0:
                raise Ended(f"the {level} alert {alert_name(plaintext[1])}")
        return content_type, plaintext

    def expect(self, kind: type[M]) -> M:
        """The next handshake message, which must be of this kind. ValueError if it is another one."""
        while (data := self.messages.take()) is None:
            content_type, plaintext = self.next_record()
            if content_type == ContentType.alert:
                continue
            if content_type != ContentType.handshake:
                raise ValueError(f"a record of type {content_type} came where {kind.__name__} was expected")
            self.messages.feed(plaintext)
        if data[0] != kind.msg_type:
            raise ValueError(f"{message_name(data[0])} came where {kind.__name__} was expected")
        self.replay.message(self.other, data)
        return kind.decode(data)

    def expect_change_cipher_spec(self) -> None:
        """ChangeCipherSpec comes next. ValueError if something else does."""
        content_type, plaintext = self.next_record()
        if content_type != ContentType.change_cipher_spec or plaintext != b"\x01":
            raise ValueError(f"a record of type {content_type} came where ChangeCipherSpec was expected")

    def data(self, size: int) -> bytes:
        """At least `size` bytes of application data."""
        got = b""
        while len(got) < size:
            content_type, plaintext = self.next_record()
            got += plaintext if content_type == ContentType.application_data else b""
        return got

    # What is sent.

    def send(self, message: HandshakeMessage) -> None:
        """A handshake message, cut into records of `fragment` bytes."""
        self.send_handshake(message.encode())

    def send_handshake(self, data: bytes) -> None:
        """The same for a message that is bytes already."""
        self.replay.message(self.side, data)
        for at in range(0, len(data), self.fragment):
            self.send_record(ContentType.handshake, data[at : at + self.fragment])

    def send_change_cipher_spec(self) -> None:
        """ChangeCipherSpec; what comes after is for the script to protect."""
        self.send_record(ContentType.change_cipher_spec, b"\x01")

    def send_record(self, content_type: int, plaintext: bytes) -> None:
        """One record, protected as things stand."""
        self.send_raw(self.write.seal(content_type, plaintext))

    def send_raw(self, data: bytes) -> None:
        """Bytes as they are. What the other side no longer wants to hear is not missed: its answer tells."""
        self.socket.settimeout(max(self.deadline - time.monotonic(), 0.001))
        try:
            self.socket.sendall(data)
        except OSError:
            return

    # What is computed.

    def protect(self, suite: Suite, keys: DirectionKeys, random: bytes = b"\x5a" * 16) -> Protection:
        """MAC-then-encrypt or GCM; `random` is the IV of every CBC record."""
        return protection(suite, keys, lambda size: random[:size])
