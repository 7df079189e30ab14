"""A learner's client or server as a child process that leaves nothing behind: no process, no port, no flood."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import threading
from types import TracebackType
from typing import IO, Self

#: Of what a program prints so much is kept, in bytes; whoever prints more is stopped.
MAX_OUTPUT = 1 << 24


class CannotStart(ValueError):
    """A command cannot be started, or ends before it has answered anything; the message is one line."""


class Program:
    """A running command. Use it as a context manager: at the end it is gone, with its children."""

    def __init__(self, template: str, **values: str) -> None:
        """`template` is split as a shell would; {names} in it are replaced. CannotStart if that cannot be."""
        try:
            words = shlex.split(template)
        except ValueError as fault:
            raise ValueError(f"{template!r} cannot be split into words: {fault}") from None
        if not words:
            raise ValueError("the command is empty")
        for name, value in values.items():
            words = [word.replace("{" + name + "}", value) for word in words]
        try:
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as fault:
            raise CannotStart(f"{words[0]} cannot be started: {fault.strerror or fault}") from None
        self.output, self.errors = bytearray(), bytearray()
        self.flooded = False
        pipes = ((self._process.stdout, self.output), (self._process.stderr, self.errors))
        self._readers = [threading.Thread(target=self._drain, args=pair, daemon=True) for pair in pipes]
        for reader in self._readers:
            reader.start()

    def _drain(self, pipe: IO[bytes], kept: bytearray) -> None:
        with contextlib.suppress(ValueError, OSError):
            while data := os.read(pipe.fileno(), 65536):
                kept += data
                if len(kept) > MAX_OUTPUT:
                    self.flooded = True
                    self._kill()
                    return

    def say(self, data: bytes) -> None:
        """Write to its standard input, and end that."""
        stdin = self._process.stdin
        assert stdin is not None
        with contextlib.suppress(OSError):
            stdin.write(data)
        with contextlib.suppress(OSError):
            stdin.close()

    @property
    def ended(self) -> bool:
        """Whether it is no longer running."""
        return self._process.poll() is not None

    def wait(self, timeout: float) -> int | None:
        """Its exit status, once it and its output have ended; None if it is still running after `timeout` seconds."""
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        for reader in self._readers:
            reader.join(1)
        return status

    @property
    def how(self) -> str:
        """How it ended, with its last words."""
        status = self.wait(0.2)
        if self.flooded:
            return f"it printed more than {MAX_OUTPUT:,} bytes"
        if status is None:
            return "it is still running"
        ended = f"by signal {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
        words = (bytes(self.errors) or bytes(self.output)).decode(errors="replace").strip().rpartition("\n")[2]
        words = "".join(c if c.isprintable() else "?" for c in words)[:120]
        return f"it ended {ended}{f', saying {words!r}' if words else ''}"

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kill()
        self._process.wait()
        for reader in self._readers:
            reader.join(1)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()
