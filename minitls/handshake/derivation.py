"""How a derived value is declared: once, as messages are, whatever the protocol version.

A row (`Derivation`) says what a value is called, by which formula it comes about, where each input is from, whether it
is a secret, and what carries it. Flows compute by it (`Link.derive`), a listener does (`tls12.replay`), `trace check`
derives again by it; intermediates, one-liners, pictures, redaction, who-knows-what and key logs read the same row.

The functions themselves are those of a version's key schedule, pure and as short as the RFC's formulas. A function that
uses a PRF is given the keyed PRF; given one that tells (`crypto.prf.TellingPRF`), it tells its own intermediates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Literal, NamedTuple, dataclass_transform

from ..crypto.prf import PRF, HMACStep, TellingPRF
from ..crypto.suites import Suite
from ..observe import SecretDerived, Side

# Where an input comes from.


@dataclass_transform(frozen_default=True)
class Declaration:
    """Fields as annotated, and nothing else. A NamedTuple would cost ten times as much to define, at every import."""

    _fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls._fields = tuple(cls.__annotations__)

    def __init__(self, *args: Any, **given: Any) -> None:
        self.__dict__.update(zip(self._fields, args, strict=False), **given)


class FromMessage(Declaration):
    """A field of a message that travels in the clear."""

    message: str
    field: str
    sender: Side


class FromCertificate(Declaration):
    """A property of the public key in a side's own certificate."""

    side: Side
    what: str


class FromSuite(Declaration):
    """A property of the cipher suite that the hellos settled."""

    what: str


class FromTranscript(Declaration):
    """All handshake messages before this one: their bytes, or their hash."""

    hashed: bool


class FromRandom(Declaration):
    """Bytes that a side draws, by the purpose it draws them for."""

    purpose: str


class FromDerivation(Declaration):
    """Another derived value, by name."""

    name: str


class FromKey(Declaration):
    """What only the owner of a private key can compute with it."""

    side: Side


Source = FromMessage | FromCertificate | FromSuite | FromTranscript | FromRandom | FromDerivation | FromKey
#: Sources whose values anybody has who listens.
OVERHEARD = (FromMessage, FromCertificate, FromSuite, FromTranscript)

#: Who may see a derived value: everybody who listens; whoever opens the record that it travels in; nobody else than
#: the two sides.
Exposure = Literal["public", "protected", "secret"]
#: An input while it is computed with: bytes, a number, a name; a secret may come as the PRF keyed with it, chance as
#: something to draw from.
Value = bytes | int | str | PRF | Suite | Callable[[int], bytes]
#: An input as it is told.
Plain = bytes | int | str


#: A piece of a derived value, from where the one before it ends: its name and its length in bytes.
Slice = tuple[str, int]


class KeyLogLine(Declaration):
    """A line of a key log (SSLKEYLOGFILE, RFC 9850): label, what identifies the connection, the secret."""

    label: str
    identity: str
    """The name of an input (or of the row itself) whose first `identity_size` bytes are told."""
    identity_size: int
    secret: str
    """The name of an input, or of the row itself."""


class Derivation(NamedTuple):
    """One row: a value that is derived, and everything there is to know of it besides its bytes."""

    name: str
    """The RFC's name, as it stands in traces and vectors."""
    formula: str
    """In the RFC's notation; a name in braces stands for the value of an input."""
    inputs: Mapping[str, Source]
    """What is told with the value, in the order in which it is told."""
    function: Callable[..., bytes] | None = None
    """Of the values named in `arguments`, behind the keyed PRF if there is one. None for what takes a private key: it
    can be told and sometimes verified, not made again."""
    arguments: tuple[str, ...] = ()
    untold: Mapping[str, Source] = MappingProxyType({})
    """What the value depends on besides `inputs`, but is not told with it, because it can be seen elsewhere."""
    keyed_by: str = ""
    """The input that keys the PRF, "" if there is no PRF."""
    exposure: Exposure = "secret"
    carried_by: FromMessage | None = None
    """The field that carries the value itself over the wire."""
    slices: Callable[[Mapping[str, Any], bytes], tuple[Slice, ...]] | None = None
    """Of the inputs and the output: how the value is cut; None for one that stays whole."""
    key_log: KeyLogLine | None = None

    def compute(self, values: Mapping[str, Value]) -> bytes:
        """The value, of inputs by name; a secret that keys may be bytes, or the PRF keyed with them already."""
        assert self.function is not None
        given = map(values.__getitem__, self.arguments)
        if not self.keyed_by:
            return self.function(*given)
        secret = values[self.keyed_by]
        return self.function(secret if isinstance(secret, PRF) else PRF(str(values["hash"]), _bytes(secret)), *given)

    @property
    def sources(self) -> dict[str, Source]:
        """Everything that the value depends on."""
        return {**self.inputs, **self.untold}

    def prf_call(self, values: Mapping[str, Value]) -> TellingPRF | None:
        """The one call of the PRF that gives the value: label, seed, length, every HMAC; None if there is no PRF."""
        if not self.keyed_by:
            return None
        assert self.function is not None
        telling = TellingPRF(str(values["hash"]), _bytes(values[self.keyed_by]))
        self.function(telling, *[values[name] for name in self.arguments])
        return telling

    def steps(self, values: Mapping[str, Value]) -> tuple[HMACStep, ...]:
        """Every HMAC on the way, empty for a value that takes none."""
        telling = self.prf_call(values)
        return tuple(telling.steps) if telling is not None else ()

    def observed(self, values: Mapping[str, Value], output: bytes) -> SecretDerived:
        """What an observer is told: the formula with its braces filled, the inputs in the order given, the value."""
        shown = {name: plain(value) for name, value in values.items()}
        inputs = {name: value for name, value in shown.items() if name in self.inputs}
        return SecretDerived(self.name, self.formula.format_map(shown), inputs, output)


def plain(value: Value) -> Plain:
    """An input, plain: the secret of a keyed PRF, the name of a suite."""
    if isinstance(value, bytes | int | str):
        return value
    if isinstance(value, PRF):
        return value.secret
    return value.name if isinstance(value, Suite) else ""


def _bytes(value: Value) -> bytes:
    secret = plain(value)
    assert isinstance(secret, bytes)
    return secret
