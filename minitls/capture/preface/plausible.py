"""Bytes that can hardly be anything but the first record of TLS: a ClientHello, a ServerHello, or an alert in answer.

    16 03 0x  length  01 or 02  length  03 0x        two lengths that fit, two versions: seven bytes agree by chance
    15 03 0x  00 02  01 or 02  description           hardly ever

Records and messages are those of RFC 5246 sections 6.2.1, 7.2 and 7.4; the first record may bear any 03xx (appendix E).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...wire import sslv2
from ...wire.codes import ContentType, HandshakeType
from ...wire.records import MAX_HANDSHAKE, MAX_PLAINTEXT

#: Bytes from the start of a record to the version in the hello that it carries.
_DECISIVE = 11
#: Bytes that show the lengths of a hello of SSL 2.0.
_SSLV2_FIXED = 11
#: The shortest body of a hello: version, random, and the lengths of what may be empty.
_SHORTEST = 38
_HELLO = re.compile(rb"\x16\x03[\x00-\x04].{2}[\x01\x02]", re.DOTALL)
_ALERT = re.compile(rb"\x15\x03[\x00-\x04]\x00\x02[\x01\x02].", re.DOTALL)


def is_record(data: bytes | bytearray) -> bool:
    """Whether these bytes, 2 or more, begin as a record does: no other protocol that is known begins so."""
    return 20 <= data[0] <= 24 and data[1] == 3


def opens_with(data: bytes | bytearray) -> int | None:
    """What `data` begins with if it begins with a record: a handshake message's type, or 0 for another record.

    None if it does not, or not enough is there to tell. A whole ClientHello in the format of SSL 2.0 is one, too.
    """
    old = sslv2.hello_length(bytes(data[:_SSLV2_FIXED]))
    if old is not None:
        return int(HandshakeType.client_hello) if len(data) >= old else None
    if len(data) < 2 or not is_record(data):
        return None
    if data[0] != ContentType.handshake:
        return 0
    return data[5] if len(data) > 5 else None


def hellos(data: bytes, kind: HandshakeType) -> Iterator[int]:
    """Where in `data` a record begins that begins with a ClientHello or a ServerHello."""
    for found in _HELLO.finditer(data):
        at = found.start()
        if data[at + 5] == kind and _fits(data, at):
            yield at


def answer(data: bytes) -> int | None:
    """Where a server's first record begins: its hello, or the alert it sends instead."""
    first = next(hellos(data, HandshakeType.server_hello), None)
    alert = _ALERT.search(data, 0, len(data) if first is None else first)
    return alert.start() if alert else first


def undecided(data: bytes) -> int:
    """From where on more bytes may still make a hello or an alert of what is there."""
    return max(0, len(data) - _DECISIVE + 1)


def _fits(data: bytes, at: int) -> bool:
    """Whether record and message enclose one another, as far as the bytes go; at least 11, or the whole record."""
    length = int.from_bytes(data[at + 3 : at + 5], "big")
    if not 0 < length <= MAX_PLAINTEXT or len(data) < at + min(_DECISIVE, 5 + length):
        return False
    if length < 4:
        return True
    message = int.from_bytes(data[at + 6 : at + 9], "big")
    version = data[at + 9 : at + 5 + min(length, 6)]
    return _SHORTEST <= message <= MAX_HANDSHAKE and version[:1] in (b"", b"\x03") and version[1:2] <= b"\x04"
