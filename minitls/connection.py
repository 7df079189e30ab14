"""A TLS connection without sockets: bytes in, events and bytes out.

    client = ClientConnection(ClientConfig(), "localhost")
    send(client.data_to_send())                    # the ClientHello
    for event in client.receive_data(recv()):      # b"" says that TCP has ended
        ...
    client.send_data(b"hello"); send(client.data_to_send())
    client.close(); send(client.data_to_send())    # close_notify

What arrives is taken apart in `incoming.py` and ends in the flow of the handshake. A fault anywhere is raised as a
TLSError; before that, in exactly one place, its alert is queued, so a caller that sends what is queued whatever happens
(`finally`) tells the peer. After a fault the connection is dead: it sends nothing, and what still arrives is ignored.
"""

from __future__ import annotations

from typing import NoReturn

from .errors import (
    AlertDescription,
    AlertLevel,
    PeerAlert,
    PlainHTTP,
    TLSError,
    Truncated,
)
from .events import Event, PeerClosed
from .handshake import negotiate
from .handshake.config import ClientConfig, Config, ServerConfig
from .handshake.machine import Flow
from .handshake.tls12.states import State
from .incoming import APPLICATION_DATA, Incoming
from .observe import Side


class Connection(Incoming):
    """What client and server have in common. Use ClientConnection or ServerConnection."""

    def __init__(self, side: Side, config: Config) -> None:
        self.config = config
        self.failed_in: State | None = None
        """The state in which a fault ended the connection."""
        super().__init__(side, config)

    # What a driver calls.

    def receive_data(self, data: bytes) -> list[Event]:
        """Take in bytes from the peer, in any portions; b"" says that it will send no more.

        Returns what they amount to. Raises a TLSError on a fault, after queueing its alert; events that came before
        the fault in the same portion are in the error's `events`.
        """
        data = _as_bytes(data)
        events: list[Event] = []
        if self.failure or self._close_received:
            return events
        try:
            if not data:
                self._end_of_tcp(events)
            elif self.negotiated or not self._close_sent:
                self._feed(data, events)
            # else: this side gave up during the handshake, and says nothing after its close_notify.
        except TLSError as error:
            self._fail(error)
            error.events = tuple(events)
            raise
        return events

    def data_to_send(self) -> bytes:
        """The bytes that wait to be sent to the peer, once."""
        return self._records.take()

    def send_data(self, data: bytes) -> None:
        """Queue application data of any length.

        ValueError before the handshake is complete or after `close`; a TLSError if the peer has ended the connection.
        """
        data = _as_bytes(data)
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
            self._records.write(APPLICATION_DATA, data)

    @property
    def close_sent(self) -> bool:
        """Whether this side has sent close_notify."""
        return self._close_sent

    @property
    def closed(self) -> bool:
        """Whether nothing will be received any more: the peer has closed, or a fault ended the connection."""
        return self._close_received or self.failure is not None

    # The end.

    def _end_of_tcp(self, events: list[Event]) -> None:
        if self._close_sent and self.negotiated is not None:
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


class ClientConnection(Connection):
    """The client's side of a connection to `server_name`, a DNS name or IP address that the certificate must name.

    The ClientHello waits in `data_to_send()` from the start.
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
            raise PlainHTTP("that is HTTP, not TLS: the client should use https://")
        super()._refuse_foreign(protocol)


def _as_bytes(data: bytes) -> bytes:
    """Anything like bytes as bytes. TypeError for everything else, before a sequence number is spent on it."""
    return data if type(data) is bytes else bytes(memoryview(data))


def _ascii_name(name: str) -> str:
    """A host name as it is looked up and certified: in ASCII, without the final dot. ValueError if that fails."""
    try:
        name = name.rstrip(".") if name.isascii() else name.rstrip(".").encode("idna").decode()
    except UnicodeError as wrong:
        raise ValueError(f"{name!r} is no host name: {wrong}") from None
    if not 0 < len(name) <= 253:
        raise ValueError("a host name takes 1 to 253 characters")
    return name
