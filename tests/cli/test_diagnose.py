"""`minitls diagnose`, as somebody uses it."""

from __future__ import annotations

import json
import socket
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import minitls
from minitls.cli.diagnose import command
from minitls.conformance.diagnose.mistakes import CATALOGUE
from tests.conformance.test_live_diagnosis import RandomsSwapped
from tests.conformance.worlds import World, worlds
from tests.conftest import Start
from tests.peers import LISTENING


def diagnose(*words: str | Path) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words], prog_name="minitls diagnose")


@pytest.fixture
def world() -> World:
    return worlds()[0]


def asked(tmp_path: Path, world: World, **values: bytes) -> Path:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(world.question(values)))
    return path


def test_a_mistake_is_told_with_rule_fix_and_both_values(tmp_path: Path, world: World) -> None:
    master = world.p(world.pms, b"master secret", world.sr + world.cr, 48)
    told = diagnose(asked(tmp_path, world, master_secret=master))
    assert told.exit_code == 1
    text = " ".join(told.output.split())
    assert "your master_secret is what you get if the server's random stands before the client's" in text
    for part in ("RFC 5246 section 8.1", "fix seed = ClientHello.random + ServerHello.random", "differs from here"):
        assert part in text
    assert world.ms.hex()[:50] in told.output and master.hex()[:50] in told.output
    assert all(len(line) <= 80 for line in told.output.splitlines())


def test_right_values_are_right(tmp_path: Path, world: World) -> None:
    told = diagnose(asked(tmp_path, world, master_secret=world.ms, verify_data=world.finished(world.m)))
    assert told.exit_code == 0
    assert told.output.split() == ["master_secret", "right", "verify_data", "right"]


def test_what_cannot_be_explained_is_not(tmp_path: Path, world: World) -> None:
    told = diagnose(asked(tmp_path, world, key_block=bytes(world.size)))
    assert told.exit_code == 1
    assert "none of the known mistakes, alone or in pairs, gives it" in " ".join(told.output.split())
    assert "the right values:" in told.output and world.ms.hex()[:40] in told.output


def test_json(tmp_path: Path, world: World) -> None:
    master = world.p(world.pms, b"master secret", world.sr + world.cr, 48)
    told = json.loads(diagnose("--json", asked(tmp_path, world, master_secret=master)).output)
    (value,) = told["values"]
    assert value["explanations"][0]["mistakes"] == ["master-randoms-swapped"]
    assert value["right"] == world.ms.hex() == told["steps"]["master_secret"]


def test_the_catalogue_is_listed() -> None:
    told = diagnose("--list")
    assert told.exit_code == 0 and f"{len(CATALOGUE)} mistakes" in told.output
    assert all(f"  {mistake.name}\n" in told.output for mistake in CATALOGUE)
    assert all(len(line) <= 80 for line in told.output.splitlines())


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({}, "'values' is a required property"),
        ({"values": {"tea": "00"}}, "field values: Additional properties are not allowed ('tea'"),
        ({"values": {"mac": "0g"}}, "field values.mac: '0g' does not match"),
        ({"values": {"mac": "00"}}, "field suite: name the cipher suite"),
        ({"values": {"mac": "00"}, "suite": "TLS_TEA"}, "unknown cipher suite 'TLS_TEA'"),
        ({"values": {"mac": "00"}, "messages": ["0100000100"]}, "field messages: ClientHello.client_version"),
        ({"values": {"mac": "00"}, "transcript": "01000001"}, "the last handshake message is not whole"),
        ({"values": {"mac": "00"}, "suite": "AES128-SHA", "private_key": "x"}, "q.json: "),
        ([1], "is not of type 'object'"),
    ],
)
def test_a_question_that_does_not_fit_is_a_usage_error(document: object, told: str, tmp_path: Path) -> None:
    path = tmp_path / "q.json"
    path.write_text(json.dumps(document))
    result = diagnose(path)
    assert result.exit_code == 2 and told in " ".join(result.output.split())


def test_a_file_that_is_not_there_or_nothing_at_all(tmp_path: Path) -> None:
    assert diagnose(tmp_path / "none").exit_code == 2
    assert "give one of: FILE, --listen PORT, --connect HOST:PORT, --list" in diagnose().output


@pytest.mark.slow
def test_listening_names_the_mistake(start: Start) -> None:
    server = start(sys.executable, "-m", "minitls", "diagnose", "--listen", "0", ready=LISTENING)
    with socket.create_connection(("127.0.0.1", server.port), 10) as sock:
        tiny = RandomsSwapped(sock)
        with pytest.raises((ConnectionError, ValueError)):
            tiny.run()
    assert server.wait() == 1
    assert "a record failed authentication" in server.output and "master-randoms-swapped" in server.output


def test_connecting_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    told = diagnose("--connect", f"127.0.0.1:{port}")
    assert told.exit_code == 1 and "refused" in told.output


def test_a_trace_of_a_broken_connection(tmp_path: Path, start: Start) -> None:
    """`minitls server --trace-dir` records what goes wrong; the trace is as good as having been there."""
    server = start(sys.executable, "-m", "minitls", "server", "--port", "0", "--trace-dir", tmp_path, ready=LISTENING)
    address = ("127.0.0.1", server.port)
    with socket.create_connection(address, 10) as sock, pytest.raises((ConnectionError, ValueError)):
        RandomsSwapped(sock).run()
    server.wait_for("failed authentication")
    server.end()
    (trace,) = tmp_path.glob("*.jsonl")
    told = diagnose(trace)
    assert told.exit_code == 1 and "master-randoms-swapped" in told.output


def test_a_trace_of_a_good_connection(tmp_path: Path, start: Start) -> None:
    server = start(sys.executable, "-m", "minitls", "server", "--port", "0", "--trace-dir", tmp_path, ready=LISTENING)
    config = minitls.ClientConfig(trust=minitls.TrustStore.load("demo"))
    with minitls.connect(("127.0.0.1", server.port), config, "localhost") as tls:
        tls.sendall(b"hello\n")
        assert tls.recv(100)
    server.wait_for("AES_128_GCM")
    (trace,) = tmp_path.glob("*.jsonl")
    deadline = time.monotonic() + 20
    while '"event": "end"' not in trace.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)  # The server writes the end when its thread is through; it does not say so.
    told = diagnose(trace)
    assert told.exit_code == 0, told.output
