"""The pipe of `minitls client`: stdin to the peer, the peer to stdout, until both are done.

One thread waits for stdin, which cannot be waited for together with a socket everywhere; all else is done by the other.
After the end of input it goes on reading: a server may still be answering, and closing at once would make it discard
the answer (RFC 5246 section 7.2.1). Only a silence of `linger` seconds ends that.
"""

from __future__ import annotations

import contextlib
import io
import queue
import select
import socket
import sys
import threading
import time
from typing import BinaryIO, cast

import click

from ..connection import ClientConnection
from ..errors import TLSError, TLSTimeout
from ..events import DataReceived, Event
from ..pki.trust import TrustStore
from ..pki.unrooted import Pins
from .stderr import tell

READ_SIZE = 65536


class Pipe:
    """Moves bytes between stdin, the connection and stdout until both sides are done."""

    def __init__(
        self, sock: socket.socket, connection: ClientConnection, source: BinaryIO, timeout: float, linger: float
    ) -> None:
        self.sock, self.connection, self.source = sock, connection, source
        self.timeout, self.linger = timeout, linger
        self._unsent = b""
        self._input: queue.Queue[bytes] = queue.Queue(maxsize=16)
        self._wake, self._waker = socket.socketpair()

    def run(self) -> None:
        """The whole life of the connection. Raises TLSError or OSError."""
        with self._wake, self._waker:
            self._handshake()
            threading.Thread(target=self._read_source, daemon=True).start()
            self._exchange()

    def _handshake(self) -> None:
        deadline = time.monotonic() + self.timeout
        while self.connection.negotiated is None:
            if not self._turn(deadline - time.monotonic(), ()):
                state = self.connection.state.name
                raise TLSTimeout(f"no answer within {self.timeout:g} s: the peer was silent in state {state}")
        agreed = self.connection.negotiated
        trust = self.connection.config.trust
        trusted = "session resumed" if agreed.resumed else "certificate verified"
        if not isinstance(trust, TrustStore):
            trusted = "certificate pinned" if isinstance(trust, Pins) else "NOT VERIFIED"
        protocol = f", ALPN {agreed.alpn}" if agreed.alpn else ""
        say(f"{agreed.version}, {agreed.cipher_suite}, {self.connection.server_name}: {trusted}{protocol}")

    def _exchange(self) -> None:
        """Pump until the peer closes; after our end of input, close once the peer has been silent for `linger`."""
        ended = False
        silent_since = time.monotonic()
        while not self.connection.closed:
            patience = None
            if ended:
                wait = self.timeout if self.connection.close_sent else self.linger
                patience = silent_since + wait - time.monotonic()
            if self._turn(patience, () if ended else (self._wake,)):
                silent_since = time.monotonic()
            elif self.connection.close_sent:
                return
            elif ended:
                self.connection.close()
                silent_since = time.monotonic()
            # No more is taken in than the peer takes off, so a slow peer fills no memory.
            while not ended and not self._unsent and not self._input.empty():
                data = self._input.get()
                ended = not data
                silent_since = time.monotonic()
                if data and not self.connection.closed:
                    self.connection.send_data(data)
                    self._unsent = self.connection.data_to_send()
        self._flush_to_the_end()

    def _turn(self, patience: float | None, others: tuple[socket.socket, ...]) -> bool:
        """Wait until something can be moved, and move it. False if `patience` seconds passed before that."""
        self._unsent += self.connection.data_to_send()
        if patience is not None and patience <= 0:
            return False
        writers = [self.sock] if self._unsent else []
        readable, writable, _ = select.select([self.sock, *others], writers, [], patience)
        if writable:
            try:
                self._unsent = self._unsent[self.sock.send(self._unsent) :]
            except ConnectionError:
                self._unsent = b""  # The peer has gone. What it said last, perhaps an alert, is still to be read.
        if others and others[0] in readable:
            others[0].recv(READ_SIZE)
        if self.sock in readable:
            self._receive()
        return bool(readable or writable)

    def _receive(self) -> None:
        try:
            data = self.sock.recv(READ_SIZE)
        except ConnectionResetError:
            data = b""
        try:
            _write(self.connection.receive_data(data))
        except TLSError as error:
            _write(error.events)
            self._flush_to_the_end()
            raise

    def _flush_to_the_end(self) -> None:
        """Send what is left, alerts above all; a peer that is gone no longer wants it."""
        self._unsent += self.connection.data_to_send()
        with contextlib.suppress(OSError):
            self.sock.settimeout(self.timeout)
            self.sock.sendall(self._unsent)
        self._unsent = b""

    def _read_source(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            data = b" "
            while data:
                data = self.source.read(READ_SIZE)
                self._input.put(data)
                self._waker.send(b"x")


def lines(text: str) -> BinaryIO:
    """`--send TEXT` as input: the text and a newline."""
    return io.BytesIO(text.encode() + b"\n")


def standard_input() -> BinaryIO:
    """Stdin without its buffer, whose lock a waiting thread would hold until the interpreter aborts at exit."""
    return cast(BinaryIO, io.FileIO(0, closefd=False)) if sys.stdin else io.BytesIO()


def _write(events: list[Event] | tuple[object, ...]) -> None:
    try:
        for event in events:
            if isinstance(event, DataReceived):
                sys.stdout.buffer.write(event.data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise  # Whoever read has gone.
    except OSError as wrong:
        raise click.ClickException(f"the output could not be written: {wrong.strerror}") from None


def say(text: str) -> None:
    """Talk to the person: on stderr, for stdout is the peer's."""
    tell(f"minitls: {text}")
