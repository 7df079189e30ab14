"""PRFs and HMACs that somebody has got wrong, written by hand: by the name of the mistake, the output."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from tests.conformance.worlds import World

#: World, secret, seed with its label, and length to the output.
Wrong = Callable[[World, bytes, bytes, bytes, int], bytes]
MAC = Callable[[bytes, bytes], bytes]


def p_hash(mac: MAC, secret: bytes, seed: bytes, length: int) -> bytes:
    a, out = seed, b""
    while len(out) < length:
        a = mac(secret, a)
        out += mac(secret, a + seed)
    return out[:length]


def _own(mac: Callable[[World, bytes, bytes], bytes]) -> Wrong:
    """P_hash with an HMAC of one's own."""
    return lambda w, secret, label, seed, length: p_hash(lambda k, m: mac(w, k, m), secret, label + seed, length)


def _xor(key: bytes, value: int) -> bytes:
    return bytes(byte ^ value for byte in key)


def _block(w: World) -> int:
    return 128 if w.h == "sha384" else 64


def _hmac(w: World, key: bytes, message: bytes, size: int, inner: int, outer: int) -> bytes:
    def digest(content: bytes) -> bytes:
        return hashlib.new(w.h, content).digest()

    key = digest(key) if len(key) > size else key
    key = key + bytes(size - len(key))
    return digest(_xor(key, outer) + digest(_xor(key, inner) + message))


def _bare(w: World, key: bytes, message: bytes) -> bytes:
    inner = hashlib.new(w.h, _xor(key, 0x36) + message).digest()
    return hashlib.new(w.h, _xor(key, 0x5C) + inner).digest()


def _inner(w: World, key: bytes, message: bytes) -> bytes:
    padded = _xor(key + bytes(_block(w) - len(key)), 0x36)
    return hashlib.new(w.h, padded + message).digest()


def _joined(w: World, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    a, out = label + seed, b""
    while len(out) < length:
        a = w.mac(secret, a)
        out += a
    return out[:length]


def _mixed(advance: bool) -> Wrong:
    """HMAC's arguments the wrong way round in one of its two places."""

    def wrong(w: World, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
        a, out = label + seed, b""
        while len(out) < length:
            a = w.mac(a, secret) if advance else w.mac(secret, a)
            content = a + label + seed
            out += w.mac(secret, content) if advance else w.mac(content, secret)
        return out[:length]

    return wrong


def _chained(first: Callable[[bytes, bytes], bytes], content: Callable[[bytes, bytes, bytes], bytes]) -> Wrong:
    def wrong(w: World, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
        a, out = first(label, seed), b""
        while len(out) < length:
            a = w.mac(secret, a)
            out += w.mac(secret, content(a, label, seed))
        return out[:length]

    return wrong


def _counter(w: World, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    blocks = [w.mac(secret, bytes([0, 0, 0, i]) + label + seed) for i in range(1, 12)]
    return b"".join(blocks)[:length]


PRFS: dict[str, Wrong] = {
    "prf-a-joined": _joined,
    "prf-hmac-swapped": _own(lambda w, key, message: w.mac(message, key)),
    "prf-a-swapped": _mixed(advance=True),
    "prf-p-swapped": _mixed(advance=False),
    "prf-one-hmac-otherwise": lambda w, secret, label, seed, length: w.mac(secret, seed)[:length],
    "prf-hmac-repeated": lambda w, secret, label, seed, length: (w.mac(secret, label + seed) * 9)[:length],
    "prf-counter": _counter,
    "prf-p-with-label-only": _chained(lambda label, seed: label + seed, lambda a, label, seed: a + label),
    "prf-a0-is-label": _chained(lambda label, seed: label, lambda a, label, seed: a + label + seed),
    "prf-label-twice": lambda w, secret, label, seed, length: w.p(secret, label, label + seed, length),
    "prf-seed-twice": lambda w, secret, label, seed, length: w.p(secret, label, seed + seed, length),
    "prf-no-seed": lambda w, secret, label, seed, length: w.p(secret, label, b"", length),
    "prf-secret-hashed": lambda w, secret, label, seed, length: w.p(
        hashlib.new(w.h, secret).digest(), label, seed, length
    ),
    "prf-plain-hash-for-hmac": _own(lambda w, key, message: hashlib.new(w.h, key + message).digest()),
    "hmac-block-size": _own(lambda w, key, message: _hmac(w, key, message, 192 - _block(w), 0x36, 0x5C)),
    "hmac-pads": _own(lambda w, key, message: _hmac(w, key, message, _block(w), 0x5C, 0x36)),
    "hmac-key-not-filled-up": _own(_bare),
    "hmac-inner-only": _own(_inner),
    "label-reversed": lambda w, secret, label, seed, length: w.p(secret, label[::-1], seed, length),
}
