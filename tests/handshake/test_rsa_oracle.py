"""RSA without an oracle (RFC 5246 section 7.4.7.1): whatever is wrong in the encrypted pre-master secret, a server's
answer is that to a secret which is well-formed and wrong: the same bytes, at the same time, none before Finished.

The blocks are built here by hand and encrypted with `pow`, so that every fault of PKCS #1 v1.5 can be had.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import lru_cache

import pytest

from minitls import TLSError
from minitls.errors import BadRecordMAC
from tests.handshake.peer import CLIENT_FLIGHT, Peer, u16
from tests.helpers import client_peer, converse, new_server, pem, seeded

SIZE = 256
VERSION = b"\x03\x03"


@lru_cache
def public_numbers() -> tuple[int, int]:
    numbers = pem("server")[1].public_key().public_numbers()
    return numbers.n, numbers.e


def encrypted(block: bytes) -> bytes:
    n, e = public_numbers()
    return pow(int.from_bytes(block, "big"), e, n).to_bytes(SIZE, "big")


def nonzero(rng: random.Random, size: int) -> bytes:
    return bytes(rng.randrange(1, 256) for _ in range(size))


def block(
    rng: random.Random, message: bytes, *, begin: bytes = b"\x00\x02", separator: bytes = b"\x00", size: int = SIZE
) -> bytes:
    """EME-PKCS1-v1_5 (RFC 8017 section 7.2.1), with every part at will."""
    return begin + nonzero(rng, size - len(begin) - len(separator) - len(message)) + separator + message


def malformed(rng: random.Random) -> Iterator[tuple[str, bytes]]:
    """(what is wrong, ciphertext), many of each kind."""
    n, _ = public_numbers()

    def good() -> bytes:
        return VERSION + rng.randbytes(46)

    for first in (1, 2, 0x7F):
        yield "first byte", encrypted(block(rng, good(), begin=bytes([first, 2])))
    for kind in (*range(2), *range(3, 256)):
        yield "padding type", encrypted(block(rng, good(), begin=bytes([0, kind])))
    for _ in range(40):
        message = nonzero(rng, 46)
        yield "no separator", encrypted(block(rng, VERSION + message, separator=b"\x01"))
    for at in range(2, SIZE - 49):
        early = bytearray(block(rng, good()))
        early[at] = 0
        yield "zero in the padding, separator early", encrypted(bytes(early))
    for length in (*range(48), *range(49, 100), 200, SIZE - 11, SIZE - 10, SIZE - 4, SIZE - 3):
        message = (VERSION + rng.randbytes(max(0, length - 2)))[:length]
        yield "wrong length, separator late or early", encrypted(block(rng, message))
    for major in range(8):
        for minor in range(8):
            if (major, minor) != (3, 3):
                yield "wrong version", encrypted(block(rng, bytes([major, minor]) + rng.randbytes(46)))
    for _ in range(50):
        wrong = rng.randrange(65536)
        if wrong != 0x0303:
            yield "wrong version", encrypted(block(rng, wrong.to_bytes(2, "big") + rng.randbytes(46)))
    for number in (n, n + 1, n - 1, 2 ** (8 * SIZE) - 1, 0, 1, 2, n // 2):
        yield "at or beyond the modulus, or trivial", number.to_bytes(SIZE, "big")
    for _ in range(60):
        above = rng.randrange(n, 2 ** (8 * SIZE))
        yield "not below the modulus", above.to_bytes(SIZE, "big")
    for length in (0, 1, 2, 16, 47, 48, 100, 127, 128, 129, 200, 254, 255):
        yield "short", rng.randbytes(length)
        yield "short", encrypted(block(rng, good()))[:length]
    for length in (257, 258, 300, 384, 511, 512, 513, 4096):
        yield "long", rng.randbytes(length)
        yield "long, zeros in front", encrypted(block(rng, good())).rjust(length, b"\x00")
        yield "long, zeros behind", encrypted(block(rng, good())).ljust(length, b"\x00")
    for _ in range(200):
        yield "random bytes", rng.randbytes(SIZE)


class Trial:
    """One handshake with a given ciphertext: what the server said after each message, and what it drew."""

    def __init__(self, ciphertext: bytes, suite: int, ems: bool, pre_master: bytes = b"") -> None:
        self.drawn: list[int] = []
        source = seeded(5)

        def draw(size: int) -> bytes:
            self.drawn.append(size)
            return source(size)

        server = new_server(random=draw, sessions=None, encrypt_then_mac=False)
        peer: Peer = client_peer(suite=suite, ems=ems)
        converse(peer, server, "ClientHello")
        peer.pre_master = pre_master or b"\x03\x03" + bytes(46)
        self.said: list[bytes] = []
        self.error: TLSError | None = None
        portions: tuple[Callable[[], bytes], ...] = (
            lambda: peer.message("ClientKeyExchange", u16(ciphertext)),
            lambda: peer.say("ChangeCipherSpec"),
            lambda: peer.say("Finished"),
            lambda: peer.data(b"hello?"),
        )
        for portion in portions:
            try:
                server.receive_data(portion())
            except TLSError as error:
                self.error = error
            self.said.append(server.data_to_send())
        self.completed = server.negotiated is not None


@pytest.mark.slow
@pytest.mark.parametrize(("suite", "ems"), [(0x009C, True), (0x002F, False), (0x003D, True)])
def test_every_malformed_secret_is_answered_like_a_wrong_one(suite: int, ems: bool) -> None:
    rng = random.Random(suite)
    reference = Trial(encrypted(block(rng, VERSION + rng.randbytes(46))), suite, ems)
    # Silence, silence, then one fatal bad_record_mac in the clear, then silence.
    assert reference.said == [b"", b"", bytes.fromhex("15 03 03 00 02 02 14"), b""]
    tried = 0
    for what, ciphertext in malformed(rng):
        trial = Trial(ciphertext, suite, ems)
        assert trial.said == reference.said, what
        assert trial.drawn == reference.drawn, what
        assert type(trial.error) is BadRecordMAC and str(trial.error) == str(reference.error), what
        tried += 1
    assert tried >= (1000 if suite == 0x009C else 900)


def test_the_stand_in_is_not_a_secret_that_anybody_can_know() -> None:
    """Neither nothing, nor zeros, nor what was decrypted leads to a completed handshake."""
    rng = random.Random(3)
    wrong_version = b"\x03\x01" + rng.randbytes(46)
    for pre_master in (bytes(48), VERSION + bytes(46), wrong_version, VERSION + wrong_version[2:]):
        trial = Trial(encrypted(block(rng, wrong_version)), 0x009C, True, pre_master)
        assert not trial.completed and type(trial.error) is BadRecordMAC


def test_a_right_secret_does_complete() -> None:
    """The control: these trials fail because of the ciphertext and nothing else."""
    rng = random.Random(4)
    secret = VERSION + rng.randbytes(46)
    assert Trial(encrypted(block(rng, secret)), 0x009C, True, secret).completed


@pytest.mark.parametrize("version", [0x0304, 0x03FF, 0xFEFE])
def test_the_version_compared_is_the_one_that_was_offered(version: int) -> None:
    server, peer = new_server(), client_peer(client_version=version)
    converse(peer, server, "ClientHello", *CLIENT_FLIGHT)
    assert server.negotiated

    server, peer = new_server(), client_peer(client_version=version)
    converse(peer, server, "ClientHello")
    peer.pre_master = VERSION + bytes(46)
    with pytest.raises(BadRecordMAC):
        converse(peer, server, *CLIENT_FLIGHT)
