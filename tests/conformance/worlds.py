"""Connections whose every value is known, from the recordings of OpenSSL, for making wrong values by hand.

Nothing here uses minitls: values come from `make/independent.py` and the standard library. Some worlds are given
messages that OpenSSL did not send (a certificate request, a ticket), so that leaving those out can be a mistake.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPrivateNumbers
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.conformance.make import independent
from tests.conformance.make.files import VECTORS

FINISHED = b"\x14\x00\x00\x0c"
TICKET = b"\x04\x00\x00\x0a" + bytes(4) + b"\x00\x04tick"
REQUEST = b"\x0d\x00\x00\x08" + b"\x01\x01\x00\x02\x04\x01\x00\x00"
OWN_CERTIFICATE = b"\x0b\x00\x00\x0b" + b"\x00\x00\x08" + b"\x00\x00\x05\x30\x03\x02\x01\x01"
VERIFY = b"\x0f\x00\x00\x08" + b"\x04\x01\x00\x04sign"


@dataclass
class World:
    """One connection. `m` are its handshake messages up to the client's Finished, that one left out."""

    name: str
    suite: str
    ems: bool
    etm: bool
    pms: bytes
    m: list[bytes]
    plaintext: bytes
    sequence: int = 0
    type: int = 22
    iv: bytes = bytes(range(100, 116))
    keys: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _, self.mode, self.key_size, self.mac_hash, self.mac_size, self.h = independent.SUITES[self.suite]
        self.cr, self.sr = self.m[0][6:38], self.m[1][6:38]
        if self.ems:
            self.ms = self.p(self.pms, b"extended master secret", self.digest(self.to_exchange), 48)
        else:
            self.ms = self.p(self.pms, b"master secret", self.cr + self.sr, 48)
        self.size = independent.key_block_length(self.suite)
        self.block = self.p(self.ms, b"key expansion", self.sr + self.cr, self.size)
        self.keys = {name: bytes.fromhex(part) for name, part in independent.slices(self.suite, self.block).items()}
        if self.mode == "GCM":
            self.iv = self.sequence.to_bytes(8, "big")

    def p(self, secret: bytes, label: bytes, seed: bytes, length: int, hash_name: str = "") -> bytes:
        """The PRF."""
        return independent.prf(hash_name or self.h, secret, label, seed, length)

    def mac(self, key: bytes, content: bytes, hash_name: str = "") -> bytes:
        """HMAC, with the hash of the PRF unless another is named."""
        return hmac.new(key, content, hash_name or self.h).digest()

    def digest(self, messages: list[bytes], hash_name: str = "") -> bytes:
        return hashlib.new(hash_name or self.h, b"".join(messages)).digest()

    @property
    def to_exchange(self) -> list[bytes]:
        kinds = [message[0] for message in self.m]
        return self.m[: kinds.index(16) + 1]

    def finished(self, messages: list[bytes], hash_name: str = "") -> bytes:
        """The client's verify_data over other messages."""
        return self.p(self.ms, b"client finished", self.digest(messages, hash_name), 12)

    def k(self, name: str) -> bytes:
        """A slice by its short name: client_key, server_MAC_key, ..."""
        side, _, kind = name.partition("_")
        return self.keys[f"{side}_write_{kind}"]

    @property
    def own(self) -> tuple[bytes, bytes, bytes]:
        return self.k("client_MAC_key"), self.k("client_key"), self.k("client_IV")

    def question(self, values: dict[str, bytes]) -> dict[str, Any]:
        """The question to ask about these values, as a learner would write it."""
        finished = FINISHED + self.finished(self.m)
        return {
            "suite": self.suite,
            "extended_master_secret": self.ems,
            "encrypt_then_mac": self.etm,
            "pre_master_secret": self.pms.hex(),
            "client_random": self.cr.hex(),
            "server_random": self.sr.hex(),
            "messages": [message.hex() for message in [*self.m, finished]],
            "sender": "client",
            "sequence": self.sequence,
            "type": self.type,
            "plaintext": self.plaintext.hex(),
            "iv": self.iv.hex(),
            "previous_record": (b"\x17\x03\x03\x00\x20" + bytes(range(32))).hex(),
            "values": {name: value.hex() for name, value in values.items()},
        }


def private_key() -> str:
    document = json.loads((VECTORS / "90-handshakes-openssl.json").read_text())
    key: str = document["common"]["private_key"]
    return key


def numbers() -> RSAPrivateNumbers:
    key = load_pem_private_key(private_key().encode(), None)
    assert isinstance(key, RSAPrivateKey)
    return key.private_numbers()


def pkcs1_block(pms: bytes) -> bytes:
    return b"\0\2" + b"\x5a" * (256 - 3 - len(pms)) + b"\0" + pms


def exchange(pms: bytes) -> bytes:
    """ClientKeyExchange with this secret."""
    public = numbers().public_numbers
    sealed = pow(int.from_bytes(pkcs1_block(pms), "big"), public.e, public.n).to_bytes(256, "big")
    return b"\x10\x00\x01\x02\x01\x00" + sealed


def worlds() -> list[World]:
    """One of each family: CBC with MAC-then-encrypt and encrypt-then-MAC, GCM with SHA-256 and SHA-384."""
    document = json.loads((VECTORS / "90-handshakes-openssl.json").read_text())
    cases = {case["id"]: case for case in document["cases"]}

    def world(id: str, name: str, extra: bool = False, **more: Any) -> World:
        given = cases[id]["given"]
        records = [(side, bytes.fromhex(record)) for side, record in given["records"]]
        done = independent.decode(records, document["common"]["private_key"])
        messages = done.transcript[: [message[0] for message in done.transcript].index(20)]
        pms = bytes.fromhex(done.values["pre_master_secret"])
        pms = pms[:20] + b"\0" + pms[21:]  # A zero inside, for those who take it for the end of a text.
        messages[-1] = exchange(pms)
        if extra:
            messages = [*messages[:3], REQUEST, messages[3], OWN_CERTIFICATE, messages[4], VERIFY]
        made = World(name, done.suite, done.ems, done.etm, pms, messages, more.pop("plaintext", b""), **more)
        made.plaintext = made.plaintext or FINISHED + made.finished(messages)
        return made

    text = {"plaintext": b"GET / HTTP/1.0\r\n\r\n" + bytes(13), "type": 23, "sequence": 3}
    return [
        world("AES-128-CBC-SHA-noems-mte-full", "CBC-SHA plain"),
        world("AES-256-CBC-SHA256-noems-mte-full", "CBC-SHA256 plain", True, **text),
        world("AES-128-CBC-SHA256-ems-etm-full", "CBC-SHA256 extended", **text),
        world("AES-256-CBC-SHA-ems-etm-full", "CBC-SHA extended", True),
        world("AES-128-GCM-SHA256-ems-full", "GCM-SHA256 extended", True),
        world("AES-256-GCM-SHA384-noems-full", "GCM-SHA384 plain", **text),
    ]
