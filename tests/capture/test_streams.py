"""TCP: segments in any order, twice or never, become the stream that was sent, or a note that says what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.capture.streams import MAX_HELD, Stream
from minitls.trace.check import check
from tests.trace.captures import messages, notes, recording, trace_of
from tests.trace.packets import packets, pcap, server_key

pytest.importorskip("scapy")


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
