"""Recorded conversations of every kind, for all tests of traces: two connections in memory, told by both endpoints."""

from __future__ import annotations

import io
import itertools
from dataclasses import replace
from functools import cache
from typing import Any

from minitls import SessionCache, TicketKeys, TLSError, TrustStore
from minitls.connection import Connection
from minitls.trace.file.events import VantagePoint
from minitls.trace.file.jsonl import Trace, TraceWriter, read_trace
from minitls.trace.record import Recording
from tests.helpers import Clock, client_config, credential, new_client, new_server, server_config, trust

SUITES = ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA256", "AES256-SHA256", "AES128-SHA", "AES256-SHA")
HOW = ("full", "session ID", "ticket", "client auth")
#: One conversation of each flavour, where a test need not see all of them.
FLAVOURS: tuple[tuple[str, str, bool, bool], ...] = (
    ("full", "AES128-GCM-SHA256", True, True),
    ("full", "AES256-SHA256", True, True),
    ("full", "AES128-SHA", False, False),
    ("session ID", "AES256-GCM-SHA384", True, True),
    ("ticket", "AES128-SHA", True, True),
    ("client auth", "AES128-GCM-SHA256", True, True),
)
EVERY = tuple(itertools.product(HOW, SUITES, (True, False), (True, False)))
QUESTION, ANSWER = b"What is the meaning of a record?\n", b"Ask the one who has the key.\n"


@cache
def recorded(
    how: str = "full",
    suite: str = "AES128-GCM-SHA256",
    ems: bool = True,
    etm: bool = True,
    by: tuple[VantagePoint, ...] = ("client", "server"),
) -> Trace:
    """A connection from hello to close_notify; a resumed one is the second of two."""
    agreed: dict[str, Any] = {"cipher_suites": (suite,), "extended_master_secret": ems, "encrypt_then_mac": etm}
    clock = Clock()
    client = client_config(**agreed, sessions=SessionCache(), tickets=how == "ticket", now=clock)
    server = server_config(**agreed, sessions=SessionCache(), ticket_keys=TicketKeys(), now=clock)
    if how == "client auth":
        client, server = replace(client, credential=credential("client")), replace(server, client_trust=trust())
    if how in ("session ID", "ticket"):
        converse(new_client(client), new_server(server))
    return record(client, server, by)


@cache
def refused() -> Trace:
    """A connection that the client ends: the certificate is for another host."""
    # A list that can be loaded by name: a trace of a refusal names no root.
    return record(client_config(trust=TrustStore.load("demo")), server_config(), name="example.org")


def record(
    client: Any, server: Any, by: tuple[VantagePoint, ...] = ("client", "server"), name: str = "localhost"
) -> Trace:
    """The trace of a conversation between these configurations."""
    recording = Recording(by)
    if "client" in by:
        client = replace(client, observer=recording.observer("client"))
    if "server" in by:
        server = replace(server, observer=recording.observer("server"))
    converse(new_client(client, name), new_server(server))
    return recording.close()


def converse(client: Connection, server: Connection) -> None:
    """A handshake, a line each way, and close_notify; faults end it, as they would over sockets."""
    carry(client, server)
    if client.negotiated and server.negotiated:
        client.send_data(QUESTION)
        carry(client, server)
        server.send_data(ANSWER)
        carry(client, server)
        client.close()
        carry(client, server)


def carry(client: Connection, server: Connection) -> None:
    """All bytes both ways, until nobody has any. Errors are the connections' own business."""
    moved = True
    while moved:
        moved = False
        for sender, receiver in ((client, server), (server, client)):
            data = sender.data_to_send()
            if data:
                moved = True
                try:
                    receiver.receive_data(data)
                except TLSError as fault:
                    assert receiver.failure is fault


def lines_of(trace: Trace) -> list[bytes]:
    """The file of a trace, line by line."""
    file = io.BytesIO()
    writer = TraceWriter(file, trace.header)
    for event in trace.events:
        writer.write(event)
    writer.end()
    return file.getvalue().splitlines(keepends=True)


def read_lines(lines: list[bytes]) -> Trace:
    return read_trace(io.BytesIO(b"".join(lines)))
