"""What a value in a trace stands for: hex is itself, a number is the value of that event, a list joins messages."""

from __future__ import annotations

from .events import Derive, Elided, Hex, Input, value_of
from .jsonl import Trace


class NotInTrace(Exception):
    """A value that was left out: too many bytes, or redacted."""


def known(value: Hex) -> bytes:
    """The bytes themselves; NotInTrace if they were left out."""
    if isinstance(value, Elided):
        raise NotInTrace(f"{value.length} bytes are not in this trace")
    return value


def resolve(trace: Trace, value: Input) -> bytes:
    """The bytes that an input of a derivation stands for. NotInTrace if they were left out."""
    match value:
        case int():
            try:
                return known(value_of(trace[value]))
            except (ValueError, IndexError) as wrong:
                raise NotInTrace(str(wrong)) from None
        case tuple() if not isinstance(value, Elided):
            return b"".join(resolve(trace, n) for n in value)
    return known(value)


def inputs_of(trace: Trace, event: Derive) -> dict[str, bytes]:
    """The inputs of a derivation as bytes, those left out missing."""
    found = {}
    for name, value in event.inputs.items():
        try:
            found[name] = resolve(trace, value)
        except NotInTrace:
            continue
    return found
