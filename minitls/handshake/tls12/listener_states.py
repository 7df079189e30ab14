"""The two state machines as a listener knows them: every message of RFC 5246, whether or not minitls speaks it.

`TABLES` are the endpoints' own tables (`states.py`) joined with what those leave out: ServerKeyExchange and the
ephemeral forms of ClientKeyExchange, CertificateStatus (RFC 6066), a ticket to either side, HelloRetryRequest and the
start of TLS 1.3. A test holds that nothing of the endpoints' is missing.

A listener cannot look into the heads of the two sides: whether the client goes from WAIT_SERVER_HELLO to
WAIT_CERTIFICATE or, resuming, to WAIT_CHANGE_CIPHER_SPEC, it learns from what comes next. So a move that the table
leaves open is told as soon as the next message decides it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...observe import Side
from ...wire.key_exchange_messages import (
    CertificateStatus,
    ClientKeyExchangeDHE,
    ClientKeyExchangeECDHE,
    ServerKeyExchangeDHE,
    ServerKeyExchangeECDHE,
)
from ...wire.messages import (
    Certificate,
    ChangeCipherSpec,
    ClientHello,
    HandshakeMessage,
    KeyExchange,
    ServerHello,
    message_name,
)
from .. import machine
from ..machine import Accepts, MessageType, Table, struct_of
from . import states
from .states import OPENING
from .states import State as S

_AFTER_KEY_EXCHANGE = frozenset((S.WAIT_CERTIFICATE_REQUEST,))
_AFTER_CLIENTS = states.SERVER[S.WAIT_CLIENT_KEY_EXCHANGE]

#: What may be heard besides what our own endpoints say.
BESIDES: dict[Side, Table] = {
    "client": {
        S.WAIT_SERVER_HELLO: {
            ServerHello: frozenset((S.WAIT_SERVER_KEY_EXCHANGE, S.WAIT_ENCRYPTED_EXTENSIONS, S.WAIT_SERVER_HELLO))
        },
        S.WAIT_CERTIFICATE: {Certificate: frozenset((S.WAIT_SERVER_KEY_EXCHANGE, S.WAIT_CERTIFICATE_STATUS))},
        S.WAIT_CERTIFICATE_STATUS: {
            CertificateStatus: frozenset((S.WAIT_CERTIFICATE_REQUEST, S.WAIT_SERVER_KEY_EXCHANGE))
        },
        S.WAIT_SERVER_KEY_EXCHANGE: {
            ServerKeyExchangeECDHE: _AFTER_KEY_EXCHANGE,
            ServerKeyExchangeDHE: _AFTER_KEY_EXCHANGE,
        },
        S.WAIT_ENCRYPTED_EXTENSIONS: {},
    },
    "server": {
        S.WAIT_CLIENT_HELLO: {ClientHello: frozenset((S.WAIT_CLIENT_HELLO,))},
        S.WAIT_CLIENT_KEY_EXCHANGE: {
            kind: targets
            for kind in (ClientKeyExchangeECDHE, ClientKeyExchangeDHE)
            for targets in _AFTER_CLIENTS.values()
        },
    },
}


def joined(*tables: Table) -> Table:
    """One table that accepts what any of `tables` accepts, states in the order of the handshake."""
    rows: dict[S, dict[MessageType, frozenset[Any]]] = {}
    for table in tables:
        for state, accepted in table.items():
            row = rows.setdefault(state, {})
            for kind, targets in accepted.items():
                row[kind] = row.get(kind, frozenset()) | targets
    return {state: rows[state] for state in S if state in rows}


TABLES: dict[Side, Table] = {side: joined(states.TABLES[side], besides) for side, besides in BESIDES.items()}

#: A table by the names of its states and messages, as traces and pictures tell them.
Named = Mapping[str, Mapping[str, frozenset[str]]]


def named(table: Table) -> Named:
    """The names in a table; structs that are forms of one message are joined under the message's name."""
    return {state.name: _named(accepted) for state, accepted in table.items()}


def _named(accepted: Accepts) -> dict[str, frozenset[str]]:
    targets_of: dict[str, frozenset[str]] = {}
    for kind, targets in accepted.items():
        name = machine.name_of(kind)
        targets_of[name] = targets_of.get(name, frozenset()) | {target.name for target in targets}
    return targets_of


#: What a state change is told to: side, from, to, and the message that caused it.
Tell = Callable[[Side, str, str, str | None], None]
#: A handshake type, or ChangeCipherSpec, which has none.
Heard = int | type[ChangeCipherSpec]


def heard_name(heard: Heard) -> str:
    """The RFC's name of what was heard."""
    return message_name(heard) if isinstance(heard, int) else heard.__name__


class Watched:
    """One side's machine as far as a listener can tell. `tell` gets each move: side, from, to, because."""

    def __init__(self, side: Side, tell: Tell) -> None:
        self.side: Side = side
        self.state = S.START
        self.key_exchange: KeyExchange | None = None
        """That of the agreed suite, None before ServerHello or if it is one that has no structs here."""
        self._table = TABLES[side]
        self._tell = tell
        self._open: tuple[Heard, frozenset[S]] | None = None

    def begin(self) -> None:
        """The side has begun: it waits for the other's first message."""
        self._move(OPENING[self.side], None)

    def accepts(self, message: Heard) -> bool:
        """Whether `message` may come to this side now."""
        return any(self._targets(state, message) for state in self._possible())

    def struct(self, msg_type: int) -> type[HandshakeMessage] | None:
        """The struct in which this side wants a message of this type now; None if it wants none such."""
        found = (struct_of(self._table[state], msg_type, self.key_exchange) for state in self._possible())
        return next((kind for kind in found if kind is not None), None)

    def expect(self, message: Heard) -> None:
        """`message` comes next, which decides where the last one led."""
        if self._open is not None:
            because, targets = self._open
            target = next((each for each in targets if self._targets(each, message)), None)
            if target is not None:
                self._open = None
                self._move(target, because)

    def received(self, message: Heard, leads_to: S | None = None) -> None:
        """`message` has come; `leads_to` is given where its content says so. Nothing happens if it may not come."""
        self.expect(message)
        targets = self._targets(self.state, message)
        if leads_to in targets or len(targets) == 1:
            self._move(leads_to if leads_to in targets else next(iter(targets)), message)
        elif targets:
            self._open = message, targets

    def stop(self) -> None:
        """The connection is over."""
        self._open = None
        if self.state not in (S.START, S.CLOSED):
            self._move(S.CLOSED, None)

    def _targets(self, state: S, message: Heard) -> frozenset[S]:
        """Where `message` may lead from `state`, whatever struct it is."""
        accepted = self._table[state].items()
        if isinstance(message, int):
            return frozenset().union(*(targets for kind, targets in accepted if kind.msg_type == message))
        return frozenset().union(*(targets for kind, targets in accepted if kind is message))

    def _possible(self) -> frozenset[S]:
        return self._open[1] if self._open else frozenset((self.state,))

    def _move(self, state: S | None, because: Heard | None) -> None:
        assert state is not None
        before, self.state = self.state, state
        if before is not state:
            self._tell(self.side, before.name, state.name, None if because is None else heard_name(because))
