"""Records and the messages inside them: however the bytes arrive, the same comes out, and never too much is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minitls.errors import DecodeError, ProtocolVersionError, RecordOverflow, TLSError, UnexpectedMessage
from minitls.wire.records import (
    MAX_CIPHERTEXT,
    MAX_HANDSHAKE,
    MAX_PLAINTEXT,
    HandshakeBuffer,
    Record,
    RecordBuffer,
    annotate,
    fragments,
    record,
)
from tests.wire.strategies import chunks
from tests.wire.test_messages import assert_tiles

TYPES = (20, 21, 22, 23)

records = st.builds(
    Record,
    st.sampled_from(TYPES),
    st.sampled_from((0x0303, 0x0301, 0x0300, 0x03FF)),
    st.binary(max_size=40),
)
#: Headers that no buffer passes, whatever follows.
bad_headers = st.one_of(
    st.tuples(st.integers(0, 255).filter(lambda kind: kind not in TYPES), st.just(0x0303), st.just(0)),
    st.tuples(st.sampled_from(TYPES), st.integers(0, 0xFFFF).filter(lambda version: version >> 8 != 3), st.just(0)),
    st.tuples(st.sampled_from(TYPES), st.just(0x0303), st.integers(MAX_PLAINTEXT + 1, 0xFFFF)),
).map(lambda header: header[0].to_bytes(1, "big") + header[1].to_bytes(2, "big") + header[2].to_bytes(2, "big"))


def raw(item: Record) -> bytes:
    """The bytes of a record, written without the code under test."""
    return bytes([item.type]) + item.version.to_bytes(2, "big") + len(item.fragment).to_bytes(2, "big") + item.fragment


def read_all(pieces: Iterable[bytes], buffer: RecordBuffer | None = None) -> tuple[list[Record], str]:
    """All records that come out, and the fault that ended them or nothing."""
    buffer = buffer or RecordBuffer()
    seen: list[Record] = []
    try:
        for piece in pieces:
            seen.extend(buffer.feed(piece))
    except TLSError as fault:
        return seen, f"{type(fault).__name__}: {fault}"
    return seen, ""


class TestRecordBuffer:
    @given(sent=st.lists(records, max_size=6), data=st.data())
    def test_any_chunking_gives_the_same_records(self, sent: list[Record], data: st.DataObject) -> None:
        stream = b"".join(map(raw, sent))
        buffer = RecordBuffer()
        assert read_all(data.draw(chunks(stream)), buffer) == (sent, "")
        assert not buffer.pending
        assert read_all(stream[at : at + 1] for at in range(len(stream))) == (sent, "")

    @given(sent=st.lists(records, max_size=3), header=bad_headers, tail=st.binary(max_size=20), data=st.data())
    def test_any_chunking_gives_the_same_fault(
        self, sent: list[Record], header: bytes, tail: bytes, data: st.DataObject
    ) -> None:
        stream = b"".join(map(raw, sent)) + header + tail
        seen, fault = read_all([stream])
        assert seen == sent and fault
        assert read_all(data.draw(chunks(stream))) == (seen, fault)
        assert read_all(stream[at : at + 1] for at in range(len(stream))) == (seen, fault)

    @given(sent=st.lists(records, min_size=1, max_size=4), data=st.data())
    def test_a_part_of_a_record_is_pending_and_nothing_else(self, sent: list[Record], data: st.DataObject) -> None:
        stream = b"".join(map(raw, sent))
        missing = data.draw(st.integers(1, len(raw(sent[-1]))))
        buffer = RecordBuffer()
        seen, fault = read_all(data.draw(chunks(stream[:-missing])), buffer)
        assert (seen, fault) == (sent[:-1], "")
        assert buffer.pending == (missing < len(raw(sent[-1])))
        assert list(buffer.feed(stream[-missing:])) == sent[-1:]

    @given(st.binary(max_size=60))
    def test_arbitrary_bytes_give_records_or_a_tls_error(self, data: bytes) -> None:
        buffer = RecordBuffer()
        seen, fault = read_all([data], buffer)
        stood = b"".join(map(raw, seen))
        assert data.startswith(stood)
        if not fault:
            assert buffer.pending == (stood != data)

    @given(sent=st.lists(records, min_size=2, max_size=5), data=st.data())
    def test_a_reader_that_stops_early_loses_nothing(self, sent: list[Record], data: st.DataObject) -> None:
        taken = data.draw(st.integers(0, len(sent)))
        buffer = RecordBuffer()
        reading = buffer.feed(b"".join(map(raw, sent)))
        first = list(islice(reading, taken))
        del reading
        assert first == sent[:taken]
        # A generator that was never started has not looked at its bytes.
        assert list(buffer.feed(b"")) == (sent[taken:] if taken else [])

    @pytest.mark.parametrize(
        ("header", "fault", "told"),
        [
            ("18 0303 0003", UnexpectedMessage, "heartbeat"),
            ("00 0303 0000", UnexpectedMessage, "0x00"),
            ("47 4554 2f20", UnexpectedMessage, "0x47"),
            ("16 0203 0000", ProtocolVersionError, "0203"),
            ("16 fefd 0000", ProtocolVersionError, "fefd"),
            ("17 0303 4001", RecordOverflow, "16385"),
            ("17 0303 ffff", RecordOverflow, "65535"),
        ],
    )
    def test_faults_are_told_from_the_header_alone(self, header: str, fault: type[TLSError], told: str) -> None:
        with pytest.raises(fault, match=told):
            list(RecordBuffer().feed(bytes.fromhex(header)))

    @pytest.mark.parametrize("limit", (64, 512, MAX_PLAINTEXT, MAX_CIPHERTEXT))
    def test_the_limit_is_the_largest_fragment(self, limit: int) -> None:
        buffer = RecordBuffer()
        buffer.limit = limit
        assert [len(item.fragment) for item in buffer.feed(raw(Record(23, 0x0303, bytes(limit))))] == [limit]
        with pytest.raises(RecordOverflow):
            list(buffer.feed(raw(Record(23, 0x0303, bytes(limit + 1)))[:5]))

    def test_the_limits_are_those_of_the_rfc(self) -> None:
        assert (MAX_PLAINTEXT, MAX_CIPHERTEXT) == (2**14, 2**14 + 2048)
        assert RecordBuffer().limit == 2**14
        assert MAX_HANDSHAKE == 2**17 + 2**16

    def test_limit_and_version_rule_may_change_between_two_records(self) -> None:
        buffer = RecordBuffer()
        stream = raw(Record(22, 0x0301, b"hello")) + raw(Record(22, 0x0301, b"again"))
        reading = buffer.feed(stream)
        assert next(reading).fragment == b"hello"
        buffer.any_version = False
        with pytest.raises(ProtocolVersionError, match="0301"):
            next(reading)

        buffer = RecordBuffer()
        reading = buffer.feed(raw(Record(22, 0x0303, b"")) + raw(Record(23, 0x0303, bytes(100))))
        assert next(reading).fragment == b""
        buffer.limit = 64
        with pytest.raises(RecordOverflow, match="100"):
            next(reading)

    def test_a_limit_that_falls_holds_for_the_record_under_way(self) -> None:
        buffer = RecordBuffer()
        stream = raw(Record(23, 0x0303, bytes(100)))
        assert list(buffer.feed(stream[:50])) == []
        buffer.limit = 64
        with pytest.raises(RecordOverflow):
            list(buffer.feed(stream[50:]))

    @pytest.mark.parametrize("version", (0x0300, 0x0301, 0x0302, 0x0304, 0x03FF))
    @pytest.mark.parametrize("content_type", TYPES)
    def test_once_the_version_is_agreed_only_0303_passes(self, content_type: int, version: int) -> None:
        buffer = RecordBuffer()
        assert list(buffer.feed(raw(Record(content_type, version, b"x"))))
        buffer.any_version = buffer.any_alert_version = False
        assert list(buffer.feed(raw(Record(content_type, 0x0303, b"x"))))
        with pytest.raises(ProtocolVersionError, match=f"{version:04x}, 0303 expected"):
            list(buffer.feed(raw(Record(content_type, version, b"x"))))

    def test_a_client_takes_an_early_alert_of_any_version(self) -> None:
        """A server that refuses the hello before it has agreed on a version may write 0301 or 0300."""
        buffer = RecordBuffer()
        buffer.any_version = False
        assert list(buffer.feed(raw(Record(21, 0x0301, b"\x02\x46"))))
        with pytest.raises(ProtocolVersionError, match="0301, 0303 expected"):
            list(buffer.feed(raw(Record(22, 0x0301, b"\x02\x46"))))


class TestHandshakeBuffer:
    @given(bodies=st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=30)), max_size=5), data=st.data())
    def test_any_fragmentation_gives_the_same_messages(
        self, bodies: list[tuple[int, bytes]], data: st.DataObject
    ) -> None:
        sent = [bytes([kind]) + len(body).to_bytes(3, "big") + body for kind, body in bodies]
        buffer = HandshakeBuffer()
        seen = []
        for piece in data.draw(chunks(b"".join(sent))):
            buffer.feed(piece)
            while True:
                told = buffer.peek()
                message = buffer.take()
                if message is None:
                    break
                assert told == message[0]
                seen.append(message)
        assert seen == sent
        assert not buffer.pending
        assert buffer.peek() is None

    @given(cut=st.integers(0, 9))
    def test_a_part_of_a_message_is_pending(self, cut: int) -> None:
        message = b"\x14\x00\x00\x06finish"
        buffer = HandshakeBuffer()
        buffer.feed(message[:cut])
        assert buffer.take() is None
        assert buffer.pending == (cut > 0)
        assert buffer.peek() == (0x14 if cut else None)
        buffer.feed(message[cut:])
        assert buffer.take() == message

    @pytest.mark.parametrize("over", (0, 1))
    def test_the_limit_counts_the_header_and_holds_before_the_body_arrives(self, over: int) -> None:
        length = 2**17 + 2**16 - 4 + over
        buffer = HandshakeBuffer()
        buffer.feed(b"\x01" + length.to_bytes(3, "big"))
        if over:
            with pytest.raises(DecodeError, match=r"client_hello\.length: a message of 196609 bytes, at most 196608"):
                buffer.take()
        else:
            assert buffer.take() is None
            buffer.feed(bytes(length))
            assert len(buffer.take() or b"") == 196608


class Counted(bytearray):
    """A bytearray that counts the bytes copied out of it."""

    copied = 0

    def __bytes__(self) -> bytes:
        type(self).copied += len(self)
        return bytes(memoryview(self))

    def __getitem__(self, index: slice) -> bytearray:  # type: ignore[override]  # the code under test slices only
        part = super().__getitem__(index)
        type(self).copied += len(part) if isinstance(index, slice) else 0
        return part


def feed_records(stream: bytes) -> None:
    buffer = RecordBuffer()
    buffer._data = Counted()
    for at in range(len(stream)):
        list(buffer.feed(stream[at : at + 1]))


def feed_message(stream: bytes) -> None:
    buffer = HandshakeBuffer()
    buffer.data = Counted()
    for at in range(len(stream)):
        buffer.feed(stream[at : at + 1])
        buffer.take()


@pytest.mark.parametrize(
    ("feed", "stream"),
    [
        (feed_records, record(23, bytes(MAX_PLAINTEXT)) * 4),
        (feed_records, record(23, b"") * 2000),
        (feed_message, b"\x0b" + (MAX_HANDSHAKE - 4).to_bytes(3, "big") + bytes(MAX_HANDSHAKE - 4)),
        (feed_message, b"\x0e\x00\x00\x00" * 2000),
    ],
)
def test_one_byte_at_a_time_costs_a_few_copies_of_each_byte(feed: Callable[[bytes], None], stream: bytes) -> None:
    """A peer may send each byte in a segment of its own; counted in bytes copied, for a clock would not tell."""
    Counted.copied = 0
    feed(stream)
    assert len(stream) <= Counted.copied <= 5 * len(stream)


@given(content=st.binary(max_size=100), limit=st.integers(1, 40))
def test_fragments_join_up_and_keep_the_limit(content: bytes, limit: int) -> None:
    pieces = list(fragments(content, limit))
    assert b"".join(pieces) == content
    assert len(pieces) == max(1, -(-len(content) // limit))
    assert all(len(piece) <= limit for piece in pieces)


def test_fragments_are_at_most_two_to_the_fourteen() -> None:
    assert [len(piece) for piece in fragments(bytes(2**15 + 1))] == [2**14, 2**14, 1]


@given(item=records)
def test_a_record_is_header_and_fragment(item: Record) -> None:
    assert record(item.type, item.fragment, item.version) == raw(item)
    assert item.header + item.fragment == raw(item)


@given(item=records)
def test_annotations_of_a_record_tile_every_byte(item: Record) -> None:
    data = raw(item)
    spans = annotate(data)
    assert_tiles(spans, len(data))
    told = {span.path[-1]: data[span.start : span.end] for span in spans}
    assert told.pop("fragment", b"") == item.fragment
    assert {name: int.from_bytes(value, "big") for name, value in told.items()} == {
        "type": item.type,
        "version": item.version,
        "length": len(item.fragment),
    }


@example(b"")
@example(b"\x16\x03\x03\x00\x01")
@given(st.binary(max_size=20))
def test_annotating_arbitrary_bytes_is_exact_or_refused(data: bytes) -> None:
    whole = len(data) >= 5 and int.from_bytes(data[3:5], "big") == len(data) - 5
    if whole:
        assert_tiles(annotate(data), len(data))
    else:
        with pytest.raises(DecodeError, match=r"^Record"):
            annotate(data)
