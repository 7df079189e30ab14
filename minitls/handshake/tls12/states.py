"""The state machines, declared: for each state the messages it accepts, and for each of those where it may lead.

The tables are enforced. `Machine` refuses a message that the current state does not name before the flow sees it, and
refuses a move of the flow that the table does not allow. So a check forgotten in the flow cannot let a message through
(the class of bugs of Beurdouche et al. 2015: SMACK, FREAK), and the diagram drawn from the table cannot be wrong.

A client walks, in a full handshake (RFC 5246 figure 1) and in an abbreviated one (figure 2):

    WAIT_SERVER_HELLO  WAIT_CERTIFICATE  WAIT_SERVER_HELLO_DONE  ..  WAIT_CHANGE_CIPHER_SPEC  WAIT_FINISHED  CONNECTED
    WAIT_SERVER_HELLO                                                WAIT_CHANGE_CIPHER_SPEC  WAIT_FINISHED  CONNECTED
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from enum import Enum
from typing import Any

from ...errors import UnexpectedMessage
from ...wire.codes import HandshakeType, name_of
from ...wire.messages import (
    Certificate,
    CertificateRequest,
    CertificateVerify,
    ChangeCipherSpec,
    ClientHello,
    ClientKeyExchange,
    Finished,
    HandshakeMessage,
    NewSessionTicket,
    ServerHello,
    ServerHelloDone,
)

MessageType = type[HandshakeMessage] | type[ChangeCipherSpec]


class State(Enum):
    """Where a side stands: named after what it waits for (in the manner of RFC 8446 appendix A)."""

    START = "START"
    WAIT_CLIENT_HELLO = "WAIT_CLIENT_HELLO"
    WAIT_SERVER_HELLO = "WAIT_SERVER_HELLO"
    WAIT_CERTIFICATE = "WAIT_CERTIFICATE"
    WAIT_CERTIFICATE_REQUEST = "WAIT_CERTIFICATE_REQUEST"
    WAIT_SERVER_HELLO_DONE = "WAIT_SERVER_HELLO_DONE"
    WAIT_CLIENT_CERTIFICATE = "WAIT_CLIENT_CERTIFICATE"
    WAIT_CLIENT_KEY_EXCHANGE = "WAIT_CLIENT_KEY_EXCHANGE"
    WAIT_CERTIFICATE_VERIFY = "WAIT_CERTIFICATE_VERIFY"
    WAIT_NEW_SESSION_TICKET = "WAIT_NEW_SESSION_TICKET"
    WAIT_CHANGE_CIPHER_SPEC = "WAIT_CHANGE_CIPHER_SPEC"
    WAIT_FINISHED = "WAIT_FINISHED"
    CONNECTED = "CONNECTED"
    CLOSED = "CLOSED"


S = State
Table = Mapping[State, Mapping[MessageType, frozenset[State]]]


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

Flow = Generator[State, Any, Any]


class Machine:
    """Runs a flow under its table. `state` is where it stands; `outcome` is what the flow returned at the end."""

    __slots__ = ("_flow", "_table", "outcome", "side", "state")

    def __init__(self, side: str, flow: Flow) -> None:
        self.side = side
        self._table = TABLES[side]
        self._flow = flow
        self.state = S.START
        self.outcome: Any = None

    def start(self) -> None:
        """Run the flow to its first wait."""
        self._move(next(self._flow), frozenset((OPENING[self.side],)))

    def accept(self, message_type: MessageType | None, number: int | None = None) -> None:
        """Refuse a message that the current state does not name; `number` is its handshake type, if it has one."""
        if message_type not in self._table[self.state]:
            told = message_type.__name__ if message_type else name_of(HandshakeType, number or 0)
            wanted = " or ".join(kind.__name__ for kind in self._table[self.state]) or "no handshake message"
            raise UnexpectedMessage(
                f"{told} arrived in state {self.state.name}, which accepts {wanted} (RFC 5246 section 7.3)"
            )

    def deliver(self, message: HandshakeMessage | ChangeCipherSpec) -> None:
        """Hand an accepted message to the flow, which answers with the state it waits in next."""
        allowed = self._table[self.state][type(message)]
        try:
            state = self._flow.send(message)
        except StopIteration as end:
            self.outcome, state = end.value, S.CONNECTED
        self._move(state, allowed)

    def stop(self) -> None:
        """The connection is over: no message is accepted any more."""
        self._flow.close()
        self.state = S.CLOSED

    def _move(self, state: State, allowed: frozenset[State]) -> None:
        if state not in allowed:
            raise RuntimeError(f"the {self.side} flow went from {self.state.name} to {state.name} against its table")
        self.state = state
