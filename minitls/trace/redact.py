"""A trace as one viewer may see it: everything that this viewer cannot know is taken out.

    client, server     what that side tells; the other endpoint's events go
    eavesdropper       what travels; secrets, randomness and the content of protected records go
    keyholder          an eavesdropper with the server's RSA key: all of a full handshake, nothing of a resumed one

For an eavesdropper the events keep their places and numbers, and a hidden value keeps its length, so records can still
be drawn part by part. (The lengths of paddings are more than it could know of CBC records.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..errors import AlertLevel, DecodeError
from ..handshake.derivation import OVERHEARD
from ..handshake.tls12.derivations import DERIVATIONS, FALLBACK
from ..wire.messages import ClientKeyExchange
from .file.events import KEYS, SIDES, Alert, Derive, Elided, Event, Hex, Input, Keys, Message, Note, Protect, Random
from .file.jsonl import Trace
from .file.values import NotInTrace, resolve
from .story.knowledge import PUBLIC, VIEWERS, Viewer
from .story.readers import key_opens

#: Random bytes that are sent in the clear.
_SENT = frozenset(("client random", "server random", "session ID", "IV"))
#: What goes into derivations and can be seen or computed by anybody; the messages are told with their hash.
_PUBLIC_INPUTS = (
    PUBLIC
    | {name for row in DERIVATIONS for name, source in row.inputs.items() if isinstance(source, OVERHEARD)}
    | {"handshake_messages"}
)


def redact(trace: Trace, viewer: Viewer) -> Trace:
    """The trace without what `viewer` cannot know. ValueError if there is no such view of it."""
    if viewer not in VIEWERS:
        raise ValueError(f"a trace can be seen as {', '.join(VIEWERS)}, not as {viewer}")
    if viewer in SIDES:
        return _side_alone(trace, viewer)
    if viewer == "keyholder" and _key_opens(trace):
        events = tuple(_without_fallback(event) for event in trace.events)
        return replace(trace, header=replace(trace.header, view=viewer), events=events)
    protected = {event.record for event in trace.events if isinstance(event, Protect)}
    # Who sent or got a fatal alert under protection tells its reason in a note, which says what the record holds.
    ended = {
        event.by
        for event in trace.events
        if isinstance(event, Alert) and event.level == AlertLevel.fatal and _is_protected(event, protected, trace)
    }
    events = tuple(
        _untold(event, "failure")
        if isinstance(event, Note) and event.id == "failure" and event.by in ended
        else _hidden(event, protected, trace)
        for event in trace.events
    )
    return replace(trace, header=replace(trace.header, secrets=False, view=viewer), events=events)


def _key_opens(trace: Trace) -> bool:
    """Whether a secret travels that the server's key opens."""
    return key_opens(trace.key_exchange) and any(
        isinstance(event, Message) and _is_locked_secret(event) for event in trace.events
    )


def _is_locked_secret(message: Message) -> bool:
    if message.type != ClientKeyExchange.__name__ or isinstance(message.bytes, Elided):
        return False
    try:
        return bool(ClientKeyExchange.decode(message.bytes).encrypted_pre_master_secret)
    except DecodeError:
        return False


def _without_fallback(event: Event) -> Event:
    """The key opens what was sent; what a server drew and never used stays unknown."""
    if isinstance(event, Random) and event.purpose == FALLBACK:
        return replace(event, bytes=_hide(event.bytes))
    return event


def _hidden(event: Event, protected: set[int], trace: Trace) -> Event:
    """One event as an eavesdropper sees it."""
    match event:
        case Random() if event.purpose not in _SENT:
            return replace(event, bytes=_hide(event.bytes))
        case Derive():
            public = event.name in PUBLIC
            inputs = {name: _input(name, value, trace) for name, value in event.inputs.items()}
            return replace(event, inputs=inputs, steps=(), output=event.output if public else _hide(event.output))
        case Keys():
            return _hide_fields(event, "mac_key", "key", "fixed_iv")
        case Protect():
            return _hide_fields(event, "nonce", "additional_data", "plaintext", "mac", "padding")
        case Message() if protected.intersection(event.records):
            return replace(event, bytes=_hide(event.bytes))
        case Alert() if protected and _is_protected(event, protected, trace):
            return _untold(event, "alert")
    return event


def _untold(event: Event, what: str) -> Note:
    """In the place of an event of which nothing can be seen."""
    return Note(n=event.n, t=event.t, by=event.by, id="redacted", values={"event": what})


def _is_protected(event: Alert, protected: set[int], trace: Trace) -> bool:
    """Whether the alert came in a protected record: the message that the same endpoint told just before it did."""
    earlier = (trace[n] for n in range(event.n - 1, 0, -1))
    before = next((each for each in earlier if each.by == event.by), None)
    return isinstance(before, Message) and bool(protected.intersection(before.records))


def _input(name: str, value: Input, trace: Trace) -> Input:
    if name in _PUBLIC_INPUTS:
        return value
    try:
        return Elided(len(resolve(trace, value)), None)
    except NotInTrace:
        return value


def _hide_fields(event: Event, *names: str) -> Event:
    changes: dict[str, Any] = {name: _hide(getattr(event, name)) for name in names}
    return replace(event, **changes)


def _hide(value: Hex) -> Elided:
    return Elided(value.length if isinstance(value, Elided) else len(value), None)


def _side_alone(trace: Trace, side: str) -> Trace:
    """Only the events of one endpoint, numbered anew."""
    if side not in trace.header.by:
        vantages = ", ".join(trace.header.by)
        raise ValueError(f"this trace is told by {vantages}: there is nothing in it that only the {side} saw")
    kept = [event for event in trace.events if event.by == side]
    numbers = {event.n: index for index, event in enumerate(kept, 1)}
    events = tuple(_renumbered(event, numbers) for event in kept)
    header = replace(trace.header, by=(side,), view=side)
    return replace(trace, header=header, events=events)


def _renumbered(event: Event, numbers: Mapping[int, int]) -> Event:
    changes: dict[str, Any] = {"n": numbers[event.n]}
    for name, key in KEYS[event.event].items():
        value = getattr(event, name)
        if key.form in ("ref", "ref?") and value is not None:
            changes[name] = numbers[value]
        elif key.form == "refs":
            changes[name] = tuple(numbers[n] for n in value)
        elif key.form == "inputs":
            changes[name] = {label: _input_renumbered(each, numbers) for label, each in value.items()}
    return replace(event, **changes)


def _input_renumbered(value: Input, numbers: Mapping[int, int]) -> Input:
    if isinstance(value, int):
        return numbers[value]
    if isinstance(value, tuple) and not isinstance(value, Elided):
        return tuple(numbers[n] for n in value)
    return value
