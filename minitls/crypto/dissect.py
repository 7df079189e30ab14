"""A protected record taken apart with its keys: every part that RFC 5246 section 6.2.3 names, for who wants to look.

    MACThenEncrypt   IV (16) | encrypted: content, MAC, padding, padding_length
    EncryptThenMAC   IV (16) | encrypted: content, padding, padding_length | MAC        (RFC 7366)
    AEAD             explicit nonce (8) | encrypted: content | tag (16)                  (RFC 5288)

`protection.py` does the same to send and to receive, fast and telling nothing; this is its slow and talkative twin,
which asks its classes for additional data. It is pure: the same record, keys and sequence number give the
same parts, so a trace can be told again from the wire.
"""

from __future__ import annotations

from functools import lru_cache
from hmac import compare_digest
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hmac import HMAC

from ..errors import BadRecordMAC
from .protection import (
    BLOCK,
    EXPLICIT_NONCE,
    GCM,
    MAC_HASHES,
    TAG,
    DirectionKeys,
    EncryptThenMAC,
    MACThenEncrypt,
    Order,
)
from .suites import Suite


class Dissection(NamedTuple):
    """The parts of one protected record. Empty bytes stand for a part that its kind of protection does not have."""

    order: Order
    sequence: int
    explicit: bytes
    """What travels in front of the ciphertext: the CBC IV (16 bytes) or the explicit nonce (8)."""
    nonce: bytes
    """What the cipher is started with: the IV itself, or fixed_iv (4) + explicit nonce (8)."""
    additional_data: bytes
    """seq_num (8), type (1), version (2), length (2): authenticated, and never sent in this form."""
    ciphertext: bytes
    plaintext: bytes
    mac: bytes
    """The MAC (20, 32 or 48 bytes), inside or behind the ciphertext, or the GCM tag (16) behind it."""
    padding: bytes
    """CBC: the padding and its length byte, 1 to 256 bytes of one value."""

    @property
    def mac_input(self) -> bytes:
        """What the MAC is computed over (section 6.2.3.1, RFC 7366 section 3); empty for AEAD."""
        if self.order == "AEAD":
            return b""
        content = self.plaintext if self.order == "MACThenEncrypt" else self.explicit + self.ciphertext
        return self.additional_data + content

    @property
    def decrypted(self) -> bytes:
        """What the ciphertext decrypts to, MAC and padding included."""
        return self.plaintext + (self.mac if self.order == "MACThenEncrypt" else b"") + self.padding


#: The last few dissections: whoever listens opens a record, and whoever records it takes the same one apart again.
@lru_cache(maxsize=4)
def dissect(
    suite: Suite, keys: DirectionKeys, encrypt_then_mac: bool, sequence: int, content_type: int, fragment: bytes
) -> Dissection:
    """The parts of a record's `fragment`. Raises BadRecordMAC if it is not authentic under these keys."""
    if suite.mode == "GCM":
        return _gcm(suite, keys, sequence, content_type, fragment)
    take_apart = _encrypt_then_mac if encrypt_then_mac else _mac_then_encrypt
    return take_apart(suite, keys, sequence, content_type, fragment)


def _gcm(suite: Suite, keys: DirectionKeys, sequence: int, content_type: int, fragment: bytes) -> Dissection:
    if len(fragment) < GCM.overhead:
        raise BadRecordMAC
    explicit, ciphertext, tag = fragment[:EXPLICIT_NONCE], fragment[EXPLICIT_NONCE:-TAG], fragment[-TAG:]
    nonce = keys.fixed_iv + explicit
    aad = GCM.additional_data(sequence, content_type, 0x0303, len(ciphertext))
    try:
        plaintext = _gcm_context(keys.key).decrypt(nonce, ciphertext + tag, aad)
    except InvalidTag:
        raise BadRecordMAC from None
    return Dissection("AEAD", sequence, explicit, nonce, aad, ciphertext, plaintext, tag, b"")


@lru_cache(maxsize=4)
def _gcm_context(key: bytes) -> AESGCM:
    """The expanded key: making it costs more than a small record does."""
    return AESGCM(key)


def _mac_then_encrypt(
    suite: Suite, keys: DirectionKeys, sequence: int, content_type: int, fragment: bytes
) -> Dissection:
    if len(fragment) % BLOCK or len(fragment) < BLOCK + suite.mac_length + 1:
        raise BadRecordMAC
    iv, ciphertext = fragment[:BLOCK], fragment[BLOCK:]
    decrypted = _cbc_decrypt(keys, iv, ciphertext)
    end = len(decrypted) - decrypted[-1] - 1
    padding, middle = decrypted[end:] if end >= 0 else b"", end - suite.mac_length
    if middle < 0 or set(padding) != {decrypted[-1]}:
        raise BadRecordMAC
    plaintext, mac = decrypted[:middle], decrypted[middle:end]
    aad = MACThenEncrypt.additional_data(sequence, content_type, 0x0303, len(plaintext))
    if not compare_digest(mac_of(suite, keys, aad + plaintext), mac):
        raise BadRecordMAC
    return Dissection("MACThenEncrypt", sequence, iv, iv, aad, ciphertext, plaintext, mac, padding)


def _encrypt_then_mac(
    suite: Suite, keys: DirectionKeys, sequence: int, content_type: int, fragment: bytes
) -> Dissection:
    size = len(fragment) - suite.mac_length
    if size < 2 * BLOCK or size % BLOCK:
        raise BadRecordMAC
    iv, ciphertext, mac = fragment[:BLOCK], fragment[BLOCK:size], fragment[size:]
    aad = EncryptThenMAC.additional_data(sequence, content_type, 0x0303, size)
    if not compare_digest(mac_of(suite, keys, aad + fragment[:size]), mac):
        raise BadRecordMAC
    decrypted = _cbc_decrypt(keys, iv, ciphertext)
    end = len(decrypted) - decrypted[-1] - 1
    if end < 0 or set(decrypted[end:]) != {decrypted[-1]}:
        raise BadRecordMAC
    return Dissection("EncryptThenMAC", sequence, iv, iv, aad, ciphertext, decrypted[:end], mac, decrypted[end:])


def mac_of(suite: Suite, keys: DirectionKeys, mac_input: bytes) -> bytes:
    """HMAC(mac_key, mac_input) with the suite's MAC hash (20, 32 or 48 bytes)."""
    context = HMAC(keys.mac_key, MAC_HASHES[suite.mac or "sha1"])
    context.update(mac_input)
    return context.finalize()


def _cbc_decrypt(keys: DirectionKeys, iv: bytes, ciphertext: bytes) -> bytes:
    return Cipher(AES(keys.key), CBC(iv)).decryptor().update(ciphertext)
