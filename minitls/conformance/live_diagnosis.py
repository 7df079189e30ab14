"""The live form of `diagnose`: minitls plays the peer, and when the handshake fails it says which mistake it was."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ..errors import PeerAlert, TLSError, Truncated
from ..handshake.config import ClientConfig, ServerConfig
from ..handshake.credential import Credential
from ..pki import TrustStore, demo
from ..transport.blocking import wrap_socket
from .diagnose import Diagnosis
from .witness import Witness


@dataclass(frozen=True)
class Outcome:
    """How a conversation went: the fault that ended it, None if all went well, and the diagnosis if there is one."""

    fault: TLSError | None
    diagnosis: Diagnosis | None

    @property
    def sentence(self) -> str:
        """What happened, in one line."""
        match self.fault:
            case None:
                return "the handshake is right, and so was every record"
            case PeerAlert():
                return f"your side gave up: {self.fault}"
            case _:
                return str(self.fault)


def demo_credential() -> Credential:
    """The demo server's chain and key."""
    return Credential(tuple(demo.server_chain()), load_pem_private_key(demo.server_key(), None))


def listen_once(listener: socket.socket, timeout: float) -> Outcome:
    """Accept one connection with the demo certificate, echo what comes, and say how it went. `timeout` in seconds."""
    credential = demo_credential()
    assert isinstance(credential.private_key, RSAPrivateKey)
    witness = Witness("server", credential.private_key)
    config = ServerConfig(credentials=(credential,), observer=witness)
    sock, _ = listener.accept()
    sock.settimeout(timeout)
    return _converse(sock, config, witness)


def connect_once(host: str, port: int, timeout: float, trust: TrustStore | None = None) -> Outcome:
    """Connect, send a line, and say how it went. OSError if nobody listens."""
    witness = Witness("client")
    config = ClientConfig(observer=witness, trust=trust or TrustStore.builtin())
    sock = socket.create_connection((host, port), timeout)
    return _converse(sock, config, witness, host)


def _converse(
    sock: socket.socket, config: ClientConfig | ServerConfig, witness: Witness, host: str | None = None
) -> Outcome:
    try:
        with wrap_socket(sock, config, server_side=host is None, server_name=host) as tls:
            if host is not None:
                tls.sendall(b"hello from minitls diagnose\n")
                tls.recv(65536)
            else:
                while data := tls.recv(65536):
                    tls.sendall(data)
    except Truncated as fault:
        ended = _complete(witness)
        return Outcome(None if ended else fault, None if ended else witness.diagnosis())
    except TLSError as fault:
        return Outcome(fault, witness.diagnosis())
    finally:
        with contextlib.suppress(OSError):
            sock.close()
    return Outcome(None, None)


def _complete(witness: Witness) -> bool:
    """Both Finished have been exchanged: a peer that then just leaves has shown all that is asked here."""
    return sum(message[0] == 20 for message in witness.messages) == 2
