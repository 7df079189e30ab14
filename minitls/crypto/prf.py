"""The pseudorandom function of TLS 1.2 (RFC 5246 section 5): every secret and every Finished comes out of it.

    PRF(secret, label, seed) = P_<hash>(secret, label + seed)
    P_hash(secret, seed) = HMAC_hash(secret, A(1) + seed) + HMAC_hash(secret, A(2) + seed) + ...
    A(0) = seed,  A(i) = HMAC_hash(secret, A(i-1))

`PRF` keeps the keyed HMAC of one secret, because a master secret is used three times. `prf_steps` is the same
computation told value by value; a test holds the two equal.
"""

from __future__ import annotations

from typing import NamedTuple

from cryptography.hazmat.primitives.hashes import SHA256, SHA384, HashAlgorithm
from cryptography.hazmat.primitives.hmac import HMAC

#: The hash of a suite's PRF by its hashlib name.
HASHES: dict[str, HashAlgorithm] = {"sha256": SHA256(), "sha384": SHA384()}


class PRF:
    """P_hash keyed with one secret (any length); `hash_name` is "sha256" or "sha384"."""

    __slots__ = ("_keyed",)

    def __init__(self, hash_name: str, secret: bytes) -> None:
        self._keyed = HMAC(secret, HASHES[hash_name])

    def _hmac(self, data: bytes) -> bytes:
        context = self._keyed.copy()
        context.update(data)
        return context.finalize()

    def __call__(self, label: bytes, seed: bytes, length: int) -> bytes:
        """`length` bytes of output."""
        seed = label + seed
        a = self._hmac(seed)
        output = self._hmac(a + seed)
        while len(output) < length:
            a = self._hmac(a)
            output += self._hmac(a + seed)
        return output[:length]


def prf(hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    """PRF(secret, label, seed), `length` bytes of it."""
    return PRF(hash_name, secret)(label, seed, length)


class Step(NamedTuple):
    """One intermediate value: its name in the RFC's notation, what went in, what came out."""

    name: str
    input: bytes
    output: bytes


def prf_steps(hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> list[Step]:
    """Every HMAC of PRF(secret, label, seed) in order, each keyed with `secret`; the outputs named P(i) join up."""
    hmac = PRF(hash_name, secret)._hmac
    seed = label + seed
    steps: list[Step] = []
    a, produced = seed, 0
    while produced < length:
        i = len(steps) // 2 + 1
        steps.append(Step(f"A({i})", a, a := hmac(a)))
        steps.append(Step(f"P({i})", a + seed, hmac(a + seed)))
        produced += len(steps[-1].output)
    return steps
