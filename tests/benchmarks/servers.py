"""Servers over loopback TCP: full handshakes per CPU second of the server, and connections that are merely open.

One client, Python's ssl, drives all of them, in this process, whose time does not count.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep

from minitls.benchmark.credentials import Credentials
from minitls.benchmark.measures import GCM
from minitls.benchmark.python_ssl import SSLAdapter
from minitls.benchmark.rounds import Child, Failed, Samples, turned

from .adapters.floor import CLIENT_FLIGHT, CLIENT_HELLO, SERVER_FINISHED, SERVER_FLIGHT

#: Measure, implementation, and how it serves.
SERVERS = (
    *(("server", name, "engine") for name in ("minitls", "ssl", "pyopenssl", "floor")),
    ("server", "tlslite", "threads"),
    *(("asyncio", name, "asyncio") for name in ("minitls", "ssl")),
)
#: Handshakes of one sample, at least and at the most, and seconds that a socket may be silent.
MIN_HANDSHAKES, MAX_HANDSHAKES, PATIENCE = 10, 5_000, 20
Connect = Callable[[socket.socket], None]


def serving(name: str, style: str, folder: Path, root: Path) -> Child:
    """A loopback server; the first line it says is its port."""
    return Child("-m", "tests.benchmarks.loopback", name, style, folder, folder=root)


def dial(port: int) -> socket.socket:
    """A TCP connection to it."""
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def shaken(adapter: SSLAdapter, sock: socket.socket) -> None:
    """A full handshake on `sock`, without reading a byte beyond it. OSError if the server ends it."""
    engine = adapter.client()
    flight = engine.feed(b"")
    while not engine.done:
        sock.sendall(flight)
        data = sock.recv(1 << 14)
        if not data:
            raise ConnectionError("the server ended the handshake")
        flight = engine.feed(data)


def floor_flights(sock: socket.socket) -> None:
    """Flights of the right sizes."""
    for flight, answer in ((CLIENT_HELLO, SERVER_FLIGHT), (CLIENT_FLIGHT, SERVER_FINISHED)):
        sock.sendall(flight)
        if len(sock.recv(len(answer), socket.MSG_WAITALL)) != len(answer):
            raise ConnectionError("the server ended the handshake")


def handshakes(
    measures: Sequence[str],
    names: Sequence[str],
    folder: Path,
    root: Path,
    *,
    rounds: int,
    budget: float,
    tell: Callable[[str, str], None],
) -> Samples:
    """Full handshakes per CPU second of each server, by turns; a sample takes twice `budget` seconds, or more."""
    client, samples = SSLAdapter(Credentials(folder), GCM), Samples()
    wanted = [each for each in SERVERS if each[0] in measures and each[1] in names]
    with ExitStack() as stack:
        children = {each: stack.enter_context(serving(*each[1:], folder, root)) for each in wanted}
        ports = {each: child.read() for each, child in children.items()}
        for turn in range(rounds):
            for each in turned(wanted, turn):
                measure, name, _ = each
                tell(measure, name)
                count, before, end = 0, children[each].ask(0)[0], monotonic() + 2 * budget
                while count < MIN_HANDSHAKES or (monotonic() < end and count < MAX_HANDSHAKES):
                    with dial(ports[each]) as sock:
                        floor_flights(sock) if name == "floor" else shaken(client, sock)
                    count += 1
                spent = children[each].ask(0)[0] - before
                samples.setdefault(measure, {}).setdefault(name, []).append(count / spent)
    return samples


def idle(name: str, sizes: Sequence[int], folder: Path, root: Path, tell: Callable[[int], None]) -> list[float]:
    """KiB that the server's process has grown by with each number of open connections, smallest first.

    Failed unless the server says each time that all of them are open.
    """
    client, grown = SSLAdapter(Credentials(folder), GCM), []
    with ExitStack() as stack:
        child = stack.enter_context(serving(name, "idle", folder, root))
        port = child.read()
        with dial(port) as first:  # What is loaded with the first connection is not to count.
            shaken(client, first)
        _await_open(child, 0)
        before, count = child.ask(0)[1], 0
        for size in sizes:
            tell(size)
            for _ in range(size - count):
                shaken(client, stack.enter_context(dial(port)))
            count = size
            _await_open(child, size)
            grown.append(child.ask(0)[1] - before)
    return grown


def _await_open(child: Child, count: int) -> None:
    end = monotonic() + PATIENCE
    while (told := child.ask(0)[2]) != count:
        if monotonic() > end:
            raise Failed(f"{told} connections are open at {child.name}, not {count}")
        sleep(0.01)
