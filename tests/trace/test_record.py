"""Recording: what the core tells becomes events, and the connection never notices."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import IO, cast

import pytest

from minitls import connect, wrap_socket
from minitls.trace.check import check
from minitls.trace.file.events import Data, Derive, Elided, Event, Message, Protect, Random, Record
from minitls.trace.file.jsonl import open_private, read_trace
from minitls.trace.file.values import inputs_of
from minitls.trace.record import Recording
from tests.helpers import client_config, new_client, new_server, server_config
from tests.trace.conversations import carry, converse, recorded


def test_what_is_recorded_is_what_is_in_the_file(tmp_path: Path) -> None:
    with Recording(("client", "server"), open_private(tmp_path / "t.jsonl")) as recording:
        client = new_client(client_config(observer=recording.observer("client")))
        converse(client, new_server(server_config(observer=recording.observer("server"))))
    trace = read_trace(tmp_path / "t.jsonl")
    assert trace.intact and trace == recording.trace and check(trace).true


def test_events_are_heard_as_they_happen() -> None:
    heard: list[Event] = []
    recording = Recording(("client",), listener=heard.append)
    client = new_client(client_config(observer=recording.observer("client")))
    assert [event.event for event in heard] == ["random", "record", "message", "state"]
    converse(client, new_server())
    assert tuple(heard) == recording.close().events


def test_nothing_is_recorded_after_the_end() -> None:
    recording = Recording(("client",))
    client, server = new_client(client_config(observer=recording.observer("client"))), new_server()
    carry(client, server)
    trace = recording.close()
    client.send_data(b"unheard")
    assert recording.close() == trace


def test_two_threads_tell_one_trace() -> None:
    import socket

    recording = Recording(("client", "server"))
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            accepted, _ = listener.accept()
            with wrap_socket(accepted, server_config(observer=recording.observer("server")), server_side=True) as tls:
                tls.sendall(tls.recv(100))
                tls.recv(1)

        server = threading.Thread(target=serve)
        server.start()
        config = client_config(observer=recording.observer("client"))
        with connect(listener.getsockname(), config, server_name="localhost", timeout=10) as tls:
            tls.sendall(b"echo")
            assert tls.recv(100) == b"echo"
        server.join(10)
    trace = recording.close()
    assert [event.n for event in trace.events] == list(range(1, len(trace.events) + 1))
    assert check(trace).true


def test_a_file_that_cannot_be_written_is_told_at_the_end_and_not_before() -> None:
    recording = Recording(("client",), cast(IO[bytes], open("/dev/full", "wb", buffering=0)))  # noqa: SIM115, PTH123 - closed by close()
    client = new_client(client_config(observer=recording.observer("client")))
    converse(client, new_server())
    assert client.negotiated and client.failure is None
    with pytest.raises(OSError, match="No space"):
        recording.close()
    assert len(recording.trace.events) > 50


def test_only_named_endpoints_tell() -> None:
    with pytest.raises(ValueError, match="told by client, not by server"):
        Recording(("client",)).observer("server")


def test_inputs_point_to_where_they_come_from() -> None:
    trace = recorded()
    client = {event.name: event for event in trace.events if isinstance(event, Derive) and event.by == "client"}
    numbers = {name: event.n for name, event in client.items()}
    drawn = next(event for event in trace.events if isinstance(event, Random) and event.purpose == "client random")
    assert client["key_block"].inputs["client_random"] == drawn.n
    assert client["key_block"].inputs["master_secret"] == numbers["master_secret"]
    assert client["encrypted_pre_master_secret"].inputs["pkcs1_block"] == numbers["pkcs1_block"]
    messages = client["client_verify_data"].inputs["handshake_messages"]
    assert isinstance(messages, tuple)
    assert [cast(Message, trace[n]).type for n in messages] == [
        "ClientHello", "ServerHello", "Certificate", "ServerHelloDone", "ClientKeyExchange",
    ]  # fmt: skip
    joined = b"".join(cast(bytes, cast(Message, trace[n]).bytes) for n in messages)
    assert inputs_of(trace, client["client_verify_data"])["handshake_messages"] == joined


def test_a_certificate_verify_covers_the_messages_before_it() -> None:
    trace = recorded("client auth")
    derive = next(event for event in trace.events if isinstance(event, Derive) and event.name == "certificate_verify")
    messages = derive.inputs["content"]
    assert isinstance(messages, tuple) and cast(Message, trace[messages[-1]]).type == "ClientKeyExchange"


def test_after_a_mebibyte_only_digests_are_kept() -> None:
    recording = Recording(("client", "server"))
    client = new_client(client_config(observer=recording.observer("client")))
    server = new_server(server_config(observer=recording.observer("server")))
    carry(client, server)
    for _ in range(70):
        client.send_data(bytes(16384))
        carry(client, server)
    server.send_data(b"short")
    carry(client, server)
    trace = recording.close()
    data = [e for e in trace.events if isinstance(e, Record) and e.by == "client" and e.header[:1] == b"\x17"]  # type: ignore[index]  # headers are never left out
    kept = [isinstance(event.fragment, bytes) for event in data]
    # 63 records of 16,408 bytes are below 1 MiB, the 64th is not; the other direction counts for itself.
    assert kept == [True] * 63 + [False] * 7 + [True]
    last = [e for e in trace.events if isinstance(e, Protect) and isinstance(e.plaintext, Elided)]
    assert len(last) == 14 and last[0].plaintext.length == 16384  # type: ignore[union-attr]  # filtered above
    assert sum(event.length for event in trace.events if isinstance(event, Data)) == 2 * (70 * 16384 + 5)
    report = check(trace)
    assert report.true and report.unverified == ("some values are not in the trace: there was too much data",)


def test_a_clock_gives_the_times() -> None:
    ticks = iter(range(1000))
    recording = Recording(("client",), clock=lambda: float(next(ticks)))
    new_client(client_config(observer=recording.observer("client")))
    assert [event.t for event in recording.close().events] == [1.0, 2.0, 3.0, 4.0]
