"""minitls: the TLS you can watch think.

A TLS 1.2 client and server in readable Python that interoperate with real peers and explain every byte. For learning,
testing and debugging, not for production secrets: Python cannot be constant-time.

    with minitls.connect(("localhost", 4433)) as tls:
        tls.sendall(b"hello")
        print(tls.recv(100))
"""

from typing import TYPE_CHECKING, Any

from .connection import ClientConnection, ServerConnection
from .errors import TLSError
from .events import DataReceived, HandshakeComplete, PeerClosed
from .handshake.config import ClientConfig, ServerConfig
from .handshake.credential import Credential
from .handshake.session import Session, SessionCache, SessionStore
from .handshake.tickets import TicketKeys
from .pki.trust import TrustStore
from .pki.unrooted import UNVERIFIED, Pins
from .transport.blocking import TLSSocket, connect, wrap_socket

if TYPE_CHECKING:
    from .transport.aio import open_connection, start_server

__version__ = "0.1.0"

__all__ = [
    "UNVERIFIED",
    "ClientConfig",
    "ClientConnection",
    "Credential",
    "DataReceived",
    "HandshakeComplete",
    "PeerClosed",
    "Pins",
    "ServerConfig",
    "ServerConnection",
    "Session",
    "SessionCache",
    "SessionStore",
    "TLSError",
    "TLSSocket",
    "TicketKeys",
    "TrustStore",
    "connect",
    "open_connection",
    "start_server",
    "wrap_socket",
]


def __dir__() -> list[str]:
    return sorted(__all__)


def __getattr__(name: str) -> Any:
    """asyncio takes as long to import as everything else together, so its functions are loaded when first used."""
    if name in ("open_connection", "start_server"):
        from .transport import aio

        return getattr(aio, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
