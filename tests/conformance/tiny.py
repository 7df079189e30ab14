"""A small TLS 1.2 client and server of their own (TLS_RSA, no extensions but one), every step a method to get wrong.

They import nothing of minitls. A test overrides one method and sees whether minitls, at the other end, names it.
"""

from __future__ import annotations

import hashlib
import os
import socket
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.conformance.make import independent


def framed(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


class Tiny:
    """What both endpoints share."""

    suite = "TLS_RSA_WITH_AES_128_CBC_SHA"
    side = "client"

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = b""
        self.last_record = b""
        self.handshake = b""
        self.transcript: list[bytes] = []
        self.sequence = {"client": 0, "server": 0}
        self.keys: dict[str, tuple[bytes, bytes, bytes]] = {}
        self.protected = {"client": False, "server": False}
        self.randoms: dict[str, bytes] = {}
        self.master = b""

    # The steps that can be got wrong.

    def master_secret(self, secret: bytes) -> bytes:
        return self.prf(secret, b"master secret", self.randoms["client"] + self.randoms["server"], 48)

    def prf(self, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
        return independent.prf(independent.SUITES[self.suite][5], secret, label, seed, length)

    def key_block(self) -> bytes:
        seed = self.randoms["server"] + self.randoms["client"]
        return self.prf(self.master, b"key expansion", seed, independent.key_block_length(self.suite))

    def verify_data(self) -> bytes:
        return self.prf(self.master, self.label(), self.hash(self.transcript), 12)

    def label(self) -> bytes:
        return self.side.encode() + b" finished"

    def hash(self, messages: list[bytes]) -> bytes:
        return hashlib.new(independent.SUITES[self.suite][5], b"".join(messages)).digest()

    def seal(self, kind: int, plaintext: bytes) -> bytes:
        keys, sequence = self.keys[self.side], self.sequence[self.side]
        parts = independent.seal(self.suite, keys, sequence, kind, plaintext, os.urandom(16))
        return bytes.fromhex(parts["header"] + parts["fragment"])

    # Plumbing.

    def send(self, kind: int, data: bytes) -> None:
        if kind == 22:
            self.transcript.append(data)
        record = bytes([kind, 3, 3]) + len(data).to_bytes(2, "big") + data
        if self.protected[self.side]:
            record = self.seal(kind, data)
            self.sequence[self.side] += 1
        self.sock.sendall(record)

    def record(self) -> tuple[int, bytes]:
        while len(self.buffer) < 5 or len(self.buffer) < 5 + int.from_bytes(self.buffer[3:5], "big"):
            data = self.sock.recv(65536)
            if not data:
                raise ConnectionError("the end")
            self.buffer += data
        end = 5 + int.from_bytes(self.buffer[3:5], "big")
        record, self.buffer = self.buffer[:end], self.buffer[end:]
        self.last_record = record
        other = "server" if self.side == "client" else "client"
        if not self.protected[other]:
            return record[0], record[5:]
        plaintext = independent.open_record(self.suite, self.keys[other], self.sequence[other], record)
        self.sequence[other] += 1
        return record[0], plaintext

    def message(self) -> bytes:
        while len(self.handshake) < 4 or len(self.handshake) < 4 + int.from_bytes(self.handshake[1:4], "big"):
            kind, data = self.record()
            if kind == 21:
                raise ConnectionError(f"alert {data.hex()}")
            self.handshake += data
        end = 4 + int.from_bytes(self.handshake[1:4], "big")
        message, self.handshake = self.handshake[:end], self.handshake[end:]
        self.transcript.append(message)
        return message

    def derive(self, secret: bytes) -> None:
        self.master = self.master_secret(secret)
        cut = independent.slices(self.suite, self.key_block())
        for side in ("client", "server"):
            mac, key, iv = (bytes.fromhex(cut[f"{side}_write_{name}"]) for name in ("MAC_key", "key", "IV"))
            self.keys[side] = (mac, key, iv)

    def finish(self) -> None:
        self.send(20, b"\1")
        self.protected[self.side] = True
        self.send(22, framed(20, self.verify_data()))

    def expect_finished(self) -> None:
        other = "server" if self.side == "client" else "client"
        kind, data = self.record()
        if kind != 20:
            raise ConnectionError(f"record type {kind}: {data.hex()}")
        self.protected[other] = True
        self.message()


class TinyClient(Tiny):
    def pre_master(self) -> bytes:
        return b"\3\3" + os.urandom(46)

    def pkcs1_block(self, secret: bytes, size: int) -> bytes:
        padding = bytes(1 + b % 255 for b in os.urandom(size - 3 - len(secret)))
        return b"\0\2" + padding + b"\0" + secret

    def run(self) -> None:
        self.randoms["client"] = os.urandom(32)
        code = independent.SUITES[self.suite][0].to_bytes(2, "big")
        extensions = b"\0\x0d\0\4\0\2\4\1" + b"\xff\1\0\1\0"
        hello = b"\3\3" + self.randoms["client"] + b"\0" + b"\0\2" + code + b"\1\0"
        self.send(22, framed(1, hello + len(extensions).to_bytes(2, "big") + extensions))
        self.randoms["server"] = self.message()[6:38]
        certificate = self.message()
        self.message()
        size = int.from_bytes(certificate[7:10], "big")
        key: Any = x509.load_der_x509_certificate(certificate[10 : 10 + size]).public_key()
        numbers = key.public_numbers()
        secret = self.pre_master()
        block = self.pkcs1_block(secret, 256)
        cipher = pow(int.from_bytes(block, "big"), numbers.e, numbers.n).to_bytes(256, "big")
        self.send(22, framed(16, b"\1\0" + cipher))
        self.derive(secret)
        self.finish()
        self.expect_finished()
        self.send(23, b"hello\n")


class TinyServer(Tiny):
    side = "server"

    def __init__(self, sock: socket.socket, chain: list[bytes], private_key: bytes) -> None:
        super().__init__(sock)
        self.chain, self.private_key = chain, private_key

    def run(self) -> None:
        self.randoms["client"] = self.message()[6:38]
        self.randoms["server"] = os.urandom(32)
        code = independent.SUITES[self.suite][0].to_bytes(2, "big")
        hello = b"\3\3" + self.randoms["server"] + b"\0" + code + b"\0" + b"\0\5\xff\1\0\1\0"
        self.send(22, framed(2, hello))
        listed = b"".join(len(each).to_bytes(3, "big") + each for each in self.chain)
        self.send(22, framed(11, len(listed).to_bytes(3, "big") + listed))
        self.send(22, framed(14, b""))
        encrypted = self.message()[6:]
        key: Any = load_pem_private_key(self.private_key, None)
        numbers = key.private_numbers()
        block = pow(int.from_bytes(encrypted, "big"), numbers.d, numbers.public_numbers.n).to_bytes(256, "big")
        self.derive(block[-48:])
        self.expect_finished()
        self.finish()
        _, data = self.record()
        self.send(23, data)
