"""Somebody else's program as a partner: one JSON request a line in, one answer a line out, and no trust in it.

Whatever it does (crash, hang, print rubbish or a gigabyte, answer twice), it costs at most one timeout, is told as a
`Trouble` of one sentence, and leaves nothing running: the program leads a process group of its own, which is killed
as a whole.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

#: The longest answer accepted, and how much of what is said on stderr is kept, in bytes.
MAX_LINE = 1 << 20
KEPT = 2000
#: How many lines that are no answers are passed over before the program is given up on.
MAX_RUBBISH = 20


class Trouble(Exception):
    """The program did not answer; the message says what it did instead. `fatal`: it is no longer running."""

    def __init__(self, reason: str, *, fatal: bool) -> None:
        super().__init__(reason)
        self.fatal = fatal


class Subject:
    """A running program. Use it as a context manager: at the end it is gone, with its children."""

    def __init__(self, command: Sequence[str], timeout: float) -> None:
        self.command, self.timeout = command, timeout
        self._answered: set[str] = set()
        self.twice: list[str] = []
        """The ids that were answered a second time."""
        self._said = b""
        self._buffer = b""
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as fault:
            raise Trouble(f"it cannot be started: {fault.strerror or fault}", fatal=True) from None
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request; Trouble if there is none within the timeout."""
        out = json.dumps(request).encode() + b"\n"
        deadline = time.monotonic() + self.timeout
        rubbish = 0
        while True:
            out = self._exchange(out, deadline)
            line, _, self._buffer = self._buffer.partition(b"\n")
            answer = _answer(line)
            if answer is None:
                rubbish += 1
                if line.strip() and rubbish == 1:
                    first = line
                if rubbish > MAX_RUBBISH:
                    self.kill()
                    raise Trouble(f"it prints what is no JSON, such as {_shown(first)}", fatal=True)
                continue
            id = str(answer.get("id"))
            if id == request["id"]:
                self._answered.add(id)
                return answer
            if id in self._answered:
                self.twice.append(id)
            else:
                raise Trouble(f"it answered with id {_shown(id.encode())} to request {request['id']}", fatal=False)

    def _exchange(self, out: bytes, deadline: float) -> bytes:
        """Write what it takes and read until there is a whole line. Returns what is left to write."""
        stdin, stdout, stderr = self._process.stdin, self._process.stdout, self._process.stderr
        assert stdin is not None and stdout is not None and stderr is not None
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            selector.register(stderr, selectors.EVENT_READ)
            if out:
                selector.register(stdin, selectors.EVENT_WRITE)
            while b"\n" not in self._buffer:
                left = deadline - time.monotonic()
                ready = selector.select(left) if left > 0 else []
                if not ready:
                    self._give_up()
                for key, _ in ready:
                    if key.fileobj is stdin:
                        out = self._write(out)
                        if not out:
                            selector.unregister(stdin)
                    elif key.fileobj is stderr:
                        self._hear(selector)
                    else:
                        self._read()
        return out

    def _write(self, out: bytes) -> bytes:
        assert self._process.stdin is not None
        try:
            return out[os.write(self._process.stdin.fileno(), out) :]
        except BlockingIOError:
            return out
        except OSError:
            return b""  # It does not read any more; its end is told when its output ends.

    def _read(self) -> None:
        assert self._process.stdout is not None
        data = os.read(self._process.stdout.fileno(), 65536)
        self._buffer += data
        if not data:
            self._ended()
        if len(self._buffer) > MAX_LINE and b"\n" not in self._buffer[:MAX_LINE]:
            self.kill()
            raise Trouble(f"it printed more than {MAX_LINE:,} bytes without ending a line", fatal=True)

    def _hear(self, selector: selectors.BaseSelector) -> None:
        assert self._process.stderr is not None
        data = os.read(self._process.stderr.fileno(), 65536)
        self._said = (self._said + data)[-KEPT:]
        if not data:
            selector.unregister(self._process.stderr)

    def _ended(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        status = self._process.poll()
        self._listen_on()
        self.kill()
        if status is None:
            raise Trouble("it closed its output and went on running", fatal=True)
        how = f"was ended by signal {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        last = self._said.decode(errors="replace").strip().rpartition("\n")[2]
        raise Trouble(f"it {how}{f': {_shown(last.encode())}' if last else ''}", fatal=True)

    def _listen_on(self) -> None:
        """What it has still said on stderr, which may have come after the end of its output."""
        assert self._process.stderr is not None
        with contextlib.suppress(OSError):
            while data := os.read(self._process.stderr.fileno(), 65536):
                self._said = (self._said + data)[-KEPT:]

    def _give_up(self) -> None:
        self.kill()
        raise Trouble(
            f"it did not answer within {self.timeout:g} s. Does it flush its output after every line?", fatal=True
        )

    def kill(self) -> None:
        """End the program and its children, whatever they are doing."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


def _answer(line: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) and "id" in answer else None


def _shown(line: bytes) -> str:
    text = "".join(c if c.isprintable() else "?" for c in line.decode(errors="replace").strip())
    return repr(text if len(text) <= 60 else text[:57] + "...")
