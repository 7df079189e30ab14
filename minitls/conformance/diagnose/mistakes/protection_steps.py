"""The steps of protecting a record, each of which can be got wrong, and the data that MAC and AEAD cover with it."""

from __future__ import annotations

from dataclasses import dataclass

from .facts import Facts

HEADER = 5


@dataclass(frozen=True)
class ProtectionSteps:
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
    padding: str = "right"
    iv: str = "explicit"
    nonce: str = "salt, explicit"
    explicit: str = "sent"
    tag: str = "last"
    header_type: int = -1
    header_version: bytes = b"\x03\x03"
    header_length: str = "fragment"
    content: str = "right"
    """What is protected: the plaintext, or something else in its place."""

    @classmethod
    def right(cls, facts: Facts) -> ProtectionSteps:
        """As the RFCs say."""
        suite = facts.suite
        order, covered, length = "MAC, then encrypt", "plaintext", "plaintext"
        if suite.mode == "GCM":
            order = "AEAD"
        elif facts.encrypt_then_mac:
            order, covered, length = "encrypt, then MAC", "IV and ciphertext", "IV and ciphertext"
        return cls(facts.sequence, facts.content_type, suite.mac or "", order, covered, length)


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
    }
    size = sizes[one.length] & 0xFFFF
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
    return b"".join(parts[name] for name in one.fields)


def content_of(one: ProtectionSteps, plaintext: bytes) -> bytes:
    match one.content:
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
    return plaintext
