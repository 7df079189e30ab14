"""One walk over DER: the elements that it found, in order, and how much it is willing to see.

Who declares structures (grammar.py) leads the walk; here stands what it leaves behind. Every byte is in one
element: what cannot be read is an element, too, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ....wire.grammar import Path
from .header import DerHeader, NotDer, read_header, tag_words

#: Certificates nest about a dozen deep and have some hundred elements; what has more is not made for reading.
MAX_DEPTH, MAX_ELEMENTS = 32, 20_000

ANY_KIND, UNREAD_KIND = "element", "unread"


class DerElement(NamedTuple):
    """One element where it stands: tag, length, value. Bytes without a header have `at` = `length_at` = `start`."""

    path: Path
    kind: str
    """Structure and member, ``Validity.notBefore``: the key of its explanation."""
    depth: int
    at: int
    length_at: int
    start: int
    end: int
    type: str
    """As ASN.1 writes it: ``INTEGER``; "" for bytes without a header."""
    tag: str
    """The tag's class and form in words: ``universal, constructed``."""
    whole: bool
    """Whether the value is one field, as a number is; what a SEQUENCE holds are elements of their own."""
    value: str
    """As people write it; for what holds elements a summary, "" if it has none."""
    problem: str
    """What is wrong with it, "" if nothing is."""


#: What a structure says in one line, from the elements in it.
Summary = Callable[[Sequence[DerElement]], str]


class Standing(NamedTuple):
    """Where the walk is: what to call the element that comes, and how deep it stands."""

    path: Path
    kind: str
    depth: int

    def member(self, structure: str, name: str) -> Standing:
        """The place of a member."""
        return Standing((*self.path, name), f"{structure}.{name}", self.depth + 1)

    def item(self, index: int, kind: str) -> Standing:
        """The place of one of many."""
        return Standing((*self.path, index), kind, self.depth + 1)


class Walker:
    """One walk over `data`; what it finds is in `found`, in order."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.found: list[DerElement] = []

    def header(self, at: int, end: int, place: Standing) -> DerHeader:
        """The header at `at`. NotDer if there is none, or if enough has been seen."""
        if place.depth > MAX_DEPTH:
            raise NotDer(f"more than {MAX_DEPTH} elements inside one another")
        if len(self.found) >= MAX_ELEMENTS:
            raise NotDer(f"more than {MAX_ELEMENTS:,} elements")
        return read_header(self.data, at, end)

    def add(self, header: DerHeader, place: Standing, whole: bool, value: str = "", problem: str = "") -> int:
        """An element; gives its index in `found`."""
        problem = "; ".join(each for each in (problem, header.loose and f"not DER: {header.loose}") if each)
        words = tag_words(header.tag, header.constructed)
        self.found.append(DerElement(*place, *header[2:6], *words, whole, value, problem))
        return len(self.found) - 1

    def bare(self, at: int, end: int, place: Standing, value: str, problem: str = "") -> None:
        """Bytes without a header, unless there are none."""
        if at < end:
            self.found.append(DerElement(*place, at, at, at, end, "", "", True, value, problem))

    def unread(self, at: int, end: int, place: Standing, reason: str) -> None:
        """The rest of something, which is no DER."""
        self.bare(at, end, Standing(place.path, UNREAD_KIND, place.depth), "", f"cannot be read as DER: {reason}")

    def summarize(self, index: int, summary: Summary) -> None:
        """Say of the element at `index` what those after it, which are inside it, come to."""
        self.found[index] = self.found[index]._replace(value=summary(self.found[index + 1 :]))

    def oid(self, index: int) -> str:
        """The first object identifier among the elements from `index` on, dotted; "" without one."""
        for each in self.found[index:]:
            if each.type == "OBJECT IDENTIFIER":
                return each.value.partition(" ")[0]
        return ""
