"""The ClientHello in the format of SSL 2.0 (RFC 5246 appendix E.2), by which old clients begin TLS, too.

    struct {
        uint16 length;                  highest bit set: a header of two bytes
        uint8 msg_type;                 1
        Version version;                the highest that the client speaks
        uint16 cipher_spec_length;
        uint16 session_id_length;
        uint16 challenge_length;
        V2CipherSpec cipher_specs[cipher_spec_length];      3 bytes each; 00 and a TLS suite, or one of SSL 2.0
        opaque session_id[session_id_length];
        opaque challenge[challenge_length];                 16 to 32 bytes, for ClientHello.random
    } V2ClientHello;

minitls takes such a hello apart where it is overheard. As a server it refuses it, as RFC 6176 wants.
"""

from __future__ import annotations

from .grammar import Path, Span

_NAME = "V2ClientHello"
#: Bytes up to the lists: the header of two, and nine of fixed fields.
_FIXED = 11
_SPEC = 3


def hello_length(data: bytes) -> int | None:
    """How long the hello is with which `data` begins, header included; None if there is none, or not enough to tell."""
    if len(data) < _FIXED or data[0] & 0x80 == 0 or data[2] != 1 or bytes(data[3:5]) not in _VERSIONS:
        return None
    specs, session, challenge = _lengths(data)
    length = int.from_bytes(data[:2], "big") & 0x7FFF
    fits = length == _FIXED - 2 + specs + session + challenge
    return 2 + length if fits and specs and specs % _SPEC == 0 and session <= 32 and 16 <= challenge <= 32 else None


def annotate(data: bytes) -> list[Span]:
    """The fields of one whole hello: spans that tile every byte of `data` exactly once. ValueError if it is none."""
    if hello_length(data) != len(data):
        raise ValueError("no ClientHello in the format of SSL 2.0, or not all of it")
    specs, session, challenge = _lengths(data)
    sizes: list[tuple[Path, int]] = [((_NAME, name), size) for name, size in _FIELDS]
    sizes += [((_NAME, "cipher_specs", index), _SPEC) for index in range(specs // _SPEC)]
    sizes += [((_NAME, "session_id"), session)] if session else []
    sizes.append(((_NAME, "challenge"), challenge))
    spans, at = [], 0
    for path, size in sizes:
        spans.append(Span(path, at, at + size))
        at += size
    return spans


#: SSL 2.0 itself, and those that came after it.
_VERSIONS = frozenset(bytes.fromhex(each) for each in ("0002", "0300", "0301", "0302", "0303"))
_FIELDS = (
    ("length", 2),
    ("msg_type", 1),
    ("version", 2),
    ("cipher_spec_length", 2),
    ("session_id_length", 2),
    ("challenge_length", 2),
)


def _lengths(data: bytes) -> tuple[int, int, int]:
    specs, session, challenge = (int.from_bytes(data[at : at + 2], "big") for at in (5, 7, 9))
    return specs, session, challenge
