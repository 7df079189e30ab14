"""`minitls bench`: how fast is minitls on this machine, as ratios to Python's own ssl (OpenSSL), measured in one run.

Absolute rates say more about the machine than about the code, so each measure runs both implementations in turns and
tells the median of the per-round ratios. All in memory, client and server in one thread, process CPU time.
"""

from __future__ import annotations

import ssl
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from ..connection import ClientConnection, ServerConnection
from ..events import DataReceived
from ..handshake.config import ClientConfig, ServerConfig
from ..handshake.session import SessionCache
from ..pki import demo
from ..pki.trust import TrustStore
from ..trace.record import Recording
from .server import demo_credential

Work = Callable[[], None]
RECORD = 16384


class Measure(NamedTuple):
    """One row: what is measured, the two ways to do it, how often in a round, and the ratio that we aim for."""

    name: str
    ours: Work
    theirs: Work
    repeats: int
    goal: str


@click.command()
@click.option("--rounds", type=click.IntRange(3), default=15, show_default=True, help="More rounds, less noise.")
def command(rounds: int) -> None:
    """Measure minitls against Python's ssl on this machine.

    The ratio is how many times as much minitls does in the same CPU time;
    1.0 is as fast. The last row is the cost of recording a trace.

    \b
        minitls bench
        minitls bench --rounds 50
    """
    console = Console()
    table = Table("client and server together, in memory", "x ssl", "goal", "minitls", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for measure in track(measures(), "measuring", console=Console(stderr=True), transient=True):
        ratio, cost = compare(measure, rounds)
        table.add_row(measure.name, f"{ratio:.2f}", measure.goal, _duration(cost))
    plain, traced = _timed(_full_handshake(None), 20), _timed(_full_handshake("trace"), 20)
    table.add_row("a full handshake with a trace: so much more", "", "3 ms", _duration(traced - plain))
    console.print(table)


def compare(measure: Measure, rounds: int) -> tuple[float, float]:
    """The median ratio of their CPU time to ours, and our median time of one repeat in seconds."""
    ratios, costs = [], []
    for _ in range(rounds):
        theirs, ours = _timed(measure.theirs, measure.repeats), _timed(measure.ours, measure.repeats)
        ratios.append(theirs / ours)
        costs.append(ours)
    return statistics.median(ratios), statistics.median(costs)


def measures() -> list[Measure]:
    """Every row of the table."""
    contexts = SSLPair("AES128-GCM-SHA256")
    rows = [
        Measure("full handshake, AES-128-GCM", _full_handshake(None), contexts.handshake, 10, "1.3"),
        Measure("resumed handshake (session ID)", _resumed_handshake(), contexts.resumption(), 30, "2.5"),
    ]
    for name, suite, size, goal in (
        ("16 KiB records, AES-128-GCM", "AES128-GCM-SHA256", RECORD, "1.6"),
        ("16 KiB records, AES-128-CBC, SHA-1", "AES128-SHA", RECORD, "0.95"),
        ("100-byte records, AES-128-GCM", "AES128-GCM-SHA256", 100, "0.55"),
    ):
        rows.append(Measure(name, _bulk(suite, size), SSLPair(suite).bulk(size), 100, goal))
    return rows


def _timed(work: Work, repeats: int) -> float:
    start = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - start) / repeats


def _duration(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.1f} us"


# minitls.


def pump(client: ClientConnection, server: ServerConnection) -> int:
    """Move bytes both ways until nothing is left; how many bytes of application data arrived."""
    arrived = 0
    while True:
        up, down = client.data_to_send(), server.data_to_send()
        if not up and not down:
            return arrived
        events = (server.receive_data(up) if up else []) + (client.receive_data(down) if down else [])
        arrived += sum(len(event.data) for event in events if isinstance(event, DataReceived))


def _full_handshake(traced: str | None) -> Work:
    trust, credential = TrustStore.load("demo"), demo_credential()

    def work() -> None:
        recording = Recording(("client", "server")) if traced else None
        client, server = (recording.observer(side) if recording else None for side in ("client", "server"))
        pump(
            ClientConnection(ClientConfig(trust=trust, tickets=False, observer=client), "localhost"),
            ServerConnection(ServerConfig(credentials=(credential,), sessions=None, observer=server)),
        )

    return work


def _resumed_handshake() -> Work:
    client = ClientConfig(trust=TrustStore.load("demo"), tickets=False, sessions=SessionCache())
    server = ServerConfig(credentials=(demo_credential(),))

    def work() -> None:
        pump(ClientConnection(client, "localhost"), ServerConnection(server))

    work()
    return work


def _bulk(suite: str, size: int) -> Work:
    client = ClientConnection(ClientConfig(trust=TrustStore.load("demo"), cipher_suites=(suite,)), "localhost")
    server = ServerConnection(ServerConfig(credentials=(demo_credential(),), encrypt_then_mac=False))
    pump(client, server)
    data = bytes(size)

    def work() -> None:
        client.send_data(data)
        server.receive_data(client.data_to_send())

    return work


# Python's ssl.


class SSLPair:
    """A client and a server of Python's ssl over memory BIOs, with the same certificates."""

    def __init__(self, cipher: str) -> None:
        self.client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        for context in (self.client, self.server):
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers(f"{cipher}:@SECLEVEL=0")
            context.options |= ssl.OP_NO_TICKET
        self.client.load_verify_locations(cadata=demo.root_pem().decode())
        with tempfile.TemporaryDirectory() as folder:
            chain, key = Path(folder, "chain.pem"), Path(folder, "key.pem")
            chain.write_bytes(demo.text_of("server.pem"))
            key.write_bytes(demo.server_key())
            self.server.load_cert_chain(chain, key)

    def connected(self, session: ssl.SSLSession | None = None) -> tuple[ssl.SSLObject, ssl.SSLObject, ssl.MemoryBIO]:
        """A pair after its handshake, and the BIO that takes bytes to the server."""
        up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = self.client.wrap_bio(down, up, server_hostname="localhost", session=session)
        server = self.server.wrap_bio(up, down, server_side=True)
        waiting = [client, server, client, server]
        while waiting:
            try:
                waiting[0].do_handshake()
            except ssl.SSLWantReadError:
                waiting.append(waiting[0])
            waiting.pop(0)
        return client, server, up

    def handshake(self) -> None:
        """One full handshake."""
        self.connected()

    def resumption(self) -> Work:
        """Abbreviated handshakes. OpenSSL forgets the session of a connection that is dropped without a close."""
        self.client.options |= ssl.OP_NO_TICKET
        first, peer, _ = self.connected()
        session = first.session
        for end in (first, peer, first):
            try:
                end.unwrap()
            except ssl.SSLWantReadError:
                continue

        def work() -> None:
            client, server, _ = self.connected(session)
            if not client.session_reused:
                raise RuntimeError("OpenSSL did not resume the session, so this would measure something else")
            for end in (client, server, client):
                try:
                    end.unwrap()
                except ssl.SSLWantReadError:
                    continue

        return work

    def bulk(self, size: int) -> Work:
        """Records of `size` bytes, client to server."""
        client, server, _ = self.connected()
        data = bytes(size)

        def work() -> None:
            client.write(data)
            server.read(size)

        return work
