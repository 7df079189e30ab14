"""The two hellos of a connection, as somebody reads them who only listens, whatever their version and suite."""

from __future__ import annotations

from ..handshake.tls12.replay import Replay
from ..trace.explain.registries import key_exchange_of, suite_name
from ..wire.extensions import SelectedVersion, ServerNameList, SessionTicket
from ..wire.messages import ClientHello, KeyExchange, ServerHello

_TLS_1_3 = 0x0304
#: ServerHello.random of a HelloRetryRequest (RFC 8446 section 4.1.3).
_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


class Hellos:
    """What has been heard of the hellos so far."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay

    @property
    def client(self) -> ClientHello | None:
        """The ClientHello, None before it."""
        return self._replay.client_hello

    @property
    def server(self) -> ServerHello | None:
        """The ServerHello, None before it."""
        return self._replay.server_hello

    @property
    def version(self) -> int:
        """The version agreed, 0 before ServerHello."""
        hello = self.server
        selected = hello.extension(SelectedVersion) if hello else None
        return selected.selected_version if selected else hello.server_version if hello else 0

    @property
    def is_tls13(self) -> bool:
        """Whether this is TLS 1.3, which encrypts everything after ServerHello."""
        return self.version == _TLS_1_3

    @property
    def suite(self) -> str:
        """The name of the suite agreed, "" before ServerHello."""
        return suite_name(self.server.cipher_suite) if self.server else ""

    @property
    def key_exchange(self) -> str:
        """RSA, ECDHE_RSA, DHE_RSA, ...: the first part of the suite's name."""
        return self.suite.removeprefix("TLS_").partition("_WITH_")[0]

    @property
    def structs(self) -> KeyExchange | None:
        """The key exchange whose structs the two sides send, None before ServerHello or for one without any here."""
        return key_exchange_of(self.server.cipher_suite) if self.server else None

    @property
    def server_name(self) -> str:
        """The host that the client named, "" if none."""
        named = self.client.extension(ServerNameList) if self.client else None
        names = [name for _, name in named.server_name_list if isinstance(name, bytes)] if named else []
        text = names[0].decode("ascii", "replace") if names else ""
        return "".join(c if c.isprintable() else "." for c in text)[:255]

    @property
    def client_random(self) -> bytes:
        """32 bytes, none before ClientHello."""
        return self.client.random if self.client else b""

    @property
    def client_version(self) -> int:
        """The version that the client offers, 0 before ClientHello."""
        return self.client.client_version if self.client else 0

    @property
    def session_id(self) -> bytes:
        """The session ID that the server gives, none before ServerHello."""
        return self.server.session_id if self.server else b""

    @property
    def asks_again(self) -> bool:
        """Whether the ServerHello is a HelloRetryRequest."""
        return self.server is not None and self.server.random == _RETRY

    @property
    def ticket(self) -> bytes:
        """The ticket that the client offers, none if it has none."""
        offered = self.client.extension(SessionTicket) if self.client else None
        return offered.ticket if offered else b""

    @property
    def echoed(self) -> bool:
        """Whether the server echoes the client's session ID. With a ticket it need not (RFC 5077 section 3.4)."""
        return bool(self.client and self.server and self.client.session_id == self.server.session_id != b"")
