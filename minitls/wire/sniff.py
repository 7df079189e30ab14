"""What protocol are these first bytes, if they are not TLS? A wrong port is the commonest fault of all."""

from __future__ import annotations

from .codes import ContentType

_OPENINGS: tuple[tuple[bytes, str], ...] = (
    *((verb, "HTTP") for verb in (b"GET ", b"POST ", b"HEAD ", b"PUT ", b"DELETE ", b"OPTIONS ", b"PATCH ")),
    (b"CONNECT ", "HTTP"),
    (b"PRI * HTTP/2", "HTTP/2 without TLS"),
    (b"HTTP/", "HTTP"),
    *((page, "HTTP") for page in (b"<!DOC", b"<!doc", b"<html", b"<HTML")),  # To a request that is none, a bare page.
    (b"SSH-", "SSH"),
    (b"220", "SMTP or FTP"),
    (b"554 ", "SMTP"),
    (b"421 ", "SMTP or FTP"),
    (b"EHLO", "SMTP"),
    (b"HELO", "SMTP"),
    (b"+OK", "POP3"),
    (b"* OK", "IMAP"),
    (b"* BYE", "IMAP"),
    (b"<?xml", "XMPP or XML"),
    (b"@RSYNCD", "rsync"),
    (b"AMQP", "AMQP"),
    (b"RFB ", "VNC"),
    (b"-ERR", "POP3 or Redis"),
)
#: No TLS record begins with any of them, and most connections are decided by that.
_FIRST_BYTES = frozenset(opening[:1] for opening, _ in _OPENINGS)


def foreign_protocol(data: bytes) -> str | None:
    """The name of the protocol that `data` (the first bytes of a stream) opens, or None if it may be TLS.

    Three bytes suffice to decide against TLS: a record begins with a type of 14 to 17 hex and version major 03.
    """
    if not data or (ContentType.change_cipher_spec <= data[0] <= ContentType.heartbeat and data[1:2] in (b"", b"\x03")):
        return None
    for opening, name in _OPENINGS:
        if data.startswith(opening):
            return name
    if is_sslv2_hello(data):
        return "an SSLv2-format ClientHello"
    if is_undecided(data):
        return None
    if is_mysql_greeting(data):
        return "MySQL"
    # Five bytes decide, so that the answer does not depend on how the stream was cut into portions.
    start = data[:5].replace(b"\r", b"").replace(b"\n", b"")
    return "text" if start.isascii() and start.decode().isprintable() else None


def is_undecided(data: bytes) -> bool:
    """Whether more bytes may yet show one of the known protocols: `data`, 1 byte or more, begins an opening."""
    if data[:1] not in _FIRST_BYTES:
        return False
    return any(len(data) < len(opening) and opening.startswith(data) for opening, _ in _OPENINGS)


def is_mysql_greeting(data: bytes) -> bool:
    """Whether `data` opens as a MySQL server greets (its Protocol::HandshakeV10): length, packet 0, version 10."""
    return len(data) >= 5 and data[2:5] == b"\0\0\x0a"


def is_sslv2_hello(data: bytes) -> bool:
    """Whether `data` opens with the hello format of SSL 2.0 (RFC 5246 appendix E.2): length, 01, version."""
    return len(data) >= 5 and data[0] & 0x80 != 0 and data[2] == 1 and data[3] in (0, 2, 3)
