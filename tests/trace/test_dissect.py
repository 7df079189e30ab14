"""A protected record taken apart: against cryptography's own primitives, and against `protection`."""

from __future__ import annotations

import hmac
import os

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from hypothesis import given
from hypothesis import strategies as st

from minitls.crypto.dissect import dissect
from minitls.crypto.protection import DirectionKeys, protection
from minitls.crypto.suites import SUITES, Suite
from minitls.errors import BadRecordMAC

WAYS = [(suite, etm) for suite in SUITES for etm in ((False, True) if suite.mode == "CBC" else (False,))]


def keys_for(suite: Suite) -> DirectionKeys:
    return DirectionKeys(*(bytes(range(n)) for n in (suite.mac_length, suite.key_length, suite.fixed_iv_length)))


@given(st.sampled_from(WAYS), st.binary(max_size=100), st.sampled_from((20, 21, 22, 23)), st.integers(0, 3))
def test_every_part_of_what_was_sealed(way: tuple[Suite, bool], content: bytes, kind: int, before: int) -> None:
    suite, etm = way
    sealing = protection(suite, keys_for(suite), os.urandom, etm)
    for _ in range(before):
        sealing.seal(23, b"earlier")
    fragment = sealing.seal(kind, content)[5:]
    parts = dissect(suite, keys_for(suite), etm, before, kind, fragment)
    outer = parts.mac if parts.order != "MACThenEncrypt" else b""
    assert parts.plaintext == content and parts.sequence == before
    assert parts.explicit + parts.ciphertext + outer == fragment
    assert parts.additional_data[:11] == before.to_bytes(8, "big") + bytes((kind, 3, 3))


def test_the_parts_of_a_record_made_by_hand_mac_then_encrypt() -> None:
    """RFC 5246 section 6.2.3.2, computed with other means than ours."""
    suite = next(suite for suite in SUITES if suite.openssl_name == "AES128-SHA")
    keys = DirectionKeys(b"m" * 20, b"k" * 16, b"")
    additional = bytes(7) + b"\x05" + b"\x17\x03\x03" + b"\x00\x05"
    mac = hmac.digest(keys.mac_key, additional + b"hello", "sha1")
    padding = b"\x26" * 0x27  # More than is needed, as is allowed.
    encryptor = Cipher(AES(keys.key), CBC(b"i" * 16)).encryptor()
    ciphertext = encryptor.update(b"hello" + mac + padding)
    parts = dissect(suite, keys, False, 5, 23, b"i" * 16 + ciphertext)
    assert (parts.plaintext, parts.mac, parts.padding, parts.nonce) == (b"hello", mac, padding, b"i" * 16)
    assert parts.additional_data == additional and parts.mac_input == additional + b"hello"
    assert parts.decrypted == b"hello" + mac + padding


def test_the_parts_of_a_record_made_by_hand_encrypt_then_mac() -> None:
    """RFC 7366 section 3: the MAC covers IV and ciphertext."""
    suite = next(suite for suite in SUITES if suite.openssl_name == "AES256-SHA256")
    keys = DirectionKeys(b"m" * 32, b"k" * 32, b"")
    ciphertext = Cipher(AES(keys.key), CBC(b"i" * 16)).encryptor().update(b"hello" + b"\x0a" * 11)
    additional = bytes(8) + b"\x17\x03\x03" + b"\x00\x20"
    mac = hmac.digest(keys.mac_key, additional + b"i" * 16 + ciphertext, "sha256")
    parts = dissect(suite, keys, True, 0, 23, b"i" * 16 + ciphertext + mac)
    assert (parts.plaintext, parts.mac, parts.padding) == (b"hello", mac, b"\x0a" * 11)
    assert parts.mac_input == additional + b"i" * 16 + ciphertext and parts.decrypted == b"hello" + b"\x0a" * 11


def test_the_parts_of_a_record_made_by_hand_gcm() -> None:
    """RFC 5288 section 3."""
    suite = next(suite for suite in SUITES if suite.openssl_name == "AES256-GCM-SHA384")
    keys = DirectionKeys(b"", b"k" * 32, b"salt")
    additional = bytes(7) + b"\x09" + b"\x16\x03\x03" + b"\x00\x02"
    sealed = AESGCM(keys.key).encrypt(b"salt" + b"explicit", b"hi", additional)
    parts = dissect(suite, keys, False, 9, 22, b"explicit" + sealed)
    assert (parts.plaintext, parts.nonce, parts.mac) == (b"hi", b"saltexplicit", sealed[2:])
    assert parts.additional_data == additional and parts.mac_input == parts.padding == b""


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way[0].openssl_name}-{way[1]}")
def test_whatever_is_not_authentic_is_refused(way: tuple[Suite, bool]) -> None:
    suite, etm = way
    keys = keys_for(suite)
    fragment = protection(suite, keys, os.urandom, etm).seal(23, b"hello")[5:]
    for at in range(len(fragment)):
        changed = fragment[:at] + bytes((fragment[at] ^ 1,)) + fragment[at + 1 :]
        with pytest.raises(BadRecordMAC):
            dissect(suite, keys, etm, 0, 23, changed)
    for short in range(len(fragment)):
        with pytest.raises(BadRecordMAC):
            dissect(suite, keys, etm, 0, 23, fragment[:short])
    for sequence, kind in ((1, 23), (0, 22)):
        with pytest.raises(BadRecordMAC):
            dissect(suite, keys, etm, sequence, kind, fragment)
