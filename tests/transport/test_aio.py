"""asyncio's streams over minitls: the same types and manners as asyncio's own, over real TCP."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

import minitls
from minitls.errors import CertificateError, NotTLS, PeerAlert, TLSTimeout, Truncated
from minitls.observe import RecordSeen
from minitls.transport.aio import LateFaultReader, TLSProtocol
from tests.helpers import client_config, new_client, new_server, server_config
from tests.interop.programs import Relay, Server, client, python_context

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
BIG = bytes(range(256)) * 16 * 1024


def run(conversation: Coroutine[Any, Any, None]) -> None:
    """Run it on a loop whose every complaint fails the test, for at most a minute."""
    complaints: list[dict[str, Any]] = []

    async def watched() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        await asyncio.wait_for(conversation, 60)

    asyncio.run(watched())
    assert complaints == []


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(minitls.TLSError, ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def serving(handler: Handler = echo, timeout: float | None = 30, **config: Any) -> AsyncIterator[int]:
    """An asyncio server of minitls, and its port."""
    server = await minitls.start_server(handler, "127.0.0.1", 0, config=server_config(**config), timeout=timeout)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def connected(port: int, **config: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    settings = client_config(**config)
    return await minitls.open_connection("127.0.0.1", port, config=settings, server_name="localhost", timeout=30)


async def closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


def test_the_types_are_asyncios_own() -> None:
    async def conversation() -> None:
        server = await minitls.start_server(echo, "127.0.0.1", 0, config=server_config())
        assert type(server) is asyncio.Server
        async with server:
            address = server.sockets[0].getsockname()
            reader, writer = await connected(address[1])
            assert isinstance(reader, asyncio.StreamReader) and type(writer) is asyncio.StreamWriter
            assert isinstance(writer.transport, asyncio.Transport)
            assert writer.get_extra_info("peername") == address
            assert writer.get_extra_info("no such thing", "default") == "default"
            assert writer.get_extra_info("negotiated").cipher_suite.startswith("TLS_RSA_WITH_AES_")
            assert writer.can_write_eof() and not writer.is_closing()
            writer.writelines([b"one\n", b"two\n"])
            assert [await reader.readline(), await reader.readline()] == [b"one\n", b"two\n"]
            await closed(writer)
            assert writer.is_closing()

    run(conversation())


def test_megabytes_both_ways_at_once() -> None:
    async def conversation() -> None:
        async with serving() as port:
            reader, writer = await connected(port)

            async def send() -> None:
                for position in range(0, len(BIG), 100_000):
                    writer.write(BIG[position : position + 100_000])
                    await writer.drain()

            _, back = await asyncio.gather(send(), reader.readexactly(len(BIG)))
            assert back == BIG
            await closed(writer)

    run(conversation())


def test_drain_waits_for_a_peer_that_does_not_read() -> None:
    go_on = asyncio.Event()
    got = bytearray()

    async def lazy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        while data := await reader.read(65536):
            got.extend(data)
        writer.close()

    async def conversation() -> None:
        async with serving(lazy) as port:
            reader, writer = await connected(port)
            sent = 0
            with pytest.raises(TimeoutError):
                while sent < 64 * len(BIG):
                    writer.write(BIG[:262144])
                    sent += 262144
                    await asyncio.wait_for(writer.drain(), 0.5)
            assert writer.transport.get_write_buffer_size() > 0
            go_on.set()
            await asyncio.wait_for(writer.drain(), 30)
            writer.write_eof()
            assert await reader.read() == b""
            assert len(got) == sent
            await closed(writer)

    run(conversation())


def test_a_reader_that_lags_stops_the_sender() -> None:
    """The stream's limit passes through to TCP: what is not read is not received."""

    async def conversation() -> None:
        async with serving() as port:
            reader, writer = await connected(port)
            writer.write(BIG)
            await reader.readexactly(1)
            transport = writer.transport
            assert isinstance(transport, asyncio.Transport)
            while transport.is_reading():
                await asyncio.sleep(0)
            assert await reader.readexactly(len(BIG) - 1) == BIG[1:]
            assert transport.is_reading()
            await closed(writer)

    run(conversation())


def test_write_eof_closes_one_direction_and_the_peer_answers() -> None:
    ends = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends.append(await reader.read())
        # The peer has closed, so this goes nowhere (RFC 5246 section 7.2.1), and hurts nobody.
        writer.write(b"too late")
        writer.close()

    async def conversation() -> None:
        async with serving(handler) as port:
            reader, writer = await connected(port)
            writer.write(b"all I have")
            writer.write_eof()
            assert await reader.read() == b""
            await closed(writer)

    run(conversation())
    assert ends == [b"all I have"]


def test_writing_after_the_own_end_is_misuse() -> None:
    async def conversation() -> None:
        async with serving() as port:
            _, writer = await connected(port)
            writer.write_eof()
            with pytest.raises(ValueError, match="close_notify"):
                writer.write(b"more")
            await closed(writer)

    run(conversation())


@pytest.mark.parametrize(
    ("config", "name", "alert"),
    [({}, "other.example", "bad_certificate"), ({"trust": minitls.TrustStore.of([])}, "localhost", "unknown_ca")],
)
def test_a_refused_certificate_is_raised_and_told(
    config: dict[str, Any], name: str, alert: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def conversation() -> None:
        async with serving() as port:
            with pytest.raises(CertificateError) as raised:
                await minitls.open_connection("127.0.0.1", port, config=client_config(**config), server_name=name)
            assert raised.value.alert is not None and raised.value.alert.name == alert
            while not caplog.records:
                await asyncio.sleep(0)
            reader, writer = await connected(port)
            writer.write(b"still here")
            assert await reader.readexactly(10) == b"still here"
            await closed(writer)

    with caplog.at_level(logging.WARNING, "minitls"):
        run(conversation())
    assert [alert in record.getMessage() for record in caplog.records] == [True]


def test_a_peer_that_is_no_tls_server() -> None:
    def serve(sock: socket.socket) -> None:
        sock.recv(4096)
        sock.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

    with Server(serve) as server, pytest.raises(NotTLS, match="SSH"):
        run(connected(server.port))  # type: ignore[arg-type]  # It raises, so what it returns is never seen.


def test_a_server_that_stalls() -> None:
    def serve(sock: socket.socket) -> None:
        while sock.recv(4096):
            pass

    async def conversation(port: int) -> None:
        with pytest.raises(TLSTimeout, match=r"no handshake within 0.3 s.*WAIT_SERVER_HELLO"):
            await minitls.open_connection("127.0.0.1", port, config=client_config(), timeout=0.3)

    with Server(serve) as server:
        run(conversation(server.port))


def test_a_client_that_stalls_is_dropped_and_hurts_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async def conversation() -> None:
        async with serving(timeout=0.3) as port:
            silent_reader, silent = await asyncio.open_connection("127.0.0.1", port)
            reader, writer = await connected(port)
            assert await silent_reader.read() == b""
            writer.write(b"hello")
            assert await reader.readexactly(5) == b"hello"
            await closed(silent)
            await closed(writer)

    with caplog.at_level(logging.WARNING, "minitls"):
        run(conversation())
    assert "WAIT_CLIENT_HELLO" in caplog.text


def test_a_truncated_connection_is_no_clean_end() -> None:
    def serve(sock: socket.socket) -> None:
        with python_context(True).wrap_socket(sock, server_side=True) as tls:
            tls.sendall(b"the first half")

    async def conversation(port: int) -> None:
        reader, writer = await connected(port)
        assert await reader.readexactly(14) == b"the first half"
        with pytest.raises(Truncated):
            await reader.read()
        with pytest.raises(Truncated):
            await closed(writer)

    with Server(serve) as server:
        run(conversation(server.port))


Reading = Callable[[asyncio.StreamReader], Awaitable[object]]


async def by_line(reader: asyncio.StreamReader) -> list[bytes]:
    lines = []
    with contextlib.suppress(Truncated):
        async for line in reader:
            lines.append(line)
    return lines


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (lambda reader: reader.read(100), b"one\ntwo"),
        (lambda reader: reader.readexactly(7), b"one\ntwo"),
        (lambda reader: reader.readuntil(b"\n"), b"one\n"),
        (lambda reader: reader.readline(), b"one\n"),
        (by_line, [b"one\n", b"two"]),
    ],
    ids=["read", "readexactly", "readuntil", "readline", "lines"],
)
def test_what_came_before_a_truncation_is_read_before_it_is_told(read: Reading, expected: object) -> None:
    """Everything has arrived, and TCP has ended without close_notify, before the first read."""

    def serve(sock: socket.socket) -> None:
        with python_context(True).wrap_socket(sock, server_side=True) as tls:
            tls.sendall(b"one\ntwo")

    async def conversation(port: int) -> None:
        reader, writer = await connected(port)
        while reader.exception() is None:
            await asyncio.sleep(0)
        assert await read(reader) == expected
        rest = b""
        with pytest.raises(Truncated):
            while True:
                rest += await reader.read(2)
        assert b"one\ntwo".endswith(rest) and (rest or b"two" in str(expected).encode())
        with pytest.raises(Truncated):
            await closed(writer)

    with Server(serve) as server:
        run(conversation(server.port))


def test_less_than_was_asked_for_is_told_with_what_there_was() -> None:
    async def conversation() -> None:
        reader, fault = LateFaultReader(), Truncated("cut")
        reader.feed_data(b"half")
        reader.set_exception(fault)
        with pytest.raises(asyncio.IncompleteReadError) as less:
            await reader.readexactly(10)
        assert less.value.partial == b"half" and less.value.__cause__ is fault
        for read in (reader.readexactly(1), reader.readuntil(), reader.read(), reader.readline()):
            with pytest.raises(Truncated):
                await read
        assert await reader.read(0) == b"" and reader.exception() is fault

    run(conversation())


def test_a_fault_in_the_middle_ends_the_stream() -> None:
    """One bit of a record turned over on the way: the reader gets the fault, and the peer its alert."""
    told: list[str] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"intact")
        try:
            await reader.read()
        except PeerAlert as alert:
            told.append(str(alert))
        writer.close()

    async def conversation() -> None:
        over = asyncio.Event()

        async def watched(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await handler(reader, writer)
            finally:
                over.set()

        async with serving(watched) as port:
            reader, writer = await connected(port)
            assert await reader.readexactly(6) == b"intact"
            below = writer.transport._below._protocol  # type: ignore[attr-defined]  # Where TCP's bytes come in.
            below.data_received(bytes.fromhex("17 03 03 00 19") + bytes(25))
            with pytest.raises(minitls.TLSError, match="authentication"):
                await reader.read()
            await over.wait()

    run(conversation())
    assert ["bad_record_mac" in text for text in told] == [True]


def test_many_at_once() -> None:
    async def one(port: int, index: int) -> None:
        reader, writer = await connected(port)
        line = b"number %d\n" % index
        writer.write(line)
        assert await reader.readline() == line
        await closed(writer)

    async def conversation() -> None:
        async with serving() as port:
            await asyncio.gather(*(one(port, index) for index in range(120)))

    run(conversation())


def test_a_cancelled_client_leaves_nothing_open() -> None:
    def serve(sock: socket.socket) -> None:
        while sock.recv(4096):
            pass

    async def conversation(port: int) -> None:
        task = asyncio.create_task(connected(port))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(task, 0.3)

    with Server(serve) as server:
        run(conversation(server.port))
        # `serve` has returned, because the client's TCP connection was closed; else leaving this block would hang.
    assert server.faults == []


# With others.


def test_the_blocking_client_at_the_asyncio_server() -> None:
    def blocking(port: int) -> bytes:
        with minitls.connect(("127.0.0.1", port), client_config(), "localhost", timeout=30) as tls:
            tls.sendall(BIG[:100_000])
            return bytes(tls.makefile("rb").read(100_000))

    async def conversation() -> None:
        async with serving() as port:
            assert await asyncio.to_thread(blocking, port) == BIG[:100_000]

    run(conversation())


def test_the_asyncio_client_at_the_blocking_server() -> None:
    def serve(sock: socket.socket) -> None:
        with minitls.wrap_socket(sock, server_config(), server_side=True) as tls:
            while data := tls.recv(65536):
                tls.sendall(data)

    async def conversation(port: int) -> None:
        reader, writer = await connected(port)
        for _ in range(10):
            writer.write(BIG[:50_000])
            assert await reader.readexactly(50_000) == BIG[:50_000]
        writer.write_eof()
        assert await reader.read() == b""
        await closed(writer)

    with Server(serve) as server:
        run(conversation(server.port))
    assert server.faults == []


def test_the_command_line_client_and_pythons_ssl_at_the_asyncio_server() -> None:
    def with_ssl(port: int) -> bytes:
        sock = socket.create_connection(("127.0.0.1", port), 30)
        with python_context(False).wrap_socket(sock, server_hostname="localhost") as tls:
            tls.sendall(b"hello, asyncio")
            data = tls.recv(100)
            tls.unwrap()
            return data

    async def conversation() -> None:
        async with serving() as port:
            result = await asyncio.to_thread(client, port, "--send", "hello")
            assert (result.status, result.out) == (0, b"hello\n"), result.err
            assert await asyncio.to_thread(with_ssl, port) == b"hello, asyncio"

    run(conversation())


def test_tls_through_a_relay_looks_the_same() -> None:
    async def conversation() -> None:
        async with serving() as port:
            with Relay(port) as relay:
                reader, writer = await connected(relay.port)
                writer.write(b"secret")
                assert await reader.readexactly(6) == b"secret"
                writer.write_eof()
                assert await reader.read() == b""
                await closed(writer)
            assert relay.up and b"secret" not in relay.up + relay.down

    run(conversation())


class Below(asyncio.Transport):
    """TCP as asyncio gives it, without a network: what was written, and whether it was closed or aborted."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.ended = b"", ""

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.ended = "closed"

    def abort(self) -> None:
        self.ended = "aborted"


class Above(asyncio.Protocol):
    """A program's protocol: what it was told, in order."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.told.append("made")

    def connection_lost(self, exc: Exception | None) -> None:
        self.told.append("lost")

    def pause_writing(self) -> None:
        self.told.append("pause")

    def resume_writing(self) -> None:
        self.told.append("resume")


@pytest.mark.parametrize("reason", [None, ConnectionResetError("reset by peer")])
def test_tcp_that_is_lost_in_the_handshake_is_told_to_who_waits_for_it(reason: Exception | None) -> None:
    """And to nobody else: the program's protocol has not been given a connection yet."""

    async def conversation() -> None:
        above = Above()
        protocol = TLSProtocol(new_client(), above, timeout=30)
        protocol.connection_made(below := Below())
        assert below.written[:1] == b"\x16", "no ClientHello"
        protocol.pause_writing()
        protocol.resume_writing()
        protocol.connection_lost(reason)
        with pytest.raises(ConnectionError, match="reset by peer" if reason else "closed during the handshake"):
            await protocol.ready
        assert above.told == []

    run(conversation())


def test_who_no_longer_waits_for_the_handshake_is_not_told_of_its_end() -> None:
    async def conversation() -> None:
        for reason in (None, OSError("gone")):
            protocol = TLSProtocol(new_client(), above := Above(), timeout=None)
            protocol.connection_made(Below())
            protocol.ready.cancel()
            protocol.connection_lost(reason)
            assert protocol.ready.cancelled() and above.told == []

    run(conversation())


def test_aborting_ends_tcp_at_once_and_sends_nothing() -> None:
    async def conversation() -> None:
        ended = asyncio.Event()

        async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with pytest.raises((minitls.TLSError, ConnectionError)):
                while await reader.read(100):
                    pass
            writer.close()
            ended.set()

        async with serving(reset) as port:
            _, writer = await connected(port)
            writer.transport.abort()
            await asyncio.wait_for(ended.wait(), 20)

    run(conversation())


def test_the_write_buffers_limits_are_those_of_tcp() -> None:
    async def conversation() -> None:
        async with serving() as port:
            _, writer = await connected(port)
            writer.transport.set_write_buffer_limits(high=1000, low=10)
            assert writer.transport.get_write_buffer_size() == 0
            await closed(writer)

    run(conversation())


def test_who_no_longer_waits_for_the_handshake_is_not_told_of_its_success() -> None:
    """The program above is given its connection all the same."""

    async def conversation() -> None:
        client, server = new_client(), new_server()
        protocol = TLSProtocol(client, above := Above(), timeout=None)
        protocol.connection_made(below := Below())
        protocol.ready.cancel()
        for _ in range(2):
            server.receive_data(below.written)
            below.written = b""
            protocol.data_received(server.data_to_send())
        assert client.negotiated and server.negotiated
        assert protocol.ready.cancelled() and above.told == ["made"]

    run(conversation())


def test_what_shall_end_the_program_does_and_the_peer_is_told() -> None:
    async def conversation() -> None:
        def interrupting(told: object) -> None:
            if isinstance(told, RecordSeen) and told.sender == "server":
                raise KeyboardInterrupt

        protocol = TLSProtocol(new_client(observer=interrupting), Above(), timeout=None)
        protocol.connection_made(below := Below())
        server = new_server()
        server.receive_data(below.written)
        below.written = b""
        with pytest.raises(KeyboardInterrupt):
            protocol.data_received(server.data_to_send())
        # A fatal internal_error (80), and TCP is over.
        assert below.written == bytes.fromhex("15 03 03 00 02 02 50") and below.ended == "closed"
        protocol.ready.cancel()

    run(conversation())
