"""The events of a trace: what happened on one connection, in order, as seen from one or both endpoints.

Every kind is declared once, as a frozen dataclass whose fields say how they travel in JSON and where they come from:

    given     an input that nothing else determines: random bytes, a time, a choice, a name
    wire      bytes that travelled
    derived   computed from given and wire values; `minitls trace check` computes it again

The reader, the writer and `schema.json` are all made from these declarations. An event is told from an endpoint
(`by`), so in the trace of a demo, where both endpoints write, a record stands twice: as sent and as received.
`story.py` joins them.

Byte strings are hex, an int that refers to another event is its number `n`. In `Derive.inputs` a value is hex, or the
number of the event that holds it (`value_of`), or a list of numbers: those messages one after the other.
"""

# `json_key` below makes a dataclass field as `field` does, which ruff cannot know.
# ruff: noqa: RUF009

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal, NamedTuple

from ...observe import Side

VERSION = 1
VantagePoint = Literal["client", "server", "observer"]
SIDES: tuple[Side, ...] = ("client", "server")
VANTAGE_POINTS: tuple[VantagePoint, ...] = ("client", "server", "observer")
Origin = Literal["given", "wire", "derived"]
#: How a field travels. "hex" may be elided, "ref" is the number of an earlier event, "refs" a list of those.
Form = Literal["int", "text", "flag", "side", "hex", "ref", "refs", "ref?", "inputs", "steps", "values"]


class Elided(NamedTuple):
    """Stands for bytes that were left out because there were too many, or hidden by `redact` (no digest then)."""

    length: int
    sha256: str | None


class Computed(NamedTuple):
    """One intermediate of a derivation: its name, what went in (None where it is just a slice), what came out."""

    name: str
    input: bytes | None
    output: bytes


Hex = bytes | Elided
Input = bytes | Elided | int | tuple[int, ...]


class Key(NamedTuple):
    """How one field of an event travels."""

    json: str
    form: Form
    origin: Origin
    meaning: str


def json_key(form: Form, origin: Origin, meaning: str, name: str = "") -> Any:
    """Declare a field; `name` is its JSON key where Python's name differs."""
    return field(metadata={"form": form, "origin": origin, "meaning": meaning, "json": name})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What all events have: number from 1, seconds since the start, and whose endpoint tells it."""

    event: ClassVar[str]
    n: int
    t: float
    by: VantagePoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Random(Event):
    """Random bytes were drawn."""

    event: ClassVar[str] = "random"
    purpose: str = json_key("text", "given", "what they are for")
    bytes: Hex = json_key("hex", "given", "the bytes drawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Event):
    """A record was sent or received (RFC 5246 section 6.2)."""

    event: ClassVar[str] = "record"
    sender: Side = json_key("side", "given", "who sent it", "from")
    number: int = json_key("int", "given", "counts the records of this sender from 0")
    header: Hex = json_key("hex", "wire", "type, version, length: 5 bytes")
    fragment: Hex = json_key("hex", "wire", "what the header announces, as it travelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Event):
    """A handshake message (4-byte header included), ChangeCipherSpec or alert, in the clear."""

    event: ClassVar[str] = "message"
    sender: Side = json_key("side", "given", "who sent it", "from")
    type: str = json_key("text", "given", "the name of its struct")
    bytes: Hex = json_key("hex", "wire", "the whole message")
    records: tuple[int, ...] = json_key("refs", "given", "the records that carried it")


@dataclass(frozen=True, slots=True, kw_only=True)
class State(Event):
    """A state machine moved."""

    event: ClassVar[str] = "state"
    side: Side = json_key("side", "given", "whose machine")
    from_state: str = json_key("text", "derived", "where it stood")
    to_state: str = json_key("text", "derived", "where it stands now")
    because: int | None = json_key("ref?", "given", "the message that moved it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Derive(Event):
    """A secret or a check value was computed."""

    event: ClassVar[str] = "derive"
    name: str = json_key("text", "given", "what was computed, by the RFC's name")
    formula: str = json_key("text", "given", "in the RFC's notation")
    parameters: Mapping[str, str | int] = json_key("values", "given", "what the formula needs besides bytes")
    inputs: Mapping[str, Input] = json_key(
        "inputs", "derived", "name to hex, to an event's number, or to a list of messages"
    )
    steps: tuple[Computed, ...] = json_key("steps", "derived", "every intermediate: {name, input, hex}")
    output: Hex = json_key("hex", "derived", "the result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys(Event):
    """From here on one direction is protected."""

    event: ClassVar[str] = "keys"
    direction: Side = json_key("side", "given", "whose records")
    suite: str = json_key("text", "derived", "the cipher suite's IANA name")
    encrypt_then_mac: bool = json_key("flag", "derived", "RFC 7366 instead of RFC 5246's order")
    mac_key: Hex = json_key("hex", "derived", "cut from the key block; empty for AEAD")
    key: Hex = json_key("hex", "derived", "cut from the key block")
    fixed_iv: Hex = json_key("hex", "derived", "cut from the key block; empty for CBC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Protect(Event):
    """A record was protected before it was sent: its parts, see `crypto.dissect`."""

    event: ClassVar[str] = "protect"
    record: int = json_key("ref", "given", "the record")
    sequence: int = json_key("int", "derived", "seq_num, from 0 under each key")
    type: int = json_key("int", "wire", "the content type")
    nonce: Hex = json_key("hex", "derived", "CBC: the IV; GCM: fixed_iv + explicit nonce")
    additional_data: Hex = json_key("hex", "derived", "seq_num, type, version, length")
    plaintext: Hex = json_key("hex", "derived", "the content")
    mac: Hex = json_key("hex", "derived", "the MAC, or the tag of GCM")
    padding: Hex = json_key("hex", "derived", "CBC: padding and padding_length")
    ciphertext: Hex = json_key("hex", "wire", "the encrypted part of the fragment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unprotect(Protect):
    """A received record was authenticated and decrypted."""

    event: ClassVar[str] = "unprotect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged(Event):
    """A certificate chain was judged; the checks follow as events of their own."""

    event: ClassVar[str] = "verdict"
    message: int = json_key("ref", "given", "the Certificate message")
    accepted: bool = json_key("flag", "derived", "whether every check holds")
    inputs: Mapping[str, Any] = json_key(
        "values", "given", "name, time, purpose, needs, trust, roots: all it depends on"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Event):
    """One rule was applied to one certificate; see `pki.rules.RULES` for its words."""

    event: ClassVar[str] = "check"
    place: int = json_key("int", "derived", "0 is the leaf, each issuer one higher")
    certificate: str = json_key("text", "derived", "what people call it")
    rule: str = json_key("text", "derived", "the rule's id")
    ok: bool = json_key("flag", "derived", "whether it holds")
    values: Mapping[str, Any] = json_key("values", "derived", "what was compared")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert(Event):
    """An alert was sent or received (RFC 5246 section 7.2)."""

    event: ClassVar[str] = "alert"
    sender: Side = json_key("side", "given", "who sent it", "from")
    level: int = json_key("int", "wire", "1 warning, 2 fatal")
    description: int = json_key("int", "wire", "its number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Data(Event):
    """A record carried application data; the bytes are the plaintext of its (un)protection."""

    event: ClassVar[str] = "data"
    sender: Side = json_key("side", "given", "who sent it", "from")
    record: int = json_key("ref", "given", "the record")
    length: int = json_key("int", "derived", "bytes of plaintext")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Event):
    """Anything else worth telling, such as "resumed" or "failure"."""

    event: ClassVar[str] = "note"
    id: str = json_key("text", "given", "what is told")
    values: Mapping[str, Any] = json_key("values", "given", "its particulars")


KINDS: dict[str, type[Event]] = {
    kind.event: kind
    for kind in (Random, Record, Message, State, Derive, Keys, Protect, Unprotect, Judged, Check, Alert, Data, Note)
}


def keys_of(kind: type[Event]) -> dict[str, Key]:
    """The fields of an event kind by their Python names, those of `Event` left out."""
    return {
        each.name: Key(each.metadata["json"] or each.name, *(each.metadata[k] for k in ("form", "origin", "meaning")))
        for each in fields(kind)
        if each.metadata
    }


KEYS: dict[str, dict[str, Key]] = {name: keys_of(kind) for name, kind in KINDS.items()}


def value_of(event: Event) -> Hex:
    """The bytes that a reference to this event means. ValueError for an event that holds no single value."""
    match event:
        case Derive(output=value) | Random(bytes=value) | Message(bytes=value):
            return value
    raise ValueError(f"event {event.n} is a {event.event}, which holds no single value")
