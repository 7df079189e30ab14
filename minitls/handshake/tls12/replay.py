"""A TLS 1.2 handshake told by its messages: what follows from them, and from whatever secret is at hand.

    replay = Replay(tell)                       # tell: an observer, or None
    replay.message("client", data) ...          # every message in order, HelloRequest and ChangeCipherSpec left out
    replay.give(PRE_MASTER_SECRET, secret)      # or MASTER_SECRET: a key log's, a session's, a decrypted one
    replay.expand()                             # the key block, by way of the master secret
    replay.epoch_keys("client")                 # what a direction is protected with

Nobody takes part here: nothing is refused, no state is kept, nothing is drawn. Listeners, `trace check`, vectors and
grading all follow connections by this one class, and it follows them by the rows of `derivations.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ...crypto.overheard_suites import any_suite
from ...crypto.protection import DirectionKeys
from ...crypto.suites import Suite
from ...observe import SecretDerived, Side
from ...wire.codes import HandshakeType
from ...wire.extensions import EncryptThenMac, ExtendedMasterSecret
from ...wire.messages import (
    Certificate,
    ClientHello,
    ClientKeyExchange,
    HandshakeMessage,
    ServerHello,
    message_class,
    message_name,
)
from ..derivation import (
    Derivation,
    FromCertificate,
    FromDerivation,
    FromKey,
    FromMessage,
    FromRandom,
    FromSuite,
    FromTranscript,
    Source,
    Value,
)
from .derivations import (
    DERIVATIONS,
    EXTENDED_MASTER_SECRET,
    KEY_BLOCK,
    MASTER_SECRET,
    PRE_MASTER_SECRET,
    SESSION_HASH,
    VERIFY_DATA,
    declared,
)
from .key_schedule import KeyBlock, cut


class Missing(ValueError):
    """Something that a derivation needs is not known: says what."""

    def __str__(self) -> str:
        return f"{self.what} is not known"

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Said(NamedTuple):
    """A message of the transcript."""

    sender: Side
    data: bytes

    @property
    def name(self) -> str:
        """The RFC's name of it."""
        return message_name(self.data[0]) if self.data else ""


class Replay:
    """One connection. `values` holds every derived or given value by its name."""

    def __init__(self, tell: Callable[[SecretDerived], None] | None = None) -> None:
        self.client_hello: ClientHello | None = None
        self.server_hello: ServerHello | None = None
        self.exchanged: dict[str, HandshakeMessage] = {}
        """The messages whose form the key exchange decides, by the RFC's name."""
        self.certificates: dict[Side, tuple[bytes, ...]] = {}
        self.transcript: list[Said] = []
        self.values: dict[str, bytes] = {}
        self.draws: dict[str, list[bytes]] = {}
        """Random bytes by purpose, where they are known: those that a side told."""
        self._tell = tell
        self._derived: set[str] = set()
        """Which of the values were computed here: they fall with what they were computed from."""
        self._content = b""
        self._digests: dict[tuple[int, str], bytes] = {}
        """By length and hash: what was hashed already of the messages so far."""

    # What is heard.

    def message(self, sender: Side, data: bytes) -> None:
        """The next message. DecodeError if it cannot be read; it is in the transcript all the same."""
        self.transcript.append(Said(sender, data))
        self._content += data
        reader = _READ.get(data[0]) if data else None
        if reader is not None:
            reader(self, sender, data)

    def _client_hello(self, sender: Side, data: bytes) -> None:
        self.client_hello = ClientHello.decode(data)
        self._forget(*self._derived)

    def _server_hello(self, sender: Side, data: bytes) -> None:
        self.server_hello = ServerHello.decode(data)
        self._forget(*self._derived)

    def _certificate(self, sender: Side, data: bytes) -> None:
        self.certificates[sender] = Certificate.decode(data).certificate_list

    def _key_exchange(self, sender: Side, data: bytes) -> None:
        kind = message_class(data[0], self.suite.key_exchange or None) if self.suite is not None else None
        if kind is not None:
            self.exchanged[message_name(data[0])] = kind.decode(data)

    @property
    def client_key_exchange(self) -> ClientKeyExchange | None:
        """RSA's; None before it, or under another key exchange."""
        said = self.exchanged.get(ClientKeyExchange.__name__)
        return said if isinstance(said, ClientKeyExchange) else None

    @property
    def suite(self) -> Suite | None:
        """The suite that the ServerHello chose; None before it, or if its records cannot be opened."""
        return any_suite(self.server_hello.cipher_suite) if self.server_hello is not None else None

    @property
    def extended(self) -> bool:
        """Whether the hellos settled on the extended master secret (RFC 7627)."""
        return self.server_hello is not None and self.server_hello.extension(ExtendedMasterSecret) is not None

    @property
    def encrypt_then_mac(self) -> bool:
        """Whether the hellos settled on encrypt-then-MAC: an answer counts with CBC only (RFC 7366 section 3)."""
        is_cbc = self.suite is not None and self.suite.mode == "CBC"
        return is_cbc and self.server_hello is not None and self.server_hello.extension(EncryptThenMac) is not None

    def content(self, row: Derivation | None = None) -> bytes:
        """The messages so far. The message that carries the value of `row` does not count: nothing covers itself."""
        carrier, last = row.carried_by if row is not None else None, self.transcript[-1:]
        if carrier and last and (last[0].name, last[0].sender) == (carrier.message, carrier.sender):
            return self._content[: len(self._content) - len(last[0].data)]
        return self._content

    def _digest(self, row: Derivation) -> bytes:
        content, hash_name = self.content(row), self._agreed().prf_hash
        key = len(content), hash_name
        if key not in self._digests:
            self._digests = {key: hashlib.new(hash_name, content).digest()}
        return self._digests[key]

    def public_key(self, side: Side) -> Any:
        """The public key in a side's certificate, of any kind; None if it has shown none that can be read."""
        chain = self.certificates.get(side)
        try:
            return x509.load_der_x509_certificate(chain[0]).public_key() if chain else None
        except Exception:  # A certificate of any shape may stand here; the library documents no closed list of faults.
            return None

    # What is known.

    def give(self, row: Derivation, value: bytes) -> None:
        """A value that is known, wherever from: a key log, another connection, a private key.

        What was derived here from another value of this name is known no more.
        """
        if self.values.get(row.name) != value:
            self._forget(*(each.name for each in DERIVATIONS if _depends(each, row.name)))
        self.values[row.name] = value
        self._derived.discard(row.name)

    def _forget(self, *names: str) -> None:
        """Drop those of these values that were derived here, with all that was derived from them."""
        for name in names:
            if name in self._derived:
                self._derived.discard(name)
                del self.values[name]
                self._forget(*(row.name for row in DERIVATIONS if _depends(row, name)))

    def known(self, row: Derivation) -> bytes | None:
        """A value, given or derived; None if it is neither."""
        return self.values.get(row.name)

    def inputs(self, row: Derivation) -> dict[str, Value]:
        """What a row is computed from. Missing says what does not follow from what is known.

        Of a value that takes a private key, only what is told with it.
        """
        sources = row.sources if row.function is not None else row.inputs
        return {name: self._value(source, row) for name, source in sources.items()}

    def _value(self, source: Source, row: Derivation) -> Value:
        match source:
            case FromDerivation():
                return self._known_or_carried(source.name)
            case FromMessage():
                return self._field(source)
            case FromSuite():
                value: Value = getattr(self._agreed(), source.what)
                return value
            case FromTranscript():
                return self._digest(row) if source.hashed else self.content(row)
            case FromCertificate():
                return self._certified(source)
            case FromRandom():
                return self._drawing(source)
            case FromKey():  # pragma: no branch - there is no other kind of source.
                raise Missing(f"the {source.side}'s private key")

    def _known_or_carried(self, name: str) -> Value:
        """A derived value; one that the other side derived is read where it travels."""
        if name in self.values:
            return self.values[name]
        row = declared(name)
        if row is None or row.carried_by is None:
            raise Missing(name)
        return self._field(row.carried_by)

    def carried(self, row: Derivation) -> bytes | None:
        """The value as it came over the wire; None if it has not, or never does."""
        try:
            value = self._field(row.carried_by) if row.carried_by is not None else None
        except Missing:
            return None
        return value if isinstance(value, bytes) else None

    def _agreed(self) -> Suite:
        if self.suite is None:
            raise Missing("the cipher suite")
        return self.suite

    def _field(self, source: FromMessage) -> Value:
        message = {
            ClientHello.__name__: self.client_hello,
            ServerHello.__name__: self.server_hello,
            **self.exchanged,
        }.get(source.message)
        if not hasattr(message, source.field):
            raise Missing(source.message)
        value: Value = getattr(message, source.field)
        return value

    def _certified(self, source: FromCertificate) -> Value:
        key = self.public_key(source.side)
        if not isinstance(key, RSAPublicKey):
            raise Missing(f"the {source.side}'s RSA key")
        public, size = key.public_numbers(), (key.key_size + 7) // 8
        known: dict[str, Value] = {"size": size, "e": public.e, "n": public.n.to_bytes(size, "big")}
        return known[source.what]

    def _drawing(self, source: FromRandom) -> Callable[[int], bytes]:
        draws = iter(self.draws.get(source.purpose, ()))

        def draw(size: int) -> bytes:
            drawn = next(draws, None)
            if drawn is None:
                raise Missing(f"the random {source.purpose}")
            return drawn

        return draw

    # What follows.

    def derive(self, row: Derivation) -> bytes:
        """Compute a row from what is known, and tell it. Missing if something is not known."""
        output = row.compute(self.inputs(row))
        self.values[row.name] = output
        self._derived.add(row.name)
        self.tell(row, output)
        return output

    def tell(self, row: Derivation, output: bytes) -> None:
        """Tell the observer, if there is one, that somebody has computed a row."""
        if self._tell is not None:
            self._tell(row.observed(self.inputs(row), output))

    def master_secret(self) -> Derivation:
        """The row by which this connection's master secret comes about."""
        return EXTENDED_MASTER_SECRET if self.extended else MASTER_SECRET

    def expand(self) -> KeyBlock:
        """The keys of both directions, from the pre-master secret or from a master secret given. Missing otherwise."""
        if self.known(KEY_BLOCK) is None:
            if self.known(PRE_MASTER_SECRET) is not None:
                if self.extended:
                    self.derive(SESSION_HASH)
                self.derive(self.master_secret())
            self.derive(KEY_BLOCK)
        return cut(self.values[KEY_BLOCK.name], self._agreed())

    def epoch_keys(self, sender: Side) -> DirectionKeys:
        """What a side protects with after its ChangeCipherSpec. Missing if that does not follow."""
        return self.expand().of(sender)

    def verify_data(self, sender: Side) -> bytes:
        """What the sender's Finished must say, from everything before it (RFC 5246 section 7.4.9)."""
        return self.derive(VERIFY_DATA[sender])

    def expected_finished(self, sender: Side) -> bytes | None:
        """The same without telling; None if it does not follow."""
        row = VERIFY_DATA[sender]
        try:
            return row.compute(self.inputs(row))
        except Missing:
            return None


def _depends(row: Derivation, name: str) -> bool:
    return any(isinstance(source, FromDerivation) and source.name == name for source in row.sources.values())


_READ: dict[int, Callable[[Replay, Side, bytes], None]] = {
    HandshakeType.client_hello: Replay._client_hello,
    HandshakeType.server_hello: Replay._server_hello,
    HandshakeType.certificate: Replay._certificate,
    HandshakeType.server_key_exchange: Replay._key_exchange,
    HandshakeType.client_key_exchange: Replay._key_exchange,
}
