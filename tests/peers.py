"""Real programs as peers: find them, start them, wait until they say that they are ready.

A peer that is not installed is a skip with a reason on a desk and a failure when `CI` is set: an interoperability
test that nobody runs proves nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: How `minitls server` says where it is reachable.
LISTENING = r"listening on (?P<host>\S+):(?P<port>\d+)"


def absent(reason: str) -> NoReturn:
    """Skip the calling test; fail it when `CI` is set."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason} (a skip, were CI not set)")
    pytest.skip(reason)


def require_program(name: str) -> str:
    """The path of an installed program, be it on the PATH or beside this interpreter."""
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    return found or absent(f"{name} is not installed")


def shared(path: str) -> Path:
    """A file or directory of the workshop's ../shared/; the calling test is skipped where there is none."""
    found = ROOT.parent / "shared" / path
    if not found.exists():
        pytest.skip(f"../shared/{path} is not here")
    return found


class Program:
    """A running program. `output` is all it has said so far, on stdout and stderr together."""

    def __init__(self, command: list[str], environment: Mapping[str, str] | None) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            bufsize=1,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
        )
        self.command = command
        self.ready: re.Match[str] | None = None
        self._lines: list[str] = []
        self._news = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        # A pipe that nobody empties would stop the program, so a thread of its own reads to the end.
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self._lines.append(line)
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    @property
    def output(self) -> str:
        return "".join(self._lines)

    @property
    def port(self) -> int:
        """The group `port` of the line that said "ready"."""
        assert self.ready is not None
        return int(self.ready["port"])

    def wait_for(self, pattern: str, timeout: float = 30) -> re.Match[str]:
        """The first match of `pattern` in the output, as soon as it is there; the test fails at the timeout."""
        with self._news:
            self._news.wait_for(lambda: self._ended or re.search(pattern, self.output), timeout)
        match = re.search(pattern, self.output)
        if match is None:
            told = " ".join(self.command)
            pytest.fail(f"{told!r} did not say {pattern!r} within {timeout} s; it said:\n{self.output}")
        return match

    def write(self, text: str) -> None:
        """Type `text` into the program."""
        assert self.process.stdin is not None
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def close_input(self) -> None:
        """End of the program's standard input."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def wait(self, timeout: float = 30) -> int:
        """The exit status, once the program has ended by itself and all its output is read."""
        status = self.process.wait(timeout)
        self._reader.join(timeout)
        return status

    def end(self) -> None:
        """Stop the program, whatever it is doing."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(10)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue  # What was typed last was never read; the file is closed all the same.


@contextmanager
def running(
    *command: str | Path, ready: str, timeout: float = 30, environment: Mapping[str, str] | None = None
) -> Iterator[Program]:
    """A program, from the moment its output matches `ready` until the end of the block, where it is stopped."""
    program = Program([str(part) for part in command], environment)
    try:
        program.ready = program.wait_for(ready, timeout)
        yield program
    finally:
        program.end()


def reserved_port(host: str = "127.0.0.1") -> int:
    """A TCP port for a program that cannot choose one itself (port 0), for a minute its alone.

    A port that was merely bound and released may be given to somebody else before the program takes it. This one
    has been connected once and closed on the accepting side, so it is in TIME_WAIT: the kernel hands it to nobody
    who asks for *any* port, while a server that asks for it by number, with SO_REUSEADDR as servers do, gets it.
    """
    with socket.create_server((host, 0)) as listener:
        port: int = listener.getsockname()[1]
        with socket.create_connection((host, port)) as client:
            accepted, _ = listener.accept()
            accepted.close()
            client.recv(1)
    return port
