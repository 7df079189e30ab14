"""Certificates, names and OCSP responses inside the fields of messages, taken apart as far as somebody wants to see.

    closed      one field, as the message declares it: ``certificate_list[0]``
    outline     about twenty fields a certificate: serial number, issuer, dates, key, each extension
    elements    one field for each element of DER: tag and length, with the value where that is no list of others
    bytes       tag, length and value apart

At each of these the fields tile the bytes. Nothing of this is made until somebody asks; a message's own fields
(annotate.py) say nothing of DER but who is named in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal

from ...errors import counted
from ...wire.grammar import Path
from .annotate import AnnotatedField
from .der.certificate import CERTIFICATE
from .der.grammar import Asn1Type, elements
from .der.names import NAME
from .der.ocsp import OCSP_RESPONSE
from .der.walker import DerElement
from .der.words import follow
from .explanations import DER, explain

Detail = Literal["closed", "outline", "elements", "bytes"]

#: The fields that hold DER, by kind.
HOLDS_DER: dict[str, Asn1Type] = {
    "Certificate.certificate_list": CERTIFICATE,
    "CertificateRequest.certificate_authorities": NAME,
    "CertificateStatus.response": OCSP_RESPONSE,
    "extensions.certificate_authorities.authorities": NAME,
}
#: With more fields inside of fields than this, those that come after stay closed.
MOST = 50_000
#: In an outline these are opened, and all others are told in one line each.
OUTLINED = frozenset(
    (
        "Certificate",
        "Certificate.tbsCertificate",
        "TBSCertificate.extensions",
        "OCSPResponse",
        "OCSPResponse.responseBytes",
        "ResponseBytes.response",
        "BasicOCSPResponse",
        "BasicOCSPResponse.tbsResponseData",
        "ResponseData.responses",
    )
)


def opened(data: bytes, fields: Sequence[AnnotatedField], detail: Detail = "elements") -> list[AnnotatedField]:
    """The same fields of `data`, those that hold DER replaced by what is in them; they tile the same bytes."""
    found: list[AnnotatedField] = []
    for field in fields:
        # A certificate is limited to MAX_ELEMENTS, but a message may hold any number of them.
        enough = len(found) - len(fields) > MOST
        found += (not enough and inside(data, field, detail)) or (field,)
    return found


def detail_of(der: bool, everything: bool) -> Detail:
    """How far the options --der and --all want certificates opened."""
    return ("bytes" if everything else "elements") if der else "outline"


def inside(data: bytes, field: AnnotatedField, detail: Detail = "elements") -> list[AnnotatedField]:
    """What is in one field of `data`, outermost first; nothing if it holds no DER."""
    declared = HOLDS_DER.get(field.kind)
    if declared is None or detail == "closed":
        return []
    found = elements(data[field.start : field.end], declared, field.path)
    if detail == "outline":
        found = list(_outline(found))
    tiles = _apart if detail == "bytes" else _joined
    return [
        tile._replace(start=tile.start + field.start, end=tile.end + field.start) for e in found for tile in tiles(e)
    ]


def _outline(found: Sequence[DerElement]) -> Iterator[DerElement]:
    """Elements in one piece each, but for those that are opened."""
    end = 0
    for index, each in enumerate(found):
        if each.at < end:
            continue
        if each.kind in OUTLINED and not each.whole:
            yield each
            continue
        end = each.end
        troubles = (inner.problem for inner in _within(found, index))
        trouble = each.problem or next((problem for problem in troubles if problem), "")
        # What it says is enough; its type is seen when it is opened.
        name = "" if each.value else f"{each.type}, {counted(each.end - each.start, 'byte')}"
        yield each._replace(whole=True, type=name, problem=trouble)


def _within(found: Sequence[DerElement], index: int) -> Iterator[DerElement]:
    """The elements inside of the one at `index`: those that follow, up to its end, so that a walk over all is short."""
    for number in range(index + 1, len(found)):
        if found[number].at >= found[index].end:
            return
        yield found[number]


def _joined(element: DerElement) -> Iterator[AnnotatedField]:
    end = element.end if element.whole else element.start
    what = element.type
    if not element.whole:
        what += f", {counted(element.end - element.start, 'byte')}" + (":" if _said(element) else "")
    yield _field(element, element.path, element.kind, element.at, end, what, _said(element))


def _apart(element: DerElement) -> Iterator[AnnotatedField]:
    path = element.path
    if element.type:
        size = element.end - element.start
        yield _field(element, (*path, "tag"), "tag", element.at, element.length_at, element.type, f"({element.tag})")
        yield _field(element, (*path, "length"), "length", element.length_at, element.start, f"{size:,}", follow(size))
    if element.whole and element.start < element.end:
        yield _field(element, path, element.kind, element.start, element.end, "", _said(element))


def _field(
    element: DerElement, path: Path, name: str, start: int, end: int, value: str, meaning: str
) -> AnnotatedField:
    kind = DER + name
    return AnnotatedField(path, start, end, kind, value, meaning, _section(kind), element.depth)


@lru_cache(maxsize=1024)
def _section(kind: str) -> str:
    """Where the rule stands; the same in every language."""
    return explain(kind).section


def _said(element: DerElement) -> str:
    return "; ".join(each for each in (element.value, element.problem) if each)
