"""`minitls client`: a pipe to a TLS server. Its data goes to stdout, and nothing else does; all talk goes to stderr."""

from __future__ import annotations

import contextlib
import io
import queue
import select
import socket
import sys
import threading
import time
from pathlib import Path
from typing import BinaryIO, cast

import click

from ..connection import ClientConnection
from ..errors import TLSError, TLSTimeout
from ..events import DataReceived, Event
from ..handshake.config import ClientConfig
from ..handshake.credential import Credential
from ..handshake.tls12.states import State
from ..pki.verdict import ChainRefused
from .observing import Observing, require_writable
from .session_file import SessionFile
from .talk import Address, clock_at, crls_from, negotiation, negotiation_options, told, trust_from, unreachable

READ_SIZE = 65536


@click.command()
@click.argument("address", type=Address(), metavar="HOST:PORT")
@click.option("--ca", multiple=True, metavar="FILE", help="Trust these roots instead: file, demo, mozilla, system.")
@click.option("--crl", "crls", multiple=True, metavar="FILE", help="Look certificates up in this revocation list.")
@click.option("--time", "at", metavar="ISO-8601", help="Judge certificates as of then, not now.")
@click.option("--server-name", metavar="NAME", help="Whom the certificate must name, if not HOST.")
@negotiation_options
@click.option("--max-fragment-length", type=click.Choice(["512", "1024", "2048", "4096"]), help="RFC 6066.")
@click.option("--send", metavar="TEXT", help="Send TEXT and a newline instead of stdin.")
@click.option("--cert", metavar="FILE", help="Certificate to show if asked (PEM chain).")
@click.option("--key", metavar="FILE", help="Its private key (PEM).")
@click.option("--session", metavar="FILE", help="Keep the session there and resume it next time. Secret.")
@click.option("--linger", type=click.FloatRange(0), default=1.0, show_default=True, metavar="SECONDS",
              help="After the end of input, wait for so long a silence before closing.")  # fmt: skip
@click.option("--trace", metavar="FILE", help="Record the connection. Holds secrets.")
@click.option("--pcap", metavar="FILE", help="Write it for Wireshark (pcapng with its secrets).")
@click.option("--keylog", metavar="FILE", help="Append secrets for Wireshark (SSLKEYLOGFILE does so too).")
@click.option("--step", is_flag=True, help="Step through it while it happens: every flight waits for a key.")
def command(
    address: tuple[str, int],
    ca: tuple[str, ...],
    crls: tuple[str, ...],
    at: str | None,
    server_name: str | None,
    suites: tuple[str, ...],
    alpn: tuple[str, ...],
    no_ems: bool,
    no_etm: bool,
    no_ticket: bool,
    record_size_limit: int | None,
    timeout: float,
    max_fragment_length: str | None,
    send: str | None,
    cert: str | None,
    key: str | None,
    session: str | None,
    linger: float,
    trace: str | None,
    pcap: str | None,
    keylog: str | None,
    step: bool,
) -> None:
    """Connect to HOST:PORT and pipe stdin to the peer, the peer to stdout.

    \b
        minitls client localhost:4433 --send hello
        printf 'GET / HTTP/1.0\\r\\n\\r\\n' | minitls client localhost:4433
        minitls client localhost:4433 --ca root.pem --session s --send hi
        minitls client localhost:4433 --step

    Exit status 0: all went well; 1: the handshake or the connection failed,
    with the reason on stderr; 2: wrong usage.
    """
    if bool(cert) != bool(key):
        raise click.UsageError("--cert and --key go together: give both or neither.")
    try:
        config = ClientConfig(
            **negotiation(suites, alpn, no_ems, no_etm),
            tickets=not no_ticket,
            record_size_limit=record_size_limit,
            max_fragment_length=int(max_fragment_length) if max_fragment_length else None,
            trust=trust_from(ca),
            crls=crls_from(crls),
            now=clock_at(at),
            credential=Credential.load(cert, key) if cert and key else None,
            sessions=SessionFile(Path(session)) if session else None,
        )
    except ValueError as wrong:
        raise click.UsageError(str(wrong)) from None
    host, port = address
    require_writable(session)
    observing = Observing("client", keylog=keylog, trace=trace, pcap=pcap)
    with observing.connection() as observer:
        try:
            connection = ClientConnection(
                observing.apply(config, observer), host if server_name is None else server_name
            )
        except ValueError as wrong:
            raise click.UsageError(str(wrong)) from None
        try:
            if step:
                from .stepping import step_client

                others = [observer] if observer else []
                step_client(address, config, server_name or host, send, timeout=timeout, linger=linger, others=others)
                return
            with socket.create_connection((host, port), timeout) as sock:
                sock.setblocking(False)
                source = _lines(send) if send is not None else _standard_input()
                Pipe(sock, connection, source, timeout, linger).run()
        except TLSError as error:
            raise _explained(error, connection) from None
        except OSError as error:
            raise click.ClickException(unreachable(host, port, error)) from None


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
        trusted = "session resumed" if agreed.resumed else "certificate verified"
        protocol = f", ALPN {agreed.alpn}" if agreed.alpn else ""
        _say(f"{agreed.version}, {agreed.cipher_suite}, {self.connection.server_name}: {trusted}{protocol}")

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
            self._unsent = self._unsent[self.sock.send(self._unsent) :]
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


def _lines(text: str) -> BinaryIO:
    return io.BytesIO(text.encode() + b"\n")


def _standard_input() -> BinaryIO:
    """Stdin without its buffer, whose lock a waiting thread would hold until the interpreter aborts at exit."""
    return cast(BinaryIO, io.FileIO(0, closefd=False)) if sys.stdin else io.BytesIO()


def _write(events: list[Event] | tuple[object, ...]) -> None:
    for event in events:
        if isinstance(event, DataReceived):
            sys.stdout.buffer.write(event.data)
    sys.stdout.buffer.flush()


def _say(text: str) -> None:
    click.echo(f"minitls: {text}", err=True)


def _explained(error: TLSError, connection: ClientConnection) -> click.ClickException:
    """The fault with what helps to understand it: every broken rule of a refused chain, why a server has no suite."""
    if isinstance(error, ChainRefused):
        for step in error.verdict.failures:
            _say(f"refused: {step.sentence}")
        return click.ClickException(told(error))
    return click.ClickException(told(error, first_flight=connection.failed_in is State.WAIT_SERVER_HELLO))
