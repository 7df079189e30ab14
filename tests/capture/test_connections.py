"""Traces from captures: OpenSSL's recordings in every order, what cannot be decrypted, and several connections."""

from __future__ import annotations

import json
import ssl
from pathlib import Path

import pytest

from minitls import prose
from minitls.capture.connections import Capture
from minitls.crypto.suites import suite_named
from minitls.pki import demo as demo_pki
from minitls.render.export.pcapng import pcapng
from minitls.trace.check import check
from minitls.trace.file.events import Judged, Keys, Message, Protect, State
from minitls.trace.file.jsonl import read_trace
from minitls.trace.story.story import Story
from tests.capture.dialogues import in_memory
from tests.trace.captures import key_log, messages, notes, recording, run, trace_of
from tests.trace.conversations import recorded
from tests.trace.packets import Recording, disturbed, packets, pcap, recordings, server_key

pytest.importorskip("scapy")
NUMBERS = range(14)


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


@pytest.mark.slow
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


def test_every_line_of_a_trace_is_json(tmp_path: Path) -> None:
    trace_of(pcap(tmp_path / "c.pcap", packets(recording(0).flows)), "--key", server_key())
    lines = [json.loads(line) for line in (tmp_path / "c.jsonl").read_text().splitlines()]
    assert lines[0]["by"] == ["observer"]
    assert lines[-1]["event"] == "end"


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
        done = run(capture, *how, "-o", tmp_path / "t.jsonl")
        assert done.exit_code == (1 if how else 0), "what was given in vain is an error, to have nothing is none"
        assert "holds secrets" not in done.output
        trace = read_trace(tmp_path / "t.jsonl")
        assert check(trace).true
        assert trace.header.secrets == bool(how)
        reasons.append(notes(trace)["cannot_decrypt"]["reason"])
    assert "neither" in reasons[0]
    assert "does not belong to the server's certificate" in reasons[1]
    assert "is not in the key log" in reasons[2]


def test_a_secret_that_is_wrong_though_its_name_fits_is_given_in_vain(tmp_path: Path) -> None:
    each = recording(0)
    capture = pcap(tmp_path / "c.pcap", packets(each.flows))
    label, random, _ = next(line for line in each.keylog.split("\n") if line.startswith("CLIENT_RANDOM")).split()
    (tmp_path / "keys.log").write_text(f"{label} {random} {'ab' * 48}\n")
    done = run(capture, "--keylog", tmp_path / "keys.log", "-o", tmp_path / "t.jsonl")
    assert done.exit_code == 1
    assert "does not open with these keys" in " ".join(done.output.split())


def test_without_the_certificate_the_key_is_tried(tmp_path: Path) -> None:
    """A capture may lack it: the ClientKeyExchange tells whether the key is the right one."""
    each = next(one for one in recordings() if one.is_rsa and "noEMS" in one.name)
    flows = [(side, data) for side, data in records_of(each) if (data[0], data[5]) != (22, 11)]
    capture = pcap(tmp_path / "c.pcap", packets(flows))
    assert any(isinstance(event, Protect) for event in trace_of(capture, "--key", server_key()).events)
    wrong = tmp_path / "wrong.key"
    wrong.write_bytes(demo_pki.server_key())
    done = run(capture, "--key", wrong, "-o", tmp_path / "t.jsonl")
    assert "certificate is not in the capture" in " ".join(done.output.split())


@pytest.mark.parametrize(
    ("flights", "told"),
    [
        (1, "ends before the handshake does, after the client's ClientHello"),
        (2, "ends before the handshake does, after the server's ServerHelloDone"),
    ],
)
def test_a_capture_that_ends_early_says_after_what(flights: int, told: str, tmp_path: Path) -> None:
    capture = pcap(tmp_path / "c.pcap", packets(recording(0).flows[:flights])[:-2])
    done = run(capture, "--key", server_key(), "-o", tmp_path / "t.jsonl")
    assert done.exit_code == 0
    assert f"the capture {told}" in done.output
    assert "nothing to decrypt" in done.output
    assert "holds secrets" not in done.output
    run(pcap(tmp_path / "c.pcap", packets(recording(0).flows[:flights])), "-o", tmp_path / "t.jsonl")
    assert notes(read_trace(tmp_path / "t.jsonl"))["breaks_off"]["reason"] == f"the connection {told}"


def test_one_is_no_plural_and_sentences_end_once(tmp_path: Path) -> None:
    capture = pcap(tmp_path / "c.pcap", packets(recording(0).flows))
    assert "1 TLS connection:" in run(capture, "--connection", 4, "-o", tmp_path / "t.jsonl").output
    one = pcap(tmp_path / "c.pcap", packets([])[:1])
    assert "in 1 packet;" in run(one, "-o", tmp_path / "t.jsonl").output
    for key, row in prose.rows("reasons").items():
        assert not row["reason"].endswith("."), key
        assert not row.get("more", "").endswith("."), key


def test_data_that_was_changed_on_its_way_does_not_open(tmp_path: Path) -> None:
    flows = list(recording(8).flows)
    at = max(index for index, (_, data) in enumerate(flows) if data[0] == 23)
    side, data = flows[at]
    flows[at] = side, data[:-1] + bytes([data[-1] ^ 1])
    trace = trace_of(pcap(tmp_path / "c.pcap", packets(flows)), "--key", server_key())
    assert "does not open with these keys" in notes(trace)["cannot_decrypt"]["reason"]
    assert messages(trace).count("Finished") == 2


# What other stacks may do, and no fault of the trace.


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_older_versions_are_told_and_nothing_of_them_is_untrue(version: ssl.TLSVersion, tmp_path: Path) -> None:
    flows, _ = in_memory("AES128-SHA", tmp_path / "keys.log", version=version)
    trace = trace_of(pcap(tmp_path / "c.pcap", packets(flows)), "--keylog", tmp_path / "keys.log")
    report = check(trace)
    assert report.true, report.differences[:1]
    assert "the key schedule of TLS 1.2 only" in notes(trace)["cannot_decrypt"]["reason"]
    assert messages(trace, "server")[:3] == ["ServerHello", "Certificate", "ServerHelloDone"]


WARNING, HALVES = b"\x15\x03\x03\0\2\1\x5a", (b"\x15\x03\x03\0\3\1\x5a\1", b"\x15\x03\x03\0\1\x64")


@pytest.mark.parametrize("alerts", [(WARNING,), HALVES, (b"\x15\x03\x03\0\1\1", b"\x15\x03\x03\0\1\x5a")])
def test_alerts_anywhere_and_cut_anyhow_are_no_untruth(alerts: tuple[bytes, ...], tmp_path: Path) -> None:
    """Between the fragments of a message, and with a border of records within an alert."""
    records = records_of(recording(1))
    at = next(i for i, (side, data) in enumerate(records) if side == "server" and data[5] == 11)
    body = records[at][1][5:]
    parts = [b"\x16\x03\x03" + len(each).to_bytes(2, "big") + each for each in (body[:100], body[100:])]
    flows = [*records[:at], ("server", parts[0]), *(("server", each) for each in alerts), ("server", parts[1])]
    trace = trace_of(pcap(tmp_path / "c.pcap", packets(flows + records[at + 1 :])), "--key", server_key())
    report = check(trace)
    assert report.true, report.differences[:1]
    assert messages(trace).count("Finished") == 2
    assert messages(trace).count("Alert") >= len(b"".join(each[5:] for each in alerts)) // 2


def test_an_answered_encrypt_then_mac_does_not_count_with_gcm(tmp_path: Path) -> None:
    """RFC 7366 section 3. The master secret depends on no hello here, so that this one may be changed."""
    each = next(one for one in recordings() if one.name == "AES128-GCM-SHA256-noEMS-noEtM")
    records = records_of(each)
    at = next(i for i, (side, data) in enumerate(records) if side == "server" and data[5] == 2)
    hello = records[at][1][5:]
    end = 4 + 2 + 32 + 1 + hello[38] + 3
    extensions = (hello[end + 2 :] if len(hello) > end else b"") + b"\x00\x16\x00\x00"
    changed = hello[4:end] + len(extensions).to_bytes(2, "big") + extensions
    changed = b"\x02" + len(changed).to_bytes(3, "big") + changed
    records[at] = "server", b"\x16\x03\x03" + len(changed).to_bytes(2, "big") + changed
    trace = trace_of(pcap(tmp_path / "c.pcap", packets(records)), "--key", server_key())
    assert {event.encrypt_then_mac for event in trace.events if isinstance(event, Keys)} == {False}
    assert {each.what for each in check(trace).differences} == {"the client's Finished", "the server's Finished"}


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


# Several connections, and none.


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
    assert "1,000 TLS connections" in done.output
    assert len(done.output.splitlines()) < 60


def test_what_is_not_tls_is_named(tmp_path: Path) -> None:
    http = [("client", b"GET / HTTP/1.1\r\n\r\n"), ("server", b"HTTP/1.1 200 OK\r\n\r\n")]
    done = run(pcap(tmp_path / "c.pcap", packets(http)), "-o", tmp_path / "t.jsonl")
    assert done.exit_code == 1
    assert "1 HTTP" in done.output


def records_of(recording: Recording) -> list[tuple[str, bytes]]:
    """The recording's records one by one, with who sent each."""
    found = []
    for side, data in recording.flows:
        while data:
            end = 5 + int.from_bytes(data[3:5], "big")
            found.append((side, data[:end]))
            data = data[end:]
    return found


@pytest.mark.parametrize("again", ["ClientHello", "another suite", "an unknown suite", "ClientKeyExchange"])
def test_hellos_and_key_exchanges_that_come_twice_stumble_nobody(again: str, tmp_path: Path) -> None:
    """Nothing stale goes into the keys, and nothing that is missing becomes a traceback."""
    records = records_of(recording(0))
    hello = next(data for side, data in records if side == "server")
    at = 44 + hello[43]
    exchange = next(i for i, (side, data) in enumerate(records) if side == "client" and data[0] == 22 and data[5] == 16)
    more = {
        "ClientHello": [records[0], ("client", b"\x16\x03\x03\x00\x10\x14\x00\x00\x0c" + bytes(12))],
        "another suite": [("server", hello[:at] + b"\x00\x9d" + hello[at + 2 :]), records[exchange]],
        "an unknown suite": [("server", hello[:at] + b"\xc0\x2f" + hello[at + 2 :])],
        "ClientKeyExchange": [records[exchange]],
    }[again]
    flows = records[: exchange + 1] + more + records[exchange + 1 :]
    capture = pcap(tmp_path / "c.pcap", packets(flows))
    trace = trace_of(capture, "--key", server_key())
    check(trace)  # Whatever it says of such a trace, it says it.
    for each in trace.events:
        if isinstance(each, Keys) and isinstance(each.key, bytes):
            assert len(each.key) == suite_named(each.suite).key_length
