"""Real conversations that come to TLS late: small servers, each in a few lines, and a relay that keeps what is said.

The clients are other people's programs (openssl s_client, curl, Python's smtplib and the like); the servers speak the
plain part by a script and hand the socket to Python's ssl, which is OpenSSL. A server is a function of its socket.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from minitls.pki import demo as demo_pki
from tests.helpers import DEMO
from tests.trace.packets import Flow

Serve = Callable[[socket.socket], None]
SUITE = "AES128-GCM-SHA256"
KEY = DEMO / "server.key"


@cache
def server_context(suite: str = SUITE) -> ssl.SSLContext:
    """TLS 1.2 with the demo server's certificate, so that a capture opens with its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(suite)
    context.load_cert_chain(DEMO / "server.pem", KEY)
    return context


def client_context() -> ssl.SSLContext:
    """A client that believes the demo root."""
    context = ssl.create_default_context(cadata=demo_pki.root_pem().decode())
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ALL")
    return context


def tls(sock: socket.socket, said: bytes = b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n") -> None:
    """The rest of a connection: a handshake as server, what curl waits for, and whatever comes up to the end."""
    with contextlib.suppress(OSError, ssl.SSLError), server_context().wrap_socket(sock, server_side=True) as secured:
        secured.sendall(said)
        while secured.recv(4096):
            pass


def lines(asks: str, grants: str, *others: tuple[str, str], greeting: str = "", then: Serve = tls) -> Serve:
    """A server of a protocol of lines: it greets, answers what ends in one of `others`, and `asks` with `grants`."""

    def serve(sock: socket.socket) -> None:
        sock.sendall(greeting.encode())
        heard = ""
        while not heard.endswith(asks):
            heard += take(sock, 1).decode()
            answer = next((answer for end, answer in others if heard.endswith(end) and not heard.endswith(asks)), None)
            if answer is not None:
                sock.sendall(answer.replace("{tag}", heard.split()[0]).encode())
                heard = ""
        sock.sendall(grants.replace("{tag}", heard.split()[0]).encode())
        then(sock)

    return serve


def take(sock: socket.socket, size: int) -> bytes:
    """Exactly so many bytes."""
    data = b""
    while len(data) < size:
        piece = sock.recv(size - len(data))
        assert piece, "the other side has gone"
        data += piece
    return data


@contextlib.contextmanager
def overheard(serve: Serve) -> Iterator[tuple[int, list[Flow]]]:
    """The port of a relay before `serve`, and all that goes through it, in order; complete after the block."""
    heard: list[Flow] = []
    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as front, socket.create_server(("127.0.0.1", 0)) as back:

        def pump(source: socket.socket, target: socket.socket, side: str) -> None:
            with contextlib.suppress(OSError):
                while data := source.recv(65536):
                    heard.append((side, data))
                    target.sendall(data)
            with contextlib.suppress(OSError):
                target.shutdown(socket.SHUT_WR)

        def served() -> None:
            with back.accept()[0] as sock, contextlib.suppress(OSError, AssertionError):
                sock.settimeout(10)
                serve(sock)

        def relay() -> None:
            outer = socket.create_connection(back.getsockname())
            inner, _ = front.accept()
            with inner, outer:
                both = [
                    threading.Thread(target=pump, args=(inner, outer, "client"), daemon=True),
                    threading.Thread(target=pump, args=(outer, inner, "server"), daemon=True),
                ]
                for each in both:
                    each.start()
                for each in both:
                    each.join(10)

        threads += [threading.Thread(target=each, daemon=True) for each in (served, relay)]
        for each in threads:
            each.start()
        yield front.getsockname()[1], heard
        for each in threads:
            each.join(10)
            assert not each.is_alive(), "the conversation does not end"


def in_memory(
    suite: str, keylog: Path, before: ssl.SSLObject | None = None, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
) -> tuple[list[Flow], ssl.SSLObject]:
    """A TLS 1.2 conversation of OpenSSL with itself, without sockets: handshake, a word each way, close.

    With the client of one `before`, its session is taken up again.
    """
    server_side = server_context(f"{suite}:@SECLEVEL=0")
    client_side = client_context() if before is None else before.context
    client_side.keylog_filename = str(keylog)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # That is what older versions are for.
        client_side.minimum_version = server_side.minimum_version = min(version, ssl.TLSVersion.TLSv1_2)
        client_side.maximum_version = version
    client_side.check_hostname, client_side.verify_mode = False, ssl.CERT_NONE
    client_side.set_ciphers(f"{suite}:@SECLEVEL=0")
    wires = {"client": ssl.MemoryBIO(), "server": ssl.MemoryBIO()}
    client = client_side.wrap_bio(wires["server"], wires["client"], session=before.session if before else None)
    server = server_side.wrap_bio(wires["client"], wires["server"], server_side=True)
    flows: list[Flow] = []

    def step(side: str, act: Callable[[], object]) -> None:
        """Let a side act; what it wrote is kept, and given on."""
        outgoing, waiting = wires[side], wires[side].pending
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            act()
        if outgoing.pending > waiting:
            data = outgoing.read()
            flows.append((side, data[waiting:]))
            outgoing.write(data)

    for _ in range(3):
        step("client", client.do_handshake)
        step("server", server.do_handshake)
    for side, end, other in (("client", client, server), ("server", server, client)):
        step(side, lambda end=end, side=side: end.write(f"the {side} says hello".encode()))  # type: ignore[misc]
        assert other.read(100)
    step("client", client.unwrap)
    step("server", server.unwrap)
    return flows, client
