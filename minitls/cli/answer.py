"""What `minitls server` says to its clients: a page about the connection for an HTTP request, an echo for the rest."""

from __future__ import annotations

import html
import re

from ..handshake.negotiated import Negotiated
from ..transport.blocking import TLSSocket

#: Largest request head that is read, in bytes.
MAX_HEAD = 65536
_REQUEST_LINE = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.[01]\r?\n")
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")


def answer(tls: TLSSocket, mode: str | None) -> None:
    """Serve one connection until the client closes. `mode`: "http", "echo", or None to tell by the first line."""
    data = b"" if mode == "echo" else _first_line(tls, mode)
    if mode == "http" or _REQUEST_LINE.match(data):
        _answer_http(tls, data)
        return
    while data := data or tls.recv(MAX_HEAD):
        tls.sendall(data)
        data = b""


def _first_line(tls: TLSSocket, mode: str | None) -> bytes:
    """The first line and what came with it; less, as soon as it cannot be a request: an echo must not wait for it."""
    head = b""
    while b"\n" not in head and len(head) < 8192 and (mode == "http" or _may_be_http(head)):
        data = tls.recv(MAX_HEAD)
        if not data:
            break
        head += data
    return head


def _may_be_http(head: bytes) -> bool:
    return re.match(rb"[A-Z]{0,10}( |\Z)", head) is not None


def _answer_http(tls: TLSSocket, head: bytes) -> None:
    ended = _END_OF_HEAD.search(head)
    while not ended and len(head) < MAX_HEAD:
        data = tls.recv(MAX_HEAD)
        if not data:
            break
        # Only what is new is searched, with room for an end that began before it: a client may send byte by byte.
        ended = _END_OF_HEAD.search(head[-3:] + data)
        head += data
    request = _REQUEST_LINE.match(head)
    if request is None or not ended:
        tls.sendall(_response("400 Bad Request", "<h1>This is no HTTP request that minitls understands</h1>", True))
        return
    method, target = request[1], request[2].decode("ascii", "backslashreplace")
    tls.sendall(_response("200 OK", _page(target, tls.negotiated), method != b"HEAD"))


def _response(status: str, body: str, with_body: bool) -> bytes:
    page = f'<!doctype html><meta charset="utf-8"><title>minitls</title>{_STYLE}{body}\n'.encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(page)}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + (page if with_body else b"")


_STYLE = (
    '<meta name="viewport" content="width=device-width"><style>'
    ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui;margin:2rem auto;max-width:40rem;padding:0 1rem}"
    "td{padding:.2rem 1rem .2rem 0;vertical-align:top}td:last-child{font-family:ui-monospace,monospace;"
    "overflow-wrap:anywhere}</style>"
)


def _page(target: str, agreed: Negotiated) -> str:
    resumed = "taken up again from an earlier connection" if agreed.resumed else "new"
    rows = {
        "You asked for": target,
        "Version": agreed.version,
        "Cipher suite": agreed.cipher_suite,
        "Host named (SNI)": agreed.server_name or "none",
        "Protocol (ALPN)": agreed.alpn or "none",
        "Extended master secret": "yes" if agreed.extended_master_secret else "no",
        "Encrypt-then-MAC": "yes" if agreed.encrypt_then_mac else "no",
        "Session": f"{resumed}; ID {agreed.session_id.hex() or 'none'}",
        "Your certificate": f"{len(agreed.peer_certificates)} shown" if agreed.peer_certificates else "none",
    }
    table = "".join(f"<tr><td>{name}<td>{html.escape(value)}" for name, value in rows.items())
    return f"<h1>This page came over minitls</h1><table>{table}</table>"
