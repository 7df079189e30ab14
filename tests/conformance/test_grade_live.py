"""Grading by conversations: OpenSSL gets full marks, and programs that do not speak TLS are told what they did."""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path

import pytest

from minitls.conformance.grade.grade import FAILED, NOT_ATTEMPTED, PASSED, Score
from minitls.conformance.grade.live import CONVERSATIONS, grade_live
from minitls.conformance.grade.peer import Peer
from minitls.conformance.grade.scoreboard import scoreboard
from minitls.conformance.grade.scripts import ask
from minitls.wire.messages import ServerHello
from minitls.wire.records import record
from tests.peers import ROOT, require_program

pytestmark = pytest.mark.slow

PYTHON = sys.executable

#: s_client ends with status 0 whatever happens after the handshake; what it says on stderr is taken into account.
S_CLIENT = """#!/bin/sh
errors=$(mktemp)
openssl s_client -connect "$1:$2" -servername "$1" -tls1_2 -cipher kRSA:@SECLEVEL=1 -CAfile "$3" \\
    -verify_return_error -verify_hostname "$1" -quiet 2>"$errors"
status=$?
grep -qE 'unexpected eof|error:' "$errors" && status=1
cat "$errors" >&2
rm "$errors"
exit $status
"""
S_SERVER = (
    "openssl s_server -accept 127.0.0.1:{port} -tls1_2 -cipher kRSA:@SECLEVEL=1 "
    "-cert {cert} -cert_chain {cert} -key {key} -rev -quiet"
)


def missed(score: Score) -> list[str]:
    return [f"{mark.area}: {mark.case}: {mark.message}" for mark in score.marks if mark.state != PASSED]


def test_openssl_as_a_client_gets_full_marks(tmp_path: Path) -> None:
    require_program("openssl")
    script = tmp_path / "client.sh"
    script.write_text(S_CLIENT)
    script.chmod(0o755)
    score = grade_live(client_command=f"{script} {{host}} {{port}} {{ca}}", timeout=20)
    assert missed(score) == []
    assert len(score.areas["client_works"]) >= 9 and len(score.areas["client_refuses"]) >= 13


def test_openssl_as_a_server_gets_full_marks() -> None:
    require_program("openssl")
    score = grade_live(server_command=S_SERVER, timeout=20)
    assert missed(score) == []
    assert len(score.areas["server_works"]) >= 11 and len(score.areas["server_refuses"]) >= 11


def test_minitls_gets_full_marks_in_both_endpoints() -> None:
    minitls = f"{PYTHON} -m minitls"
    score = grade_live(
        f"{minitls} client {{host}}:{{port}} --ca {{ca}} --linger 30",
        f"{minitls} server --port {{port}} --cert {{cert}} --key {{key}} --echo",
        timeout=20,
    )
    assert missed(score) == []
    assert set(score.areas) == set(CONVERSATIONS)


def script(tmp_path: Path, text: str) -> str:
    path = tmp_path / "mine.py"
    path.write_text(f"import os, socket, sys, time\n{text}")
    return f"{PYTHON} {path} {{host}} {{port}} {{ca}}"


#: The beginning of a client that has connected, and of a server that listens.
CONNECTED = "s = socket.create_connection(('127.0.0.1', int(sys.argv[2])))\n"
LISTENING = "s = socket.create_server(('127.0.0.1', int(sys.argv[2])))\n"

CLIENTS = {
    "never connects": ("time.sleep(60)", "it did not connect within 1 s"),
    "ends at once": ("sys.exit('oops')", "it did not connect: it ended with status 1, saying 'oops'"),
    "stalls": (f"{CONNECTED}time.sleep(60)", "did not answer within 1 s"),
    "speaks HTTP": (f"{CONNECTED}s.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n'); s.recv(9)", "that is HTTP, not TLS"),
    "sends nonsense": (f"{CONNECTED}s.sendall(bytes(9999)); s.recv(9)", "record type"),
    "leaves": (f"{CONNECTED}s.close()", ""),
    "floods": ("while True: os.write(1, bytes(65536))", "it printed more than"),
}


@pytest.mark.parametrize("flaw", CLIENTS)
def test_a_client_that_does_not_speak_tls(flaw: str, tmp_path: Path) -> None:
    text, told = CLIENTS[flaw]
    begin = time.monotonic()
    score = grade_live(client_command=script(tmp_path, text), timeout=1)
    assert PASSED not in {mark.state for mark in score.marks}
    assert [mark.state for mark in score.areas["client_works"]][:3] == [FAILED] * 3
    assert told in score.areas["client_works"][0].message
    assert {mark.state for mark in score.areas["client_refuses"]} == {NOT_ATTEMPTED}
    assert time.monotonic() - begin < 40
    assert all(len(line) <= 80 for _, line in scoreboard(score))


SERVERS = {
    "never listens": ("time.sleep(60)", "it does not listen on its port after 1 s"),
    "ends at once": ("sys.exit('cannot')", "it does not listen on its port: it ended with status 1, saying 'cannot'"),
    "stalls": (f"{LISTENING}c = s.accept(); time.sleep(60)", "did not answer within 1 s"),
    "hangs up": (f"{LISTENING}while True: s.accept()[0].close()", ""),
    "speaks SSH": (f"{LISTENING}c = s.accept()[0]; c.sendall(b'SSH-2.0-OpenSSH_9\\r\\n'); time.sleep(1)", "SSH"),
}


@pytest.mark.parametrize("flaw", SERVERS)
def test_a_server_that_does_not_speak_tls(flaw: str, tmp_path: Path) -> None:
    text, told = SERVERS[flaw]
    command = script(tmp_path, text).replace("{ca}", "{cert}")
    score = grade_live(server_command=command, only=["server_works"], timeout=1)
    assert [mark.state for mark in score.marks][:3] == [FAILED] * 3
    assert PASSED not in {mark.state for mark in score.marks}
    assert told in score.marks[0].message


def test_nothing_is_left_running(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    body = f"open({str(note)!r}, 'a').write(f'{{os.getpid()}}\\n')\nos.fork()\ntime.sleep(60)"
    grade_live(client_command=script(tmp_path, body), only=["client_works"], timeout=1)
    groups = set(map(int, note.read_text().split()))
    assert len(groups) >= 3
    assert [pid for pid, group in running().items() if group in groups] == []


def running() -> dict[int, int]:
    """Process to process group, of all processes that are not just waiting to be buried."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, group = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if state != "Z":
            found[int(stat.parent.name)] = int(group)
    return found


def test_who_refuses_everything_gets_nothing_for_it(tmp_path: Path) -> None:
    """A client that sends handshake_failure to whatever comes."""
    body = (
        "s = socket.create_connection(('127.0.0.1', int(sys.argv[2])))\n"
        "s.sendall(bytes.fromhex('15030300020228'))\nsys.exit(1)"
    )
    score = grade_live(client_command=script(tmp_path, body), timeout=2)
    assert score.percent == 0
    assert "gave up: the peer sent the fatal alert handshake_failure" in score.areas["client_works"][0].message


def test_a_mistake_in_a_conversation_is_named(tmp_path: Path) -> None:
    """A client whose seed for the key expansion is the wrong way round."""
    text = f"""
sys.path.insert(0, {str(ROOT)!r})
from tests.conformance.test_live_diagnosis import BlockRandomsNotSwapped
BlockRandomsNotSwapped(socket.create_connection(("127.0.0.1", int(sys.argv[2])))).run()
"""
    score = grade_live(client_command=script(tmp_path, text), only=["client_works"], timeout=10)
    told = {mark.case: mark.message for mark in score.marks}["TLS_RSA_WITH_AES_128_CBC_SHA"]
    assert "the seed of the key expansion has the client's random first" in told and "Fix: " in told


def test_bad_commands_and_areas_are_usage_errors() -> None:
    with pytest.raises(ValueError, match="cannot be started: No such file"):
        grade_live(client_command="./no-such-client {port}")
    with pytest.raises(ValueError, match="cannot be split into words"):
        grade_live(client_command="client 'unclosed")
    with pytest.raises(ValueError, match="there is no area 'tea'"):
        grade_live(client_command="true", only=["tea"])


def test_a_server_that_chooses_what_was_not_offered_is_told_so() -> None:
    """An ordinary bug of the graded server: it is a mark, and nothing that ends the grading."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        hello = ServerHello(0x0303, bytes(32), b"", 0xC02F, 0, None).encode()
        theirs.sendall(record(22, hello))
        with pytest.raises(ValueError, match="c02f, which was not offered"):
            ask(Peer(ours, "client", timeout=5))
