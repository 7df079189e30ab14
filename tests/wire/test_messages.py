"""Every handshake message, as declared: reading and writing are inverse, and nothing else is read."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minitls.errors import AlertDescription, DecodeError
from minitls.wire import messages as wire_messages
from minitls.wire.extensions import (
    CLIENT_HELLO_EXTENSIONS,
    ProtocolNameList,
    ServerNameList,
    SessionTicket,
    SignatureAlgorithms,
    SupportedGroups,
    UnknownExtension,
)
from minitls.wire.grammar import Span, opaque, select, uint
from minitls.wire.messages import (
    Certificate,
    CertificateRequest,
    CertificateVerify,
    ChangeCipherSpec,
    ClientHello,
    ClientKeyExchange,
    Finished,
    HandshakeMessage,
    HelloRequest,
    KeyExchange,
    NewSessionTicket,
    ServerHello,
    ServerHelloDone,
    annotate,
    message_class,
    parse,
)
from tests.wire.strategies import (
    KEY_EXCHANGES,
    MESSAGES,
    all_message_classes,
    damaged,
    messages,
    open_ended,
    structs,
)

EACH = pytest.mark.parametrize(("key_exchange", "cls"), MESSAGES, ids=[cls.__name__ for _, cls in MESSAGES])
HELLOS = pytest.mark.parametrize("cls", (ClientHello, ServerHello))


def parses(data: bytes, key_exchange: KeyExchange = "RSA") -> bool:
    try:
        parse(data, key_exchange)
    except DecodeError as wrong:
        assert wrong.alert is AlertDescription.decode_error
        assert wrong.path, "an error must name its field"
        return False
    return True


def with_header(msg_type: int, body: bytes) -> bytes:
    return bytes([msg_type]) + len(body).to_bytes(3, "big") + body


def test_every_declared_message_can_be_read() -> None:
    assert {cls for _, cls in MESSAGES} == all_message_classes()


@EACH
class TestEveryMessage:
    @given(data=st.data())
    def test_what_is_written_reads_the_same(
        self, key_exchange: KeyExchange, cls: type[HandshakeMessage], data: st.DataObject
    ) -> None:
        message = data.draw(structs(cls))
        encoded = message.encode()
        assert encoded[0] == cls.msg_type
        assert int.from_bytes(encoded[1:4], "big") == len(encoded) - 4
        again = parse(encoded, key_exchange)
        assert type(again) is cls
        assert again == message
        assert hash(again) == hash(message)
        assert again.encode() == encoded

    @given(data=st.data())
    def test_no_proper_prefix_is_a_message(
        self, key_exchange: KeyExchange, cls: type[HandshakeMessage], data: st.DataObject
    ) -> None:
        encoded = data.draw(structs(cls)).encode()
        assert [cut for cut in range(len(encoded)) if parses(encoded[:cut], key_exchange)] == []

    @given(data=st.data(), extra=st.binary(min_size=1, max_size=4))
    def test_no_byte_after_the_message_is_passed_over(
        self, key_exchange: KeyExchange, cls: type[HandshakeMessage], data: st.DataObject, extra: bytes
    ) -> None:
        assert not parses(data.draw(structs(cls)).encode() + extra, key_exchange)

    @given(data=st.data(), extra=st.integers(0, 255))
    def test_no_byte_after_the_last_field_is_passed_over(
        self, key_exchange: KeyExchange, cls: type[HandshakeMessage], data: st.DataObject, extra: int
    ) -> None:
        message = data.draw(structs(cls))
        longer = with_header(cls.msg_type, message.write() + bytes([extra]))
        assert parses(longer, key_exchange) == open_ended(message)

    @given(data=st.data())
    def test_annotations_tile_every_byte_once(
        self, key_exchange: KeyExchange, cls: type[HandshakeMessage], data: st.DataObject
    ) -> None:
        message = data.draw(structs(cls))
        encoded = message.encode()
        spans = annotate(encoded, key_exchange)
        assert_tiles(spans, len(encoded))
        assert {span.path[0] for span in spans} == {cls.__name__}
        told = {span.path: encoded[span.start : span.end] for span in spans}
        for name, kind in cls.struct_fields:
            value = getattr(message, name)
            if isinstance(kind, uint):
                assert told[cls.__name__, name] == value.to_bytes(kind.size, "big")
            elif isinstance(kind, opaque):
                assert told.get((cls.__name__, name), b"") == value
                assert int.from_bytes(told[cls.__name__, name, "length"], "big") == len(value)
            elif isinstance(kind, select):
                assert int.from_bytes(told[cls.__name__, name, "type"], "big") == value[0]

    @given(data=st.data())
    def test_damage_is_refused_or_is_another_message(
        self, key_exchange: KeyExchange, cls: type[HandshakeMessage], data: st.DataObject
    ) -> None:
        body = data.draw(damaged(data.draw(structs(cls)).write()))
        check_any(with_header(cls.msg_type, body), key_exchange)

    @given(data=st.data())
    def test_every_length_is_believed_only_if_it_is_exact(
        self, key_exchange: KeyExchange, cls: type[HandshakeMessage], data: st.DataObject
    ) -> None:
        """A length that reaches into the next field, or stops short in its own, may not be read as if it fitted."""
        encoded = data.draw(structs(cls)).encode()
        for span in annotate(encoded, key_exchange):
            if span.path[-1] == "length":
                length = int.from_bytes(encoded[span.start : span.end], "big")
                ceiling = 256 ** (span.end - span.start) - 1
                for wrong in {0, length - 2, length - 1, length + 1, length + 2, length + 3, ceiling} - {length}:
                    if 0 <= wrong <= ceiling:
                        told = wrong.to_bytes(span.end - span.start, "big")
                        check_any(encoded[: span.start] + told + encoded[span.end :], key_exchange)


def assert_tiles(spans: list[Span], length: int) -> None:
    assert spans[0].start == 0 and spans[-1].end == length
    assert all(span.start < span.end for span in spans), "a span without bytes"
    assert all(left.end == right.start for left, right in pairwise(spans)), "a gap or an overlap"
    assert len({span.path for span in spans}) == len(spans), "two fields of one name"


def check_any(data: bytes, key_exchange: KeyExchange) -> None:
    """Whatever the bytes are: a message that re-encodes to them and can be annotated, or DecodeError twice."""
    if parses(data, key_exchange):
        assert parse(data, key_exchange).encode() == data
        assert_tiles(annotate(data, key_exchange), len(data))
    else:
        with pytest.raises(DecodeError) as wrong:
            annotate(data, key_exchange)
        assert wrong.value.path


@given(data=st.binary(max_size=80), key_exchange=st.sampled_from(KEY_EXCHANGES))
def test_arbitrary_bytes(data: bytes, key_exchange: KeyExchange) -> None:
    check_any(data, key_exchange)


@given(msg_type=st.integers(0, 255), body=st.binary(max_size=80), key_exchange=st.sampled_from(KEY_EXCHANGES))
def test_arbitrary_bodies(msg_type: int, body: bytes, key_exchange: KeyExchange) -> None:
    check_any(with_header(msg_type, body), key_exchange)


@given(st.data())
def test_damaged_messages_with_their_header(data: st.DataObject) -> None:
    key_exchange, message = data.draw(messages)
    check_any(data.draw(damaged(message.encode())), key_exchange)


@HELLOS
@given(data=st.data())
def test_of_hello_bodies_only_the_cut_before_extensions_parses(cls: type[Any], data: st.DataObject) -> None:
    hello = data.draw(structs(cls).filter(lambda hello: hello.extensions is not None))
    body = hello.write()
    before = cls(**{**vars(hello), "extensions": None})

    def stands(cut: int) -> bool:
        try:
            return bool(cls.parse(body[:cut]) == before)
        except DecodeError:
            return False

    assert [cut for cut in range(len(body)) if stands(cut)] == [len(before.write())]


@HELLOS
@given(data=st.data())
def test_absent_and_empty_extensions_differ(cls: type[Any], data: st.DataObject) -> None:
    fields = {**vars(data.draw(structs(cls)))}
    absent, empty = cls(**{**fields, "extensions": None}), cls(**{**fields, "extensions": ()})
    assert absent != empty
    assert empty.encode()[4:] == absent.encode()[4:] + b"\x00\x00"
    assert parse(absent.encode()) == absent
    assert parse(empty.encode()) == empty


RANDOM = bytes(range(32))
HELLO = ClientHello(0x0303, RANDOM, b"", (0x002F,), (0,))
HELLO_BODY = bytes.fromhex("0303") + RANDOM + bytes.fromhex("00 0002 002f 01 00")


def test_a_hello_by_hand() -> None:
    """The bytes of RFC 5246 section 7.4.1.2, written out."""
    assert HELLO.encode() == bytes.fromhex("01 000029") + HELLO_BODY
    assert parse(bytes.fromhex("01 000029") + HELLO_BODY) == HELLO


@pytest.mark.parametrize(
    ("message", "encoded"),
    [
        (HelloRequest(), "00 000000"),
        (ServerHelloDone(), "0e 000000"),
        (Certificate(()), "0b 000003 000000"),
        (Certificate((b"\x30", b"\x30\x31")), "0b 00000c 000009 000001 30 000002 3031"),
        (CertificateRequest((1, 64), (0x0401,), (b"\x30\x00",)), "0d 00000d 02 01 40 0002 0401 0004 0002 3000"),
        (ClientKeyExchange(b"\xaa\xbb"), "10 000004 0002 aabb"),
        (CertificateVerify(0x0804, b"\x01"), "0f 000005 0804 0001 01"),
        (Finished(b"123456789012"), "14 00000c 313233343536373839303132"),
        (NewSessionTicket(300, b"\x07"), "04 000007 0000012c 0001 07"),
    ],
)
def test_messages_by_hand(message: HandshakeMessage, encoded: str) -> None:
    assert message.encode() == bytes.fromhex(encoded)
    assert parse(bytes.fromhex(encoded)) == message


def hello_with(extensions: str) -> bytes:
    return with_header(1, HELLO_BODY + bytes.fromhex(extensions))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "Handshake: a header of 4 bytes wanted, 0 left"),
        (b"\x01\x00\x00", "Handshake: a header of 4 bytes wanted, 3 left"),
        (b"\xfe\x00\x00\x00", "Handshake.msg_type: 0xfe is no message of RSA key exchange"),
        (b"\x0c\x00\x00\x00", "Handshake.msg_type: server_key_exchange is no message of RSA key exchange"),
        (b"\x0e\x00\x00\x01", "ServerHelloDone.length: length 1, but 0 follow"),
        (b"\x0e\x00\x00\x01\x00", "ServerHelloDone: 1 byte left over after the last field"),
        (with_header(1, HELLO_BODY[:33]), "ClientHello.random: 32 bytes wanted, 31 left"),
        (with_header(1, HELLO_BODY[:34]), "ClientHello.session_id: a length of 1 byte wanted, 0 left"),
        (with_header(1, HELLO_BODY[:34] + b"\x21"), "ClientHello.session_id: length 33 is not in 0..32"),
        (with_header(1, HELLO_BODY[:34] + b"\x02a"), "ClientHello.session_id: length 2 runs past the end: 1 left"),
        (
            with_header(1, HELLO_BODY[:35] + b"\x00\x00\x01\x00"),
            "ClientHello.cipher_suites: length 0 is not in 2..65534",
        ),
        (
            with_header(1, HELLO_BODY[:35] + b"\x00\x03\x00\x2f\x00\x01\x00"),
            "ClientHello.cipher_suites: length 3 is odd",
        ),
        (with_header(1, HELLO_BODY[:39] + b"\x00"), "ClientHello.compression_methods: length 0 is not in 1..255"),
        (hello_with("00"), "ClientHello.extensions: a length of 2 bytes wanted, 1 left"),
        (hello_with("0000 00"), "ClientHello: 1 byte left over after the last field"),
        (hello_with("0001 00"), "ClientHello.extensions[0]: 2 bytes wanted, 1 left"),
        (hello_with("0004 0000 0001"), "ClientHello.extensions[0].server_name: length 1 runs past the end: 0 left"),
        (
            hello_with("000b 0017 0000 000a 0003 0002 00"),
            "ClientHello.extensions[1].supported_groups.named_group_list: length 2 runs past the end: 1 left",
        ),
        (
            hello_with("000c 0000 0008 0006 00 0004 61 62 00"),
            "ClientHello.extensions[0].server_name.server_name_list[0]: length 4 runs past the end: 3 left",
        ),
        (
            hello_with("000a 0010 0006 0003 02 68 32 00"),
            "ClientHello.extensions[0].application_layer_protocol_negotiation: 1 byte left over",
        ),
        (hello_with("0005 0017 0001 00"), "ClientHello.extensions[0].extended_master_secret: 1 byte left over"),
        (
            b"\x0b\x00\x00\x06\x00\x00\x03\x00\x00\x00",
            "Certificate.certificate_list[0]: length 0 is not in 1..16777215",
        ),
    ],
)
def test_errors_name_the_field_and_what_was_seen(data: bytes, told: str) -> None:
    with pytest.raises(DecodeError) as wrong:
        parse(data)
    assert str(wrong.value).startswith(told)
    with pytest.raises(DecodeError) as also:
        annotate(data)
    assert str(also.value) == str(wrong.value)


def untyped(cls: Any, *args: Any) -> Any:
    """A value that only a caller without a type checker could build."""
    return cls(*args)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"client_version": 0x10000}, "ClientHello.client_version: 65536 does not fit uint16"),
        ({"client_version": -1}, "ClientHello.client_version: -1 does not fit uint16"),
        ({"client_version": None}, "ClientHello.client_version: "),
        ({"client_version": 1.5}, "ClientHello.client_version: "),
        ({"random": b"short"}, "ClientHello.random: 5 bytes given, 32 wanted"),
        ({"random": "x" * 32}, "ClientHello.random: "),
        ({"session_id": bytes(33)}, "ClientHello.session_id: 33 bytes given, 0 to 32 allowed"),
        ({"session_id": "text"}, "ClientHello.session_id: "),
        ({"cipher_suites": ()}, "ClientHello.cipher_suites: 0 bytes given, 2 to 65534 allowed"),
        ({"cipher_suites": (0x10000,)}, "ClientHello.cipher_suites: "),
        ({"cipher_suites": (1.5,)}, "ClientHello.cipher_suites: "),
        ({"cipher_suites": ("AES",)}, "ClientHello.cipher_suites: "),
        ({"cipher_suites": (0x2F,) * 0x8000}, "ClientHello.cipher_suites: 65536 bytes given, 2 to 65534 allowed"),
        ({"compression_methods": (256,)}, "ClientHello.compression_methods: 256 does not fit uint8"),
        ({"compression_methods": None}, "ClientHello.compression_methods: "),
        ({"extensions": (SupportedGroups(()),)}, "ClientHello.extensions: SupportedGroups.named_group_list: 0 bytes"),
        (
            {"extensions": (untyped(SupportedGroups, (1.5,)),)},
            "ClientHello.extensions: SupportedGroups.named_group_list: ",
        ),
        ({"extensions": (untyped(SessionTicket, "text"),)}, "ClientHello.extensions: SessionTicket.ticket: "),
        ({"extensions": (SessionTicket(bytes(0x10000)),)}, "ClientHello.extensions: 65536 bytes given"),
        ({"extensions": (UnknownExtension(0x10000, b""),)}, "ClientHello.extensions: 65536 does not fit uint16"),
        ({"extensions": (untyped(UnknownExtension, 1, "text"),)}, "ClientHello.extensions: "),
        ({"extensions": (b"raw",)}, "ClientHello.extensions: "),
        ({"extensions": (ServerNameList(((0, b""),)),)}, "ClientHello.extensions: ServerNameList.server_name_list: "),
        (
            {"extensions": (untyped(ServerNameList, (b"x",)),)},
            "ClientHello.extensions: ServerNameList.server_name_list: ",
        ),
        ({"extensions": (ProtocolNameList((b"h" * 256,)),)}, "ClientHello.extensions: ProtocolNameList.protocol_name_"),
    ],
)
def test_values_that_do_not_fit_are_refused_by_field(changes: dict[str, Any], told: str) -> None:
    hello = ClientHello(**{**vars(HELLO), **changes})
    with pytest.raises(ValueError) as wrong:
        hello.encode()
    assert str(wrong.value).startswith(told)


def test_a_message_too_long_for_its_header_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="does not fit uint24"):
        Finished(bytes(1 << 24)).encode()


@pytest.mark.parametrize(
    ("args", "given_by_name", "told"),
    [
        ((1, 2, 3, 4, 5, 6, 7), {}, "ClientHello takes 6 fields, 7 given"),
        ((1,), {"client_version": 2}, "ClientHello.client_version is given twice"),
        ((), {}, "ClientHello.client_version is missing"),
        ((1, 2, 3, 4), {}, "ClientHello.compression_methods is missing"),
        ((1, 2, 3, 4, 5), {"extension": ()}, "ClientHello.extension is unknown"),
        ((1, 2, 3, 4, 5, 6), {"colour": 1}, "ClientHello.colour is unknown"),
    ],
)
def test_construction_is_checked(args: tuple[Any, ...], given_by_name: dict[str, Any], told: str) -> None:
    with pytest.raises(TypeError, match=told):
        ClientHello(*args, **given_by_name)


def test_messages_are_immutable_values() -> None:
    with pytest.raises(AttributeError, match="immutable"):
        HELLO.client_version = 0x0301  # type: ignore[misc]  # that it is refused is what is tested
    with pytest.raises(AttributeError, match="immutable"):
        del HELLO.client_version
    assert parse(HELLO.encode()) == HELLO
    assert Finished(b"") != SessionTicket(b"")
    assert HelloRequest() != ServerHelloDone()
    assert eval(repr(HELLO), vars(wire_messages)) == HELLO


def test_change_cipher_spec_is_one_byte_and_no_handshake_message() -> None:
    """RFC 5246 section 7.1."""
    assert ChangeCipherSpec(1).write() == b"\x01"
    assert ChangeCipherSpec.parse(b"\x01") == ChangeCipherSpec(1)
    assert not issubclass(ChangeCipherSpec, HandshakeMessage)
    for wrong in (b"", b"\x01\x01"):
        with pytest.raises(DecodeError, match=r"^ChangeCipherSpec"):
            ChangeCipherSpec.parse(wrong)


def test_extensions_are_found_by_class() -> None:
    groups, other = SupportedGroups((0x17,)), SupportedGroups((0x18,))
    assert HELLO.extension(SupportedGroups) is None
    hello = ClientHello(**{**vars(HELLO), "extensions": (SessionTicket(b""), groups, other)})
    assert hello.extension(SupportedGroups) is groups
    assert hello.extension(SignatureAlgorithms) is None


def test_an_extension_no_struct_is_kept_as_it_came() -> None:
    hello = parse(hello_with("0008 3a3a 0004 deadbeef"))
    assert isinstance(hello, ClientHello)
    assert hello.extensions == (UnknownExtension(0x3A3A, bytes.fromhex("deadbeef")),)
    assert hello.extensions[0].type == 0x3A3A


@pytest.mark.parametrize("size", (0xFFFC // 4, 16_000))
def test_a_hello_full_of_unknown_extensions(size: int) -> None:
    """Issue 3: hellos of 16,000 unknown extensions are accepted."""
    codes = [code for code in range(0x10000) if code not in CLIENT_HELLO_EXTENSIONS][:size]
    body = b"".join(code.to_bytes(2, "big") + b"\x00\x00" for code in codes)
    encoded = with_header(1, HELLO_BODY + len(body).to_bytes(2, "big") + body)
    hello = parse(encoded)
    assert isinstance(hello, ClientHello)
    assert [extension.type for extension in hello.extensions or ()] == codes
    assert hello.encode() == encoded


@example(msg_type=16, key_exchange="RSA")
@given(msg_type=st.integers(-300, 300), key_exchange=st.sampled_from(KEY_EXCHANGES))
def test_message_classes_bear_their_number(msg_type: int, key_exchange: KeyExchange) -> None:
    cls = message_class(msg_type, key_exchange)
    assert cls is None or cls.msg_type == msg_type


@pytest.mark.parametrize("key_exchange", ["RSA", None])
@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "a header of 4 bytes wanted, 0 left"),
        (b"\x01\0\0", "a header of 4 bytes wanted, 3 left"),
        (b"\x63\0\0\0", "0x63 is no message of "),
        # RFC 5246 section 7.4.3: not sent for RSA; for a key exchange that nobody knows its form is not known.
        (b"\x0c\0\0\0", "server_key_exchange is no message of "),
    ],
)
def test_what_is_no_message(key_exchange: KeyExchange | None, data: bytes, told: str) -> None:
    by = {"RSA": "RSA key exchange", None: "a key exchange that is not known here"}[key_exchange]
    for read in (parse, annotate):
        with pytest.raises(DecodeError, match=re.escape(told + (by if told.endswith("of ") else ""))):
            read(data, key_exchange)


@pytest.mark.parametrize(
    ("data", "path", "told"),
    [
        (b"\x14\0\0", ("Handshake",), "a header of 4 bytes wanted, 3 left"),
        (b"\x01\0\0\x0c" + bytes(12), ("Handshake", "msg_type"), "client_hello is not finished"),
        (b"\x14\0\0\x0b" + bytes(12), ("Finished", "length"), "length 11, but 12 follow"),
        (b"\x14\0\0\x0d" + bytes(12), ("Finished", "length"), "length 13, but 12 follow"),
    ],
)
def test_a_struct_reads_its_own_messages_alone(data: bytes, path: tuple[str, ...], told: str) -> None:
    with pytest.raises(DecodeError, match=told) as refused:
        Finished.decode(data)
    assert refused.value.path == path
    assert Finished.decode(b"\x14\0\0\x0c" + bytes(12)).verify_data == bytes(12)
