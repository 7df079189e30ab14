"""The pseudorandom function of TLS 1.2 (RFC 5246 section 5): every secret and every Finished comes out of it.

    PRF(secret, label, seed) = P_<hash>(secret, label + seed)
    P_hash(secret, seed) = HMAC_hash(secret, A(1) + seed) + HMAC_hash(secret, A(2) + seed) + ...
    A(0) = seed,  A(i) = HMAC_hash(secret, A(i-1))

`PRF` keeps the keyed HMAC of one secret, because a master secret is used three times. `TellingPRF` is the same
computation told value by value; a test holds the two equal.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from cryptography.hazmat.primitives.hashes import SHA256, SHA384, HashAlgorithm
from cryptography.hazmat.primitives.hmac import HMAC

#: The hash of a suite's PRF by its hashlib name.
HASHES: dict[str, HashAlgorithm] = {"sha256": SHA256(), "sha384": SHA384()}


class PRF:
    """P_hash keyed with one secret (any length); `hash_name` is "sha256" or "sha384"."""

    __slots__ = ("_keyed", "hash_name", "secret")

    def __init__(self, hash_name: str, secret: bytes) -> None:
        self.hash_name, self.secret = hash_name, secret
        self._keyed = HMAC(secret, HASHES[hash_name])

    def __call__(self, label: bytes, seed: bytes, length: int) -> bytes:
        """`length` bytes of output."""
        keyed = self._keyed.copy
        seed = label + seed
        a, output = seed, b""
        while len(output) < length:
            context = keyed()
            context.update(a)
            a = context.finalize()
            context = keyed()
            context.update(a + seed)
            output += context.finalize()
        return output[:length]


def digest(hash_name: str, data: bytes) -> bytes:
    """The hash itself, by its hashlib name: of a transcript, as Finished has it."""
    hashed: bytes = getattr(hashlib, hash_name)(data).digest()
    return hashed


def prf(hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    """PRF(secret, label, seed), `length` bytes of it."""
    return PRF(hash_name, secret)(label, seed, length)


class HMACStep(NamedTuple):
    """One intermediate value: its name in the RFC's notation, what went in, what came out."""

    name: str
    input: bytes
    output: bytes


class TellingPRF(PRF):
    """A PRF that remembers its one call: label, seed (without the label), length, and every HMAC in order.

    Each HMAC is keyed with the secret; the outputs named P(i) join up to the result.
    """

    __slots__ = ("label", "length", "seed", "steps")

    def __init__(self, hash_name: str, secret: bytes) -> None:
        super().__init__(hash_name, secret)
        self.label = self.seed = b""
        self.length = 0
        self.steps: list[HMACStep] = []

    def _hmac(self, data: bytes) -> bytes:
        context = self._keyed.copy()
        context.update(data)
        return context.finalize()

    def __call__(self, label: bytes, seed: bytes, length: int) -> bytes:
        self.label, self.seed, self.length, self.steps = label, seed, length, []
        seed = label + seed
        a, output = seed, b""
        while len(output) < length:
            i = len(self.steps) // 2 + 1
            self.steps.append(HMACStep(f"A({i})", a, a := self._hmac(a)))
            self.steps.append(HMACStep(f"P({i})", a + seed, self._hmac(a + seed)))
            output += self.steps[-1].output
        return output[:length]


def prf_steps(hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> list[HMACStep]:
    """Every HMAC of PRF(secret, label, seed) in order."""
    telling = TellingPRF(hash_name, secret)
    telling(label, seed, length)
    return telling.steps
