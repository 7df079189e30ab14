"""Traces from captures: OpenSSL's recordings in every order, real captures, what cannot be decrypted, and bad files."""

from __future__ import annotations

import gzip
import json
import os
import re
import socket
import struct
import subprocess
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from minitls.cli.trace import command
from minitls.handshake.tls12.overheard import TABLES, Watched
from minitls.handshake.tls12.states import State as Waiting
from minitls.pki import demo as demo_pki
from minitls.trace.capture import MAX_EVENTS, Capture
from minitls.trace.capture_packets import CaptureError, PacketFile, secrets_in
from minitls.trace.capture_secrets import Secrets, read_key, read_key_log
from minitls.trace.capture_streams import MAX_HELD, Stream
from minitls.trace.check import check
from minitls.trace.events import Judged, Message, Note, Protect, State
from minitls.trace.jsonl import Trace, open_private, read_trace
from minitls.trace.render.pcapng import pcapng
from minitls.trace.story import Story
from minitls.wire.codes import HandshakeType
from minitls.wire.messages import ChangeCipherSpec
from tests.peers import absent, require_program, reserved_port
from tests.trace.conversations import recorded
from tests.trace.packets import Recording, disturbed, packets, pcap, recordings, server_key

pytest.importorskip("scapy")

FULL = ("ClientHello", "ServerHello", "Certificate", "ServerHelloDone", "ClientKeyExchange", "ChangeCipherSpec")
NUMBERS = range(14)
NEW_KEY = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2"]
OPTIONS = ["-tls1_2", "-cipher", "AES256-SHA256", "-quiet"]


def recording(number: int) -> Recording:
    return recordings()[number]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, ["from-capture", *map(str, arguments)])


def key_log(directory: Path, *each: Recording) -> Path:
    path = directory / "keys.log"
    path.write_text("# a comment\n" + "\n".join(one.keylog for one in each) + "\nUNKNOWN 00 11\nnot hex at all\n")
    return path


def trace_of(capture: Path, *how: str | Path) -> Trace:
    out = capture.with_suffix(".jsonl")
    done = run(capture, *how, "-o", out)
    assert done.exit_code == 0, done.output
    return read_trace(out)


def messages(trace: Trace, sender: str | None = None) -> list[str]:
    return [each.type for each in trace.events if isinstance(each, Message) and sender in (None, each.sender)]


def notes(trace: Trace) -> dict[str, dict[str, Any]]:
    return {each.id: dict(each.values) for each in trace.events if isinstance(each, Note)}


# The recordings.


@pytest.mark.slow
@pytest.mark.parametrize("order", ["in order", "disturbed", "one byte at a time", "no SYN"])
@pytest.mark.parametrize("how", ["key", "keylog"])
@pytest.mark.parametrize("number", NUMBERS)
def test_recordings_of_openssl_decode_to_traces_that_check(number: int, how: str, order: str, tmp_path: Path) -> None:
    each = recording(number)
    if not each.is_rsa:
        pytest.skip("ECDHE: see below")
    made = packets(each.flows, size=1 if order == "one byte at a time" else 700, syn=order != "no SYN")
    if order == "one byte at a time" and (how, number % 4) != ("key", 0):
        pytest.skip("one recording in four will do: it takes thousands of packets")
    made = disturbed(made, number) if order != "in order" else made
    with_what = server_key() if how == "key" else key_log(tmp_path, each)
    trace = trace_of(pcap(tmp_path / "c.pcap", made), f"--{how}", with_what)
    report = check(trace)
    assert report.intact and report.true, report.differences[:1]
    assert sum(isinstance(event, Protect) for event in trace.events) >= 4
    assert messages(trace, "server")[:3] == ["ServerHello", "Certificate", "ServerHelloDone"]
    assert tuple(messages(trace, "client")[:3]) == ("ClientHello", "ClientKeyExchange", "ChangeCipherSpec")
    assert messages(trace).count("Finished") == 2
    assert Story(trace).steps[-1].states == {"client": "CONNECTED", "server": "CONNECTED"}


@pytest.mark.parametrize("number", NUMBERS)
def test_key_and_key_log_find_the_same_plaintext(number: int, tmp_path: Path) -> None:
    each = recording(number)
    if not each.is_rsa:
        pytest.skip("ECDHE: see below")
    capture = pcap(tmp_path / "c.pcap", packets(each.flows))
    found = []
    for how in (("--key", server_key()), ("--keylog", key_log(tmp_path, each))):
        found.append([event.plaintext for event in trace_of(capture, *how).events if isinstance(event, Protect)])
    assert found[0] == found[1]
    assert len(found[0]) >= 4


def test_pcapng_with_a_secrets_block_needs_nothing_else(tmp_path: Path) -> None:
    original = recorded("full", "AES256-SHA")
    capture = tmp_path / "c.pcapng"
    capture.write_bytes(pcapng(original))
    trace = trace_of(capture)
    assert check(trace).true
    sent = [(e.sender, e.type, e.bytes) for e in original.events if isinstance(e, Message) and e.by == "client"]
    heard = [(e.sender, e.type, e.bytes) for e in trace.events if isinstance(e, Message)]
    assert sorted(sent, key=str) == sorted(heard, key=str)


@pytest.mark.parametrize("how", ["full", "session ID", "ticket", "client auth"])
@pytest.mark.parametrize("suite", ["AES128-GCM-SHA256", "AES128-SHA"])
def test_every_flow_of_ours_is_followed(how: str, suite: str, tmp_path: Path) -> None:
    original = recorded(how, suite)
    capture = tmp_path / "c.pcapng"
    capture.write_bytes(pcapng(original))
    trace = trace_of(capture)
    assert check(trace).true
    assert Story(trace).steps[-1].states == {"client": "CONNECTED", "server": "CONNECTED"}
    for side in ("client", "server"):
        moved = [(e.from_state, e.to_state) for e in trace.events if isinstance(e, State) and e.side == side]
        own = [(e.from_state, e.to_state) for e in original.events if isinstance(e, State) and e.by == side]
        assert moved == own


def test_gzipped_captures_are_read(tmp_path: Path) -> None:
    each = recording(0)
    plain = pcap(tmp_path / "c.pcap", packets(each.flows))
    packed = tmp_path / "c.pcap.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert check(trace_of(packed, "--key", server_key())).true


# What cannot be decrypted, and why.


def test_ecdhe_with_a_key_is_explained_and_annotated_as_far_as_it_is_in_the_clear(tmp_path: Path) -> None:
    each = next(one for one in recordings() if not one.is_rsa)
    capture = pcap(tmp_path / "c.pcap", packets(each.flows))
    done = run(capture, "--key", server_key(), "-o", tmp_path / "t.jsonl")
    assert done.exit_code == 0
    assert "forward secrecy" in " ".join(done.output.split())
    assert "key log" in done.output
    trace = read_trace(tmp_path / "t.jsonl")
    assert check(trace).true
    assert "ServerKeyExchange" in messages(trace)
    assert not any(isinstance(event, Protect) for event in trace.events)
    assert "WAIT_SERVER_KEY_EXCHANGE" in [event.to_state for event in trace.events if isinstance(event, State)]


def test_no_secret_wrong_key_and_a_log_of_another_connection_are_told_apart(tmp_path: Path) -> None:
    capture = pcap(tmp_path / "c.pcap", packets(recording(0).flows))
    wrong = tmp_path / "wrong.key"
    wrong.write_bytes(demo_pki.server_key())
    reasons = []
    for how in ([], ["--key", wrong], ["--keylog", key_log(tmp_path, recording(2))]):
        trace = trace_of(capture, *how)
        assert check(trace).true
        reasons.append(notes(trace)["cannot_decrypt"]["reason"])
    assert "neither" in reasons[0]
    assert "does not belong to the server's certificate" in reasons[1]
    assert "is not in the key log" in reasons[2]


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
    import threading
    import time

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


# Certificates.


def test_certificates_are_judged_only_when_asked_and_as_of_the_recording(tmp_path: Path) -> None:
    ca = server_key().parent / "ca.pem"
    capture = pcap(tmp_path / "c.pcap", packets(recording(0).flows, when=94_000_000))
    assert not any(isinstance(event, Judged) for event in trace_of(capture, "--key", server_key()).events)
    trace = trace_of(capture, "--key", server_key(), "--ca", ca, "--host", "server.example.com")
    verdict = next(event for event in trace.events if isinstance(event, Judged))
    assert verdict.inputs["time"].startswith("2026-")
    assert verdict.inputs["name"] == "server.example.com"
    assert check(trace).true
    assert run(capture, "--ca", ca, "-o", tmp_path / "t.jsonl").exit_code == 2


# Several connections.


def test_several_connections_are_listed_and_one_or_all_are_written(tmp_path: Path) -> None:
    chosen = [recording(number) for number in (0, 4, 8)]
    streams = [packets(each.flows, port=41000 + index, start=index * 1000) for index, each in enumerate(chosen)]
    mixed = [packet for row in zip(*(stream[:12] for stream in streams), strict=True) for packet in row]
    mixed += [packet for stream in streams for packet in stream[12:]]
    capture = pcap(tmp_path / "c.pcap", mixed)
    done = run(capture, "--key", server_key(), "-o", tmp_path / "t.jsonl")
    assert done.exit_code == 0
    assert "3 TLS connections" in done.output
    assert Story(read_trace(tmp_path / "t.jsonl")).suite == "TLS_RSA_WITH_AES_128_CBC_SHA"
    assert run(capture, "--key", server_key(), "--connection", 3, "-o", tmp_path / "t.jsonl").exit_code == 0
    assert Story(read_trace(tmp_path / "t.jsonl")).suite == "TLS_RSA_WITH_AES_128_GCM_SHA256"
    assert run(capture, "--key", server_key(), "--connection", 4, "-o", tmp_path / "t.jsonl").exit_code == 2
    assert run(capture, "--key", server_key(), "--all", "-o", tmp_path / "all.jsonl").exit_code == 0
    for number in (1, 2, 3):
        path = tmp_path / f"all-{number}.jsonl"
        assert check(read_trace(path)).true
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_a_thousand_connections(tmp_path: Path) -> None:
    hello = [("client", recording(0).flows[0][1])]
    made = [packet for number in range(1000) for packet in packets(hello, port=10000 + number, start=number, size=1400)]
    capture = Capture(pcap(tmp_path / "c.pcap", made))
    assert len(capture.read()) == 1000
    done = run(tmp_path / "c.pcap", "-o", tmp_path / "t.jsonl")
    assert "1000 TLS connections" in done.output
    assert len(done.output.splitlines()) < 60


# Files that are wrong.


def test_bad_files_are_told_in_a_sentence(tmp_path: Path) -> None:
    good = pcap(tmp_path / "good.pcap", packets(recording(0).flows)).read_bytes()
    for name, content in {
        "empty": b"",
        "text": b"this is no capture at all, is it?",
        "header only": good[:24],
        "another magic": b"\x00" * 4 + good[4:],
        "png": b"\x89PNG\r\n\x1a\n" + bytes(100),
    }.items():
        path = tmp_path / name
        path.write_bytes(content)
        done = run(path, "-o", tmp_path / "t.jsonl")
        assert done.exit_code == 1, name
        assert re.search(r"no capture|no TLS connection", done.output), done.output
        assert "Traceback" not in done.output


def test_bad_secrets_are_told_in_a_sentence(tmp_path: Path) -> None:
    capture = pcap(tmp_path / "c.pcap", packets(recording(0).flows))
    public = server_key().parent / "server.pem"
    for option, path, told in (
        ("--key", public, "no private key"),
        ("--key", capture, "no private key"),
        ("--keylog", capture, "no key log"),
    ):
        done = run(capture, option, path, "-o", tmp_path / "t.jsonl")
        assert done.exit_code == 1
        assert told in done.output


@pytest.mark.parametrize("lost", [1, 5, 9, 17, 200])
def test_a_cut_file_is_read_up_to_the_cut(lost: int, tmp_path: Path) -> None:
    whole = pcap(tmp_path / "c.pcap", packets(recording(0).flows)).read_bytes()
    path = tmp_path / "cut.pcap"
    path.write_bytes(whole[:-lost])
    done = run(path, "--key", server_key(), "-o", tmp_path / "t.jsonl")
    assert done.exit_code == 0
    assert "breaks off in packet" in done.output
    trace = read_trace(tmp_path / "t.jsonl")
    assert trace.intact
    assert "Finished" in messages(trace)


def test_a_capture_that_begins_mid_stream_says_so(tmp_path: Path) -> None:
    after = [flow for flow in recording(8).flows if flow[1][0] == 23]
    trace = trace_of(pcap(tmp_path / "c.pcap", packets(after, syn=False)), "--key", server_key())
    assert "mid_stream" in notes(trace)
    assert "begins in the middle" in notes(trace)["cannot_decrypt"]["reason"]
    assert check(trace).true


def test_a_lost_segment_is_told_and_what_came_before_it_is_kept(tmp_path: Path) -> None:
    made = packets(recording(0).flows, size=200)
    del made[6]
    trace = trace_of(pcap(tmp_path / "c.pcap", made), "--key", server_key())
    assert "missing" in notes(trace)["missing_bytes"]["reason"]
    assert "ClientHello" in messages(trace)
    assert check(trace).true


def test_what_is_not_tls_is_named(tmp_path: Path) -> None:
    http = [("client", b"GET / HTTP/1.1\r\n\r\n"), ("server", b"HTTP/1.1 200 OK\r\n\r\n")]
    done = run(pcap(tmp_path / "c.pcap", packets(http)), "-o", tmp_path / "t.jsonl")
    assert done.exit_code == 1
    assert "1 HTTP" in done.output


def test_data_that_was_changed_on_its_way_does_not_open(tmp_path: Path) -> None:
    flows = list(recording(8).flows)
    at = max(index for index, (_, data) in enumerate(flows) if data[0] == 23)
    side, data = flows[at]
    flows[at] = side, data[:-1] + bytes([data[-1] ^ 1])
    trace = trace_of(pcap(tmp_path / "c.pcap", packets(flows)), "--key", server_key())
    assert "does not open with these keys" in notes(trace)["cannot_decrypt"]["reason"]
    assert messages(trace).count("Finished") == 2


def test_a_large_capture_is_read_streaming(tmp_path: Path) -> None:
    """23 MiB of records: memory stays far below the file, the trace below the reader's limit."""
    flows = list(recording(8).flows)
    record = b"\x17\x03\x03\x40\x18" + bytes(0x4018)
    made = packets(flows[:-2], size=1400)
    bulk = packets([("server", record * 100)], size=60_000, start=0, syn=False)[:-2]
    start = next(p for p in reversed(made[:-2]) if p["IP"].src == "10.0.0.2")
    sequence = start["TCP"].seq + len(start["TCP"].payload)
    path = tmp_path / "large.pcap"
    pcap(path, made[:-2])
    with path.open("ab") as file:
        for _ in range(15):
            for packet in bulk:
                packet["TCP"].seq = sequence % 2**32
                sequence += len(packet["TCP"].payload)
                del packet["IP"].chksum, packet["TCP"].chksum
                raw = bytes(packet)
                file.write(struct.pack("<IIII", 1_700_000_100, 0, len(raw), len(raw)) + raw)
    assert path.stat().st_size > 23 << 20
    seen: list[int] = []
    tracemalloc.start()
    try:
        capture = Capture(path, Secrets(read_key(server_key())), out=lambda number: open_private(tmp_path / "t.jsonl"))
        capture.read(seen.append)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20
    assert seen == sorted(seen) and seen[-1] == path.stat().st_size
    assert len(read_trace(tmp_path / "t.jsonl").events) < MAX_EVENTS


# TCP.


@given(data=st.binary(min_size=1, max_size=400), start=st.integers(0, 2**32 - 1), choice=st.data())
def test_any_cutting_order_and_repetition_gives_the_same_stream(data: bytes, start: int, choice: Any) -> None:
    segments = []
    for at in range(0, len(data), 16):
        segments.append((at, data[at : at + choice.draw(st.integers(16, 40))]))
    segments += choice.draw(st.lists(st.sampled_from(segments), max_size=8))
    stream = Stream()
    got = stream.feed(start, b"", syn=True)
    for at, payload in choice.draw(st.permutations(segments)):
        got += stream.feed((start + 1 + at) % 2**32, payload)
    assert got == data
    assert not stream.waiting


def test_a_late_syn_places_what_was_held(tmp_path: Path) -> None:
    stream = Stream()
    assert stream.feed(1000 + 5, b"world") == b""
    assert stream.feed(1000, b"hello") == b""
    assert stream.feed(999, b"", syn=True) == b"helloworld"
    assert not stream.mid_stream


def test_what_is_held_back_is_bounded() -> None:
    stream = Stream()
    stream.feed(0, b"", syn=True)
    for at in range(MAX_HELD // 60_000 + 2):
        stream.feed(10 + at * 60_000, bytes(60_000))
    assert stream.broken
    assert stream.waiting == 0


# The machines.


def test_the_listeners_machines_include_the_endpoints() -> None:
    from minitls.handshake.tls12 import states

    for side, heard in TABLES.items():
        for state, accepted in states.TABLES[side].items():
            for kind, targets in accepted.items():
                assert targets <= heard[state][kind], (side, state, kind)


def test_what_comes_next_decides_every_open_move() -> None:
    """Of the states that a message may lead to, no two accept the same message: a listener never has to guess."""
    for table in TABLES.values():
        for accepted in table.values():
            for targets in accepted.values():
                kinds = [kind for target in targets for kind in table[target]]
                assert len(kinds) == len(set(kinds))


def test_no_state_has_two_structs_for_one_message_of_one_key_exchange() -> None:
    for table in TABLES.values():
        for accepted in table.values():
            forms = [(kind.msg_type, kind.key_exchange) for kind in accepted]
            assert len(forms) == len(set(forms))


def test_a_move_that_is_open_is_decided_by_what_follows() -> None:
    moves = []
    machine = Watched("client", lambda *move: moves.append(move))
    machine.begin()
    machine.received(HandshakeType.server_hello)
    assert machine.state is Waiting.WAIT_SERVER_HELLO
    assert machine.accepts(HandshakeType.certificate) and machine.accepts(ChangeCipherSpec)
    machine.received(ChangeCipherSpec)
    assert machine.state is Waiting.WAIT_FINISHED
    assert moves[1:] == [
        ("client", "WAIT_SERVER_HELLO", "WAIT_CHANGE_CIPHER_SPEC", "ServerHello"),
        ("client", "WAIT_CHANGE_CIPHER_SPEC", "WAIT_FINISHED", "ChangeCipherSpec"),
    ]


# Key logs.


def test_all_kinds_of_lines_are_understood_and_others_stepped_over(tmp_path: Path) -> None:
    path = tmp_path / "keys.log"
    random, secret, session = "aa" * 32, "bb" * 48, "cc" * 32
    path.write_text(
        f"\ufeff# comment\r\nCLIENT_RANDOM {random} {secret}\r\nRSA {'dd' * 8} {secret}\r\n"
        f"PMS_CLIENT_RANDOM {random} {secret}\nRSA Session-ID:{session} Master-Key:{secret}\n"
        f"CLIENT_TRAFFIC_SECRET_0 {'ee' * 32} {'ff' * 32}\nCLIENT_RANDOM {random} {'12' * 5}\nCLIENT_RANDOM zz yy\n\n",
        encoding="utf-8",
    )
    secrets = Secrets()
    secrets.add_log(read_key_log(path))
    assert secrets.lines == 5
    assert secrets.master(bytes.fromhex(random)) == bytes.fromhex(secret)
    assert secrets.pre_master(bytes(32), bytes.fromhex("dd" * 8) + bytes(248)) == bytes.fromhex(secret)
    assert secrets.session(bytes.fromhex(session)) == bytes.fromhex(secret)
    assert secrets.knows_tls13(bytes.fromhex("ee" * 32))
    with pytest.raises(CaptureError, match="RSA keys"):
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        other = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (tmp_path / "ed.key").write_bytes(other)
        read_key(tmp_path / "ed.key")


# A real capture.


@pytest.mark.slow
def test_a_live_connection_of_openssl_captured_on_loopback(tmp_path: Path) -> None:
    for program in ("openssl", "tcpdump"):
        require_program(program)
    if os.geteuid() != 0:
        absent("capturing on loopback takes root")
    port = reserved_port()
    capture = tmp_path / "live.pcap"
    dump = subprocess.Popen(
        ["tcpdump", "-i", "lo", "--immediate-mode", "-U", "-s", "0", "-w", capture, f"tcp port {port}"],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert dump.stderr is not None
        said = dump.stderr.readline()
        if "listening on" not in said:
            said += dump.stderr.readline()
        if "listening on" not in said:
            absent(f"tcpdump cannot capture here: {said}")
        live_openssl(tmp_path, port)
    finally:
        dump.terminate()
        dump.communicate(timeout=10)
    for how in (("--key", tmp_path / "server.key"), ("--keylog", tmp_path / "keys.log")):
        trace = trace_of(capture, *how)
        report = check(trace)
        assert report.intact and report.true, report.differences[:1]
        data = b"".join(e.plaintext for e in trace.events if isinstance(e, Protect) and e.type == 23)  # type: ignore[misc]
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


def test_secrets_of_a_secrets_block_are_found_and_a_pcap_has_none(tmp_path: Path) -> None:
    path = tmp_path / "c.pcapng"
    path.write_bytes(pcapng(recorded("full")))
    assert "CLIENT_RANDOM" in secrets_in(path)
    assert secrets_in(pcap(tmp_path / "c.pcap", packets(recording(0).flows))) == ""
    file = PacketFile(path)
    assert sum(1 for _ in file.segments()) >= 15
    assert not file.cut
    file.close()


def test_every_line_of_a_trace_is_json(tmp_path: Path) -> None:
    trace_of(pcap(tmp_path / "c.pcap", packets(recording(0).flows)), "--key", server_key())
    lines = [json.loads(line) for line in (tmp_path / "c.jsonl").read_text().splitlines()]
    assert lines[0]["by"] == ["observer"]
    assert lines[-1]["event"] == "end"
