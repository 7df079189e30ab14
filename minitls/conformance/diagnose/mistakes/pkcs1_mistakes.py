"""Mistakes in the PKCS #1 block and in its encryption (RFC 8017 section 7.2.1, RFC 5246 section 7.4.7.1).

A block is padded with random bytes, so no two right ones are alike: these mistakes are recognised by their shape.
A shape is asked with the block (None if the ciphertext cannot be decrypted), the value itself, and the facts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from .facts import SECRET, Facts
from .pre_master_mistakes import decrypted

MIN_PADDING = 8


@dataclass(frozen=True)
class Seen:
    """What there is to look at. `size` is the length of the modulus in bytes."""

    facts: Facts
    block: bytes
    """The block as it was, or as decryption of the ciphertext shows it; b"" if there is none."""
    encrypted: bytes
    """The ciphertext; b"" if only the block is known."""
    size: int

    @property
    def version(self) -> bytes:
        return self.facts.client_version.to_bytes(2, "big")

    @property
    def body(self) -> bytes:
        """What follows the first zero byte after the block type."""
        return self.block[2:].partition(b"\0")[2]


def sound(seen: Seen) -> bool:
    """A block that a server accepts: 00 02, eight or more bytes without zero, 00, client_version, 46 bytes."""
    block, secret = seen.block, seen.block[-SECRET:]
    padding = block[2 : -SECRET - 1]
    return (
        len(block) == seen.size
        and block[:2] == b"\0\2"
        and len(padding) >= MIN_PADDING
        and 0 not in padding
        and block[-SECRET - 1] == 0
        and secret[:2] == seen.version
        and seen.facts.pre_master in (None, secret)
        and len(seen.encrypted) in (0, seen.size)
    )


def public(key: RSAPrivateKey | None, block: bytes) -> bytes:
    """RSAEP, the other way."""
    if key is None:
        return b""
    numbers = key.public_key().public_numbers()
    number = pow(int.from_bytes(block, "big"), numbers.e, numbers.n)
    return number.to_bytes((numbers.n.bit_length() + 7) // 8, "big")


def _looks(block: bytes, secret: bytes | None, version: bytes) -> bool:
    """A block of type 2 that ends in the secret."""
    if block[:2] != b"\0\2":
        return False
    return (
        block.endswith(b"\0" + secret)
        if secret
        else block[-SECRET : -SECRET + 2] == version and block[-49:-48] == b"\0"
    )


def _other(seen: Seen, encrypted: bytes) -> bool:
    """Decrypting something else than the value gives a sound block."""
    block = decrypted(seen.facts.private_key, encrypted)
    return len(encrypted) == seen.size and sound(Seen(seen.facts, block, encrypted, seen.size))


def _holds_secret(seen: Seen, secret: bytes) -> bool:
    return bool(secret) and seen.block[:2] == b"\0\2" and seen.body == secret


def _zeros_inside(seen: Seen) -> bool:
    block = seen.block
    return len(block) == seen.size and _looks(block, seen.facts.pre_master, seen.version) and 0 in block[2:-49]


def _other_version(seen: Seen, wanted: Callable[[bytes], bool]) -> bool:
    secret = seen.body
    known = seen.facts.pre_master
    fits = known is None or secret[2:] == known[2:]
    framed = seen.block[:2] == b"\0\2" and len(secret) == SECRET
    return framed and fits and secret[:2] != seen.version and wanted(secret[:2])


def _no_version(seen: Seen) -> bool:
    known = seen.facts.pre_master
    return seen.block[:2] == b"\0\2" and len(seen.body) == 46 and (known is None or seen.body == known[2:])


def _prefixed(seen: Seen) -> bool:
    body = seen.body
    return seen.block[:2] == b"\0\2" and body[:2] == b"\0\x30" and len(body) == SECRET + 2


def _lost_zero_prefix(seen: Seen) -> bool:
    # The two-byte length 0030 begins with a zero byte, so the first zero after the padding may be its own.
    block = seen.block
    return block[:2] == b"\0\2" and block[-51:-48] == b"\0\0\x30" and block[-48:-46] == seen.version


def _oaep(seen: Seen) -> bool:
    if seen.facts.private_key is None or len(seen.encrypted) != seen.size:
        return False
    for hash_ in (SHA1(), SHA256()):
        try:
            seen.facts.private_key.decrypt(seen.encrypted, OAEP(MGF1(hash_), hash_, None))
        except ValueError:
            continue
        return True
    return False


def _type_1(seen: Seen) -> bool:
    block = seen.block
    tail = block.endswith(seen.facts.pre_master or b"") and block[-48:-46] == seen.version
    return len(block) == seen.size and block[:2] == b"\0\1" and tail


def _signed(seen: Seen) -> bool:
    block = public(seen.facts.private_key, seen.encrypted)
    return bool(block) and sound(Seen(seen.facts, block, b"", seen.size))


def _moved(seen: Seen) -> bool:
    block, secret = seen.block, seen.facts.pre_master
    return block[:2] == b"\0\2" and secret is not None and secret in block and not block.endswith(secret)


def _padding_short(seen: Seen) -> bool:
    block = seen.block
    at = block.find(b"\0", 2)
    return block[:2] == b"\0\2" and 0 <= at - 2 < MIN_PADDING and len(block) - at - 1 == SECRET


def _no_separator(seen: Seen) -> bool:
    block, secret = seen.block, seen.facts.pre_master
    ends = block.endswith(secret) if secret else block[-48:-46] == seen.version
    return block[:2] == b"\0\2" and ends and block[-49:-48] != b"\0" and 0 not in block[2:-48]


def _no_leading_zero(seen: Seen) -> bool:
    block = seen.block
    secret = seen.facts.pre_master
    ends = block.endswith(b"\0" + secret) if secret else block[-48:-46] == seen.version and block[-49:-48] == b"\0"
    return block[:1] == b"\2" and ends and len(block) in (seen.size, seen.size - 1)


def _backwards(seen: Seen) -> bool:
    return sound(Seen(seen.facts, seen.block[::-1], b"", seen.size))


def _length(seen: Seen) -> bool:
    return bool(seen.block) and len(seen.block) != seen.size and _looks(seen.block, seen.facts.pre_master, seen.version)


def _raw(seen: Seen) -> bool:
    stripped = seen.block.lstrip(b"\0")
    return len(stripped) == SECRET and (seen.facts.pre_master in (None, stripped)) and stripped[:2] == seen.version


def _left(seen: Seen) -> bool:
    secret = seen.facts.pre_master
    return secret is not None and seen.block.rstrip(b"\0") == secret.rstrip(b"\0")


def _length_missing(seen: Seen) -> bool:
    """The first two bytes of the ciphertext are missing: ClientKeyExchange shows them."""
    body = seen.facts.to_key_exchange[-1][4:] if seen.facts.to_key_exchange else b""
    return any(len(whole) == seen.size and seen.encrypted == whole[2:] for whole in (body, body[2:]))


PKCS1_MISTAKES: dict[str, Callable[[Seen], bool]] = {
    "pkcs1-type-1": _type_1,
    "pkcs1-zeros-in-padding": _zeros_inside,
    "pkcs1-no-separator": _no_separator,
    "pkcs1-no-leading-zero": _no_leading_zero,
    "pkcs1-little-endian": _backwards,
    "pkcs1-padding-short": _padding_short,
    "pkcs1-length": _length,
    "pkcs1-not-padded": _raw,
    "pkcs1-secret-in-front": _left,
    "pkcs1-secret-not-last": _moved,
    "pkcs1-no-version": _no_version,
    "pkcs1-length-inside": lambda seen: _prefixed(seen) or _lost_zero_prefix(seen),
    "pkcs1-negotiated-version": lambda seen: _other_version(
        seen, lambda v: v == seen.facts.server_version.to_bytes(2, "big")
    ),
    "pkcs1-other-version": lambda seen: _other_version(
        seen, lambda v: v != seen.facts.server_version.to_bytes(2, "big")
    ),
    "pkcs1-hex-text": lambda seen: (
        _holds_secret(seen, (seen.facts.pre_master or b"").hex().encode())
        or _holds_secret(seen, (seen.facts.pre_master or b"").hex().upper().encode())
    ),
    "pkcs1-secret-reversed": lambda seen: _holds_secret(seen, (seen.facts.pre_master or b"")[::-1]),
}

EXCHANGE_MISTAKES: dict[str, Callable[[Seen], bool]] = {
    "exchange-length-doubled": lambda seen: (
        _other(seen, seen.encrypted[2:]) and seen.encrypted[:2] == seen.size.to_bytes(2, "big")
    ),
    "exchange-length-size": lambda seen: any(_other(seen, seen.encrypted[n:]) for n in (1, 3, 4)),
    "exchange-length-missing": _length_missing,
    "exchange-zeros-dropped": lambda seen: (
        len(seen.encrypted) < seen.size and _other(seen, seen.encrypted.rjust(seen.size, b"\0"))
    ),
    "exchange-sign-byte": lambda seen: seen.encrypted[:1] == b"\0" and _other(seen, seen.encrypted[1:]),
    "exchange-little-endian": lambda seen: _other(seen, seen.encrypted[::-1]),
    "exchange-hex-text": lambda seen: _unhexed(seen),
    "exchange-oaep": _oaep,
    "exchange-private-key": _signed,
    "exchange-not-encrypted": lambda seen: (
        bool(seen.encrypted) and sound(Seen(seen.facts, seen.encrypted, b"", seen.size))
    ),
}


def _unhexed(seen: Seen) -> bool:
    try:
        return _other(seen, bytes.fromhex(seen.encrypted.decode("ascii")))
    except ValueError:
        return False
