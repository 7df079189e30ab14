"""Blocking sockets around a connection: they move bytes and decide nothing."""

from __future__ import annotations

import contextlib
import io
import socket
import time
from collections.abc import Callable
from types import TracebackType
from typing import IO, Any, Self

from ..connection import ClientConnection, Connection, ServerConnection
from ..errors import TLSError, TLSTimeout
from ..events import DataReceived
from ..handshake.config import ClientConfig, ServerConfig
from ..handshake.negotiated import Negotiated

RECEIVE_SIZE = 65536
#: How many times a socket that is being closed is read: a peer that never stops sending is not waited for.
DRAINED_AT_MOST = 64


class TLSSocket:
    """A connected socket that speaks TLS. Every method may raise a TLSError, or OSError from the socket itself; what
    functions of the configuration raise (a session store, an observer) comes out too, and ends the connection.

    It is for one thread at a time: whoever receives may also have to send (an alert, an answer), and records must
    leave in the order in which they were sealed.
    """

    def __init__(self, sock: socket.socket, connection: Connection) -> None:
        self.socket, self.connection = sock, connection
        self._received = bytearray()

    @property
    def negotiated(self) -> Negotiated:
        """What the handshake settled. ValueError before its end."""
        if self.connection.negotiated is None:
            raise ValueError("the handshake is not complete: call do_handshake()")
        return self.connection.negotiated

    def do_handshake(self) -> None:
        """Exchange bytes until both Finished are through; the socket's timeout is for all of it together."""
        timeout = self.socket.gettimeout()
        deadline = None if timeout is None else time.monotonic() + timeout
        self._flush()
        while self.connection.negotiated is None:
            if deadline is not None:
                self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            self._read_more(timeout)
        self.socket.settimeout(timeout)

    def recv(self, size: int) -> bytes:
        """Up to `size` bytes of data; b"" after the peer's close_notify, and Truncated if TCP just ended."""
        while not self._received and not self.connection.closed and size:
            self._read_more(self.socket.gettimeout())
        if self.connection.failure and not self._received:
            raise self.connection.failure
        data = bytes(self._received[:size])
        del self._received[:size]
        return data

    def send(self, data: bytes) -> int:
        """Send all of `data`; the number of bytes, as a socket's `send` gives it."""
        self.sendall(data)
        return len(data)

    def sendall(self, data: bytes) -> None:
        """Send all of `data`."""
        self._send(lambda: self.connection.send_data(data))

    def makefile(self, mode: str = "r", buffering: int = -1, **text: Any) -> IO[Any]:
        """A file over the connection, as `socket.makefile`: modes of "r", "w" and "b"; closing it leaves us open."""
        if not set(mode) & set("rw") or not set(mode) <= set("rwb"):
            raise ValueError(f'mode {mode!r}: "r", "w" or both are wanted, and "b" for bytes')
        raw = _Raw(self, mode)
        size = buffering if buffering > 0 else io.DEFAULT_BUFFER_SIZE
        reads, writes = raw.readable(), raw.writable()
        file: Any
        if reads and writes:
            file = io.BufferedRWPair(raw, raw, size)
        else:
            file = io.BufferedReader(raw, size) if reads else io.BufferedWriter(raw, size)
        return file if "b" in mode else io.TextIOWrapper(file, **text)

    def shutdown(self) -> None:
        """Send close_notify and go on receiving."""
        self._send(self.connection.close)

    def close(self) -> None:
        """Send close_notify if TLS is still up, and close the socket. Never raises on a peer that is gone."""
        try:
            self.shutdown()
        except OSError as error:
            # The peer has left already, and told so or not when we last read: unless it is no fault of the socket's.
            if self.connection.failure and self.connection.failure.__cause__ is error:
                raise
        finally:
            close_gently(self.socket)

    def _read_more(self, timeout: float | None) -> None:
        try:
            data = self.socket.recv(RECEIVE_SIZE)
        except TimeoutError:
            state = self.connection.state.name
            raise TLSTimeout(f"the peer did not answer within {timeout or 0:g} s in state {state}") from None
        try:
            self._keep(self.connection.receive_data(data))
        except TLSError as error:
            self._keep(error.events)
            self._answer()
            # What came before the fault is given out first, and the fault by the `recv` after that.
            if not self._received:
                raise
        except BaseException:
            # Not the peer's doing, so it is not put off; but what came before it can still be received.
            if self.connection.failure:
                self._keep(self.connection.failure.events)
            self._answer()
            raise
        else:
            self._answer()

    def _send(self, queue: Callable[[], None]) -> None:
        """Send what `queue` makes the connection send, also if it fails: then that is an alert."""
        try:
            queue()
        except BaseException:
            self._answer()
            raise
        self._flush()

    def _answer(self) -> None:
        """Send what the received bytes call for. At the end nobody may be left to take it, and the end is the news."""
        try:
            self._flush()
        except OSError:
            if not self.connection.closed:
                raise

    def _keep(self, events: Any) -> None:
        for event in events:
            if isinstance(event, DataReceived):
                self._received += event.data

    def _flush(self) -> None:
        data = self.connection.data_to_send()
        if data:
            try:
                self.socket.sendall(data)
            except TimeoutError:
                raise TLSTimeout("the peer did not take what was sent within the timeout") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Raw(io.RawIOBase):
    """The unbuffered file that `makefile` wraps."""

    def __init__(self, tls: TLSSocket, mode: str) -> None:
        self._tls, self._mode = tls, mode

    def readable(self) -> bool:
        return "r" in self._mode

    def writable(self) -> bool:
        return "w" in self._mode

    def readinto(self, buffer: Any) -> int:
        data = self._tls.recv(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def write(self, data: Any) -> int:
        return self._tls.send(bytes(data))


def connect(
    address: tuple[str, int],
    config: ClientConfig | None = None,
    server_name: str | None = None,
    timeout: float | None = None,
) -> TLSSocket:
    """Connect to (host, port) and do the handshake; `server_name` is the host unless given. `timeout` in seconds."""
    config = config or ClientConfig()
    sock = socket.create_connection(address, timeout)
    return wrap_socket(sock, config, server_name=server_name or address[0])


def wrap_socket(
    sock: socket.socket,
    config: ClientConfig | ServerConfig,
    server_side: bool = False,
    server_name: str | None = None,
) -> TLSSocket:
    """Do the handshake on a connected socket. On any failure the socket is closed, after the alert was sent."""
    connection: Connection
    try:
        if isinstance(config, ServerConfig) and server_side:
            connection = ServerConnection(config)
        elif isinstance(config, ClientConfig) and not server_side and server_name:
            connection = ClientConnection(config, server_name)
        else:
            raise TypeError("a server side takes a ServerConfig, a client side a ClientConfig and a server_name")
        with contextlib.suppress(OSError):  # A Unix socket knows no such option, and needs none.
            # Several small records in a row are written as one piece each: waiting to join them only costs time.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        tls = TLSSocket(sock, connection)
        tls.do_handshake()
    except BaseException:
        close_gently(sock)
        raise
    return tls


def close_gently(sock: socket.socket) -> None:
    """Close a socket without losing what was just sent, the alert above all.

    TCP answers a close with a reset if bytes wait unread, and a reset can overtake data that the peer has not read yet.
    So what has arrived by now is read first; for what is still on its way nobody waits.
    """
    try:
        sock.shutdown(socket.SHUT_WR)
        sock.setblocking(False)
        for _ in range(DRAINED_AT_MOST):
            if not sock.recv(RECEIVE_SIZE):
                break
    except OSError:
        pass  # Nothing waits any more, or the peer is gone.
    finally:
        sock.close()
