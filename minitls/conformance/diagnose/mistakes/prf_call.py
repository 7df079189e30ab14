"""The PRF, right and wrong: `derive` follows a `PRFCall`, whose every field can be got wrong.

Each way of computing it stands here under its name. The right one is P_hash of RFC 5246 section 5; the others are what
people write instead.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class PRFCall:
    """One call of the PRF but for its secret. Lengths in bytes."""

    label: bytes
    seed: bytes
    length: int
    hash: str
    method: str = "P_hash"
    taken: str = "first"


@lru_cache(maxsize=4096)
def derive(secret: bytes, one: PRFCall) -> bytes:
    """The output of one derivation."""
    output = METHODS[one.method](one.hash, secret, one.label, one.seed, one.length)
    if one.taken == "all":
        return output
    return output[-one.length :] if one.taken == "last" else output[: one.length]


Method = Callable[[str, bytes, bytes, bytes, int], bytes]


def _blocks(
    hash_name: str,
    length: int,
    secret: bytes,
    a: bytes,
    advance: Callable[[bytes], bytes],
    content: Callable[[bytes], bytes],
) -> list[bytes]:
    """The P(i): `advance` makes A(i) of A(i-1), `content` is what P(i) hashes for an A(i)."""
    out: list[bytes] = []
    while sum(map(len, out)) < length:
        a = advance(a)
        out.append(hmac.digest(secret, content(a), hash_name))
    return out


def _p_hash(hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    return b"".join(_right_blocks(hash_name, secret, label + seed, length))


def _right_blocks(hash_name: str, secret: bytes, seed: bytes, length: int) -> list[bytes]:
    return _blocks(hash_name, length, secret, seed, lambda a: hmac.digest(secret, a, hash_name), lambda a: a + seed)


def _tls10(hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    half = (len(secret) + 1) // 2
    md5 = _p_hash("md5", secret[:half], label, seed, length)[:length]
    sha = _p_hash("sha1", secret[-half:], label, seed, length)[:length]
    return bytes(a ^ b for a, b in zip(md5, sha, strict=True))


def _a0(hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    whole = label + seed
    first = hmac.digest(secret, whole + whole, hash_name)
    return first + b"".join(_right_blocks(hash_name, secret, whole, length))


def _a2(hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    size = hashlib.new(hash_name).digest_size
    return b"".join(_right_blocks(hash_name, secret, label + seed, length + size)[1:])


def _with(
    advance: Callable[[str, bytes, bytes, bytes], bytes] | None = None,
    content: Callable[[bytes, bytes, bytes], bytes] | None = None,
    start: Callable[[bytes, bytes], bytes] | None = None,
) -> Method:
    """P_hash with another A(0), another step from A(i-1) to A(i), or another content of P(i)."""

    def method(hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
        whole = label + seed

        def next_a(a: bytes) -> bytes:
            return advance(hash_name, secret, whole, a) if advance else hmac.digest(secret, a, hash_name)

        def of(a: bytes) -> bytes:
            return content(a, label, seed) if content else a + whole

        return b"".join(_blocks(hash_name, length, secret, start(label, seed) if start else whole, next_a, of))

    return method


def _fed_back(hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    whole = label + seed
    out, a = b"", hmac.digest(secret, whole, hash_name)
    while len(out) < length:
        a = hmac.digest(secret, a + whole, hash_name)
        out += a
    return out


def _a_fixed(hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    whole = label + seed
    block = hmac.digest(secret, hmac.digest(secret, whole, hash_name) + whole, hash_name)
    return block * (length // len(block) + 1)


def _hkdf(hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    out, block, i = b"", b"", 0
    while len(out) < length:
        i += 1
        block = hmac.digest(secret, block + label + seed + bytes([i]), hash_name)
        out += block
    return out


def _hash_only(hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    return hashlib.new(hash_name, secret + label + seed).digest()


def _reversed(hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    return b"".join(reversed(_right_blocks(hash_name, secret, label + seed, length)))


METHODS: dict[str, Method] = {
    "P_hash": _p_hash,
    "TLS 1.0": _tls10,
    "A(0)": _a0,
    "A(2)": _a2,
    "A fixed": _a_fixed,
    "A with seed": _with(advance=lambda name, secret, whole, a: hmac.digest(secret, a + whole, name)),
    "A by hash": _with(advance=lambda name, secret, whole, a: hashlib.new(name, a).digest()),
    "P without seed": _with(content=lambda a, label, seed: a),
    "P without label": _with(content=lambda a, label, seed: a + seed),
    "P seed first": _with(content=lambda a, label, seed: label + seed + a),
    "A without label": _with(start=lambda label, seed: seed),
    "no label": lambda name, secret, label, seed, length: _p_hash(name, secret, b"", seed, length),
    "label last": lambda name, secret, label, seed, length: _p_hash(name, secret, seed, label, length),
    "label prefixed": lambda name, secret, label, seed, length: _p_hash(
        name, secret, bytes([len(label)]) + label, seed, length
    ),
    "fed back": _fed_back,
    "HKDF": _hkdf,
    "one HMAC": lambda name, secret, label, seed, length: hmac.digest(secret, label + seed, name),
    "hash": _hash_only,
    "arguments swapped": lambda name, secret, label, seed, length: _p_hash(name, label + seed, b"", secret, length),
    "half the secret": lambda name, secret, label, seed, length: _p_hash(
        name, secret[: (len(secret) + 1) // 2], label, seed, length
    ),
    "reversed": _reversed,
}
