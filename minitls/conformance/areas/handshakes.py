"""The area of whole connections: from the records as they travelled to every secret and every plaintext.

The inputs are the records in order and one secret: the server's private key, which opens ClientKeyExchange, or the
master secret of the session that is resumed. Everything else must come out of the records.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, cast

from ...crypto.prf import PRF
from ...crypto.protection import Protection, Unprotected, protection
from ...crypto.suites import BY_CODE, Suite
from ...errors import DecryptError
from ...handshake.tls12 import key_exchange, key_schedule
from ...wire import messages
from ...wire.codes import ContentType, name_of
from ...wire.extensions import EncryptThenMac, ExtendedMasterSecret
from ...wire.messages import ClientHello, ClientKeyExchange, Finished, ServerHello
from ...wire.records import HandshakeBuffer, RecordBuffer
from .secrets import rsa_key


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
        self._transcript = b""
        self._buffers = {side: HandshakeBuffer() for side in ("client", "server")}
        self._protection: dict[str, Protection] = {side: Unprotected() for side in ("client", "server")}
        self._keys: key_schedule.KeyBlock | None = None
        self._client_hello: ClientHello | None = None
        self._server_hello: ServerHello | None = None
        self._master = bytes.fromhex(given.get("master_secret", ""))

    def take(self, sender: str, data: bytes) -> None:
        """One whole record."""
        records = RecordBuffer()
        records.limit = 2**14 + 2048
        for record in records.feed(data):
            plaintext = self._protection[sender].open(record.type, record.fragment)
            if not isinstance(self._protection[sender], Unprotected):
                self.plaintexts.append(f"{sender} {name_of(ContentType, record.type)} {plaintext.hex()}")
            if record.type == ContentType.change_cipher_spec:
                self.order.append(f"{sender} ChangeCipherSpec")
                self._change_cipher_spec(sender)
            elif record.type == ContentType.handshake:
                self._buffers[sender].feed(plaintext)
                while message := self._buffers[sender].take():
                    self._handshake(sender, message)

    def _handshake(self, sender: str, data: bytes) -> None:
        message = messages.parse(data)
        self.order.append(f"{sender} {type(message).__name__}")
        if isinstance(message, ClientHello):
            self._client_hello = message
        elif isinstance(message, ServerHello):
            self._server_hello = message
        elif isinstance(message, Finished):
            self._finished(sender, message)
        self._transcript += data
        if isinstance(message, ClientKeyExchange):
            self._client_key_exchange(message)

    @property
    def _hellos(self) -> tuple[ClientHello, ServerHello]:
        if self._client_hello is None or self._server_hello is None:
            raise ValueError("a record comes before both hellos are there")
        return self._client_hello, self._server_hello

    @property
    def _suite(self) -> Suite:
        code = self._hellos[1].cipher_suite
        if code not in BY_CODE:
            raise ValueError(f"cipher suite {code:04x} is none that minitls speaks")
        return BY_CODE[code]

    def _client_key_exchange(self, message: ClientKeyExchange) -> None:
        client_hello, server_hello = self._hellos
        key = rsa_key(self.given["private_key"])
        secret = key_exchange.decrypt(key, message.encrypted_pre_master_secret, client_hello.client_version, bytes(48))
        self.values["pre_master_secret"] = secret.hex()
        if server_hello.extension(ExtendedMasterSecret):
            session_hash = hashlib.new(self._suite.prf_hash, self._transcript).digest()
            self.values["session_hash"] = session_hash.hex()
            self._master = key_schedule.extended_master_secret(self._suite.prf_hash, secret, session_hash)
        else:
            randoms = client_hello.random, server_hello.random
            self._master = key_schedule.master_secret(self._suite.prf_hash, secret, *randoms)

    def _change_cipher_spec(self, sender: str) -> None:
        client_hello, server_hello = self._hellos
        if self._keys is None:
            suite, prf = self._suite, PRF(self._suite.prf_hash, self._master)
            block = key_schedule.key_block(prf, client_hello.random, server_hello.random, suite.key_block_length)
            self._keys = key_schedule.cut(block, suite)
            self.values |= {"master_secret": self._master.hex(), "key_block": block.hex()}
        keys = self._keys.client if sender == "client" else self._keys.server
        encrypt_then_mac = server_hello.extension(EncryptThenMac) is not None
        self._protection[sender] = protection(self._suite, keys, bytes, encrypt_then_mac)

    def _finished(self, sender: str, message: Finished) -> None:
        transcript_hash = hashlib.new(self._suite.prf_hash, self._transcript).digest()
        side = cast(key_schedule.Side, sender)
        expected = key_schedule.verify_data(PRF(self._suite.prf_hash, self._master), side, transcript_hash)
        if message.verify_data != expected:
            raise DecryptError(f"the {sender}'s verify_data is not what its transcript gives")
        self.values[f"{sender}_verify_data"] = expected.hex()
