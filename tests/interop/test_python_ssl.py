"""minitls and Python's ssl module, in this process: blocking sockets on both sides, over real TCP."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import pytest

import minitls
from tests.helpers import credential, trust
from tests.interop.programs import (
    CLIENT_KEY,
    CLIENT_PEM,
    ROOT_PEM,
    SUITES,
    Server,
    client,
    python_context,
    serving,
)
from tests.peers import Program

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[Program]:
    with serving() as program:
        yield program


def connected(context: ssl.SSLContext, port: int, session: ssl.SSLSession | None = None) -> ssl.SSLSocket:
    sock = socket.create_connection(("127.0.0.1", port), 30)
    return context.wrap_socket(sock, server_hostname="localhost", session=session)


def echo(tls: ssl.SSLSocket | minitls.TLSSocket) -> None:
    while data := tls.recv(65536):
        tls.sendall(data)


def python_server(context: ssl.SSLContext, seen: list[ssl.SSLSocket] | None = None) -> Server:
    """An echo server of Python's ssl; every finished handshake's socket goes into `seen`."""

    def serve(sock: socket.socket) -> None:
        with context.wrap_socket(sock, server_side=True) as tls:
            if seen is not None:
                seen.append(tls)
            echo(tls)
            tls.unwrap()

    return Server(serve)


@pytest.mark.parametrize("suite", SUITES)
def test_pythons_client_in_every_suite(server: Program, suite: str) -> None:
    with connected(python_context(False, suite), server.port) as tls:
        assert tls.version() == "TLSv1.2"
        assert tls.cipher() is not None and tls.cipher()[0] == suite  # type: ignore[index]  # The first half says that it is there.
        tls.sendall(b"hello, Python\n")
        assert tls.recv(100) == b"hello, Python\n"
        tls.unwrap()


@pytest.mark.parametrize("suite", SUITES)
def test_pythons_server_in_every_suite(suite: str) -> None:
    with python_server(python_context(True, suite)) as server:
        result = client(server.port, "--suite", suite, "--send", "hello")
        assert (result.status, result.out) == (0, b"hello\n"), result.err
    assert not server.faults


def test_pythons_defaults(server: Program) -> None:
    """`create_default_context` offers TLS 1.3; its ciphers leave RSA key exchange out, so they are named."""
    context = ssl.create_default_context(cafile=str(ROOT_PEM))
    context.set_ciphers("DEFAULT")
    assert context.maximum_version is ssl.TLSVersion.MAXIMUM_SUPPORTED
    with connected(context, server.port) as tls:
        assert tls.version() == "TLSv1.2"
        tls.sendall(b"hello\n")
        assert tls.recv(100) == b"hello\n"


def test_without_a_common_suite(server: Program) -> None:
    with pytest.raises(ssl.SSLError, match=r"(?i)handshake.failure"):
        connected(python_context(False, "ECDHE-RSA-AES128-GCM-SHA256"), server.port)
    with python_server(python_context(True, "ECDHE-RSA-AES128-GCM-SHA256")) as other:
        result = client(other.port, "--send", "hello")
        assert result.status == 1
        assert "TLS_RSA" in result.err and "forward secrecy" in result.err and "Try" in result.err


@pytest.mark.parametrize("tickets", [True, False], ids=["ticket", "session ID"])
def test_pythons_client_resumes(server: Program, tickets: bool) -> None:
    context = python_context(False)
    if not tickets:
        context.options |= ssl.OP_NO_TICKET
    session, reused = None, []
    for _ in range(3):
        with connected(context, server.port, session) as tls:
            reused.append(tls.session_reused)
            assert tls.session is not None and tls.session.has_ticket == tickets
            session = tls.session
            tls.sendall(b"again\n")
            assert tls.recv(100) == b"again\n"
            tls.unwrap()
    assert reused == [False, True, True]


@pytest.mark.parametrize("tickets", [True, False], ids=["ticket", "session ID"])
def test_minitls_resumes_at_pythons_server(tickets: bool) -> None:
    context = python_context(True)
    if not tickets:
        context.options |= ssl.OP_NO_TICKET
    config = minitls.ClientConfig(trust=trust(), sessions=minitls.SessionCache())
    seen: list[ssl.SSLSocket] = []
    reused = []
    with python_server(context, seen) as server:
        for _ in range(3):
            with minitls.connect(("127.0.0.1", server.port), config, "localhost", timeout=30) as tls:
                tls.sendall(b"again")
                assert tls.recv(100) == b"again"
                reused.append((tls.negotiated.resumed, seen[-1].session_reused))
    assert reused == [(False, False), (True, True), (True, True)]
    assert not server.faults


def test_client_certificates_both_ways() -> None:
    with serving("--client-ca", ROOT_PEM, "--require") as server:
        context = python_context(False)
        context.load_cert_chain(CLIENT_PEM, CLIENT_KEY)
        with connected(context, server.port) as tls:
            tls.sendall(b"GET / HTTP/1.0\r\n\r\n")
            page = tls.makefile("rb").read()
            assert b"Your certificate<td>2 shown" in page
        with pytest.raises(ssl.SSLError, match=r"(?i)handshake.failure"):
            connected(python_context(False), server.port)
    context = python_context(True)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ROOT_PEM)
    names = []

    def serve(sock: socket.socket) -> None:
        with context.wrap_socket(sock, server_side=True) as tls:
            shown = tls.getpeercert()
            names.append(shown["subject"] if shown else None)
            echo(tls)
            tls.unwrap()

    with Server(serve) as python:
        result = client(python.port, "--cert", CLIENT_PEM, "--key", CLIENT_KEY, "--send", "hello")
        assert (result.status, result.out) == (0, b"hello\n"), result.err
    assert names == [((("commonName", "minitls demo client"),),)]


def test_alpn_both_ways() -> None:
    with serving("--alpn", "one", "--alpn", "two") as server:
        context = python_context(False)
        context.set_alpn_protocols(["two", "three"])
        with connected(context, server.port) as tls:
            assert tls.selected_alpn_protocol() == "two"
    context = python_context(True)
    context.set_alpn_protocols(["three", "two"])
    with python_server(context) as python:
        result = client(python.port, "--alpn", "two", "--alpn", "three", "--send", "x")
        assert "ALPN three" in result.err


def test_several_megabytes_both_ways(server: Program) -> None:
    """Each byte is echoed while more is being sent, so neither side may stop reading to write."""
    data = bytes(range(256)) * 16 * 1024
    with python_server(python_context(True)) as python:
        result = client(python.port, data=data)
        assert (result.status, result.out == data) == (0, True), result.err
    with minitls.connect(("127.0.0.1", server.port), minitls.ClientConfig(trust=trust()), "localhost", 30) as tls:
        for position in range(0, len(data), 100_000):
            part = data[position : position + 100_000]
            tls.sendall(part)
            back = b""
            while len(back) < len(part):
                back += tls.recv(65536)
            assert back == part


def test_close_notify_both_ways() -> None:
    """`unwrap` sends close_notify and waits for the answer: it raises if TCP ends without."""
    config = minitls.ServerConfig(credentials=(credential(),))
    ends = []

    def serve(sock: socket.socket) -> None:
        with minitls.wrap_socket(sock, config, server_side=True) as tls:
            ends.append(tls.recv(100))

    with Server(serve) as server, connected(python_context(False), server.port) as tls:
        tls.unwrap()
    assert ends == [b""]
    assert not server.faults


def test_tcp_that_ends_without_close_notify_is_truncated() -> None:
    def serve(sock: socket.socket) -> None:
        with python_context(True).wrap_socket(sock, server_side=True) as tls:
            tls.sendall(b"the first half")

    with Server(serve) as server:
        result = client(server.port)
        assert (result.status, result.out) == (1, b"the first half")
        assert "truncated" in result.err
        with minitls.connect(("127.0.0.1", server.port), minitls.ClientConfig(trust=trust()), "localhost", 30) as tls:
            assert tls.recv(100) == b"the first half"
            with pytest.raises(minitls.TLSError, match="truncated"):
                tls.recv(100)
