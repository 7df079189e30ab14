"""`minitls server`: wrong options, wrong peers, slow peers, many peers, and Ctrl-C. Real programs, real sockets."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import minitls
from tests.conftest import Start
from tests.handshake.peer import Peer
from tests.helpers import client_config
from tests.interop.programs import GALLERY, MINITLS, ROOT_PEM, SERVER_KEY, SERVER_PEM, client, listening, run, serving
from tests.interop.programs import minitls as program
from tests.peers import LISTENING, Program, require_program

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[Program]:
    with serving() as running:
        yield running


def connected(port: int) -> minitls.TLSSocket:
    return minitls.connect(("127.0.0.1", port), client_config(), "localhost", timeout=30)


def said_by(port: int, data: bytes) -> bytes:
    """All that the server answers to `data` before it closes."""
    with socket.create_connection(("127.0.0.1", port), 30) as sock:
        sock.sendall(data)
        answer = b""
        while more := sock.recv(65536):
            answer += more
        return answer


def files(folder: Path) -> dict[str, Path]:
    """Files with something wrong, by what is wrong."""
    (folder / "empty").write_bytes(b"")
    (folder / "noise").write_bytes(bytes(range(256)))
    (folder / "damaged").write_text(SERVER_PEM.read_text().replace("A", "!", 5))
    return {name: folder / name for name in ("missing", "empty", "noise", "damaged")} | {"folder": folder}


#: A list of roots may be a folder, and its readable certificates count, so those are no faults of --client-ca.
WRONG_FILES = [
    *(
        (option, wrong)
        for option in ("--cert", "--key")
        for wrong in ("missing", "empty", "noise", "damaged", "folder")
    ),
    *(("--client-ca", wrong) for wrong in ("missing", "empty", "noise")),
]


@pytest.mark.parametrize(("option", "wrong"), WRONG_FILES)
def test_a_wrong_file_is_named(tmp_path: Path, option: str, wrong: str) -> None:
    path = files(tmp_path)[wrong]
    options: dict[str, Path] = {"--cert": SERVER_PEM, "--key": SERVER_KEY, option: path}
    result = program("server", "--port", "0", *(part for pair in options.items() for part in pair))
    assert result.status == 2
    assert str(path) in result.err
    assert "Traceback" not in result.err
    if wrong == "missing":
        assert "No such file" in result.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--cert", SERVER_PEM), "each --cert needs its --key"),
        (("--cert", SERVER_PEM, "--key", GALLERY / "ecdsa-leaf.key"), "do not match"),
        (("--cert", GALLERY / "ecdsa-leaf.pem", "--key", GALLERY / "ecdsa-leaf.key"), "RSA key"),
        (("--require",), "--client-ca"),
        (("--suite", "TLS_NO_SUCH"), "TLS_RSA_WITH_AES_128_GCM_SHA256"),
        (("--suite", "ECDHE-RSA-AES128-SHA"), "TLS_RSA_WITH_AES_128_CBC_SHA"),
        (("--host", "0.0.0.0"), "minitls pki"),
        (("--host", "no-such-host.invalid"), "no-such-host.invalid"),
        (("--fault", "no-such-fault"), "wrong-host"),
        (("--staple", "no-such-file"), "no-such-file"),
        (("--port", "65536"), "65535"),
        (("--record-size-limit", "63"), "64"),
        (("--timeout", "0"), "0.1"),
    ],
)
def test_wrong_usage_is_explained(options: tuple[str | Path, ...], told: str) -> None:
    result = program("server", "--port", "0", *options)
    assert result.status == 2
    assert told in result.err
    assert "Traceback" not in result.err


def test_a_port_in_use() -> None:
    with listening() as (_, port):
        result = program("server", "--port", str(port))
    assert result.status == 1
    assert f"cannot listen on 127.0.0.1:{port}: the port is in use; try --port 0" in result.err
    assert result.err.count("\n") == 1


def test_ctrl_c_ends_quietly() -> None:
    with serving() as server, connected(server.port) as tls:
        tls.sendall(b"hello\n")
        assert tls.recv(100) == b"hello\n"
        server.process.send_signal(signal.SIGINT)
        assert server.wait() == 0
        assert "Traceback" not in server.output and "Abort" not in server.output


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "that is SSH, not TLS"),
        (b"EHLO me.example\r\n", "that is SMTP, not TLS"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2 without TLS"),
        (b"hello there\r\n", "that is text, not TLS"),
    ],
)
def test_a_peer_that_does_not_speak_tls_is_named(server: Program, data: bytes, told: str) -> None:
    # The alert unexpected_message, in a record of its own (RFC 5246 section 7.2).
    assert said_by(server.port, data) == bytes.fromhex("15 03 03 00 02 02 0a")
    server.wait_for(told)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_plain_http_gets_one_line(server: Program, method: str) -> None:
    answer = said_by(server.port, f"{method} / HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 400 ")
    assert body.strip() == b"this port speaks TLS"


def test_a_failed_connection_is_one_line() -> None:
    with serving() as server:
        with socket.create_connection(("127.0.0.1", server.port), 30):
            pass
        server.wait_for("the peer closed the connection without a word\n")
        with pytest.raises(minitls.TLSError, match="localhost"):
            minitls.connect(("127.0.0.1", server.port), minitls.ClientConfig(), "other.example", timeout=30)
        server.wait_for(r"the peer sent the fatal alert bad_certificate \(42\)")
        assert len(server.output.splitlines()) == 3


def test_a_silent_client_is_given_up() -> None:
    with serving("--timeout", "0.3") as server:
        assert said_by(server.port, b"") == b""
        server.wait_for("the peer did not answer within 0.3 s in state WAIT_CLIENT_HELLO")
        assert said_by(server.port, Peer("client").say("ClientHello")) != b""
        server.wait_for("the peer did not answer within 0.3 s in state WAIT_CLIENT_KEY_EXCHANGE")


def test_a_client_that_drips_is_given_up() -> None:
    """The timeout is for the whole handshake: bytes that come one by one do not stretch it."""
    hello = Peer("client").say("ClientHello")
    with serving("--timeout", "0.5") as server, socket.create_connection(("127.0.0.1", server.port)) as sock:
        sock.settimeout(0.02)
        sent = 0
        while sent < len(hello):
            try:
                assert sock.recv(100) == b""
                break
            except TimeoutError:
                sock.sendall(hello[sent : sent + 1])
                sent += 1
        assert sent < len(hello)
        server.wait_for("did not answer within 0.5 s in state WAIT_CLIENT_HELLO")


def test_a_stalled_connection_stops_nobody(server: Program) -> None:
    silent = socket.create_connection(("127.0.0.1", server.port))
    with silent, connected(server.port) as first, connected(server.port) as second:
        for tls, text in ((second, b"two\n"), (first, b"one\n"), (second, b"three\n")):
            tls.sendall(text)
            assert tls.recv(100) == text


def test_a_hundred_connections_at_once_and_no_more() -> None:
    with serving() as server:
        open_ones = [connected(server.port) for _ in range(100)]
        try:
            for index, tls in enumerate(open_ones):
                tls.sendall(b"%d\n" % index)
            assert [tls.recv(100) for tls in open_ones] == [b"%d\n" % index for index in range(100)]
            with socket.create_connection(("127.0.0.1", server.port)) as waiting:
                waiting.settimeout(0.3)
                late = minitls.ClientConnection(client_config(), "localhost")
                waiting.sendall(late.data_to_send())
                with pytest.raises(TimeoutError):
                    waiting.recv(1)
                open_ones.pop().close()
                waiting.settimeout(30)
                assert waiting.recv(1) == b"\x16"
        finally:
            for tls in open_ones:
                tls.close()
        for _ in range(20):
            connected(server.port).close()


def test_modes() -> None:
    with serving("--echo") as server, connected(server.port) as tls:
        tls.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert tls.makefile("rb").read(18) == b"GET / HTTP/1.0\r\n\r\n"
    with serving("--http") as server:
        for request, status in ((b"GET / HTTP/1.0\r\n\r\n", b"200"), (b"no request\r\n\r\n", b"400")):
            with connected(server.port) as tls:
                tls.sendall(request)
                assert tls.makefile("rb").read().startswith(b"HTTP/1.1 " + status)


def test_a_request_in_pieces_and_a_line_that_only_looks_like_one(server: Program) -> None:
    with connected(server.port) as tls:
        for piece in (b"G", b"ET /in-pieces HT", b"TP/1.0\r\n", b"\r", b"\n"):
            tls.sendall(piece)
        assert b"<td>/in-pieces" in tls.makefile("rb").read()
    with connected(server.port) as tls:
        tls.sendall(b"GET OFF MY LAWN\n")
        assert tls.recv(100) == b"GET OFF MY LAWN\n"


def test_a_path_cannot_write_html(server: Program) -> None:
    with connected(server.port) as tls:
        tls.sendall(b"GET /<script>alert(1)</script>\xff HTTP/1.0\r\n\r\n")
        page = tls.makefile("rb").read()
        assert b"<script" not in page and b"/&lt;script&gt;" in page


@pytest.mark.parametrize("fault", ["expired", "wrong-host", "unknown-ca", "no-key-encipherment", "ecdsa-leaf"])
def test_a_fault_is_served_with_the_command_that_shows_it(fault: str) -> None:
    with serving("--fault", fault) as server:
        shown = server.wait_for(r"(?m)^  minitls (client .*)$")
        result = run(*MINITLS, *shown[1].split())
        assert result.status == 1
        assert result.out == b"" and "alert sent: " in result.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    path.touch(0o000)
    result = program("server", "--port", "0", "--cert", SERVER_PEM, "--key", path)
    assert (result.status, "Permission denied" in result.err) == (2, True)


def test_traces_and_key_log_are_private(tmp_path: Path) -> None:
    log, folder = tmp_path / "keys", tmp_path / "traces"
    with serving("--trace-dir", folder, "--keylog", log) as server:
        for _ in range(2):
            assert client(server.port, "--send", "hello").out == b"hello\n"
    written = [*folder.iterdir(), log]
    assert len(written) == 3
    assert {path.stat().st_mode & 0o777 for path in written} == {0o600}
    assert log.read_text().count("CLIENT_RANDOM ") == 2
    result = program("server", "--port", "0", "--keylog", tmp_path / "no" / "such")
    assert (result.status, "cannot write" in result.err) == (2, True)


def test_clients_are_judged_by_the_given_roots() -> None:
    with serving("--client-ca", ROOT_PEM, "--require") as server:
        assert client(server.port, "--send", "x").status == 1
        server.wait_for("handshake_failure")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("-tls1_3",), "the client offers only TLS 1.3 suites"),
        (("-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"), "the client offers only TLS_ECDHE_RSA suites"),
        (("-tls1_1", "-cipher", "AES128-SHA:@SECLEVEL=0"), "the client offers TLS 1.1 (0302) at most"),
    ],
)
def test_a_hello_that_came_to_nothing_is_one_line_in_words(start: Start, options: tuple[str, ...], told: str) -> None:
    server = start(*MINITLS, "server", "--port", "0", ready=LISTENING)
    command = [require_program("openssl"), "s_client", "-connect", f"127.0.0.1:{server.port}", *options]
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    line = server.wait_for(r"(?m)^127\.0\.0\.1:\d+: .*$")[0]
    assert told in line and "no suite in common" not in line
    assert not re.search(r"\b[0-9a-f]{4} [0-9a-f]{4}\b", line), "suites by name, not by number"
    assert len(server.output.splitlines()) == 2
