"""One protected record, right and wrong: every field of `ProtectionSteps` is a step that can be got wrong.

The right one is RFC 5246 section 6.2.3, RFC 5288 and RFC 7366. What is random in a record (its IV) is taken from the
facts, or else from the record that somebody else made, so that the two can be compared.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from struct import pack

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from ....crypto.protection import BLOCK, DirectionKeys
from ... import record_parts
from .facts import Facts
from .gcm_record import gcm_fragment
from .own_hmac import MACS
from .protection_steps import HEADER, ProtectionSteps, content_of, covered_of, data_of


def _mac(one: ProtectionSteps, key: bytes, data: bytes, content: bytes) -> bytes:
    content = covered_of(one, content)
    match one.mac_kind:
        case "SSL 3.0":
            # The MAC of SSL 3.0 (RFC 6101 section 5.2.3.1): hash(key + pad_2 + hash(key + pad_1 + ...)), no version.
            count = 48 if one.hash == "md5" else 40
            data = data[:9] + data[11:]
            inner = hashlib.new(one.hash, key + b"\x36" * count + data + content).digest()
            out = hashlib.new(one.hash, key + b"\x5c" * count + inner).digest()
        case "content first":
            out = hmac.digest(key, one.text_of("MAC input", content + data), one.hash)
        case "two":
            out = hmac.digest(key, data + hmac.digest(key, content, one.hash), one.hash)
        case "hash first":
            out = hmac.digest(key, hashlib.new(one.hash, data + content).digest(), one.hash)
        case kind:
            out = MACS[kind](key, one.text_of("MAC input", data + content), one.hash)
    if one.mac_size:
        out = out[-one.mac_size :] if one.mac_end else out[: one.mac_size]
    return one.text_of("MAC", one.text_of("MAC, cut", out)[: len(out)])


#: Paddings by name: what stands behind so many bytes, of which the last is the length of the others in the right one.
PADDINGS: dict[str, Callable[[int], bytes]] = {
    "right": lambda count: bytes([count]) * (count + 1),
    "PKCS #7": lambda count: bytes([count + 1 & 0xFF]) * (count + 1),
    "PKCS #7 and one more": lambda count: bytes([count + 2 & 0xFF]) * (count + 1),
    "one less": lambda count: bytes([count - 1 & 0xFF]) * (count + 1),
    "length byte off by one": lambda count: bytes([count]) * count + bytes([count + 1 & 0xFF]),
    "length byte one less": lambda count: bytes([count]) * count + bytes([count - 1 & 0xFF]),
    "others off by one": lambda count: bytes([count + 1 & 0xFF]) * count + bytes([count]),
    "zeros": lambda count: bytes(count) + bytes([count]),
    "PKCS #7 length after zeros": lambda count: bytes(count) + bytes([count + 1 & 0xFF]),
    "all zeros": lambda count: bytes(count + 1),
    "0x80 and zeros": lambda count: b"\x80" + bytes(count),
    "counting up": lambda count: bytes(range(count + 1)),
    "counting up from 1": lambda count: bytes(n & 0xFF for n in range(1, count + 2)),
    "spaces": lambda count: b" " * (count + 1),
    "all 0xff": lambda count: b"\xff" * (count + 1),
}


def _padding(one: ProtectionSteps, length: int, extra: int = 0) -> bytes:
    """The padding behind so many bytes. `extra`: blocks more than needed, which the RFC allows."""
    count = BLOCK - 1 - length % BLOCK
    if one.padding == "none if aligned":
        return b"" if count == BLOCK - 1 else PADDINGS["right"](count)
    return PADDINGS.get(one.padding, PADDINGS["right"])(count + BLOCK * extra)


def _mac_key(one: ProtectionSteps, own: DirectionKeys, others: DirectionKeys) -> bytes:
    keys = {"own": own.mac_key, "other": others.mac_key, "encryption key": own.key, "none": b""}
    return keys[one.mac_key]


def mac_of(
    facts: Facts,
    one: ProtectionSteps,
    own: DirectionKeys,
    others: DirectionKeys,
    plain: bytes,
    seen: bytes,
    tls10_iv: bytes,
) -> bytes | None:
    """The MAC alone; None for AEAD suites, which have none."""
    if facts.suite.mode == "GCM":
        return None
    plaintext = content_of(one, plain)
    mac_key = _mac_key(one, own, others)
    key = (own if one.key == "own" else others).key
    size = one.mac_size or facts.suite.mac_length
    padded = plaintext + _padding(one, len(plaintext))
    inner = len(plaintext) + size
    sizes = {
        "plaintext": len(plaintext),
        "plaintext and MAC": inner,
        "ciphertext": len(padded) if one.order == "encrypt, then MAC" else inner + len(_padding(one, inner)),
        "padded plaintext": len(padded),
    }
    sizes["IV and ciphertext"] = sizes["ciphertext"] + BLOCK
    sizes["fragment"] = sizes["IV and ciphertext"] + (size if one.order == "encrypt, then MAC" else 0)
    data = data_of(one, sizes)
    if one.covered in ("plaintext", "padded plaintext"):
        return _mac(one, mac_key, data, plaintext if one.covered == "plaintext" else padded)
    if facts.iv is None or len(facts.iv) != BLOCK or len(key) not in AES_KEYS:
        return None
    if one.covered == "IV and plaintext":
        return _mac(one, mac_key, data, facts.iv + plaintext)
    sealed = record_parts.cbc(key, facts.iv, padded)
    return _mac(one, mac_key, data, facts.iv + sealed if one.covered == "IV and ciphertext" else sealed)


def record_of(
    facts: Facts,
    one: ProtectionSteps,
    own: DirectionKeys,
    others: DirectionKeys,
    plain: bytes,
    seen: bytes,
    tls10_iv: bytes,
) -> bytes | None:
    """The whole record, header included."""
    if len((own if one.key == "own" else others).key) not in AES_KEYS:
        return None
    if facts.suite.mode == "GCM":
        made = gcm_fragment(facts, one, own, others, plain, seen)
    else:
        made = _cbc(facts, one, own, others, plain, seen, tls10_iv)
    if made is None:
        return None
    fragment, lengths = made
    more = {"header too": len(fragment) + HEADER, "zero": 0, "little-endian": len(fragment)}
    length = {"fragment": len(fragment), **lengths, **more}[one.header_length] & 0xFFFF
    kind = facts.content_type if one.header_type < 0 else one.header_type
    if one.header_length == "little-endian":
        return bytes([kind]) + one.header_version + pack("<H", length) + fragment
    header = bytes([kind]) + one.header_version + pack("!H", length)
    return header + fragment if one.header == "right" else fragment


def _cbc(
    facts: Facts,
    one: ProtectionSteps,
    own: DirectionKeys,
    others: DirectionKeys,
    plain: bytes,
    seen: bytes,
    tls10_iv: bytes,
) -> tuple[bytes, dict[str, int]] | None:
    plaintext = content_of(one, plain)
    key = (own if one.key == "own" else others).key
    sealed_first = one.order == "encrypt, then MAC"
    if sealed_first or one.order == "no MAC":
        content = plaintext
    else:
        tag = mac_of(facts, one, own, others, plain, seen, tls10_iv) or b""
        if one.order == "padding, then MAC":
            content = plaintext + _padding(one, len(plaintext) + len(tag)) + tag
        elif one.order == "MAC outside":
            content = plaintext
        else:
            content = tag + plaintext if one.order == "MAC first" else plaintext + tag
    padded: bytes | None = content
    if one.order != "padding, then MAC":
        padded = _padded(facts, one, key, content, seen)
    if not padded or len(padded) % BLOCK:
        return None
    made = _encrypted(facts, one, key, padded, seen, tls10_iv)
    if made is None:
        return None
    iv, sealed = made
    front, back = (b"", iv) if one.iv == "at the end" else (iv, b"")
    fragment = front + sealed + back
    if sealed_first:
        mac_key = _mac_key(one, own, others)
        sizes = {
            "plaintext": len(plaintext),
            "padded plaintext": len(padded),
            "plaintext and MAC": len(plaintext) + facts.suite.mac_length,
            "ciphertext": len(sealed),
            "IV and ciphertext": len(fragment),
            "fragment": len(fragment) + facts.suite.mac_length,
        }
        covered = {"plaintext": plaintext, "padded plaintext": padded, "ciphertext": sealed}
        fragment += _mac(one, mac_key, data_of(one, sizes), covered.get(one.covered, fragment))
    elif one.order == "MAC outside":
        fragment += tag
    return fragment, {"plaintext": len(plaintext), "without IV": len(fragment) - len(iv)}


def _padded(facts: Facts, one: ProtectionSteps, key: bytes, content: bytes, seen: bytes) -> bytes | None:
    """The content and its padding: as long as in the record that somebody made, if the RFC allows that length."""
    outer = facts.suite.mac_length if one.order in ("encrypt, then MAC", "MAC outside") else 0
    front = 0 if one.iv in UNSENT else BLOCK
    more = len(seen) - HEADER - front - len(content) - len(_padding(one, len(content))) - outer
    pad = _padding(one, len(content), more // BLOCK if 0 < more <= MOST_PADDING and more % BLOCK == 0 else 0)
    if one.padding == "as it came":
        found = _found(key, content, seen[HEADER : len(seen) - outer], len(pad))
        return content + found if found is not None else None
    return content + pad


def _found(key: bytes, content: bytes, sealed: bytes, count: int) -> bytes | None:
    """The padding behind this content in a record that somebody made; None if it is one of those that have a name."""
    if len(sealed) != BLOCK + len(content) + count:
        return None
    found = record_parts.uncbc(key, sealed[:BLOCK], sealed[BLOCK:])[len(content) :]
    named = any(make(count - 1) == found for make in PADDINGS.values())
    return None if named else found


#: What is done with an IV that is not sent.
UNSENT = ("not sent", "key block", "zeros", "chained", "ECB, none sent")
#: More padding than is needed, in bytes: 256 with all of it (RFC 5246 section 6.2.3.2).
MOST_PADDING = 240
#: Lengths of AES keys in bytes.
AES_KEYS = (16, 24, 32)


def _used(facts: Facts, key: bytes, first: bytes, padded: bytes, tls10_iv: bytes) -> bytes | None:
    """The IV that makes the first block come out as it did; None if it is one of those that have a name."""
    raw = Cipher(AES(key), ECB()).decryptor().update(first)
    iv = bytes(a ^ b for a, b in zip(raw, padded[:BLOCK], strict=True))
    return None if iv in (bytes(BLOCK), tls10_iv, (facts.previous_record or b"")[-BLOCK:]) else iv


def _encrypted(
    facts: Facts, one: ProtectionSteps, key: bytes, padded: bytes, seen: bytes, tls10_iv: bytes
) -> tuple[bytes, bytes] | None:
    """What is sent as the IV, and the ciphertext."""
    explicit = facts.iv or seen[HEADER : HEADER + BLOCK]
    match one.iv:
        case "explicit":
            return (explicit, record_parts.cbc(key, explicit, padded)) if len(explicit) == BLOCK else None
        case "at the end":
            explicit = facts.iv or seen[-BLOCK:]
            return (explicit, record_parts.cbc(key, explicit, padded)) if len(explicit) == BLOCK else None
        case "not sent":
            # Whatever IV was used, it is what makes the first block come out as it did.
            first = seen[HEADER : HEADER + BLOCK]
            if len(first) < BLOCK or len(padded) == BLOCK:
                return None
            raw = Cipher(AES(key), ECB()).decryptor().update(first)
            iv = bytes(a ^ b for a, b in zip(raw, padded[:BLOCK], strict=True))
            return b"", record_parts.cbc(key, iv, padded)
        case "another than in the key block sent":
            # As above; but what was sent is no part of the ciphertext.
            first, sent = seen[HEADER + BLOCK : HEADER + 2 * BLOCK], seen[HEADER : HEADER + BLOCK]
            if len(first) < BLOCK or len(padded) == BLOCK:
                return None
            used = _used(facts, key, first, padded, tls10_iv)
            return (sent, record_parts.cbc(key, used, padded)) if used is not None and used != sent else None
        case "text":
            text = one.text_of("IV", explicit)[:BLOCK]
            return (explicit, record_parts.cbc(key, text, padded)) if len(text) == BLOCK else None
        case "reversed":
            return (explicit, record_parts.cbc(key, explicit[::-1], padded)) if len(explicit) == BLOCK else None
        case "key":
            return explicit, record_parts.cbc(key, key[:BLOCK], padded)
        case "key block":
            return (b"", record_parts.cbc(key, tls10_iv, padded)) if len(tls10_iv) == BLOCK else None
        case "key block, another sent":
            if len(tls10_iv) != BLOCK or len(explicit) != BLOCK:
                return None
            return explicit, record_parts.cbc(key, tls10_iv, padded)
        case "zeros":
            return b"", record_parts.cbc(key, bytes(BLOCK), padded)
        case "zeros, another sent":
            return (explicit, record_parts.cbc(key, bytes(BLOCK), padded)) if len(explicit) == BLOCK else None
        case "zeros, sent":
            return bytes(BLOCK), record_parts.cbc(key, bytes(BLOCK), padded)
        case "chained":
            last = (facts.previous_record or b"")[-BLOCK:]
            return (b"", record_parts.cbc(key, last, padded)) if len(last) == BLOCK else None
        case "chained, sent":
            last = (facts.previous_record or b"")[-BLOCK:]
            return (last, record_parts.cbc(key, last, padded)) if len(last) == BLOCK else None
    ecb = Cipher(AES(key), ECB()).encryptor()
    return (explicit if one.iv == "ECB" else b""), ecb.update(padded)
