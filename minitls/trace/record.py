"""From what observers are told to the events of a trace.

    recording = Recording(by=("client", "server"), file=open_private("t.jsonl"), listener=ladder.feed)
    ClientConfig(observer=recording.observer("client")), ServerConfig(observer=recording.observer("server"), ...)
    ...                                         # one connection; the endpoints may run in different threads
    trace = recording.close()                   # writes the last line; the whole trace, as read_trace would give it

A client alone: ``with Recording(("client",), open_private("t.jsonl")) as recording`` and
`recording.observer("client")`.

One recording is one connection. Each endpoint is a `TraceRecorder` (recorder.py). Recording never disturbs the
connection: if the file cannot be written any more, that is raised by `close`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock
from types import TracebackType
from typing import IO, Any, Self

from .file.events import Event, VantagePoint
from .file.jsonl import Header, Trace, TraceWriter
from .recorder import TraceRecorder


class Recording:
    """The trace of one connection in the making. `listener` gets each event as it happens, under a lock."""

    def __init__(
        self,
        by: tuple[VantagePoint, ...],
        file: IO[bytes] | None = None,
        listener: Callable[[Event], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        started: datetime | None = None,
    ) -> None:
        began = started or datetime.now(UTC)
        self.header = Header(by, began.isoformat(timespec="milliseconds"))
        self.events: list[Event] = []
        self._file, self._listener, self._clock = file, listener, clock
        self._lock = Lock()
        self._began = clock()
        self._failure: OSError | None = None
        self._writer: TraceWriter | None = None
        self._closed = False
        if file is not None:
            self._guarded(lambda: setattr(self, "_writer", TraceWriter(file, self.header)))

    def observer(self, by: VantagePoint) -> TraceRecorder:
        """The observer for one endpoint. ValueError if it is not one of `by`."""
        if by not in self.header.by:
            raise ValueError(f"this recording is told by {', '.join(self.header.by)}, not by {by}")
        return TraceRecorder(self.add, by)

    def add(self, kind: type[Event], by: VantagePoint, **values: Any) -> int:
        """One more event; its number. What comes after `close` is not recorded (its number is 0)."""
        with self._lock:
            if self._closed:
                return 0
            event = kind(n=len(self.events) + 1, t=round(self._clock() - self._began, 6), by=by, **values)
            self.events.append(event)
            writer = self._writer
            if writer is not None:
                self._guarded(lambda: writer.write(event))
            if self._listener is not None:
                self._listener(event)
            return event.n

    def close(self) -> Trace:
        """End the trace and close its file. OSError if the file could not be written to the end."""
        with self._lock:
            if not self._closed and self._writer is not None:
                self._guarded(self._writer.end)
            self._closed = True
            file, self._file = self._file, None
            if file is not None:
                try:
                    file.close()
                except OSError as failure:
                    self._failure = self._failure or failure
        if self._failure is not None:
            raise self._failure
        return self.trace

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def trace(self) -> Trace:
        """The trace so far."""
        return Trace(self.header, tuple(self.events))

    def _guarded(self, write: Callable[[], None]) -> None:
        try:
            if self._failure is None:
                write()
        except OSError as failure:
            self._failure, self._writer = failure, None
