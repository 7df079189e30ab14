"""Any TLS bytes, read without knowing what they are: records, bare messages, one extension, an alert, a certificate.

    for part in read(data):
        part.title, part.data, part.fields, part.problem

Every byte is in exactly one field of exactly one part, except that a message that straddles records is told once more,
whole, after the last of them. What cannot be read is shown as such, with the reason; nothing raises.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, cast

from ...errors import AlertDescription, DecodeError, counted
from ...wire import sslv2
from ...wire.codes import ContentType, ExtensionType, HandshakeType, name_of
from ...wire.extensions import client_extensions, server_extensions
from ...wire.grammar import Kind, Span
from ...wire.messages import HEADER_SIZE, KeyExchange, ServerHello
from ...wire.records import RECORD_HEADER_SIZE
from ...wire.sniff import foreign_protocol
from . import annotate
from .annotate import AnnotatedField, fields_of, handshake, shifted, unread
from .der.header import UNIVERSAL, NotDer, Tag, read_header
from .extension_bodies import cut
from .registries import key_exchange_of

SEQUENCE, ENUMERATED = Tag(UNIVERSAL, 16), Tag(UNIVERSAL, 10)


class Part(NamedTuple):
    """One record, message or extension."""

    title: str
    data: bytes
    fields: list[AnnotatedField]
    problem: str = ""
    """What is wrong with it, "" if nothing is."""


def read(data: bytes) -> list[Part]:
    """The parts of `data`, at least one unless it is empty."""
    if not data:
        return []
    if _opens_record(data):
        return list(_records(data))
    old = sslv2.hello_length(data)
    if old is not None and old <= len(data):
        fields = fields_of(data[:old], sslv2.annotate(data[:old]))
        return [Part("ClientHello in the format of SSL 2.0", data[:old], fields), *read(data[old:])]
    if len(data) == 2 and data[0] in (1, 2) and data[1] in set(AlertDescription):
        return [Part("Alert", data, annotate.message(data, "Alert"))]
    # The header of a certificate has the form of an extension that nobody knows.
    extension = _der(data) or _extension(data)
    if data[0] in set(HandshakeType) and len(data) >= HEADER_SIZE:
        messages = list(_messages(data, _Conversation()))
        registered = extension is not None and int.from_bytes(data[:2], "big") in set(ExtensionType)
        if not registered or not any(part.problem for part in messages):
            return messages
    return [extension or _unknown(data)]


def _opens_record(data: bytes) -> bool:
    return len(data) >= 3 and data[0] in set(ContentType) and data[1] == 3 and data[2] <= 4


_CAPTURE = "this is a capture file: minitls trace from-capture reads it"
#: Files that another command reads, by their first bytes: pcapng, and pcap in either byte order and resolution.
_FILES: tuple[tuple[bytes, str], ...] = (
    *((bytes.fromhex(magic), _CAPTURE) for magic in ("0a0d0d0a", "d4c3b2a1", "a1b2c3d4", "4d3cb2a1", "a1b23c4d")),
    (b'{"minitls_trace"', "this is a trace: minitls trace show reads it"),
)


def _unknown(data: bytes) -> Part:
    protocol = foreign_protocol(data)
    problem = f"this is {protocol}, not TLS" if protocol else "no TLS record, handshake message, extension or alert"
    problem = next((hint for magic, hint in _FILES if data.startswith(magic)), problem)
    return Part("not TLS", data, unread(data), problem)


def _der(data: bytes) -> Part | None:
    """A certificate or an OCSP response that no message is around, told by what its SEQUENCE begins with."""
    try:
        outer = read_header(data, 0, len(data))
        first = read_header(data, outer.start, outer.end).tag
    except NotDer:
        return None
    path = {SEQUENCE: ("Certificate", "certificate_list"), ENUMERATED: ("CertificateStatus", "response")}.get(first)
    if outer.tag != SEQUENCE or outer.end != len(data) or path is None:
        return None
    title = "a certificate, bare" if first == SEQUENCE else "an OCSP response, bare"
    return Part(title, data, fields_of(data, [Span(path, 0, len(data))]))


def _records(data: bytes) -> Iterator[Part]:
    """Record by record; handshake messages are joined across them."""
    waiting = _Waiting()
    at = number = 0
    while at < len(data):
        header = data[at : at + RECORD_HEADER_SIZE]
        length = int.from_bytes(header[3:], "big")
        record = data[at : at + RECORD_HEADER_SIZE + length]
        if not _opens_record(header.ljust(3)) or len(record) < RECORD_HEADER_SIZE + length or len(header) < 5:
            yield _broken_record(number, data[at:], length)
            return
        yield from waiting.record(number, header, record[RECORD_HEADER_SIZE:])
        at += len(record)
        number += 1
    yield from waiting.rest()


def _broken_record(number: int, data: bytes, length: int) -> Part:
    if len(data) < RECORD_HEADER_SIZE or not _opens_record(data):
        return Part(f"record {number}?", data, unread(data), "these bytes are no record (RFC 5246 section 6.2.1)")
    missing = RECORD_HEADER_SIZE + length - len(data)
    header = annotate.record(data[:RECORD_HEADER_SIZE], b"")
    fields = header + shifted(unread(data[RECORD_HEADER_SIZE:]), RECORD_HEADER_SIZE)
    return Part(_record_title(number, data[0]), data, fields, _cut_off(missing))


def _record_title(number: int, content_type: int) -> str:
    return f"record {number}, {name_of(ContentType, content_type)}"


def _cut_off(missing: int) -> str:
    return f"cut off: {counted(missing, 'byte')} {'is' if missing == 1 else 'are'} missing"


class _Waiting:
    """Parts of a handshake message that wait for the next record."""

    def __init__(self) -> None:
        self._data = b""
        self._first = 0
        self._protected = False
        self._conversation = _Conversation()

    def record(self, number: int, header: bytes, fragment: bytes) -> Iterator[Part]:
        """One record, and after it the message that it completes."""
        title = _record_title(number, header[0])
        whole = annotate.whole_messages(fragment) if header[0] == ContentType.handshake and not self._data else None
        fields = annotate.record(header, fragment, None, self._conversation.key_exchange(whole or ()))
        if self._protected and fields[3:4] and fields[3].kind == "Record.fragment":
            yield Part(f"{title}, protected", header + fragment, fields)
            return
        if header[0] == ContentType.change_cipher_spec:
            self._protected = True
        if header[0] != ContentType.handshake or (whole is not None and fields[-1].kind != "Record.fragment"):
            names = [str(field.path[0]) for field in fields if field.path[-1] == "msg_type"]
            yield Part(f"{title}: {', '.join(names)}" if names else title, header + fragment, fields)
            return
        if whole is not None:
            # Whole messages, of which at least one cannot be read: each is told on its own.
            yield Part(title, header + fragment, fields)
            yield from _messages(fragment, self._conversation)
            return
        yield Part(f"{title}, part of a message", header + fragment, annotate.opaque_record(header, fragment))
        self._first = self._first if self._data else number
        self._data += fragment
        while (message := self._next()) is not None:
            joined = f"joined from records {self._first} to {number}"
            for part in _messages(message, self._conversation):
                yield part._replace(title=f"{part.title}, {joined}")
            self._first = number

    def _next(self) -> bytes | None:
        end = HEADER_SIZE + int.from_bytes(self._data[1:HEADER_SIZE], "big")
        if len(self._data) < max(end, HEADER_SIZE):
            return None
        message, self._data = self._data[:end], self._data[end:]
        return message

    def rest(self) -> Iterator[Part]:
        """What is left of a message that never became whole."""
        if self._data:
            yield from _messages(self._data, self._conversation)


class _Conversation:
    """What the bytes before say of how those after them are to be read: a ServerHello settles the key exchange."""

    #: Every form that a message may have. Without a ServerHello the bytes are all there is to tell it by.
    _FORMS: tuple[KeyExchange, ...] = ("RSA", "ECDHE", "DHE")

    def __init__(self) -> None:
        self._settled = False
        self._key_exchange: KeyExchange | None = None

    def key_exchange(self, messages: Sequence[bytes]) -> KeyExchange | None:
        """Under which key exchange these whole messages are to be read."""
        for message in messages:
            if message[:1] == bytes((HandshakeType.server_hello,)):
                self._settle(message)
        if self._settled:
            return self._key_exchange
        read = (form for form in self._FORMS if all(not annotate.why_unread(each, form) for each in messages))
        return next(read, self._FORMS[0])

    def _settle(self, message: bytes) -> None:
        try:
            hello = ServerHello.decode(message)
        except DecodeError:
            return
        self._settled, self._key_exchange = True, key_exchange_of(hello.cipher_suite)


def _messages(data: bytes, conversation: _Conversation) -> Iterator[Part]:
    """Bare handshake messages, one behind the other."""
    while data:
        end = HEADER_SIZE + int.from_bytes(data[1:HEADER_SIZE], "big")
        message, data = data[:end], data[end:]
        yield _message(message, end, conversation.key_exchange((message,)))


def _message(data: bytes, end: int, key_exchange: KeyExchange | None) -> Part:
    fields = handshake(data, key_exchange)
    if fields[0].kind != "Data.unread":
        return Part(str(fields[0].path[0]), data, fields)
    name = name_of(HandshakeType, data[0])
    problem = _cut_off(end - len(data)) if end > len(data) else annotate.why_unread(data, key_exchange)
    if len(data) < HEADER_SIZE:
        return Part(name, data, fields, problem)
    spans = [Span((name, "msg_type"), 0, 1), Span((name, "length"), 1, HEADER_SIZE)]
    return Part(name, data, fields_of(data, spans) + shifted(unread(data[HEADER_SIZE:]), HEADER_SIZE), problem)


def _extension(data: bytes) -> Part | None:
    """One extension, in its ClientHello form or else in its ServerHello form."""
    if len(data) < 4 or int.from_bytes(data[2:4], "big") != len(data) - 4:
        return None
    number = int.from_bytes(data[:2], "big")
    for hello, extensions in (("ClientHello", client_extensions), ("ServerHello", server_extensions)):
        kind: Kind[Any] = cast(Any, extensions.kind).item
        try:
            kind.parse(data)
            spans = list(cut(data, kind.annotate(data, 0, len(data), (hello, "extensions", 0))))
        except DecodeError:
            continue
        return Part(f"extension {name_of(ExtensionType, number)}, as in {hello}", data, fields_of(data, spans))
    return None
