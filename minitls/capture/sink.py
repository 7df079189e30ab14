"""Where the events of an overheard connection go: line by line into the file of its trace, and nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import IO, Any

from ..trace.file.encoding import line
from ..trace.file.events import Event, VantagePoint
from ..trace.file.jsonl import Header, TraceWriter


class Sink:
    """Where the events of one connection go: straight into its file."""

    def __init__(self, file: IO[bytes], started: float, secrets: bool) -> None:
        self.now = self.started = started
        self.events = 0
        self._last, self._since = started, 0.0
        self._file = file
        began = datetime.fromtimestamp(started, UTC).isoformat(timespec="milliseconds")
        self._writer = TraceWriter(file, Header(("observer",), began, secrets))

    def add(self, kind: type[Event], by: VantagePoint, **values: Any) -> int:
        """One more event; its number."""
        self.events += 1
        if self.now != self._last:
            self._last, self._since = self.now, round(max(0.0, self.now - self.started), 6)
        self._writer.write_line(line(kind, self.events, self._since, by, values))
        return self.events

    def close(self) -> None:
        """The last line; later calls do nothing."""
        if not self._file.closed:
            self._writer.end()
            self._file.close()
