"""Who knows what, step by step: the two sides, an eavesdropper, and an eavesdropper who has the server's private key.

An eavesdropper learns what travels in the clear. With the key it also opens what was locked to that key, and from there
derives all that follows: RSA key exchange has no forward secrecy. A resumed connection shows it no ClientKeyExchange,
so there even the key does not help; it needs the master secret of the first connection. What follows from what is read
off the declared derivations, so another key exchange has its own answer here without a line of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from ...errors import DecodeError
from ...handshake.derivation import FromDerivation, FromKey, FromMessage, FromRandom, Source
from ...handshake.tls12.derivations import DERIVATIONS, declared
from ...wire.messages import parse
from ..file.events import Derive, Elided, Hex, Message, VantagePoint
from ..file.jsonl import Trace
from ..file.values import NotInTrace, resolve

Viewer = Literal["client", "server", "eavesdropper", "keyholder"]
VIEWERS: tuple[Viewer, ...] = ("client", "server", "eavesdropper", "keyholder")
#: Derived values that travel in the clear, or that anybody can compute from what travelled.
PUBLIC = frozenset(row.name for row in DERIVATIONS if row.exposure == "public")


class Secret(NamedTuple):
    """One value that somebody knows. `public` ones everybody who listens knows as well."""

    name: str
    value: Hex
    public: bool


Known = Mapping[Viewer, tuple[Secret, ...]]


def learned(knows: Known, message: Message | None, derive: Derive | None, side: VantagePoint, trace: Trace) -> Known:
    """What each viewer knows after one more step."""
    if message is not None:
        return _from_message(knows, message, trace)
    return _from_derivation(knows, derive, side, trace) if derive is not None else knows


def _from_message(knows: Known, message: Message, trace: Trace) -> Known:
    """What travels in the clear everybody knows; what only the server's private key opens, the keyholder as well."""
    if isinstance(message.bytes, Elided):
        return knows
    for name, source in ((name, source) for row in DERIVATIONS for name, source in row.inputs.items()):
        if isinstance(source, FromMessage) and (source.message, source.sender) == (message.type, message.sender):
            value = _field(message.bytes, source, trace)
            if isinstance(value, bytes):
                knows = _add(knows, VIEWERS, Secret(name, value, True))
    for row in DERIVATIONS:
        # The rows stand in the order of the handshake, so what follows from what follows is found in one pass.
        if row.exposure == "secret" and all(_has_key(source, name, knows) for name, source in row.sources.items()):
            value = _value_of(row.name, trace)
            if value is not None:
                knows = _add(knows, ("keyholder",), Secret(row.name, value, False))
    return knows


def _field(data: bytes, source: FromMessage, trace: Trace) -> object:
    try:
        return getattr(parse(data, trace.key_exchange), source.field, None)
    except DecodeError:
        return None


def _has_key(source: Source, name: str, knows: Known) -> bool:
    """Whether an eavesdropper with the server's private key has an input by now."""
    names = {each.name for each in knows["keyholder"]}
    match source:
        case FromDerivation():
            return name in names or name in PUBLIC
        case FromMessage(field="client_version"):
            return True
        case FromMessage():
            return name in names
        case FromKey(side=side):
            return side == "server"
        case FromRandom():
            return False
    return True


def _from_derivation(knows: Known, derive: Derive, side: VantagePoint, trace: Trace) -> Known:
    # What an observer derives the two sides, whom it watches, know; it may have more than the key, such as a key log.
    viewers: tuple[Viewer, ...] = ("client", "server") if side == "observer" else (side,)
    row = declared(derive.name, derive.inputs)
    for name, source in row.inputs.items() if row is not None else ():
        # Secrets that are no events of their own: chosen by a side, or brought from another connection.
        if isinstance(source, FromDerivation) and _is_secret(name) and name in derive.inputs:
            knows = _add(knows, viewers, Secret(name, _resolved(trace, derive, name), False))
    return _add(knows, viewers, Secret(derive.name, derive.output, row is not None and row.exposure == "public"))


def _is_secret(name: str) -> bool:
    row = declared(name)
    return row is not None and row.exposure == "secret"


def _resolved(trace: Trace, derive: Derive, name: str) -> Hex:
    value = derive.inputs.get(name, Elided(0, None))
    try:
        return resolve(trace, value)
    except NotInTrace:
        return value if isinstance(value, Elided) else Elided(0, None)


def _value_of(name: str, trace: Trace) -> Hex | None:
    """The value of this name wherever the trace tells it: as a result, or as an input of another."""
    for event in trace.events:
        if isinstance(event, Derive):
            if event.name == name:
                return event.output
            if name in event.inputs:
                return _resolved(trace, event, name)
    return None


def _add(knows: Known, viewers: tuple[Viewer, ...], secret: Secret) -> Known:
    return {
        viewer: (*known, secret) if viewer in viewers and all(secret.name != each.name for each in known) else known
        for viewer, known in knows.items()
    }
