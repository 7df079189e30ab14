"""A TLS connection without sockets: bytes in, events and bytes out.

    client = ClientConnection(ClientConfig(), "localhost")
    send(client.data_to_send())                    # the ClientHello
    for event in client.receive_data(recv()):      # b"" says that TCP has ended
        ...
    client.send_data(b"hello"); send(client.data_to_send())
    client.close(); send(client.data_to_send())    # close_notify

A received record goes through `_receive`, to one method for each content type. Handshake messages are checked against
the declared state machine, then handed to the flow. A fault anywhere is raised as a TLSError; before that, in exactly
one place, its alert is queued, so a caller that sends what is queued whatever happens (`finally`) tells the peer.
After a fault the connection is dead: it sends nothing, and what still arrives is ignored.
"""

from __future__ import annotations

from typing import NoReturn

from .errors import (
    AlertDescription,
    AlertLevel,
    IllegalParameter,
    NotTLS,
    PeerAlert,
    PlainHTTP,
    TLSError,
    Truncated,
    UnexpectedMessage,
    alert_name,
)
from .events import DataReceived, Event, HandshakeComplete, PeerClosed
from .handshake.config import ClientConfig, Config, ServerConfig
from .handshake.link import Link
from .handshake.negotiated import Negotiated
from .handshake.tls12 import client, server
from .handshake.tls12.states import Flow, Machine, State
from .observe import AlertSeen, Side, StateEntered
from .wire.codes import ContentType, HandshakeType, name_of
from .wire.foreign import foreign_protocol
from .wire.messages import HEADER_SIZE, ChangeCipherSpec, message_class
from .wire.records import RECORD_HEADER_SIZE, Record

#: What is tolerated so many times in a row, because well-meaning peers do it, and then is not any more.
PATIENCE = {"warning alert": 4, "empty record": 32, "HelloRequest": 4, "renegotiation attempt": 2}


class Connection:
    """What client and server have in common. Use ClientConnection or ServerConnection."""

    def __init__(self, side: Side, config: Config) -> None:
        self.config = config
        self._link = Link(side, config)
        self._machine = Machine(side, self._flow())
        self._in_a_row = dict.fromkeys(PATIENCE, 0)
        self._opening: bytes | None = b""
        self._alert = b""
        self._close_sent = self._close_received = False
        self.negotiated: Negotiated | None = None
        """The result of the handshake, None before its end."""
        self.failure: TLSError | None = None
        """The fault that ended the connection, None if there was none."""
        self.failed_in: State | None = None
        """The state in which it did."""
        self._machine.start()
        self._tell_move(State.START, None)

    def _flow(self) -> Flow:
        raise NotImplementedError

    # What a driver calls.

    def receive_data(self, data: bytes) -> list[Event]:
        """Take in bytes from the peer, in any portions; b"" says that it will send no more.

        Returns what they amount to. Raises a TLSError on a fault, after queueing its alert; events that came before
        the fault in the same portion are in the error's `events`.
        """
        events: list[Event] = []
        if self.failure or self._close_received:
            return events
        try:
            if data:
                self._feed(data, events)
            else:
                self._end_of_tcp(events)
        except TLSError as error:
            self._fail(error)
            error.events = tuple(events)
            raise
        return events

    def data_to_send(self) -> bytes:
        """The bytes that wait to be sent to the peer, once."""
        return self._link.take()

    def send_data(self, data: bytes) -> None:
        """Queue application data of any length.

        ValueError before the handshake is complete or after `close`; a TLSError if the peer has ended the connection.
        """
        if self.failure:
            raise self.failure
        if self.negotiated is None:
            raise ValueError("the handshake is not complete: wait for HandshakeComplete before sending data")
        if self._close_received:
            # Our close_notify has answered the peer's at once, as RFC 5246 wants: the peer no longer listens.
            sentence = f"the peer has closed the connection: {len(data)} bytes for it are discarded"
            raise PeerAlert(AlertDescription.close_notify, f"{sentence} (RFC 5246 section 7.2.1)")
        if self._close_sent:
            raise ValueError("this side has sent close_notify: nothing can be sent any more")
        if data:
            self._link.write(ContentType.application_data, data)

    def close(self) -> None:
        """Queue close_notify, once: this side will send no more (RFC 5246 section 7.2.1)."""
        if not self._close_sent and not self.failure:
            self._close_sent = True
            self._send_alert(AlertLevel.warning, AlertDescription.close_notify)

    @property
    def state(self) -> State:
        """Where the handshake stands."""
        return self._machine.state

    @property
    def close_sent(self) -> bool:
        """Whether this side has sent close_notify."""
        return self._close_sent

    @property
    def closed(self) -> bool:
        """Whether nothing will be received any more: the peer has closed, or a fault ended the connection."""
        return self._close_received or self.failure is not None

    # From bytes to records.

    def _feed(self, data: bytes, events: list[Event]) -> None:
        if self._opening is not None:
            # The first bytes are held until they suffice to see whether the peer speaks TLS at all.
            self._opening += data
            if len(self._opening) < RECORD_HEADER_SIZE:
                return
            data, self._opening = self._opening, None
            protocol = foreign_protocol(data)
            if protocol:
                self._refuse_foreign(protocol)
        for record in self._link.records.feed(data):
            self._receive(record, events)
            if self._close_received:
                break

    def _receive(self, record: Record, events: list[Event]) -> None:
        kind = record.type
        fragment = self._link.open(record)
        if self._alert and kind != ContentType.alert:
            raise UnexpectedMessage("a record came in the middle of an alert (RFC 5246 section 6.2.1)")
        if kind == ContentType.application_data:
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
        messages = self._link.messages
        messages.feed(fragment)
        while (msg_type := messages.peek()) is not None:
            told = name_of(HandshakeType, msg_type)
            if self._passed_over(msg_type):
                data = messages.take()
                if data is None:
                    break
                self._pass_over(data, told)
                continue
            kind = message_class(msg_type)
            self._machine.accept(kind, told)
            data = messages.take()
            if data is None or kind is None:
                break
            message = kind.parse(data[HEADER_SIZE:])
            self._link.transcript.append(data)
            self._link.received(data, kind.__name__)
            self._deliver(message, events)
        if messages.pending:
            self._link.carried()

    def _on_change_cipher_spec(self, fragment: bytes) -> None:
        self._refuse_interleaving("ChangeCipherSpec")
        self._machine.accept(ChangeCipherSpec, "ChangeCipherSpec")
        if fragment != b"\x01":
            raise UnexpectedMessage(f"ChangeCipherSpec is {fragment[:8].hex(' ')}, not one byte 01 (RFC 5246 7.1)")
        self._link.received(fragment, "ChangeCipherSpec")
        self._deliver(ChangeCipherSpec(1), [])

    def _on_alert(self, fragment: bytes, events: list[Event]) -> None:
        pending = self._alert + fragment
        while len(pending) >= 2 and not self._close_received:
            level, description, pending = pending[0], pending[1], pending[2:]
            self._link.received(bytes((level, description)), "Alert")
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

    def _deliver(self, message: object, events: list[Event]) -> None:
        before = self._machine.state
        self._progress()
        self._machine.deliver(message)  # type: ignore[arg-type]
        self._tell_move(before, type(message).__name__)
        if self._machine.outcome is not None:
            self.negotiated = self._machine.outcome
            self._link.finish()
            events.append(HandshakeComplete(self._machine.outcome))

    def _passed_over(self, msg_type: int) -> bool:
        """Whether a message asks for a handshake that will not happen: HelloRequest, or renegotiation."""
        if self._link.side == "client":
            return msg_type == HandshakeType.hello_request
        return self.negotiated is not None and msg_type == HandshakeType.client_hello

    def _pass_over(self, data: bytes, told: str) -> None:
        """Renegotiation is refused with a warning and life goes on (RFC 5246 section 7.2.2, no_renegotiation)."""
        kind = message_class(data[0])
        assert kind is not None
        kind.parse(data[HEADER_SIZE:])
        self._link.received(data, kind.__name__)
        self._bear("HelloRequest" if self._link.side == "client" else "renegotiation attempt")
        self._link.note("passed_over", message=told)
        if self.negotiated is not None:
            self._send_alert(AlertLevel.warning, AlertDescription.no_renegotiation)

    def _refuse_interleaving(self, what: str) -> None:
        if self._link.messages.pending:
            raise UnexpectedMessage(f"{what} arrived in the middle of a handshake message (RFC 5246 section 6.2.1)")

    def _bear(self, what: str, detail: str = "") -> None:
        self._in_a_row[what] += 1
        if self._in_a_row[what] > PATIENCE[what]:
            raise UnexpectedMessage(f"{what}{detail} after {PATIENCE[what]} in a row, which is all that is borne")

    def _progress(self) -> None:
        if any(self._in_a_row.values()):
            self._in_a_row = dict.fromkeys(PATIENCE, 0)

    def _tell_move(self, before: State, because: str | None) -> None:
        if self._link.observer and before is not self._machine.state:
            self._link.observer(StateEntered(self._link.side, before.name, self._machine.state.name, because))

    # The end.

    def _end_of_tcp(self, events: list[Event]) -> None:
        if self._close_sent:
            self._close_received = True
            events.append(PeerClosed())
            return
        if self._opening:
            raise Truncated(f"the peer sent {self._opening!r} and closed the connection: that is not TLS")
        if self._opening is not None:
            raise Truncated("the peer closed the connection without a word")
        if self.negotiated is None:
            raise Truncated(f"the peer closed the connection in state {self.state.name}, without an alert")
        raise Truncated("truncated: TCP ended without close_notify, data may be missing (RFC 5246 section 7.2.1)")

    def _fail(self, error: TLSError) -> None:
        """The one place where a fault becomes an alert."""
        if error.alert is not None:
            self._send_alert(AlertLevel.fatal, error.alert)
        self.failure = error
        self._link.note("failure", error=type(error).__name__, reason=str(error))
        if not isinstance(error, Truncated):
            self._forget_session()
        before = self.failed_in = self._machine.state
        self._machine.stop()
        self._tell_move(before, None)

    def _forget_session(self) -> None:
        """A session whose connection ended in a fatal alert must not be resumed (RFC 5246 section 7.2.2)."""
        raise NotImplementedError

    def _refuse_foreign(self, protocol: str) -> NoReturn:
        raise NotTLS(f"that is {protocol}, not TLS: is the port right?")

    def _send_alert(self, level: AlertLevel, description: AlertDescription) -> None:
        self._link.write(ContentType.alert, bytes((level, description)), "Alert")
        if self._link.observer:
            self._link.observer(AlertSeen(self._link.side, level, description))


class ClientConnection(Connection):
    """The client's side of a connection to `server_name`, a DNS name or IP address that the certificate must name.

    The ClientHello waits in `data_to_send()` from the start.
    """

    config: ClientConfig

    def __init__(self, config: ClientConfig, server_name: str) -> None:
        self.server_name = _ascii_name(server_name)
        super().__init__("client", config)

    def _flow(self) -> Flow:
        return client.handshake(self._link, self.config, self.server_name)

    def _forget_session(self) -> None:
        if self.config.sessions is not None and self._link.session_key is not None:
            self.config.sessions.forget(self._link.session_key)


class ServerConnection(Connection):
    """The server's side of a connection."""

    config: ServerConfig

    def __init__(self, config: ServerConfig) -> None:
        super().__init__("server", config)

    def _flow(self) -> Flow:
        return server.handshake(self._link, self.config)

    def _forget_session(self) -> None:
        if self.config.sessions is not None and self._link.session_key:
            self.config.sessions.forget(self._link.session_key)

    def _refuse_foreign(self, protocol: str) -> NoReturn:
        if protocol == "HTTP":
            # A browser shows this line; a TLS alert would be gibberish to it.
            self._link.write_raw(b"HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\nthis port speaks TLS\r\n")
            raise PlainHTTP("that is HTTP, not TLS: the client should use https://")
        super()._refuse_foreign(protocol)


def _ascii_name(name: str) -> str:
    """A host name as it is looked up and certified: in ASCII, without the final dot. ValueError if that fails."""
    try:
        name = name.rstrip(".") if name.isascii() else name.rstrip(".").encode("idna").decode()
    except UnicodeError as wrong:
        raise ValueError(f"{name!r} is no host name: {wrong}") from None
    if not 0 < len(name) <= 253:
        raise ValueError("a host name takes 1 to 253 characters")
    return name
