"""The few steps into a certificate's DER that the library does not take for us (X.690).

cryptography has parsed every certificate strictly before this module sees it; what is read here is what its API
rounds off: the raw serial number, which of two time encodings was used, the algorithm named inside the signature.
"""

from __future__ import annotations

from typing import NamedTuple

INTEGER, BIT_STRING, OCTET_STRING, NULL, OBJECT_IDENTIFIER = 0x02, 0x03, 0x04, 0x05, 0x06
UTF8_STRING, UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET = 0x0C, 0x17, 0x18, 0x30, 0x31


class Element(NamedTuple):
    """One tag-length-value: `whole` is all of it, `content` the value alone."""

    tag: int
    whole: bytes
    content: bytes


def elements(data: bytes) -> list[Element]:
    """Every element of `data`, the content of a constructed value. ValueError if the lengths do not add up."""
    found, at = [], 0
    while at < len(data):
        if len(data) - at < 2:
            raise ValueError("DER ends inside a header")
        length, start = data[at + 1], at + 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(data[at + 2 : start], "big")
        if start + length > len(data):
            raise ValueError("a DER length points past the end")
        found.append(Element(data[at], data[at : start + length], data[start : start + length]))
        at = start + length
    return found


def inside(whole: bytes) -> list[Element]:
    """The members of the one constructed element that `whole` is."""
    (outer,) = elements(whole)
    return elements(outer.content)


def dotted(content: bytes) -> str:
    """An OBJECT IDENTIFIER as people write it (X.690 section 8.19). ValueError if it is none, or of over 32 bytes."""
    if not content or len(content) > 32 or content[-1] & 0x80:
        raise ValueError("no object identifier of a reasonable length")
    arcs, value = [], 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(value)
            value = 0
    top = min(arcs[0] // 40, 2)
    return ".".join(map(str, (top, arcs[0] - 40 * top, *arcs[1:])))


def yes(truth: bool) -> str:
    """A BOOLEAN as people write it (X.690 section 11.1)."""
    return "TRUE" if truth else "FALSE"


def encode(tag: int, *members: bytes) -> bytes:
    """One element with `members` as its content, in the shortest length form, as DER demands."""
    content = b"".join(members)
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    size = (len(content).bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + len(content).to_bytes(size, "big") + content
