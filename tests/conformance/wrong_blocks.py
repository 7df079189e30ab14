"""Wrong PKCS #1 blocks and wrong encryption, made by hand, by the name of the mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA1

from tests.conformance.worlds import World

SIZE = 256
PAD = b"\x5a"
#: (world, n, e, d) to (name of the value, its bytes, further facts).
Wrong = Callable[[World, int, int, int], tuple[str, bytes, dict[str, Any]]]


def _block(make: Callable[[bytes], bytes], **facts: Any) -> Wrong:
    return lambda w, n, e, d: ("pkcs1_block", make(w.pms), facts)


def _padded(message: bytes) -> bytes:
    return b"\0\2" + PAD * (SIZE - 3 - len(message)) + b"\0" + message


def _raw(block: bytes, n: int, e: int) -> bytes:
    return pow(int.from_bytes(block, "big"), e, n).to_bytes(SIZE, "big")


def _sent(make: Callable[[bytes, int, int, int], bytes]) -> Wrong:
    """A wrong ciphertext; `make` gets a right block and n, e, d."""
    return lambda w, n, e, d: ("encrypted_pre_master_secret", make(_padded(w.pms), n, e, d), {})


def _zeros_dropped(block: bytes, n: int, e: int, d: int) -> bytes:
    """A right ciphertext that happens to begin with zero, without that zero."""
    for fill in range(1, 250):
        for other in range(1, 250):
            cipher = _raw(block[:2] + bytes([fill, other]) + block[4:], n, e)
            if cipher[0] == 0:
                return cipher[1:]
    raise AssertionError("no ciphertext begins with zero")


def _oaep(block: bytes, n: int, e: int, d: int) -> bytes:
    return RSAPublicNumbers(e, n).public_key().encrypt(block[-48:], OAEP(MGF1(SHA1()), SHA1(), None))


def _little_endian(block: bytes, n: int, e: int, d: int) -> bytes:
    return _raw(block, n, e)[::-1]


BLOCKS: dict[str, Wrong] = {
    "pkcs1-type-1": _block(lambda s: b"\0\1" + b"\xff" * (SIZE - 51) + b"\0" + s),
    "pkcs1-zeros-in-padding": _block(lambda s: b"\0\2" + PAD * 40 + b"\0" + PAD * (SIZE - 92) + b"\0" + s),
    "pkcs1-no-separator": _block(lambda s: b"\0\2" + PAD * (SIZE - 50) + s),
    "pkcs1-no-leading-zero": _block(lambda s: b"\2" + PAD * (SIZE - 50) + b"\0" + s),
    "pkcs1-little-endian": _block(lambda s: _padded(s)[::-1]),
    "pkcs1-padding-short": _block(lambda s: b"\0\2" + PAD * 7 + b"\0" + s),
    "pkcs1-length": _block(lambda s: b"\0\2" + PAD * 77 + b"\0" + s),
    "pkcs1-not-padded": lambda w, n, e, d: ("encrypted_pre_master_secret", _raw(w.pms, n, e), {}),
    "pkcs1-secret-in-front": _block(lambda s: s + bytes(SIZE - 48)),
    "pkcs1-secret-not-last": _block(lambda s: b"\0\2" + PAD * (SIZE - 55) + b"\0" + s + bytes(4)),
    "pkcs1-no-version": _block(lambda s: _padded(s[2:])),
    "pkcs1-length-inside": _block(lambda s: _padded(b"\0\x30" + s)),
    "pkcs1-negotiated-version": _block(lambda s: _padded(b"\3\2" + s[2:]), server_version="0302"),
    "pkcs1-other-version": _block(lambda s: _padded(b"\3\1" + s[2:])),
    "pkcs1-hex-text": _block(lambda s: _padded(s.hex().encode())),
    "pkcs1-secret-reversed": _block(lambda s: _padded(s[::-1])),
    "exchange-length-doubled": _sent(lambda b, n, e, d: b"\1\0" + _raw(b, n, e)),
    "exchange-length-size": _sent(lambda b, n, e, d: b"\0\1\0" + _raw(b, n, e)),
    "exchange-length-missing": _sent(lambda b, n, e, d: _raw(b, n, e)[2:]),
    "exchange-zeros-dropped": _sent(_zeros_dropped),
    "exchange-sign-byte": _sent(lambda b, n, e, d: b"\0" + _raw(b, n, e)),
    "exchange-little-endian": _sent(_little_endian),
    "exchange-hex-text": _sent(lambda b, n, e, d: _raw(b, n, e).hex().encode()),
    "exchange-oaep": _sent(_oaep),
    "exchange-private-key": _sent(lambda b, n, e, d: _raw(b, n, d)),
    "exchange-not-encrypted": _sent(lambda b, n, e, d: b),
}
