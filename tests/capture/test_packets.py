"""Capture files: their forms, files that are wrong or cut, and large ones."""

from __future__ import annotations

import gzip
import random
import re
import struct
import subprocess
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.capture.capture_file import secrets_in
from minitls.capture.connections import MAX_EVENTS, Capture
from minitls.capture.packets import PacketFile, find
from minitls.capture.secrets import Secrets, read_key
from minitls.render.export.pcapng import pcapng
from minitls.trace.check import check
from minitls.trace.file.jsonl import open_private, read_trace
from tests.peers import require_program
from tests.trace.captures import messages, recording, run, trace_of
from tests.trace.conversations import recorded
from tests.trace.packets import packets, pcap, server_key

pytest.importorskip("scapy")


def test_gzipped_captures_are_read(tmp_path: Path) -> None:
    each = recording(0)
    plain = pcap(tmp_path / "c.pcap", packets(each.flows))
    packed = tmp_path / "c.pcap.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert check(trace_of(packed, "--key", server_key())).true


def test_secrets_of_a_secrets_block_are_found_and_a_pcap_has_none(tmp_path: Path) -> None:
    path = tmp_path / "c.pcapng"
    path.write_bytes(pcapng(recorded("full")))
    assert "CLIENT_RANDOM" in secrets_in(path)
    assert secrets_in(pcap(tmp_path / "c.pcap", packets(recording(0).flows))) == ""
    file = PacketFile(path)
    assert sum(1 for _ in file.segments()) >= 15
    assert not file.cut
    file.close()


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


@pytest.mark.slow
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


# Layers, against scapy, which builds them.


def stacks() -> dict[str, Any]:
    """A TCP segment in every stack of layers that is taken apart by hand, and in some that scapy reads."""
    from scapy.contrib.mpls import MPLS
    from scapy.layers.inet import IP, TCP, UDP
    from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting
    from scapy.layers.l2 import GRE, LLC, SNAP, CookedLinux, CookedLinuxV2, Dot1AD, Dot1Q, Dot3, Ether, Loopback
    from scapy.layers.ppp import PPP, PPPoE
    from scapy.layers.vxlan import VXLAN

    tcp = TCP(sport=40000, dport=443, seq=7, flags="PA", options=[("NOP", None)] * 4) / b"payload"
    four, six = IP(src="10.0.0.1", dst="10.0.0.2"), IPv6(src="fd00::1", dst="fd00::2")
    inner = four / tcp
    extended = six / IPv6ExtHdrHopByHop() / IPv6ExtHdrRouting() / IPv6ExtHdrDestOpt() / tcp
    return {
        "Ethernet": (1, Ether() / inner),
        "Ethernet padded": (1, Ether() / inner / b""),
        "IPv6": (1, Ether() / six / tcp),
        "IPv6 extension headers": (1, Ether() / extended),
        "IPv4 options": (1, Ether() / IP(src="10.0.0.1", dst="10.0.0.2", options=b"\x94\x04\0\0") / tcp),
        "VLAN": (1, Ether() / Dot1Q(vlan=5) / inner),
        "VLAN in VLAN": (1, Ether() / Dot1AD(vlan=5) / Dot1Q(vlan=6) / six / tcp),
        "PPPoE": (1, Ether(type=0x8864) / PPPoE() / PPP(proto=0x21) / inner),
        "MPLS": (1, Ether(type=0x8847) / MPLS(label=1, s=0) / MPLS(label=2, s=1) / inner),
        "SNAP": (1, Dot3() / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(code=0x800) / inner),
        "cooked": (113, CookedLinux(proto=0x800) / inner),
        "cooked 2": (276, CookedLinuxV2(proto=0x86DD) / six / tcp),
        "loopback": (0, Loopback() / inner),
        "raw": (101, inner),
        "raw IPv6": (229, six / tcp),
        "IP in IP": (1, Ether() / IP(src="192.0.2.1") / inner),
        "IPv6 in IP": (1, Ether() / IP(src="192.0.2.1") / six / tcp),
        "GRE": (1, Ether() / IP(src="192.0.2.1") / GRE() / inner),
        "VXLAN": (1, Ether() / IP() / UDP(sport=1, dport=4789) / VXLAN(vni=1) / Ether() / inner),
        "PPP by scapy": (9, PPP(proto=0x21) / inner),
    }


NAMES = (
    *("Ethernet", "Ethernet padded", "IPv6", "IPv6 extension headers", "IPv4 options", "VLAN", "VLAN in VLAN", "PPPoE"),
    *("MPLS", "SNAP", "cooked", "cooked 2", "loopback", "raw", "raw IPv6", "IP in IP", "IPv6 in IP", "GRE", "VXLAN"),
    "PPP by scapy",
)
ENDS = (bytes((10, 0, 0, 1, 10, 0, 0, 2)), bytes.fromhex(f"fd00{1:028x}fd00{2:028x}"))


@pytest.mark.parametrize("name", NAMES)
def test_a_segment_is_found_in_every_stack(name: str) -> None:
    link, packet = stacks()[name]
    data = bytes(packet) + (bytes(20) if name == "Ethernet padded" else b"")
    found = find(link, data)
    assert found is not None and found.protocol == 6
    assert data[found.start : found.start + 4] == struct.pack("!HH", 40000, 443)
    assert data[found.start + 24 : found.end] == b"payload"
    assert found.addresses in ENDS
    for cut in range(len(data)):
        find(link, data[:cut])


def test_pieces_of_packets_and_other_protocols_hold_no_segment() -> None:
    from scapy.layers.inet import ICMP, IP, TCP
    from scapy.layers.l2 import ARP, Ether

    for packet in (
        Ether() / ARP(),
        Ether() / IP() / ICMP(),
        Ether() / IP(flags="MF") / TCP(),
        Ether() / IP(frag=5) / TCP(),
        Ether(type=0x88CC) / bytes(40),
        Ether(type=0x1234) / bytes(40),
    ):
        assert find(1, bytes(packet)) is None
    assert find(9999, bytes(60)) is None


@given(data=st.binary(max_size=90), link=st.sampled_from([0, 1, 101, 113, 276]))
def test_no_packet_stumbles(data: bytes, link: int) -> None:
    for start in (b"", bytes(12) + b"\x08\x00\x45", bytes(12) + b"\x86\xdd\x60", b"\x45", b"\x60"):
        found = find(link, start + data)
        assert found is None or found.start <= len(start + data) + 40


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("nano", [False, True])
def test_every_form_of_pcap(big: bool, nano: bool, tmp_path: Path) -> None:
    """Byte orders and nanoseconds, against the packets of one file in the usual form."""
    usual = pcap(tmp_path / "usual.pcap", packets(recording(0).flows)).read_bytes()
    order, magic = ">" if big else "<", 0xA1B23C4D if nano else 0xA1B2C3D4
    made, at = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65535, 1), 24
    while at < len(usual):
        seconds, micros, length, whole = struct.unpack_from("<IIII", usual, at)
        made += struct.pack(f"{order}IIII", seconds, micros * (1000 if nano else 1), length, whole)
        made += usual[at + 16 : at + 16 + length]
        at += 16 + length
    path = tmp_path / "other.pcap"
    path.write_bytes(made)
    one, other = PacketFile(tmp_path / "usual.pcap"), PacketFile(path)
    for mine, theirs in zip(one.segments(), other.segments(), strict=True):
        assert mine._replace(time=0) == theirs._replace(time=0)
        assert mine.time == pytest.approx(theirs.time)
    one.close()
    other.close()


def test_pcapng_of_tshark_is_read_as_its_pcap(tmp_path: Path) -> None:
    editcap = require_program("tshark").replace("tshark", "editcap")
    usual = pcap(tmp_path / "usual.pcap", packets(recording(0).flows))
    for kind in ("pcapng", "nsecpcap", "modpcap"):
        subprocess.run([editcap, "-F", kind, usual, tmp_path / kind], check=True, capture_output=True)
        one, other = PacketFile(usual), PacketFile(tmp_path / kind)
        for mine, theirs in zip(one.segments(), other.segments(), strict=True):
            assert mine._replace(time=0) == theirs._replace(time=0)
            assert mine.time == pytest.approx(theirs.time)
        assert not other.cut
        one.close()
        other.close()


@pytest.mark.parametrize(
    ("link", "packet"),
    [
        (1, bytes(12) + b"\x00\x10" + bytes.fromhex("aaaa030000000010") * 3000),
        (9, bytes.fromhex("ff030057 60000000 0028 0040") + bytes(32)),
    ],
    ids=["SNAP within SNAP", "PPP with IPv6 cut off before its options"],
)
def test_packets_made_to_break_a_reader_are_passed_over(link: int, packet: bytes) -> None:
    assert find(link, packet) is None


def block(kind: int, body: bytes) -> bytes:
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size


SECTION = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))


def test_a_gzipped_pcapng_that_cannot_be_unpacked_to_its_end_is_read_up_to_there(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(SECTION + random.Random(1).randbytes(1 << 18)))
    packed[1 << 17 :] = bytes(len(packed) - (1 << 17))
    broken = bytearray(gzip.compress(SECTION + block(1, struct.pack("<HHI", 1, 0, 0)), 0)[:10])
    for number, data in enumerate((packed, broken + b"\xff" * 400)):
        file = tmp_path / f"{number}.pcapng.gz"
        file.write_bytes(data)
        assert secrets_in(file) == ""


def test_sections_of_a_gzipped_pcapng_are_walked_forwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To seek backwards in what is gzipped is to unpack it from its start: quadratic in a file of many sections."""
    seek = gzip.GzipFile.seek

    def forwards(self: gzip.GzipFile, offset: int, whence: int = 0) -> int:
        assert (offset, whence) == (0, 0) or (offset >= 0 and whence == 1)
        return seek(self, offset, whence)

    monkeypatch.setattr(gzip.GzipFile, "seek", forwards)
    log = b"CLIENT_RANDOM 00 11 "
    secrets = block(10, struct.pack("<II", 0x544C534B, len(log)) + log)
    file = tmp_path / "c.pcapng.gz"
    file.write_bytes(gzip.compress(SECTION * 100 + secrets))
    assert secrets_in(file) == log.decode()


@pytest.mark.parametrize("offset", [2**62, -(2**62), 260_000_000_000])
def test_a_time_that_no_calendar_has_is_moved_into_one(offset: int, tmp_path: Path) -> None:
    interface = block(1, struct.pack("<HHIHHqI", 1, 0, 0, 14, 8, offset, 0))
    frames = [bytes(each) for each in packets(recording(0).flows)]
    frames = [each + bytes(-len(each) % 4) for each in frames]
    made = [block(6, struct.pack("<IIIII", 0, 0, 9, len(each), len(each)) + each) for each in frames]
    file = tmp_path / "c.pcapng"
    file.write_bytes(SECTION + interface + b"".join(made))
    assert check(trace_of(file, "--key", server_key(), "--ca", "demo", "--host", "localhost")).true
