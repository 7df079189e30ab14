"""ASN.1 as Python values: a structure is declared once, and a walk over its DER names every byte by it.

    RFC 5280                                              here
    Validity ::= SEQUENCE { notBefore Time, .. }          sequence("Validity", notBefore=TIME, notAfter=TIME)
    version [0] EXPLICIT Version DEFAULT v1               version=optionally(explicit(0, VERSION))
    RDNSequence ::= SEQUENCE OF RelativeDistinguishedName sequence_of("RDNSequence", RDN)
    keyIdentifier [0] IMPLICIT KeyIdentifier              implicit(0, KEY_IDENTIFIER)
    GeneralName ::= CHOICE { .. }                         choice(dNSName=.., iPAddress=..)
    parameters ANY DEFINED BY algorithm                   parameters=by_oid("algorithm", {oid: structure, ..})
    extnValue OCTET STRING -- DER of an extension         enclosing(OCTET_STRING, structure)

The walk (`elements`) is total: where bytes are not what is declared they are taken apart by their tags alone, where
they are no DER at all the rest of what encloses them is one element with the reason. It never raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ....errors import DecodeError
from ....wire.grammar import Kind, Path
from .header import CONTEXT, UNIVERSAL, DerHeader, NotDer, Tag, read_header
from .walker import ANY_KIND, DerElement, Standing, Summary, Walker
from .words import SPEAKERS, Speaker, bits, hexadecimal, oid_name


class Asn1Type:
    """A type of ASN.1."""

    name = ANY_KIND

    def fits(self, tag: Tag) -> bool:
        """Whether an element with this tag can be one of these."""
        raise NotImplementedError

    def walk(self, walker: Walker, header: DerHeader, place: Standing) -> None:
        """Add the element with this header, which fits, and all that is in it."""
        raise NotImplementedError

    def given(self, seen: Mapping[str, str]) -> Asn1Type:
        """What it is once the object identifiers of the members before it are known."""
        return self


class _Any(Asn1Type):
    """Whatever comes, by its tag alone."""

    def fits(self, tag: Tag) -> bool:
        return True

    def walk(self, walker: Walker, header: DerHeader, place: Standing) -> None:
        self.astray(walker, header, place, "")

    def astray(self, walker: Walker, header: DerHeader, place: Standing, problem: str) -> None:
        """The same for an element that is not what is declared."""
        content = walker.data[header.start : header.end]
        if header.constructed:
            walker.add(header, place, False, "", problem)
            _items(walker, header.start, header.end, place, ANY, ANY_KIND)
            return
        speaker = SPEAKERS.get(str(header.tag), hexadecimal)
        walker.add(header, place, True, speaker(content), problem)


ANY = _Any()


def _items(walker: Walker, at: int, end: int, place: Standing, item: Asn1Type, kind: str, first: int = 0) -> None:
    """Elements up to `end`, each an `item`."""
    index = first
    while at < end:
        inner = place.item(index, kind)
        try:
            header = walker.header(at, end, inner)
        except NotDer as reason:
            walker.unread(at, end, inner, str(reason))
            return
        _walk(walker, header, inner, item)
        at, index = header.end, index + 1


def _walk(walker: Walker, header: DerHeader, place: Standing, declared: Asn1Type) -> None:
    """One element, as declared if its tag says so."""
    if declared.fits(header.tag):
        declared.walk(walker, header, place)
    else:
        ANY.astray(walker, header, place, "not what belongs here")


class primitive(Asn1Type):
    """A type without elements inside, by its universal number; `says` puts its content into words."""

    def __init__(self, number: int, says: Speaker | None = None, name: str = ANY_KIND) -> None:
        self.tag, self.name = Tag(UNIVERSAL, number), name
        self.says = says or SPEAKERS.get(str(self.tag), hexadecimal)

    def fits(self, tag: Tag) -> bool:
        return tag == self.tag

    def walk(self, walker: Walker, header: DerHeader, place: Standing) -> None:
        # BER's strings in pieces are constructed; DER has none.
        if header.constructed:
            ANY.astray(walker, header, place, f"not DER: a constructed {self.tag}")
            return
        walker.add(header, place, True, self.says(walker.data[header.start : header.end]))


_BIT_STRING = Tag(UNIVERSAL, 3)


class bare(Asn1Type):
    """Bytes that are no DER, in a string that encloses them: pieces of fixed sizes, or a struct of TLS."""

    def __init__(self, name: str, kind: Kind[Any], says: Callable[[str, bytes], str]) -> None:
        self.name, self.kind, self.says = name, kind, says

    def content(self, walker: Walker, at: int, end: int, place: Standing) -> None:
        """Name the bytes from `at` to `end`."""
        data = walker.data
        try:
            _, stop = self.kind.read(data, at, end)
            spans = list(self.kind.annotate(data, at, end, ()))
        except DecodeError as wrong:
            walker.unread(at, end, place, str(wrong))
            return
        for span in spans:
            names = ".".join(part for part in span.path if isinstance(part, str))
            inner = Standing((*place.path, *span.path), f"{self.name}.{names}", place.depth)
            walker.bare(span.start, span.end, inner, self.says(names, data[span.start : span.end]))
        walker.unread(stop, end, place, "more than its structure has")


class enclosing(Asn1Type):
    """A string whose content is elements again, as an extension's value is (or a `bare` struct)."""

    def __init__(self, string: primitive, inner: Asn1Type, says: Summary | None = None) -> None:
        self.string, self.inner, self.says = string, inner, says

    def fits(self, tag: Tag) -> bool:
        return self.string.fits(tag)

    def given(self, seen: Mapping[str, str]) -> Asn1Type:
        return enclosing(self.string, self.inner.given(seen), self.says)

    def walk(self, walker: Walker, header: DerHeader, place: Standing) -> None:
        at, end = header.start, header.end
        named = () if self.inner.name == ANY_KIND else (self.inner.name,)
        inner = Standing((*place.path, *named), self.inner.name, place.depth + 1)
        if header.constructed or not self._readable(walker, at, end, inner):
            self.string.walk(walker, header, place)
            return
        index = walker.add(header, place, False)
        if self.string.tag == _BIT_STRING:
            unused = Standing((*place.path, "unused_bits"), "BIT STRING.unused_bits", inner.depth)
            walker.bare(at, at + 1, unused, str(walker.data[at]))
            at += 1
        if isinstance(self.inner, bare):
            self.inner.content(walker, at, end, inner)
        else:
            nested = read_header(walker.data, at, end)
            _walk(walker, nested, inner, self.inner)
            walker.unread(nested.end, end, place, "more than one element")
        walker.summarize(index, self.says or _inherited)

    def _readable(self, walker: Walker, at: int, end: int, place: Standing) -> bool:
        """Whether the content opens with an element at all; a string of any other bytes stays a string."""
        at += self.string.tag == _BIT_STRING
        if isinstance(self.inner, bare):
            return at < end
        try:
            walker.header(at, end, place)
        except NotDer:
            return False
        return True


def _inherited(found: Sequence[DerElement]) -> str:
    """The summary of the one element inside."""
    return next((each.value for each in found if each.type), "")


class optionally(Asn1Type):
    """A member that may be absent."""

    def __init__(self, kind: Asn1Type) -> None:
        self.kind = kind

    def fits(self, tag: Tag) -> bool:
        return self.kind.fits(tag)

    def given(self, seen: Mapping[str, str]) -> Asn1Type:
        return optionally(self.kind.given(seen))

    def walk(self, walker: Walker, header: DerHeader, place: Standing) -> None:
        self.kind.walk(walker, header, place)


class _structure(Asn1Type):
    """A SEQUENCE or SET."""

    number = 16

    def __init__(self, name: str, says: Summary | None = None) -> None:
        self.name, self.says = name, says

    def fits(self, tag: Tag) -> bool:
        return tag == Tag(UNIVERSAL, self.number)

    def walk(self, walker: Walker, header: DerHeader, place: Standing) -> None:
        if not header.constructed:
            ANY.astray(walker, header, place, f"a primitive {header.tag}")
            return
        index = walker.add(header, place, False)
        self.content(walker, header, place)
        if self.says is not None:
            walker.summarize(index, self.says)

    def content(self, walker: Walker, header: DerHeader, place: Standing) -> None:
        """Add what is in it."""
        raise NotImplementedError


class sequence(_structure):
    """``SEQUENCE { .. }``: members in order, by the RFC's names.

    `told_by` is the member whose object identifier says what kind of thing it is, as an extension's does.
    """

    def __init__(self, name: str, says: Summary | None = None, told_by: str = "", /, **members: Asn1Type) -> None:
        super().__init__(name, says)
        self.told_by, self.members = told_by, members

    def content(self, walker: Walker, header: DerHeader, place: Standing) -> None:
        at, end = header.start, header.end
        index = len(walker.found) - 1
        seen: dict[str, str] = {}
        waiting = list(self.members.items())
        extra = 0
        while at < end:
            name, declared = self._expected(walker.data, at, waiting, seen)
            inner = place.member(self.name, name) if declared is not None else place.item(extra, ANY_KIND)
            try:
                member = walker.header(at, end, inner)
            except NotDer as reason:
                walker.unread(at, end, inner, str(reason))
                return
            first = len(walker.found)
            if declared is None:
                ANY.astray(walker, member, inner, f"no member of {self.name}")
                extra += 1
            else:
                _walk(walker, member, inner, declared)
                seen[name] = walker.oid(first)
            at = member.end
        if oid_name(seen.get(self.told_by, "")):
            kind = f"{self.name} {oid_name(seen[self.told_by])}"
            walker.found[index] = walker.found[index]._replace(kind=kind)

    def _expected(
        self, data: bytes, at: int, waiting: list[tuple[str, Asn1Type]], seen: Mapping[str, str]
    ) -> tuple[str, Asn1Type | None]:
        """The member that comes next: the first that the element at `at` fits, or that may not be absent."""
        try:
            tag = read_header(data, at, len(data)).tag
        except NotDer:
            return "", None
        for index, (name, kind) in enumerate(waiting):
            declared = kind.given(seen)
            if declared.fits(tag) or not isinstance(kind, optionally):
                del waiting[: index + 1]
                return name, declared
        return "", None


class sequence_of(_structure):
    """``SEQUENCE OF``: any number of one type."""

    def __init__(self, name: str, item: Asn1Type, says: Summary | None = None) -> None:
        super().__init__(name, says)
        self.item = item

    def content(self, walker: Walker, header: DerHeader, place: Standing) -> None:
        kind = self.item.name if self.item.name != ANY_KIND else f"{self.name}.item"
        _items(walker, header.start, header.end, place, self.item, kind)


class set_of(sequence_of):
    """``SET OF``."""

    number = 17


class explicit(Asn1Type):
    """``[n] EXPLICIT``: a tag around the element's own."""

    def __init__(self, number: int, kind: Asn1Type) -> None:
        self.tag, self.kind = Tag(CONTEXT, number), kind

    def fits(self, tag: Tag) -> bool:
        return tag == self.tag

    def walk(self, walker: Walker, header: DerHeader, place: Standing) -> None:
        if not header.constructed:
            ANY.astray(walker, header, place, "a primitive tag around an element")
            return
        index = walker.add(header, place, False)
        inner = Standing(place.path, place.kind, place.depth + 1)
        try:
            nested = walker.header(header.start, header.end, inner)
        except NotDer as reason:
            walker.unread(header.start, header.end, inner, str(reason))
            return
        _walk(walker, nested, inner, self.kind)
        _items(walker, nested.end, header.end, place, ANY, ANY_KIND)
        walker.summarize(index, _inherited)


class implicit(Asn1Type):
    """``[n] IMPLICIT``: a tag in place of the element's own."""

    def __init__(self, number: int, kind: Asn1Type) -> None:
        self.tag, self.kind = Tag(CONTEXT, number), kind
        self.name = kind.name

    def fits(self, tag: Tag) -> bool:
        return tag == self.tag

    def walk(self, walker: Walker, header: DerHeader, place: Standing) -> None:
        self.kind.walk(walker, header, place)


class choice(Asn1Type):
    """``CHOICE``: one of several, told by its tag; its name is part of the path."""

    def __init__(self, name: str, /, **cases: Asn1Type) -> None:
        self.name, self.cases = name, cases

    def fits(self, tag: Tag) -> bool:
        return any(case.fits(tag) for case in self.cases.values())

    def walk(self, walker: Walker, header: DerHeader, place: Standing) -> None:
        name, case = next((name, case) for name, case in self.cases.items() if case.fits(header.tag))
        case.walk(walker, header, Standing((*place.path, name), f"{self.name}.{name}", place.depth))


class one_of(Asn1Type):
    """A ``CHOICE`` of types whose tags say all there is to say: strings, times."""

    def __init__(self, *cases: Asn1Type) -> None:
        self.cases = cases

    def fits(self, tag: Tag) -> bool:
        return any(case.fits(tag) for case in self.cases)

    def walk(self, walker: Walker, header: DerHeader, place: Standing) -> None:
        next(case for case in self.cases if case.fits(header.tag)).walk(walker, header, place)


class by_oid(Asn1Type):
    """``ANY DEFINED BY``: what it is depends on the object identifier of the member `member` before it."""

    def __init__(self, member: str, cases: Mapping[str, Asn1Type], otherwise: Asn1Type = ANY) -> None:
        self.member, self.cases, self.otherwise = member, cases, otherwise

    def fits(self, tag: Tag) -> bool:
        return self.otherwise.fits(tag)

    def given(self, seen: Mapping[str, str]) -> Asn1Type:
        return self.cases.get(seen.get(self.member, ""), self.otherwise)

    def walk(self, walker: Walker, header: DerHeader, place: Standing) -> None:
        self.otherwise.walk(walker, header, place)


BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = (primitive(number) for number in range(1, 7))
ENUMERATED, UTF8_STRING, PRINTABLE_STRING, IA5_STRING = (primitive(number) for number in (10, 12, 19, 22))
TIME = one_of(primitive(23), primitive(24))
TEXT = one_of(*(primitive(number) for number in (12, 18, 19, 20, 22, 26, 27, 28, 30)))


def named_bits(name: str, *names: str) -> primitive:
    """A BIT STRING in which each bit has a meaning, the first bit first."""
    return primitive(3, lambda content: bits(content, names), name)


def elements(data: bytes, declared: Asn1Type, path: Path = ()) -> list[DerElement]:
    """Every element of `data`, which should be one `declared`: outer ones before those inside, every byte in one."""
    walker = Walker(data)
    top = Standing(path, declared.name, 1)
    try:
        header = walker.header(0, len(data), top)
    except NotDer as reason:
        walker.unread(0, len(data), top, str(reason))
    else:
        _walk(walker, header, top, declared)
        walker.unread(header.end, len(data), top, "more than one element")
    return walker.found
