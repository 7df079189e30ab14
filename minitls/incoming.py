"""What arrives on a connection: from bytes to records, from there to one method for each content type.

Handshake messages are checked against the declared state machine before they are parsed, and handed to the flow after
that. `Connection` builds on this class: it turns faults into alerts and is what programs use.
"""

from __future__ import annotations

from typing import NoReturn

from .errors import (
    AlertDescription,
    AlertLevel,
    IllegalParameter,
    NotTLS,
    PeerAlert,
    TLSError,
    UnexpectedMessage,
    alert_name,
)
from .events import DataReceived, Event, HandshakeComplete, PeerClosed
from .handshake.config import Config
from .handshake.link import Link
from .handshake.machine import Flow, Machine
from .handshake.negotiated import Negotiated
from .handshake.tls12.states import DECLARED, State
from .observe import AlertSeen, Side, StateEntered
from .record_layer import RecordLayer
from .wire.codes import ContentType, HandshakeType, name_of
from .wire.foreign import foreign_protocol, is_undecided
from .wire.messages import HEADER_SIZE, ChangeCipherSpec, ClientHello, HandshakeMessage, HelloRequest
from .wire.records import RECORD_HEADER_SIZE, Record

#: A plain int: every record of data is compared with it.
APPLICATION_DATA = int(ContentType.application_data)
#: What is tolerated so many times in a row, because well-meaning peers do it, and then is not any more.
PATIENCE = {"warning alert": 4, "empty record": 32, "HelloRequest": 4, "renegotiation attempt": 2}


class Incoming:
    """The receiving half of a connection, with what it has to answer at once."""

    def __init__(self, side: Side, config: Config) -> None:
        self._records = RecordLayer(side, config.observer)
        self._link = Link(self._records, config.random)
        self._machine = Machine(side, DECLARED[side], self._flow())
        self._in_a_row: dict[str, int] = {}
        self._opening: bytes | None = b""
        self._alert = b""
        self._close_sent = self._close_received = False
        self.negotiated: Negotiated | None = None
        """The result of the handshake, None before its end."""
        self.failure: TLSError | None = None
        """The fault that ended the connection, None if there was none."""
        self._machine.start()
        self._tell_move(State.START, None)

    def _flow(self) -> Flow:
        raise NotImplementedError

    @property
    def state(self) -> State:
        """Where the handshake stands."""
        state: State = self._machine.state
        return state

    # From bytes to records.

    def _feed(self, data: bytes, events: list[Event]) -> None:
        if self._opening is not None:
            # The first bytes are held until they suffice to see whether the peer speaks TLS at all.
            self._opening += data
            if len(self._opening) < RECORD_HEADER_SIZE or is_undecided(self._opening):
                return
            data, self._opening = self._opening, None
            protocol = foreign_protocol(data)
            if protocol:
                self._refuse_foreign(protocol)
        for record in self._records.feed(data):
            self._receive(record, events)
            if self._close_received:
                break

    def _receive(self, record: Record, events: list[Event]) -> None:
        kind, fragment = self._records.open(record)
        if self._alert and kind != ContentType.alert:
            raise UnexpectedMessage("a record came in the middle of an alert (RFC 5246 section 6.2.1)")
        if kind == APPLICATION_DATA:
            self._on_data(fragment, events)
        elif not fragment:
            raise UnexpectedMessage(f"an empty {name_of(ContentType, kind)} record (RFC 5246 section 6.2.1)")
        elif kind == ContentType.handshake:
            self._on_handshake(fragment, events)
        elif kind == ContentType.change_cipher_spec:
            self._on_change_cipher_spec(fragment)
        else:
            self._on_alert(fragment, events)

    # One method for each content type.

    def _on_data(self, data: bytes, events: list[Event]) -> None:
        self._refuse_interleaving("application data")
        if self.negotiated is None:
            raise UnexpectedMessage(f"application data arrived in state {self.state.name}, before Finished")
        if data:
            self._progress()
            events.append(DataReceived(data))
        else:
            # An empty record can hide how much is sent (RFC 5246 section 6.2.1), but an endless row of them is abuse.
            self._bear("empty record")

    def _on_handshake(self, fragment: bytes, events: list[Event]) -> None:
        messages = self._records.messages
        messages.feed(fragment)
        while (msg_type := messages.peek()) is not None:
            if self._passed_over(msg_type):
                data = messages.take()
                if data is None:
                    break
                self._pass_over(data)
                continue
            kind = self._machine.expected(msg_type, self._link.key_exchange)
            data = messages.take()
            if data is None:
                break
            message = kind.parse(data[HEADER_SIZE:])
            self._link.transcript.append(data)
            self._records.received(data, kind.__name__)
            self._deliver(message, events)
        if messages.pending:
            self._records.carried()

    def _on_change_cipher_spec(self, fragment: bytes) -> None:
        self._refuse_interleaving("ChangeCipherSpec")
        self._machine.accept(ChangeCipherSpec)
        if fragment != b"\x01":
            raise UnexpectedMessage(f"ChangeCipherSpec is {fragment[:8].hex(' ')}, not one byte 01 (RFC 5246 7.1)")
        self._records.received(fragment, "ChangeCipherSpec")
        self._deliver(ChangeCipherSpec(1), [])

    def _on_alert(self, fragment: bytes, events: list[Event]) -> None:
        pending = self._alert + fragment
        while len(pending) >= 2 and not self._close_received:
            level, description, pending = pending[0], pending[1], pending[2:]
            self._records.received(bytes((level, description)), "Alert")
            if self._link.observer:
                self._link.observer(AlertSeen(self._link.peer, level, description))
            self._heed(level, description, events)
        self._alert = pending

    def _heed(self, level: int, description: int, events: list[Event]) -> None:
        """What an alert means (RFC 5246 section 7.2)."""
        if level not in (AlertLevel.warning, AlertLevel.fatal):
            raise IllegalParameter(f"an alert of level {level}; warning (1) and fatal (2) exist (RFC 5246 section 7.2)")
        if description == AlertDescription.close_notify:
            self._close_received = True
            self.close()
            if self.negotiated is None:
                raise PeerAlert(description, f"the peer closed the connection in state {self.state.name}")
            events.append(PeerClosed())
        elif level == AlertLevel.fatal:
            raise PeerAlert(description)
        else:
            self._bear("warning alert", f" ({alert_name(description)})")

    # The handshake.

    def _deliver(self, message: HandshakeMessage | ChangeCipherSpec, events: list[Event]) -> None:
        before = self._machine.state
        self._progress()
        self._machine.deliver(message)
        self._tell_move(before, type(message).__name__)
        negotiated = self._link.negotiated
        if negotiated is not None and self.negotiated is None:
            self.negotiated = negotiated
            events.append(HandshakeComplete(negotiated))

    def _passed_over(self, msg_type: int) -> bool:
        """Whether a message asks for a handshake that will not happen: HelloRequest, or renegotiation."""
        if self._link.side == "client":
            return msg_type == HandshakeType.hello_request
        return self.negotiated is not None and msg_type == HandshakeType.client_hello

    def _pass_over(self, data: bytes) -> None:
        """Renegotiation is refused with a warning and life goes on (RFC 5246 section 7.2.2, no_renegotiation)."""
        kind = HelloRequest if self._link.side == "client" else ClientHello
        kind.parse(data[HEADER_SIZE:])
        self._records.received(data, kind.__name__)
        self._bear("HelloRequest" if self._link.side == "client" else "renegotiation attempt")
        self._link.note("passed_over", message=kind.__name__)
        if self.negotiated is not None:
            self._send_alert(AlertLevel.warning, AlertDescription.no_renegotiation)

    def _refuse_interleaving(self, what: str) -> None:
        if self._records.messages.pending:
            raise UnexpectedMessage(f"{what} arrived in the middle of a handshake message (RFC 5246 section 6.2.1)")

    def _bear(self, what: str, detail: str = "") -> None:
        self._in_a_row[what] = self._in_a_row.get(what, 0) + 1
        if self._in_a_row[what] > PATIENCE[what]:
            raise UnexpectedMessage(f"{what}{detail} after {PATIENCE[what]} in a row, which is all that is borne")

    def _progress(self) -> None:
        if self._in_a_row:
            self._in_a_row = {}

    def _tell_move(self, before: State, because: str | None) -> None:
        if self._link.observer and before is not self._machine.state:
            self._link.observer(StateEntered(self._link.side, before.name, self._machine.state.name, because))

    # What is answered at once.

    def close(self) -> None:
        """Queue close_notify, once: this side will send no more (RFC 5246 section 7.2.1)."""
        if not self._close_sent and not self.failure:
            self._close_sent = True
            self._send_alert(AlertLevel.warning, AlertDescription.close_notify)

    def _send_alert(self, level: AlertLevel, description: AlertDescription) -> None:
        if self._close_sent and description != AlertDescription.close_notify:
            return  # Nothing follows close_notify (RFC 5246 section 7.2.1), not even a warning.
        self._records.write(ContentType.alert, bytes((level, description)), "Alert")
        if self._link.observer:
            self._link.observer(AlertSeen(self._link.side, level, description))

    def _refuse_foreign(self, protocol: str) -> NoReturn:
        raise NotTLS(f"that is {protocol}, not TLS: is the port right?")
