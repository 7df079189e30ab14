"""The PRF, right and wrong: `derive` follows a `PRFCall`, whose every field can be got wrong.

Each way of computing it stands here under its name. The right one is P_hash of RFC 5246 section 5; the others are what
people write instead.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from .own_hmac import MACS
from .text import as_text


class PRFCall(NamedTuple):
    """One call of the PRF but for its secret. Lengths in bytes."""

    label: bytes
    seed: bytes
    length: int
    hash: str
    method: str = "P_hash"
    taken: str = "first"
    mac: str = "HMAC"
    """Which of `MACS` stands for HMAC."""
    handed: str = ""
    """What is handed over as text: "seed" (label and seed as one), "all" (the secret, too), "output"."""
    form: str = ""


@lru_cache(maxsize=8192)
def derive(secret: bytes, one: PRFCall) -> bytes:
    """The output of one derivation."""
    label, seed = one.label, one.seed
    if one.handed == "all":
        secret, label, seed = (as_text(one.form, part) for part in (secret, label, seed))
    elif one.handed == "secret and seed":
        secret, seed = (as_text(one.form, part) for part in (secret, seed))
    elif one.handed == "seed":
        label, seed = b"", as_text(one.form, label + seed)

    def mac(key: bytes, message: bytes) -> bytes:
        out = MACS[one.mac](key, message, one.hash)
        return as_text(one.form, out) if one.handed == "each block" else out

    output = METHODS[one.method](mac, one.hash, secret, label, seed, one.length)
    if one.handed == "output":
        output = as_text(one.form, output)
    if one.taken == "all":
        return output
    return output[-one.length :] if one.taken == "last" else output[: one.length]


OneMAC = Callable[[bytes, bytes], bytes]
"""Key and message to the MAC."""
Method = Callable[[OneMAC, str, bytes, bytes, bytes, int], bytes]
"""The MAC, the hash's name, secret, label, seed and length to at least so many bytes."""


def _blocks(
    mac: OneMAC, length: int, secret: bytes, a: bytes, advance: Callable[[bytes], bytes], of: Callable[[bytes], bytes]
) -> list[bytes]:
    """The P(i): `advance` makes A(i) of A(i-1), `of` is what P(i) hashes for an A(i)."""
    out: list[bytes] = []
    while sum(map(len, out)) < length:
        a = advance(a)
        out.append(mac(secret, of(a)))
    return out


def _p_hash(mac: OneMAC, hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    return b"".join(_right_blocks(mac, secret, label + seed, length))


def _right_blocks(mac: OneMAC, secret: bytes, seed: bytes, length: int) -> list[bytes]:
    return _blocks(mac, length, secret, seed, lambda a: mac(secret, a), lambda a: a + seed)


def _tls10(mac: OneMAC, hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    half = (len(secret) + 1) // 2

    def expanded(part: bytes, name: str) -> bytes:
        def own(key: bytes, message: bytes) -> bytes:
            return MACS["HMAC"](key, message, name)

        return _p_hash(own, name, part, label, seed, length)[:length]

    both = zip(expanded(secret[:half], "md5"), expanded(secret[-half:], "sha1"), strict=True)
    return bytes(a ^ b for a, b in both)


def _a0(mac: OneMAC, hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    whole = label + seed
    return mac(secret, whole + whole) + b"".join(_right_blocks(mac, secret, whole, length))


def _a2(mac: OneMAC, hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    size = hashlib.new(hash_name).digest_size
    return b"".join(_right_blocks(mac, secret, label + seed, length + size)[1:])


def _with(
    advance: Callable[[OneMAC, str, bytes, bytes, bytes], bytes] | None = None,
    content: Callable[[bytes, bytes, bytes], bytes] | None = None,
    start: Callable[[bytes, bytes], bytes] | None = None,
    block: Callable[[OneMAC, bytes, bytes], bytes] | None = None,
) -> Method:
    """P_hash with another A(0), another step from A(i-1) to A(i), or another content or making of P(i)."""

    def method(mac: OneMAC, hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
        whole = label + seed

        def next_a(a: bytes) -> bytes:
            return advance(mac, hash_name, secret, whole, a) if advance else mac(secret, a)

        def of(a: bytes) -> bytes:
            return content(a, label, seed) if content else a + whole

        def made(key: bytes, message: bytes) -> bytes:
            return block(mac, key, message) if block else mac(key, message)

        return b"".join(_blocks(made, length, secret, start(label, seed) if start else whole, next_a, of))

    return method


def _fed_back(mac: OneMAC, hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    whole = label + seed
    out, a = b"", mac(secret, whole)
    while len(out) < length:
        a = mac(secret, a + whole)
        out += a
    return out


def _repeated(make: Callable[[OneMAC, bytes, bytes], bytes]) -> Method:
    """One block, as often as it takes."""

    def method(mac: OneMAC, hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
        block = make(mac, secret, label + seed)
        return block * (length // len(block) + 1)

    return method


def _a_joined(first: int) -> Method:
    """The A(i) themselves, from A(0) or A(1) on."""

    def method(mac: OneMAC, hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
        a, out = label + seed, b""
        if first == 0:
            out += a
        while len(out) < length:
            a = mac(secret, a)
            out += a
        return out

    return method


def _counted(content: Callable[[bytes, bytes], bytes], first: int, size: int) -> Method:
    """HMAC over a counter and the seed, as NIST SP 800-108 has it; `content` joins the two."""

    def method(mac: OneMAC, hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
        out, i = b"", first
        while len(out) < length:
            out += mac(secret, content(i.to_bytes(size, "big"), label + seed))
            i += 1
        return out

    return method


def _hkdf(mac: OneMAC, hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    out, block, i = b"", b"", 0
    while len(out) < length:
        i += 1
        block = mac(secret, block + label + seed + bytes([i]))
        out += block
    return out


def _reversed(mac: OneMAC, hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    return b"".join(reversed(_right_blocks(mac, secret, label + seed, length)))


def _p(secret: Callable[[str, bytes], bytes], label: Callable[[bytes], bytes], seed: str = "seed") -> Method:
    """P_hash of something else. `seed`: "seed", "none" or "twice"."""

    def method(mac: OneMAC, hash_name: str, key: bytes, name: bytes, random: bytes, length: int) -> bytes:
        whole = {"seed": random, "none": b"", "twice": random + random}[seed]
        return _p_hash(mac, hash_name, secret(hash_name, key), label(name), whole, length)

    return method


def _same(hash_name: str, secret: bytes) -> bytes:
    return secret


METHODS: dict[str, Method] = {
    "P_hash": _p_hash,
    "TLS 1.0": _tls10,
    "A(0)": _a0,
    "A(2)": _a2,
    "A fixed": _repeated(lambda mac, secret, seed: mac(secret, mac(secret, seed) + seed)),
    "A with seed": _with(advance=lambda mac, name, secret, whole, a: mac(secret, a + whole)),
    "A by hash": _with(advance=lambda mac, name, secret, whole, a: hashlib.new(name, a).digest()),
    "A swapped": _with(advance=lambda mac, name, secret, whole, a: mac(a, secret)),
    "P swapped": _with(block=lambda mac, key, message: mac(message, key)),
    "P without seed": _with(content=lambda a, label, seed: a),
    "P without label": _with(content=lambda a, label, seed: a + seed),
    "P seed first": _with(content=lambda a, label, seed: label + seed + a),
    "P with label only": _with(content=lambda a, label, seed: a + label),
    "A without label": _with(start=lambda label, seed: seed),
    "A of label": _with(start=lambda label, seed: label),
    "A(1) joined": _a_joined(1),
    "A(0) joined": _a_joined(0),
    "no label": lambda mac, name, secret, label, seed, length: _p_hash(mac, name, secret, b"", seed, length),
    "label twice": _p(_same, lambda label: label + label),
    "seed twice": _p(_same, lambda label: label, "twice"),
    "no seed": _p(_same, lambda label: label, "none"),
    "label last": lambda mac, name, secret, label, seed, length: _p_hash(mac, name, secret, seed, label, length),
    "label prefixed": _p(_same, lambda label: bytes([len(label)]) + label),
    "fed back": _fed_back,
    "HKDF": _hkdf,
    "counter before": _counted(lambda counter, seed: counter + seed, 1, 4),
    "counter byte before": _counted(lambda counter, seed: counter + seed, 1, 1),
    "counter after": _counted(lambda counter, seed: seed + counter, 1, 4),
    "counter byte after": _counted(lambda counter, seed: seed + counter, 1, 1),
    "counter from 0 before": _counted(lambda counter, seed: counter + seed, 0, 4),
    "counter byte from 0 before": _counted(lambda counter, seed: counter + seed, 0, 1),
    "counter from 0 after": _counted(lambda counter, seed: seed + counter, 0, 4),
    "counter byte from 0 after": _counted(lambda counter, seed: seed + counter, 0, 1),
    "one HMAC": lambda mac, name, secret, label, seed, length: mac(secret, label + seed),
    "one HMAC without label": lambda mac, name, secret, label, seed, length: mac(secret, seed),
    "one HMAC, seed first": lambda mac, name, secret, label, seed, length: mac(secret, seed + label),
    "one HMAC, swapped": lambda mac, name, secret, label, seed, length: mac(label + seed, secret),
    "one HMAC, label as key": lambda mac, name, secret, label, seed, length: mac(label, secret + seed),
    "HMAC repeated": _repeated(lambda mac, secret, seed: mac(secret, seed)),
    "hash": lambda mac, name, secret, label, seed, length: hashlib.new(name, secret + label + seed).digest(),
    "hash, secret last": lambda mac, name, secret, label, seed, length: hashlib.new(
        name, label + seed + secret
    ).digest(),
    "arguments swapped": lambda mac, name, secret, label, seed, length: _p_hash(
        mac, name, label + seed, b"", secret, length
    ),
    "secret and seed swapped": lambda mac, name, secret, label, seed, length: _p_hash(
        mac, name, seed, label, secret, length
    ),
    "half the secret": _p(lambda name, secret: secret[: (len(secret) + 1) // 2], lambda label: label),
    "second half of the secret": _p(lambda name, secret: secret[len(secret) // 2 :], lambda label: label),
    "secret hashed": _p(lambda name, secret: hashlib.new(name, secret).digest(), lambda label: label),
    "reversed": _reversed,
}
