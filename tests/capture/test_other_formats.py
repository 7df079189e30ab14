"""What is near to TLS and is not, named: hellos in the format of SSL 2.0, DTLS, QUIC."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest

from minitls.capture.datagrams import protocol_of
from minitls.trace.check import check
from minitls.trace.explain.reading import read
from tests.capture.dialogues import KEY
from tests.peers import require_program
from tests.trace.captures import messages, notes, recording, run, trace_of
from tests.trace.packets import Flow, packets, pcap
from tests.wire.test_sslv2 import CHALLENGE, HELLO

pytest.importorskip("scapy")


# Hellos in the format of SSL 2.0. No program installed sends one any more; what follows it is OpenSSL's.


def old_hello() -> list[Flow]:
    """A recording of OpenSSL's in which the ClientHello is the old one."""
    return [("client", HELLO), *recording(1).flows[1:]]


def test_an_old_hello_is_taken_apart_and_tls_after_it_decoded(tmp_path: Path) -> None:
    capture = pcap(tmp_path / "c.pcap", packets(old_hello()))
    done = run(capture, "--key", KEY, "-o", tmp_path / "c.jsonl")
    assert "format of SSL 2.0; TLS follows" in done.output
    trace = trace_of(capture)
    note = notes(trace)["sslv2_hello"]
    assert note["cipher_specs[0]"].endswith("TLS_RSA_WITH_AES_128_CBC_SHA")
    assert note["cipher_specs[2]"].endswith("a cipher of SSL 2.0")
    assert note["version"] == "0x0303 TLS 1.2"
    assert note["bytes"] == HELLO.hex()
    assert messages(trace, "server")[:3] == ["ServerHello", "Certificate", "ServerHelloDone"]
    assert messages(trace, "client") == ["ClientKeyExchange", "ChangeCipherSpec"]
    assert "format of SSL 2.0" in notes(trace)["cannot_decrypt"]["reason"]
    assert "unexpected" not in notes(trace)
    assert check(trace).true


@pytest.mark.parametrize("size", [1, 5])
def test_in_any_pieces(size: int, tmp_path: Path) -> None:
    trace = trace_of(pcap(tmp_path / "c.pcap", packets(old_hello()[:2], size=size)))
    assert "sslv2_hello" in notes(trace)
    assert messages(trace)[0] == "ServerHello"


def test_explain_takes_it_apart_and_goes_on() -> None:
    record = recording(1).flows[1][1]
    parts = read(HELLO + record)
    assert parts[0].data == HELLO
    assert [field.label for field in parts[0].fields][-1] == "challenge"
    assert HELLO[parts[0].fields[-1].start : parts[0].fields[-1].end] == CHALLENGE
    assert any("ServerHello" in part.title for part in parts[1:])


# Over UDP.


def datagrams(flows: list[tuple[str, bytes]], port: int) -> list[object]:
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import Ether

    made: list[object] = []
    for side, data in flows:
        ends = ("10.0.0.1", "10.0.0.2") if side == "client" else ("10.0.0.2", "10.0.0.1")
        ports = (40000, port) if side == "client" else (port, 40000)
        made.append(Ether() / IP(src=ends[0], dst=ends[1]) / UDP(sport=ports[0], dport=ports[1]) / data)
    return made


def test_openssls_dtls_is_named(tmp_path: Path) -> None:
    require_program("openssl")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)
        command = ["openssl", "s_client", "-dtls1_2", "-connect", f"127.0.0.1:{server.getsockname()[1]}"]
        client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            hello = server.recv(4096)
        finally:
            client.kill()
            client.communicate()
    assert protocol_of(hello) == "DTLS"
    done = run(pcap(tmp_path / "c.pcap", datagrams([("client", hello)] * 2, 4433)), "-o", tmp_path / "t.jsonl")
    assert done.exit_code == 1
    assert "1 flow of DTLS over UDP: minitls reads TLS over TCP" in " ".join(done.output.split())


def test_quic_is_named_beside_what_is_read(tmp_path: Path) -> None:
    """The Initial packet of RFC 9001 appendix A.2, as far as its header goes."""
    initial = bytes.fromhex("c000000001088394c8f03e5157080000449e7b9aec34") + bytes(1178)
    made = packets(recording(0).flows) + datagrams([("client", initial), ("server", initial)], 443)
    done = run(pcap(tmp_path / "c.pcap", made), "-o", tmp_path / "t.jsonl")
    assert done.exit_code == 0
    assert "besides, 1 flow of QUIC over UDP" in done.output


@pytest.mark.parametrize("data", [b"", b"\x16", b"\x16\xfe\xfd" + bytes(10), b"\xc0\0\0\0\1", b"GET / HTTP", bytes(64)])
def test_other_datagrams_have_no_name(data: bytes) -> None:
    assert protocol_of(data) == ""
