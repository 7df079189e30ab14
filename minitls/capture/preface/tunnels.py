"""What a client says to be carried on: PROXY protocol, HTTP CONNECT, SOCKS. Another protocol follows inside."""

from __future__ import annotations

import ipaddress
import re

from .stretch import Recogniser, Stretch, quoted

_PROXY_1 = re.compile(rb"PROXY (TCP4|TCP6|UNKNOWN)([^\r\n]{0,96})\r\n")
_PROXY_2 = b"\r\n\r\n\x00\r\nQUIT\n"
_HEADERS = rb"(?:[^\r\n]+\r?\n)*\r?\n"
_CONNECT = re.compile(rb"CONNECT (\S{1,300}) HTTP/1\.[01]\r?\n" + _HEADERS)
_STATUS = re.compile(rb"HTTP/1\.[01] ((\d{3})[^\r\n]*)\r?\n" + _HEADERS)
_UPGRADE = re.compile(rb"[A-Z]+ \S+ HTTP/1\.1\r?\n" + _HEADERS)
_ASKS_UPGRADE = re.compile(rb"(?im)^Upgrade:[^\r\n]*\bTLS/1\.\d")
_LENGTH = re.compile(rb"(?im)^Content-Length:[ \t]*(\d{1,9})")
#: Bytes of an address in a SOCKS 5 request by its type, without the port (RFC 1928 section 4).
_ADDRESSES = {1: 4, 4: 16}


def proxy_protocol(client: bytes, server: bytes) -> Stretch | None:
    """The PROXY protocol of HAProxy, versions 1 (a line) and 2 (binary): who the client behind a proxy is."""
    line = _PROXY_1.match(client)
    if line:
        fields = line[2].split()
        told = f" (from {quoted(fields[0])} port {quoted(fields[2])})" if len(fields) == 4 else ""
        return Stretch((f"PROXY protocol version 1{told}",), line.end(), granted=True)
    if client.startswith(_PROXY_2) and len(client) >= 16 and client[12] >> 4 == 2:
        end = 16 + int.from_bytes(client[14:16], "big")
        if len(client) >= end:
            return Stretch((f"PROXY protocol version 2{_proxied(client)}",), end, granted=True)
    return None


def _proxied(client: bytes) -> str:
    size = {1: 4, 2: 16}.get(client[13] >> 4, 0)
    if client[12] & 15 != 1 or not size or len(client) < 16 + 2 * size + 4:
        return ""
    port = int.from_bytes(client[16 + 2 * size : 18 + 2 * size], "big")
    return f" (from {ipaddress.ip_address(client[16 : 16 + size])} port {port})"


def http_connect(client: bytes, server: bytes) -> Stretch | None:
    """HTTP CONNECT (RFC 9110 section 9.3.6), repeated where the proxy first wants a password (407)."""
    asked = answered = refused = 0
    target, answer, granted = b"", b"", False
    while not granted and (request := _CONNECT.match(client, asked)):
        asked, target = request.end(), request[1]
        status = _STATUS.match(server, answered)
        if status is None:
            break
        answer, granted = status[1], status[2].startswith(b"2")
        answered = status.end() + (0 if granted else _body(status[0]))
        refused += not granted
    if not asked:
        return None
    return Stretch((f"HTTP CONNECT to {quoted(target)}",), asked, answered, quoted(answer), refused, granted)


def _body(headers: bytes) -> int:
    length = _LENGTH.search(headers)
    return int(length[1]) if length else 0


def http_upgrade(client: bytes, server: bytes) -> Stretch | None:
    """HTTP's own way to TLS (RFC 2817), which printers speak: Upgrade: TLS/1.0, answered with 101."""
    request = _UPGRADE.match(client)
    if request is None or not _ASKS_UPGRADE.search(request[0]):
        return None
    status = _STATUS.match(server)
    granted = status is not None and status[2] == b"101"
    answer = quoted(status[1]) if status else ""
    end = status.end() if status else 0
    return Stretch(("HTTP", "Upgrade: TLS"), request.end(), end, answer, bool(status) and not granted, granted)


def socks5(client: bytes, server: bytes) -> Stretch | None:
    """SOCKS version 5 (RFC 1928): methods, a password if wanted (RFC 1929), and where to connect."""
    if len(client) < 3 or client[0] != 5 or not client[1] or not {0, 1, 2, 0xFF} & {*client[2 : 2 + client[1]]}:
        return None
    at, heard = 2 + client[1], 2
    if client[at : at + 1] == b"\x01" and server[1:2] in (b"\x02", b""):
        name = at + 2
        password = name + (client[at + 1] if len(client) > at + 1 else 0)
        at, heard = password + 1 + (client[password] if len(client) > password else 0), 4
    size = _ADDRESSES.get(client[at + 3]) if len(client) > at + 3 else 0
    if size is None:
        size = 1 + client[at + 4] if len(client) > at + 4 else 0
    if client[at : at + 1] != b"\x05" or not size or len(client) < at + 6 + size:
        return Stretch(("SOCKS 5",))
    address = client[at + 4 : at + 4 + size]
    host = str(ipaddress.ip_address(address)) if client[at + 3] in _ADDRESSES else quoted(address[1:])
    port = int.from_bytes(client[at + 4 + size : at + 6 + size], "big")
    reply = server[heard + 1 : heard + 2]
    bound = server[heard + 3 : heard + 5]
    length = (_ADDRESSES.get(bound[0]) or 1 + bound[1]) if len(bound) == 2 else 0
    answer = f"reply {reply[0]}" if reply else ""
    end = min(len(server), heard + 6 + length)
    return Stretch((f"SOCKS 5 to {host}:{port}",), at + 6 + size, end, answer, reply > b"\0", reply == b"\0")


def socks4(client: bytes, server: bytes) -> Stretch | None:
    """SOCKS version 4, and 4a, where the proxy looks up the name: an address 0.0.0.x stands for one that follows."""
    user = client.find(b"\0", 8)
    if client[:2] != b"\x04\x01" or user < 0:
        return None
    end, host = user + 1, str(ipaddress.ip_address(client[4:8]))
    if client[4:7] == bytes(3) and client[7]:
        name, end = end, client.find(b"\0", end) + 1
        if not end:
            return None
        host = quoted(client[name : end - 1])
    port, reply = int.from_bytes(client[2:4], "big"), server[1:2]
    answer = f"reply {reply[0]}" if reply else ""
    granted = reply == b"\x5a"
    words = (f"SOCKS 4 to {host}:{port}",)
    return Stretch(words, end, min(8, len(server)), answer, bool(reply) and not granted, granted)


TUNNELS: tuple[Recogniser, ...] = (proxy_protocol, http_connect, socks5, socks4)
