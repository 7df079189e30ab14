"""The state machines of TLS 1.2, declared: which messages each state accepts, and where each of those may lead.

`handshake.machine` enforces them over the flows of `client.py` and `server.py`. Some states are for listeners alone:
`listener_states.py` joins these tables with what other endpoints say and ours do not.

A client walks, in a full handshake (RFC 5246 figure 1) and in an abbreviated one (figure 2):

    WAIT_SERVER_HELLO  WAIT_CERTIFICATE  WAIT_SERVER_HELLO_DONE  ..  WAIT_CHANGE_CIPHER_SPEC  WAIT_FINISHED  CONNECTED
    WAIT_SERVER_HELLO                                                WAIT_CHANGE_CIPHER_SPEC  WAIT_FINISHED  CONNECTED
"""

from __future__ import annotations

from enum import Enum

from ...wire.messages import (
    Certificate,
    CertificateRequest,
    CertificateVerify,
    ChangeCipherSpec,
    ClientHello,
    ClientKeyExchange,
    Finished,
    NewSessionTicket,
    ServerHello,
    ServerHelloDone,
)
from ..machine import Declared, Table


class State(Enum):
    """Where a side stands: named after what it waits for (in the manner of RFC 8446 appendix A)."""

    START = "START"
    WAIT_CLIENT_HELLO = "WAIT_CLIENT_HELLO"
    WAIT_SERVER_HELLO = "WAIT_SERVER_HELLO"
    WAIT_CERTIFICATE = "WAIT_CERTIFICATE"
    WAIT_CERTIFICATE_STATUS = "WAIT_CERTIFICATE_STATUS"
    WAIT_SERVER_KEY_EXCHANGE = "WAIT_SERVER_KEY_EXCHANGE"
    WAIT_CERTIFICATE_REQUEST = "WAIT_CERTIFICATE_REQUEST"
    WAIT_SERVER_HELLO_DONE = "WAIT_SERVER_HELLO_DONE"
    WAIT_CLIENT_CERTIFICATE = "WAIT_CLIENT_CERTIFICATE"
    WAIT_CLIENT_KEY_EXCHANGE = "WAIT_CLIENT_KEY_EXCHANGE"
    WAIT_CERTIFICATE_VERIFY = "WAIT_CERTIFICATE_VERIFY"
    WAIT_NEW_SESSION_TICKET = "WAIT_NEW_SESSION_TICKET"
    WAIT_CHANGE_CIPHER_SPEC = "WAIT_CHANGE_CIPHER_SPEC"
    WAIT_FINISHED = "WAIT_FINISHED"
    WAIT_ENCRYPTED_EXTENSIONS = "WAIT_ENCRYPTED_EXTENSIONS"
    CONNECTED = "CONNECTED"
    CLOSED = "CLOSED"
    # There is one of each: as a key of the tables it need not be told from others by its name.
    __hash__ = object.__hash__


S = State


def _to(*states: State) -> frozenset[State]:
    return frozenset(states)


#: A server speaks first only through HelloRequest, which a client passes over in every state: it is no message of the
#: handshake (RFC 5246 section 7.4.1.1), so it is not in the table.
CLIENT: Table = {
    S.START: {},
    S.WAIT_SERVER_HELLO: {
        ServerHello: _to(S.WAIT_CERTIFICATE, S.WAIT_NEW_SESSION_TICKET, S.WAIT_CHANGE_CIPHER_SPEC),
    },
    S.WAIT_CERTIFICATE: {Certificate: _to(S.WAIT_CERTIFICATE_REQUEST)},
    S.WAIT_CERTIFICATE_REQUEST: {
        CertificateRequest: _to(S.WAIT_SERVER_HELLO_DONE),
        ServerHelloDone: _to(S.WAIT_NEW_SESSION_TICKET, S.WAIT_CHANGE_CIPHER_SPEC),
    },
    S.WAIT_SERVER_HELLO_DONE: {ServerHelloDone: _to(S.WAIT_NEW_SESSION_TICKET, S.WAIT_CHANGE_CIPHER_SPEC)},
    S.WAIT_NEW_SESSION_TICKET: {NewSessionTicket: _to(S.WAIT_CHANGE_CIPHER_SPEC)},
    S.WAIT_CHANGE_CIPHER_SPEC: {ChangeCipherSpec: _to(S.WAIT_FINISHED)},
    S.WAIT_FINISHED: {Finished: _to(S.CONNECTED)},
    S.CONNECTED: {},
    S.CLOSED: {},
}

SERVER: Table = {
    S.START: {},
    S.WAIT_CLIENT_HELLO: {
        ClientHello: _to(S.WAIT_CLIENT_CERTIFICATE, S.WAIT_CLIENT_KEY_EXCHANGE, S.WAIT_CHANGE_CIPHER_SPEC),
    },
    S.WAIT_CLIENT_CERTIFICATE: {Certificate: _to(S.WAIT_CLIENT_KEY_EXCHANGE)},
    S.WAIT_CLIENT_KEY_EXCHANGE: {ClientKeyExchange: _to(S.WAIT_CERTIFICATE_VERIFY, S.WAIT_CHANGE_CIPHER_SPEC)},
    S.WAIT_CERTIFICATE_VERIFY: {CertificateVerify: _to(S.WAIT_CHANGE_CIPHER_SPEC)},
    S.WAIT_CHANGE_CIPHER_SPEC: {ChangeCipherSpec: _to(S.WAIT_FINISHED)},
    S.WAIT_FINISHED: {Finished: _to(S.CONNECTED)},
    S.CONNECTED: {},
    S.CLOSED: {},
}

#: Where each side goes from START, before any message has come.
OPENING = {"client": S.WAIT_SERVER_HELLO, "server": S.WAIT_CLIENT_HELLO}
TABLES: dict[str, Table] = {"client": CLIENT, "server": SERVER}
#: The two machines, as `Machine` takes them.
DECLARED: dict[str, Declared] = {
    side: Declared(S.START, OPENING[side], S.CONNECTED, S.CLOSED, table) for side, table in TABLES.items()
}
