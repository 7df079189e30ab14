"""Two connections in memory, their configurations, and what to do with them: shared by many tests.

The demo PKI's files serve as certificates; everything else that a test expects is computed by `handshake/peer.py`,
which knows nothing of minitls.
"""

from __future__ import annotations

import builtins
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography import exceptions, x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from minitls import (
    ClientConfig,
    ClientConnection,
    Credential,
    ServerConfig,
    ServerConnection,
    Session,
    TLSError,
    TrustStore,
)
from minitls.connection import Connection
from minitls.events import DataReceived, Event, HandshakeComplete, PeerClosed
from tests.handshake.peer import Peer
from tests.peers import ROOT

DEMO = ROOT / "minitls" / "pki" / "demo"
#: Within the demo certificates' dates.
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@lru_cache
def pem(name: str) -> tuple[tuple[bytes, ...], Any]:
    """(chain as DER, private key) of the demo PKI's `name`: "server" or "client"."""
    chain = x509.load_pem_x509_certificates((DEMO / f"{name}.pem").read_bytes())
    key = load_pem_private_key((DEMO / f"{name}.key").read_bytes(), None)
    return tuple(each.public_bytes(Encoding.DER) for each in chain), key


@lru_cache
def credential(name: str = "server") -> Credential:
    return Credential(*pem(name))


@lru_cache
def trust() -> TrustStore:
    """The demo root alone."""
    return TrustStore.load(DEMO / "root.pem")


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, **delta: float) -> None:
        self.now += timedelta(**delta)


def seeded(seed: int) -> Callable[[int], bytes]:
    """Random bytes that are the same every time."""
    return random.Random(seed).randbytes


def client_config(**given: Any) -> ClientConfig:
    return ClientConfig(**{"trust": trust(), "now": Clock(), **given})


def server_config(**given: Any) -> ServerConfig:
    return ServerConfig(**{"credentials": (credential(),), "now": Clock(), **given})


def new_client(config: ClientConfig | None = None, name: str = "localhost", **given: Any) -> ClientConnection:
    return ClientConnection(config or client_config(**given), name)


def new_server(config: ServerConfig | None = None, **given: Any) -> ServerConnection:
    return ServerConnection(config or server_config(**given))


def client_peer(**given: Any) -> Peer:
    """The independent peer as the client."""
    return Peer("client", **given)


def server_peer(**given: Any) -> Peer:
    """The independent peer as the server, with the demo server's certificate."""
    chain, key = pem("server")
    return Peer("server", **{"chain": chain, "key": key, **given})


def pump(client: Connection, server: Connection) -> tuple[list[Event], list[Event]]:
    """Carry bytes both ways until nobody has any; the events of both."""
    events: tuple[list[Event], list[Event]] = ([], [])
    while True:
        up, down = client.data_to_send(), None
        if up:
            events[1].extend(server.receive_data(up))
        down = server.data_to_send()
        if down:
            events[0].extend(client.receive_data(down))
        if not up and not down:
            return events


def connected(
    client: ClientConfig | None = None, server: ServerConfig | None = None, name: str = "localhost"
) -> tuple[ClientConnection, ServerConnection]:
    """Both ends of a finished handshake."""
    ends = new_client(client, name), new_server(server)
    pump(*ends)
    assert ends[0].negotiated and ends[1].negotiated
    return ends


def converse(peer: Peer, connection: Connection, *words: str) -> list[Event]:
    """Say `words` one after the other; what the connection answers is read after each."""
    events = []
    for word in words:
        events += tell(peer, connection, peer.say(word))
    return events


def tell(peer: Peer, connection: Connection, data: bytes) -> list[Event]:
    """Give `data` to the connection and its answer to the peer, also when it raises."""
    try:
        return connection.receive_data(data)
    finally:
        peer.take(connection.data_to_send())


def outcome(connection: Connection, data: bytes) -> tuple[list[Event], TLSError | None, bytes]:
    """(events, error, bytes to send) of one portion; what came before the error counts among the events."""
    try:
        events, error = connection.receive_data(data), None
    except TLSError as raised:
        events, error = list(raised.events), raised  # type: ignore[arg-type]  # `events` is typed loosely, below `events.py`.
    return events, error, connection.data_to_send()


def received(events: list[Event]) -> bytes:
    """The application data in a list of events, joined."""
    return b"".join(event.data for event in events if isinstance(event, DataReceived))


def kinds(events: list[Event]) -> list[str]:
    """Events with neighbouring data joined: what does not depend on how bytes were portioned."""
    told: list[str] = []
    for event in events:
        match event:
            case HandshakeComplete():
                told.append("complete")
            case PeerClosed():
                told.append("closed")
            case DataReceived() if told and told[-1].startswith("data "):
                told[-1] += event.data.hex()
            case DataReceived():
                told.append("data " + event.data.hex())
    return told


def a_session(**changed: Any) -> Session:
    """A session of this moment, with the fields of `changed`."""
    fields: dict[str, Any] = {
        "version": 0x0303,
        "cipher_suite": 0x009C,
        "master_secret": bytes(range(48)),
        "extended_master_secret": 1,
        "created": int(NOW.timestamp()),
        "server_name": b"localhost",
        "session_id": b"id",
        "ticket": b"",
        "ticket_lifetime_hint": 0,
        "peer_certificates": (b"DER",),
    }
    return Session(**{**fields, **changed})


@lru_cache
def names_of_classes() -> frozenset[str]:
    """Names that only a program knows: classes of minitls (but for the RFC's structs), Python and cryptography."""
    found = {name for name, value in vars(builtins).items() if isinstance(value, type)}
    for path in (ROOT / "minitls").rglob("*.py"):
        if "wire" not in path.parts:  # Messages and extensions bear the names of RFC 5246.
            found |= set(re.findall(r"(?m)^class (\w+)", path.read_text(encoding="utf-8")))
    found |= {name for module in (x509, exceptions, rsa, ec, ed25519, ed448) for name in dir(module)}
    camel = re.compile(r"[A-Z]+[a-z0-9]+(?:[A-Z]+[a-z0-9]*)+")
    return frozenset(name for name in found if camel.fullmatch(name)) - {"ClientHello", "ServerHello", "Certificate"}


def assert_for_people(text: str) -> None:
    """No class is named in a sentence that people read."""
    named = set(re.findall(r"\w+", text)) & names_of_classes()
    assert not named, f"{named} in {text!r}"
