"""Every row of `behaviours/`, against the sans-IO connection and again over TCP."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from minitls import TLSError, TrustStore, wrap_socket
from minitls.connection import Connection
from minitls.errors import AlertDescription
from minitls.events import DataReceived
from tests.handshake import certificates
from tests.handshake.behaviours import CLOSED, ROWS, SERVED, Row, made, summary
from tests.handshake.peer import ALERT, APPLICATION_DATA, FATAL, HANDSHAKE, TYPES, WARNING, Peer, plain_record
from tests.helpers import (
    assert_for_people,
    client_config,
    client_peer,
    credential,
    new_client,
    new_server,
    outcome,
    pem,
    server_config,
    server_peer,
    trust,
)

#: Of each side under test: once the peer has said a message of the first type, it waits for the second.
ANSWERS = {
    "server": (("ClientHello", "ServerHelloDone"), ("Finished", "Finished")),
    "client": (("ServerHelloDone", "Finished"),),
}
#: So long the slowest answer may take, and no test waits for it if all is well.
TIMEOUT = 20


def _trust_of(name: str) -> TrustStore:
    return trust() if name == "demo" else TrustStore.of([certificates.root()])


def _config(row: Row) -> Any:
    options = dict(row.options)
    for key in ("trust", "client_trust"):
        if key in options:
            options[key] = _trust_of(options[key])
    if "credential" in options:
        options["credential"] = credential("client")
    return server_config(**options) if row.side == "server" else client_config(**options)


def _peer(row: Row) -> Peer:
    options = dict(row.peer)
    match options.pop("chain", None):
        case "client":
            certificate, key = certificates.client()
            options |= {"chain": (certificate,), "key": key}
        case "client for PSS alone" | "server for PSS alone" as chain:
            certificate, key = certificates.client() if chain[0] == "c" else certificates.server("localhost")
            options |= {"chain": (certificates.for_pss_alone(certificate),), "key": key}
        case "server with an EC key":
            certificate, key = certificates.server("localhost", kind="P-256")
            options |= {"chain": (certificate,), "key": key}
        case "server":
            options |= dict(zip(("chain", "key"), pem("server"), strict=True))
        case "demo client":
            options |= dict(zip(("chain", "key"), pem("client"), strict=True))
    return client_peer(**options) if row.side == "server" else server_peer(**options)


class Channel:
    """Bytes to the side under test and back. `wait` reads until something is so or the connection has ended."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.ended = False

    def send(self, data: bytes) -> None:
        raise NotImplementedError

    def wait(self, ready: Callable[[], bool]) -> bool:
        raise NotImplementedError

    def heard(self, name: str) -> bool:
        return any(message == name for message, _ in self.peer.messages)

    def settle(self, side: str) -> bool:
        """Hear what answers the messages said so far; whether the connection is over."""
        said = [message[0] for message in self.peer.transcript]
        for name, answer in ANSWERS[side]:
            if TYPES[name] in said:
                self.wait(lambda answer=answer: self.heard(answer) or bool(self.alerts(FATAL)))  # type: ignore[misc]  # mypy cannot type the default.
        return self.ended or bool(self.alerts(FATAL))

    def alerts(self, level: int) -> list[str]:
        """The alerts that the peer heard, by name."""
        return [
            AlertDescription(content[1]).name
            for kind, content in self.peer.heard
            if kind == ALERT and content[0] == level and content[1] != 0
        ]


class InMemory(Channel):
    """The sans-IO connection with an echo behind it."""

    def __init__(self, peer: Peer, connection: Connection) -> None:
        super().__init__(peer)
        self.connection = connection
        self.error: TLSError | None = None
        peer.take(connection.data_to_send())

    def send(self, data: bytes) -> None:
        events, error, answer = outcome(self.connection, data)
        self.error = self.error or error
        self.ended = self.connection.closed
        self.peer.take(answer)
        for event in events:
            if isinstance(event, DataReceived) and not self.ended:
                self.connection.send_data(event.data)
                self.peer.take(self.connection.data_to_send())

    def wait(self, ready: Callable[[], bool]) -> bool:
        return ready()


class OverTCP(Channel):
    """A socket to a program that serves the connection in a thread of its own."""

    def __init__(self, peer: Peer, sock: socket.socket) -> None:
        super().__init__(peer)
        self.sock = sock
        sock.settimeout(TIMEOUT)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes) -> None:
        try:
            self.sock.sendall(data)
        except OSError:
            # It closed while we wrote. What it said before that can still be read.
            self.wait(lambda: False)

    def wait(self, ready: Callable[[], bool]) -> bool:
        while not self.ended and not ready():
            try:
                data = self.sock.recv(65536)
            except ConnectionResetError:
                data = b""
            self.ended = not data
            self.peer.take(data)
        return ready()


@contextmanager
def in_memory(row: Row) -> Iterator[Channel]:
    config = _config(row)
    yield InMemory(_peer(row), new_server(config) if row.side == "server" else new_client(config))


@contextmanager
def over_tcp(row: Row) -> Iterator[Channel]:
    config = _config(row)

    def echo(sock: socket.socket) -> None:
        sock.settimeout(TIMEOUT)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            name = {"server_side": True} if row.side == "server" else {"server_name": "localhost"}
            with wrap_socket(sock, config, **name) as tls:
                while data := tls.recv(65536):
                    tls.sendall(data)
        except (TLSError, OSError):
            pass  # What the row is about: the peer judges it by what it was sent.

    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
    thread = threading.Thread(target=echo, args=(theirs,))
    thread.start()
    with ours:
        yield OverTCP(_peer(row), ours)
    thread.join(TIMEOUT)
    assert not thread.is_alive(), "the connection did not end"


def play(row: Row, channel: Channel) -> str:
    """What the row ends in: SERVED, CLOSED, or the name of the fatal alert."""
    peer = channel.peer
    if row.side == "client":
        channel.wait(lambda: channel.heard("ClientHello"))
    for step in row.steps:
        if channel.settle(row.side):
            break
        channel.send(made(step, peer))
    if not channel.settle(row.side) and row.expected == SERVED and channel.heard("Finished"):
        channel.send(peer.data(b"are you there?"))
        channel.wait(lambda: _echoed(peer) or bool(channel.alerts(FATAL)))
        if _echoed(peer):
            return SERVED
    channel.wait(lambda: bool(channel.alerts(FATAL)))
    fatal = channel.alerts(FATAL)
    assert len(fatal) <= 1, fatal
    if not fatal:
        return CLOSED if channel.ended else "nothing"
    return fatal[0]


def _echoed(peer: Peer) -> bool:
    return b"".join(content for kind, content in peer.heard if kind == APPLICATION_DATA).endswith(b"are you there?")


IDS = [f"{row.side}: {row.id}" for row in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_in_memory(row: Row) -> None:
    with in_memory(row) as channel:
        assert isinstance(channel, InMemory)
        result = play(row, channel)
        assert result == row.expected, f"{result}: {channel.error}"
        assert tuple(channel.alerts(WARNING)) == row.warned
        if channel.error is not None and channel.error.alert is not None:
            assert channel.error.alert.name == row.expected
            assert str(channel.error), "a fault without a sentence"
            assert_for_people(str(channel.error))
        if row.expected != SERVED:
            # The connection is dead: it says nothing more, whatever comes.
            assert outcome(channel.connection, channel.peer.record(APPLICATION_DATA, b"x")) == ([], None, b"")


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_over_tcp(row: Row) -> None:
    with over_tcp(row) as channel:
        assert play(row, channel) == row.expected
        assert tuple(channel.alerts(WARNING)) == row.warned


def test_the_longest_hello_is_as_long_as_one_can_be() -> None:
    """Every list at its limit: 2 + 32 + 33 + 65536 + 256 + 65537 bytes."""
    peer = client_peer()
    made(next(row for row in ROWS if row.id == "a hello of 131396 bytes").steps[0], peer)
    assert len(peer.transcript[0]) == 4 + 131396


@pytest.mark.slow
def test_long_hellos_take_no_time_to_speak_of() -> None:
    """Measured: 0.05 s, and 0.3 s in records of one byte. Work that grows with the square would take minutes."""
    for row in ROWS:
        if row.id in ("a hello of 131396 bytes", "sixteen thousand unknown extensions"):
            peer, server = client_peer(), new_server()
            hello = made(row.steps[0], peer)
            started = time.process_time()
            server.receive_data(b"".join(plain_record(HANDSHAKE, bytes([byte])) for byte in peer.transcript[0]))
            new_server().receive_data(hello)
            assert time.process_time() - started < 5
            assert server.data_to_send()


def test_every_alert_that_is_promised_is_in_the_table() -> None:
    """Issue by issue: the faults a peer can make have these answers and no others."""
    promised = {
        "decode_error",
        "illegal_parameter",
        "unexpected_message",
        "record_overflow",
        "bad_record_mac",
        "decrypt_error",
        "protocol_version",
        "handshake_failure",
        "no_application_protocol",
        "unrecognized_name",
        "unsupported_extension",
        "bad_certificate",
        "unsupported_certificate",
        "unknown_ca",
    }
    counted = {answer: count for answer, count, _ in summary()}
    assert set(counted) == promised | {SERVED, CLOSED}
    assert sum(counted.values()) == len(ROWS)
    assert all(re.fullmatch(r"RFC \d{4} ([A-Z]|\d+)(\.\d+)*", row.section) for row in ROWS)
