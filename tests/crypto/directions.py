"""Six suites, both orders of CBC: a sealing and an opening end for each, and its twin written from the RFC."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from minitls.crypto.protection import DirectionKeys, Protection, protection
from minitls.crypto.suites import SUITES, Suite
from minitls.errors import BadRecordMAC
from tests.crypto import by_the_rfc


class Way(NamedTuple):
    """One way to protect records."""

    suite: Suite
    encrypt_then_mac: bool

    @property
    def overhead(self) -> int:
        """The least that protection adds to a plaintext, in bytes, padding not counted."""
        return self.suite.record_iv_length + (16 if self.suite.mode == "GCM" else self.suite.mac_length)

    def __str__(self) -> str:
        return self.suite.name.removeprefix("TLS_RSA_WITH_") + ("-EtM" if self.encrypt_then_mac else "")


WAYS: tuple[Way, ...] = (
    *(Way(suite, False) for suite in SUITES if suite.key_exchange == "RSA"),
    *(Way(suite, True) for suite in SUITES if suite.key_exchange == "RSA" and suite.mode == "CBC"),
)
CBC_WAYS = tuple(way for way in WAYS if way.suite.mode == "CBC")


class Direction:
    """Keys for one way of protection, drawn from `seed`, and everything that may be done with them."""

    def __init__(self, way: Way, seed: int = 0) -> None:
        self.way = way
        source = random.Random(f"{way} {seed}")
        suite = way.suite
        self.keys = DirectionKeys(*map(source.randbytes, (suite.mac_length, suite.key_length, suite.fixed_iv_length)))
        self.drawn: list[bytes] = []
        self._source = source

    def _random(self, size: int) -> bytes:
        self.drawn.append(self._source.randbytes(size))
        return self.drawn[-1]

    def end(self, sequence: int = 0) -> Protection:
        """A new end, that has sealed or opened `sequence` records already."""
        end = protection(self.way.suite, self.keys, self._random, self.way.encrypt_then_mac)
        end.sequence = sequence
        return end

    def seal_by_the_rfc(
        self,
        sequence: int,
        content_type: int,
        plaintext: bytes,
        iv: bytes,
        *,
        version: int = 0x0303,
        pad: bytes | None = None,
    ) -> bytes:
        """The fragment that another implementation would send; `iv` is the CBC IV or the explicit nonce."""
        mac_key, key, fixed_iv = self.keys
        if self.way.suite.mode == "GCM":
            assert pad is None
            return by_the_rfc.seal_gcm(key, fixed_iv, iv, sequence, content_type, plaintext, version=version)
        seal = by_the_rfc.seal_encrypt_then_mac if self.way.encrypt_then_mac else by_the_rfc.seal_mac_then_encrypt
        assert self.way.suite.mac is not None
        mac = self.way.suite.mac
        return seal(mac, mac_key, key, iv, sequence, content_type, plaintext, version=version, pad=pad)

    def refusal(self, sequence: int, content_type: int, fragment: bytes) -> BadRecordMAC | None:
        """What a new end says to a fragment, if it does not open it. Any other exception is the test's failure."""
        try:
            self.end(sequence).open(content_type, fragment)
        except BadRecordMAC as refused:
            return refused
        return None


def flips(data: bytes) -> Iterator[tuple[int, bytes]]:
    """`data` with one byte changed, for each byte: its lowest bit, its highest bit, and all of its bits."""
    for at in range(len(data)):
        for mask in (0x01, 0x80, 0xFF):
            changed = bytearray(data)
            changed[at] ^= mask
            yield at, bytes(changed)
