"""Makes 06-records.json and 07-padding.json: records of every suite, every padding, and records to be refused.

    python -m tests.conformance.make.records

Records are put together by `independent.py` (hmac of the standard library, bare AES). It in turn is held to records
that others made: Botan's known answers (in the tests), and all recorded connections.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from . import independent
from .files import write

HEAD = {
    "source": "Made by tests/conformance/make/records.py",
    "licence": "none needed: own data",
    "obtained": (
        "tests/conformance/make/independent.py: the standard library's hmac and AES of OpenSSL. The same code opens "
        "every record of the recorded connections and Botan's known answers."
    ),
}


class Setting:
    """One suite, one order, with keys."""

    def __init__(self, suite: str, etm: bool, chance: random.Random) -> None:
        self.suite, self.etm = suite, etm
        _, mode, key, _, mac, _ = independent.SUITES[suite]
        self.gcm = mode == "GCM"
        self.keys = chance.randbytes(mac), chance.randbytes(key), chance.randbytes(4 if self.gcm else 0)
        self.name = suite.removeprefix("TLS_RSA_WITH_").replace("_", "-")
        self.name += "" if self.gcm else "-etm" if etm else "-mte"

    def given(self, sequence: int, **more: Any) -> dict[str, Any]:
        mac_key, key, fixed_iv = (part.hex() for part in self.keys)
        keys = {"mac_key": mac_key, "key": key, "fixed_iv": fixed_iv}
        return {"suite": self.suite, "encrypt_then_mac": self.etm, **keys, "sequence": sequence, **more}

    def seal(self, sequence: int, kind: int, plaintext: bytes, iv: bytes, extra: int = 0) -> dict[str, Any]:
        return independent.seal(self.suite, self.keys, sequence, kind, plaintext, iv, self.etm, extra)

    def record(self, sequence: int, kind: int, plaintext: bytes, iv: bytes, extra: int = 0) -> bytes:
        parts = self.seal(sequence, kind, plaintext, iv, extra)
        return bytes.fromhex(parts["header"] + parts["fragment"])


def settings(chance: random.Random) -> Iterator[Setting]:
    for suite, row in independent.SUITES.items():
        for etm in (False, True) if row[1] == "CBC" else (False,):
            yield Setting(suite, etm, chance)


def good(one: Setting, chance: random.Random) -> Iterator[dict[str, Any]]:
    contents = {
        "finished": (0, 22, b"\x14\0\0\x0c" + chance.randbytes(12)),
        "alert": (1, 21, b"\1\0"),
        "empty": (2, 23, b""),
        "one-byte": (3, 23, b"!"),
        "block": (4, 23, chance.randbytes(16)),
        "text": (255, 23, b"The quick brown fox jumps over the lazy dog."),
        "late": (2**32 + 5, 23, chance.randbytes(100)),
        "last": (2**64 - 1, 23, chance.randbytes(7)),
    }
    if one.suite.endswith(("128_GCM_SHA256", "128_CBC_SHA")):
        contents["maximum"] = (9, 23, chance.randbytes(2**14))
    for name, (sequence, kind, plaintext) in contents.items():
        iv = b"" if one.gcm else chance.randbytes(16)
        expect = one.seal(sequence, kind, plaintext, iv)
        own = {} if one.gcm else {"iv": iv.hex()}
        # A sealed record of sequence number 2^64 - 1 is the last one there can be; it is opened, not sealed, here.
        if name != "last":
            given = one.given(sequence, type=kind, plaintext=plaintext.hex(), **own)
            yield {"id": f"seal-{one.name}-{name}", "given": given, "expect": expect}
        if name in ("finished", "empty", "late", "last"):
            record = expect["header"] + expect["fragment"]
            given = one.given(sequence, record=record)
            yield {"id": f"open-{one.name}-{name}", "given": given, "expect": {"plaintext": plaintext.hex()}}


def refused(one: Setting, chance: random.Random) -> Iterator[dict[str, Any]]:
    """Records that are not authentic, each of which deserves bad_record_mac and nothing else."""
    plaintext, sequence = b"attack at dawn" + bytes(30), 7
    iv = b"" if one.gcm else chance.randbytes(16)
    record = one.record(sequence, 23, plaintext, iv)

    def flipped(at: int, bit: int = 1) -> bytes:
        at %= len(record)
        return record[:at] + bytes([record[at] ^ bit]) + record[at + 1 :]

    def shorter(count: int) -> bytes:
        return record[:3] + (len(record) - 5 - count).to_bytes(2, "big") + record[5 : len(record) - count]

    bad = {
        "first-byte": flipped(5),
        "ninth-byte": flipped(13),
        "middle": flipped(len(record) // 2),
        "last-byte": flipped(-1),
        "last-byte-high-bit": flipped(-1, 0x80),
        "one-byte-short": shorter(1),
        "a-block-short": shorter(16),
        "almost-nothing": shorter(len(record) - 5 - 7),
        "empty": shorter(len(record) - 5),
        "type": bytes([22]) + record[1:],
        "sequence-ahead": one.record(sequence + 1, 23, plaintext, iv),
        "sequence-behind": one.record(sequence - 1, 23, plaintext, iv),
        "keys-of-the-other": Setting(one.suite, one.etm, chance).record(sequence, 23, plaintext, iv),
    }
    if one.gcm:
        bad["nonce-and-ciphertext-swapped"] = record[:5] + record[13:21] + record[5:13] + record[21:]
        bad["tag-cut"] = shorter(4)
        bad["tag-only"] = shorter(len(record) - 5 - 24)
    else:
        mac_key, key, _ = one.keys
        mac = independent.mac(one.suite, mac_key, sequence, 23, plaintext)
        size = len(plaintext) if one.etm else len(plaintext) + len(mac)
        count = 15 - size % 16

        def built(padding: bytes, content: bytes = plaintext, tag: bytes = mac) -> bytes:
            inner = content + (b"" if one.etm else tag) + padding
            inner += bytes(-len(inner) % 16)
            fragment = iv + independent.aes_cbc(key, iv, inner, encrypt=True)
            if one.etm:
                fragment += independent.mac(one.suite, mac_key, sequence, 23, fragment)
            return b"\x17\3\3" + len(fragment).to_bytes(2, "big") + fragment

        right = bytes([count]) * (count + 1)
        assert built(right) == record
        if count:
            bad["padding-first-byte"] = built(bytes([count ^ 1]) + right[1:])
        bad["padding-too-long"] = built(right[:-1] + b"\xff")
        bad["padding-pkcs7"] = built(bytes([count + 1]) * (count + 1))
        bad["padding-zeros"] = built(bytes(count) + bytes([count or 1]))
        if not one.etm:
            bad["mac-flipped"] = built(right, tag=bytes([mac[0] ^ 1]) + mac[1:])
            bad["mac-last-flipped"] = built(right, tag=mac[:-1] + bytes([mac[-1] ^ 1]))
            bad["mac-and-padding"] = built(right[:-1] + b"\xff", tag=bytes([mac[0] ^ 1]) + mac[1:])
            bad["no-mac"] = built(bytes([15 - len(plaintext) % 16]) * (16 - len(plaintext) % 16), tag=b"")
            bad["padding-eats-mac"] = built(bytes([size + count]) * (count + 1))
        other = Setting(one.suite, not one.etm, chance)
        other.keys = one.keys
        bad["the-other-order"] = other.record(sequence, 23, plaintext, iv)
    for name, data in bad.items():
        yield {
            "id": f"refuse-{one.name}-{name}",
            "given": one.given(sequence, record=data.hex()),
            "expect": {"error": "bad_record_mac"},
        }


def too_long(chance: random.Random) -> Iterator[dict[str, Any]]:
    for one in settings(chance):
        if one.suite.endswith("128_GCM_SHA256"):
            record = one.record(0, 23, bytes(2**14 + 1), b"")
            yield {
                "id": "refuse-plaintext-too-long",
                "given": one.given(0, record=record.hex()),
                "expect": {"error": "record_overflow"},
            }
            record = b"\x17\3\3" + (2**14 + 2049).to_bytes(2, "big") + bytes(2**14 + 2049)
            yield {
                "id": "refuse-ciphertext-too-long",
                "given": one.given(0, record=record.hex()),
                "expect": {"error": "record_overflow"},
            }


def paddings(chance: random.Random) -> Iterator[dict[str, Any]]:
    """Padding of every length from 0 to 255, in both orders, over the four CBC suites."""
    cbc = [one for one in settings(chance) if not one.gcm]
    for etm in (False, True):
        suites = [one for one in cbc if one.etm == etm]
        for length in range(256):
            one = suites[length % 4]
            mac = 0 if etm else len(one.keys[0])
            plaintext = chance.randbytes((-(length + 1) - mac) % 16)
            iv = chance.randbytes(16)
            needed = 15 - (len(plaintext) + mac) % 16
            record = one.record(length, 23, plaintext, iv, (length - needed) // 16)
            given = one.given(length, record=record.hex())
            yield {"id": f"{one.name}-padding-{length}", "given": given, "expect": {"plaintext": plaintext.hex()}}


def main() -> None:
    chance = random.Random("records")
    ready = list(settings(chance))
    cases = [case for one in ready for case in good(one, chance)]
    cases += [case for one in ready for case in refused(one, chance)]
    cases += too_long(chance)
    title = "Protected records (RFC 5246 section 6.2.3, RFC 5288, RFC 7366)"
    write("06-records.json", {"area": "records", "title": title, **HEAD, "cases": cases})
    title = "CBC padding of every length (RFC 5246 section 6.2.3.2)"
    cases = list(paddings(chance))
    write("07-padding.json", {"area": "records", "title": title, **HEAD, "cases": cases}, a_line_each=True)


if __name__ == "__main__":
    main()
