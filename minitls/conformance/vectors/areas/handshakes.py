"""The area of whole connections: from the records as they travelled to every secret and every plaintext.

The inputs are the records in order and one secret: the server's private key, which opens ClientKeyExchange, or the
master secret of the session that is resumed. Everything else must come out of the records.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....crypto.protection import Protection, Unprotected, protection
from ....errors import DecryptError
from ....handshake.tls12 import pre_master
from ....handshake.tls12.derivations import KEY_BLOCK, MASTER_SECRET, PRE_MASTER_SECRET, SESSION_HASH, VERIFY_DATA
from ....handshake.tls12.replay import Missing, Replay
from ....observe import Side
from ....wire.codes import ContentType, HandshakeType, name_of
from ....wire.messages import Finished, message_name
from ....wire.records import HandshakeBuffer, RecordBuffer
from .secrets import rsa_key

SIDES: tuple[Side, ...] = ("client", "server")


def handshakes(given: Mapping[str, Any]) -> dict[str, Any]:
    """Every secret of the connection, the order of its messages, and the plaintext of every protected record."""
    connection = Recorded(given)
    for sender, record in given["records"]:
        connection.take(sender, bytes.fromhex(record))
    return {**connection.values, "messages": connection.order, "plaintexts": connection.plaintexts}


class Recorded:
    """A connection that somebody else had, followed record by record."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given
        self.values: dict[str, Any] = {}
        self.order: list[str] = []
        self.plaintexts: list[str] = []
        self._replay = Replay()
        self._buffers = {side: HandshakeBuffer() for side in SIDES}
        self._protection: dict[Side, Protection] = {side: Unprotected() for side in SIDES}
        if MASTER_SECRET.name in given:
            self._replay.give(MASTER_SECRET, bytes.fromhex(given[MASTER_SECRET.name]))

    def take(self, sender: Side, data: bytes) -> None:
        """One whole record."""
        records = RecordBuffer()
        records.limit = 2**14 + 2048
        for record in records.feed(data):
            content_type, plaintext = self._protection[sender].open(record.type, record.fragment)
            if self._protection[sender].overhead:
                self.plaintexts.append(f"{sender} {name_of(ContentType, content_type)} {plaintext.hex()}")
            if content_type == ContentType.change_cipher_spec:
                self.order.append(f"{sender} ChangeCipherSpec")
                self._change_cipher_spec(sender)
            elif content_type == ContentType.handshake:
                self._buffers[sender].feed(plaintext)
                while message := self._buffers[sender].take():
                    self._handshake(sender, message)

    def _handshake(self, sender: Side, data: bytes) -> None:
        self.order.append(f"{sender} {message_name(data[0])}")
        if data[0] == HandshakeType.finished:
            self._finished(sender, Finished.decode(data))
        self._replay.message(sender, data)
        if data[0] == HandshakeType.client_key_exchange:
            self._client_key_exchange()

    def _client_key_exchange(self) -> None:
        hello, message = self._replay.client_hello, self._replay.client_key_exchange
        if hello is None or message is None:
            raise ValueError("a ClientKeyExchange comes before both hellos are there, or is of another key exchange")
        key = rsa_key(self.given["private_key"])
        secret = pre_master.decrypt(key, message.encrypted_pre_master_secret, hello.client_version, bytes(48))
        self._replay.give(PRE_MASTER_SECRET, secret)

    def _change_cipher_spec(self, sender: Side) -> None:
        try:
            keys = self._replay.epoch_keys(sender)
        except Missing as missing:
            raise ValueError(f"ChangeCipherSpec comes before there are keys: {missing}") from None
        suite = self._replay.suite
        assert suite is not None  # There are keys.
        for row in (PRE_MASTER_SECRET, SESSION_HASH, MASTER_SECRET, KEY_BLOCK):
            value = self._replay.known(row)
            if value is not None:
                self.values[row.name] = value.hex()
        self._protection[sender] = protection(suite, keys, bytes, self._replay.encrypt_then_mac)

    def _finished(self, sender: Side, message: Finished) -> None:
        expected = self._replay.verify_data(sender)
        if message.verify_data != expected:
            raise DecryptError(f"the {sender}'s verify_data is not what its transcript gives")
        self.values[VERIFY_DATA[sender].name] = expected.hex()
