"""Who knows what, step by step: the two sides, an eavesdropper, and an eavesdropper who has the server's RSA key.

An eavesdropper learns what travels in the clear. With the key he also opens ClientKeyExchange, and from there derives
all that the two sides derive: RSA key exchange has no forward secrecy. A resumed connection shows him no
ClientKeyExchange, so there even the key does not help; he needs the master secret of the first connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from ..wire.messages import HEADER_SIZE, ClientKeyExchange
from .events import Chair, Derive, Elided, Hex, Message
from .jsonl import Trace
from .values import NotInTrace, resolve

Viewer = Literal["client", "server", "eavesdropper", "keyholder"]
VIEWERS: tuple[Viewer, ...] = ("client", "server", "eavesdropper", "keyholder")
#: What the key exchange gives to whoever can open it, in the order of derivation.
KEY_EXCHANGE_SECRETS = ("pre_master_secret", "master_secret", "key_block")
#: Derived values that travel, or that anybody can compute from what travelled.
PUBLIC = frozenset(("encrypted_pre_master_secret", "session_hash", "certificate_verify"))


class Secret(NamedTuple):
    """One value that somebody knows. `public` ones everybody who listens knows as well."""

    name: str
    value: Hex
    public: bool


Known = Mapping[Viewer, tuple[Secret, ...]]


def learned(knows: Known, message: Message | None, derive: Derive | None, side: Chair, trace: Trace) -> Known:
    """What each viewer knows after one more step."""
    if message is not None:
        return _from_message(knows, message, trace)
    return _from_derivation(knows, derive, side, trace) if derive is not None else knows


def _from_message(knows: Known, message: Message, trace: Trace) -> Known:
    data = message.bytes
    if isinstance(data, Elided):
        return knows
    if message.type in ("ClientHello", "ServerHello"):
        name = "client_random" if message.type == "ClientHello" else "server_random"
        return _add(knows, VIEWERS, Secret(name, data[HEADER_SIZE + 2 : HEADER_SIZE + 34], True))
    if message.type == ClientKeyExchange.__name__ and trace.key_exchange == ClientKeyExchange.key_exchange:
        knows = _add(knows, VIEWERS, Secret("encrypted_pre_master_secret", data[HEADER_SIZE + 2 :], True))
        for name in KEY_EXCHANGE_SECRETS:
            value = _value_of(name, trace)
            if value is not None:
                knows = _add(knows, ("keyholder",), Secret(name, value, False))
    return knows


def _from_derivation(knows: Known, derive: Derive, side: Chair, trace: Trace) -> Known:
    # An observer derives with a key or a key log; the two sides, whom he watches, know as much.
    viewers: tuple[Viewer, ...] = ("client", "server", "keyholder") if side == "observer" else (side,)
    if derive.name == "pkcs1_block":
        knows = _add(knows, viewers, Secret("pre_master_secret", _resolved(trace, derive, "pre_master_secret"), False))
    if derive.name == "key_block":
        knows = _add(knows, viewers, Secret("master_secret", _resolved(trace, derive, "master_secret"), False))
    return _add(knows, viewers, Secret(derive.name, derive.output, derive.name in PUBLIC))


def _resolved(trace: Trace, derive: Derive, name: str) -> Hex:
    value = derive.inputs.get(name, Elided(0, None))
    try:
        return resolve(trace, value)
    except NotInTrace:
        return value if isinstance(value, Elided) else Elided(0, None)


def _value_of(name: str, trace: Trace) -> Hex | None:
    for event in trace.events:
        if isinstance(event, Derive):
            if event.name == name:
                return event.output
            if name == "pre_master_secret" and event.name == "pkcs1_block":
                return _resolved(trace, event, name)
    return None


def _add(knows: Known, viewers: tuple[Viewer, ...], secret: Secret) -> Known:
    return {
        viewer: (*known, secret) if viewer in viewers and all(secret.name != each.name for each in known) else known
        for viewer, known in knows.items()
    }
