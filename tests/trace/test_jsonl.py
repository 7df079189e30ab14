"""Trace files: what is written is read again, and nothing that was changed is believed."""

from __future__ import annotations

import io
import json
import random
import stat
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from minitls.trace.file import schema
from minitls.trace.file.events import KEYS, KINDS, Elided, Event
from minitls.trace.file.events import Random as Drawn
from minitls.trace.file.jsonl import (
    MAX_LINE,
    Header,
    Trace,
    TraceError,
    TraceWriter,
    open_private,
    read_trace,
    write_trace,
)
from tests.trace.conversations import FLAVOURS, lines_of, read_lines, recorded, refused

TRACES = [recorded(*flavour) for flavour in FLAVOURS] + [refused()]


@pytest.mark.parametrize("trace", TRACES)
def test_what_is_written_is_read_again(trace: Trace, tmp_path: Path) -> None:
    write_trace(trace, tmp_path / "t.jsonl")
    again = read_trace(tmp_path / "t.jsonl")
    assert again == trace and again.intact


@pytest.mark.slow
def test_every_line_fits_the_published_schema() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(schema.SCHEMA_FILE.read_text(encoding="utf-8")))
    kinds = set()
    for trace in TRACES:
        for line in lines_of(trace):
            told = json.loads(line)
            validator.validate(told)
            kinds.add(told.get("event", "header"))
    assert kinds == {"header", "end", *KINDS}


def test_the_published_schema_is_the_declared_one() -> None:
    assert schema.SCHEMA_FILE.read_text(encoding="utf-8") == schema.rendered(), (
        "run python -m minitls.trace.file.schema"
    )


def test_every_key_says_where_it_comes_from() -> None:
    published = json.loads(schema.SCHEMA_FILE.read_text(encoding="utf-8"))
    events = [each for each in published["oneOf"] if each["title"] in KINDS]
    assert len(events) == len(KEYS)
    for each in events:
        for name, key in each["properties"].items():
            assert name == "event" or key["x-origin"] in ("given", "wire", "derived")


def test_the_first_line_says_that_there_are_secrets() -> None:
    first = json.loads(lines_of(TRACES[0])[0])
    assert first["minitls_trace"] == 1 and first["secrets"] is True and first["by"] == ["client", "server"]


def test_a_trace_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(b"was here before")
    path.chmod(0o644)
    write_trace(TRACES[0], path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_trace(path).intact


@pytest.mark.slow
def test_a_thousand_edits_of_one_byte_are_all_noticed() -> None:
    chance = random.Random(5)
    files = [b"".join(lines_of(trace)) for trace in TRACES]
    for _ in range(1000):
        data = bytearray(chance.choice(files))
        at = chance.randrange(len(data))
        data[at] ^= chance.randrange(1, 256)
        try:
            trace = read_trace(io.BytesIO(bytes(data)))
        except TraceError as wrong:
            assert wrong.line == 1
        else:
            assert not trace.intact and trace.fault and trace.fault.line > 0


@pytest.mark.parametrize("keep", [1, 2, 50, -1])
def test_a_trace_that_is_cut_off_is_read_as_far_as_it_goes(keep: int) -> None:
    lines = lines_of(TRACES[0])
    cut = read_lines(lines[:keep])
    assert cut.events == TRACES[0].events[: len(lines[:keep]) - 1]
    assert cut.fault and "cut off" in str(cut.fault) and cut.fault.line == len(lines[:keep]) + 1


def test_a_trace_that_ends_in_the_middle_of_a_line() -> None:
    lines = lines_of(TRACES[0])
    cut = read_lines([*lines[:10], lines[10][:30]])
    assert len(cut.events) == 9 and cut.fault and str(cut.fault).startswith("line 11: the trace is cut off")


def test_something_after_the_end() -> None:
    more = read_lines([*lines_of(TRACES[0]), b"{}\n"])
    assert more.fault and "after the end" in str(more.fault) and len(more.events) == len(TRACES[0].events)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"hello\n", "not JSON"),
        (b"\x16\x03\x01\x00\x05\n", "not JSON"),
        (b"[1]\n", "object"),
        (b'{"event": "random"}\n', "no minitls trace"),
        (b'{"minitls_trace": 2}\n', "version 2; this minitls reads version 1: upgrade"),
        (b'{"minitls_trace": 1, "by": []}\n', '"by"'),
        (b'{"minitls_trace": 1, "by": ["mallory"], "secrets": true}\n', '"by"'),
        (b'{"minitls_trace": 1, "by": ["client"], "started": "now"}\n', "secrets"),
        (b'{"minitls_trace": 1, "by": ["client"], "secrets": true, "started": "now"}\n', "started"),
        (b"x" * (MAX_LINE + 2), "longer than"),
        (b"[" * 100_000 + b"\n", "not JSON"),
    ],
)
def test_what_is_no_trace_is_refused_with_its_first_line(content: bytes, told: str) -> None:
    with pytest.raises(TraceError, match=told) as wrong:
        read_trace(io.BytesIO(content))
    assert wrong.value.line == 1


HEADER = b'{"minitls_trace": 1, "secrets": true, "by": ["client"], "started": "2026-11-22T12:00:00+00:00"}\n'


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"n": 1, "t": 0, "by": "client", "event": "rumour"}', "none of random"),
        ('{"n": 2, "t": 0, "by": "client", "event": "note", "id": "x", "values": {}}', "event 2 stands where event 1"),
        ('{"n": 1, "t": -1, "by": "client", "event": "note", "id": "x", "values": {}}', '"t"'),
        ('{"n": 1, "t": NaN, "by": "client", "event": "note", "id": "x", "values": {}}', '"t"'),
        ('{"n": true, "t": 0, "by": "client", "event": "note", "id": "x", "values": {}}', '"n"'),
        ('{"n": 1, "t": 0, "by": "server", "event": "note", "id": "x", "values": {}}', "not named in the first line"),
        ('{"n": 1, "t": 0, "by": "client", "event": "note", "id": 7, "values": {}}', '"id" is 7, not text'),
        ('{"n": 1, "t": 0, "by": "client", "event": "note", "id": "x"}', '"values" is missing'),
        ('{"n": 1, "t": 0, "by": "client", "event": "note", "id": "x", "values": {}, "z": 1}', '"z" is no key'),
        ('{"n": 1, "t": 0, "by": "client", "event": "random", "purpose": "x", "bytes": "0"}', "even number"),
        ('{"n": 1, "t": 0, "by": "client", "event": "random", "purpose": "x", "bytes": "zz"}', "not hex"),
        ('{"n": 1, "t": 0, "by": "client", "event": "random", "purpose": "x", "bytes": "AB"}', "lower case"),
        ('{"n": 1, "t": 0, "by": "client", "event": "random", "purpose": "x", "bytes": {"length": -1}}', "from 0"),
        (
            '{"n": 1, "t": 0, "by": "client", "event": "data", "from": "client", "record": 1, "length": 0}',
            "before event",
        ),
    ],
)
def test_a_line_that_is_no_event_ends_the_reading_with_its_number(line: str, told: str) -> None:
    trace = read_lines([HEADER, line.encode() + b"\n"])
    assert trace.events == () and trace.fault and trace.fault.line == 2 and told in str(trace.fault)


def test_a_reference_to_an_event_of_the_wrong_kind_is_refused() -> None:
    note = b'{"n": 1, "t": 0, "by": "client", "event": "note", "id": "x", "values": {}}\n'
    data = b'{"n": 2, "t": 0, "by": "client", "event": "data", "from": "client", "record": 1, "length": 0}\n'
    trace = read_lines([HEADER, note, data])
    assert trace.fault and "refers to event 1, which is a note and not a record" in str(trace.fault)


def test_only_so_much_is_kept_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minitls.trace.file.jsonl.MAX_EVENTS", 20)
    trace = read_lines(lines_of(TRACES[0]))
    assert len(trace.events) == 20 and trace.fault and "too large" in str(trace.fault)


def test_left_out_bytes_are_written_with_length_and_digest() -> None:
    event: Event = Drawn(n=1, t=0.5, by="client", purpose="x", bytes=Elided(3, "ab" * 32))
    trace = Trace(Header(("client",), "2026-11-22T12:00:00+00:00"), (event, replace(event, n=2)))
    lines = lines_of(trace)
    assert json.loads(lines[1])["bytes"] == {"length": 3, "sha256": "ab" * 32}
    assert read_lines(lines) == trace


def test_events_are_written_in_order(tmp_path: Path) -> None:
    with open_private(tmp_path / "t") as file, pytest.raises(ValueError, match="event 2 comes after event 0"):
        TraceWriter(file, TRACES[0].header).write(TRACES[0].events[1])


def test_the_numbers_of_events_are_their_places() -> None:
    trace = TRACES[0]
    assert trace[1] is trace.events[0] and trace[len(trace.events)] is trace.events[-1]
    with pytest.raises(IndexError):
        trace[0]
