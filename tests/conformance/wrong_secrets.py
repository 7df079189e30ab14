"""Wrong secrets and wrong Finished, made by hand: by the name of the mistake, what somebody gets who makes it.

Each entry takes a World and gives the name of a value and its bytes, or None where the mistake cannot be made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from tests.conformance.worlds import FINISHED, OWN_CERTIFICATE, REQUEST, TICKET, VERIFY, World

Wrong = Callable[[World], tuple[str, bytes] | None]


def _chain(
    w: World, a0: bytes, content: Callable[[bytes], bytes], step: Callable[[bytes], bytes] | None = None, start: int = 1
) -> tuple[str, bytes]:
    """The key block by a P_hash that somebody has got wrong: its A(0), its blocks, its steps, or its first index."""
    a, out = a0, b""
    for index in range(1, 40):
        a = step(a) if step else w.mac(w.ms, a)
        if index >= start:
            out += w.mac(w.ms, content(a))
    return "key_block", out[: w.size]


def _seed(w: World) -> bytes:
    return b"key expansion" + w.sr + w.cr


def _starts_at_a0(w: World) -> tuple[str, bytes]:
    seed = _seed(w)
    a, out = seed, b""
    while len(out) < w.size:
        out += w.mac(w.ms, a + seed)
        a = w.mac(w.ms, a)
    return "key_block", out[: w.size]


def _never_advances(w: World) -> tuple[str, bytes]:
    block = w.mac(w.ms, w.mac(w.ms, _seed(w)) + _seed(w))
    return "key_block", (block * 9)[: w.size]


def _output_as_a(w: World) -> tuple[str, bytes]:
    a, out = w.mac(w.ms, _seed(w)), b""
    while len(out) < w.size:
        a = w.mac(w.ms, a + _seed(w))
        out += a
    return "key_block", out[: w.size]


def _hkdf(w: World) -> tuple[str, bytes]:
    block, out, n = b"", b"", 1
    while len(out) < w.size:
        block = w.mac(w.ms, block + _seed(w) + bytes([n]))
        out, n = out + block, n + 1
    return "key_block", out[: w.size]


def _reversed(w: World) -> tuple[str, bytes]:
    size = hashlib.new(w.h).digest_size
    whole = w.p(w.ms, b"key expansion", w.sr + w.cr, -(-w.size // size) * size)
    return "key_block", b"".join(whole[at : at + size] for at in range(len(whole) - size, -1, -size))[: w.size]


def _whole_blocks(w: World, label: bytes, seed: bytes) -> bytes:
    size = hashlib.new(w.h).digest_size
    return w.p(w.pms, label, seed, -(-48 // size) * size)


def _tls10(w: World) -> tuple[str, bytes]:
    half = len(w.ms) // 2
    md5 = w.p(w.ms[:half], b"client finished", w.digest(w.m), 12, "md5")
    sha = w.p(w.ms[half:], b"client finished", w.digest(w.m), 12, "sha1")
    return "verify_data", bytes(a ^ b for a, b in zip(md5, sha, strict=True))


def _label(make: Callable[[bytes], bytes]) -> Wrong:
    return lambda w: ("key_block", w.p(w.ms, make(b"key expansion"), w.sr + w.cr, w.size))


def _pms(make: Callable[[World], bytes]) -> Wrong:
    """A master secret from another pre-master secret."""

    def wrong(w: World) -> tuple[str, bytes]:
        label = b"extended master secret" if w.ems else b"master secret"
        seed = w.digest(w.to_exchange) if w.ems else w.cr + w.sr
        return "master_secret", w.p(make(w), label, seed, 48)

    return wrong


def _plain(seed: Callable[[World], bytes]) -> Wrong:
    """The plain master secret from another seed."""
    return lambda w: None if w.ems else ("master_secret", w.p(w.pms, b"master secret", seed(w), 48))


def _session(seed: Callable[[World], bytes], label: bytes = b"extended master secret") -> Wrong:
    return lambda w: ("master_secret", w.p(w.pms, label, seed(w), 48)) if w.ems else None


def _said(pieces: Callable[[World], list[bytes]]) -> Wrong:
    """verify_data over something else than the messages."""
    return lambda w: ("verify_data", w.finished(pieces(w)))


def _without(kind: int) -> Wrong:
    return _said(lambda w: [message for message in w.m if message[0] != kind])


def _hashed(make: Callable[[World], bytes]) -> Wrong:
    """verify_data over another hash."""
    return lambda w: ("verify_data", w.p(w.ms, b"client finished", make(w), 12))


def _server(pieces: Callable[[list[bytes]], list[bytes]]) -> Wrong:
    """The server's verify_data, with the client's Finished (and a ticket) before it."""

    def wrong(w: World) -> tuple[str, bytes]:
        messages = pieces([*w.m, FINISHED + w.finished(w.m), TICKET])
        return "server verify_data", w.p(w.ms, b"server finished", w.digest(messages), 12)

    return wrong


def _records(w: World) -> list[bytes]:
    return [b"\x16\x03" + (b"\x01" if n == 0 else b"\x03") + len(p).to_bytes(2, "big") + p for n, p in enumerate(w.m)]


def _block(make: Callable[[World], bytes]) -> Wrong:
    return lambda w: ("key_block", make(w))


def _cut(name: str, at: Callable[[World], int]) -> Wrong:
    """A slice cut from another place of the key block."""

    def wrong(w: World) -> tuple[str, bytes] | None:
        size = {"key": w.key_size, "MAC_key": w.mac_size, "IV": 4 if w.mode == "GCM" else 0}[name.split("_write_")[1]]
        return (name, _longer(w)[at(w) : at(w) + size]) if size else None

    return wrong


def _longer(w: World) -> bytes:
    """More of the key block than the suite needs."""
    return w.p(w.ms, b"key expansion", w.sr + w.cr, 400)


def _other_key(w: World) -> int:
    """The key length of the other AES."""
    return 48 - w.key_size


SECRETS: dict[str, Wrong] = {
    "premaster-no-version": _pms(lambda w: w.pms[2:]),
    "premaster-other-version": _pms(lambda w: b"\3\1" + w.pms[2:]),
    "premaster-little-endian": _pms(lambda w: w.pms[::-1]),
    "premaster-length-prefix": _pms(lambda w: b"\0\x30" + w.pms),
    "premaster-hex-text": _pms(lambda w: w.pms.hex().encode()),
    "premaster-zeros": _pms(lambda w: bytes(48)),
    "premaster-separator": _pms(lambda w: b"\0" + w.pms),
    "premaster-encrypted": _pms(lambda w: w.to_exchange[-1][6:]),
    "premaster-c-string": _pms(lambda w: w.pms[: w.pms.find(b"\0")] if b"\0" in w.pms else w.pms),
    "prf-sha256": lambda w: ("key_block", w.p(w.ms, b"key expansion", w.sr + w.cr, w.size, "sha256")),
    "prf-sha384": lambda w: ("key_block", w.p(w.ms, b"key expansion", w.sr + w.cr, w.size, "sha384")),
    "prf-sha1": lambda w: ("verify_data", w.p(w.ms, b"client finished", w.digest(w.m), 12, "sha1")),
    "prf-sha512": lambda w: ("verify_data", w.p(w.ms, b"client finished", w.digest(w.m), 12, "sha512")),
    "prf-md5": lambda w: ("verify_data", w.p(w.ms, b"client finished", w.digest(w.m), 12, "md5")),
    "prf-tls10": _tls10,
    "prf-starts-at-a0": _starts_at_a0,
    "prf-starts-at-a2": lambda w: _chain(w, _seed(w), lambda a: a + _seed(w), start=2),
    "prf-a-never-advances": _never_advances,
    "prf-a-with-seed": lambda w: _chain(w, _seed(w), lambda a: a + _seed(w), lambda a: w.mac(w.ms, a + _seed(w))),
    "prf-a-by-hash": lambda w: _chain(w, _seed(w), lambda a: a + _seed(w), lambda a: hashlib.new(w.h, a).digest()),
    "prf-output-as-a": _output_as_a,
    "prf-p-without-seed": lambda w: _chain(w, _seed(w), lambda a: a),
    "prf-p-without-label": lambda w: _chain(w, _seed(w), lambda a: a + w.sr + w.cr),
    "prf-p-seed-first": lambda w: _chain(w, _seed(w), lambda a: _seed(w) + a),
    "prf-a0-without-label": lambda w: _chain(w, w.sr + w.cr, lambda a: a + _seed(w)),
    "prf-no-label": _block(lambda w: w.p(w.ms, b"", w.sr + w.cr, w.size)),
    "prf-label-last": _block(lambda w: w.p(w.ms, b"", w.sr + w.cr + b"key expansion", w.size)),
    "prf-label-prefixed": _label(lambda label: bytes([len(label)]) + label),
    "prf-hkdf": _hkdf,
    "prf-one-hmac": lambda w: ("verify_data", w.mac(w.ms, b"client finished" + w.digest(w.m))[:12]),
    "prf-hash": lambda w: ("verify_data", hashlib.new(w.h, w.ms + b"client finished" + w.digest(w.m)).digest()[:12]),
    "prf-arguments-swapped": _block(lambda w: w.p(_seed(w), b"", w.ms, w.size)),
    "prf-half-the-secret": _block(lambda w: w.p(w.ms[:24], b"key expansion", w.sr + w.cr, w.size)),
    "prf-blocks-reversed": _reversed,
    "prf-last-bytes": lambda w: (
        None if w.ems else ("master_secret", _whole_blocks(w, b"master secret", w.cr + w.sr)[-48:])
    ),
    "prf-not-truncated": lambda w: (
        None if w.ems else ("master_secret", _whole_blocks(w, b"master secret", w.cr + w.sr))
    ),
    "label-nul": _label(lambda label: label + b"\0"),
    "label-case": _label(lambda label: b"KEY EXPANSION"),
    "label-space": _label(lambda label: b"key_expansion"),
    "label-misspelt": lambda w: ("verify_data", w.p(w.ms, b"client finish", w.digest(w.m), 12)),
    "label-quoted": _label(lambda label: b'"key expansion"'),
    "label-utf16": _label(lambda label: b"k\0e\0y\0 \0e\0x\0p\0a\0n\0s\0i\0o\0n\0"),
    "label-tls13": _label(lambda label: b"tls13 key expansion"),
    "master-randoms-swapped": _plain(lambda w: w.sr + w.cr),
    "master-client-random-twice": _plain(lambda w: w.cr + w.cr),
    "master-server-random-twice": _plain(lambda w: w.sr + w.sr),
    "master-client-random-only": _plain(lambda w: w.cr),
    "master-server-random-only": _plain(lambda w: w.sr),
    "master-randoms-28": _plain(lambda w: w.cr[4:] + w.sr[4:]),
    "master-randoms-time-only-once": _plain(lambda w: w.cr + w.sr[4:]),
    "master-randoms-hex-text": _plain(lambda w: (w.cr.hex() + w.sr.hex()).encode()),
    "master-no-randoms": _plain(lambda w: b""),
    "master-is-premaster": lambda w: ("master_secret", w.pms),
    "extended-not-agreed": lambda w: (
        None if w.ems else ("master_secret", w.p(w.pms, b"extended master secret", w.digest(w.to_exchange), 48))
    ),
    "extended-missing": _session(lambda w: w.cr + w.sr, b"master secret"),
    "extended-label-with-randoms": _session(lambda w: w.cr + w.sr),
    "extended-hash-with-plain-label": _session(lambda w: w.digest(w.to_exchange), b"master secret"),
    "extended-without-key-exchange": _session(lambda w: w.digest(w.to_exchange[:-1])),
    "extended-hash-too-late": _session(lambda w: w.digest([*w.m, FINISHED + w.finished(w.m)])),
    "extended-hash-of-hellos": _session(lambda w: w.digest(w.m[:2])),
    "extended-and-randoms": _session(lambda w: w.cr + w.sr + w.digest(w.to_exchange)),
    "extended-without-certificate": _session(lambda w: w.digest([m for m in w.to_exchange if m[0] != 11])),
    "transcript-no-client-hello": _without(1),
    "transcript-no-server-hello": _without(2),
    "transcript-no-certificate": _without(11),
    "transcript-no-certificate-request": lambda w: _without(13)(w) if REQUEST in w.m else None,
    "transcript-no-hello-done": _without(14),
    "transcript-no-key-exchange": _without(16),
    "transcript-no-certificate-verify": lambda w: _without(15)(w) if VERIFY in w.m else None,
    "transcript-no-ticket": _server(lambda m: [x for x in m if x[0] != 4]),
    "transcript-no-other-finished": _server(lambda m: [x for x in m if x[0] != 20]),
    "transcript-other-finished-bare": _server(lambda m: [x[4:] if x[0] == 20 else x for x in m]),
    "transcript-no-ticket-no-finished": _server(lambda m: [x for x in m if x[0] not in (4, 20)]),
    "transcript-last-missing": _said(lambda w: w.m[:-1]),
    "transcript-hello-request": _said(lambda w: [bytes(4), *w.m]),
    "transcript-change-cipher-spec": _said(lambda w: [*w.m, b"\1"]),
    "transcript-own-finished": _said(lambda w: [*w.m, FINISHED + w.finished(w.m)]),
    "transcript-twice": _said(lambda w: [w.m[0], *w.m]),
    "transcript-by-sender": _said(
        lambda w: (
            [m for m in w.m if m[0] in (1, 15, 16) or m == OWN_CERTIFICATE]
            + [m for m in w.m if m[0] not in (1, 15, 16) and m != OWN_CERTIFICATE]
        )
    ),
    "transcript-record-headers": _said(_records),
    "transcript-no-headers": _said(lambda w: [m[4:] for m in w.m]),
    "transcript-headers-type-only": _said(lambda w: [m[:1] + m[4:] for m in w.m]),
    "transcript-headers-length-only": _said(lambda w: [m[1:] for m in w.m]),
    "transcript-headers-zero-length": _said(lambda w: [m[:1] + b"\0\0\0" + m[4:] for m in w.m]),
    "transcript-headers-short": _said(lambda w: [m[:1] + m[2:] for m in w.m]),
    "transcript-headers-swapped": _said(lambda w: [m[:1] + bytes(reversed(m[1:4])) + m[4:] for m in w.m]),
    "transcript-hash-of-hash": _hashed(lambda w: hashlib.new(w.h, w.digest(w.m)).digest()),
    "transcript-hash-of-hashes": _hashed(lambda w: w.digest([w.digest([m]) for m in w.m])),
    "transcript-last-hash": _hashed(lambda w: w.digest([w.m[-1]])),
    "transcript-hex-text": _hashed(lambda w: w.digest(w.m).hex().encode()),
    "transcript-messages-hex-text": _hashed(lambda w: w.digest([m.hex().encode() for m in w.m])),
    "transcript-not-hashed": _hashed(lambda w: b"".join(w.m)),
    "transcript-md5-sha1": _hashed(lambda w: w.digest(w.m, "md5") + w.digest(w.m, "sha1")),
    "transcript-empty": _hashed(lambda w: w.digest([])),
    "transcript-sha256": _hashed(lambda w: w.digest(w.m, "sha256")),
    "transcript-sha384": _hashed(lambda w: w.digest(w.m, "sha384")),
    "transcript-sha1": _hashed(lambda w: w.digest(w.m, "sha1")),
    "transcript-sha512": _hashed(lambda w: w.digest(w.m, "sha512")),
    "finished-label-of-the-other": lambda w: ("verify_data", w.p(w.ms, b"server finished", w.digest(w.m), 12)),
    "finished-of-the-other": lambda w: (
        "verify_data",
        w.p(w.ms, b"server finished", w.digest([*w.m, FINISHED + w.finished(w.m)]), 12),
    ),
    "finished-label-bare": lambda w: ("verify_data", w.p(w.ms, b"finished", w.digest(w.m), 12)),
    "finished-label-ssl3": lambda w: ("verify_data", w.p(w.ms, b"CLNT", w.digest(w.m), 12)),
    "finished-long": lambda w: ("verify_data", w.p(w.ms, b"client finished", w.digest(w.m), 36)),
    "finished-short": lambda w: ("verify_data", w.finished(w.m)[:10]),
    "finished-from-premaster": lambda w: ("verify_data", w.p(w.pms, b"client finished", w.digest(w.m), 12)),
    "finished-with-header": lambda w: ("verify_data", FINISHED + w.finished(w.m)),
    "block-randoms-not-swapped": _block(lambda w: w.p(w.ms, b"key expansion", w.cr + w.sr, w.size)),
    "block-client-random-only": _block(lambda w: w.p(w.ms, b"key expansion", w.cr, w.size)),
    "block-server-random-only": _block(lambda w: w.p(w.ms, b"key expansion", w.sr, w.size)),
    "block-server-random-twice": _block(lambda w: w.p(w.ms, b"key expansion", w.sr + w.sr, w.size)),
    "block-label-of-master": _label(lambda label: b"master secret"),
    "block-other-label": _label(lambda label: b"key block"),
    "block-from-premaster": _block(lambda w: w.p(w.pms, b"key expansion", w.sr + w.cr, w.size)),
    "block-is-master": lambda w: ("client_write_key", w.ms[:16]) if w.mode == "GCM" and w.key_size == 16 else None,
    "slices-sides-swapped": lambda w: ("client_write_key", w.k("server_key")),
    "slices-keys-swapped": lambda w: ("server_write_key", w.k("client_key")),
    "slices-mac-keys-swapped": lambda w: ("client_write_MAC_key", w.k("server_MAC_key")) if w.mac_size else None,
    "slices-ivs-swapped": lambda w: ("client_write_IV", w.k("server_IV")) if w.mode == "GCM" else None,
    "slices-ivs-first": _cut("client_write_key", lambda w: 2 * w.mac_size + (8 if w.mode == "GCM" else 32)),
    "slices-mac-keys-last": lambda w: _cut("client_write_key", lambda w: 0)(w) if w.mac_size else None,
    "slices-side-by-side": _cut(
        "server_write_key", lambda w: 2 * w.mac_size + w.key_size + (4 if w.mode == "GCM" else 0)
    ),
    "slices-ivs-between": lambda w: (
        _cut("client_write_key", lambda w: 2 * w.mac_size + 32)(w) if w.mode == "CBC" else None
    ),
    "slices-mac-key-length": _cut("client_write_key", lambda w: 32 if w.mac_size == 20 else 40),
    "slices-key-length": lambda w: ("server_write_key", _longer(w)[2 * w.mac_size + _other_key(w) :][: _other_key(w)]),
    "slices-iv-length": lambda w: (
        ("server_write_IV", _longer(w)[2 * w.key_size + 12 :][:12]) if w.mode == "GCM" else None
    ),
    "slices-too-late": _cut("client_write_key", lambda w: 2 * w.mac_size + w.key_size),
    "slices-one-key-off": _cut("server_write_key", lambda w: 2 * w.mac_size + 2 * w.key_size),
}
