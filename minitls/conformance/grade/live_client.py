"""Conversations with somebody else's client: minitls serves, rightly or with one thing wrong.

The client is started with "{host} {port} {ca}", gets a line on its standard input, and shall send some data, print what
it is sent, and exit with status 0; with another one if it refuses the connection.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ...crypto.suites import SUITES
from ...errors import TLSError, Truncated
from ...handshake.config import ServerConfig
from ...handshake.credential import Credential
from ...pki import demo
from ...transport.blocking import wrap_socket
from ..diagnose.handshake_log import HandshakeLog
from ..diagnose.live import demo_credential
from ..vectors.running import Program
from .conversation import GOOD, Conversation, Grade, after_fault, explained, failed
from .peer import Ended, Peer, Silent
from .scripts import CLIENT_FAULTS, Inapplicable, serve

HOST = "localhost"
LINE = b"hello from the grader\n"
ANSWER = b"and hello from the server\n"
LARGE = b"".join(b"line %05d of many, all of which must arrive\n" % number for number in range(2500))
#: Chains of the gallery that no client may believe.
CHAINS = {"wrong CA": "unknown-ca", "wrong host": "wrong-host", "expired certificate": "expired"}
#: Part of what is sent as data that must not be believed.
POISON = b"must not be believed"


@dataclass(frozen=True)
class ClientGrader:
    """Holds conversations with the client that `command` starts. `ca` is a PEM file, `timeout` in seconds."""

    command: str
    ca: Path
    timeout: float

    def working(self) -> Iterator[Conversation]:
        """Those that must succeed."""
        for suite in SUITES:
            yield Conversation(suite.name, partial(self._works, cipher_suites=(suite.name,)))
        plain: dict[str, Any] = {
            "extended_master_secret": False,
            "encrypt_then_mac": False,
            "tickets": False,
            "sessions": None,
        }
        yield Conversation("nothing but RFC 5246", partial(self._works, **plain))
        yield Conversation("messages in many records", self._fragmented)
        yield Conversation("large data", partial(self._works, LARGE))

    def refusals(self) -> Iterator[Conversation]:
        """Those that must be refused."""
        for name, exhibit in CHAINS.items():
            chain = tuple(demo.chain_of(demo.text_of(f"gallery/{exhibit}.pem")))
            credential = Credential(chain, load_pem_private_key(demo.server_key(), None))
            yield Conversation(name, partial(self._refuses, credential, ""))
        for fault in CLIENT_FAULTS:
            yield Conversation(fault, partial(self._refuses, demo_credential(), fault))

    def _with(self, talk: Callable[[socket.socket, Program], Grade]) -> Grade:
        """Start the client, and talk to it once it has connected."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = str(listener.getsockname()[1])
            with Program(self.command, host=HOST, port=port, ca=str(self.ca)) as program:
                program.say(LINE)
                sock = self._accept(listener, program)
                if isinstance(sock, Grade):
                    return sock
                with sock:
                    sock.settimeout(self.timeout)
                    return talk(sock, program)

    def _accept(self, listener: socket.socket, program: Program) -> socket.socket | Grade:
        listener.settimeout(0.05)
        deadline = time.monotonic() + self.timeout
        while time.monotonic() < deadline:
            try:
                return listener.accept()[0]
            except TimeoutError:
                if program.ended:
                    return failed(f"it did not connect: {program.how}")
        return failed(f"it did not connect within {self.timeout:g} s")

    def _works(self, answer: bytes = ANSWER, **settings: Any) -> Grade:
        def talk(sock: socket.socket, program: Program) -> Grade:
            credential = demo_credential()
            assert isinstance(credential.private_key, RSAPrivateKey)
            log = HandshakeLog("server", credential.private_key)
            config = ServerConfig(credentials=(credential,), observer=log, **settings)
            try:
                with wrap_socket(sock, config, server_side=True) as tls:
                    if not tls.recv(65536):
                        return failed("it closed the connection without sending data")
                    tls.sendall(answer)
                    tls.shutdown()
                    try:
                        while tls.recv(65536):
                            pass
                    except Truncated:
                        # Our close_notify may be answered by closing at once (RFC 5246 section 7.2.1).
                        return self._ending(program, answer)
            except TLSError as fault:
                return failed(explained(fault, log))
            except OSError as fault:
                return failed(f"the connection broke: {fault.strerror or fault}; {program.how}")
            return self._ending(program, answer)

        return self._with(talk)

    def _ending(self, program: Program, answer: bytes) -> Grade:
        """After a good conversation: the exit status, and what was printed."""
        status = program.wait(self.timeout)
        if status is None:
            return failed(f"it did not end within {self.timeout:g} s after close_notify")
        if status:
            return failed(program.how)
        if answer.strip() not in bytes(program.output).replace(b"\r\n", b"\n"):
            return failed("what the server sent was not printed, or not all of it")
        return GOOD

    def _fragmented(self) -> Grade:
        def talk(sock: socket.socket, program: Program) -> Grade:
            peer = Peer(sock, "server", self.timeout)
            peer.fragment = 9
            try:
                serve(peer, demo_credential())
                peer.send_record(21, b"\x01\x00")
                sock.shutdown(socket.SHUT_WR)
                status = program.wait(self.timeout)
            except (Ended, Silent, Inapplicable, TLSError, ValueError) as fault:
                return failed(f"handshake messages cut into records of 9 bytes: {fault or 'it stopped talking'}")
            return GOOD if status == 0 else failed(program.how)

        return self._with(talk)

    def _refuses(self, credential: Credential, fault: str) -> Grade:
        def talk(sock: socket.socket, program: Program) -> Grade:
            peer = Peer(sock, "server", self.timeout)
            verdict = after_fault(peer, fault, lambda: serve(peer, credential, fault))
            sock.close()
            if verdict.state != GOOD.state:
                return verdict
            if POISON in program.output:
                return failed("it printed data that is not authentic")
            status = program.wait(self.timeout)
            if status is None:
                return failed(f"it did not end within {self.timeout:g} s")
            return GOOD if status else failed("it ended with status 0, as if all had been well")

        return self._with(talk)
