"""minitls: the TLS you can watch think.

A TLS 1.2 client and server in readable Python that interoperate with real peers and explain every byte. For learning,
testing and debugging, not for production secrets: Python cannot be constant-time.

    with minitls.connect(("localhost", 4433)) as tls:
        tls.sendall(b"hello")
        print(tls.recv(100))
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .connection import ClientConnection, ServerConnection
    from .errors import TLSError
    from .events import DataReceived, HandshakeComplete, PeerClosed
    from .handshake.config import ClientConfig, ServerConfig
    from .handshake.credential import Credential
    from .handshake.session import Session, SessionCache, SessionStore
    from .handshake.tickets import TicketKeys
    from .pki.trust import TrustStore
    from .pki.unrooted import UNVERIFIED, Pins
    from .transport.aio import open_connection, start_server
    from .transport.blocking import TLSSocket, connect, wrap_socket

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


#: Where each name is from. It is loaded when it is first used: `minitls --help` waits for no TLS, and who never uses
#: asyncio does not wait for it either, which takes as long to import as everything else together.
_HOMES = {
    "UNVERIFIED": "pki.unrooted",
    "ClientConfig": "handshake.config",
    "ClientConnection": "connection",
    "Credential": "handshake.credential",
    "DataReceived": "events",
    "HandshakeComplete": "events",
    "PeerClosed": "events",
    "Pins": "pki.unrooted",
    "ServerConfig": "handshake.config",
    "ServerConnection": "connection",
    "Session": "handshake.session",
    "SessionCache": "handshake.session",
    "SessionStore": "handshake.session",
    "TLSError": "errors",
    "TLSSocket": "transport.blocking",
    "TicketKeys": "handshake.tickets",
    "TrustStore": "pki.trust",
    "connect": "transport.blocking",
    "open_connection": "transport.aio",
    "start_server": "transport.aio",
    "wrap_socket": "transport.blocking",
}


def __dir__() -> list[str]:
    return sorted(__all__)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    return value
