"""Bytes handed over as text: what becomes of them in a program that mixes up the two.

Three kinds of it: hex, base64, and a string that is made of the bytes and taken apart again, on the way of which some
of them change. A form is one spelling of a kind, by name, so that a recipe can hold it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from types import MappingProxyType


def _spelt(between: str, before: str = "", *, upper: bool = False) -> Callable[[bytes], bytes]:
    def spell(data: bytes) -> bytes:
        text = data.hex(between) if between else data.hex()
        return (before + (text.upper() if upper else text)).encode()

    return spell


_HEX: dict[str, Callable[[bytes], bytes]] = {
    "hex": _spelt(""),
    "HEX": _spelt("", upper=True),
    "0xhex": _spelt("", "0x"),
    "0xHEX": _spelt("", "0x", upper=True),
    "he:x": _spelt(":"),
    "HE:X": _spelt(":", upper=True),
    "he x": _spelt(" "),
    "HE X": _spelt(" ", upper=True),
    "hex and a line feed": lambda data: data.hex().encode() + b"\n",
}
_BASE64: dict[str, Callable[[bytes], bytes]] = {
    "base64": base64.b64encode,
    "base64 without =": lambda data: base64.b64encode(data).rstrip(b"="),
    "base64 for URLs": base64.urlsafe_b64encode,
    "base64 for URLs without =": lambda data: base64.urlsafe_b64encode(data).rstrip(b"="),
    "base64 in lines": base64.encodebytes,
    "base64 in one line": lambda data: base64.b64encode(data) + b"\n",
}
_STRING: dict[str, Callable[[bytes], bytes]] = {
    "Latin-1 to UTF-8": lambda data: data.decode("latin-1").encode(),
    "Windows-1252 to UTF-8": lambda data: data.decode("cp1252", "replace").encode(),
    "UTF-8, odd bytes replaced": lambda data: data.decode(errors="replace").encode(),
    "UTF-8, odd bytes left out": lambda data: data.decode(errors="ignore").encode(),
    "UTF-8, odd bytes as ?": lambda data: data.decode("ascii", "replace").encode("ascii", "replace"),
    "ASCII, odd bytes left out": lambda data: data.decode("ascii", "ignore").encode(),
    "escaped": lambda data: data.decode(errors="backslashreplace").encode(),
    "printed by Python": lambda data: repr(data).encode(),
    "printed by Python, bare": lambda data: repr(data)[2:-1].encode(),
    "UTF-16": lambda data: data.decode("latin-1").encode("utf-16-le"),
    "list of numbers": lambda data: str(list(data)).encode(),
    "decimal number": lambda data: str(int.from_bytes(data, "big")).encode(),
}
FORMS = MappingProxyType(_HEX | _BASE64 | _STRING)

#: The end of a mistake's name, and its forms.
KINDS = MappingProxyType({"hex-text": tuple(_HEX), "base64-text": tuple(_BASE64), "string": tuple(_STRING)})


def as_text(form: str, data: bytes) -> bytes:
    """The bytes in this form; in none, if it is ""."""
    # A decimal number of thousands of bytes would take long to print, and nobody prints it.
    return FORMS[form](data) if form and (form != "decimal number" or len(data) <= 256) else data


def randoms_as(kind: str, one: bytes, other: bytes) -> tuple[bytes, ...]:
    """Two values as text of this kind: joined first, or each by itself."""
    both = [
        seed for form in KINDS[kind] for seed in (as_text(form, one + other), as_text(form, one) + as_text(form, other))
    ]
    return tuple(dict.fromkeys(both))


def read_back(text: bytes) -> dict[str, bytes]:
    """What the text stands for, by the kind, where it is hex or base64 of something."""
    found: dict[str, bytes] = {}
    try:
        told = text.decode("ascii").strip().removeprefix("0x")
        found["hex-text"] = bytes.fromhex(told.replace(":", " "))
    except ValueError:
        pass
    try:
        bare = text.strip().rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        found["base64-text"] = base64.b64decode(bare + b"=" * (-len(bare) % 4), validate=True)
    except ValueError:
        pass
    return found
