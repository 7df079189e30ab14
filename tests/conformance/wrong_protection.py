"""More wrong MACs and records, made by hand: by the name of the mistake, what somebody gets who makes it."""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.conformance.worlds import World
from tests.conformance.wrong_records import (
    cbc_with,
    covering,
    data,
    etm,
    framed,
    gcm,
    hmac_of,
    mte,
    only,
    padding,
    record,
)

Wrong = Callable[[World], tuple[str, bytes] | None]


def covered(w: World) -> bytes:
    return data(w, len(w.plaintext)) + w.plaintext


def tag(make: Callable[[World], bytes]) -> Wrong:
    return only("mte", make, "mac")


def padded(make: Callable[[int], bytes]) -> Wrong:
    """`make` gets the number of padding bytes before the length byte."""

    def pad(length: int) -> bytes:
        return make(padding(length)[0])

    return only("cbc", lambda w: framed(w, etm(w, pad=pad) if w.etm else mte(w, pad=pad)))


def aead(nonce: Callable[[World], bytes]) -> Wrong:
    return only("gcm", lambda w: framed(w, w.iv + gcm(w, nonce=nonce(w))))


def sent(front: Callable[[World], bytes]) -> Wrong:
    return only("gcm", lambda w: framed(w, front(w) + gcm(w)))


def counted(w: World, change: Wrong) -> tuple[str, bytes] | None:
    """Where the sequence number is not zero."""
    return change(w) if w.sequence else None


def little_endian_nonce(w: World) -> tuple[str, bytes] | None:
    """Both in the additional data and in the nonce; sent as it should be."""
    if w.mode != "GCM" or not w.sequence:
        return None
    aad = struct.pack("<Q", w.sequence) + data(w, len(w.plaintext))[8:]
    return "record", framed(w, w.iv + gcm(w, aad=aad, nonce=w.k("client_IV") + struct.pack("<Q", w.sequence)))


def outer_hash(w: World, key: bytes, text: bytes) -> bytes:
    """HMAC without its inner pad."""
    inner = hashlib.new(w.mac_hash, bytes(k ^ 0x5C for k in key.ljust(64, b"\0")) + text).digest()
    return hashlib.new(w.mac_hash, bytes(k ^ 0x36 for k in key.ljust(64, b"\0")) + inner).digest()


def sealed_with_padding(w: World) -> bytes:
    count = -len(w.plaintext) % 16 or 16
    full = w.k("client_IV") + w.iv
    text = w.plaintext + bytes([count]) * count
    return framed(w, w.iv + AESGCM(w.k("client_key")).encrypt(full, text, data(w, len(text))))


def other_iv(w: World) -> bytes:
    return cbc_with(w, hashlib.sha256(b"another").digest()[:16], w.iv)


PROTECTION: dict[str, list[Wrong]] = {
    "sequence-little-endian": [
        lambda w: counted(w, covering(lambda w, n: struct.pack("<Q", w.sequence) + data(w, n)[8:])),
        lambda w: counted(w, covering(lambda w, n: struct.pack("<I", w.sequence) + data(w, n)[8:])),
        little_endian_nonce,
    ],
    "sequence-decimal": [covering(lambda w, n: str(w.sequence).encode() + data(w, n)[8:])],
    "sequence-halves-swapped": [
        lambda w: counted(w, covering(lambda w, n: struct.pack("!IQ", w.sequence, 0)[:8] + data(w, n)[8:]))
    ],
    "data-length-off": [covering(lambda w, n: data(w, n + 1)), covering(lambda w, n: data(w, n - 4))],
    "data-length-zero": [covering(lambda w, n: data(w, 0))],
    "data-order": [
        covering(lambda w, n: data(w, n)[8:9] + data(w, n)[:8] + data(w, n)[9:]),
        covering(lambda w, n: data(w, n)[11:] + data(w, n)[:11]),
    ],
    "mac-hmac-swapped": [tag(lambda w: hmac.new(covered(w), w.k("client_MAC_key"), w.mac_hash).digest())],
    "mac-own-hmac": [
        tag(lambda w: outer_hash(w, w.k("client_MAC_key"), covered(w))),
        tag(
            lambda w: hashlib.new(
                w.mac_hash, bytes(k ^ 0x36 for k in w.k("client_MAC_key").ljust(64, b"\0")) + covered(w)
            ).digest()
        ),
    ],
    "mac-of-hash": [
        tag(lambda w: hmac_of(w, hashlib.new(w.mac_hash, covered(w)).digest())),
        tag(lambda w: hmac_of(w, data(w, len(w.plaintext)) + hmac_of(w, w.plaintext))),
    ],
    "mac-key-empty": [tag(lambda w: hmac_of(w, covered(w), b""))],
    "mac-truncated": [tag(lambda w: hmac_of(w, covered(w))[-12:])],
    "mac-no-hmac": [
        tag(lambda w: hashlib.new(w.mac_hash, covered(w) + w.k("client_MAC_key")).digest()),
    ],
    "mac-without-content": [tag(lambda w: hmac_of(w, data(w, len(w.plaintext))))],
    "mac-without-handshake-header": [
        lambda w: tag(lambda w: hmac_of(w, data(w, len(w.plaintext)) + w.plaintext[4:]))(w) if w.type == 22 else None,
    ],
    "handshake-no-header": [
        lambda w: (
            tag(lambda w: hmac_of(w, data(w, len(w.plaintext) - 4) + w.plaintext[4:]))(w) if w.type == 22 else None
        ),
    ],
    "content-nul": [only("all", lambda w: record(w, w.plaintext + b"\0"))],
    "content-with-header": [
        only("all", lambda w: record(w, b"\x16\3\3" + struct.pack("!H", len(w.plaintext)) + w.plaintext))
    ],
    "content-with-type": [only("all", lambda w: record(w, w.plaintext + b"\x17"))],
    "content-reversed": [only("all", lambda w: record(w, w.plaintext[::-1]))],
    "header-missing": [only("all", lambda w: record(w)[5:])],
    "header-length": [only("all", lambda w: record(w)[:3] + struct.pack("!H", len(record(w))) + record(w)[5:])],
    "padding-off-by-one": [
        padded(lambda n: bytes([n]) * n + bytes([(n - 1) % 256])),
        padded(lambda n: bytes([n + 1]) * n + bytes([n])),
    ],
    "padding-value": [
        padded(lambda n: bytes([n + 2]) * (n + 1)),
        padded(lambda n: bytes(range(n + 1))),
        padded(lambda n: b"\xff" * (n + 1)),
    ],
    "padding-otherwise": [padded(lambda n: hashlib.sha256(b"random").digest()[:n] + bytes([n]))],
    "iv-not-the-one-sent": [only("cbc", other_iv)],
    "iv-reversed": [only("cbc", lambda w: cbc_with(w, w.iv[::-1], w.iv))],
    "iv-is-key": [only("cbc", lambda w: cbc_with(w, w.k("client_key")[:16], w.iv))],
    "gcm-data-with-nonce": [
        only("gcm", lambda w: framed(w, w.iv + gcm(w, aad=w.iv + data(w, len(w.plaintext))))),
        only("gcm", lambda w: framed(w, w.iv + gcm(w, aad=data(w, len(w.plaintext)) + w.iv))),
    ],
    "gcm-padded": [only("gcm", sealed_with_padding)],
    "gcm-whole-nonce-sent": [sent(lambda w: w.k("client_IV") + w.iv)],
    "gcm-salt-sent": [sent(lambda w: w.k("client_IV"))],
    "gcm-nonce-too-long-sent": [sent(lambda w: bytes(8) + w.iv)],
    "gcm-no-salt": [aead(lambda w: w.iv), aead(lambda w: w.iv + bytes(4))],
    "gcm-nonce-16-bytes": [aead(lambda w: w.k("client_IV") + w.iv + b"\0\0\0\1")],
    "gcm-salt-alone": [aead(lambda w: w.k("client_IV") * 3)],
    "gcm-salt-reversed": [
        aead(lambda w: w.k("client_IV")[::-1] + w.iv),
        aead(lambda w: (w.k("client_IV") + w.iv)[::-1]),
    ],
    "gcm-tag-cut": [only("gcm", lambda w: framed(w, w.iv + gcm(w)[:-8]))],
    "gcm-tag-zeros": [only("gcm", lambda w: framed(w, w.iv + gcm(w)[:-16] + bytes(16)))],
}
