"""The steps of protecting a record, each of which can be got wrong, and the data that MAC and AEAD cover with it."""

from __future__ import annotations

from typing import NamedTuple

from .facts import Facts
from .text import as_text

HEADER = 5


class ProtectionSteps(NamedTuple):
    """How plaintext becomes a record."""

    sequence: int
    type: int
    hash: str
    order: str
    """"MAC, then encrypt", "encrypt, then MAC", "AEAD", or a wrong one."""
    covered: str
    """What the MAC covers."""
    length: str
    """Whose length stands in the MAC's or AEAD's additional data."""
    sequence_form: str = "8 bytes"
    version: bytes = b"\x03\x03"
    length_form: str = "2 bytes"
    fields: tuple[str, ...] = ("sequence", "type", "version", "length")
    mac_key: str = "own"
    key: str = "own"
    fixed_iv: str = "own"
    mac_kind: str = "HMAC"
    mac_size: int = 0
    """To how many bytes the MAC is cut; 0: not at all."""
    mac_end: bool = False
    """Whether its last bytes are kept."""
    padding: str = "right"
    iv: str = "explicit"
    nonce: str = "salt, explicit"
    explicit: str = "sent"
    tag: str = "last"
    data_with: str = ""
    """What stands in GCM's additional data beside it."""
    header_type: int = -1
    header_version: bytes = b"\x03\x03"
    header_length: str = "fragment"
    header: str = "right"
    """"missing" if the fragment is all there is."""
    content: str = "right"
    """What is protected: the plaintext, or something else in its place."""
    mac_content: str = "right"
    """What the MAC covers of it, if that is something else again."""
    length_more: int = 0
    """By how much the length in the additional data is too long."""
    handed: tuple[tuple[str, str], ...] = ()
    """What is handed over as text, and in which form: "additional data", "MAC input", "MAC", "IV", ..."""

    def text_of(self, what: str, data: bytes) -> bytes:
        """The bytes as they are handed over."""
        for place, form in self.handed:
            if place == what:
                data = as_text(form, data)
        return data

    @classmethod
    def right(cls, facts: Facts) -> ProtectionSteps:
        """As the RFCs say."""
        suite = facts.suite
        order, covered, length, padding = "MAC, then encrypt", "plaintext", "plaintext", "right"
        if suite.mode == "GCM":
            order, padding = "AEAD", "none"
        elif facts.encrypt_then_mac:
            order, covered, length = "encrypt, then MAC", "IV and ciphertext", "IV and ciphertext"
        return cls(facts.sequence, facts.content_type, suite.mac or "", order, covered, length, padding=padding)


def data_of(one: ProtectionSteps, sizes: dict[str, int]) -> bytes:
    """The additional data: seq_num, type, version, length, or what is taken for it."""
    # A mistake may count past the end of a form; what somebody's counter then holds is its last bytes.
    number = (one.sequence % 2**64).to_bytes(8, "big")
    forms = {
        "8 bytes": number,
        "4 bytes": number[4:],
        "2 bytes": number[6:],
        "1 byte": number[7:],
        "little-endian": number[::-1],
        "4 bytes, little-endian": number[:3:-1],
        "2 bytes, little-endian": number[:5:-1],
        "halves swapped": number[4:] + number[:4],
        "decimal": str(one.sequence).encode(),
    }
    size = 0 if one.length == "zero" else sizes[one.length] + one.length_more & 0xFFFF
    lengths = {
        "2 bytes": size.to_bytes(2, "big"),
        "little-endian": size.to_bytes(2, "little"),
        "3 bytes": size.to_bytes(3, "big"),
        "4 bytes": size.to_bytes(4, "big"),
        "8 bytes": size.to_bytes(8, "big"),
    }
    parts = {
        "sequence": forms[one.sequence_form],
        "type": bytes([one.type]),
        "version": one.version,
        "length": lengths[one.length_form],
    }
    return one.text_of("additional data", b"".join(parts[name] for name in one.fields))


def content_of(one: ProtectionSteps, plaintext: bytes) -> bytes:
    """What is protected."""
    return one.text_of("plaintext", _changed(one.content, plaintext))


def covered_of(one: ProtectionSteps, content: bytes) -> bytes:
    """What of it the MAC covers."""
    return one.text_of("content of the MAC", _changed(one.mac_content, content))


def _changed(how: str, plaintext: bytes) -> bytes:
    match how:
        case "without handshake header":
            return plaintext[4:]
        case "handshake length counts its header":
            return plaintext[:1] + len(plaintext).to_bytes(3, "big") + plaintext[4:]
        case "handshake length in two bytes":
            return plaintext[:1] + plaintext[2:]
        case "handshake length little-endian":
            return plaintext[:1] + plaintext[1:4][::-1] + plaintext[4:]
        case "line feed":
            return plaintext + b"\n"
        case "carriage return, line feed":
            return plaintext.replace(b"\n", b"\r\n") if b"\n" in plaintext else plaintext + b"\r\n"
        case "NUL":
            return plaintext + b"\0"
        case "header of a record":
            return b"\x16\x03\x03" + len(plaintext).to_bytes(2, "big") + plaintext
        case "type behind":
            return plaintext + b"\x17"
        case "reversed":
            return plaintext[::-1]
        case "nothing":
            return b""
    return plaintext
