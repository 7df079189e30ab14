"""Which version goes on: both flows begin here, and after the hellos one place decides.

A client offers once for every version it speaks; the server's answer says which flow goes on, and it is entered by
`yield from`. Today that is TLS 1.2 alone.
"""

from __future__ import annotations

from ..errors import ProtocolVersionError
from ..wire.codes import TLS_FALLBACK_SCSV, ProtocolVersion
from ..wire.messages import ClientHello, ServerHello
from .config import ClientConfig, ServerConfig
from .hello import offer
from .link import Link
from .machine import Flow
from .tls12 import client as tls12_client
from .tls12 import key_exchange as tls12_key_exchange
from .tls12 import server as tls12_server
from .tls12.states import State


def client(link: Link, config: ClientConfig, server_name: str) -> Flow:
    """The client's conversation with the host `server_name`, which the server's certificate must name."""
    session = tls12_client.session_to_offer(link, config, server_name)
    special = tls12_key_exchange.extensions(config.suites)
    client_hello = offer(config, server_name, session, link.random("client random", 32), special)
    link.send(client_hello)
    server_hello: ServerHello = yield State.WAIT_SERVER_HELLO
    if server_hello.server_version != ProtocolVersion.TLS_1_2:
        raise ProtocolVersionError(
            f"the server chose {spoken(server_hello.server_version)}; minitls speaks TLS 1.2 (RFC 5246 appendix E.1)"
        )
    yield from tls12_client.handshake(link, config, server_name, client_hello, session, server_hello)


def spoken(version: int) -> str:
    """A version as people call it: two bytes on the wire, of which SSL 3.0 is 0300 and TLS 1.0 is 0301."""
    if 0x0300 <= version <= 0x0304:
        return f"{'SSL 3.0' if version == 0x0300 else f'TLS 1.{version - 0x0301}'} ({version:04x})"
    return f"version {version:04x}"


def server(link: Link, config: ServerConfig) -> Flow:
    """The server's conversation. 0303 or above gets TLS 1.2, whatever supported_versions adds (RFC 5246 E.1)."""
    client_hello: ClientHello = yield State.WAIT_CLIENT_HELLO
    if client_hello.client_version < ProtocolVersion.TLS_1_2:
        fallback = ""
        if TLS_FALLBACK_SCSV in client_hello.cipher_suites:
            fallback = ", with TLS_FALLBACK_SCSV (RFC 7507 section 3)"
        raise ProtocolVersionError(
            f"the client offers {spoken(client_hello.client_version)} at most{fallback}; minitls speaks TLS 1.2 "
            "(RFC 5246 appendix E.1)"
        )
    yield from tls12_server.handshake(link, config, client_hello)
