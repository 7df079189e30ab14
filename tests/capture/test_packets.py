"""Capture files: their forms, files that are wrong or cut, and large ones."""

from __future__ import annotations

import gzip
import re
import struct
import tracemalloc
from pathlib import Path

import pytest

from minitls.capture.capture_file import secrets_in
from minitls.capture.connections import MAX_EVENTS, Capture
from minitls.capture.packets import PacketFile
from minitls.capture.secrets import Secrets, read_key
from minitls.render.export.pcapng import pcapng
from minitls.trace.check import check
from minitls.trace.file.jsonl import open_private, read_trace
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
