"""Who else can read a connection: whatever is said of it anywhere is looked up here, not written down by the way.

    "keyholder"              whoever listens and has the server's private key: RSA key exchange has no forward secrecy
    "keyholder of the first" the same, if the handshake in which the session began was recorded, too
    "nobody"                 none but the two sides
    "unsaid"                 the key exchange is one that no row here derives: static (EC)DH, where the server's key
                             helps, pre-shared keys, where they help, and others

It follows from the declared derivations: what a listener finds in the clear, and what the key opens of it. A test lets
`trace from-capture` try each of them.
"""

from __future__ import annotations

from typing import Literal

from ...handshake.derivation import OVERHEARD, FromDerivation, FromKey, Source
from ...handshake.tls12.derivations import EXCHANGED, MASTER_SECRET
from ...wire.messages import KeyExchange
from .step import Step

WhoElse = Literal["keyholder", "keyholder of the first", "nobody", "unsaid"]


def reader_of(step: Step, name: str = "") -> WhoElse:
    """Who besides the two sides has the value `name` after this step; without a name, any secret of theirs."""
    known = [secret for secret in step.knows.get("keyholder", ()) if not secret.public]
    if any(not name or secret.name == name for secret in known):
        return "keyholder"
    if step.key_exchange is None:
        return "unsaid"
    # The key would open this key exchange, but none was seen: the session was resumed, with the suite it began with.
    return "keyholder of the first" if key_opens(step.key_exchange) else "nobody"


def key_opens(key_exchange: KeyExchange | None) -> bool:
    """Whether the server's private key gives a listener the master secret of a full handshake."""
    known: set[str] = set()
    for row in (*EXCHANGED.get(key_exchange, ()), MASTER_SECRET) if key_exchange is not None else ():
        if all(_has(source, known) for source in row.sources.values()):
            known.add(row.name)
    return MASTER_SECRET.name in known


def _has(source: Source, known: set[str]) -> bool:
    if isinstance(source, FromDerivation):
        return source.name in known
    return isinstance(source, OVERHEARD) or (isinstance(source, FromKey) and source.side == "server")
