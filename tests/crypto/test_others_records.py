"""Records of other implementations: Botan's known answers, and every protected record of OpenSSL's handshakes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from minitls.crypto.protection import DirectionKeys, Protection, protection
from minitls.crypto.suites import Suite, suite_named
from minitls.wire.messages import ServerHello, parse
from minitls.wire.records import MAX_CIPHERTEXT, HandshakeBuffer, Record, RecordBuffer
from tests.crypto import by_the_rfc
from tests.peers import shared


class KnownAnswer(NamedTuple):
    encrypt_then_mac: bool
    key: bytes
    associated_data: bytes
    nonce: bytes
    plaintext: bytes
    ciphertext: bytes


def botan_answers() -> Iterator[KnownAnswer]:
    """The cases of TLS (not DTLS, whose header differs) with AES-128 and HMAC-SHA-256."""
    case: dict[str, str] = {}
    for line in shared("vectors/botan-tls/tls_cbc_kat.vec").read_text().splitlines():
        if match := re.match(r"(\w+) = (.*)$", line):
            case[match[1]] = match[2]
            if match[1] == "Ciphertext":
                if case["Protocol"] == "TLS" and case["BlockCipher"] == "AES-128":
                    told = (case[name] for name in ("Key", "AssociatedData", "Nonce", "Plaintext", "Ciphertext"))
                    yield KnownAnswer(case["EncryptThenMAC"] == "true", *map(bytes.fromhex, told))
                case = {}


def test_botans_known_answers() -> None:
    suite = suite_named("TLS_RSA_WITH_AES_128_CBC_SHA256")
    answers = list(botan_answers())
    assert {answer.encrypt_then_mac for answer in answers} == {False, True}
    for answer in answers:
        keys = DirectionKeys(mac_key=answer.key[:32], key=answer.key[32:], fixed_iv=b"")

        def random(size: int, iv: bytes = answer.nonce) -> bytes:
            assert size == len(iv)
            return iv

        sealing, opening = (protection(suite, keys, random, answer.encrypt_then_mac) for _ in range(2))
        sealing.sequence = opening.sequence = int.from_bytes(answer.associated_data[:8], "big")
        content_type = answer.associated_data[8]
        assert sealing.seal(content_type, answer.plaintext)[5:] == answer.nonce + answer.ciphertext
        assert opening.open(content_type, answer.nonce + answer.ciphertext) == (content_type, answer.plaintext)


def recordings() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(shared("vectors/openssl-recorded/handshakes.json").read_text())[
        "handshakes"
    ]
    return found


class Conversation:
    """A recorded handshake: its records in order, its master secret, and what the two sides agreed."""

    def __init__(self, recording: dict[str, Any]) -> None:
        buffers = {"client": RecordBuffer(), "server": RecordBuffer()}
        self.records: list[tuple[str, Record]] = []
        for sender, data in recording["flows"]:
            buffers[sender].limit = MAX_CIPHERTEXT
            self.records += [(sender, record) for record in buffers[sender].feed(bytes.fromhex(data))]
        told = re.search(r"CLIENT_RANDOM ([0-9a-f]{64}) ([0-9a-f]{96})", recording["keylog"])
        assert told is not None
        self.client_random, self.master = bytes.fromhex(told[1]), bytes.fromhex(told[2])
        hello = parse(next(record.fragment for sender, record in self.records if sender == "server"))
        assert isinstance(hello, ServerHello)
        self.server_random = hello.random
        # The one suite with ephemeral keys protects its records as TLS_RSA_WITH_AES_128_GCM_SHA256 does.
        self.suite: Suite = suite_named(recording["cipher"].removeprefix("ECDHE-RSA-"))
        agreed = {extension.type for extension in hello.extensions or ()}
        self.encrypt_then_mac = 22 in agreed

    def keys(self) -> dict[str, DirectionKeys]:
        """RFC 5246 section 6.3, cut by hand."""
        suite = self.suite
        sizes = [size for size in (suite.mac_length, suite.key_length, suite.fixed_iv_length) for _ in range(2)]
        seed = self.server_random + self.client_random
        block = by_the_rfc.prf(suite.prf_hash, self.master, b"key expansion", seed, sum(sizes))
        pieces = [block[sum(sizes[:i]) : sum(sizes[: i + 1])] for i in range(6)]
        return {"client": DirectionKeys(*pieces[0::2]), "server": DirectionKeys(*pieces[1::2])}


@pytest.mark.parametrize("number", range(14))
def test_every_record_of_openssl_opens_and_is_sealed_the_same(number: int) -> None:
    talk = Conversation(recordings()[number])
    keys = talk.keys()
    ivs: list[bytes] = []
    opening: dict[str, Protection] = {}
    sealing: dict[str, Protection] = {}
    transcript = b""
    finished: dict[str, bytes] = {}
    messages = {"client": HandshakeBuffer(), "server": HandshakeBuffer()}
    opened = 0
    for sender, record in talk.records:
        fragment = record.fragment
        if record.type == 20:
            opening[sender], sealing[sender] = (
                protection(talk.suite, keys[sender], lambda size: ivs.pop(), talk.encrypt_then_mac) for _ in range(2)
            )
            continue
        if sender in opening:
            told_type, plaintext = opening[sender].open(record.type, fragment)
            assert told_type == record.type
            opened += 1
            if talk.suite.mode == "CBC":
                # With OpenSSL's IV, our record is OpenSSL's record, byte for byte.
                ivs.append(fragment[:16])
                assert sealing[sender].seal(record.type, plaintext)[5:] == fragment
            fragment = plaintext
        if record.type == 22:
            messages[sender].feed(fragment)
            while (message := messages[sender].take()) is not None:
                if message[0] == 20:
                    digest = hashlib.new(talk.suite.prf_hash, transcript).digest()
                    label = sender.encode() + b" finished"
                    finished[sender] = message[4:]
                    assert message[4:] == by_the_rfc.prf(talk.suite.prf_hash, talk.master, label, digest, 12)
                transcript += message
    assert finished.keys() == {"client", "server"}
    assert opened >= 2
