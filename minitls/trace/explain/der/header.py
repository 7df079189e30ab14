"""The two things in front of every value of DER: a tag that says what it is, a length that says where it ends.

X.690 sections 8.1.2 and 8.1.3. The first byte of a tag is class (2 bits), constructed (1 bit) and number (5 bits):

    30        00 1 10000     universal, constructed, 16: SEQUENCE
    a3        10 1 00011     context-specific, constructed, [3]
    82 03 0f                 a length in long form: two bytes follow, 783
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

UNIVERSAL, APPLICATION, CONTEXT, PRIVATE = range(4)

#: X.680 section 8.6.
UNIVERSAL_TYPES = {
    1: "BOOLEAN",
    2: "INTEGER",
    3: "BIT STRING",
    4: "OCTET STRING",
    5: "NULL",
    6: "OBJECT IDENTIFIER",
    7: "ObjectDescriptor",
    8: "EXTERNAL",
    9: "REAL",
    10: "ENUMERATED",
    11: "EMBEDDED PDV",
    12: "UTF8String",
    13: "RELATIVE-OID",
    16: "SEQUENCE",
    17: "SET",
    18: "NumericString",
    19: "PrintableString",
    20: "TeletexString",
    21: "VideotexString",
    22: "IA5String",
    23: "UTCTime",
    24: "GeneralizedTime",
    25: "GraphicString",
    26: "VisibleString",
    27: "GeneralString",
    28: "UniversalString",
    29: "CHARACTER STRING",
    30: "BMPString",
}
_CLASSES = ("universal", "application", "context-specific", "private")
#: A tag number or a length in more bytes than this is no use to anybody.
_LONGEST = 4


class NotDer(Exception):
    """Why bytes are no element of DER."""


class Tag(NamedTuple):
    """What an element is."""

    tag_class: int
    number: int

    def __str__(self) -> str:
        """As ASN.1 writes it: ``SEQUENCE``, ``[3]``."""
        if self.tag_class == UNIVERSAL:
            return UNIVERSAL_TYPES.get(self.number, f"[UNIVERSAL {self.number}]")
        name = {CONTEXT: ""}.get(self.tag_class, f"{_CLASSES[self.tag_class].upper()} ")
        return f"[{name}{self.number}]"


@lru_cache(maxsize=256)
def tag_words(tag: Tag, constructed: bool) -> tuple[str, str]:
    """A tag as ASN.1 writes it, and its first three bits in words: ``universal, constructed``."""
    form = "constructed" if constructed else "primitive"
    return str(tag), f"{_CLASSES[tag.tag_class]}, {form}"


class DerHeader(NamedTuple):
    """Where an element stands: tag from `at`, length from `length_at`, value from `start` to `end` (exclusive)."""

    tag: Tag
    constructed: bool
    at: int
    length_at: int
    start: int
    end: int
    loose: str
    """What DER forbids here and a lenient reader passes over; "" if nothing."""


def read_header(data: bytes, at: int, end: int) -> DerHeader:
    """The header of the element at `at`, which must fit before `end`. NotDer says why it is none."""
    number = data[at] & 0x1F if at < end else 0
    length_at = at + 1
    loose = ""
    if number == 0x1F:
        number, length_at = _long_number(data, length_at, end)
        loose = "a short tag in long form" if number < 0x1F else ""
    if length_at >= end:
        raise NotDer("the data end inside a header")
    length, start = data[length_at], length_at + 1
    if length == 0x80:
        raise NotDer("an indefinite length, which BER has and DER has not")
    if length > 0x80:
        size = length & 0x7F
        if size > _LONGEST:
            raise NotDer(f"a length in {size} bytes")
        start += size
        if start > end:
            raise NotDer("the data end inside a length")
        length = int.from_bytes(data[length_at + 1 : start], "big")
        if length < 0x80 or length.bit_length() <= 8 * (size - 1):
            loose = "a length that could be shorter"
    if length > end - start:
        raise NotDer(f"a length of {length:,} where {end - start:,} are left")
    tag = Tag(data[at] >> 6, number)
    return DerHeader(tag, bool(data[at] & 0x20), at, length_at, start, start + length, loose)


def _long_number(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A tag number above 30: seven bits a byte, the last without its top bit (X.690 section 8.1.2.4)."""
    number = 0
    for each in range(at, min(at + _LONGEST, end)):
        number = number << 7 | data[each] & 0x7F
        if data[each] < 0x80:
            return number, each + 1
    raise NotDer("a tag number without an end")
