"""One protected record, right and wrong: every field of `ProtectionSteps` is a step that can be got wrong.

The right one is RFC 5246 section 6.2.3, RFC 5288 and RFC 7366. What is random in a record (its IV) is taken from the
facts, or else from the record that somebody else made, so that the two can be compared.
"""

from __future__ import annotations

import hashlib
import hmac
from struct import pack

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from ....crypto.protection import BLOCK, DirectionKeys
from ... import record_parts
from .facts import Facts
from .gcm_record import gcm_fragment
from .protection_steps import HEADER, ProtectionSteps, content_of, data_of


def _mac(one: ProtectionSteps, key: bytes, data: bytes, content: bytes) -> bytes:
    match one.mac_kind:
        case "hash":
            out = hashlib.new(one.hash, key + data + content).digest()
        case "SSL 3.0":
            # The MAC of SSL 3.0 (RFC 6101 section 5.2.3.1): hash(key + pad_2 + hash(key + pad_1 + ...)), no version.
            count = 48 if one.hash == "md5" else 40
            data = data[:9] + data[11:]
            inner = hashlib.new(one.hash, key + b"\x36" * count + data + content).digest()
            out = hashlib.new(one.hash, key + b"\x5c" * count + inner).digest()
        case "content first":
            out = hmac.digest(key, content + data, one.hash)
        case _:
            out = hmac.digest(key, data + content, one.hash)
    return out[: one.mac_size] if one.mac_size else out


def _padding(one: ProtectionSteps, length: int) -> bytes:
    count = BLOCK - 1 - length % BLOCK
    match one.padding:
        case "PKCS #7":
            return bytes([count + 1]) * (count + 1)
        case "length byte off by one":
            return bytes([count]) * count + bytes([count + 1])
        case "zeros":
            return bytes(count) + bytes([count])
        case "PKCS #7 length after zeros":
            return bytes(count) + bytes([count + 1])
        case "none if aligned":
            return b"" if count == BLOCK - 1 else bytes([count]) * (count + 1)
        case "all zeros":
            return bytes(count + 1)
        case "0x80 and zeros":
            return b"\x80" + bytes(count)
    return bytes([count]) * (count + 1)


def mac_of(
    facts: Facts, one: ProtectionSteps, own: DirectionKeys, others: DirectionKeys, seen: bytes, tls10_iv: bytes
) -> bytes | None:
    """The MAC alone; None for AEAD suites, which have none."""
    if facts.suite.mode == "GCM" or facts.plaintext is None:
        return None
    plaintext = content_of(one, facts.plaintext)
    mac_key = {"own": own.mac_key, "other": others.mac_key, "encryption key": own.key}[one.mac_key]
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
    if facts.iv is None or len(facts.iv) != BLOCK or len(key) not in (16, 32):
        return None
    if one.covered == "IV and plaintext":
        return _mac(one, mac_key, data, facts.iv + plaintext)
    sealed = record_parts.cbc(key, facts.iv, padded)
    return _mac(one, mac_key, data, facts.iv + sealed if one.covered == "IV and ciphertext" else sealed)


def record_of(
    facts: Facts, one: ProtectionSteps, own: DirectionKeys, others: DirectionKeys, seen: bytes, tls10_iv: bytes
) -> bytes | None:
    """The whole record, header included."""
    if facts.plaintext is None or len(own.key) not in (16, 32):
        return None
    if facts.suite.mode == "GCM":
        made = gcm_fragment(facts, one, own, others, seen)
    else:
        made = _cbc(facts, one, own, others, seen, tls10_iv)
    if made is None:
        return None
    fragment, lengths = made
    length = {"fragment": len(fragment), **lengths}[one.header_length] & 0xFFFF
    kind = facts.content_type if one.header_type < 0 else one.header_type
    return bytes([kind]) + one.header_version + pack("!H", length) + fragment


def _cbc(
    facts: Facts, one: ProtectionSteps, own: DirectionKeys, others: DirectionKeys, seen: bytes, tls10_iv: bytes
) -> tuple[bytes, dict[str, int]] | None:
    plaintext = content_of(one, facts.plaintext or b"")
    key = (own if one.key == "own" else others).key
    sealed_first = one.order == "encrypt, then MAC"
    if sealed_first or one.order == "no MAC":
        content = plaintext
    else:
        tag = mac_of(facts, one, own, others, seen, tls10_iv) or b""
        if one.order == "padding, then MAC":
            content = plaintext + _padding(one, len(plaintext) + len(tag)) + tag
        elif one.order == "MAC outside":
            content = plaintext
        else:
            content = tag + plaintext if one.order == "MAC first" else plaintext + tag
    padded = content if one.order == "padding, then MAC" else content + _padding(one, len(content))
    if len(padded) % BLOCK or not padded:
        return None
    made = _encrypted(facts, one, key, padded, seen, tls10_iv)
    if made is None:
        return None
    iv, sealed = made
    front, back = (b"", iv) if one.iv == "at the end" else (iv, b"")
    fragment = front + sealed + back
    if sealed_first:
        mac_key = {"own": own.mac_key, "other": others.mac_key, "encryption key": own.key}[one.mac_key]
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
