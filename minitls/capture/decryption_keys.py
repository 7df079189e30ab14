"""How a listener comes by the keys of one connection, or which input it lacks and why.

RSA key exchange, server's key     ClientKeyExchange opens, everything is derived as the server does
RSA key exchange, key log          from the pre-master secret (`RSA`) or the master secret (`CLIENT_RANDOM`)
resumed                            the master secret of the first connection: key log, or seen earlier in the capture
any other key exchange             the master secret by key log: the server's key only signs (forward secrecy)
TLS 1.3                            not opened
"""

from __future__ import annotations

from collections.abc import Callable

from ..crypto.protection import DirectionKeys
from ..crypto.suites import Suite
from ..errors import DecodeError
from ..handshake.tls12 import pre_master
from ..handshake.tls12.derivations import MASTER_SECRET, PRE_MASTER_SECRET
from ..handshake.tls12.key_schedule import KeyBlock
from ..handshake.tls12.replay import Missing, Replay
from ..handshake.tls12.states import State
from ..observe import Noted, Observer, Side
from ..trace.explain.meanings import version_name
from ..wire.messages import NewSessionTicket
from .hellos import Hellos
from .reasons import Reason, foreign_suite, no_secret, tls13
from .secrets import Secrets

_TLS_1_2 = 0x0303

Opened = tuple[Suite, DirectionKeys, bool, int]


class KeyFinder:
    """Reads the messages of one connection for what matters to its keys; tells an observer what it derives."""

    def __init__(self, secrets: Secrets, observer: Observer | None) -> None:
        self._observer, self._secrets = observer, secrets
        self._replay = Replay(observer)
        self.hellos = Hellos(self._replay)
        self.reason: Reason | None = None
        """Why there are no keys, None while they are there or not needed yet."""
        self.noted: set[str] = set()
        self._keys: tuple[Suite, KeyBlock, bool] | None = None
        """Suite, keys of both directions and encrypt-then-MAC, as they were when the keys were derived."""
        self._full = False
        self._sequence: dict[Side, int] = {"client": 0, "server": 0}

    # What the rest asks.

    @property
    def has_secrets(self) -> bool:
        """Whether a secret of the connection has become known, and told."""
        return self._replay.known(MASTER_SECRET) is not None or self._replay.known(PRE_MASTER_SECRET) is not None

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The server's certificates, DER."""
        return self._replay.certificates.get("server", ())

    @property
    def resumed(self) -> bool:
        """Whether the handshake was abbreviated: it came to new keys without a key exchange."""
        return self.hellos.server is not None and not self._full and not self.hellos.is_tls13

    def of(self, side: Side) -> Opened | None:
        """Suite, keys, encrypt-then-MAC and next sequence number of a direction, None if unknown."""
        if self._keys is None:
            return None
        suite, keys, encrypt_then_mac = self._keys
        return suite, keys.of(side), encrypt_then_mac, self._sequence[side]

    def count(self, side: Side) -> None:
        """One more record was opened."""
        self._sequence[side] += 1

    # What happens on the wire.

    def message(self, side: Side, name: str, data: bytes) -> State | None:
        """Take in a handshake message; where it leads the receiver, if its content says so."""
        if name == "HelloRequest":
            return None
        try:
            if name == "Finished" and self._keys is not None:
                self._replay.verify_data(side)
            self._replay.message(side, data)
            reader = _READERS.get(name)
            return reader(self, side, data) if reader is not None else None
        except DecodeError as wrong:
            self.lose("readable messages", f"{name} cannot be read: {wrong}")
        except Missing as missing:
            self.lose(missing.what, f"{name} came where {missing}")
        return None

    def changed(self, side: Side) -> Opened | None:
        """A side changes its cipher spec: the keys it uses from here on."""
        if self._keys is None and self.reason is None:
            self._resume()
        self._sequence[side] = 0
        return self.of(side)

    def lose(self, missing: str, reason: str, in_vain: bool = False) -> None:
        """There are no keys, or none any more; `in_vain`: the secret given is another connection's."""
        self._keys = None
        if self.reason is None:
            # A key that opened the ClientKeyExchange is the right one, whatever else is wrong.
            in_vain = in_vain and self._replay.known(PRE_MASTER_SECRET) is None
            other_key = self._secrets.key is not None and bool(self.chain) and not self._secrets.fits(self.chain)
            self.reason = Reason(missing, reason, in_vain or other_key)
            self._note("cannot_decrypt", missing=missing, reason=reason)

    def _note(self, id: str, **values: object) -> None:
        if self._observer:
            self._observer(Noted(id, values))

    # One method for each message that matters.

    def _server_hello(self, side: Side, data: bytes) -> State | None:
        if self.hellos.asks_again:
            return State.WAIT_SERVER_HELLO
        if not self.hellos.is_tls13:
            return None
        self.lose(*tls13(self.hellos, self._secrets))
        return State.WAIT_ENCRYPTED_EXTENSIONS

    def _certificate(self, side: Side, data: bytes) -> None:
        self._full = self._full or side == "server"

    def _server_key_exchange(self, side: Side, data: bytes) -> None:
        self._full = True

    def _client_key_exchange(self, side: Side, data: bytes) -> None:
        self._full = True
        if not self._spoken():
            return
        secret = self._pre_master()
        if secret is not None:
            self._replay.give(PRE_MASTER_SECRET, secret)
            self._keys = self._expanded()
        else:
            self._from_master(self._secrets.master(self.hellos.client_random))
        self._remember(self.hellos.session_id)

    def _ticket(self, side: Side, data: bytes) -> None:
        message = NewSessionTicket.decode(data)
        if self._keys is None and self.reason is None and not self._full:
            self._resume()
        self._remember(message.ticket)

    # From secrets to keys.

    def _spoken(self) -> bool:
        """Whether minitls knows how to decrypt what the hellos settled; the reason is told if it does not."""
        hellos = self.hellos
        server = hellos.server
        if hellos.client is None or server is None:
            self.lose("the hellos", "the capture does not hold both hellos, and every key depends on their randoms")
        elif hellos.version != _TLS_1_2:
            version = version_name(hellos.version)
            self.lose(f"the rules of {version}", f"this is {version}; minitls knows the key schedule of TLS 1.2 only")
        elif self._replay.suite is None:
            self.lose(*foreign_suite(hellos, self._secrets))
        elif server.compression_method:
            self.lose("a decompressor", "the records are compressed, which minitls does not undo")
        else:
            return True
        return False

    def _pre_master(self) -> bytes | None:
        """The pre-master secret by key log or by key, None if neither has it; told as derived if the key gave it."""
        message = self._replay.client_key_exchange
        if message is None:
            return None
        encrypted, version = message.encrypted_pre_master_secret, self.hellos.client_version
        logged = self._secrets.pre_master(self.hellos.client_random, encrypted)
        key = self._secrets.key
        if key is None or (self.chain and not self._secrets.fits(self.chain)):
            return logged
        opened = pre_master.decrypt(key, encrypted, version, b"")
        if not opened:
            return logged
        self._replay.tell(PRE_MASTER_SECRET, opened)
        return opened

    def _resume(self) -> None:
        """An abbreviated handshake: the master secret is that of an earlier connection."""
        if not self._spoken():
            return
        if self._full:
            self.lose("the key exchange", "ClientKeyExchange is not in the capture")
            return
        ticket = self.hellos.ticket
        # Without an echo only what follows says that the session is resumed.
        id = "resumed" if self.hellos.echoed else "resumed_without_echo"
        self._note(id, by="ticket" if ticket else "session ID")
        known = self._secrets.master(self.hellos.client_random)
        self._from_master(known or self._secrets.session(self.hellos.session_id, ticket))
        self._remember(self.hellos.session_id)

    def _from_master(self, master: bytes | None) -> None:
        if master is None:
            fits = self._secrets.fits(self.chain) if self.chain else None
            self.lose(*no_secret(self.hellos, self._secrets, self.resumed, fits))
            return
        self._replay.give(MASTER_SECRET, master)
        self._keys = self._expanded()

    def _expanded(self) -> tuple[Suite, KeyBlock, bool]:
        keys, suite = self._replay.expand(), self._replay.suite
        assert suite is not None  # The key block's length is the suite's.
        return suite, keys, self._replay.encrypt_then_mac

    def _remember(self, name: bytes) -> None:
        master = self._replay.known(MASTER_SECRET)
        if self._keys is not None and master is not None:
            self._secrets.remember(name, master)


_READERS: dict[str, Callable[[KeyFinder, Side, bytes], State | None]] = {
    "ServerHello": KeyFinder._server_hello,
    "Certificate": KeyFinder._certificate,
    "ServerKeyExchange": KeyFinder._server_key_exchange,
    "ClientKeyExchange": KeyFinder._client_key_exchange,
    "NewSessionTicket": KeyFinder._ticket,
}
