"""The area of messages: bytes to fields and back, and which bytes must be refused (RFC 5246 sections 4 and 7.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....wire import messages as wire
from ....wire.grammar import Struct


def messages(given: Mapping[str, Any]) -> dict[str, Any]:
    """The name and fields of a whole handshake message, and its bytes again."""
    message = wire.parse(bytes.fromhex(given["message"]), given.get("key_exchange", "RSA"))
    return {"name": type(message).__name__, "fields": plain(message), "encoded": message.encode().hex()}


def plain(value: Any) -> Any:
    """A parsed value as JSON: bytes as hex, structs as objects, extensions as [number, body]."""
    match value:
        case Struct():
            body = {name: plain(getattr(value, name)) for name, _ in value.struct_fields}
            number = getattr(value, "type", None)
            return [number, body] if isinstance(number, int) else body
        case bytes():
            return value.hex()
        case tuple():
            return [plain(item) for item in value]
        case _:
            return value
