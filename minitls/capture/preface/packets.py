"""Protocols of packets that ask for TLS by one of them: LDAP, MySQL, PostgreSQL, RDP, AMQP; a function each."""

from __future__ import annotations

import re
from typing import NamedTuple

from .stretch import Recogniser, Stretch, quoted

_SSL_REQUEST, _GSSENC_REQUEST = bytes.fromhex("0000000804d2162f"), bytes.fromhex("0000000804d21630")
#: CLIENT_SSL among the capabilities of MySQL's clients and servers.
_CLIENT_SSL = 0x0800
_START_TLS = b"1.3.6.1.4.1.1466.20037"
_EXTENDED_REQUEST, _EXTENDED_RESPONSE = 0x77, 0x78
_AMQP_TLS = b"AMQP\x02\x01\x00\x00"
_POSTGRESQL = re.compile(b"(?:" + re.escape(_GSSENC_REQUEST) + b"|" + re.escape(_SSL_REQUEST) + b")+")
#: What an RDP client asks for, behind flags and length; all zeros is RDP's own security (MS-RDPBCGR section 2.2.1.1.1).
_RDP_REQUEST = re.compile(rb"\x01[\x00-\x0b]\x08\x00(.{4})", re.DOTALL)
#: The security that an RDP server chooses (MS-RDPBCGR section 2.2.1.2.1).
_RDP_PROTOCOLS = {0: "no TLS", 1: "TLS", 2: "CredSSP over TLS", 4: "RDSTLS", 8: "CredSSP over TLS, early"}


def postgresql(client: bytes, server: bytes) -> Stretch | None:
    """PostgreSQL: SSLRequest, 8 bytes with the number 80877103; the server says S or N, one byte."""
    asked = _POSTGRESQL.match(client)
    if asked is None:
        return None
    requests = [asked[0][at : at + 8] for at in range(0, len(asked[0]), 8)]
    answers = [server[at : at + 1] for at in range(len(requests)) if requests[at] == _SSL_REQUEST]
    answers = [each for each in answers if each]
    granted = answers[-1:] == [b"S"]
    refused = sum(each != b"S" for each in answers)
    if _SSL_REQUEST not in requests:
        return Stretch(("PostgreSQL",))
    answer = quoted(answers[-1]) if answers else ""
    return Stretch(("PostgreSQL", "SSLRequest"), asked.end(), min(len(server), len(requests)), answer, refused, granted)


def mysql(client: bytes, server: bytes) -> Stretch | None:
    """MySQL and MariaDB: the server greets, and the client asks with a HandshakeResponse cut short, its SSLRequest."""
    greeting, length = _mysql_packet(server, 0)
    if greeting[:1] != b"\x0a":
        return None
    version = greeting.find(b"\0", 1)
    if version < 2 or not greeting[1:version].isascii():
        return None
    request, end = _mysql_packet(client, 1)
    flags = int.from_bytes(request[:2], "little")
    # The whole response names a user behind its 32 bytes; the request for TLS ends there (older ones: after 5).
    if flags & _CLIENT_SSL and 4 <= len(request) <= 32:
        return Stretch(("MySQL", "SSLRequest"), end, length)
    offered = int.from_bytes(greeting[version + 14 : version + 16], "little") & _CLIENT_SSL
    return Stretch(("MySQL",) if offered else ("MySQL of a server without TLS",))


def _mysql_packet(data: bytes, number: int) -> tuple[bytes, int]:
    """The packet at the start (3 bytes of length, 1 of sequence), and where it ends; b"" if it is not one."""
    length = int.from_bytes(data[:3], "little")
    if len(data) < 4 or data[3] != number or not 0 < length <= 1024:
        return b"", 0
    return data[4 : 4 + length], 4 + length


class _Ldap(NamedTuple):
    """One LDAPMessage, as far as matters here."""

    number: bytes
    operation: int
    body: bytes
    end: int


def ldap(client: bytes, server: bytes) -> Stretch | None:
    """LDAP: an ExtendedRequest named 1.3.6.1.4.1.1466.20037, StartTLS (RFC 4511 section 4.14)."""
    said = _ldap_messages(client)
    if not said:
        return None
    asked = [each for each in said if each.operation == _EXTENDED_REQUEST and _START_TLS in each.body]
    if not asked:
        return Stretch(("LDAP",))
    heard, numbers = _ldap_messages(server), {each.number for each in asked}
    answers = [
        each.body[2]
        for each in heard
        if each.operation == _EXTENDED_RESPONSE
        and each.number in numbers
        and each.body[:2] == b"\x0a\x01"
        and len(each.body) > 2
    ]
    granted = answers[-1:] == [0]
    answer = f"resultCode {answers[-1]}" if answers else ""
    end = heard[-1].end if heard else 0
    return Stretch(("LDAP", "StartTLS"), asked[-1].end, end, answer, sum(map(bool, answers)), granted)


def _ldap_messages(data: bytes) -> list[_Ldap]:
    """The LDAPMessages (RFC 4511 section 4.1.1) from the start on; what is none ends them."""
    found: list[_Ldap] = []
    at = 0
    while data[at : at + 1] == b"\x30":
        body, end = _ber(data, at + 1)
        if body is None or body[:1] != b"\x02":
            break
        number, after = _ber(body, 1)
        if number is None or not 1 <= len(number) <= 4 or not 0x40 <= int.from_bytes(body[after : after + 1]) <= 0x7F:
            break
        content, _ = _ber(body, after + 1)
        found.append(_Ldap(number, body[after], content or b"", end))
        at = end
    return found


def _ber(data: bytes, at: int) -> tuple[bytes | None, int]:
    """What a BER length at `at` encloses, and where that ends; None if it is not all there."""
    length, start = int.from_bytes(data[at : at + 1]), at + 1
    if length & 0x80:
        size = length & 0x7F
        if not 1 <= size <= 4:
            return None, at
        length, start = int.from_bytes(data[start : start + size]), start + size
    end = start + length
    return (data[start:end], end) if at < len(data) and end <= len(data) else (None, at)


def rdp(client: bytes, server: bytes) -> Stretch | None:
    """RDP: an X.224 Connection Request in a TPKT asks for protocols (MS-RDPBCGR section 2.2.1.1)."""
    request, end = _tpkt(client, 0xE0)
    if not end:
        return None
    wanted = _RDP_REQUEST.search(request)
    asked = wanted is not None and any(wanted[1])
    confirm, heard = _tpkt(server, 0xD0)
    choice = confirm[7:15]
    kind, number = choice[:1], int.from_bytes(choice[4:8], "little")
    granted = kind == b"\x02" and number != 0
    answer = _RDP_PROTOCOLS.get(number, f"protocol {number}") if kind == b"\x02" else ""
    if kind == b"\x03":
        answer = f"failure {number}"
    words = ("RDP", "TLS asked for in its X.224 request") if asked or granted else ("RDP",)
    return Stretch(words, end, heard, answer, bool(kind) and not granted, granted)


def _tpkt(data: bytes, code: int) -> tuple[bytes, int]:
    """The X.224 packet of this code in the TPKT (RFC 1006 section 6) at the start, and where that ends; else b"", 0."""
    length = int.from_bytes(data[2:4], "big")
    if data[:2] != b"\x03\x00" or not 11 <= length <= len(data) or data[5] & 0xF0 != code or data[4] != length - 5:
        return b"", 0
    return data[4:length], length


def amqp(client: bytes, server: bytes) -> Stretch | None:
    """AMQP 1.0: a protocol header with the number 2 opens its TLS layer (section 5.2.1)."""
    if not client.startswith(_AMQP_TLS):
        return Stretch(("AMQP",)) if client.startswith(b"AMQP") else None
    granted, answer = server.startswith(_AMQP_TLS), server[:8]
    refused = len(answer) == 8 and not granted
    return Stretch(("AMQP", "its TLS layer"), 8, len(answer), "the same header" if granted else "", refused, granted)


PACKETS: tuple[Recogniser, ...] = (postgresql, mysql, ldap, rdp, amqp)
