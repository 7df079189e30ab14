"""Wrong MACs and wrong records, made by hand: by the name of the mistake, what somebody gets who makes it."""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.conformance.make.independent import aes_cbc
from tests.conformance.worlds import World

Wrong = Callable[[World], tuple[str, bytes] | None]


def data(
    w: World, length: int, sequence: int | None = None, kind: int | None = None, version: bytes = b"\3\3"
) -> bytes:
    number = struct.pack("!Q", w.sequence if sequence is None else sequence)
    return number + bytes([w.type if kind is None else kind]) + version + struct.pack("!H", length)


def framed(
    w: World, fragment: bytes, version: bytes = b"\3\3", kind: int | None = None, length: int | None = None
) -> bytes:
    size = len(fragment) if length is None else length
    return bytes([w.type if kind is None else kind]) + version + struct.pack("!H", size) + fragment


def hmac_of(w: World, covered: bytes, key: bytes | None = None, hash_name: str = "") -> bytes:
    return hmac.new(w.k("client_MAC_key") if key is None else key, covered, hash_name or w.mac_hash).digest()


def padding(length: int) -> bytes:
    count = 15 - length % 16
    return bytes([count]) * (count + 1)


def mte(
    w: World,
    plaintext: bytes | None = None,
    tag: bytes | None = None,
    pad: Callable[[int], bytes] = padding,
    key: bytes | None = None,
) -> bytes:
    """A fragment, MAC-then-encrypt."""
    text = w.plaintext if plaintext is None else plaintext
    inner = text + (hmac_of(w, data(w, len(text)) + text) if tag is None else tag)
    return w.iv + aes_cbc(key or w.k("client_key"), w.iv, inner + pad(len(inner)), encrypt=True)


def etm(
    w: World,
    covered: Callable[[bytes], bytes] | None = None,
    pad: Callable[[int], bytes] = padding,
    plaintext: bytes | None = None,
    key: bytes | None = None,
) -> bytes:
    """A fragment, encrypt-then-MAC; `covered` makes what the MAC covers out of IV and ciphertext."""
    text = w.plaintext if plaintext is None else plaintext
    sealed = w.iv + aes_cbc(key or w.k("client_key"), w.iv, text + pad(len(text)), encrypt=True)
    return sealed + hmac_of(w, covered(sealed) if covered else data(w, len(sealed)) + sealed)


def gcm(
    w: World,
    aad: bytes | None = None,
    nonce: bytes | None = None,
    key: bytes | None = None,
    plaintext: bytes | None = None,
) -> bytes:
    """What AES-GCM makes: ciphertext and tag, without the explicit nonce."""
    text = w.plaintext if plaintext is None else plaintext
    full = w.k("client_IV") + w.iv if nonce is None else nonce
    return AESGCM(key or w.k("client_key")).encrypt(full, text, data(w, len(text)) if aad is None else aad)


def record(w: World, plaintext: bytes | None = None, key: bytes | None = None) -> bytes:
    """A right record, but for the plaintext or the key."""
    if w.mode == "GCM":
        return framed(w, w.iv + gcm(w, plaintext=plaintext, key=key))
    return framed(w, etm(w, plaintext=plaintext, key=key) if w.etm else mte(w, plaintext, key=key))


def covering(make: Callable[[World, int], bytes]) -> Wrong:
    """Another seq_num + type + version + length; `make` gets the length that belongs there."""

    def wrong(w: World) -> tuple[str, bytes]:
        if w.mode == "GCM":
            return "record", framed(w, w.iv + gcm(w, aad=make(w, len(w.plaintext))))
        if w.etm:
            return "record", framed(w, etm(w, lambda sealed: make(w, len(sealed)) + sealed))
        return "mac", hmac_of(w, make(w, len(w.plaintext)) + w.plaintext)

    return wrong


def long_length(w: World) -> tuple[str, bytes] | None:
    if w.mode == "GCM":
        return "record", framed(w, w.iv + gcm(w, aad=data(w, len(w.plaintext) + 16)))
    whole = len(w.plaintext) + w.mac_size
    size = whole + len(padding(whole)) + 16
    return None if w.etm else ("mac", hmac_of(w, data(w, size) + w.plaintext))


def only(family: str, make: Callable[[World], bytes], name: str = "record") -> Wrong:
    """For worlds of one family: "mte", "etm", "cbc" or "gcm"."""

    def fits(w: World) -> bool:
        own = "gcm" if w.mode == "GCM" else "etm" if w.etm else "mte"
        return family in (own, "all") or (family == "cbc" and own != "gcm")

    return lambda w: (name, make(w)) if fits(w) else None


def padded(pad: Callable[[int], bytes]) -> Wrong:
    return only("cbc", lambda w: framed(w, etm(w, pad=pad) if w.etm else mte(w, pad=pad)))


def cbc_with(w: World, iv: bytes, sent: bytes, after: bytes = b"") -> bytes:
    """A CBC record encrypted with one IV while another (or none) is sent."""
    inner = w.plaintext if w.etm else w.plaintext + hmac_of(w, data(w, len(w.plaintext)) + w.plaintext)
    sealed = sent + aes_cbc(w.k("client_key"), iv, inner + padding(len(inner)), encrypt=True) + after
    return framed(w, sealed + (hmac_of(w, data(w, len(sealed)) + sealed) if w.etm else b""))


def tls10_iv(w: World) -> bytes:
    longer = w.p(w.ms, b"key expansion", w.sr + w.cr, w.size + 32)
    return longer[w.size : w.size + 16]


def ssl3(w: World) -> bytes:
    key, count = w.k("client_MAC_key"), 40
    content = struct.pack("!QBH", w.sequence, w.type, len(w.plaintext)) + w.plaintext
    inner = hashlib.new(w.mac_hash, key + b"\x36" * count + content).digest()
    return hashlib.new(w.mac_hash, key + b"\x5c" * count + inner).digest()


def pad_first(w: World) -> bytes:
    whole = w.plaintext + padding(len(w.plaintext) + w.mac_size) + hmac_of(w, data(w, len(w.plaintext)) + w.plaintext)
    return framed(w, w.iv + aes_cbc(w.k("client_key"), w.iv, whole, encrypt=True))


def outside(w: World) -> bytes:
    sealed = aes_cbc(w.k("client_key"), w.iv, w.plaintext + padding(len(w.plaintext)), encrypt=True)
    return framed(w, w.iv + sealed + hmac_of(w, data(w, len(w.plaintext)) + w.plaintext))


def no_mac(w: World) -> bytes:
    return framed(w, w.iv + aes_cbc(w.k("client_key"), w.iv, w.plaintext + padding(len(w.plaintext)), encrypt=True))


def ecb(w: World) -> bytes:
    inner = w.plaintext if w.etm else w.plaintext + hmac_of(w, data(w, len(w.plaintext)) + w.plaintext)
    cipher = Cipher(algorithms.AES(w.k("client_key")), modes.ECB()).encryptor()
    sealed = w.iv + cipher.update(inner + padding(len(inner)))
    return framed(w, sealed + (hmac_of(w, data(w, len(sealed)) + sealed) if w.etm else b""))


def no_padding_when_aligned(w: World) -> tuple[str, bytes] | None:
    size = len(w.plaintext) + (0 if w.etm else w.mac_size)
    if w.mode == "GCM" or size % 16:
        return None
    return "record", framed(w, etm(w, pad=lambda n: b"") if w.etm else mte(w, pad=lambda n: b""))


def behind(w: World) -> tuple[str, bytes] | None:
    return covering(lambda w, n: data(w, n, w.sequence - 1))(w) if w.sequence else None


def stuck(w: World) -> tuple[str, bytes] | None:
    return covering(lambda w, n: data(w, n, 0))(w) if w.sequence else None


def little_endian(w: World) -> tuple[str, bytes] | None:
    return covering(lambda w, n: struct.pack("<Q", w.sequence) + data(w, n)[8:])(w) if w.sequence else None


def other_mac(w: World) -> bytes:
    return hmac_of(w, data(w, len(w.plaintext)) + w.plaintext, hash_name="sha1" if w.mac_size == 32 else "sha256")


def xor_nonce(w: World) -> bytes:
    """The nonce of TLS 1.3: 12 bytes of the key block, of which 4 are all there would be, XOR the sequence number."""
    iv = w.p(w.ms, b"key expansion", w.sr + w.cr, 2 * w.key_size + 24)[2 * w.key_size :][:12]
    return bytes(a ^ b for a, b in zip(iv, bytes(4) + w.iv, strict=True))


def sent_differs(w: World, nonce: bytes) -> bytes:
    """A GCM record that sends an explicit part of its own, while the nonce is another."""
    return framed(w, w.iv + gcm(w, nonce=nonce))


RECORDS: dict[str, Wrong] = {
    "sequence-starts-at-1": covering(lambda w, n: data(w, n, w.sequence + 1)),
    "sequence-not-reset": covering(lambda w, n: data(w, n, w.sequence + 3)),
    "sequence-shared": covering(lambda w, n: data(w, n, w.sequence + 11)),
    "sequence-behind": behind,
    "sequence-stuck": stuck,
    "sequence-4-bytes": covering(lambda w, n: data(w, n)[4:]),
    "sequence-short": covering(lambda w, n: data(w, n)[7:]),
    "sequence-little-endian": little_endian,
    "sequence-missing": covering(lambda w, n: data(w, n)[8:]),
    "data-type-wrong": covering(lambda w, n: data(w, n, kind=20)),
    "data-type-missing": covering(lambda w, n: data(w, n)[:8] + data(w, n)[9:]),
    "data-version-wrong": covering(lambda w, n: data(w, n, version=b"\3\1")),
    "data-version-missing": covering(lambda w, n: data(w, n)[:9] + data(w, n)[11:]),
    "data-length-of-ciphertext": long_length,
    "data-length-missing": covering(lambda w, n: data(w, n)[:11]),
    "data-length-little-endian": covering(lambda w, n: data(w, n)[:11] + struct.pack("<H", n)),
    "data-length-size": covering(lambda w, n: data(w, n)[:11] + struct.pack("!I", n)),
    "data-order": covering(lambda w, n: data(w, n)[8:] + data(w, n)[:8]),
    "key-of-the-other": only("all", lambda w: record(w, key=w.k("server_key"))),
    "header-version": only("all", lambda w: record(w)[:1] + b"\3\1" + record(w)[3:]),
    "header-type": only("all", lambda w: b"\x15" + record(w)[1:]),
    "header-length": only("all", lambda w: record(w)[:3] + struct.pack("!H", len(w.plaintext)) + record(w)[5:]),
    "handshake-length": lambda w: ("record", record(w, b"\x14\0\0\x10" + w.plaintext[4:])) if w.type == 22 else None,
    "handshake-no-header": lambda w: ("record", record(w, w.plaintext[4:])) if w.type == 22 else None,
    "newline": only("all", lambda w: record(w, w.plaintext + b"\n")),
    "mac-key-of-the-other": only(
        "mte", lambda w: hmac_of(w, data(w, len(w.plaintext)) + w.plaintext, w.k("server_MAC_key")), "mac"
    ),
    "mac-with-encryption-key": only(
        "mte", lambda w: hmac_of(w, data(w, len(w.plaintext)) + w.plaintext, w.k("client_key")), "mac"
    ),
    "mac-hash": only("mte", other_mac, "mac"),
    "mac-truncated": only("mte", lambda w: hmac_of(w, data(w, len(w.plaintext)) + w.plaintext)[:10], "mac"),
    "mac-content-only": only("mte", lambda w: hmac_of(w, w.plaintext), "mac"),
    "mac-content-first": only("mte", lambda w: hmac_of(w, w.plaintext + data(w, len(w.plaintext))), "mac"),
    "mac-no-hmac": only(
        "mte",
        lambda w: hashlib.new(w.mac_hash, w.k("client_MAC_key") + data(w, len(w.plaintext)) + w.plaintext).digest(),
        "mac",
    ),
    "mac-ssl3": only("mte", ssl3, "mac"),
    "mac-over-ciphertext": only("mte", lambda w: framed(w, etm(w))),
    "mac-over-plaintext": only("etm", lambda w: framed(w, mte(w))),
    "mac-over-padding": only(
        "mte", lambda w: hmac_of(w, data(w, len(w.plaintext)) + w.plaintext + padding(len(w.plaintext))), "mac"
    ),
    "mac-over-iv": only("mte", lambda w: hmac_of(w, data(w, len(w.plaintext)) + w.iv + w.plaintext), "mac"),
    "etm-without-iv": only("etm", lambda w: framed(w, etm(w, lambda sealed: data(w, len(sealed) - 16) + sealed[16:]))),
    "etm-length": only("etm", lambda w: framed(w, etm(w, lambda sealed: data(w, len(w.plaintext)) + sealed))),
    "etm-over-plaintext": only(
        "etm", lambda w: framed(w, etm(w, lambda sealed: data(w, len(w.plaintext)) + w.plaintext))
    ),
    "padding-off-by-one": padded(lambda n: padding(n)[:-1] + bytes([padding(n)[0] + 1])),
    "padding-pkcs7": padded(lambda n: bytes([len(padding(n))]) * len(padding(n))),
    "padding-zeros": padded(lambda n: bytes(len(padding(n)) - 1) + padding(n)[:1]),
    "padding-all-zeros": padded(lambda n: bytes(len(padding(n)))),
    "padding-missing": no_padding_when_aligned,
    "padding-before-mac": only("mte", pad_first),
    "mac-first": only(
        "mte", lambda w: framed(w, mte(w, hmac_of(w, data(w, len(w.plaintext)) + w.plaintext) + w.plaintext, b""))
    ),
    "mac-missing": only("cbc", no_mac),
    "mac-outside": only("mte", outside),
    "iv-not-sent": only("cbc", lambda w: cbc_with(w, b"sixteen unknowns", b"")),
    "iv-from-key-block": only("cbc", lambda w: cbc_with(w, tls10_iv(w), b"")),
    "iv-zeros": only("cbc", lambda w: cbc_with(w, bytes(16), w.iv)),
    "iv-chained": only("cbc", lambda w: cbc_with(w, bytes(range(16, 32)), b"")),
    "iv-at-the-end": only("mte", lambda w: cbc_with(w, w.iv, b"", w.iv)),
    "ecb": only("cbc", ecb),
    "gcm-no-data": only("gcm", lambda w: framed(w, w.iv + gcm(w, aad=b""))),
    "gcm-nonce-not-sent": only("gcm", lambda w: framed(w, gcm(w))),
    "gcm-nonce-at-the-end": only("gcm", lambda w: framed(w, gcm(w) + w.iv)),
    "gcm-nonce-order": only("gcm", lambda w: sent_differs(w, w.iv + w.k("client_IV"))),
    "gcm-nonce-xor": only("gcm", lambda w: framed(w, gcm(w, nonce=xor_nonce(w)))),
    "gcm-nonce-reversed": lambda w: (
        ("record", sent_differs(w, w.k("client_IV") + w.iv[::-1])) if w.mode == "GCM" and w.sequence else None
    ),
    "gcm-nonce-zeros": lambda w: (
        ("record", sent_differs(w, w.k("client_IV") + bytes(8))) if w.mode == "GCM" and w.sequence else None
    ),
    "gcm-salt-of-the-other": only("gcm", lambda w: sent_differs(w, w.k("server_IV") + w.iv)),
    "gcm-salt-zeros": only("gcm", lambda w: sent_differs(w, bytes(4) + w.iv)),
    "gcm-tag-first": only("gcm", lambda w: framed(w, w.iv + gcm(w)[-16:] + gcm(w)[:-16])),
    "gcm-tag-missing": only("gcm", lambda w: framed(w, w.iv + gcm(w)[:-16])),
    "gcm-tag-cut": only("gcm", lambda w: framed(w, w.iv + gcm(w)[:-4])),
    "gcm-data-of-tls13": only(
        "gcm",
        lambda w: framed(w, w.iv + gcm(w, aad=bytes([w.type]) + b"\3\3" + struct.pack("!H", len(w.plaintext) + 24))),
    ),
}
