"""A TLS connection without sockets: bytes in, events and bytes out.

    client = ClientConnection(ClientConfig(), "localhost")
    send(client.data_to_send())                    # the ClientHello
    for event in client.receive_data(recv()):      # b"" says that TCP has ended
        ...
    client.send_data(b"hello"); send(client.data_to_send())
    client.close(); send(client.data_to_send())    # close_notify

The record layer makes records of bytes, one method for each content type says what a record means, and handshake
messages are checked against the declared state machine before they are parsed and handed to the flow.

*Every* exception that leaves a connection ends it, be it a fault of the peer, of a session store, of an observer or of
minitls itself: in exactly one place, `_die`, the connection is declared dead and its alert queued, and then the very
exception goes on to the caller. So a caller that sends what is queued whatever happens (`finally`) tells the peer.
After that the connection sends nothing, and what still arrives is ignored. Misuse (sending before the handshake is
complete, say) is refused with ValueError or TypeError before anything is done, and ends nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
from .handshake import machine, negotiate
from .handshake.config import ClientConfig, Config, ServerConfig
from .handshake.link import Link
from .handshake.machine import Flow, Machine
from .handshake.negotiated import Negotiated
from .handshake.tls12.states import DECLARED, State
from .observe import AlertSeen, Observation, Observer, Side, StateEntered
from .record_layer import RecordLayer
from .wire.codes import ContentType, HandshakeType, name_of
from .wire.messages import HEADER_SIZE, ChangeCipherSpec, ClientHello, HandshakeMessage, HelloRequest
from .wire.records import RECORD_HEADER_SIZE
from .wire.sniff import foreign_protocol, is_undecided

#: Plain ints: every record is compared with them.
HANDSHAKE, APPLICATION_DATA = int(ContentType.handshake), int(ContentType.application_data)
_CHANGE_CIPHER_SPEC = ChangeCipherSpec(1)
#: What is tolerated so many times in a row, because well-meaning peers do it, and then is not any more.
PATIENCE = {"warning alert": 4, "empty record": 32, "HelloRequest": 4, "renegotiation attempt": 2}


class Connection:
    """What client and server have in common. Use ClientConnection or ServerConnection."""

    _unanswered = False
    """Whether the peer has ended the connection in a way that no alert answers."""

    def __init__(self, side: Side, config: Config) -> None:
        self.config = config
        self._watch = _Watch(config.observer) if config.observer else None
        self._records = RecordLayer(side, self._watch)
        self._messages = self._records.messages
        self._link = Link(self._records, config.random)
        self._machine = Machine(side, DECLARED[side], self._flow())
        self._passed_over: int | None = HandshakeType.hello_request if side == "client" else None
        """The type of message that asks for a handshake that will not happen: HelloRequest, later a ClientHello."""
        self._in_a_row: dict[str, int] = {}
        self._opening: bytes | None = b""
        """The first bytes, until they suffice to see whether the peer speaks TLS at all; then None."""
        self._alert = b""
        """The first byte of an alert, if that is all that has come of it."""
        self._may_send = self._close_sent = self._close_received = False
        self.negotiated: Negotiated | None = None
        """The result of the handshake, None before its end."""
        self.failure: TLSError | None = None
        """The fault that ended the connection, None if there was none. An exception that is no TLSError is its
        `__cause__`."""
        self.failed_in: State | None = None
        """The state in which a fault ended the connection."""
        self._machine.start()
        if self._watch:
            self._tell_move(State.START, None)

    def _flow(self) -> Flow:
        raise NotImplementedError

    # What a driver calls.

    def receive_data(self, data: bytes) -> list[Event]:
        """Take in bytes from the peer, in any portions; b"" says that it will send no more.

        Returns what they amount to. Raises a TLSError on a fault, after queueing its alert, and whatever else a store,
        an observer, `random` or `now` raises, after queueing internal_error; events that came before the fault in the
        same portion are in the `events` of `failure`, which in the first case is the error itself.
        """
        if type(data) is not bytes:
            data = _as_bytes(data)
        events: list[Event] = []
        if self.failure or self._close_received:
            return events
        try:
            if not data:
                self._end_of_tcp(events)
            elif self.negotiated or not self._close_sent:
                self._take_in(data, events)
            # else: this side gave up during the handshake, and says nothing after its close_notify.
        except BaseException as error:
            self._die(error).events = tuple(events)
            raise
        return events

    def data_to_send(self) -> bytes:
        """The bytes that wait to be sent to the peer, once."""
        waiting = self._records.waiting
        data = b"".join(waiting)
        waiting.clear()
        return data

    def send_data(self, data: bytes) -> None:
        """Queue application data of any length.

        ValueError before the handshake is complete or after `close`; a TLSError if the peer has ended the connection,
        or a fault has.
        """
        if type(data) is not bytes:
            data = _as_bytes(data)
        if not self._may_send:
            self._refuse_to_send(data)
        if data:
            try:
                self._records.write(APPLICATION_DATA, data)
            except BaseException as error:
                self._die(error)
                raise

    def _refuse_to_send(self, data: bytes) -> NoReturn:
        if self.failure:
            raise self.failure
        if self.negotiated is None:
            raise ValueError("the handshake is not complete: wait for HandshakeComplete before sending data")
        if self._close_received:
            # Our close_notify has answered the peer's at once, as RFC 5246 wants: the peer no longer listens.
            sentence = f"the peer has closed the connection: {len(data)} bytes for it are discarded"
            raise PeerAlert(AlertDescription.close_notify, f"{sentence} (RFC 5246 section 7.2.1)")
        raise ValueError("this side has sent close_notify: nothing can be sent any more")

    def close(self) -> None:
        """Queue close_notify, once: this side will send no more (RFC 5246 section 7.2.1)."""
        if self._close_sent or self.failure:
            return
        sent = self._records.sent
        self._close_sent, self._may_send = True, False
        try:
            self._send_alert(AlertLevel.warning, AlertDescription.close_notify)
        except BaseException as error:
            # If close_notify could not even be sealed, the peer is owed another alert.
            self._close_sent = self._records.sent > sent
            self._die(error)
            raise

    @property
    def state(self) -> State:
        """Where the handshake stands."""
        state: State = self._machine.state
        return state

    @property
    def close_sent(self) -> bool:
        """Whether this side has sent close_notify."""
        return self._close_sent

    @property
    def closed(self) -> bool:
        """Whether nothing will be received any more: the peer has closed, or a fault ended the connection."""
        return self._close_received or self.failure is not None

    # From bytes to records, and to one method for each content type.

    def _take_in(self, data: bytes, events: list[Event]) -> None:
        if self._opening is not None:
            self._opening += data
            if len(self._opening) < RECORD_HEADER_SIZE or is_undecided(self._opening):
                return
            data, self._opening = self._opening, None
            protocol = foreign_protocol(data)
            if protocol:
                self._refuse_foreign(protocol)
        for kind, fragment in self._records.feed(data):
            if self._alert and kind != ContentType.alert:
                raise UnexpectedMessage("a record came in the middle of an alert (RFC 5246 section 6.2.1)")
            if kind == APPLICATION_DATA:
                self._on_data(fragment, events)
            elif not fragment:
                raise UnexpectedMessage(f"an empty {name_of(ContentType, kind)} record (RFC 5246 section 6.2.1)")
            elif kind == HANDSHAKE:
                self._on_handshake(fragment, events)
            elif kind == ContentType.change_cipher_spec:
                self._on_change_cipher_spec(fragment, events)
            else:
                self._on_alert(fragment, events)
                if self._close_received:
                    break

    def _refuse_foreign(self, protocol: str) -> NoReturn:
        raise NotTLS(f"that is {protocol}, not TLS: is the port right?", protocol)

    def _on_data(self, data: bytes, events: list[Event]) -> None:
        if self._messages.data:
            self._refuse_interleaving("application data")
        if self.negotiated is None:
            raise UnexpectedMessage(f"application data arrived in state {self.state.name}, before Finished")
        if data:
            self._in_a_row.clear()
            events.append(DataReceived(data))
        else:
            # An empty record can hide how much is sent (RFC 5246 section 6.2.1), but an endless row of them is abuse.
            self._tolerate("empty record")

    def _on_handshake(self, fragment: bytes, events: list[Event]) -> None:
        messages = self._messages
        messages.feed(fragment)
        while messages.data:
            msg_type = messages.data[0]
            if msg_type == self._passed_over:
                data = messages.take()
                if data is None:
                    break
                self._pass_over(data)
                continue
            kind = self._machine.expected(msg_type, self._link.key_exchange)
            data = messages.take()
            if data is None:
                break
            message = kind.parse(data, HEADER_SIZE)
            self._link.transcript.append(data)
            if self._watch:
                self._records.received(data, machine.name_of(kind))
            self._deliver(message, events)
        if self._watch and messages.data:
            self._records.carried()

    def _on_change_cipher_spec(self, fragment: bytes, events: list[Event]) -> None:
        if self._messages.data:
            self._refuse_interleaving("ChangeCipherSpec")
        self._machine.accept(ChangeCipherSpec)
        if fragment != b"\x01":
            raise UnexpectedMessage(f"ChangeCipherSpec is {fragment[:8].hex(' ')}, not one byte 01 (RFC 5246 7.1)")
        self._records.received(fragment, "ChangeCipherSpec")
        self._deliver(_CHANGE_CIPHER_SPEC, events)

    def _on_alert(self, fragment: bytes, events: list[Event]) -> None:
        pending = self._alert + fragment
        while len(pending) >= 2 and not self._close_received:
            level, description, pending = pending[0], pending[1], pending[2:]
            if self._link.observer:
                self._records.received(bytes((level, description)), "Alert")
                self._link.observer(AlertSeen(self._link.peer, level, description))
            self._handle_alert(level, description, events)
        self._alert = pending

    def _handle_alert(self, level: int, description: int, events: list[Event]) -> None:
        """What an alert means (RFC 5246 section 7.2)."""
        if level not in (AlertLevel.warning, AlertLevel.fatal):
            raise IllegalParameter(f"an alert of level {level}; warning (1) and fatal (2) exist (RFC 5246 section 7.2)")
        if description == AlertDescription.close_notify:
            self._close_received = True
            self.close()
            if self.negotiated is None:
                self._unanswered = True
                raise PeerAlert(description, f"the peer closed the connection in state {self.state.name}")
            events.append(PeerClosed())
        elif level == AlertLevel.fatal:
            self._unanswered = True
            raise PeerAlert(description)
        else:
            self._tolerate("warning alert", f" ({alert_name(description)})")

    def _end_of_tcp(self, events: list[Event]) -> None:
        if self._close_sent and self.negotiated is not None:
            self._close_received = True
            events.append(PeerClosed())
            return
        self._unanswered = True
        if self._opening:
            raise Truncated(f"the peer sent {self._opening!r} and closed the connection: that is not TLS")
        if self._opening is not None:
            raise Truncated("the peer closed the connection without a word")
        if self.negotiated is None:
            raise Truncated(f"the peer closed the connection in state {self.state.name}, without an alert")
        raise Truncated("truncated: TCP ended without close_notify, data may be missing (RFC 5246 section 7.2.1)")

    # The handshake.

    def _deliver(self, message: HandshakeMessage | ChangeCipherSpec, events: list[Event]) -> None:
        before = self._machine.state
        self._in_a_row.clear()
        self._machine.deliver(message)
        if self.failure:
            # Whoever was called meanwhile, an observer or a store, has ended the connection: the flow changes nothing.
            raise self.failure
        if self._watch:
            self._tell_move(before, machine.name_of(type(message)))
        if self.negotiated is None and self._machine.state is State.CONNECTED:
            if self._link.negotiated is None:
                raise RuntimeError(f"the {self._link.side} flow is in CONNECTED and has completed no handshake")
            self.negotiated = self._link.negotiated
            self._may_send = not self._close_sent
            if self._link.side == "server":
                self._passed_over = HandshakeType.client_hello
            events.append(HandshakeComplete(self.negotiated))

    def _pass_over(self, data: bytes) -> None:
        """Renegotiation is refused with a warning and life goes on (RFC 5246 section 7.2.2, no_renegotiation)."""
        kind = HelloRequest if self._link.side == "client" else ClientHello
        kind.parse(data, HEADER_SIZE)
        self._records.received(data, kind.__name__)
        self._tolerate("HelloRequest" if self._link.side == "client" else "renegotiation attempt")
        self._link.note("passed_over", message=kind.__name__)
        if self.negotiated is not None:
            self._send_alert(AlertLevel.warning, AlertDescription.no_renegotiation)

    def _refuse_interleaving(self, what: str) -> NoReturn:
        raise UnexpectedMessage(f"{what} arrived in the middle of a handshake message (RFC 5246 section 6.2.1)")

    def _tolerate(self, what: str, detail: str = "") -> None:
        self._in_a_row[what] = self._in_a_row.get(what, 0) + 1
        if self._in_a_row[what] > PATIENCE[what]:
            raise UnexpectedMessage(f"{what}{detail} after {PATIENCE[what]} in a row, which is all that is tolerated")

    def _tell_move(self, before: State, because: str | None) -> None:
        if self._link.observer and before is not self._machine.state:
            self._link.observer(StateEntered(self._link.side, before.name, self._machine.state.name, because))

    # The end.

    def _send_alert(self, level: AlertLevel, description: AlertDescription) -> None:
        if self._close_sent and description != AlertDescription.close_notify:
            return  # Nothing follows close_notify (RFC 5246 section 7.2.1), not even a warning.
        self._records.write(ContentType.alert, bytes((level, description)), "Alert")
        if self._link.observer:
            self._link.observer(AlertSeen(self._link.side, level, description))

    def _die(self, error: BaseException) -> TLSError:
        """The one place where a fault becomes an alert; gives `failure`, and leaves `error` to the caller to raise.

        `error` came first, so nothing that goes wrong in here replaces it: that becomes a note on it. A TLSError counts
        whoever raised it, so that a store may refuse with an alert of its choice; but one that says "send nothing" is
        believed only where the peer did end the connection, and not if, say, a store's own TLS connection broke.
        """
        if self.failure:
            return self.failure
        # 1. Dead, before anybody else is called: a second interruption does not bring it back to life.
        alert: AlertDescription | None = AlertDescription.internal_error
        if isinstance(error, TLSError):
            self.failure = error
            alert = error.alert or (None if self._unanswered else alert)
        else:
            self.failure = TLSError(f"the connection was ended by a fault of this side: {error}")
            self.failure.__cause__ = error
        self._may_send = False
        before = self.failed_in = self._machine.state
        self._machine.stop()
        if self._watch:
            self._watch.ending = error
        # 2. The peer, the observer and the session store learn of it, each whatever befell the one before.
        with _noted_on(error):
            if alert is not None:
                self._send_alert(AlertLevel.fatal, alert)
        with _noted_on(error):
            self._link.note("failure", error=type(error).__name__, reason=str(error))
        with _noted_on(error):
            if not isinstance(error, Truncated):
                self._forget_session()
        self._tell_move(before, None)
        return self.failure

    def _forget_session(self) -> None:
        """A session whose connection ended in a fatal alert must not be resumed (RFC 5246 section 7.2.2)."""
        raise NotImplementedError


class ClientConnection(Connection):
    """The client's side of a connection to `server_name`, a DNS name or IP address that the certificate must name.

    The ClientHello waits in `data_to_send()` from the start. What a session store, an observer, `random` or `now` raise
    on the way to it, the constructor raises.
    """

    config: ClientConfig

    def __init__(self, config: ClientConfig, server_name: str) -> None:
        self.server_name = _ascii_name(server_name)
        super().__init__("client", config)

    def _flow(self) -> Flow:
        return negotiate.client(self._link, self.config, self.server_name)

    def _forget_session(self) -> None:
        if self.config.sessions is not None and self._link.session_key is not None:
            self.config.sessions.forget(self._link.session_key)


class ServerConnection(Connection):
    """The server's side of a connection."""

    config: ServerConfig

    def __init__(self, config: ServerConfig) -> None:
        super().__init__("server", config)

    def _flow(self) -> Flow:
        return negotiate.server(self._link, self.config)

    def _forget_session(self) -> None:
        if self.config.sessions is not None and self._link.session_key:
            self.config.sessions.forget(self._link.session_key)

    def _refuse_foreign(self, protocol: str) -> NoReturn:
        if protocol == "HTTP":
            # A browser shows this line; a TLS alert would be gibberish to it.
            self._records.write_raw(b"HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\nthis port speaks TLS\r\n")
            self._unanswered = True
            raise PlainHTTP("that is HTTP, not TLS: the client should use https://", protocol)
        super()._refuse_foreign(protocol)


class _Watch:
    """An observer whose faults end a connection, but do not get in the way of its ending."""

    __slots__ = ("_observer", "ending")

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self.ending: BaseException | None = None
        """What ends the connection, once something does."""

    def __call__(self, observation: Observation) -> None:
        if self.ending is None:
            self._observer(observation)
        else:
            with _noted_on(self.ending):
                self._observer(observation)


@contextmanager
def _noted_on(error: BaseException) -> Iterator[None]:
    """Whatever the body raises becomes a note on `error`; only what shall end the whole program goes on."""
    try:
        yield
    except Exception as later:
        error.add_note(f"While the connection was ended: {type(later).__name__}: {later}")


def _as_bytes(data: bytes) -> bytes:
    """Anything like bytes as bytes. TypeError for everything else, before a sequence number is spent on it."""
    return bytes(memoryview(data))


def _ascii_name(name: str) -> str:
    """A host name as it is looked up and certified: in ASCII, without the final dot. ValueError if that fails."""
    try:
        name = name.rstrip(".") if name.isascii() else name.rstrip(".").encode("idna").decode()
    except UnicodeError as wrong:
        raise ValueError(f"{name!r} is no host name: {wrong}") from None
    if not 0 < len(name) <= 253:
        raise ValueError("a host name takes 1 to 253 characters")
    return name
