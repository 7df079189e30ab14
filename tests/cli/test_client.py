"""`minitls client`: a clean pipe; wrong options, wrong peers, stalled peers; how it ends."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from minitls import ServerConnection
from tests.helpers import server_config
from tests.interop.programs import (
    MINITLS,
    ROOT_PEM,
    SERVER_KEY,
    SERVER_PEM,
    Server,
    client,
    listening,
    minitls,
    python_context,
    serving,
)
from tests.peers import Program, running

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[Program]:
    with serving() as program:
        yield program


@pytest.mark.parametrize(
    "address",
    ["localhost", "localhost:", ":4433", "localhost:0", "localhost:65536", "localhost:http", "::1:4433", "[::1]", ""],
)
def test_a_bad_address_is_explained(address: str) -> None:
    result = minitls("client", address)
    assert result.status == 2
    assert re.search(r"HOST:PORT|brackets", result.err)
    assert "Traceback" not in result.err


def test_ipv6() -> None:
    with serving("--host", "::1") as server:
        assert "listening on [::1]:" in server.output
        result = minitls("client", f"[::1]:{server.port}", "--ca", ROOT_PEM, "--linger", "0.5", "--send", "hello")
        assert (result.status, result.out) == (0, b"hello\n"), result.err


def test_nobody_listens() -> None:
    with listening() as (listener, port):
        listener.close()
        result = client(port)
    assert result.status == 1
    assert "connection refused" in result.err and f"localhost:{port}" in result.err
    assert result.err.count("\n") == 1


def test_an_unknown_host() -> None:
    result = minitls("client", "no-such-host.invalid:4433")
    assert result.status == 1
    assert "no-such-host.invalid cannot be resolved" in result.err
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--suite", "NULL"), "TLS_RSA_WITH_AES_128_CBC_SHA"),
        (("--ca", "no-such-file"), "no-such-file"),
        (("--ca", SERVER_KEY), str(SERVER_KEY)),
        (("--cert", SERVER_PEM), "--cert and --key go together"),
        (("--cert", SERVER_PEM, "--key", SERVER_PEM), "holds no PEM private key"),
        (("--session", SERVER_PEM), "is no session file of minitls"),
        (("--crl", SERVER_PEM), str(SERVER_PEM)),
        (("--time", "yesterday"), "ISO 8601"),
        (("--max-fragment-length", "1000"), "1024"),
        (("--alpn", ""), "1 to 255 bytes"),
        (("--server-name", ""), "1 to 253"),
        (("--trace", "/no/such/directory/trace"), "cannot write"),
    ],
)
def test_wrong_usage_is_explained(options: tuple[str | Path, ...], told: str) -> None:
    result = minitls("client", "localhost:4433", *options)
    assert result.status == 2, result.err
    assert told in result.err
    assert "Traceback" not in result.err


def test_an_empty_ca_file(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    result = minitls("client", "localhost:4433", "--ca", tmp_path / "empty.pem")
    assert (result.status, "empty.pem" in result.err) == (2, True)


# Peers that do not speak TLS, or do not speak.


def peer(*says: bytes) -> Callable[[socket.socket], None]:
    """A server that reads the hello, says something, and closes."""

    def serve(sock: socket.socket) -> None:
        sock.recv(4096)
        for data in says:
            sock.sendall(data)

    return serve


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "that is HTTP, not TLS"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "that is SSH, not TLS"),
        (b"220 mail.example ESMTP\r\n", "that is SMTP or FTP, not TLS"),
        (b"", "closed the connection without a word"),
        (b"\x15\x03\x01\x00\x02\x02\x28", "forward secrecy"),
        (b"\x15\x03\x03\x00\x02\x02\x46", "protocol_version"),
        (b"\x00\x01\x02\x03\x04\x05\x06\x07", ""),
    ],
)
def test_a_strange_peer_is_named(says: bytes, told: str) -> None:
    with Server(peer(says)) as server:
        result = client(server.port)
    assert (result.status, result.out) == (1, b"")
    assert told in result.err
    assert result.err.count("\n") == 1 and "Traceback" not in result.err


def until_it_leaves(sock: socket.socket) -> None:
    with sock:
        while sock.recv(4096):
            pass


def test_a_peer_that_accepts_and_stalls() -> None:
    with Server(until_it_leaves) as server:
        result = client(server.port, "--timeout", "0.3")
    assert result.status == 1
    assert "no answer within 0.3 s: the peer was silent in state WAIT_SERVER_HELLO" in result.err


def test_a_peer_that_stalls_in_the_middle() -> None:
    def serve(sock: socket.socket) -> None:
        connection = ServerConnection(server_config())
        connection.receive_data(sock.recv(4096))
        sock.sendall(connection.data_to_send()[:-4])
        until_it_leaves(sock)

    with Server(serve) as server:
        result = client(server.port, "--timeout", "0.5")
    assert result.status == 1
    assert "WAIT_CERTIFICATE_REQUEST" in result.err


def test_a_peer_that_drips() -> None:
    def serve(sock: socket.socket) -> None:
        connection = ServerConnection(server_config())
        connection.receive_data(sock.recv(4096))
        sock.settimeout(0.02)
        for byte in connection.data_to_send():
            try:
                if not sock.recv(100):
                    return
            except TimeoutError:
                sock.sendall(bytes((byte,)))

    with Server(serve) as server:
        result = client(server.port, "--timeout", "0.5")
    assert result.status == 1
    assert "no answer within 0.5 s" in result.err


# The pipe.


def test_stdout_holds_the_peers_data_and_nothing_else(server: Program) -> None:
    data = bytes(range(256)) * 3
    result = client(server.port, data=data)
    assert (result.status, result.out) == (0, data)
    assert result.err.count("\n") == 1


def test_input_from_a_file_and_from_nowhere(server: Program, tmp_path: Path) -> None:
    (tmp_path / "input").write_bytes(b"from a file\n")
    command = [*MINITLS, "client", f"localhost:{server.port}", "--ca", str(ROOT_PEM), "--linger", "0.5"]
    with (tmp_path / "input").open() as file:
        done = subprocess.run(command, stdin=file, capture_output=True, timeout=30)
    assert (done.returncode, done.stdout) == (0, b"from a file\n")
    done = subprocess.run(["sh", "-c", '"$@" <&-', "sh", *command], capture_output=True, timeout=30)
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"Traceback" not in done.stderr


def test_a_conversation_line_by_line(server: Program) -> None:
    command = (*MINITLS, "client", f"localhost:{server.port}", "--ca", ROOT_PEM, "--linger", "0.2")
    with running(*command, ready="TLSv1.2") as program:
        for line in ("one", "two", "three"):
            program.write(line + "\n")
            program.wait_for(f"(?m)^{line}$")
        program.close_input()
        assert program.wait() == 0


def test_a_late_answer_is_waited_for() -> None:
    """A server that thinks: the end of our input must not cut its answer off (RFC 5246 section 7.2.1)."""

    def serve(sock: socket.socket) -> None:
        with python_context(True).wrap_socket(sock, server_side=True) as tls:
            question = tls.recv(100)
            # The client's input has ended long since; it must be lingering.
            threading.Event().wait(0.4)
            tls.sendall(b"answer to " + question)
            tls.unwrap()

    with Server(serve) as server:
        result = client(server.port, "--linger", "10", "--send", "question")
    assert (result.status, result.out) == (0, b"answer to question\n"), result.err
    assert not server.faults


def test_without_linger_close_notify_follows_the_input() -> None:
    seen = []

    def serve(sock: socket.socket) -> None:
        with python_context(True).wrap_socket(sock, server_side=True) as tls:
            seen.append(tls.recv(100))
            seen.append(tls.recv(100))
            tls.unwrap()

    with Server(serve) as server:
        result = client(server.port, "--linger", "0", "--send", "hello")
    assert (result.status, seen) == (0, [b"hello\n", b""]), (result.err, server.faults)


def test_a_reader_that_leaves(server: Program) -> None:
    """`minitls client ... | head -c 5`, with much more to come."""
    pipe = '"$@" | head -c 5'
    command = [*MINITLS, "client", f"localhost:{server.port}", "--ca", str(ROOT_PEM)]
    done = subprocess.run(["sh", "-c", pipe, "sh", *command], input=b"x" * 1_000_000, capture_output=True, timeout=30)
    assert done.stdout == b"xxxxx"
    assert b"Traceback" not in done.stderr and b"Exception" not in done.stderr


def test_ctrl_c_ends_it(server: Program) -> None:
    with running(*MINITLS, "client", f"localhost:{server.port}", "--ca", ROOT_PEM, ready="TLSv1.2") as program:
        program.process.send_signal(signal.SIGINT)
        assert program.wait() == 130
        assert "Traceback" not in program.output


def test_a_peer_that_never_answers_close_notify() -> None:
    """The client waits for its timeout, then goes: its data was sent."""
    left = threading.Event()

    def serve(sock: socket.socket) -> None:
        with python_context(True).wrap_socket(sock, server_side=True) as tls:
            while tls.recv(100):
                pass
            left.wait(30)

    with Server(serve) as server:
        result = client(server.port, "--linger", "0", "--timeout", "0.5", "--send", "x")
        left.set()
    assert result.status == 0, result.err


def test_the_session_file(server: Program, tmp_path: Path) -> None:
    session = tmp_path / "session"
    told = ["resumed" in client(server.port, "--session", session, "--send", "x").err for _ in range(2)]
    assert told == [False, True]
    result = client(server.port, "--session", tmp_path / "no" / "session", "--send", "x")
    assert "Traceback" not in result.err
    assert result.status == 2
