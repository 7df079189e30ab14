"""How a listener comes by the keys of one connection, or which input he lacks and why.

RSA key exchange, server's key     ClientKeyExchange opens, everything is derived as the server does
RSA key exchange, key log          from the pre-master secret (`RSA`) or the master secret (`CLIENT_RANDOM`)
resumed                            the master secret of the first connection: key log, or seen earlier in the capture
(EC)DHE, TLS 1.3                   the server's key only signs: forward secrecy
"""

from __future__ import annotations

from collections.abc import Callable

from ..crypto.protection import DirectionKeys
from ..crypto.suites import BY_CODE, Suite
from ..errors import DecodeError
from ..handshake.hello import Agreed
from ..handshake.link import Link
from ..handshake.session import Session
from ..handshake.tls12 import key_exchange, key_schedule
from ..handshake.tls12.keys import Keys, derive, take_up
from ..handshake.tls12.states import State
from ..observe import Side
from ..wire.messages import Certificate, ClientHello, ClientKeyExchange, NewSessionTicket, ServerHello
from .capture_hellos import Hellos
from .capture_reasons import Reason, foreign_suite, no_secret, tls13
from .capture_secrets import Secrets
from .meanings import version_name

_TLS_1_2 = 0x0303

Opened = tuple[Suite, DirectionKeys, bool, int]


class KeyFinder:
    """Reads the messages of one connection for what matters to its keys; tells the link's observer what it derives."""

    def __init__(self, link: Link, secrets: Secrets) -> None:
        self._link, self._secrets = link, secrets
        self.hellos = Hellos()
        self.chain: tuple[bytes, ...] = ()
        self.reason: Reason | None = None
        """Why there are no keys, None while they are there or not needed yet."""
        self.noted: set[str] = set()
        self._keys: Keys | None = None
        self._full = False
        self._sequence: dict[Side, int] = {"client": 0, "server": 0}

    # What the rest asks.

    @property
    def resumed(self) -> bool:
        """Whether the handshake was abbreviated: it came to new keys without a key exchange."""
        return self.hellos.server is not None and not self._full and not self.hellos.is_tls13

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

    def message(self, side: Side, name: str, data: bytes) -> State | None:
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
        self.hellos.client = ClientHello.decode(data)

    def _server_hello(self, side: Side, data: bytes) -> State | None:
        self.hellos.server = ServerHello.decode(data)
        if self.hellos.asks_again:
            return State.WAIT_SERVER_HELLO
        if not self.hellos.is_tls13:
            return None
        self.lose(*tls13(self.hellos, self._secrets))
        return State.WAIT_ENCRYPTED_EXTENSIONS

    def _certificate(self, side: Side, data: bytes) -> None:
        message = Certificate.decode(data)
        if side == "server":
            self._full, self.chain = True, message.certificate_list

    def _server_key_exchange(self, side: Side, data: bytes) -> None:
        self._full = True

    def _client_key_exchange(self, side: Side, data: bytes) -> None:
        self._full = True
        agreed = self._agreed()
        if agreed is None:
            return
        message = ClientKeyExchange.decode(data)
        encrypted = message.encrypted_pre_master_secret
        pre_master = self._pre_master(encrypted)
        if pre_master is not None:
            self._keys = derive(self._link, agreed, pre_master)
        else:
            self._from_master(agreed, self._secrets.master(agreed.client_random))
        self._remember(agreed.session_id)

    def _ticket(self, side: Side, data: bytes) -> None:
        message = NewSessionTicket.decode(data)
        if self._keys is None and self.reason is None and not self._full:
            self._take_up()
        self._remember(message.ticket)

    # From secrets to keys.

    def _agreed(self) -> Agreed | None:
        """What the hellos settled, None (and the reason) if this is nothing that minitls decrypts."""
        hellos = self.hellos
        server = hellos.server
        if hellos.client is None or server is None:
            self.lose("the hellos", "the capture does not hold both hellos, and every key depends on their randoms")
            return None
        if hellos.version != _TLS_1_2:
            told = version_name(hellos.version)
            self.lose(f"the rules of {told}", f"this is {told}; minitls knows the key schedule of TLS 1.2 only")
            return None
        suite = BY_CODE.get(server.cipher_suite)
        if suite is None:
            self.lose(*foreign_suite(hellos, self._secrets))
            return None
        if server.compression_method:
            self.lose("a decompressor", "the records are compressed, which minitls does not undo")
            return None
        return hellos.agreed(suite)

    def _pre_master(self, encrypted: bytes) -> bytes | None:
        """The pre-master secret by key log or by key, None if neither has it; told as derived if the key gave it."""
        client = self.hellos.client
        assert client is not None
        logged = self._secrets.pre_master(client.random, encrypted)
        key = self._secrets.key
        if key is None or not self._secrets.fits(self.chain):
            return logged
        version = client.client_version
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

    def _take_up(self) -> None:
        """An abbreviated handshake: the master secret is that of an earlier connection."""
        agreed = self._agreed()
        if agreed is None:
            return
        if self._full:
            self.lose("the key exchange", "ClientKeyExchange is not in the capture")
            return
        ticket = self.hellos.ticket
        # Without an echo only what follows says that the session is taken up.
        id = "resumed" if self.hellos.echoed else "resumed_without_echo"
        self._link.note(id, by="ticket" if ticket else "session ID")
        known = self._secrets.master(agreed.client_random) or self._secrets.session(agreed.session_id, ticket)
        self._from_master(agreed, known)
        self._remember(agreed.session_id)

    def _from_master(self, agreed: Agreed, master: bytes | None) -> None:
        if master is None:
            self.lose(*no_secret(self.hellos, self._secrets, self.resumed, self._secrets.fits(self.chain)))
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


_READERS: dict[str, Callable[[KeyFinder, Side, bytes], State | None]] = {
    "ClientHello": KeyFinder._client_hello,
    "ServerHello": KeyFinder._server_hello,
    "Certificate": KeyFinder._certificate,
    "ServerKeyExchange": KeyFinder._server_key_exchange,
    "ClientKeyExchange": KeyFinder._client_key_exchange,
    "NewSessionTicket": KeyFinder._ticket,
}
