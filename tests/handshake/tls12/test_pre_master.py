"""The pre-master secret of RSA key exchange (RFC 5246 section 7.4.7.1), and the stand-in for every fault in it.

The judge is `cryptography`, or OpenSSL's raw decryption kept in `vectors/02-premaster.json`; wrong blocks are built by
hand and encrypted with `pow`. That a server answers all faults alike is proved in `tests/handshake/test_rsa_oracle.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import given
from hypothesis import strategies as st

from minitls.handshake.tls12 import pre_master
from tests.helpers import pem, seeded
from tests.peers import ROOT

VECTORS = json.loads((ROOT / "vectors" / "02-premaster.json").read_text(encoding="utf-8"))
FALLBACK = bytes(range(100, 148))
SECRET = b"\x03\x03" + bytes(range(46))


def cases(*kinds: str) -> Any:
    """The vector file's cases whose id begins with one of `kinds`."""
    chosen = [case for case in VECTORS["cases"] if case["id"].startswith(kinds)]
    assert chosen
    return pytest.mark.parametrize("case", chosen, ids=[case["id"] for case in chosen])


def key() -> rsa.RSAPrivateKey:
    """The demo server's key, 2048 bits."""
    found = pem("server")[1]
    assert isinstance(found, rsa.RSAPrivateKey)
    return found


@lru_cache
def vector_key() -> rsa.RSAPrivateKey:
    found = load_pem_private_key(VECTORS["common"]["private_key"].encode(), None)
    assert isinstance(found, rsa.RSAPrivateKey)
    return found


def locked(block: bytes, with_key: rsa.RSAPrivateKey | None = None) -> bytes:
    """RSAEP by hand."""
    numbers = (with_key or key()).public_key().public_numbers()
    return pow(int.from_bytes(block, "big"), numbers.e, numbers.n).to_bytes(256, "big")


def drawing(*pieces: bytes) -> Any:
    """A source of randomness that gives exactly these pieces, and refuses to give one of another size."""
    left: Iterator[bytes] = iter(pieces)

    def draw(size: int) -> bytes:
        piece = next(left)
        assert len(piece) == size, f"{size} bytes drawn, {len(piece)} foreseen"
        return piece

    return draw


class TestPreMasterSecret:
    @pytest.mark.parametrize("version", [0x0303, 0x0301, 0x03FF, 0xFEFE])
    def test_the_offered_version_and_46_random_bytes(self, version: int) -> None:
        drawn = bytes(range(46))
        secret = pre_master.pre_master_secret(version, drawing(drawn))
        assert secret == bytes([version >> 8, version & 0xFF]) + drawn and len(secret) == 48


class TestBlock:
    @cases("encrypt")
    def test_recorded(self, case: dict[str, Any]) -> None:
        told, expected = case["given"], case["expect"]
        draw = drawing(bytes.fromhex(told["random"]), bytes.fromhex(told["padding"]))
        secret = pre_master.pre_master_secret(told["client_version"], draw)
        assert secret.hex() == expected["pre_master_secret"]
        block = pre_master.pkcs1_block(secret, 256, draw)
        assert block.hex() == expected["pkcs1_block"]
        got = pre_master.encrypt_block(vector_key().public_key(), block)
        assert got.hex() == expected["encrypted_pre_master_secret"]

    @given(st.binary(max_size=117), st.sampled_from((128, 256, 384)), st.integers(0, 2**32))
    def test_its_shape(self, message: bytes, size: int, seed: int) -> None:
        """RFC 8017 section 7.2.1: 00 02, at least eight bytes of padding without a zero, 00, the message."""
        block = pre_master.pkcs1_block(message, size, seeded(seed))
        padding, zero, rest = block[2:].partition(b"\x00")
        assert len(block) == size and block[:2] == b"\x00\x02" and zero and rest == message
        assert len(padding) == size - 3 - len(message) >= 8

    def test_zeros_in_the_padding_are_drawn_again_each_on_its_own(self) -> None:
        """Some are zero a second time. The bytes between them stay, so all 255 values are equally likely."""
        draw = drawing(b"\x00\x07\x00\x08\x09", b"\x00", b"\x00", b"\xaa", b"\xbb")
        assert pre_master.pkcs1_block(b"m", 9, draw) == b"\x00\x02\xaa\x07\xbb\x08\x09\x00m"

    def test_padding_takes_every_value_but_zero(self) -> None:
        draw, seen = seeded(7), set[int]()
        for _ in range(40):
            seen |= set(pre_master.pkcs1_block(SECRET, 256, draw)[2:-49])
        assert seen == set(range(1, 256))

    @pytest.mark.parametrize("bits", [1024, 2048, 2056])
    def test_cryptography_opens_what_was_locked(self, bits: int) -> None:
        """Also where the modulus is no power of two in bytes."""
        private = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        block = pre_master.pkcs1_block(SECRET, bits // 8, seeded(bits))
        locked_by_hand = pre_master.encrypt_block(private.public_key(), block)
        by_the_library = pre_master.encrypt(private.public_key(), SECRET)
        assert len(locked_by_hand) == len(by_the_library) == bits // 8
        assert private.decrypt(locked_by_hand, PKCS1v15()) == SECRET
        assert private.decrypt(by_the_library, PKCS1v15()) == SECRET

    def test_two_encryptions_of_one_secret_differ(self) -> None:
        public = key().public_key()
        assert pre_master.encrypt(public, SECRET) != pre_master.encrypt(public, SECRET)


class TestDecrypt:
    @cases("decrypt", "malformed")
    def test_recorded(self, case: dict[str, Any]) -> None:
        told = case["given"]
        got = pre_master.decrypt(
            vector_key(),
            bytes.fromhex(told["encrypted_pre_master_secret"]),
            told["client_version"],
            bytes.fromhex(told["fallback"]),
        )
        assert got.hex() == case["expect"]["pre_master_secret"]

    @given(st.binary(min_size=46, max_size=46), st.integers(0, 0xFFFF))
    def test_what_cryptography_locked_is_opened(self, random: bytes, version: int) -> None:
        secret = version.to_bytes(2, "big") + random
        encrypted = key().public_key().encrypt(secret, PKCS1v15())
        assert pre_master.decrypt(key(), encrypted, version, FALLBACK) == secret

    @pytest.mark.parametrize("version", [0x0302, 0x0304, 0x0203, 0x0403, 0x0000, 0xFFFF])
    def test_another_version_than_the_offered_one(self, version: int) -> None:
        """Section 7.4.7.1: the server MUST check it, and a forced downgrade shows here."""
        encrypted = locked(b"\x00\x02" + b"\x01" * 205 + b"\x00" + SECRET)
        assert pre_master.decrypt(key(), encrypted, version, FALLBACK) == FALLBACK

    @pytest.mark.parametrize(
        "block",
        [
            pytest.param(b"\x01\x02" + b"\x01" * 205 + b"\x00" + SECRET, id="first byte 01"),
            pytest.param(b"\x00\x01" + b"\x01" * 205 + b"\x00" + SECRET, id="type 01"),
            pytest.param(b"\x00\x00" + b"\x01" * 205 + b"\x00" + SECRET, id="type 00"),
            pytest.param(b"\x00\x02" + b"\x01" * 205 + b"\x01" + SECRET.replace(b"\x00", b"\x01"), id="no separator"),
            pytest.param(b"\x00\x02" + b"\x01" * 7 + b"\x00" + b"\x03\x03" + bytes(244), id="seven bytes of padding"),
            pytest.param(
                b"\x00\x02" + b"\x01" * 100 + b"\x00" + b"\x01" * 104 + b"\x00" + SECRET, id="separator early"
            ),
            pytest.param(b"\x00\x02" + b"\x01" * 206 + b"\x00" + SECRET[:-1], id="47 bytes"),
            pytest.param(b"\x00\x02" + b"\x01" * 204 + b"\x00" + SECRET + b"\x00", id="49 bytes"),
            pytest.param(b"\x00\x02" + b"\x01" * 253 + b"\x00", id="no secret at all"),
            pytest.param(bytes(256), id="all zeros"),
        ],
    )
    def test_a_malformed_block(self, block: bytes) -> None:
        assert len(block) == 256
        assert pre_master.decrypt(key(), locked(block), 0x0303, FALLBACK) == FALLBACK

    def test_the_control(self) -> None:
        """The same block without a fault is opened: those above fall back because of their fault and nothing else."""
        assert (
            pre_master.decrypt(key(), locked(b"\x00\x02" + b"\x01" * 205 + b"\x00" + SECRET), 0x0303, FALLBACK)
            == SECRET
        )

    @given(st.binary(max_size=600) | st.binary(min_size=256, max_size=256))
    def test_any_bytes(self, encrypted: bytes) -> None:
        """Of any length, below the modulus or above: nothing is raised, and the stand-in comes back."""
        assert pre_master.decrypt(key(), encrypted, 0x0303, FALLBACK) == FALLBACK

    @pytest.mark.parametrize("change", [-1, 1, 255])
    def test_a_ciphertext_of_another_length(self, change: int) -> None:
        good = locked(b"\x00\x02" + b"\x01" * 205 + b"\x00" + SECRET)
        wrong = good[:change] if change < 0 else bytes(change) + good
        assert pre_master.decrypt(key(), wrong, 0x0303, FALLBACK) == FALLBACK

    def test_at_and_above_the_modulus(self) -> None:
        n = key().public_key().public_numbers().n
        for number in (n - 1, n, n + 1, 2**2048 - 1):
            assert pre_master.decrypt(key(), number.to_bytes(256, "big"), 0x0303, FALLBACK) == FALLBACK
