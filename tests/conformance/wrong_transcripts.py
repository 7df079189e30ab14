"""More wrong seeds, hashes and slices, made by hand: by the name of the mistake, what somebody gets who makes it."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable

from tests.conformance.make import independent
from tests.conformance.worlds import FINISHED, OWN_CERTIFICATE, TICKET, World

Made = tuple[str, bytes] | None
Wrong = Callable[[World], Made]

CLIENTS = (1, 16, 15)


def said(w: World, messages: list[bytes]) -> Made:
    """The client's verify_data over these."""
    return "verify_data", w.finished(messages)


def heard(w: World, messages: list[bytes]) -> Made:
    """The server's verify_data over these."""
    return "server verify_data", w.p(w.ms, b"server finished", w.digest(messages), 12)


def whole(w: World) -> list[bytes]:
    """All messages before the server's Finished."""
    return [*w.m, FINISHED + w.finished(w.m), TICKET]


def the_end(w: World) -> list[bytes]:
    """All messages, as they are when no ticket is sent."""
    before = [*w.m, FINISHED + w.finished(w.m)]
    return [*before, FINISHED + w.p(w.ms, b"server finished", w.digest(before), 12)]


def plain(w: World, label: bytes, seed: bytes, length: int = 48) -> Made:
    return None if w.ems else ("master_secret", w.p(w.pms, label, seed, length))


def extended(w: World, messages: list[bytes]) -> Made:
    return ("master_secret", w.p(w.pms, b"extended master secret", w.digest(messages), 48)) if w.ems else None


def on_the_wire(w: World, cut: int) -> Made:
    """The client's Finished stays encrypted in what the server hashes; GCM's nonce is its sequence number."""
    if w.mode != "GCM":
        return None
    parts = independent.seal(w.suite, w.own, 0, 22, FINISHED + w.finished(w.m))
    record = bytes.fromhex(parts["header"] + parts["fragment"])
    return heard(w, [*w.m, record[cut:], TICKET])


def flights(w: World) -> bytes:
    """ClientHello; the server's messages; what the client says after them: hashed one by one."""
    done = [m[0] for m in w.m].index(14) + 1
    parts = [w.m[:1], w.m[1:done], w.m[done:]]
    return b"".join(w.digest(part) for part in parts)


def cut(name: str, at: Callable[[World], int], whole: Callable[[World], bytes] = lambda w: w.block) -> Wrong:
    def wrong(w: World) -> Made:
        size = {"key": w.key_size, "MAC_key": w.mac_size}[name.split("_write_")[1]]
        return (name, whole(w)[at(w) : at(w) + size]) if size else None

    return wrong


def finished(w: World, label: bytes) -> Made:
    return "verify_data", w.p(w.ms, label, w.digest(w.m), 12)


def block(w: World, label: bytes, seed: bytes) -> Made:
    return "key_block", w.p(w.ms, label, seed, w.size)


def datagrams(w: World) -> list[bytes]:
    return [m[:1] + m[1:4] + struct.pack("!H", number) + b"\0\0\0" + m[1:4] + m[4:] for number, m in enumerate(w.m)]


def carried(w: World, messages: list[bytes], at: int) -> list[bytes]:
    return [w.digest(messages[:at]), *messages[at:]]


TRANSCRIPTS: dict[str, list[Wrong]] = {
    "master-randoms-reversed": [
        lambda w: plain(w, b"master secret", w.cr[::-1] + w.sr[::-1]),
        lambda w: plain(w, b"master secret", (w.cr + w.sr)[::-1]),
    ],
    "randoms-cut-elsewhere": [
        lambda w: plain(w, b"master secret", w.m[0][4:36] + w.m[1][4:36]),
        lambda w: block(w, b"key expansion", w.m[1][7:39] + w.cr),
    ],
    "master-other-label": [lambda w: plain(w, b"key expansion", w.cr + w.sr)],
    "master-other-length": [lambda w: plain(w, b"master secret", w.cr + w.sr, 32)],
    "master-derived-twice": [
        lambda w: None if w.ems else ("master_secret", w.p(w.ms, b"master secret", w.cr + w.sr, 48))
    ],
    "extended-hash-other-length": [
        lambda w: (
            ("master_secret", w.p(w.pms, b"extended master secret", w.digest(w.to_exchange)[:20], 48))
            if w.ems
            else None
        )
    ],
    "extended-hash-too-late": [
        lambda w: extended(w, the_end(w)[:-1]),
        lambda w: extended(w, the_end(w)),
        lambda w: extended(w, w.m) if w.m != w.to_exchange else None,
    ],
    "extended-and-randoms": [
        lambda w: (
            ("master_secret", w.p(w.pms, b"extended master secret", w.digest(w.to_exchange) + w.cr + w.sr, 48))
            if w.ems
            else None
        )
    ],
    "transcript-too-long": [lambda w: said(w, the_end(w))],
    "transcript-too-short": [lambda w: said(w, w.m[:3]), lambda w: heard(w, whole(w)[:-2])],
    "transcript-starts-late": [lambda w: said(w, w.m[2:])],
    "transcript-swapped": [lambda w: said(w, [w.m[0], w.m[2], w.m[1], *w.m[3:]])],
    "transcript-own-only": [
        lambda w: said(w, [m for m in w.m if m[0] in CLIENTS or m == OWN_CERTIFICATE]),
        lambda w: heard(w, [m for m in w.m if m[0] not in CLIENTS and m != OWN_CERTIFICATE] + [TICKET]),
    ],
    "transcript-other-only": [
        lambda w: said(w, [m for m in w.m if m[0] not in CLIENTS and m != OWN_CERTIFICATE]),
    ],
    "transcript-one-certificate": [
        lambda w: said(w, [m for m in w.m if m != OWN_CERTIFICATE]) if OWN_CERTIFICATE in w.m else None,
        lambda w: heard(w, [m for m in whole(w) if m != w.m[2]]) if OWN_CERTIFICATE in w.m else None,
    ],
    "transcript-no-client-authentication": [
        lambda w: (
            said(w, [m for m in w.m if m[0] not in (13, 15) and m != OWN_CERTIFICATE])
            if OWN_CERTIFICATE in w.m
            else None
        )
    ],
    "transcript-encrypted": [lambda w: on_the_wire(w, 0), lambda w: on_the_wire(w, 5), lambda w: on_the_wire(w, 13)],
    "transcript-digest-carried-on": [
        lambda w: heard(w, carried(w, whole(w), len(w.m))),
        lambda w: said(w, carried(w, w.m, len(w.m) - 1)),
    ],
    "transcript-flights-hashed": [
        lambda w: ("verify_data", w.p(w.ms, b"client finished", hashlib.new(w.h, flights(w)).digest(), 12))
    ],
    "transcript-headers-of-datagrams": [lambda w: said(w, datagrams(w))],
    "finished-label-other": [lambda w: finished(w, b"finished client"), lambda w: finished(w, b"client finish")],
    "finished-label-of-another-value": [lambda w: finished(w, b"master secret")],
    "finished-is-the-hash": [lambda w: ("verify_data", w.digest(w.m)[:12])],
    "finished-reversed": [lambda w: ("verify_data", w.finished(w.m)[::-1])],
    "finished-seed-with-randoms": [
        lambda w: ("verify_data", w.p(w.ms, b"client finished", w.cr + w.sr + w.digest(w.m), 12))
    ],
    "block-reversed": [cut("client_write_key", lambda w: 2 * w.mac_size, lambda w: w.block[::-1])],
    "block-seed-is-hash": [lambda w: block(w, b"key expansion", w.digest(w.m))],
    "block-no-randoms": [lambda w: block(w, b"key expansion", b"")],
    "slices-from-the-end": [
        cut("client_write_key", lambda w: (8 if w.mode == "GCM" else 0) + w.key_size),
        cut("server_write_key", lambda w: 8 if w.mode == "GCM" else 0),
    ],
    "slices-all-from-the-start": [cut("server_write_key", lambda w: 0)],
    "slices-one-for-both": [cut("server_write_key", lambda w: 2 * w.mac_size)],
    "slices-off-by-one": [cut("client_write_key", lambda w: 2 * w.mac_size + 1)],
}
