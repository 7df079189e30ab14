"""The published JSON Schema of a trace line, made from the declarations: `python -m minitls.trace.file.schema`.

`schema.json` beside this file is its output; a test holds the two equal. Every key bears `x-origin`: given, wire or
derived, as `events.py` explains them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .events import KEYS, KINDS, SIDES, VANTAGE_POINTS, VERSION, Form

SCHEMA_FILE = Path(__file__).with_name("schema.json")

_FORMS: dict[Form, dict[str, Any]] = {
    "int": {"type": "integer", "minimum": 0},
    "text": {"type": "string"},
    "flag": {"type": "boolean"},
    "side": {"enum": list(SIDES)},
    "hex": {"anyOf": [{"$ref": "#/$defs/hex"}, {"$ref": "#/$defs/elided"}]},
    "ref": {"$ref": "#/$defs/ref"},
    "refs": {"type": "array", "items": {"$ref": "#/$defs/ref"}},
    "ref?": {"anyOf": [{"$ref": "#/$defs/ref"}, {"type": "null"}]},
    "inputs": {
        "type": "object",
        "additionalProperties": {
            "anyOf": [
                {"$ref": "#/$defs/hex"},
                {"$ref": "#/$defs/elided"},
                {"$ref": "#/$defs/ref"},
                {"type": "array", "items": {"$ref": "#/$defs/ref"}},
            ]
        },
    },
    "steps": {"type": "array", "items": {"$ref": "#/$defs/computed"}},
    "values": {"type": "object"},
}
_DEFS: dict[str, Any] = {
    "hex": {"type": "string", "pattern": "^([0-9a-f]{2})*$"},
    "ref": {"type": "integer", "minimum": 1, "description": "the number n of an earlier event"},
    "elided": {
        "type": "object",
        "description": "bytes left out: there were too many (with their SHA-256), or they were redacted (without)",
        "properties": {"length": {"type": "integer", "minimum": 0}, "sha256": {"$ref": "#/$defs/hex"}},
        "required": ["length"],
        "additionalProperties": False,
    },
    "computed": {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "input": {"$ref": "#/$defs/hex"},
            "hex": {"$ref": "#/$defs/hex"},
        },
        "required": ["name", "hex"],
        "additionalProperties": False,
    },
}


def schema() -> dict[str, Any]:
    """A schema for one line of a trace: the header, an event of any kind, or the end."""
    events = [_event(name) for name in KINDS]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"One line of a minitls trace, version {VERSION}",
        "description": "JSON Lines: a header, events numbered from 1, an end with the digest of all lines before it.",
        "oneOf": [_header(), *events, _end()],
        "$defs": _DEFS,
    }


def _header() -> dict[str, Any]:
    return {
        "title": "header",
        "type": "object",
        "properties": {
            "minitls_trace": {"const": VERSION},
            "secrets": {"type": "boolean", "description": "whether the trace holds keys and secrets"},
            "by": {"type": "array", "items": {"enum": list(VANTAGE_POINTS)}, "minItems": 1},
            "started": {"type": "string", "format": "date-time"},
            "maker": {"type": "string"},
            "view": {"type": "string", "description": "whose eyes it was redacted for"},
        },
        "required": ["minitls_trace", "secrets", "by", "started"],
    }


def _event(name: str) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "n": {"type": "integer", "minimum": 1, "x-origin": "given"},
        "t": {"type": "number", "minimum": 0, "x-origin": "given", "description": "seconds since the start"},
        "by": {"enum": list(VANTAGE_POINTS), "x-origin": "given", "description": "whose endpoint tells it"},
        "event": {"const": name},
    }
    for key in KEYS[name].values():
        properties[key.json] = {**_FORMS[key.form], "description": key.meaning, "x-origin": key.origin}
    said = (KINDS[name].__doc__ or "").splitlines()[0]
    return {
        "title": name,
        "description": said,
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _end() -> dict[str, Any]:
    return {
        "title": "end",
        "type": "object",
        "properties": {
            "event": {"const": "end"},
            "events": {"type": "integer", "minimum": 0},
            "sha256": {"$ref": "#/$defs/hex", "description": "of all bytes before this line"},
        },
        "required": ["event", "events", "sha256"],
        "additionalProperties": False,
    }


def rendered() -> str:
    """The text of `schema.json`."""
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(rendered(), encoding="utf-8")
