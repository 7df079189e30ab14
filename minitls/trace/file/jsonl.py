"""Traces as files: JSON Lines, one object a line, from a header to an end that holds the digest of all before it.

    {"minitls_trace": 1, "secrets": true, "by": ["client", "server"], "started": "2026-11-22T14:00:00+00:00", ...}
    {"n": 1, "t": 0.000031, "by": "client", "event": "random", "purpose": "client random", "bytes": "92ca..."}
    ...
    {"event": "end", "events": 130, "sha256": "..."}

    trace = read_trace("t.jsonl")      # everything that can be read; trace.fault says what could not
    trace.intact                       # whether the digest holds and nothing is cut off

A reader believes nothing: a file may be cut off, edited, of a newer version, no trace at all, or enormous. It goes line
by line, and the first line that is wrong ends it, with its number.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import IO, Any, cast

from ...errors import DecodeError
from ...wire.messages import KeyExchange, ServerHello
from ..explain.registries import key_exchange_of
from .encoding import NotAnEvent, encode, event_from_json, event_to_line
from .events import SIDES, VANTAGE_POINTS, VERSION, Event, Message, VantagePoint
from .references import References

#: The longest line: an event that holds a handshake message of the largest size read (`wire.records.MAX_HANDSHAKE`).
MAX_LINE = 1 << 20
#: What is kept in memory at once: events, and bytes of file.
MAX_EVENTS = 250_000
MAX_SIZE = 256 << 20


class TraceError(Exception):
    """A trace that cannot be read, or not further; `line` counts from 1, 0 where there is none."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.reason, self.line = reason, line


@dataclass(frozen=True)
class Header:
    """The first line."""

    by: tuple[VantagePoint, ...]
    started: str
    """ISO 8601, UTC."""
    secrets: bool = True
    """Whether the trace holds keys and secrets: anybody who has it can decrypt the connection."""
    view: str | None = None
    """Whose eyes it was redacted for; None if nothing was taken out."""
    maker: str = "minitls"

    def to_json(self) -> dict[str, Any]:
        """As it stands in the file."""
        document: dict[str, Any] = {"minitls_trace": VERSION, "secrets": self.secrets, "by": list(self.by)}
        document |= {"started": self.started, "maker": self.maker}
        return document | ({"view": self.view} if self.view is not None else {})


@dataclass(frozen=True)
class Trace:
    """A trace in memory. `events[i].n == i + 1`, always."""

    header: Header
    events: tuple[Event, ...]
    fault: TraceError | None = None
    """Why there is no more, or why the end cannot be believed; None for a whole trace."""

    @property
    def intact(self) -> bool:
        """Whether the digest in the last line holds and nothing is cut off."""
        return self.fault is None

    @property
    def sides(self) -> tuple[str, ...]:
        """The sides whose machines are followed: those that tell, or both if an observer does."""
        return SIDES if "observer" in self.header.by else self.header.by

    @cached_property
    def server_hello(self) -> ServerHello | None:
        """The last ServerHello, which settled the version and the suite; None if there is none that can be read."""
        found = None
        for event in self.events:
            if isinstance(event, Message) and event.type == ServerHello.__name__ and isinstance(event.bytes, bytes):
                try:
                    found = ServerHello.decode(event.bytes)
                except DecodeError:
                    return None
        return found

    @property
    def key_exchange(self) -> KeyExchange | None:
        """How the two sides came to their secret, which says of what struct their messages are."""
        return key_exchange_of(self.server_hello.cipher_suite) if self.server_hello is not None else None

    def __getitem__(self, n: int) -> Event:
        """The event with the number `n`, from 1. IndexError if there is none."""
        if n < 1:
            raise IndexError(f"events are numbered from 1, not {n}")
        return self.events[n - 1]


def open_private(path: str | Path) -> IO[bytes]:
    """A new file for what nobody else should read: mode 0600 before the first byte, an old one overwritten."""
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
    if os.name == "posix":
        os.fchmod(file.fileno(), 0o600)
    return file


class TraceWriter:
    """Writes a trace line by line, so that what happened up to a crash is in the file."""

    def __init__(self, file: IO[bytes], header: Header) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._events = 0
        self._line(header.to_json())

    def write(self, event: Event) -> None:
        """The next event; ValueError if its number is not the next one."""
        if event.n != self._events + 1:
            raise ValueError(f"event {event.n} comes after event {self._events}")
        self._events += 1
        self._put(event_to_line(event).encode() + b"\n")

    def write_line(self, text: str) -> None:
        """The next event as its line of text (`encoding.line`), whose number the caller has counted."""
        self._events += 1
        self._put(text.encode() + b"\n")

    def end(self) -> None:
        """The last line."""
        self._line({"event": "end", "events": self._events, "sha256": self._digest.hexdigest()})
        self._file.flush()

    def _line(self, document: dict[str, Any]) -> None:
        self._put(_encoded(document))

    def _put(self, line: bytes) -> None:
        self._digest.update(line)
        self._file.write(line)


def _encoded(document: dict[str, Any]) -> bytes:
    return encode(document).encode() + b"\n"


def write_trace(trace: Trace, path: str | Path) -> None:
    """The whole trace into a new file of mode 0600. OSError if it cannot be written."""
    with open_private(path) as file:
        writer = TraceWriter(file, trace.header)
        for event in trace.events:
            writer.write(event)
        writer.end()


class TraceReader:
    """Iterates over the events of a file, holding one line at a time; `header` is there from the start.

    Raises TraceError: in the constructor if this is no trace, while iterating at the first line that is wrong.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._line = 0
        self.header = self._header()

    def __iter__(self) -> Iterator[Event]:
        n = 0
        references = References()
        while True:
            before = self._digest.hexdigest()
            document = self._next("the trace is cut off: its last line, the end with the digest, is missing")
            if document.get("event") == "end":
                return self._end(document, n, before)
            n += 1
            try:
                event = event_from_json(document)
                references.follow(event)
            except NotAnEvent as wrong:
                raise TraceError(str(wrong), self._line) from None
            if event.n != n:
                raise TraceError(
                    f"event {event.n} stands where event {n} should: a line is missing or moved", self._line
                )
            if event.by not in self.header.by:
                raise TraceError(f"told by the {event.by}, who is not named in the first line", self._line)
            yield event

    def _header(self) -> Header:
        document = self._next("the file is empty, so it is no trace")
        version = document.get("minitls_trace")
        if type(version) is not int:
            raise TraceError('this is no minitls trace: the first line has no "minitls_trace" version', 1)
        if version != VERSION:
            raise TraceError(f"a trace of version {version}; this minitls reads version {VERSION}: upgrade it", 1)
        by, started = document.get("by"), document.get("started")
        texts = [document.get("maker", ""), document.get("view") or ""]
        if not isinstance(by, list) or not by or not all(vantage in VANTAGE_POINTS for vantage in by):
            raise TraceError(f'"by" in the first line is {by!r}, not a list of {", ".join(VANTAGE_POINTS)}', 1)
        if not isinstance(document.get("secrets"), bool) or not all(isinstance(text, str) for text in texts):
            raise TraceError(
                'the first line does not say whether the trace holds secrets ("secrets": true or false)', 1
            )
        try:
            datetime.fromisoformat(cast(str, started))
        except (TypeError, ValueError):
            raise TraceError(f'"started" in the first line is {started!r}, not an ISO 8601 time', 1) from None
        return Header(tuple(by), cast(str, started), document["secrets"], document.get("view"), texts[0])

    def _end(self, document: dict[str, Any], events: int, digest: str) -> None:
        if document.get("events") != events:
            raise TraceError(f"the end counts {document.get('events')} events, {events} are here", self._line)
        if document != {"event": "end", "events": events, "sha256": digest} or self._raw != _encoded(document):
            written = str(document.get("sha256"))[:16]
            raise TraceError(
                f"changed after it was written: the digest here is {written}.., of the lines before it {digest[:16]}..",
                self._line,
            )
        if self._file.read(1):
            raise TraceError("there is more after the end", self._line + 1)

    def _next(self, nothing: str) -> dict[str, Any]:
        self._raw = line = self._file.readline(MAX_LINE + 1)
        self._line += 1
        if not line:
            raise TraceError(nothing, self._line)
        if len(line) > MAX_LINE:
            raise TraceError(f"longer than {MAX_LINE:,} bytes, so it is no line of a trace", self._line)
        self._digest.update(line)
        try:
            document = json.loads(line)
        except (ValueError, RecursionError) as wrong:
            if self._line == 1:
                raise TraceError("this is no minitls trace: its first line is not JSON", 1) from None
            if not line.endswith(b"\n"):
                raise TraceError("the trace is cut off in the middle of this line", self._line) from None
            raise TraceError(f"not JSON: {wrong}", self._line) from None
        if not isinstance(document, dict):
            raise TraceError("a JSON object is wanted in every line", self._line)
        return document


def read_trace(source: str | Path | IO[bytes]) -> Trace:
    """Everything that can be read. What is wrong further down is the trace's `fault`, not an exception.

    Raises TraceError if not even the first line is that of a trace this version reads, OSError if there is no file.
    """
    if isinstance(source, str | Path):
        with Path(source).open("rb") as file:
            return read_trace(file)
    reader = TraceReader(source)
    events: list[Event] = []
    fault: TraceError | None = None
    try:
        for event in reader:
            if len(events) == MAX_EVENTS or (event.n % 1024 == 0 and source.tell() > MAX_SIZE):
                raise TraceError(f"only the first {len(events):,} events are read: the trace is too large", event.n + 1)
            events.append(event)
    except TraceError as wrong:
        fault = wrong
    return Trace(reader.header, tuple(events), fault)
