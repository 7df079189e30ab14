"""Bytes to fields: every byte of every layer belongs to exactly one field, with its value, meaning and RFC section.

    record            header, then messages in the clear, or explicit IV, ciphertext, MAC, tag
    decrypted         content, MAC, padding of a protected record, the content again as fields
    message           a handshake message, ChangeCipherSpec or alert
    key block, PKCS#1 block, additional data        what never travels

Nothing is stored in a trace: `wire`'s annotators walk the bytes again, and this adds what the field says (meanings.py)
and where the rule stands (explain). Bytes that cannot be read are one field `Data.unread`, never an exception.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple

from ...errors import DecodeError, dotted
from ...handshake.tls12.derivations import declared
from ...wire import messages
from ...wire.codes import ContentType
from ...wire.grammar import Path, Span
from ...wire.messages import HEADER_SIZE, KeyExchange
from ...wire.records import RECORD_HEADER_SIZE
from ..file.events import Derive, Elided, Protect
from .explanations import EXTENSION_TYPE, explain, extension_kind, find, kind_of
from .extension_bodies import cut
from .intermediates import slices
from .meanings import say

_HEADER = (Span(("Record", "type"), 0, 1), Span(("Record", "version"), 1, 3), Span(("Record", "length"), 3, 5))


class AnnotatedField(NamedTuple):
    """One field: bytes `start` to `end` (exclusive) of what was annotated."""

    path: Path
    start: int
    end: int
    kind: str
    """The key of its explanation: `explain(field.kind)`."""
    value: str
    """As people write it, "" where only the bytes themselves say it."""
    meaning: str
    section: str
    depth: int = 0
    """How deep inside the DER that a field of the message holds; 0 for the message's own fields."""

    @property
    def name(self) -> str:
        """The whole path: ``ClientHello.cipher_suites[2]``."""
        return dotted(self.path)

    @property
    def label(self) -> str:
        """The path without the message's name: ``cipher_suites[2]``."""
        return dotted(self.path[1:]) if len(self.path) > 1 else dotted(self.path)

    @property
    def said(self) -> str:
        """Value and meaning in one."""
        return f"{self.value} {self.meaning}" if self.value and self.meaning else self.value or self.meaning


def message(data: bytes, type: str, key_exchange: KeyExchange | None = "RSA") -> list[AnnotatedField]:
    """The fields of one message of a trace: `type` is "ChangeCipherSpec", "Alert" or a handshake message's name.

    `key_exchange` is that of the suite in use: it chooses among the structs that a message may have.
    """
    if type == "ChangeCipherSpec":
        return fields_of(data, [Span((type, "type"), 0, len(data))])
    if type == "Alert":
        return _alert(data)
    return handshake(data, key_exchange)


def handshake(data: bytes, key_exchange: KeyExchange | None = "RSA") -> list[AnnotatedField]:
    """The fields of one whole handshake message."""
    try:
        return fields_of(data, cut(data, messages.annotate(data, key_exchange)))
    except DecodeError:
        return unread(data)


def why_unread(data: bytes, key_exchange: KeyExchange | None = "RSA") -> str:
    """What is wrong with a handshake message that cannot be read; "" if nothing is."""
    try:
        messages.annotate(data, key_exchange)
    except DecodeError as wrong:
        return str(wrong)
    return ""


def record(
    header: bytes, fragment: bytes, protection: Protect | None = None, key_exchange: KeyExchange | None = "RSA"
) -> list[AnnotatedField]:
    """The fields of one record as it travelled. With its protection told, the encrypted parts are named."""
    fields = fields_of(header, _HEADER) if len(header) == RECORD_HEADER_SIZE else unread(header)
    if protection is not None:
        inner = fields_of(fragment, _protected(protection, fragment))
    else:
        inner = _clear(header[0] if header else 0, fragment, key_exchange)
    return fields + shifted(inner, len(header))


def opaque_record(header: bytes, fragment: bytes) -> list[AnnotatedField]:
    """The fields of a record whose fragment is no whole message."""
    return fields_of(header, _HEADER) + shifted(_fragment(fragment), len(header))


def decrypted(protection: Protect) -> tuple[bytes, list[AnnotatedField]]:
    """What a protected record decrypts to, and its fields: the content's own, MAC and padding.

    Nothing and no fields if the content is not in the trace.
    """
    plaintext, mac, padding = protection.plaintext, protection.mac, protection.padding
    if isinstance(plaintext, Elided) or isinstance(mac, Elided) or isinstance(padding, Elided):
        return b"", []
    fields = _content(protection.type, plaintext, "cbc" if padding else "gcm")
    if not padding:
        return plaintext, fields
    inner_mac = b"" if _outer_mac(protection) else mac
    spans = [Span(("cbc", "mac"), 0, len(inner_mac))] if inner_mac else []
    end = len(inner_mac) + len(padding)
    if len(padding) > 1:
        spans.append(Span(("cbc", "padding"), len(inner_mac), end - 1))
    spans.append(Span(("cbc", "padding_length"), end - 1, end))
    return plaintext + inner_mac + padding, fields + shifted(fields_of(inner_mac + padding, spans), len(plaintext))


def additional_data(data: bytes) -> list[AnnotatedField]:
    """The 13 bytes that are authenticated and never sent."""
    names = (("seq_num", 0, 8), ("type", 8, 9), ("version", 9, 11), ("length", 11, 13))
    return fields_of(data, [Span(("additional_data", name), start, end) for name, start, end in names])


def derived(derive: Derive) -> list[AnnotatedField]:
    """The pieces that a derived value is cut into; none for a value that stays whole, or is not in the trace."""
    row = declared(derive.name, derive.inputs)
    if row is None or isinstance(derive.output, Elided):
        return []
    try:
        pieces = slices(row, derive.parameters, derive.output)
    except (KeyError, ValueError):
        return []  # An edited trace names no suite, or one that does not exist.
    ends = accumulate(len(piece.output) for piece in pieces)
    spans = [Span((row.name, p.name), end - len(p.output), end) for p, end in zip(pieces, ends, strict=True)]
    # A piece that nothing is to be said of is told with the intermediates.
    explained = all(find(kind_of(span.path)) for span in spans)
    return fields_of(derive.output, spans) if explained else []


def unread(data: bytes) -> list[AnnotatedField]:
    """All of `data` as one field that says that it could not be read."""
    return fields_of(data, [Span(("Data", "unread"), 0, len(data))]) if data else []


def shifted(fields: Iterable[AnnotatedField], by: int) -> list[AnnotatedField]:
    """The same fields, `by` bytes further on."""
    return [field._replace(start=field.start + by, end=field.end + by) for field in fields]


def whole_messages(fragment: bytes) -> list[bytes] | None:
    """The handshake messages that fill a fragment exactly; None if one straddles its border."""
    found, at = [], 0
    while at < len(fragment):
        end = at + HEADER_SIZE + int.from_bytes(fragment[at + 1 : at + HEADER_SIZE], "big")
        if at + HEADER_SIZE > len(fragment) or end > len(fragment):
            return None
        found.append(fragment[at:end])
        at = end
    return found


def _clear(content_type: int, fragment: bytes, key_exchange: KeyExchange | None = "RSA") -> list[AnnotatedField]:
    """The fields of a fragment in the clear: those of the messages in it, if they are whole."""
    if content_type == ContentType.alert and len(fragment) == 2:
        return _alert(fragment)
    if content_type == ContentType.change_cipher_spec and len(fragment) == 1:
        return message(fragment, "ChangeCipherSpec")
    if content_type == ContentType.handshake:
        return _messages(fragment, key_exchange) or _fragment(fragment)
    return _fragment(fragment)


def _messages(fragment: bytes, key_exchange: KeyExchange | None) -> list[AnnotatedField]:
    """The fields of all messages in a fragment; none if they do not fill it or cannot be read."""
    fields: list[AnnotatedField] = []
    for each in whole_messages(fragment) or ():
        read = handshake(each, key_exchange)
        if read[0].kind == "Data.unread":
            return []
        fields += shifted(read, fields[-1].end if fields else 0)
    return fields


def _fragment(fragment: bytes) -> list[AnnotatedField]:
    return fields_of(fragment, [Span(("Record", "fragment"), 0, len(fragment))]) if fragment else []


def _content(content_type: int, plaintext: bytes, kind: str) -> list[AnnotatedField]:
    """The decrypted content of a record, as fields of what it is."""
    if not plaintext:
        return []
    if content_type == ContentType.application_data:
        return fields_of(plaintext, [Span(("Record", "data"), 0, len(plaintext))])
    fields = _clear(content_type, plaintext)
    if fields[0].kind == "Record.fragment":
        return fields_of(plaintext, [Span((kind, "content"), 0, len(plaintext))])
    return fields


def _protected(protection: Protect, fragment: bytes) -> list[Span]:
    """Where the parts of a protected fragment stand. An empty ciphertext (GCM) has no span."""
    if not _length(protection.padding):
        cuts = [("explicit_nonce", 8), ("ciphertext", len(fragment) - 24), ("tag", 16)]
        kind = "gcm"
    else:
        outer = _length(protection.mac) if _outer_mac(protection) else 0
        cuts = [("iv", 16), ("ciphertext", len(fragment) - 16 - outer), ("outer_mac", outer)]
        kind = "cbc"
    spans, at = [], 0
    for name, size in cuts:
        if size > 0:
            spans.append(Span((kind, name), at, at + size))
            at += size
    return spans


def _outer_mac(protection: Protect) -> bool:
    """Whether the MAC stands behind the ciphertext: what is inside then is only content and padding."""
    inside = sum(_length(part) for part in (protection.plaintext, protection.padding))
    return _length(protection.ciphertext) == inside


def _alert(data: bytes) -> list[AnnotatedField]:
    if len(data) != 2:
        return unread(data)
    return fields_of(data, [Span(("Alert", "level"), 0, 1), Span(("Alert", "description"), 1, 2)])


def fields_of(data: bytes, spans: Iterable[Span]) -> list[AnnotatedField]:
    """The fields of spans over `data`, with what they say."""
    fields = []
    for span in spans:
        kind = kind_of(span.path)
        part = data[span.start : span.end]
        value, meaning = say(kind, part)
        if kind == EXTENSION_TYPE:
            # What the extension does is worth more than what a type is.
            kind = extension_kind(int.from_bytes(part, "big"))
        fields.append(AnnotatedField(span.path, span.start, span.end, kind, value, meaning, explain(kind).section))
    return fields


def _length(part: bytes | Elided) -> int:
    return part.length if isinstance(part, Elided) else len(part)
