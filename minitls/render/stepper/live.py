"""A handshake stepped while it happens: every flight waits at a gate until the reader lets it go.

    def start(recording: Recording, gate: Gate) -> None:               # runs in a thread of its own
        sock = gate.socket(socket.create_connection(address), "client")
        config = ClientConfig(observer=recording.observer("client"))
        with wrap_socket(sock, config, server_name="localhost") as tls: ...

    trace = run_live(start, by=("client",))

A flight is what one side sends at once. It is recorded, and so on the screen, before it is sent: what it contains can
be looked at while the peer still waits for it. Backwards shows what was; forwards, at the end, lets the flight go. A
side that waits for the reader must not run into a timeout: set none on sockets that go through a gate.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import IO, Any, NamedTuple, cast

from ...observe import Side
from ...trace.file.events import VantagePoint
from ...trace.file.jsonl import Trace
from ...trace.record import Recording
from ...trace.story.story import Story
from .app import Stepper
from .plain import plain
from .view import View

_POLL = 0.05
_LEAVING = 3.0


class Flight(NamedTuple):
    """Bytes that wait at the gate."""

    side: Side
    size: int

    def __str__(self) -> str:
        return f"{self.size:,} bytes of the {self.side} wait: → sends them"


class Gate:
    """Where flights wait. Any number of threads may wait; `release` lets the first one go."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._queue: list[Flight] = []
        self._left = False

    @property
    def waiting(self) -> Flight | None:
        """The flight that goes next, None if nobody waits."""
        with self._news:
            return self._queue[0] if self._queue else None

    def wait(self, side: Side, size: int) -> None:
        """Wait until this flight may go. ConnectionAbortedError if the reader has left."""
        flight = Flight(side, size)
        with self._news:
            self._queue.append(flight)
            self._news.wait_for(lambda: self._left or all(each is not flight for each in self._queue))
            if self._left:
                raise ConnectionAbortedError("the handshake was not stepped through to its end")

    def release(self) -> None:
        """Let the first flight go."""
        with self._news:
            if self._queue:
                self._queue.pop(0)
                self._news.notify_all()

    def leave(self) -> None:
        """Nobody will release anything any more."""
        with self._news:
            self._left = True
            self._queue.clear()
            self._news.notify_all()

    def socket(self, sock: socket.socket, side: Side) -> socket.socket:
        """A socket whose `sendall` waits at this gate; all else is the socket's own."""
        return cast(socket.socket, _GatedSocket(sock, side, self))


class _GatedSocket:
    def __init__(self, sock: socket.socket, side: Side, gate: Gate) -> None:
        self._sock, self._side, self._gate = sock, side, gate

    def sendall(self, data: bytes) -> None:
        self._gate.wait(self._side, len(data))
        self._sock.sendall(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


Start = Callable[[Recording, Gate], None]


class LiveRun:
    """A connection in a thread, its recording and its gate."""

    def __init__(self, start: Start, by: tuple[VantagePoint, ...], file: IO[bytes] | None = None) -> None:
        self.recording = Recording(by, file)
        self.gate = Gate()
        self.error: Exception | None = None
        self._start = start
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._start(self.recording, self.gate)
        except ConnectionAbortedError:
            return  # The reader has left.
        except Exception as error:
            self.error = error

    @property
    def over(self) -> bool:
        """Whether the connection has come to its end."""
        return not self._thread.is_alive()

    @property
    def quiet(self) -> bool:
        """Whether nothing will happen until somebody presses a key."""
        return self.over or self.gate.waiting is not None

    def settle(self) -> None:
        """Wait until it is quiet."""
        while not self.quiet:
            time.sleep(_POLL)

    def finish(self) -> Trace:
        """Leave the gate, end the recording. Raises what the connection raised, if the reader saw it to its end."""
        self.gate.leave()
        self._thread.join(_LEAVING)
        trace = self.recording.close()
        if self.error is not None:
            raise self.error
        return trace


class LiveStepper(Stepper):
    """The stepper over a story that is not over."""

    def __init__(self, run: LiveRun) -> None:
        super().__init__(Story(run.recording.trace))
        self._run = run
        self._advancing = False
        self.forward = self._let_go
        self._say()

    def on_mount(self) -> None:
        """Look for news from time to time: the connection runs in other threads."""
        super().on_mount()
        self.set_interval(_POLL, self._look)

    def _let_go(self) -> None:
        if self._run.gate.waiting is not None and not self._advancing:
            self._advancing = True
            self._run.gate.release()

    def _look(self) -> None:
        if not self._run.quiet:
            return
        events = len(self._run.recording.events)
        if events != len(self.view.story.trace.events):
            grown = Story(self._run.recording.trace)
            index = _first_new(self.view.story, grown) if self._advancing else self.view.index
            self._advancing = False
            self._say()
            self.show(View(grown, 0, 0, self.view.viewer, self.view.side).at(index))
        elif self._advancing or (self._run.over and self.waiting):
            self._advancing = False
            self._say()
            self.show(self.view)

    def _say(self) -> None:
        flight = self._run.gate.waiting
        self.waiting = "" if flight is None else str(flight)


def _first_new(before: Story, grown: Story) -> int:
    """Where the news begins: what a flight brings about may stand before its last message, as the judged chain does."""
    told = {step.events[0] for step in before.steps}
    new = (index for index, step in enumerate(grown.steps) if step.events[0] not in told)
    return next(new, len(grown.steps) - 1)


def run_live(
    start: Start, by: tuple[VantagePoint, ...], plain_text: bool = False, file: IO[bytes] | None = None
) -> Trace:
    """Step through a connection while `start` makes it; the trace of it, as far as it came.

    As text if `plain_text` is asked for or there is no terminal: then Enter lets each flight go, and without a terminal
    nothing waits. Raises what `start` raised, such as a TLSError.
    """
    run = LiveRun(start, by, file)
    try:
        run.settle()
        if not run.recording.events:
            return run.finish()
        if plain_text or not (sys.stdin.isatty() and sys.stdout.isatty()):
            _plain(run)
        else:
            LiveStepper(run).run()
    except KeyboardInterrupt:
        run.gate.leave()
    return run.finish()


def _plain(run: LiveRun) -> None:
    shown = 0
    asks = sys.stdin.isatty()
    while True:
        run.settle()
        story = Story(run.recording.trace)
        # The last step may still grow: what its bytes do at the other side is not known before they are sent.
        for line in plain(story, shown + 1):
            print(line)
        shown = len(story.steps)
        flight = run.gate.waiting
        if flight is None:
            return
        print(f"\n[{flight.size:,} bytes of the {flight.side} wait{': Enter sends them' if asks else ''}]", flush=True)
        if asks:
            sys.stdin.readline()
        run.gate.release()
