"""How a listener comes by the keys of one connection, or which input he lacks and why.

RSA key exchange, server's key     ClientKeyExchange opens, everything is derived as the server does
RSA key exchange, key log          from the pre-master secret (`RSA`) or the master secret (`CLIENT_RANDOM`)
resumed                            the master secret of the first connection: key log, or seen earlier in the capture
(EC)DHE, TLS 1.3                   the server's key only signs: forward secrecy
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ..crypto.protection import DirectionKeys
from ..crypto.suites import BY_CODE, Suite
from ..errors import DecodeError
from ..handshake.hello import Agreed
from ..handshake.link import Link
from ..handshake.session import Session
from ..handshake.tls12 import key_exchange, key_schedule
from ..handshake.tls12.keys import Keys, derive, take_up
from ..observe import Side
from ..wire.extensions import (
    EncryptThenMac,
    ExtendedMasterSecret,
    SelectedVersion,
    ServerNameList,
    SessionTicket,
)
from ..wire.messages import Certificate, ClientHello, ClientKeyExchange, NewSessionTicket, ServerHello, parse
from .capture_secrets import Secrets
from .meanings import suite_name, version_name

_TLS_1_2, _TLS_1_3 = 0x0303, 0x0304
#: ServerHello.random of a HelloRetryRequest (RFC 8446 section 4.1.3).
_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")

Opened = tuple[Suite, DirectionKeys, bool, int]


class Reason(NamedTuple):
    """Why a connection stays closed: the missing input in a word, and the explanation."""

    missing: str
    reason: str


class KeyFinder:
    """Reads the messages of one connection for what matters to its keys; tells the link's observer what it derives."""

    def __init__(self, link: Link, secrets: Secrets) -> None:
        self._link, self._secrets = link, secrets
        self.client_hello: ClientHello | None = None
        self.server_hello: ServerHello | None = None
        self.chain: tuple[bytes, ...] = ()
        self.reason: Reason | None = None
        """Why there are no keys, None while they are there or not needed yet."""
        self.noted: set[str] = set()
        self._keys: Keys | None = None
        self._full = False
        self._sequence: dict[Side, int] = {"client": 0, "server": 0}

    # What the rest asks.

    @property
    def version(self) -> int:
        """The version agreed, 0 before ServerHello."""
        hello = self.server_hello
        selected = hello.extension(SelectedVersion) if hello else None
        return selected.selected_version if selected else hello.server_version if hello else 0

    @property
    def is_tls13(self) -> bool:
        """Whether this is TLS 1.3, which encrypts everything after ServerHello."""
        return self.version == _TLS_1_3

    @property
    def suite(self) -> str:
        """The name of the suite agreed, "" before ServerHello."""
        return suite_name(self.server_hello.cipher_suite) if self.server_hello else ""

    @property
    def key_exchange(self) -> str:
        """RSA, ECDHE_RSA, DHE_RSA, ...: the first part of the suite's name."""
        return self.suite.removeprefix("TLS_").partition("_WITH_")[0]

    @property
    def server_name(self) -> str:
        """The host that the client named, "" if none."""
        named = self.client_hello.extension(ServerNameList) if self.client_hello else None
        names = [name for _, name in named.server_name_list if isinstance(name, bytes)] if named else []
        text = names[0].decode("ascii", "replace") if names else ""
        return "".join(c if c.isprintable() else "." for c in text)[:255]

    @property
    def resumed(self) -> bool:
        """Whether the handshake was abbreviated: it came to new keys without a key exchange."""
        return self.server_hello is not None and not self._full and not self.is_tls13

    def of(self, side: Side) -> Opened | None:
        """Suite, keys, encrypt-then-MAC and next sequence number of a direction, None if unknown."""
        if self._keys is None:
            return None
        block = self._keys.block
        keys = block.client if side == "client" else block.server
        return self._keys.agreed.suite, keys, self._keys.agreed.encrypt_then_mac, self._sequence[side]

    def count(self, side: Side) -> None:
        """One more record was opened."""
        self._sequence[side] += 1

    # What happens on the wire.

    def message(self, side: Side, name: str, data: bytes) -> str | None:
        """Take in a handshake message; where it leads the receiver, if its content says so."""
        if name == "Finished":
            self._verify_data(side)
        if name != "HelloRequest":
            self._link.transcript.append(data)
        reader = _READERS.get(name)
        if reader is None:
            return None
        try:
            return reader(self, side, data)
        except DecodeError as wrong:
            self.lose("readable messages", f"{name} cannot be read: {wrong}")
            return None

    def changed(self, side: Side) -> Opened | None:
        """A side changes its cipher spec: the keys it uses from here on."""
        if self._keys is None and self.reason is None:
            self._take_up()
        self._sequence[side] = 0
        return self.of(side)

    def lose(self, missing: str, reason: str) -> None:
        """There are no keys, or none any more."""
        self._keys = None
        if self.reason is None:
            self.reason = Reason(missing, reason)
            self._link.note("cannot_decrypt", missing=missing, reason=reason)

    # One method for each message that matters.

    def _client_hello(self, side: Side, data: bytes) -> None:
        hello = parse(data)
        assert isinstance(hello, ClientHello)
        self.client_hello = hello

    def _server_hello(self, side: Side, data: bytes) -> str | None:
        hello = parse(data)
        assert isinstance(hello, ServerHello)
        self.server_hello = hello
        if hello.random == _RETRY:
            return "WAIT_SERVER_HELLO"
        return "WAIT_ENCRYPTED_EXTENSIONS" if self._tls13() else None

    def _certificate(self, side: Side, data: bytes) -> None:
        message = parse(data)
        assert isinstance(message, Certificate)
        if side == "server":
            self._full, self.chain = True, message.certificate_list

    def _server_key_exchange(self, side: Side, data: bytes) -> None:
        self._full = True

    def _client_key_exchange(self, side: Side, data: bytes) -> None:
        self._full = True
        agreed = self._agreed()
        if agreed is None:
            return
        message = parse(data)
        assert isinstance(message, ClientKeyExchange)
        encrypted = message.encrypted_pre_master_secret
        pre_master = self._pre_master(encrypted)
        if pre_master is not None:
            self._keys = derive(self._link, agreed, pre_master)
        else:
            self._from_master(agreed, self._secrets.master(agreed.client_random))
        self._remember(agreed.session_id)

    def _ticket(self, side: Side, data: bytes) -> None:
        message = parse(data)
        assert isinstance(message, NewSessionTicket)
        if self._keys is None and self.reason is None and not self._full:
            self._take_up()
        self._remember(message.ticket)

    # From secrets to keys.

    def _tls13(self) -> bool:
        if not self.is_tls13:
            return False
        random = self.client_hello.random if self.client_hello else b""
        extra = (
            " The key log has its traffic secrets: Wireshark can use them." if self._secrets.knows_tls13(random) else ""
        )
        self.lose(
            "the keys of TLS 1.3",
            "this is TLS 1.3, which encrypts everything after ServerHello with keys from (EC)DHE. The server's key "
            f"only signs, so it cannot decrypt (forward secrecy); minitls decrypts TLS 1.2.{extra}",
        )
        return True

    def _agreed(self) -> Agreed | None:
        """What the hellos settled, None (and the reason) if this is nothing that minitls decrypts."""
        client, server = self.client_hello, self.server_hello
        if client is None or server is None:
            self.lose("the hellos", "the capture does not hold both hellos, and every key depends on their randoms")
            return None
        if self.version != _TLS_1_2:
            told = version_name(self.version)
            self.lose(f"the rules of {told}", f"this is {told}; minitls knows the key schedule of TLS 1.2 only")
            return None
        suite = BY_CODE.get(server.cipher_suite)
        if suite is None:
            self.lose(*self._foreign_suite(client.random))
            return None
        if server.compression_method:
            self.lose("a decompressor", "the records are compressed, which minitls does not undo")
            return None
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

    def _foreign_suite(self, client_random: bytes) -> Reason:
        if "DHE" not in self.key_exchange and "ECDH" not in self.key_exchange:
            return Reason(f"the cipher of {self.suite}", f"{self.suite} is no cipher suite that minitls speaks")
        if self._secrets.master(client_random):
            return Reason(
                f"the cipher of {self.suite}",
                f"the key log has this connection's master secret, but {self.suite} is no suite that minitls decrypts",
            )
        return Reason(
            "the master secret: a key log",
            f"{self.suite} has forward secrecy: both sides drew fresh (EC)DHE keys for this connection and threw them "
            "away. The server's RSA key only signed, so it cannot decrypt what was recorded; a key log "
            "(SSLKEYLOGFILE) written at the time could",
        )

    def _pre_master(self, encrypted: bytes) -> bytes | None:
        """The pre-master secret by key log or by key, None if neither has it; told as derived if the key gave it."""
        assert self.client_hello is not None
        logged = self._secrets.pre_master(self.client_hello.random, encrypted)
        key = self._secrets.key
        if key is None or not self._fits():
            return logged
        version = self.client_hello.client_version
        opened = key_exchange.decrypt(key, encrypted, version, b"")
        if not opened:
            return logged
        self._link.derived(
            "pre_master_secret",
            "unpad(encrypted_pre_master_secret ^ d mod n)",
            {"encrypted_pre_master_secret": encrypted, "client_version": version},
            opened,
        )
        return opened

    def _fits(self) -> bool:
        """Whether the key belongs to the server's certificate."""
        try:
            public = x509.load_der_x509_certificate(self.chain[0]).public_key()
        except Exception:  # A certificate of any shape may stand here; the library documents no closed list of faults.
            return False
        key = self._secrets.key
        return (
            isinstance(public, RSAPublicKey)
            and key is not None
            and public.public_numbers() == key.public_key().public_numbers()
        )

    def _take_up(self) -> None:
        """An abbreviated handshake: the master secret is that of an earlier connection."""
        agreed = self._agreed()
        if agreed is None or self.client_hello is None:
            return
        if self._full:
            self.lose("the key exchange", "ClientKeyExchange is not in the capture")
            return
        offered = self.client_hello.extension(SessionTicket)
        ticket = offered.ticket if offered else b""
        echoed = self.client_hello.session_id == agreed.session_id != b""
        # With a ticket the server need not echo a session ID; then only what follows says so (RFC 5077 section 3.4).
        self._link.note("resumed" if echoed else "resumed_without_echo", by="ticket" if ticket else "session ID")
        known = self._secrets.master(agreed.client_random) or self._secrets.session(agreed.session_id, ticket)
        self._from_master(agreed, known)
        self._remember(agreed.session_id)

    def _from_master(self, agreed: Agreed, master: bytes | None) -> None:
        if master is None:
            self.lose(*self._no_secret(agreed))
            return
        session = Session(
            version=_TLS_1_2,
            cipher_suite=agreed.suite.code,
            master_secret=master,
            extended_master_secret=int(agreed.extended_master_secret),
            created=0,
            server_name=b"",
            session_id=agreed.session_id,
            ticket=b"",
            ticket_lifetime_hint=0,
            peer_certificates=(),
        )
        self._keys = take_up(self._link, agreed, session)

    def _no_secret(self, agreed: Agreed) -> Reason:
        """Which input is missing, with an RSA suite."""
        secrets = self._secrets
        in_log = f"client random {agreed.client_random.hex()[:16]}.. is not in the key log" if secrets.lines else ""
        if self.resumed:
            also = f"; {in_log}" if in_log else ""
            return Reason(
                "the master secret of the first connection",
                "the connection takes up an earlier session, so no ClientKeyExchange travels and even the server's RSA "
                f"key has nothing to open. Give a key log, or a capture that holds the first connection, too{also}",
            )
        if secrets.key is not None and not self._fits():
            also = f"; and {in_log}" if in_log else ""
            return Reason("the right key", f"the key given does not belong to the server's certificate{also}")
        if secrets.key is not None:
            return Reason(
                "a ClientKeyExchange that opens",
                "the key belongs to the certificate, but the ClientKeyExchange does not decrypt to a pre-master secret "
                "of the version offered: it was damaged, or made wrongly",
            )
        if in_log:
            return Reason("a line for this connection", in_log)
        return Reason("a secret", "neither the server's RSA key nor a key log was given")

    def _remember(self, name: bytes) -> None:
        if self._keys is not None:
            self._secrets.remember(name, self._keys.master_secret)

    def _verify_data(self, sender: Side) -> None:
        """What Finished should say, from everything before it (RFC 5246 section 7.4.9)."""
        if self._keys is None:
            return
        prf_hash = self._keys.agreed.suite.prf_hash
        transcript_hash = self._link.transcript.hash(prf_hash)
        self._link.derived(
            f"{sender}_verify_data",
            f'PRF(master_secret, "{sender} finished", Hash(handshake_messages))',
            {"hash": prf_hash, "master_secret": self._keys.master_secret, "handshake_hash": transcript_hash},
            key_schedule.verify_data(self._keys.master, sender, transcript_hash),
        )


_READERS: dict[str, Callable[[KeyFinder, Side, bytes], str | None]] = {
    "ClientHello": KeyFinder._client_hello,
    "ServerHello": KeyFinder._server_hello,
    "Certificate": KeyFinder._certificate,
    "ServerKeyExchange": KeyFinder._server_key_exchange,
    "ClientKeyExchange": KeyFinder._client_key_exchange,
    "NewSessionTicket": KeyFinder._ticket,
}
