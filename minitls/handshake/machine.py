"""The machine that runs a flow under a declared table, whatever the protocol version.

A table says for each state which messages it accepts, and for each of those where it may lead. `Machine` refuses a
message that the current state does not name before the flow sees it, and refuses a move of the flow that the table
does not allow. So a check forgotten in the flow cannot let a message through (the class of bugs of Beurdouche et al.
2015: SMACK, FREAK), and the diagram drawn from the table cannot be wrong.

The state also chooses the struct: the number of a message alone does not say how it is to be read, since a few messages
have a form for each key exchange, and some another one in each version.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import suppress
from enum import Enum
from typing import Any, NamedTuple

from ..errors import UnexpectedMessage
from ..wire.messages import ChangeCipherSpec, HandshakeMessage, KeyExchange, message_name

MessageType = type[HandshakeMessage] | type[ChangeCipherSpec]
#: What one state accepts, and where each of those messages may lead.
Accepts = Mapping[MessageType, frozenset[Any]]
Table = Mapping[Any, Accepts]
Flow = Generator[Any, Any, None]


class Declared(NamedTuple):
    """One side's machine: where it starts, where it goes before any message has come, and its table."""

    start: Enum
    opening: Enum
    connected: Enum
    closed: Enum
    table: Table


def struct_of(
    accepted: Iterable[MessageType], msg_type: int, key_exchange: KeyExchange | None
) -> type[HandshakeMessage] | None:
    """The struct that a state has for handshake type `msg_type`; None if it accepts no such message.

    `key_exchange` is what the hellos settled, None while they have not.
    """
    for kind in accepted:
        # ChangeCipherSpec has no number: it is no handshake message.
        if kind.msg_type == msg_type and (kind.key_exchange is None or kind.key_exchange == key_exchange):
            return kind
    return None


def name_of(kind: MessageType) -> str:
    """The RFC's name of a message, whichever struct it is declared as."""
    return kind.__name__ if kind.msg_type is None else message_name(kind.msg_type)


class Machine:
    """Runs a flow under its table. `state` is where it stands.

    A flow that has nothing more to say when it is connected may end there instead of waiting.
    """

    __slots__ = ("_closed", "_connected", "_flow", "_opening", "_table", "side", "state")

    def __init__(self, side: str, declared: Declared, flow: Flow) -> None:
        self.side = side
        self.state: Any
        self.state, self._opening, self._connected, self._closed, self._table = declared
        self._flow = flow

    def start(self) -> None:
        """Run the flow to its first wait."""
        state = next(self._flow)
        if state is not self._opening:
            raise self._forbidden(state)
        self.state = state

    def expected(self, msg_type: int, key_exchange: KeyExchange | None = None) -> type[HandshakeMessage]:
        """The struct in which the current state wants a message of this type; UnexpectedMessage if it wants none."""
        kind = struct_of(self._table[self.state], msg_type, key_exchange)
        if kind is None:
            raise self._unexpected(message_name(msg_type))
        return kind

    def accept(self, message_type: MessageType) -> None:
        """UnexpectedMessage unless the current state names this message."""
        if message_type not in self._table[self.state]:
            raise self._unexpected(name_of(message_type))

    def _unexpected(self, name: str) -> UnexpectedMessage:
        wanted = " or ".join(map(name_of, self._table[self.state])) or "no handshake message"
        return UnexpectedMessage(
            f"{name} arrived in state {self.state.name}, which accepts {wanted} (RFC 5246 section 7.3)"
        )

    def deliver(self, message: HandshakeMessage | ChangeCipherSpec) -> None:
        """Hand an accepted message to the flow, which answers with the state it waits in next."""
        allowed = self._table[self.state][type(message)]
        try:
            state = self._flow.send(message)
        except StopIteration:
            state = self._connected
        if self.state is self._closed:
            self._flow.close()
            return
        if state not in allowed:
            raise self._forbidden(state)
        self.state = state

    def stop(self) -> None:
        """The connection is over: no message is accepted any more.

        May be called while the flow runs, by an observer or a store that it has called; then the flow ends with its
        next wait.
        """
        self.state = self._closed
        with suppress(ValueError):  # "generator already executing"
            self._flow.close()

    def _forbidden(self, state: Enum) -> RuntimeError:
        return RuntimeError(f"the {self.side} flow went from {self.state.name} to {state.name} against its table")
