"""The live form: broken clients and servers of the tests' own at one end; minitls, at the other, names the fault."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import struct
import threading
from collections.abc import Callable

import pytest

from minitls.conformance.diagnose.live import Outcome, connect_once, listen_once
from minitls.pki import TrustStore, demo
from tests.conformance.make import independent
from tests.conformance.tiny import Tiny, TinyClient, TinyServer

pytestmark = pytest.mark.slow

GCM = "TLS_RSA_WITH_AES_256_GCM_SHA384"


class RandomsSwapped(TinyClient):
    def master_secret(self, secret: bytes) -> bytes:
        return self.prf(secret, b"master secret", self.randoms["server"] + self.randoms["client"], 48)


class BlockRandomsNotSwapped(TinyClient):
    def key_block(self) -> bytes:
        seed = self.randoms["client"] + self.randoms["server"]
        return self.prf(self.master, b"key expansion", seed, independent.key_block_length(self.suite))


class LabelOfTheOther(TinyClient):
    def label(self) -> bytes:
        return b"server finished"


class RecordHeadersHashed(TinyClient):
    def hash(self, messages: list[bytes]) -> bytes:
        return super().hash([b"\x16\3\3" + len(m).to_bytes(2, "big") + m for m in messages])


class NoKeyExchangeHashed(TinyClient):
    def hash(self, messages: list[bytes]) -> bytes:
        return super().hash([m for m in messages if m[0] != 16])


class SequenceFromOne(TinyClient):
    def seal(self, kind: int, plaintext: bytes) -> bytes:
        parts = independent.seal(self.suite, self.keys["client"], 1, kind, plaintext, bytes(range(16)))
        return bytes.fromhex(parts["header"] + parts["fragment"])


class PKCS7(TinyClient):
    def seal(self, kind: int, plaintext: bytes) -> bytes:
        mac_key, key, _ = self.keys["client"]
        inner = plaintext + independent.mac(self.suite, mac_key, 0, kind, plaintext)
        count = 16 - len(inner) % 16
        fragment = bytes(16) + independent.aes_cbc(key, bytes(16), inner + bytes([count]) * count, encrypt=True)
        return bytes([kind, 3, 3]) + struct.pack("!H", len(fragment)) + fragment


class TypeOne(TinyClient):
    def pkcs1_block(self, secret: bytes, size: int) -> bytes:
        return b"\0\1" + b"\xff" * (size - 51) + b"\0" + secret


class VersionMissing(TinyClient):
    def pre_master(self) -> bytes:
        return super().pre_master()[2:]


class WrongHash(TinyClient):
    suite = GCM

    def prf(self, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
        return independent.prf("sha256", secret, label, seed, length)

    def hash(self, messages: list[bytes]) -> bytes:
        return hashlib.sha256(b"".join(messages)).digest()


class DataSequenceStuck(TinyClient):
    """Right until data is sent: the sequence number is not counted up after Finished."""

    def seal(self, kind: int, plaintext: bytes) -> bytes:
        self.sequence["client"] = 0
        return super().seal(kind, plaintext)


class NonceNotSent(TinyClient):
    suite = GCM

    def seal(self, kind: int, plaintext: bytes) -> bytes:
        right = super().seal(kind, plaintext)
        return right[:3] + struct.pack("!H", len(right) - 13) + right[13:]


CLIENTS: dict[type[TinyClient], str] = {
    RandomsSwapped: "master-randoms-swapped",
    BlockRandomsNotSwapped: "block-randoms-not-swapped",
    LabelOfTheOther: "finished-label-of-the-other",
    RecordHeadersHashed: "transcript-record-headers",
    NoKeyExchangeHashed: "transcript-no-key-exchange",
    SequenceFromOne: "sequence-starts-at-1",
    PKCS7: "padding-pkcs7",
    TypeOne: "pkcs1-type-1",
    VersionMissing: "pkcs1-no-version",
    DataSequenceStuck: "sequence-stuck",
    NonceNotSent: "gcm-nonce-not-sent",
    WrongHash: "prf-sha256",
}


def held(tiny: Callable[[socket.socket], Tiny], *, listens: bool) -> Outcome:
    """minitls at one end, a tiny program in a thread at the other."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()

        def client() -> None:
            with socket.create_connection(address, 10) as sock, contextlib.suppress(ConnectionError, ValueError):
                tiny(sock).run()

        def server() -> None:
            sock, _ = listener.accept()
            with sock, contextlib.suppress(ConnectionError, ValueError):
                sock.settimeout(10)
                tiny(sock).run()

        thread = threading.Thread(target=client if listens else server, daemon=True)
        thread.start()
        try:
            if listens:
                return listen_once(listener, 10)
            return connect_once("127.0.0.1", address[1], 10, TrustStore.load("demo"))
        finally:
            thread.join(10)


@pytest.mark.parametrize("tiny", CLIENTS, ids=lambda tiny: tiny.__name__)
def test_a_broken_client_is_named(tiny: type[TinyClient]) -> None:
    outcome = held(tiny, listens=True)
    assert outcome.fault is not None and outcome.diagnosis is not None
    assert CLIENTS[tiny] in outcome.diagnosis.names


@pytest.mark.parametrize("suite", independent.SUITES)
def test_a_right_client_is_right(suite: str) -> None:
    class Right(TinyClient):
        pass

    Right.suite = suite
    outcome = held(Right, listens=True)
    assert outcome.fault is None and outcome.diagnosis is None


def served(tiny: type[TinyServer]) -> Outcome:
    return held(lambda sock: tiny(sock, demo.server_chain(), demo.server_key()), listens=False)


def test_a_right_server_is_right() -> None:
    outcome = served(TinyServer)
    assert outcome.fault is None and outcome.diagnosis is None


class ServerWithoutTheOtherFinished(TinyServer):
    def hash(self, messages: list[bytes]) -> bytes:
        return super().hash([m for m in messages if m[0] != 20])


class ServerSidesSwapped(TinyServer):
    """Its own keys are the client's and the reverse, but only when it writes."""

    def finish(self) -> None:
        self.keys["server"] = self.keys["client"]
        super().finish()


class ServerHashesTheWire(TinyServer):
    """The client's Finished stays encrypted in what it hashes."""

    def expect_finished(self) -> None:
        super().expect_finished()
        self.transcript[-1] = self.last_record[5:]


class ServerLabel(TinyServer):
    def label(self) -> bytes:
        return b"client finished"


@pytest.mark.parametrize(
    ("tiny", "name"),
    [
        (ServerWithoutTheOtherFinished, "transcript-no-other-finished"),
        (ServerSidesSwapped, "slices-sides-swapped"),
        (ServerLabel, "finished-label-of-the-other"),
        (ServerHashesTheWire, "transcript-encrypted"),
    ],
)
def test_a_broken_server_is_named(tiny: type[TinyServer], name: str) -> None:
    outcome = served(tiny)
    assert outcome.fault is not None and outcome.diagnosis is not None
    assert name in outcome.diagnosis.names


def test_a_peer_that_leaves_at_once_is_told_so() -> None:
    class Leaves(TinyClient):
        def run(self) -> None:
            return

    outcome = held(Leaves, listens=True)
    assert outcome.fault is not None and outcome.diagnosis is None
    assert outcome.sentence
