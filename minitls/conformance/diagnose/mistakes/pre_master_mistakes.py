"""Mistakes in the pre-master secret (RFC 5246 section 7.4.7.1): as a client makes it, or a server takes it out again.

A server's begin with the decrypted block, `Facts.block`, or with what was decrypted: they need the private key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from .facts import SECRET, Facts
from .mistake import Change
from .recipe import Recipe
from .text import KINDS, as_text

#: Message header, and the length in front of the ciphertext, in bytes.
HEADER, LENGTH = 4, 2


@lru_cache(maxsize=64)
def power(key: RSAPrivateKey, number: int) -> bytes:
    """number ^ d mod n, as long as the modulus."""
    numbers = key.private_numbers()
    n = numbers.public_numbers.n
    return pow(number % n, numbers.d, n).to_bytes((n.bit_length() + 7) // 8, "big")


def decrypted(key: RSAPrivateKey | None, encrypted: bytes) -> bytes:
    """RSADP: the block, with whatever padding it has; b"" without a key or for a number above the modulus."""
    number = int.from_bytes(encrypted, "big")
    if key is None or number >= key.private_numbers().public_numbers.n:
        return b""
    return power(key, number)


def _pre_master(change: Callable[[Facts, bytes], Iterable[bytes]]) -> Change:
    def changed(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
        if recipe.pre_master is not None:
            for other in dict.fromkeys(change(facts, recipe.pre_master)):
                if other != recipe.pre_master:
                    yield recipe._replace(pre_master=other)

    return changed


def _text(kind: str) -> Change:
    return _pre_master(lambda facts, secret: [as_text(form, secret) for form in KINDS[kind]])


def _versions(facts: Facts, secret: bytes) -> list[bytes]:
    versions = ("0301", "0300", "0302", "0303", "0304", "0000", "0200", "fefd")
    return [bytes.fromhex(version) + secret[2:] for version in versions]


def _negotiated(facts: Facts, secret: bytes) -> list[bytes]:
    return [facts.server_version.to_bytes(2, "big") + secret[2:]]


def _block(facts: Facts, secret: bytes) -> bytes:
    """The block that holds this secret; b"" if it is not known."""
    return facts.block if facts.block.endswith(secret) else b""


def _padding_kept(facts: Facts, secret: bytes) -> Iterable[bytes]:
    block = _block(facts, secret)
    if block:
        yield from (block, block[1:], block[2:])


def _elsewhere(facts: Facts, secret: bytes) -> Iterable[bytes]:
    block = _block(facts, secret)
    if block:
        yield from (block[:SECRET], block[1 : SECRET + 1], block[2 : SECRET + 2], block[3 : SECRET + 3])
        yield block.rpartition(b"\0")[2]
        for off in range(1, 9):
            yield from (block[-SECRET - off : -off], block[-SECRET - off :])
    yield from (secret[1:], secret[:-1], secret[3:], secret[4:])


def _ciphertext(facts: Facts) -> bytes:
    """ClientKeyExchange without its header; b"" if it has not come."""
    return facts.to_key_exchange[-1][HEADER:] if facts.to_key_exchange else b""


def _encrypted(facts: Facts, secret: bytes) -> Iterable[bytes]:
    body = _ciphertext(facts)
    for whole in (body[LENGTH:], body):
        if whole:
            yield from (whole, whole[:SECRET], whole[-SECRET:])


def _taken_out(block: bytes) -> Iterable[bytes]:
    """What somebody takes out of a block that was decrypted wrongly, if nothing is checked."""
    yield from (block[-SECRET:], block, block.lstrip(b"\0"), block[2:].partition(b"\0")[2], block.rpartition(b"\0")[2])


def _with_length(facts: Facts, secret: bytes) -> Iterable[bytes]:
    body = _ciphertext(facts)
    if facts.private_key is not None and len(body) > LENGTH:
        size = len(body) - LENGTH
        for taken in (body, body[:size]):
            yield from _taken_out(power(facts.private_key, int.from_bytes(taken, "big")))


def _backwards(facts: Facts, secret: bytes) -> Iterable[bytes]:
    body = _ciphertext(facts)[LENGTH:]
    if facts.private_key is not None and body:
        yield from _taken_out(power(facts.private_key, int.from_bytes(body, "little")))


def _sizes(facts: Facts, secret: bytes) -> Iterable[bytes]:
    for size in (16, 20, 24, 32, 40, 46, 47):
        yield secret[:size]
    for size in (64, 128, 256):
        # Zeros behind it do not change a key of HMAC up to its block; zeros in front do.
        yield from (secret.rjust(size, b"\0"), secret.ljust(size, b"\0"))


PRE_MASTER_MISTAKES: dict[str, Change] = {
    "premaster-no-version": _pre_master(lambda facts, secret: [secret[2:]]),
    "premaster-negotiated-version": _pre_master(_negotiated),
    "premaster-other-version": _pre_master(_versions),
    "premaster-version-twice": _pre_master(lambda facts, secret: [secret[:2] + secret, secret[:2] + secret[:-2]]),
    "premaster-version-last": _pre_master(lambda facts, secret: [secret[2:] + secret[:2]]),
    "premaster-little-endian": _pre_master(lambda facts, secret: [secret[::-1]]),
    "premaster-length-prefix": _pre_master(
        lambda facts, secret: [len(secret).to_bytes(size, "big") + secret for size in (2, 1, 3, 4)]
    ),
    "premaster-other-length": _pre_master(_sizes),
    "premaster-hex-text": _text("hex-text"),
    "premaster-base64-text": _text("base64-text"),
    "premaster-string": _text("string"),
    "premaster-zeros": _pre_master(lambda facts, secret: [bytes(48), secret[:2] + bytes(46), b""]),
    "premaster-separator": _pre_master(lambda facts, secret: [b"\0" + secret, b"\0" + secret[:-1]]),
    "premaster-padding-kept": _pre_master(_padding_kept),
    "premaster-cut-elsewhere": _pre_master(_elsewhere),
    "premaster-encrypted": _pre_master(_encrypted),
    "premaster-length-decrypted": _pre_master(_with_length),
    "premaster-decrypted-backwards": _pre_master(_backwards),
    "premaster-c-string": _pre_master(lambda facts, secret: [secret.split(b"\0")[0], secret.rstrip(b"\0")]),
}
