"""What encrypted protocol is this datagram? minitls reads TLS over TCP, and says so of what is not."""

from __future__ import annotations

#: DTLS records: content types, and versions that count down from fe ff (RFC 6347 section 4.1).
_TYPES = range(20, 26)
_VERSIONS = (b"\xfe\xff", b"\xfe\xfd", b"\x01\x00")
_DTLS_HEADER = 13
#: QUIC: versions 1 and 2 (RFC 9000, RFC 9369), and the drafts before them.
_QUIC = (b"\x00\x00\x00\x01", b"\x6b\x33\x43\xcf")
_DRAFTS = b"\xff\x00\x00"


def protocol_of(payload: bytes) -> str:
    """DTLS or QUIC if the datagram begins as theirs do, "" for any other (QUIC's later packets bear no mark)."""
    if len(payload) >= _DTLS_HEADER and payload[0] in _TYPES and payload[1:3] in _VERSIONS:
        length = int.from_bytes(payload[11:13], "big")
        return "DTLS" if 0 < length <= len(payload) - _DTLS_HEADER else ""
    if len(payload) >= 7 and payload[0] & 0xC0 == 0xC0 and (payload[1:5] in _QUIC or payload[1:4] == _DRAFTS):
        return "QUIC" if payload[5] <= 20 else ""
    return ""
