"""The area of record protection: what a record is made of, and which must be refused (RFC 5246 section 6.2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....crypto.protection import DirectionKeys, protection
from ....crypto.suites import suite_named
from ....errors import RecordOverflow
from ....wire.records import MAX_CIPHERTEXT, MAX_PLAINTEXT, RECORD_HEADER_SIZE, RecordBuffer
from ... import record_parts


def records(given: Mapping[str, Any]) -> dict[str, Any]:
    """The plaintext in a record if one is given, else the parts of the record around a plaintext."""
    suite, encrypt_then_mac, sequence = suite_named(given["suite"]), given["encrypt_then_mac"], given["sequence"]
    keys = DirectionKeys(*(bytes.fromhex(given[name]) for name in ("mac_key", "key", "fixed_iv")))
    iv = bytes.fromhex(given.get("iv", ""))
    one = protection(suite, keys, lambda size: iv, encrypt_then_mac)
    one.sequence = sequence
    if "record" in given:
        buffer = RecordBuffer()
        buffer.limit = MAX_CIPHERTEXT
        (record,) = buffer.feed(bytes.fromhex(given["record"]))
        _, plaintext = one.open(record.type, record.fragment)
        if len(plaintext) > MAX_PLAINTEXT:
            raise RecordOverflow(f"{len(plaintext)} bytes of plaintext (RFC 5246 section 6.2.1)")
        return {"plaintext": plaintext.hex()}
    plaintext = bytes.fromhex(given["plaintext"])
    sealed = one.seal(given["type"], plaintext)
    explicit = iv or sequence.to_bytes(8, "big")
    parts = record_parts.seal(suite, keys, sequence, given["type"], plaintext, explicit, encrypt_then_mac)
    header, fragment = sealed[:RECORD_HEADER_SIZE], sealed[RECORD_HEADER_SIZE:]
    return {name: part.hex() for name, part in {**parts.named, "header": header, "fragment": fragment}.items()}
