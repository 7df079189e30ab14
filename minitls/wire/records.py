"""Records (RFC 5246 section 6.2.1): the 5-byte header, cutting messages into fragments and joining them again.

    struct {
        ContentType type;
        ProtocolVersion version;
        uint16 length;
        opaque fragment[TLSPlaintext.length];
    } TLSPlaintext;

`RecordCutter` cuts a byte stream into records (`RecordBuffer` gives them out as they are, `record_layer.py` opened),
`HandshakeBuffer` joins their fragments into handshake messages. Both refuse a length over its limit as soon as the
header is there, so what a peer can make us keep is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct as Layout
from typing import Generic, NamedTuple, TypeVar

from ..errors import DecodeError, ProtocolVersionError, RecordOverflow, UnexpectedMessage
from .codes import ContentType, HandshakeType, name_of
from .grammar import Span
from .messages import HEADER_SIZE as MESSAGE_HEADER_SIZE

RECORD_HEADER_SIZE = 5
#: Largest fragment in the clear, and largest one under protection (section 6.2.3), in bytes.
MAX_PLAINTEXT = 2**14
MAX_CIPHERTEXT = 2**14 + 2048
#: Largest handshake message accepted, header included: room for a hello of 2^17 bytes and a certificate chain.
MAX_HANDSHAKE = 2**17 + 2**16

_HEADER = Layout("!BHH")
_header_at = _HEADER.unpack_from
_KNOWN_TYPES = frozenset((20, 21, 22, 23))


class Record(NamedTuple):
    """One record as it travelled; `fragment` is ciphertext once the sender has changed its cipher spec."""

    type: int
    version: int
    fragment: bytes

    @property
    def header(self) -> bytes:
        """The 5 bytes in front of the fragment."""
        return _HEADER.pack(self.type, self.version, len(self.fragment))


def record(content_type: int, fragment: bytes, version: int = 0x0303) -> bytes:
    """A whole record around `fragment` (at most 2^14 + 2048 bytes)."""
    return _HEADER.pack(content_type, version, len(fragment)) + fragment


def fragments(content: bytes, limit: int = MAX_PLAINTEXT) -> Iterator[bytes]:
    """`content` cut into pieces of at most `limit` bytes; empty content is one empty piece."""
    for at in range(0, len(content) or 1, limit):
        yield content[at : at + limit]


def annotate(data: bytes) -> list[Span]:
    """The header fields and fragment of one whole record: spans that tile every byte of `data` exactly once."""
    if len(data) < RECORD_HEADER_SIZE:
        raise DecodeError(f"a header of {RECORD_HEADER_SIZE} bytes wanted, {len(data)} left", ("Record",))
    length = int.from_bytes(data[3:5], "big")
    if length != len(data) - RECORD_HEADER_SIZE:
        raise DecodeError(f"length {length}, but {len(data) - RECORD_HEADER_SIZE} follow", ("Record", "length"))
    spans = [
        Span(("Record", "type"), 0, 1),
        Span(("Record", "version"), 1, 3),
        Span(("Record", "length"), 3, RECORD_HEADER_SIZE),
    ]
    if length:
        spans.append(Span(("Record", "fragment"), RECORD_HEADER_SIZE, len(data)))
    return spans


T = TypeVar("T")


class RecordCutter(Generic[T]):
    """A byte stream cut into records. A record is opened where it stands: `made` gives out what a subclass makes of it.

    `limit` is the largest fragment allowed, in bytes. Before the version is agreed a hello may bear any 03xx
    (appendix E.1), and so may an alert: `any_version` admits it in every record, `any_alert_version` in alerts. With
    both off, every record must bear 0303.
    """

    __slots__ = ("_data", "_needed", "any_alert_version", "any_version", "limit")

    def __init__(self) -> None:
        self._data = bytearray()
        self._needed = 0
        self.limit = MAX_PLAINTEXT
        self.any_version = True
        self.any_alert_version = True

    def made(self, content_type: int, data: bytes, start: int, stop: int) -> T:
        """What is given out for a record whose header ends, and whose fragment starts, at `start` of `data`."""
        raise NotImplementedError

    @property
    def pending(self) -> bool:
        """Whether bytes have arrived that do not make a whole record yet."""
        return bool(self._data)

    def feed(self, data: bytes) -> Iterator[T]:
        """Whole records, one at a time; `limit` and `any_version` may change between two of them.

        Raises UnexpectedMessage (unknown type), ProtocolVersionError or RecordOverflow as soon as a header says so.
        """
        if self._data:
            # Joining is put off until a record is whole: a peer that sends byte by byte must not cost n^2 copies.
            self._data += data
            if len(self._data) < self._needed:
                return
            data = bytes(self._data)
            self._data.clear()
        at, end = 0, len(data)
        self._needed = RECORD_HEADER_SIZE
        try:
            while end - at >= RECORD_HEADER_SIZE:
                kind, version, length = _header_at(data, at)
                if kind not in _KNOWN_TYPES or version != 0x0303 or length > self.limit:
                    self._check(kind, version, length)
                start = at + RECORD_HEADER_SIZE
                if start + length > end:
                    self._needed = RECORD_HEADER_SIZE + length
                    break
                at = start + length
                yield self.made(kind, data, start, at)
        finally:
            if at < end:
                self._data += data[at:]

    def _check(self, kind: int, version: int, length: int) -> None:
        if kind not in _KNOWN_TYPES:
            raise UnexpectedMessage(
                f"record type {name_of(ContentType, kind)} is none of change_cipher_spec, alert, handshake, "
                "application_data (RFC 5246 section 6)"
            )
        free = self.any_version or (self.any_alert_version and kind == ContentType.alert)
        if version != 0x0303 and not (free and version >> 8 == 3):
            allowed = "03xx" if free else "0303"
            raise ProtocolVersionError(
                f"record version {version:04x}, {allowed} expected here (RFC 5246 section 6.2.1 and appendix E.1)"
            )
        if length > self.limit:
            raise RecordOverflow(f"a record of {length} bytes, at most {self.limit} allowed (RFC 5246 section 6.2)")


class RecordBuffer(RecordCutter[Record]):
    """Bytes in, whole records out."""

    __slots__ = ()

    def made(self, content_type: int, data: bytes, start: int, stop: int) -> Record:
        return Record(content_type, data[start - 4] << 8 | data[start - 3], data[start:stop])


class HandshakeBuffer:
    """Fragments in, whole handshake messages (header included) out; they may straddle records in any way."""

    __slots__ = ("data",)

    def __init__(self) -> None:
        self.data = bytearray()
        """What has arrived and is not taken: the first byte is the msg_type of the next message."""

    @property
    def pending(self) -> bool:
        """Whether part of a message has arrived: no other record may come between, nor may keys change."""
        return bool(self.data)

    def feed(self, fragment: bytes) -> None:
        """Append the fragment of a handshake record."""
        self.data += fragment

    def peek(self) -> int | None:
        """The msg_type of the next message once its first byte has arrived, else None."""
        return self.data[0] if self.data else None

    def take(self) -> bytes | None:
        """The next whole message, or None. DecodeError if its header announces more than MAX_HANDSHAKE bytes."""
        data = self.data
        if len(data) < MESSAGE_HEADER_SIZE:
            return None
        end = MESSAGE_HEADER_SIZE + int.from_bytes(data[1:MESSAGE_HEADER_SIZE], "big")
        if end > MAX_HANDSHAKE:
            name = name_of(HandshakeType, data[0])
            raise DecodeError(f"a message of {end} bytes, at most {MAX_HANDSHAKE} are read", (name, "length"))
        if len(data) < end:
            return None
        message = bytes(data[:end])
        del data[:end]
        return message
