"""What a value of DER says: the content of one element as people write it.

Each speaker takes the content's bytes and gives text. None raises: content that breaks the rules of its type is shown
in hex, with what is wrong with it. Text is cut and made printable, since whoever made the certificate chose it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from ipaddress import ip_address, ip_network

from ....errors import counted

Speaker = Callable[[bytes], str]

#: Of text that is longer the beginning is shown; of more bytes than these, how many they are.
LONGEST_TEXT, LONGEST_HEX = 120, 20
#: More bytes than this are no number, name or object identifier that anybody reads (2^63 fits into 8).
LARGEST_INTEGER, LARGEST_OID = 8, 64


@lru_cache(maxsize=1)
def _oid_names() -> dict[str, str]:
    names: dict[str, str] = json.loads(files(__package__).joinpath("oids.json").read_text("utf-8"))
    return names


def oid_name(dotted: str) -> str:
    """The name of an object identifier, "" if it is not known here."""
    return _oid_names().get(dotted, "")


def follow(count: int) -> str:
    """What a length says behind its number."""
    return "byte follows" if count == 1 else "bytes follow"


def hexadecimal(content: bytes) -> str:
    """Bytes that say nothing more."""
    if len(content) > LONGEST_HEX:
        return counted(len(content), "byte")
    return content.hex() or "empty"


def integer(content: bytes) -> str:
    """In decimal if it is small, else its size (X.690 section 8.3)."""
    if not content:
        return "no digits: not DER"
    number = int.from_bytes(content, "big", signed=True)
    padded = len(content) > 1 and (content[0] == 0) == (content[1] < 0x80) and content[0] in (0, 0xFF)
    note = ", not DER: it could be shorter" if padded else ""
    if len(content) <= LARGEST_INTEGER:
        return f"{number}{note}"
    if number < 0:
        return f"negative, {counted(len(content), 'byte')}{note}"
    return f"{counted(number.bit_length(), 'bit')}{note}"


def serial_number(content: bytes) -> str:
    """In hex, as people compare them; all of its digits (RFC 5280 section 4.1.2.2: at most 20 bytes)."""
    number = int.from_bytes(content, "big", signed=True)
    if not 0 < len(content) <= 40:
        return integer(content)
    return f"{number:#x}"


def boolean(content: bytes) -> str:
    """DER knows 00 and ff only (X.690 section 11.1)."""
    return {b"\x00": "FALSE", b"\xff": "TRUE"}.get(content, f"{hexadecimal(content)}, not DER: neither 00 nor ff")


def null(content: bytes) -> str:
    """NULL has no content."""
    return hexadecimal(content) + ", not DER: NULL is empty" if content else ""


def object_identifier(content: bytes) -> str:
    """Dotted, and its name (X.690 section 8.19)."""
    if not content or content[-1] >= 0x80 or len(content) > LARGEST_OID:
        return f"{hexadecimal(content)}, no object identifier"
    arcs, arc = [], 0
    for byte in content:
        arc = arc << 7 | byte & 0x7F
        if byte < 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    dotted = ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))
    return f"{dotted} {oid_name(dotted)}".rstrip()


def printable(text: str) -> str:
    """On one line, and not too long."""
    shown = "".join(c if c.isprintable() else "." for c in text[:LONGEST_TEXT])
    return shown + (f".. {len(text):,} characters" if len(text) > LONGEST_TEXT else "")


def _text(encoding: str) -> Speaker:
    def said(content: bytes) -> str:
        try:
            return f'"{printable(content.decode(encoding))}"'
        except UnicodeDecodeError:
            return f"{hexadecimal(content)}, not {encoding.upper()}"

    return said


_TIME = re.compile(rb"(\d\d)?(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z")


def time(content: bytes) -> str:
    """A time as DER and RFC 5280 section 4.1.2.5 want it; a year in two digits is of 1950 to 2049."""
    found = _TIME.fullmatch(content)
    if found is not None:
        century, year, *rest = found.groups()
        full = int(century + year) if century else int(year) + (1900 if int(year) >= 50 else 2000)
        try:
            return f"{datetime(full, *map(int, rest))} UTC"  # type: ignore[arg-type]  # five numbers follow
        except ValueError:
            pass
    return f'"{printable(content.decode("latin-1"))}", no time that RFC 5280 allows'


def bit_string(content: bytes) -> str:
    """How many bits there are."""
    if not content or content[0] > 7 or (content[0] and len(content) == 1):
        return f"{hexadecimal(content)}, no BIT STRING"
    return counted(8 * (len(content) - 1) - content[0], "bit")


def bits(content: bytes, names: Sequence[str]) -> str:
    """The names of the bits that are set; the first bit is the highest of the first byte (X.690 section 8.6)."""
    if not content or content[0] > 7 or (content[0] and len(content) == 1):
        return bit_string(content)
    is_set = [index for index in range(min(8 * (len(content) - 1), 64)) if content[1 + index // 8] & 0x80 >> index % 8]
    return ", ".join(names[i] if i < len(names) else f"bit {i}" for i in is_set) or "no bit is set"


def address(content: bytes) -> str:
    """An IP address, or in name constraints an address and a mask (RFC 5280 section 4.2.1.6 and 4.2.1.10)."""
    try:
        if len(content) in (4, 16):
            return str(ip_address(content))
        if len(content) in (8, 32):
            half = len(content) // 2
            mask = int.from_bytes(content[half:], "big")
            return str(ip_network((content[:half], mask.bit_count()), strict=False)) if _is_mask(mask, half) else (
                f"{ip_address(content[:half])} with mask {ip_address(content[half:])}"
            )  # fmt: skip
    except ValueError:
        pass
    return f"{hexadecimal(content)}, no address: 4 or 16 bytes are"


def _is_mask(mask: int, size: int) -> bool:
    """Whether all ones stand before all zeros."""
    inverted = mask ^ (1 << 8 * size) - 1
    return inverted & inverted + 1 == 0


def coded(names: dict[int, str]) -> Speaker:
    """A number with a name."""

    def said(content: bytes) -> str:
        number = int.from_bytes(content[:LARGEST_INTEGER], "big", signed=True)
        return f"{number} {names.get(number, '')}".rstrip() if 0 < len(content) <= LARGEST_INTEGER else integer(content)

    return said


#: By type, for elements of which nothing else is known.
SPEAKERS: dict[str, Speaker] = {
    "BOOLEAN": boolean,
    "INTEGER": integer,
    "ENUMERATED": integer,
    "BIT STRING": bit_string,
    "NULL": null,
    "OBJECT IDENTIFIER": object_identifier,
    "UTF8String": _text("utf-8"),
    "NumericString": _text("ascii"),
    "PrintableString": _text("ascii"),
    "IA5String": _text("ascii"),
    "VisibleString": _text("ascii"),
    # X.690 lets TeletexString switch between character sets; what CAs put there is Latin-1.
    "TeletexString": _text("latin-1"),
    "BMPString": _text("utf-16-be"),
    "UniversalString": _text("utf-32-be"),
    "UTCTime": time,
    "GeneralizedTime": time,
}
