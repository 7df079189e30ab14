"""What `--trace`, `--trace-dir`, `--pcap` and `--keylog` have in common: observers of connections, and their files."""

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
from ..render.export.keylog import KeyLogWriter
from ..trace.file.jsonl import Trace, open_private
from ..trace.record import Recording

C = TypeVar("C", bound=Config)


class Observing:
    """The observers that the options of a command ask for. A file that cannot be written is a usage error."""

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
        self.keylog = keylog_path(keylog)
        self.trace, self.trace_dir, self.pcap = trace, trace_dir, pcap
        self._numbers = count(1)
        if trace_dir is not None:
            try:
                Path(trace_dir).mkdir(parents=True, exist_ok=True)
            except OSError as wrong:
                raise click.UsageError(f"cannot make the directory {trace_dir}: {wrong.strerror}") from None
        for path in (self.keylog, trace, pcap):
            require_writable(path)

    @contextmanager
    def connection(self) -> Iterator[Observer | None]:
        """The observer of one connection, None if nobody wants to know; files are complete when the block ends."""
        observers: list[Observer] = []
        with ExitStack() as stack:
            if self.keylog:
                observers.append(stack.enter_context(KeyLogWriter(self.keylog)))
            path = self.trace
            if self.trace_dir is not None:
                path = str(Path(self.trace_dir) / f"connection-{next(self._numbers):04}.jsonl")
            if path or self.pcap:
                recording = Recording((self.side,), open_private(path) if path else None)
                stack.callback(self._finish, recording)
                observers.append(recording.observer(self.side))
            yield all_of(observers)

    def _finish(self, recording: Recording) -> None:
        try:
            trace = recording.close()
            if self.pcap:
                write_pcap(trace, self.pcap)
        except OSError as wrong:
            raise click.ClickException(f"the trace could not be written: {wrong.strerror}") from None

    def apply(self, config: C, observer: Observer | None) -> C:
        """`config` with the observer."""
        return config if observer is None else dataclasses.replace(config, observer=observer)


def keylog_path(option: str | None) -> str | None:
    """The key log that `--keylog` names, or the environment (SSLKEYLOGFILE)."""
    return option or os.environ.get("SSLKEYLOGFILE") or None


def require_writable(path: str | None) -> None:
    """A usage error if a file could not be written there: better now than after the handshake."""
    if path is None:
        return
    file = Path(path)
    target = file if file.exists() else file.parent
    if file.is_dir() or not os.access(target, os.W_OK):
        raise click.UsageError(f"cannot write {path}: is the directory there, and writable?")


def write_pcap(trace: Trace, path: str) -> None:
    """The trace as a capture with its secrets, for Wireshark."""
    from ..render.export.pcapng import pcapng

    with open_private(path) as file:
        file.write(pcapng(trace))


def all_of(observers: list[Observer]) -> Observer | None:
    """One observer that tells several, in order."""
    if len(observers) <= 1:
        return observers[0] if observers else None

    def tell(observation: Observation) -> None:
        for observer in observers:
            observer(observation)

    return tell
