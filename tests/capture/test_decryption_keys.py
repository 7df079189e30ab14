"""A key log opens every suite whose records can be opened, whatever its key exchange: OpenSSL with itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from minitls.trace.check import check
from minitls.trace.file.events import Protect
from minitls.trace.file.jsonl import Trace
from minitls.trace.story.story import Story
from tests.capture.dialogues import KEY, in_memory
from tests.capture.test_openssl import overheard
from tests.helpers import DEMO
from tests.peers import require_program, reserved_port, running, shared
from tests.trace.captures import messages, notes, run, trace_of
from tests.trace.packets import packets, pcap

pytest.importorskip("scapy")
#: By OpenSSL's name: every key exchange that it still speaks with the demo's RSA certificate or none, every protection.
SUITES = {
    "ECDHE-RSA-AES128-GCM-SHA256": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384": "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "ECDHE-RSA-AES256-SHA384": "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    "ECDHE-RSA-AES128-SHA256": "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    "ECDHE-RSA-AES128-SHA": "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "AECDH-AES256-SHA": "TLS_ECDH_anon_WITH_AES_256_CBC_SHA",
}


def plaintexts(trace: Trace) -> list[bytes]:
    """The application data that was opened."""
    opened = [event.plaintext for event in trace.events if isinstance(event, Protect) and event.type == 23]
    return [each for each in opened if isinstance(each, bytes)]


@pytest.mark.parametrize("suite", SUITES)
def test_a_key_log_opens_it(suite: str, tmp_path: Path) -> None:
    keylog = tmp_path / "keys.log"
    flows, _ = in_memory(suite, keylog)
    capture = pcap(tmp_path / "c.pcap", packets(flows))
    trace = trace_of(capture, "--keylog", keylog)
    report = check(trace)
    assert report.intact and report.true, report.differences[:1]
    assert report.counts["Finished"] == 2
    assert Story(trace).suite == SUITES[suite]
    assert plaintexts(trace) == [b"the client says hello", b"the server says hello"]
    assert messages(trace).count("Finished") == 2


def test_who_has_only_the_servers_key_opens_none_of_it(tmp_path: Path) -> None:
    keylog = tmp_path / "keys.log"
    flows, _ = in_memory("ECDHE-RSA-AES128-GCM-SHA256", keylog)
    capture = pcap(tmp_path / "c.pcap", packets(flows))
    trace = trace_of(capture, "--key", KEY)
    assert "forward secrecy" in notes(trace)["cannot_decrypt"]["reason"]
    assert not plaintexts(trace)
    # And a trace that a key log opened does not claim it of the key.
    knows = Story(trace_of(capture, "--keylog", keylog)).steps[-1].knows
    names = {viewer: {secret.name for secret in known} for viewer, known in knows.items()}
    assert "master_secret" in names["client"] and "master_secret" in names["server"]
    assert not names["keyholder"] & {"master_secret", "key_block"}


def test_a_resumed_one_is_opened_by_the_first_ones_secret(tmp_path: Path) -> None:
    keylog, other = tmp_path / "keys.log", tmp_path / "other.log"
    first, client = in_memory("ECDHE-RSA-AES128-GCM-SHA256", keylog)
    again, _ = in_memory("ECDHE-RSA-AES128-GCM-SHA256", other, client)
    made = packets(first) + packets(again, port=40001, when=5)
    trace = trace_of(pcap(tmp_path / "c.pcap", made), "--keylog", keylog, "--connection", "2")
    assert "resumed" in notes(trace)
    assert check(trace).true
    assert len(plaintexts(trace)) == 2


@pytest.mark.slow
@pytest.mark.parametrize("suite", ["DHE-RSA-AES256-GCM-SHA384", "DHE-RSA-AES128-SHA256", "PSK-AES256-CBC-SHA384"])
def test_finite_fields_and_pre_shared_keys_of_openssls_programs(suite: str, tmp_path: Path) -> None:
    require_program("openssl")
    port, keylog = reserved_port(), tmp_path / "keys.log"
    options = ["-psk", "0123456789abcdef"] if suite.startswith("PSK") else []
    server = [
        "openssl",
        "s_server",
        "-accept",
        str(port),
        "-cert",
        str(DEMO / "server.pem"),
        "-key",
        str(KEY),
        *options,
    ]
    with running(*server, "-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0", ready="ACCEPT"):
        flows = overheard(port, [*options, "-cipher", f"{suite}:@SECLEVEL=0", "-keylogfile", str(keylog)])
    trace = trace_of(pcap(tmp_path / "c.pcap", packets(flows)), "--keylog", keylog)
    report = check(trace)
    assert report.intact and report.true, report.differences[:1]
    assert report.counts["Finished"] == 2
    assert b"hello" in b"".join(plaintexts(trace))


def test_the_recording_of_illustrated_tls_opens(tmp_path: Path) -> None:
    folder = shared("vectors/illustrated-tls12")
    done = run(folder / "capture.pcap", "--keylog", folder / "keylog.txt", "-o", tmp_path / "t.jsonl")
    assert done.exit_code == 0, done.output
    assert "decrypted" in done.output and "not decrypted" not in done.output


def test_a_pre_shared_key_is_told_from_forward_secrecy(tmp_path: Path) -> None:
    """The hellos and nothing else decide, so those of an RSA recording with another suite in it will do."""
    flows, _ = in_memory("AES128-GCM-SHA256", tmp_path / "keys.log")
    side, data = flows[1]
    at = 44 + data[43]
    assert data[at : at + 2] == bytes.fromhex("009c")
    flows[1] = side, data[:at] + bytes.fromhex("00a8") + data[at + 2 :]
    reason = notes(trace_of(pcap(tmp_path / "c.pcap", packets(flows))))["cannot_decrypt"]["reason"]
    assert "pre-shared key" in reason
    assert "forward secrecy" not in reason
