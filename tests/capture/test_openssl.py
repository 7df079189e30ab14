"""Connections of OpenSSL's own programs, overheard by a relay or captured by tcpdump."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from minitls.trace.check import check
from minitls.trace.file.events import Protect
from tests.capture.dialogues import KEY
from tests.capture.dialogues import overheard as relayed
from tests.capture.test_preface import SMTP, openssl_asks
from tests.peers import absent, require_program, reserved_port
from tests.trace.captures import messages, notes, trace_of
from tests.trace.packets import packets, pcap

pytest.importorskip("scapy")
pytestmark = pytest.mark.slow
NEW_KEY = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2"]
OPTIONS = ["-tls1_2", "-cipher", "AES256-SHA256", "-quiet"]


def test_a_resumed_connection_needs_the_first_ones_secret_and_finds_it_in_the_same_capture(tmp_path: Path) -> None:
    require_program("openssl")
    first, second = openssl_resumption(tmp_path)
    alone = pcap(tmp_path / "second.pcap", packets(second))
    trace = trace_of(alone, "--key", tmp_path / "server.key")
    assert "takes up an earlier session" in notes(trace)["cannot_decrypt"]["reason"]
    both = pcap(tmp_path / "both.pcap", packets(first) + packets(second, port=40001, when=5))
    trace = trace_of(both, "--key", tmp_path / "server.key", "--connection", "2")
    assert "cannot_decrypt" not in notes(trace)
    assert "resumed" in notes(trace)
    assert "Certificate" not in messages(trace)
    assert messages(trace).count("Finished") == 2
    assert check(trace).true


def openssl_resumption(directory: Path) -> tuple[list[tuple[str, bytes]], list[tuple[str, bytes]]]:
    """The byte streams of a full handshake of OpenSSL's and of one that resumes it, heard by a relay."""
    key, certificate = directory / "server.key", directory / "server.pem"
    subprocess.run(
        [*NEW_KEY, "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    port = reserved_port()
    server = subprocess.Popen(
        ["openssl", "s_server", "-accept", str(port), "-cert", certificate, "-key", key, "-tls1_2", "-quiet"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        session = directory / "session.pem"
        return (
            overheard(port, ["-sess_out", str(session)]),
            overheard(port, ["-sess_in", str(session)]),
        )
    finally:
        server.kill()
        server.communicate()


def overheard(port: int, options: list[str]) -> list[tuple[str, bytes]]:
    """What s_client and the server at `port` say to each other, in order."""
    with socket.create_server(("127.0.0.1", 0)) as relay:
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{relay.getsockname()[1]}", "-tls1_2"]
        command += ["-cipher", "AES128-SHA256", *options]
        client = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0
        )
        inner, _ = relay.accept()
        deadline = time.monotonic() + 10
        while True:
            try:
                outer = socket.create_connection(("127.0.0.1", port))
                break
            except ConnectionRefusedError:
                assert time.monotonic() < deadline, "s_server does not listen"
                time.sleep(0.05)
        heard: list[tuple[str, bytes]] = []

        def pump(source: socket.socket, target: socket.socket, side: str) -> None:
            while data := source.recv(65536):
                heard.append((side, data))
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

        pumps = [
            threading.Thread(target=pump, args=args, daemon=True)
            for args in ((inner, outer, "client"), (outer, inner, "server"))
        ]
        for each in pumps:
            each.start()
        assert client.stdin is not None and client.stdout is not None
        told = b""
        while b"Verify return code" not in told:
            piece = client.stdout.read(4096)
            assert piece, told
            told += piece
        client.stdin.write(b"hello\nQ\n")
        client.communicate(timeout=20)
        for each in pumps:
            each.join(10)
        inner.close()
        outer.close()
    return heard


@contextmanager
def captured(capture: Path, port: int) -> Iterator[None]:
    """tcpdump writes what goes through a port of this machine, up to the end of the block."""
    require_program("tcpdump")
    if os.geteuid() != 0:
        absent("capturing on loopback takes root")
    options = ["-i", "lo", "-Z", "root", "--immediate-mode", "-U", "-s", "0", "-w", str(capture)]
    dump = subprocess.Popen(["tcpdump", *options, f"tcp port {port}"], stderr=subprocess.PIPE, text=True)
    try:
        assert dump.stderr is not None
        said = dump.stderr.readline()
        if "listening on" not in said:
            said += dump.stderr.readline()
        if "listening on" not in said:
            absent(f"tcpdump cannot capture here: {said}")
        yield
    finally:
        dump.terminate()
        dump.communicate(timeout=10)


def test_a_live_dialogue_of_smtp_captured_on_loopback(tmp_path: Path) -> None:
    require_program("openssl")
    capture = tmp_path / "live.pcap"
    with relayed(SMTP) as (port, _), captured(capture, port):
        openssl_asks("smtp")(port)
    trace = trace_of(capture, "--key", KEY)
    assert notes(trace)["before_tls"]["said"] == "SMTP, then STARTTLS"
    assert check(trace).true
    assert messages(trace).count("Finished") == 2


def test_a_live_connection_of_openssl_captured_on_loopback(tmp_path: Path) -> None:
    require_program("openssl")
    port = reserved_port()
    capture = tmp_path / "live.pcap"
    with captured(capture, port):
        live_openssl(tmp_path, port)
    for how in (("--key", tmp_path / "server.key"), ("--keylog", tmp_path / "keys.log")):
        trace = trace_of(capture, *how)
        report = check(trace)
        assert report.intact and report.true, report.differences[:1]
        opened = [event for event in trace.events if isinstance(event, Protect) and event.type == 23]
        data = b"".join(bytes(event.plaintext) for event in opened)  # type: ignore[arg-type]  # nothing is elided
        assert b"hello from s_client" in data


def live_openssl(directory: Path, port: int) -> None:
    key, certificate = directory / "server.key", directory / "server.pem"
    subprocess.run(
        [*NEW_KEY, "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    server = subprocess.Popen(
        ["openssl", "s_server", "-accept", str(port), "-cert", certificate, "-key", key, "-tls1_2", "-rev"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        assert server.stdout is not None
        while b"ACCEPT" not in (line := server.stdout.readline()):
            assert line, "s_server did not start"
        client = subprocess.Popen(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *OPTIONS, "-keylogfile", directory / "keys.log"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert client.stdin is not None and client.stdout is not None
        client.stdin.write(b"hello from s_client\n")
        client.stdin.flush()
        assert client.stdout.readline() == b"tneilc_s morf olleh\n"
        # With -quiet the client ignores the end of its input.
        client.terminate()
        client.communicate(timeout=20)
    finally:
        server.kill()
        server.communicate()
