"""Conversations with somebody else's server: minitls connects, rightly or with one thing wrong.

The server is started with "{port} {cert} {key}" for each conversation, on 127.0.0.1, and shall send back each line,
whole or in any form of its own.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ...crypto.suites import SUITES
from ...errors import TLSError, Truncated
from ...handshake.config import ClientConfig
from ...handshake.session import SessionCache
from ...pki import TrustStore
from ...transport.blocking import TLSSocket, wrap_socket
from ..diagnose.handshake_log import HandshakeLog
from ..vectors.running import Program
from .conversation import GOOD, Conversation, Grade, after_fault, explained, failed
from .peer import Ended, Peer, Silent
from .scripts import SERVER_FAULTS, ask

HOST = "localhost"
LINE = b"hello from the grader\n"
MANY_LINES = b"".join(b"line %04d of many, all of which must come back\n" % number for number in range(1000))


@dataclass(frozen=True)
class ServerGrader:
    """Holds conversations with the server that `command` starts. `cert` and `key` are PEM files, `timeout` seconds."""

    command: str
    cert: Path
    key: Path
    timeout: float

    def working(self) -> Iterator[Conversation]:
        """Those that must succeed."""
        for suite in SUITES:
            yield Conversation(suite.name, partial(self._works, cipher_suites=(suite.name,)))
        plain: dict[str, Any] = {"extended_master_secret": False, "encrypt_then_mac": False, "tickets": False}
        yield Conversation("nothing but RFC 5246", partial(self._works, **plain))
        yield Conversation("messages in many records", self._fragmented)
        yield Conversation("large data", partial(self._works, MANY_LINES))
        yield Conversation("resumption offered", self._resumes)
        yield Conversation("close", partial(self._works, closing=True))

    def refusals(self) -> Iterator[Conversation]:
        """Those that must be refused."""
        for fault in SERVER_FAULTS:
            yield Conversation(fault, partial(self._refuses, fault))

    def _with(self, talk: Callable[[Callable[[], socket.socket], Program], Grade]) -> Grade:
        """Start the server, and talk to it once it listens."""
        with socket.create_server(("127.0.0.1", 0)) as reserved:
            port = reserved.getsockname()[1]
        with Program(self.command, port=str(port), cert=str(self.cert), key=str(self.key)) as program:
            try:
                return talk(lambda: self._connect(port, program), program)
            except ConnectionError as fault:
                return failed(str(fault))

    def _connect(self, port: int, program: Program) -> socket.socket:
        deadline = time.monotonic() + self.timeout
        while time.monotonic() < deadline:
            try:
                return socket.create_connection(("127.0.0.1", port), self.timeout)
            except OSError:
                if program.ended:
                    raise ConnectionError(f"it does not listen on its port: {program.how}") from None
                # Nobody tells when a port begins to listen, so it is tried again, and soon.
                time.sleep(0.02)
        raise ConnectionError(f"it does not listen on its port after {self.timeout:g} s")

    def _works(self, line: bytes = LINE, closing: bool = False, **settings: Any) -> Grade:
        def talk(connect: Callable[[], socket.socket], program: Program) -> Grade:
            verdict, _ = self._once(connect, program, line, closing, ClientConfig, settings)
            return verdict

        return self._with(talk)

    def _once(
        self,
        connect: Callable[[], socket.socket],
        program: Program,
        line: bytes,
        closing: bool,
        config: type[ClientConfig],
        settings: dict[str, Any],
    ) -> tuple[Grade, bool]:
        """One conversation, and whether it resumed a session."""
        log = HandshakeLog("client")
        wanted = config(trust=TrustStore.load("demo"), observer=log, **settings)
        try:
            with wrap_socket(connect(), wanted, server_name=HOST) as tls:
                tls.sendall(line)
                got = 0
                while got < len(line):
                    data = tls.recv(65536)
                    if not data:
                        break
                    got += len(data)
                    if line is LINE:
                        break
                if line is not LINE and got < len(line):
                    return failed(f"of {len(line)} bytes it sent back {got}"), False
                if not got:
                    return failed("it closed the connection without sending anything back"), False
                resumed = tls.negotiated.resumed
                return (self._closes(tls) if closing else GOOD), resumed
        except TLSError as fault:
            return failed(explained(fault, log)), False
        except ConnectionError as fault:
            return failed(str(fault)), False
        except OSError as fault:
            return failed(f"the connection broke: {fault.strerror or fault}; {program.how}"), False

    def _closes(self, tls: TLSSocket) -> Grade:
        """After our close_notify the server ends the connection, too (RFC 5246 section 7.2.1)."""
        tls.shutdown()
        try:
            while tls.recv(65536):
                pass
        except Truncated:
            return GOOD
        except TLSError as fault:
            return failed(f"after close_notify: {fault}")
        return GOOD

    def _resumes(self) -> Grade:
        def talk(connect: Callable[[], socket.socket], program: Program) -> Grade:
            settings = {"sessions": SessionCache()}
            first, _ = self._once(connect, program, LINE, True, ClientConfig, settings)
            if first.state != GOOD.state:
                return first
            second, resumed = self._once(connect, program, LINE, False, ClientConfig, settings)
            return Grade(second.state, second.message or ("resumed" if resumed else "a full handshake again"))

        return self._with(talk)

    def _fragmented(self) -> Grade:
        def talk(connect: Callable[[], socket.socket], program: Program) -> Grade:
            with connect() as sock:
                peer = Peer(sock, "client", self.timeout)
                peer.fragment = 9
                try:
                    ask(peer)
                    peer.data(1)
                except (Ended, Silent, TLSError, ValueError) as fault:
                    return failed(f"handshake messages cut into records of 9 bytes: {fault or 'it stopped talking'}")
            return GOOD

        return self._with(talk)

    def _refuses(self, fault: str) -> Grade:
        def talk(connect: Callable[[], socket.socket], program: Program) -> Grade:
            with connect() as sock:
                peer = Peer(sock, "client", self.timeout)
                return after_fault(peer, fault, lambda: ask(peer, fault))

        return self._with(talk)
