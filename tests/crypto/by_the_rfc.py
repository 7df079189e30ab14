"""Record protection and PRF once more, written from the RFCs with nothing of minitls: slow, plain, and independent.

RFC 5246 sections 5 and 6.2.3, RFC 5288 section 3, RFC 7366 section 3. Each function seals one record and gives its
fragment; anything that an attacker could choose (padding, version, sequence number) is an argument.
"""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, GCM


def p_hash(hash_name: str, secret: bytes, seed: bytes, length: int) -> bytes:
    """RFC 5246 section 5, as its formula stands there."""

    def a(i: int) -> bytes:
        return seed if i == 0 else hmac.digest(secret, a(i - 1), hash_name)

    output = b""
    i = 1
    while len(output) < length:
        output += hmac.digest(secret, a(i) + seed, hash_name)
        i += 1
    return output[:length]


def prf(hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    return p_hash(hash_name, secret, label + seed, length)


def mac(
    hash_name: str, key: bytes, sequence: int, content_type: int, content: bytes, *, version: int = 0x0303
) -> bytes:
    """RFC 5246 section 6.2.3.1."""
    authenticated = (
        sequence.to_bytes(8, "big")
        + bytes([content_type])
        + version.to_bytes(2, "big")
        + len(content).to_bytes(2, "big")
        + content
    )
    return hmac.new(key, authenticated, getattr(hashlib, hash_name)).digest()


def cbc_encrypt(key: bytes, iv: bytes, padded: bytes) -> bytes:
    encryptor = Cipher(AES(key), CBC(iv)).encryptor()
    return iv + encryptor.update(padded) + encryptor.finalize()


def cbc_decrypt(key: bytes, sealed: bytes) -> bytes:
    decryptor = Cipher(AES(key), CBC(sealed[:16])).decryptor()
    return decryptor.update(sealed[16:]) + decryptor.finalize()


def padding(unpadded: int, more_blocks: int = 0) -> bytes:
    """The shortest padding of `unpadded` bytes, or one that is `more_blocks` blocks longer (section 6.2.3.2)."""
    length = 15 - unpadded % 16 + 16 * more_blocks
    return bytes([length]) * (length + 1)


def seal_mac_then_encrypt(
    hash_name: str,
    mac_key: bytes,
    key: bytes,
    iv: bytes,
    sequence: int,
    content_type: int,
    plaintext: bytes,
    *,
    version: int = 0x0303,
    pad: bytes | None = None,
) -> bytes:
    content = plaintext + mac(hash_name, mac_key, sequence, content_type, plaintext, version=version)
    return cbc_encrypt(key, iv, content + (padding(len(content)) if pad is None else pad))


def seal_encrypt_then_mac(
    hash_name: str,
    mac_key: bytes,
    key: bytes,
    iv: bytes,
    sequence: int,
    content_type: int,
    plaintext: bytes,
    *,
    version: int = 0x0303,
    pad: bytes | None = None,
) -> bytes:
    sealed = cbc_encrypt(key, iv, plaintext + (padding(len(plaintext)) if pad is None else pad))
    return sealed + mac(hash_name, mac_key, sequence, content_type, sealed, version=version)


def seal_gcm(
    key: bytes,
    fixed_iv: bytes,
    explicit: bytes,
    sequence: int,
    content_type: int,
    plaintext: bytes,
    *,
    version: int = 0x0303,
) -> bytes:
    encryptor = Cipher(AES(key), GCM(fixed_iv + explicit)).encryptor()
    encryptor.authenticate_additional_data(
        sequence.to_bytes(8, "big")
        + bytes([content_type])
        + version.to_bytes(2, "big")
        + len(plaintext).to_bytes(2, "big")
    )
    return explicit + encryptor.update(plaintext) + encryptor.finalize() + encryptor.tag
