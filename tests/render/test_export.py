"""Out to other people's tools: they read what we write, and decrypt it."""

from __future__ import annotations

import re
import socket
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from scapy.config import conf
from scapy.layers.inet import TCP
from scapy.layers.tls.all import TLSClientHello, TLSServerHello
from scapy.layers.tls.record import TLS
from scapy.packet import bind_layers
from scapy.sendrecv import sniff
from scapy.sessions import TCPSession

from minitls import connect, wrap_socket
from minitls.render.export.keylog import KeyLogWriter, append_keylog, keylog
from minitls.render.export.pcapng import PORTS, exported, pcapng
from minitls.trace.file.events import Message
from minitls.trace.file.jsonl import Trace
from minitls.trace.record import Recording
from minitls.trace.redact import redact
from minitls.wire.codes import HandshakeType
from minitls.wire.messages import ClientHello, ServerHello, parse
from tests.conftest import Start
from tests.helpers import DEMO, client_config, new_client, new_server, server_config
from tests.peers import require_program
from tests.trace.conversations import ANSWER, FLAVOURS, QUESTION, carry, converse, recorded, refused

TRACES = [recorded(*flavour) for flavour in FLAVOURS]
IDS = ["-".join(str(each) for each in flavour) for flavour in FLAVOURS]


def tshark(file: Path, *arguments: str) -> str:
    done = subprocess.run([require_program("tshark"), "-r", str(file), *arguments], capture_output=True, check=True)
    return done.stdout.decode()


@pytest.fixture
def capture(tmp_path: Path) -> Any:
    def written(trace: Trace) -> Path:
        path = tmp_path / "t.pcapng"
        path.write_bytes(pcapng(trace))
        return path

    return written


@pytest.mark.slow
@pytest.mark.parametrize("trace", TRACES, ids=IDS)
class TestWireshark:
    def test_it_follows_the_stream_to_exactly_the_data_of_both_sides(self, trace: Trace, capture: Any) -> None:
        told = tshark(capture(trace), "-q", "-z", "follow,tls,raw,0")
        lines = re.findall(r"^\t?[0-9a-f]+$", told, re.MULTILINE)
        assert [bytes.fromhex(line.strip()) for line in lines] == [QUESTION, ANSWER]
        assert lines[0].startswith("\t") != lines[1].startswith("\t"), "one from each side"

    def test_it_names_every_handshake_message(self, trace: Trace, capture: Any) -> None:
        told = tshark(capture(trace), "-Y", "tls", "-T", "fields", "-e", "tls.handshake.type").split()
        types = [int(each) for line in told for each in line.split(",")]
        sent = {(each.sender, each.bytes): each for each in trace.events if isinstance(each, Message)}
        handshake = [each for each in sent.values() if each.type not in ("ChangeCipherSpec", "Alert")]
        ours = [HandshakeType[_snake(each.type)] for each in handshake]
        assert types == ours
        assert types.count(20) == 2, "both Finished, decrypted"

    def test_it_finds_nothing_malformed(self, trace: Trace, capture: Any) -> None:
        checksums = ("-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE")
        wrong = "_ws.malformed || tcp.checksum.status==0 || ip.checksum.status==0 || tcp.analysis.flags"
        assert tshark(capture(trace), *checksums, "-Y", wrong) == ""
        assert "Close Notify" in tshark(capture(trace))

    def test_packets_say_what_is_in_them(self, trace: Trace, capture: Any) -> None:
        comments = tshark(capture(trace), "-T", "fields", "-e", "frame.comment").split("\n")
        assert comments[0] == "TCP handshake" and comments[3] == "ClientHello" and comments.count("Finished") == 2


def _snake(name: str) -> str:
    return re.sub("(?<!^)([A-Z])", r"_\1", name).lower()


def _hello(packets: Any, kind: type) -> Any:
    return next(packet[kind] for packet in packets if kind in packet)


@pytest.mark.parametrize("trace", TRACES[:1] + TRACES[3:4])
def test_scapy_agrees_on_every_field_of_the_hellos(trace: Trace, capture: Any) -> None:
    for port in PORTS.values():
        bind_layers(TCP, TLS, dport=port)
        bind_layers(TCP, TLS, sport=port)
    conf.tls_session_enable = True
    packets = sniff(offline=str(capture(trace)), session=TCPSession)
    hellos = {e.type: e.bytes for e in trace.events if isinstance(e, Message) and isinstance(e.bytes, bytes)}
    client, server = parse(hellos["ClientHello"]), parse(hellos["ServerHello"])
    assert isinstance(client, ClientHello) and isinstance(server, ServerHello)
    theirs = _hello(packets, TLSClientHello)
    assert theirs.version == client.client_version
    assert theirs.gmt_unix_time.to_bytes(4, "big") + theirs.random_bytes == client.random
    assert (theirs.sid or b"", tuple(theirs.ciphers), tuple(theirs.comp)) == (
        client.session_id,
        client.cipher_suites,
        client.compression_methods,
    )
    assert [each.type for each in theirs.ext] == [each.type for each in client.extensions or ()]
    answer = _hello(packets, TLSServerHello)
    assert (answer.version, answer.cipher, answer.sid or b"") == (
        server.server_version,
        server.cipher_suite,
        server.session_id,
    )
    assert answer.gmt_unix_time.to_bytes(4, "big") + answer.random_bytes == server.random
    assert [each.type for each in answer.ext] == [each.type for each in server.extensions or ()]


def test_a_capture_of_a_failed_handshake_is_one_too(capture: Any) -> None:
    told = tshark(capture(refused()))
    assert "Client Hello" in told and "Bad Certificate" in told


def test_a_redacted_trace_gives_a_capture_without_secrets(capture: Any) -> None:
    trace = redact(TRACES[0], "eavesdropper")
    path = capture(trace)
    assert b"CLIENT_RANDOM" not in path.read_bytes()
    assert "Encrypted Handshake Message" in tshark(path)


def test_a_capture_ends_where_the_trace_kept_only_digests(capture: Any) -> None:
    recording = Recording(("client",))
    client = new_client(client_config(observer=recording.observer("client")))
    server = new_server(server_config())
    carry(client, server)
    data = bytes(range(256)) * 64
    for _ in range(80):
        client.send_data(data)
        carry(client, server)
    trace = recording.close()
    kept = exported(trace)
    assert len(kept) < sum(event.event == "record" for event in trace.events)
    told = tshark(capture(trace), "-Y", "tls.app_data", "-T", "fields", "-e", "tls.app_data")
    assert len(told.split()) == 63, "1 MiB in records of 16 KiB and 24 bytes"


# Key logs.

LINE = re.compile(r"(RSA [0-9a-f]{16} 0303[0-9a-f]{92}|CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96})")


@pytest.mark.parametrize("trace", TRACES, ids=IDS)
def test_a_key_log_has_the_lines_of_the_rfc(trace: Trace) -> None:
    lines = keylog(trace).splitlines()
    assert all(LINE.fullmatch(line) for line in lines)
    resumed = any(event.event == "note" and event.id == "resumed" for event in trace.events)
    assert [line.split()[0] for line in lines] == (["CLIENT_RANDOM"] if resumed else ["RSA", "CLIENT_RANDOM"])


def test_client_and_server_write_the_same_key_log(tmp_path: Path) -> None:
    with KeyLogWriter(tmp_path / "client") as client, KeyLogWriter(tmp_path / "server") as server:
        converse(new_client(client_config(observer=client)), new_server(server_config(observer=server)))
    lines = (tmp_path / "client").read_text()
    assert lines == (tmp_path / "server").read_text() and lines.count("\n") == 2
    assert stat.S_IMODE((tmp_path / "client").stat().st_mode) == 0o600


def test_key_logs_append(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text("# mine\n")
    for _ in range(2):
        with KeyLogWriter(path) as log:
            converse(new_client(client_config(observer=log)), new_server())
    append_keylog(path, keylog(TRACES[0]))
    lines = path.read_text().splitlines()
    assert lines[0] == "# mine" and len(lines) == 7 and len(set(lines)) == 7


def _lines(path: Path) -> dict[str, str]:
    """The lines of a key log by their label, all in lower case but for that."""
    lines = [line.split() for line in path.read_text().splitlines() if line[:1] != "#"]
    return {label: f"{name} {secret}".lower() for label, name, secret in lines}


@pytest.mark.slow
def test_an_openssl_server_logs_the_same_master_secret(start: Start, tmp_path: Path) -> None:
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    certificate = ("-cert", DEMO / "server.pem", "-cert_chain", DEMO / "server.pem", "-key", DEMO / "server.key")
    options = ("-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0", "-keylogfile", theirs, "-naccept", "1")
    server = start(
        require_program("openssl"), "s_server", "-accept", "127.0.0.1:0", *certificate, *options,
        ready=r"ACCEPT 127\.0\.0\.1:(?P<port>\d+)",
    )  # fmt: skip
    with KeyLogWriter(ours) as log:
        connect(("127.0.0.1", server.port), client_config(observer=log), server_name="localhost", timeout=10).close()
    server.wait()
    assert _lines(ours)["CLIENT_RANDOM"] == _lines(theirs)["CLIENT_RANDOM"]


@pytest.mark.slow
def test_an_openssl_client_logs_the_same_two_lines(tmp_path: Path) -> None:
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    with socket.create_server(("127.0.0.1", 0)) as listener, KeyLogWriter(ours) as log:
        options = ("-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0", "-keylogfile", str(theirs))
        where = f"127.0.0.1:{listener.getsockname()[1]}"
        client = subprocess.Popen(
            [require_program("openssl"), "s_client", "-connect", where, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        listener.settimeout(10)
        accepted, _ = listener.accept()
        accepted.settimeout(10)
        wrap_socket(accepted, server_config(observer=log), server_side=True).close()
        client.communicate(timeout=10)
    assert _lines(ours) == _lines(theirs) and set(_lines(ours)) == {"RSA", "CLIENT_RANDOM"}


def test_there_is_no_key_log_without_secrets() -> None:
    with pytest.raises(ValueError, match="redacted"):
        keylog(redact(TRACES[0], "eavesdropper"))
    assert keylog(refused()) == ""
    assert keylog(redact(TRACES[0], "keyholder")) == keylog(TRACES[0])


def test_a_key_log_that_cannot_be_written_disturbs_nobody() -> None:
    log = KeyLogWriter("/dev/full")
    client = new_client(client_config(observer=log))
    converse(client, new_server())
    assert client.negotiated and client.failure is None
    with pytest.raises(OSError, match="No space"):
        log.close()
