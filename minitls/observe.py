"""What an observer is told while a connection runs.

An observer is any callable that takes one Observation. It is called in the order in which things happen; if it raises,
that ends the connection as any other fault does. Without one, nothing here is ever built. Every byte string is whole
and as it was on the wire or in memory: observations hold secrets. Nothing is told twice, and what can be computed from
what was told is not told: the intermediates of a derivation, the fields of a message and the parts of a protected
record are the business of `minitls.trace`, which derives them again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

Side = Literal["client", "server"]


class RandomDrawn(NamedTuple):
    """`config.random` was asked for bytes. Purposes: hello random, session ID, pre-master secret, padding, IV."""

    purpose: str
    bytes: bytes


class RecordSeen(NamedTuple):
    """A record was sent or received: header (5 bytes) and fragment as on the wire. The first of `sender` is 0."""

    sender: Side
    number: int
    header: bytes
    fragment: bytes


class MessageSeen(NamedTuple):
    """A handshake message (header included), ChangeCipherSpec, or alert (2 bytes), in the clear.

    `records` are the numbers, among the records of `sender`, of those that carried it.
    """

    sender: Side
    type: str
    bytes: bytes
    records: tuple[int, ...]


class StateEntered(NamedTuple):
    """The own state machine moved; `because` names the message that moved it, None at the start."""

    side: Side
    from_state: str
    to_state: str
    because: str | None


class SecretDerived(NamedTuple):
    """A secret or check value was computed: formula in the RFC's notation, its inputs by name, its output.

    Names: "pre_master_secret", "pkcs1_block", "encrypted_pre_master_secret", "session_hash", "master_secret",
    "key_block", "client_verify_data", "server_verify_data", "certificate_verify".
    """

    name: str
    formula: str
    inputs: Mapping[str, bytes | str | int]
    output: bytes


class KeysChanged(NamedTuple):
    """From here on `sender`'s records are protected: keys as cut from the key block."""

    sender: Side
    suite: str
    encrypt_then_mac: bool
    mac_key: bytes
    key: bytes
    fixed_iv: bytes


class RecordProtected(NamedTuple):
    """What a protected record holds. `opened` tells unprotecting from protecting; `sequence` counts from 0."""

    sender: Side
    number: int
    opened: bool
    sequence: int
    type: int
    plaintext: bytes


class CertificateChecked(NamedTuple):
    """A certificate chain was judged; `steps` are `pki.verdict.RuleResult`s as mappings, in the order of judging.

    `inputs` holds what the judgement depends on besides the chain: name, time, purpose, trusted roots used.
    """

    chain: tuple[bytes, ...]
    accepted: bool
    inputs: Mapping[str, object]
    steps: tuple[Mapping[str, object], ...]


class AlertSeen(NamedTuple):
    """An alert was sent or received; `description` is its number."""

    sender: Side
    level: int
    description: int


class DataSeen(NamedTuple):
    """Application data was sent or received, in the record `number` of `sender`."""

    sender: Side
    number: int
    bytes: bytes


class Noted(NamedTuple):
    """Anything else worth telling: a stable id and its values ("resumed", "hello_request_ignored", "failure")."""

    id: str
    values: Mapping[str, object]


Observation = (
    RandomDrawn
    | RecordSeen
    | MessageSeen
    | StateEntered
    | SecretDerived
    | KeysChanged
    | RecordProtected
    | CertificateChecked
    | AlertSeen
    | DataSeen
    | Noted
)
Observer = Callable[[Observation], None]
