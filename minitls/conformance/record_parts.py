"""A protected record in parts: additional data, nonce, MAC, padding, each by its formula (RFC 5246 section 6.2.3).

`crypto.protection` makes records fast and shows nothing; here the same record is put together slowly, every part by
name. The vectors hold the two against each other.
"""

from __future__ import annotations

import hmac
from struct import pack
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from ..crypto.protection import BLOCK, DirectionKeys
from ..crypto.suites import Suite


class Parts(NamedTuple):
    """Everything a record is made of, by name and in the order of computation, and the fragment that results."""

    named: dict[str, bytes]
    fragment: bytes


def additional_data(sequence: int, content_type: int, length: int) -> bytes:
    """13 bytes: seq_num, type, version, length (sections 6.2.3.1 and 6.2.3.3)."""
    return pack("!QBHH", sequence, content_type, 0x0303, length)


def mac(suite: Suite, key: bytes, content: bytes) -> bytes:
    """HMAC with the hash of the suite (section 6.2.3.1)."""
    return hmac.digest(key, content, suite.mac or "sha1")


def padding(length: int) -> bytes:
    """The shortest padding for `length` bytes, its length byte included (section 6.2.3.2)."""
    count = BLOCK - 1 - length % BLOCK
    return bytes([count]) * (count + 1)


def cbc(key: bytes, iv: bytes, content: bytes) -> bytes:
    """AES-CBC of whole blocks. ValueError if they are not whole."""
    context = Cipher(AES(key), CBC(iv)).encryptor()
    return context.update(content) + context.finalize()


def uncbc(key: bytes, iv: bytes, content: bytes) -> bytes:
    """The inverse of `cbc`."""
    context = Cipher(AES(key), CBC(iv)).decryptor()
    return context.update(content) + context.finalize()


def seal(
    suite: Suite,
    keys: DirectionKeys,
    sequence: int,
    content_type: int,
    plaintext: bytes,
    iv: bytes,
    encrypt_then_mac: bool,
) -> Parts:
    """The parts of the record around `plaintext`; `iv`: the IV of CBC (16 bytes), or GCM's explicit nonce (8)."""
    if suite.mode == "GCM":
        data = additional_data(sequence, content_type, len(plaintext))
        nonce = keys.fixed_iv + iv
        return Parts({"additional_data": data, "nonce": nonce}, iv + AESGCM(keys.key).encrypt(nonce, plaintext, data))
    if encrypt_then_mac:
        pad = padding(len(plaintext))
        sealed = iv + cbc(keys.key, iv, plaintext + pad)
        data = additional_data(sequence, content_type, len(sealed))
        tag = mac(suite, keys.mac_key, data + sealed)
        return Parts({"padding": pad, "additional_data": data, "mac": tag}, sealed + tag)
    data = additional_data(sequence, content_type, len(plaintext))
    tag = mac(suite, keys.mac_key, data + plaintext)
    pad = padding(len(plaintext) + len(tag))
    return Parts({"additional_data": data, "mac": tag, "padding": pad}, iv + cbc(keys.key, iv, plaintext + tag + pad))
