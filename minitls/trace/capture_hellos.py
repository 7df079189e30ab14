"""The two hellos of a connection, as somebody reads them who only listens."""

from __future__ import annotations

from ..crypto.suites import Suite
from ..handshake.hello import Agreed
from ..wire.extensions import EncryptThenMac, ExtendedMasterSecret, SelectedVersion, ServerNameList, SessionTicket
from ..wire.messages import ClientHello, KeyExchange, ServerHello
from .meanings import key_exchange_of, suite_name

_TLS_1_3 = 0x0304
#: ServerHello.random of a HelloRetryRequest (RFC 8446 section 4.1.3).
_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


class Hellos:
    """What has been heard of the hellos so far."""

    def __init__(self) -> None:
        self.client: ClientHello | None = None
        self.server: ServerHello | None = None

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

    def agreed(self, suite: Suite) -> Agreed:
        """What the hellos settled, for a suite that minitls speaks. ValueError before both are there."""
        client, server = self.client, self.server
        if client is None or server is None:
            raise ValueError("nothing is agreed before both hellos")
        return Agreed(
            suite=suite,
            client_random=client.random,
            server_random=server.random,
            session_id=server.session_id,
            extended_master_secret=server.extension(ExtendedMasterSecret) is not None,
            encrypt_then_mac=server.extension(EncryptThenMac) is not None and suite.mode == "CBC",
            new_ticket=server.extension(SessionTicket) is not None,
            resumed=None,
            alpn=None,
            server_name=None,
            max_fragment_length=None,
            record_size_limits=None,
        )
