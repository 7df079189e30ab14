"""HMAC written by oneself, right and wrong (RFC 2104 section 2): hash(K XOR opad, hash(K XOR ipad, text)).

`hmac.digest` stands for the right one, being fast; the others are what people write instead.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

INNER, OUTER = 0x36, 0x5C
#: Bytes in a block of the hash (FIPS 180-4).
BLOCKS = {"md5": 64, "sha1": 64, "sha256": 64, "sha384": 128, "sha512": 128}

MAC = Callable[[bytes, bytes, str], bytes]
"""Key, message and name of the hash to the MAC."""


def _by_hand(
    *, inner: int = INNER, outer: int = OUTER, other_block: bool = False, pad: bool = True, shorten: bool = True
) -> MAC:
    def mac(key: bytes, message: bytes, hash_name: str) -> bytes:
        def digest(data: bytes) -> bytes:
            return hashlib.new(hash_name, data).digest()

        size = BLOCKS[hash_name]
        size = 192 - size if other_block else size
        if shorten and len(key) > size:
            key = digest(key)
        key = key[:size].ljust(size, b"\0") if pad else key
        return digest(bytes(k ^ outer for k in key) + digest(bytes(k ^ inner for k in key) + message))

    return mac


def _inner_only(key: bytes, message: bytes, hash_name: str) -> bytes:
    padded = key[: BLOCKS[hash_name]].ljust(BLOCKS[hash_name], b"\0")
    return hashlib.new(hash_name, bytes(k ^ INNER for k in padded) + message).digest()


MACS: dict[str, MAC] = {
    "HMAC": hmac.digest,
    "swapped": lambda key, message, hash_name: hmac.digest(message, key, hash_name),
    "other block": _by_hand(other_block=True),
    "pads swapped": _by_hand(inner=OUTER, outer=INNER),
    "pads alike": _by_hand(outer=INNER),
    "no pads": _by_hand(inner=0, outer=0),
    "key not filled up": _by_hand(pad=False),
    "long key cut": _by_hand(shorten=False),
    "inner only": _inner_only,
    "key, message": lambda key, message, hash_name: hashlib.new(hash_name, key + message).digest(),
    "message, key": lambda key, message, hash_name: hashlib.new(hash_name, message + key).digest(),
    "key, message, key": lambda key, message, hash_name: hashlib.new(hash_name, key + message + key).digest(),
}
