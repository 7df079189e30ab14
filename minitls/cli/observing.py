"""What `--trace`, `--trace-dir`, `--pcap`, `--keylog` and `--step` have in common: observers of connections."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import TypeVar

import click

from ..handshake.config import Config
from ..observe import Observation, Observer, Side

C = TypeVar("C", bound=Config)


class Observing:
    """The observers that the options of a command ask for; a file that cannot be written is a usage error."""

    def __init__(
        self,
        side: Side,
        *,
        keylog: str | None = None,
        trace: str | None = None,
        trace_dir: str | None = None,
        pcap: str | None = None,
    ) -> None:
        self.side: Side = side
        self.keylog = keylog or os.environ.get("SSLKEYLOGFILE")
        self.trace, self.trace_dir, self.pcap = trace, trace_dir, pcap
        self._numbers = count(1)
        if trace_dir is not None:
            self._writable(Path(trace_dir) / "x", make=True)
        for path in (self.keylog, trace, pcap):
            if path:
                self._writable(Path(path))

    @contextmanager
    def connection(self) -> Iterator[Observer | None]:
        """The observer of one connection, None if nobody wants to know; files are complete when the block ends."""
        observers: list[Observer] = []
        with ExitStack() as stack:
            if self.keylog:
                from ..trace.render.keylog import KeyLogWriter

                observers.append(stack.enter_context(KeyLogWriter(self.keylog)))
            path = self.trace
            if self.trace_dir is not None:
                path = str(Path(self.trace_dir) / f"connection-{next(self._numbers):04}.jsonl")
            if path or self.pcap:
                from ..trace.record import TraceRecorder

                recorder = TraceRecorder(self.side)
                stack.callback(self._write, recorder, path)
                observers.append(recorder)
            yield _all(observers)

    def apply(self, config: C, observer: Observer | None) -> C:
        """`config` with the observer."""
        return config if observer is None else dataclasses.replace(config, observer=observer)

    @staticmethod
    def _writable(path: Path, make: bool = False) -> None:
        try:
            if make:
                path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as wrong:
            raise click.UsageError(f"cannot write to {path.parent}: {wrong.strerror}") from None
        if not path.parent.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
            raise click.UsageError(f"cannot write {path}: the directory is missing or not writable")


def _all(observers: list[Observer]) -> Observer | None:
    if len(observers) <= 1:
        return observers[0] if observers else None

    def tell(observation: Observation) -> None:
        for observer in observers:
            observer(observation)

    return tell
