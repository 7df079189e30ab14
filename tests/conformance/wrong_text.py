"""Inputs handed over as text, made by hand at every stage: by the name of the mistake, what somebody gets."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator

from tests.conformance.make.independent import aes_cbc
from tests.conformance.worlds import World
from tests.conformance.wrong_records import data, framed, gcm, hmac_of, mte, record

Text = Callable[[bytes], bytes]
#: Values by name, one for each form of text.
Wrong = Callable[[World], Iterator[tuple[str, bytes] | None]]

HEX: tuple[Text, ...] = (binascii.hexlify, lambda b: binascii.hexlify(b).upper(), lambda b: b"0x" + binascii.hexlify(b))
BASE64: tuple[Text, ...] = (base64.standard_b64encode, lambda b: binascii.b2a_base64(b), base64.urlsafe_b64encode)
STRING: tuple[Text, ...] = (
    lambda b: "".join(map(chr, b)).encode("utf-8"),
    lambda b: b.decode("utf-8", "replace").encode("utf-8"),
    lambda b: b.decode("utf-8", "ignore").encode("utf-8"),
    lambda b: str(b).encode("ascii"),
)
KINDS = {"hex-text": HEX, "base64-text": BASE64, "string": STRING}


def secret_seed(w: World) -> tuple[bytes, bytes]:
    """Label and seed of the master secret."""
    return (b"extended master secret", w.digest(w.to_exchange)) if w.ems else (b"master secret", w.cr + w.sr)


def _premaster(w: World, text: Text) -> tuple[str, bytes]:
    label, seed = secret_seed(w)
    return "master_secret", w.p(text(w.pms), label, seed, 48)


def _master_randoms(w: World, text: Text) -> tuple[str, bytes] | None:
    return None if w.ems else ("master_secret", w.p(w.pms, b"master secret", text(w.cr) + text(w.sr), 48))


def _master_for_keys(w: World, text: Text) -> tuple[str, bytes]:
    return "key_block", w.p(text(w.ms), b"key expansion", w.sr + w.cr, w.size)


def _block_randoms(w: World, text: Text) -> tuple[str, bytes]:
    return "key_block", w.p(w.ms, b"key expansion", text(w.sr + w.cr), w.size)


def _block(w: World, text: Text) -> tuple[str, bytes]:
    at = 2 * w.mac_size
    return "client_write_key", text(w.block)[at : at + w.key_size]


def _hash(w: World, text: Text) -> tuple[str, bytes]:
    return "verify_data", w.p(w.ms, b"client finished", text(w.digest(w.m)), 12)


def _messages(w: World, text: Text) -> tuple[str, bytes]:
    return "verify_data", w.p(w.ms, b"client finished", w.digest([text(m) for m in w.m]), 12)


def _finished(w: World, text: Text) -> tuple[str, bytes]:
    return "verify_data", text(w.finished(w.m))


def _seed(w: World, text: Text) -> tuple[str, bytes]:
    return "key_block", w.p(w.ms, b"", text(b"key expansion" + w.sr + w.cr), w.size)


def _inputs(w: World, text: Text) -> tuple[str, bytes]:
    return "key_block", w.p(text(w.ms), b"key expansion", text(w.sr + w.cr), w.size)


def _hmacs(w: World, text: Text) -> tuple[str, bytes]:
    seed, out = b"client finished" + w.digest(w.m), b""
    a = text(w.mac(w.ms, seed))
    out = text(w.mac(w.ms, a + seed))
    return "verify_data", out[:12]


def _label(w: World, text: Text) -> tuple[str, bytes]:
    return "verify_data", w.p(w.ms, text(b"client finished"), w.digest(w.m), 12)


def _key(w: World, text: Text) -> tuple[str, bytes]:
    key = text(w.k("client_key"))
    return "record", record(w, key=key if len(key) in (16, 24, 32) else key[: w.key_size])


def _iv(w: World, text: Text) -> tuple[str, bytes]:
    if w.mode == "GCM":
        return "record", framed(w, w.iv + gcm(w, nonce=w.k("client_IV") + text(w.iv)))
    inner = w.plaintext if w.etm else w.plaintext + hmac_of(w, data(w, len(w.plaintext)) + w.plaintext)
    count = 15 - len(inner) % 16
    sealed = w.iv + aes_cbc(w.k("client_key"), text(w.iv)[:16], inner + bytes([count]) * (count + 1), encrypt=True)
    return "record", framed(w, sealed + (hmac_of(w, data(w, len(sealed)) + sealed) if w.etm else b""))


def _content(w: World, text: Text) -> tuple[str, bytes]:
    return "record", record(w, text(w.plaintext))


def _data(w: World, text: Text) -> tuple[str, bytes] | None:
    if w.mode == "GCM":
        return "record", framed(w, w.iv + gcm(w, aad=text(data(w, len(w.plaintext)))))
    return None if w.etm else ("mac", hmac_of(w, text(data(w, len(w.plaintext))) + w.plaintext))


def _mac_key(w: World, text: Text) -> tuple[str, bytes] | None:
    if w.mode == "GCM" or w.etm:
        return None
    return "mac", hmac_of(w, data(w, len(w.plaintext)) + w.plaintext, text(w.k("client_MAC_key")))


def _mac_input(w: World, text: Text) -> tuple[str, bytes] | None:
    if w.mode == "GCM" or w.etm:
        return None
    return "mac", hmac_of(w, text(data(w, len(w.plaintext)) + w.plaintext))


def _mac(w: World, text: Text) -> tuple[str, bytes] | None:
    if w.mode == "GCM" or w.etm:
        return None
    return "record", framed(w, mte(w, tag=text(hmac_of(w, data(w, len(w.plaintext)) + w.plaintext))))


def _salt(w: World, text: Text) -> tuple[str, bytes] | None:
    return ("record", framed(w, w.iv + gcm(w, nonce=text(w.k("client_IV")) + w.iv))) if w.mode == "GCM" else None


def _value(w: World, text: Text) -> tuple[str, bytes]:
    return "master_secret", text(w.ms)


#: What is handed over, and how the names of its mistakes begin; the kinds that there are of it.
STAGES: dict[str, tuple[Callable[[World, Text], tuple[str, bytes] | None], tuple[str, ...]]] = {
    "premaster": (_premaster, tuple(KINDS)),
    "master-randoms": (_master_randoms, tuple(KINDS)),
    "master": (_master_for_keys, tuple(KINDS)),
    "block-randoms": (_block_randoms, tuple(KINDS)),
    "block": (_block, tuple(KINDS)),
    "transcript": (_hash, tuple(KINDS)),
    "transcript-messages": (_messages, tuple(KINDS)),
    "finished": (_finished, ("string",)),
    "prf-seed": (_seed, ("hex-text", "base64-text")),
    "prf-inputs": (_inputs, ("hex-text", "base64-text")),
    "prf-blocks": (_hmacs, ("hex-text", "base64-text")),
    "label": (_label, ("hex-text", "base64-text")),
    "key": (_key, ("hex-text", "base64-text")),
    "iv": (_iv, ("hex-text", "base64-text")),
    "content": (_content, tuple(KINDS)),
    "data": (_data, ("hex-text", "base64-text")),
    "mac-key": (_mac_key, tuple(KINDS)),
    "mac-input": (_mac_input, tuple(KINDS)),
    "mac": (_mac, tuple(KINDS)),
    "gcm-salt": (_salt, ("hex-text", "base64-text")),
    "value": (_value, ("hex-text", "base64-text")),
}


def _all(make: Callable[[World, Text], tuple[str, bytes] | None], kind: str) -> Wrong:
    return lambda w: (make(w, text) for text in KINDS[kind])


TEXTS: dict[str, Wrong] = {
    f"{stage}-{kind}": _all(make, kind) for stage, (make, kinds) in STAGES.items() for kind in kinds
}
#: As many characters as there should be bytes: hexdigest()[:12].
TEXTS["finished-hex-text"] = lambda w: (("verify_data", text(w.finished(w.m))[:12]) for text in HEX)
TEXTS["finished-base64-text"] = lambda w: (("verify_data", text(w.finished(w.m))[:12]) for text in BASE64)
