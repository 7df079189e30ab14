"""Coverage: the fields of every layer tile every byte exactly once, and every field is explained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls import prose
from minitls.trace.explain import annotate
from minitls.trace.explain.annotate import AnnotatedField
from minitls.trace.explain.explanations import LENGTH, UNREAD, explain, find, kind_of
from minitls.trace.explain.extension_bodies import BODIES
from minitls.trace.explain.meanings import _SAY, say
from minitls.trace.explain.quic import QUICParameterValue, repeated
from minitls.trace.explain.registries import suite_name
from minitls.trace.file.events import Record
from minitls.trace.file.jsonl import Trace
from minitls.trace.story.story import Story
from minitls.wire import extensions, messages
from minitls.wire.codes import ExtensionType, name_of
from minitls.wire.grammar import Kind, Path, Struct, inside, opaque, optional, select, struct, vector
from minitls.wire.messages import HandshakeMessage
from tests.helpers import client_config, server_config
from tests.trace.conversations import FLAVOURS, SUITES, record, recorded, refused
from tests.wire.strategies import structs

TRACES = [recorded(*flavour) for flavour in FLAVOURS] + [refused()]
KINDS = set(prose.rows("fields")) - {LENGTH, UNREAD}
CLASSES = set(messages.structs().values())


def tiles(fields: Sequence[AnnotatedField], size: int) -> bool:
    """Whether the fields cover bytes 0 to `size`, each once, none empty."""
    return [field.start for field in fields] + [size] == [0, *(field.end for field in fields)] and all(
        field.start < field.end for field in fields
    )


def layers(trace: Trace) -> Iterator[tuple[bytes, list[AnnotatedField]]]:
    """Every layer of every step of a trace."""
    for step in Story(trace).steps:
        if step.message is not None:
            assert isinstance(step.message.bytes, bytes)
            yield step.message.bytes, annotate.message(step.message.bytes, step.message.type)
        for each in step.records:
            assert isinstance(each.header, bytes) and isinstance(each.fragment, bytes)
            yield each.header + each.fragment, annotate.record(each.header, each.fragment, each.protection)
            if each.protection is not None:
                yield annotate.decrypted(each.protection)
                assert isinstance(each.protection.additional_data, bytes)
                data = each.protection.additional_data
                yield data, annotate.additional_data(data)
        if step.derive is not None and step.derive.name in ("key_block", "pkcs1_block"):
            assert isinstance(step.derive.output, bytes)
            yield step.derive.output, annotate.derived(step.derive)


@pytest.mark.slow
@pytest.mark.parametrize("trace", TRACES)
def test_fields_tile_every_layer_of_a_handshake(trace: Trace) -> None:
    seen = 0
    for data, fields in layers(trace):
        assert tiles(fields, len(data)), fields
        assert not any(field.kind == "Data.unread" for field in fields)
        seen += 1
    assert seen > 8


@given(
    st.sampled_from(SUITES),
    st.booleans(),
    st.booleans(),
    st.sampled_from((None, 512, 1024)),
    st.binary(min_size=1, max_size=40),
    st.lists(st.text("abcdefgh", min_size=1, max_size=9), max_size=4, unique=True),
)
def test_fields_tile_every_layer_of_any_handshake(
    suite: str, ems: bool, etm: bool, length: int | None, data: bytes, alpn: list[str]
) -> None:
    both: dict[str, Any] = {"cipher_suites": (suite,), "extended_master_secret": ems, "encrypt_then_mac": etm}
    both["alpn"] = tuple(alpn)
    trace = record(client_config(**both, max_fragment_length=length), server_config(**both))
    for content, fields in layers(trace):
        assert tiles(fields, len(content))


@given(st.sampled_from(sorted(CLASSES, key=lambda cls: cls.__name__)).flatmap(structs))
def test_fields_tile_any_message_that_can_be_written(message: HandshakeMessage) -> None:
    data = message.encode()
    fields = annotate.message(data, messages.message_name(data[0]), message.key_exchange)
    assert tiles(fields, len(data))
    assert all(explain(field.kind).section == field.section for field in fields)


@given(st.binary(max_size=60))
def test_bytes_of_any_kind_are_tiled_too(data: bytes) -> None:
    assert tiles(annotate.handshake(data), len(data))
    for content_type in (20, 21, 22, 23):
        header = bytes((content_type, 3, 3)) + len(data).to_bytes(2, "big")
        assert tiles(annotate.record(header, data), 5 + len(data))


def declared(kind: Kind[Any], path: Path) -> Iterator[Path]:
    """The paths of all fields that a kind can have."""
    if isinstance(kind, opaque):
        yield from ((*path, "length"), path)
    elif isinstance(kind, vector):
        yield (*path, "length")
        yield from declared(kind.item, (*path, 0))
    elif isinstance(kind, inside):
        yield (*path, "length")
        yield from declared(kind.kind, path)
    elif isinstance(kind, optional):
        yield from declared(kind.kind, path)
    elif isinstance(kind, struct):
        for name, inner in kind.cls.struct_fields:
            yield from declared(inner, (*path, name))
    elif isinstance(kind, select):
        yield (*path, "type")
        for case in (*kind.cases.values(), kind.otherwise):
            yield from declared(case, path)
    elif isinstance(kind, repeated):
        yield from declared(kind.item, (*path, 0))
    elif isinstance(kind, QUICParameterValue):
        yield from ((*path, "length"), path)
    elif isinstance(kind, extensions._ExtensionKind):
        yield (*path, "extension_type")
        for number, body in kind.bodies.items():
            yield from declared(body, (*path, name_of(ExtensionType, number)))
        yield from declared(opaque(0, 9), (*path, "0x1234"))
    else:
        yield path


def bodies() -> Iterator[tuple[str, str, type[Struct]]]:
    """(hello, extension, struct) of every body that is explained and not acted upon."""
    for hello, table in BODIES.items():
        yield from ((hello, name, cls) for name, classes in table.items() for cls in classes)


DECLARED = sorted(
    {
        kind_of(path)
        for cls in CLASSES
        for name, kind in cls.struct_fields
        for path in ((cls.__name__, "msg_type"), (cls.__name__, "length"), *declared(kind, (cls.__name__, name)))
    }
    | {
        kind_of(path)
        for hello, extension, cls in bodies()
        for name, kind in cls.struct_fields
        for path in declared(kind, (hello, "extensions", 0, extension, name))
    }
)
#: Every extension that has a name, each told by a row of its own.
EXTENSIONS = [f"extensions.{each.name}" for each in ExtensionType] + ["extensions.GREASE"]


@pytest.mark.parametrize("kind", DECLARED)
def test_every_declared_field_is_explained(kind: str) -> None:
    row = explain(kind)
    assert all(len(text) > 5 for text in row[:3]) and row.section.startswith(("RFC ", "draft-"))


@pytest.mark.parametrize("kind", EXTENSIONS)
def test_every_extension_says_what_it_does(kind: str) -> None:
    """In a few words beside its type, and in sentences on request; only what stands inside one may be said in short."""
    assert 10 < len(explain(kind).says) < 90 and explain(kind).says[0] not in ".,"
    assert {"what", "why", "without", "section", "says"} == set(prose.rows("fields")[kind])


def test_only_fields_of_extensions_are_told_in_part_by_their_extension() -> None:
    for kind, row in prose.rows("fields").items():
        assert {"what", "why", "without", "section"} <= set(row) or kind.rpartition(".")[0].startswith("extensions."), (
            kind
        )


def test_a_field_without_a_row_is_a_gap() -> None:
    assert find("ClientHello.favourite_colour") is None
    with pytest.raises(KeyError, match="no explanation"):
        explain("ClientHello.favourite_colour")


#: Layers without a struct of the presentation language; those of SSL 2.0 have a test of their own.
NO_STRUCTS = ("Record", "Alert", "ChangeCipherSpec", "cbc", "gcm", "V2ClientHello")


def test_every_row_of_the_table_is_about_something_that_exists() -> None:
    seen = {field.kind for trace in TRACES for _, fields in layers(trace) for field in fields}
    layered = {kind for kind in KINDS if kind.split(".")[0] in NO_STRUCTS}
    # Lists as a whole have rows for the section of their length.
    lists = {kind.rpartition(".")[0] for kind in DECLARED if kind.endswith(".length")}
    rest_of_them = KINDS - set(DECLARED) - lists - seen - set(EXTENSIONS)
    assert rest_of_them <= layered | {"Data.unread"}, rest_of_them
    assert set(_SAY) <= KINDS


def test_explanations_are_sentences() -> None:
    for kind in (*KINDS, LENGTH, UNREAD):
        for text in explain(kind)[:3]:
            assert text[0].isupper() or text[0].isdigit() or text.startswith("g^"), (kind, text)
            assert text.rstrip('"').endswith((".", "?", ")", "...")), (kind, text)


def test_values_and_meanings_of_a_hello() -> None:
    trace = recorded()
    hello = next(event for event in trace.events if isinstance(event, Record))
    assert isinstance(hello.header, bytes) and isinstance(hello.fragment, bytes)
    said = {field.name: field.said for field in annotate.record(hello.header, hello.fragment)}
    assert said["Record.type"] == "22 handshake"
    assert said["ClientHello.client_version"] == "0x0303 TLS 1.2"
    assert said["ClientHello.cipher_suites[0]"] == "0x009c TLS_RSA_WITH_AES_128_GCM_SHA256"
    assert said["ClientHello.extensions[0].server_name.server_name_list[0]"] == '"localhost" 9 bytes'


@pytest.mark.parametrize("kind", sorted({*_SAY, *DECLARED}))
def test_one_byte_is_no_bytes(kind: str) -> None:
    for data in (b"\x00", b"\x01"):
        assert " 1 bytes" not in f" {' '.join(say(kind, data))}"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        (0x1301, "TLS_AES_128_GCM_SHA256"),
        (0x00FF, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"),
        (0x0A0A, "GREASE: to be ignored"),
        (0x9999, "unknown suite 9999"),
    ],
)
def test_names_of_suites_beyond_those_that_are_spoken(code: int, name: str) -> None:
    assert suite_name(code) == name


def test_a_protected_record_without_its_keys_is_ciphertext() -> None:
    fields = annotate.record(b"\x17\x03\x03\x00\x04", b"abcd")
    assert [field.name for field in fields][-1] == "Record.fragment"
