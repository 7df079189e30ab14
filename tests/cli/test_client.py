"""`minitls client`: a clean pipe; wrong options, wrong peers, stalled peers; how it ends."""

from __future__ import annotations

import base64
import hashlib
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from minitls import ServerConnection
from tests.cli.typed import typed
from tests.helpers import server_config
from tests.interop.programs import (
    MINITLS,
    ROOT_PEM,
    SERVER_KEY,
    SERVER_PEM,
    Result,
    Server,
    client,
    listening,
    minitls,
    python_context,
    serving,
)
from tests.peers import Program, require_program, running

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
        (("--pin", "abc"), "no SHA-256 pin"),
        (("--pin", "0" * 64, "--insecure"), "give one of them"),
        (("--ca", "demo", "--insecure"), "give one of them"),
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
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "443 beside 80"),
        (b"<!DOCTYPE HTML>\n<html>", "that is HTTP, not TLS"),
        (b"220 mail.example ESMTP\r\n", "that is SMTP or FTP, not TLS"),
        (b"220 mail.example ESMTP\r\n", "STARTTLS"),
        (b"* OK IMAP4rev1\r\n", "993"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "use an SSH client"),
        (b"", "closed the connection without a word"),
        (b"\x15\x03\x01\x00\x02\x02\x28", "forward secrecy"),
        (b"\x15\x03\x03\x00\x02\x02\x46", "protocol_version"),
        (b"\x15\x03\x03\x00\x02\x02\x46", "it may be for TLS 1.3 only"),
        (b"\x15\x03\x03\x00\x02\x02\x70", "--server-name"),
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
    assert "is the port right?" in result.err


def test_a_peer_that_stalls_in_the_middle() -> None:
    def serve(sock: socket.socket) -> None:
        connection = ServerConnection(server_config())
        connection.receive_data(sock.recv(4096))
        sock.sendall(connection.data_to_send()[:-4])
        until_it_leaves(sock)

    with Server(serve) as server:
        result = client(server.port, "--timeout", "0.5")
    assert result.status == 1
    assert "WAIT_CERTIFICATE_REQUEST" in result.err and "is the port right?" not in result.err


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


@contextmanager
def interrupts(handling: Any) -> Iterator[None]:
    """Programs that start here inherit this handling of Ctrl-C, not pytest's own, which `&` sets to ignore."""
    before = signal.signal(signal.SIGINT, handling)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def test_ctrl_c_ends_it(server: Program) -> None:
    with (
        interrupts(signal.default_int_handler),
        running(*MINITLS, "client", f"localhost:{server.port}", "--ca", ROOT_PEM, ready="TLSv1.2") as program,
    ):
        program.process.send_signal(signal.SIGINT)
        assert program.wait() == 130
        assert "Traceback" not in program.output


def test_a_background_job_goes_on(server: Program) -> None:
    """A shell starts it with Ctrl-C ignored, so that Ctrl-C ends what runs in front and nothing else."""
    with (
        interrupts(signal.SIG_IGN),
        running(*MINITLS, "client", f"localhost:{server.port}", "--ca", ROOT_PEM, ready="TLSv1.2") as program,
    ):
        program.process.send_signal(signal.SIGINT)
        program.write("still here\n")
        program.wait_for("(?m)^still here$")
        program.close_input()
        assert program.wait() == 0


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


# Whom to believe: real servers of OpenSSL, with the certificate that its manual makes first.


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Certificate and key, as `openssl req -x509` makes them: a CA that vouches for itself."""
    made = tmp_path_factory.mktemp("self-signed")
    command = [require_program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-out", str(made / "cert"), "-keyout", str(made / "key")]
    subprocess.run(command, check=True, capture_output=True)
    return made / "cert", made / "key"


@pytest.fixture(scope="module")
def s_server(self_signed: tuple[Path, Path]) -> Iterator[Callable[..., int]]:
    """Start `openssl s_server` with these options; its port."""
    with ExitStack() as programs:

        def start(*options: str) -> int:
            command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", self_signed[0]]
            ready = r"ACCEPT 127\.0\.0\.1:(?P<port>\d+)"
            return programs.enter_context(running(*command, "-key", self_signed[1], *options, ready=ready)).port

        yield start


@pytest.fixture(scope="module")
def bench(s_server: Callable[..., int]) -> int:
    return s_server("-tls1_2", "-cipher", "AES128-SHA", "-rev")


def dial(port: int, *options: str | Path) -> Result:
    return minitls("client", f"localhost:{port}", "--linger", "0.3", "--send", "hello", *options)


def test_a_server_for_tls_1_3_alone(s_server: Callable[..., int]) -> None:
    result = dial(s_server("-tls1_3"))
    assert result.status == 1 and "minitls speaks TLS 1.2 alone" in result.err
    assert "openssl s_server -tls1_2" in result.err


def test_pythons_http_server() -> None:
    command = (sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1")
    with running(*command, ready=r"port (?P<port>\d+)") as web:
        result = dial(web.port, "--timeout", "1")
    # It reads a line: if no byte of our hello happens to end one, it goes on waiting.
    expected = r"that is HTTP, not TLS.*443 beside 80|the peer was silent.*wait for a line in the clear \(HTTP"
    assert result.status == 1 and re.search(expected, result.err), result.err


def fingerprint(certificate: Path) -> str:
    command = ["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", certificate]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_self_signed_ca_is_refused_with_the_option_that_helps(bench: int, self_signed: tuple[Path, Path]) -> None:
    """And the option that the refusal prints works when it is typed."""
    digest = fingerprint(self_signed[0]).partition("=")[2].replace(":", "").lower()
    for options in ((), ("--ca", self_signed[0])):
        result = dial(bench, *options)
        assert result.status == 1 and "what to do: " in result.err
        (pin,) = set(re.findall(r"--pin ([0-9a-f]{64})", result.err))
        assert pin == digest
    result = dial(bench, "--pin", digest)
    assert (result.status, result.out) == (0, b"olleh\n"), result.err
    assert "certificate pinned" in result.err


def test_both_forms_of_a_pin_and_a_wrong_one(bench: int, self_signed: tuple[Path, Path]) -> None:
    public = subprocess.run(
        ["openssl", "x509", "-noout", "-pubkey", "-in", self_signed[0]], capture_output=True, check=True
    ).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=public, capture_output=True).stdout
    spki = "sha256//" + base64.b64encode(hashlib.sha256(der).digest()).decode()
    for pin in (fingerprint(self_signed[0]), spki):
        assert dial(bench, "--pin", pin).status == 0
    wrong = dial(bench, "--pin", "0" * 64)
    assert wrong.status == 1 and "not the certificate that was pinned" in wrong.err and spki in wrong.err


def test_insecure_is_loud_and_in_the_trace(bench: int, tmp_path: Path) -> None:
    result = dial(bench, "--insecure", "--trace", tmp_path / "t.jsonl")
    assert (result.status, result.out) == (0, b"olleh\n"), result.err
    first, last = result.err.splitlines()
    assert "NOT VERIFIED (--insecure)" in first and last.endswith("NOT VERIFIED")
    shown = minitls("trace", "show", tmp_path / "t.jsonl").out.decode()
    assert "NOT VERIFIED" in shown and "no check was made" in " ".join(shown.split())
    assert minitls("trace", "check", tmp_path / "t.jsonl").status == 0


def test_the_servers_request_chooses_among_certificates(server: Program, tmp_path: Path) -> None:
    own = tmp_path / "own.pem", tmp_path / "own.key"
    command = [require_program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-subj", "/CN=nobody", "-out", str(own[0]), "-keyout", str(own[1])]
    subprocess.run(command, check=True, capture_output=True)
    demo_client = SERVER_PEM.with_name("client.pem"), SERVER_PEM.with_name("client.key")
    with serving("--client-ca", str(ROOT_PEM), "--require") as asking:
        options: list[str | Path] = ["--ca", ROOT_PEM, "--trace", tmp_path / "t.jsonl"]
        for cert, key in (own, demo_client):
            options += ["--cert", cert, "--key", key]
        assert dial(asking.port, *options).status == 0, asking.output
    told = (tmp_path / "t.jsonl").read_text()
    assert "number 2 of 2; issued under CN=minitls demo root, which the server names" in told
    assert "client credential" in minitls("trace", "show", tmp_path / "t.jsonl").out.decode()


@pytest.mark.parametrize("trust", [("--insecure",), ("--pin", "AA:" * 31 + "AA")])
def test_a_revocation_list_is_not_passed_over_in_silence(trust: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "list.pem").write_text("")
    done = typed("client", "localhost:1", *trust, "--crl", str(tmp_path / "list.pem"))
    assert done.status == 2 and "--crl is for certificates that a CA vouches for" in " ".join(done.stderr.split())
