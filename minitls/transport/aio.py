"""asyncio around a connection: `open_connection` and `start_server` as asyncio has them, returning what it returns.

A `TLSProtocol` sits between the TCP transport and the protocol of asyncio's streams: to the one it is a protocol, to
the other its `TLSTransport` is a transport. It moves bytes and decides nothing; flow control passes through.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from ..connection import ClientConnection, Connection, ServerConnection
from ..errors import TLSError, TLSTimeout
from ..events import DataReceived, HandshakeComplete, PeerClosed
from ..handshake.config import ClientConfig, ServerConfig

#: Failed handshakes of a server are told here, one line each.
log = logging.getLogger("minitls")

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None] | None]


class LateFaultReader(asyncio.StreamReader):
    """A StreamReader that gives everything that came before a fault, and then raises it.

    asyncio's own drops what it holds as soon as the connection is lost with an exception. What minitls has passed on
    was authentic, whatever came after it. Reading to the end, `read()`, raises: there should have been more.
    """

    _fault: Exception | None = None

    def set_exception(self, exc: Exception) -> None:
        self.feed_eof()
        self._fault = exc
        if self.at_eof():
            super().set_exception(exc)

    def exception(self) -> Exception | None:
        return self._fault or super().exception()

    async def read(self, n: int = -1) -> bytes:
        return self._or_fault(await super().read(n)) if n else b""

    async def readline(self) -> bytes:
        return self._or_fault(await super().readline())

    async def readuntil(self, separator: Any = b"\n") -> bytes:
        return await self._whole(super().readuntil(separator))

    async def readexactly(self, n: int) -> bytes:
        return await self._whole(super().readexactly(n))

    def _or_fault(self, data: bytes) -> bytes:
        if not data and self._fault:
            raise self._fault
        return data

    async def _whole(self, reading: Awaitable[bytes]) -> bytes:
        """What is asked for in full; less of it, at the end, comes in asyncio's own IncompleteReadError."""
        try:
            return await reading
        except asyncio.IncompleteReadError as less:
            if self._fault and not less.partial:
                raise self._fault from None
            less.__cause__ = self._fault
            raise


class TLSTransport(asyncio.Transport):
    """What the application writes to; the handshake's result is ``get_extra_info("negotiated")``."""

    def __init__(self, below: asyncio.Transport, connection: Connection) -> None:
        super().__init__({"negotiated": connection.negotiated})
        self._below, self._connection = below, connection

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return super().get_extra_info(name) or self._below.get_extra_info(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send `data`; it is dropped if the peer has ended the connection, as every asyncio transport does."""
        if not self._connection.closed:
            self._send(lambda: self._connection.send_data(bytes(data)))

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        """Send close_notify and go on receiving."""
        self._send(self._connection.close)

    def _send(self, queue: Callable[[], None]) -> None:
        """Send what `queue` makes the connection send. If it fails that is an alert, and the end of TCP too."""
        try:
            queue()
        except BaseException:
            self.flush()
            if self._connection.failure:
                self._below.close()
            raise
        self.flush()

    def flush(self) -> None:
        data = self._connection.data_to_send()
        if data:
            self._below.write(data)

    def close(self) -> None:
        """Send close_notify and close TCP once everything is written."""
        try:
            self.write_eof()
        finally:
            self._below.close()

    def abort(self) -> None:
        self._below.abort()

    def is_closing(self) -> bool:
        return self._below.is_closing()

    def pause_reading(self) -> None:
        self._below.pause_reading()

    def resume_reading(self) -> None:
        self._below.resume_reading()

    def is_reading(self) -> bool:
        return self._below.is_reading()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._below.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        return self._below.get_write_buffer_size()


class TLSProtocol(asyncio.Protocol):
    """Feeds a connection from TCP. `ready` is done when the handshake is, with the transport or the fault."""

    def __init__(self, connection: Connection, above: asyncio.Protocol, timeout: float | None) -> None:
        self._connection, self._above, self._timeout = connection, above, timeout
        self._transport: TLSTransport | None = None
        self._below: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._error: Exception | None = None
        self.ready: asyncio.Future[TLSTransport] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._below = transport
        if self._timeout is not None:
            self._timer = asyncio.get_running_loop().call_later(self._timeout, self._give_up)
        self._flush()

    def data_received(self, data: bytes) -> None:
        try:
            events = self._connection.receive_data(data)
        except BaseException as error:
            failure = self._connection.failure
            self._pass_on(failure.events if failure else ())
            self._flush()
            if not isinstance(error, Exception):
                if self._below:  # pragma: no branch - nothing is received before TCP is there.
                    self._below.close()
                raise
            self._fail(error)
        else:
            self._pass_on(events)
            self._flush()

    def eof_received(self) -> bool:
        self.data_received(b"")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer:
            self._timer.cancel()
        if self._transport:
            self._above.connection_lost(exc or self._error or self._connection.failure)
        elif not self.ready.done():
            self.ready.set_exception(exc or ConnectionError("the connection was closed during the handshake"))

    def pause_writing(self) -> None:
        if self._transport:
            self._above.pause_writing()

    def resume_writing(self) -> None:
        if self._transport:
            self._above.resume_writing()

    def _pass_on(self, events: Any) -> None:
        for event in events:
            if isinstance(event, HandshakeComplete) and self._below:
                if self._timer:
                    self._timer.cancel()
                self._transport = TLSTransport(self._below, self._connection)
                self._transport.flush()
                self._above.connection_made(self._transport)
                if not self.ready.done():
                    self.ready.set_result(self._transport)
            elif isinstance(event, DataReceived):
                self._above.data_received(event.data)
            elif isinstance(event, PeerClosed):  # pragma: no branch - there is no other event.
                self._above.eof_received()

    def _flush(self) -> None:
        data = self._connection.data_to_send()
        if data and self._below:
            self._below.write(data)

    def _give_up(self) -> None:
        state = self._connection.state.name
        self._fail(TLSTimeout(f"no handshake within {self._timeout:g} s: the peer was silent in state {state}"))

    def _fail(self, error: Exception) -> None:
        self._error = error
        if not self.ready.done():
            self.ready.set_exception(error)
        if self._below:  # pragma: no branch - nothing fails before TCP is there.
            self._below.close()


async def open_connection(
    host: str,
    port: int,
    *,
    config: ClientConfig | None = None,
    server_name: str | None = None,
    timeout: float | None = None,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect and do the handshake, within `timeout` seconds each. Raises TLSError or OSError."""
    loop = asyncio.get_running_loop()
    reader = LateFaultReader()
    above = asyncio.StreamReaderProtocol(reader)
    connection = ClientConnection(config or ClientConfig(), server_name or host)
    connecting = loop.create_connection(lambda: TLSProtocol(connection, above, timeout), host, port)
    below, protocol = await asyncio.wait_for(connecting, timeout)
    try:
        transport = await protocol.ready
    except asyncio.CancelledError:
        below.abort()
        raise
    return reader, asyncio.StreamWriter(transport, above, reader, loop)


async def start_server(
    handler: Handler,
    host: str | None = None,
    port: int = 0,
    *,
    config: ServerConfig,
    timeout: float | None = None,
) -> asyncio.Server:
    """Serve: `handler(reader, writer)` for each client whose handshake succeeds within `timeout` seconds."""

    def protocol() -> TLSProtocol:
        above = asyncio.StreamReaderProtocol(LateFaultReader(), handler)
        tls = TLSProtocol(ServerConnection(config), above, timeout)
        tls.ready.add_done_callback(_tell_failure)
        return tls

    return await asyncio.get_running_loop().create_server(protocol, host, port)


def _tell_failure(ready: asyncio.Future[TLSTransport]) -> None:
    if not ready.cancelled() and (error := ready.exception()):
        reason = str(error) if isinstance(error, TLSError | OSError) else repr(error)
        log.warning("handshake failed: %s", reason)
