"""Events to JSON objects and back, by the declarations in `events.py`; what is read is checked field by field."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from enum import Enum
from functools import lru_cache
from typing import Any

from .events import KEYS, KINDS, SIDES, VANTAGE_POINTS, Computed, Elided, Event, Form, Hex, Input, Key, VantagePoint

#: One encoder for all lines: `json.dumps` with options would make a new one each time.
encode = json.JSONEncoder(ensure_ascii=False).encode
#: Numbers in a trace count bytes, records and events: none is larger than a sequence number.
MAX_INT = (1 << 64) - 1


class NotAnEvent(Exception):
    """A JSON object that is no event of this version: says which key is wrong and what is wanted."""


def event_to_json(event: Event) -> dict[str, Any]:
    """The event as it stands in a file."""
    document: dict[str, Any] = {"n": event.n, "t": event.t, "by": event.by, "event": event.event}
    for name, key, write in _WRITERS[event.event]:
        value = getattr(event, name)
        document[key] = write(value) if write else value
    return document


def event_to_line(event: Event) -> str:
    """What `json.dumps` makes of the event, without the detour through a dictionary."""
    values = {name: getattr(event, name) for name, _, _ in _LINES[event.event]}
    return line(type(event), event.n, event.t, event.by, values)


def line(kind: type[Event], n: int, t: float, by: VantagePoint, values: Mapping[str, Any]) -> str:
    """The same from an event's particulars: whoever only writes needs no event. KeyError if one is missing."""
    fields = "".join([before + write(values[name]) for name, before, write in _LINES[kind.event]])
    return f'{{"n": {n}, "t": {t!r}, "by": "{by}", "event": "{kind.event}"{fields}}}'


def event_from_json(document: Mapping[str, Any]) -> Event:
    """The event; NotAnEvent names the first key that is missing, unknown or of the wrong form."""
    name = document.get("event")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None or not isinstance(name, str):
        raise NotAnEvent(f'"event" is {name!r}, which is none of {", ".join(KINDS)}, end')
    keys = KEYS[name]
    n, t, by = document.get("n"), document.get("t"), document.get("by")
    if type(n) is not int or n < 1:
        raise NotAnEvent(f'"n" is {n!r}, not a number from 1')
    if type(t) not in (int, float) or not 0 <= t < math.inf:  # type: ignore[operator]  # the first half says number
        raise NotAnEvent(f'"t" is {t!r}, not a number of seconds')
    if by not in VANTAGE_POINTS:
        raise NotAnEvent(f'"by" is {by!r}, not one of {", ".join(VANTAGE_POINTS)}')
    values: dict[str, Any] = {"n": n, "t": t, "by": by}
    for field, key in keys.items():
        if key.json not in document:
            raise NotAnEvent(f'"{key.json}" is missing in this {name} event')
        values[field] = _read(key, document[key.json], n)
    if len(document) != len(keys) + 4:
        unknown = sorted(document.keys() - {"n", "t", "by", "event"} - {key.json for key in keys.values()})
        raise NotAnEvent(f'"{unknown[0]}" is no key of a {name} event')
    return kind(**values)


def _read(key: Key, value: Any, n: int) -> Any:
    try:
        return _READ[key.form](value, n)
    except ValueError as wrong:
        raise NotAnEvent(f'"{key.json}" {wrong}') from None


def plain(values: Mapping[str, object]) -> dict[str, Any]:
    """`values` in JSON types."""
    return {name: _json(value) for name, value in values.items()}


def _json(value: object) -> Any:
    match value:
        case Enum():
            return value.name
        case bytes():
            return value.hex()
        case Mapping():
            return plain(value)
        case list() | tuple() | set() | frozenset():
            return [_json(each) for each in value]
        case None | bool() | int() | float() | str():
            return value
    return str(value)


# Writing: only forms that are not JSON already.


def _hex(value: Hex) -> Any:
    if isinstance(value, Elided):
        return {"length": value.length} | ({"sha256": value.sha256} if value.sha256 else {})
    return value.hex()


def _input(value: Input) -> Any:
    if isinstance(value, bytes | Elided):
        return _hex(value)
    return list(value) if isinstance(value, tuple) else value


def _step(step: Computed) -> dict[str, Any]:
    given = {} if step.input is None else {"input": step.input.hex()}
    return {"name": step.name, **given, "hex": step.output.hex()}


_WRITE: dict[Form, Callable[[Any], Any]] = {
    "hex": _hex,
    "refs": list,
    "inputs": lambda inputs: {name: _input(value) for name, value in inputs.items()},
    "steps": lambda steps: [_step(step) for step in steps],
    "values": dict,
}


_WRITERS = {
    kind: tuple((name, key.json, _WRITE.get(key.form)) for name, key in keys.items()) for kind, keys in KEYS.items()
}


def _hex_text(value: Hex) -> str:
    if not isinstance(value, Elided):
        return f'"{value.hex()}"'
    digest = f', "sha256": "{value.sha256}"' if value.sha256 else ""
    return f'{{"length": {value.length}{digest}}}'


def _other_text(form: Form) -> Callable[[Any], str]:
    write = _WRITE.get(form)
    return encode if write is None else lambda value: encode(write(value))


#: Texts are few: names of messages, states, sides.
_quoted = lru_cache(maxsize=1024)(encode)
_TEXTS: dict[Form, Callable[[Any], str]] = {"int": int.__repr__, "ref": int.__repr__, "hex": _hex_text, "side": _quoted}
_LINES = {
    kind: tuple(
        (name, f', "{key.json}": ', _TEXTS.get(key.form) or _other_text(key.form)) for name, key in keys.items()
    )
    for kind, keys in KEYS.items()
}


# Reading: each function raises ValueError with what follows the key's name in the sentence.


def _int(value: Any, n: int) -> int:
    if type(value) is not int or not 0 <= value <= MAX_INT:
        raise ValueError(f"is {_short(value)}, not a number from 0")
    return value


def _text(value: Any, n: int) -> str:
    if not isinstance(value, str):
        raise ValueError(f"is {_short(value)}, not text")
    return value


def _flag(value: Any, n: int) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"is {_short(value)}, not true or false")
    return value


def _side(value: Any, n: int) -> str:
    if value not in SIDES:
        raise ValueError(f"is {_short(value)}, not client or server")
    return str(value)


def _bytes(value: Any, n: int) -> bytes:
    if not isinstance(value, str) or len(value) % 2:
        raise ValueError(f"is {_short(value)}, not an even number of hex digits")
    try:
        data = bytes.fromhex(value)
    except ValueError:
        raise ValueError(f"is {_short(value)}, not hex") from None
    if data.hex() != value:
        raise ValueError(f"is {_short(value)}, not hex in lower case without spaces")
    return data


def _maybe_elided(value: Any, n: int) -> Hex:
    if not isinstance(value, dict):
        return _bytes(value, n)
    if not value.keys() <= {"length", "sha256"}:
        raise ValueError("has keys besides length and sha256, which stand for bytes that were left out")
    digest = value.get("sha256")
    if digest is not None and len(_bytes(digest, n)) != 32:
        raise ValueError("has a sha256 that is not 32 bytes")
    return Elided(_int(value.get("length"), n), digest)


def _ref(value: Any, n: int) -> int:
    if type(value) is not int or not 1 <= value < n:
        raise ValueError(f"refers to event {_short(value)}, which does not come before event {n}")
    return value


def _refs(value: Any, n: int) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise ValueError(f"is {_short(value)}, not a list of event numbers")
    return tuple(_ref(each, n) for each in value)


def _one_input(value: Any, n: int) -> Input:
    if isinstance(value, list):
        return _refs(value, n)
    return _ref(value, n) if type(value) is int else _maybe_elided(value, n)


def _inputs(value: Any, n: int) -> dict[str, Input]:
    return {_text(name, n): _one_input(each, n) for name, each in _values(value, n).items()}


def _steps(value: Any, n: int) -> tuple[Computed, ...]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError(f"is {_short(value)}, not a list of objects")
    steps = []
    for each in value:
        if not {"name", "hex"} <= each.keys() <= {"name", "input", "hex"}:
            raise ValueError("has an intermediate whose keys are not name, input, hex")
        given = None if "input" not in each else _bytes(each["input"], n)
        steps.append(Computed(_text(each["name"], n), given, _bytes(each["hex"], n)))
    return tuple(steps)


def _values(value: Any, n: int) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"is {_short(value)}, not an object")
    return value


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


_READ: dict[Form, Callable[[Any, int], Any]] = {
    "int": _int,
    "text": _text,
    "flag": _flag,
    "side": _side,
    "hex": _maybe_elided,
    "ref": _ref,
    "refs": _refs,
    "ref?": lambda value, n: None if value is None else _ref(value, n),
    "inputs": _inputs,
    "steps": _steps,
    "values": _values,
}
