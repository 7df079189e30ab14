"""Extensions that are only explained: every body that fits its struct is cut, any other stays whole, all bytes tile."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.trace.explain import annotate
from minitls.trace.explain.annotate import AnnotatedField
from minitls.trace.explain.extension_bodies import BODIES
from minitls.trace.explain.opened import opened
from minitls.trace.explain.quic import QUICTransportParameters, varint
from minitls.trace.explain.reading import read
from minitls.wire.codes import ExtensionType
from minitls.wire.extensions import UnknownExtension
from minitls.wire.grammar import Struct
from minitls.wire.messages import ClientHello, ServerHello
from tests.peers import ROOT
from tests.trace.test_annotate import bodies, tiles
from tests.wire.strategies import structs

#: Those whose kinds the strategies do not know: written out by hand below.
BY_HAND = ("quic_transport_parameters", "quic_transport_parameters_draft", "next_protocol_negotiation")
CHROMIUM = bytes.fromhex((ROOT / "tests/trace/chromium_hello.hex").read_text())


def hello(side: str, extension: str, body: bytes) -> bytes:
    """A hello with one extension."""
    code = 0x0A0A if extension == "GREASE" else ExtensionType[extension]
    extensions = (UnknownExtension(code, body),)
    if side == "ClientHello":
        return ClientHello(0x0303, bytes(32), b"", (0x002F,), (0,), extensions).encode()
    return ServerHello(0x0303, bytes(32), b"", 0x002F, 0, extensions).encode()


def told(side: str, extension: str, body: str) -> list[tuple[str, str]]:
    """(name inside the extension, what it says) for the fields of a body."""
    data = hello(side, extension, bytes.fromhex(body))
    prefix = f"extensions[0].{extension}."
    fields = annotate.handshake(data)
    assert tiles(fields, len(data))
    # The body's own length comes first.
    return [(f.label.removeprefix(prefix), f.said) for f in fields if f.label.startswith(prefix)][1:]


Body = tuple[str, str, type[Struct]]
GENERATED = [each for each in bodies() if each[1] not in BY_HAND]


@given(st.sampled_from(GENERATED).flatmap(lambda each: st.tuples(st.just(each), structs(each[2]))))
def test_a_body_that_fits_is_cut_into_its_fields(given_body: tuple[Body, Struct]) -> None:
    (side, extension, _), value = given_body
    data = hello(side, extension, value.write())
    fields = annotate.handshake(data)
    assert tiles(fields, len(data))
    assert not [field for field in fields if field.kind == f"extensions.{extension}" and field.path[-1] == extension]


@given(st.sampled_from(sorted({(side, name) for side, name, _ in bodies()})), st.binary(max_size=60))
def test_any_body_is_tiled(where: tuple[str, str], body: bytes) -> None:
    data = hello(*where, body)
    assert tiles(annotate.handshake(data), len(data))


@pytest.mark.parametrize(
    ("side", "extension", "body", "fields"),
    [
        # RFC 8446 section 4.2.8: one share of x25519, and GREASE (RFC 8701) before it.
        (
            "ClientHello",
            "key_share",
            "002b 0a0a 0001 00 001d 0020" + "11" * 34,
            [],
        ),
        (
            "ClientHello",
            "key_share",
            "0029 0a0a 0001 00 001d 0020" + "11" * 32,
            [
                ("client_shares.length", "41 bytes follow"),
                ("client_shares[0].group", "0x0a0a GREASE: to be ignored"),
                ("client_shares[0].key_exchange.length", "1 byte follows"),
                ("client_shares[0].key_exchange", "1 byte"),
                ("client_shares[1].group", "0x001d x25519"),
                ("client_shares[1].key_exchange.length", "32 bytes follow"),
                ("client_shares[1].key_exchange", "32 bytes"),
            ],
        ),
        ("ServerHello", "key_share", "0017", [("selected_group", "0x0017 secp256r1")]),
        (
            "ClientHello",
            "psk_key_exchange_modes",
            "02 01 00",
            [("ke_modes.length", "2 bytes follow"), ("ke_modes[0]", "1 psk_dhe_ke"), ("ke_modes[1]", "0 psk_ke")],
        ),
        (
            "ClientHello",
            "compress_certificate",
            "04 0001 0003",
            [
                ("algorithms.length", "4 bytes follow"),
                ("algorithms[0]", "0x0001 zlib"),
                ("algorithms[1]", "0x0003 zstd"),
            ],
        ),
        ("ClientHello", "padding", "00 00 00", [("zeros", "3 bytes of value 0")]),
        ("ClientHello", "heartbeat", "01", [("mode", "1 peer_allowed_to_send")]),
        (
            "ServerHello",
            "next_protocol_negotiation",
            "02 6832",
            [("protocols[0].length", "2 bytes follow"), ("protocols[0]", '"h2" 2 bytes')],
        ),
        # RFC 9000 section 18.2: max_idle_timeout of 30,000 ms, and a reserved parameter (31 * 1 + 27).
        (
            "ClientHello",
            "quic_transport_parameters",
            "01 04 80007530 3a 00",
            [
                ("parameters[0].id", "0x1 max_idle_timeout"),
                ("parameters[0].value.length", "4 bytes follow"),
                ("parameters[0].value", "30,000 if it is a number"),
                ("parameters[1].id", "0x3a reserved: to be passed over"),
                ("parameters[1].value.length", "0 bytes follow"),
            ],
        ),
        (
            "ServerHello",
            "signed_certificate_timestamp",
            "0034 0032 00" + "22" * 32 + "0000018bcfe56800 0000 0403 0003 aabbcc",
            [
                ("sct_list.length", "52 bytes follow"),
                ("sct_list[0].length", "50 bytes follow"),
                ("sct_list[0].sct_version", "0 v1"),
                ("sct_list[0].log_id", "32 bytes"),
                ("sct_list[0].timestamp", "1700000000000 2023-11-14 22:13:20 UTC"),
                ("sct_list[0].extensions.length", "0 bytes follow"),
                ("sct_list[0].algorithm", "0x0403 ecdsa_secp256r1_sha256"),
                ("sct_list[0].signature.length", "3 bytes follow"),
                ("sct_list[0].signature", "3 bytes"),
            ],
        ),
    ],
)
def test_bodies_by_hand(side: str, extension: str, body: str, fields: list[tuple[str, str]]) -> None:
    assert told(side, extension, body) == fields


@pytest.mark.parametrize(
    ("number", "encoded"),
    # RFC 9000 appendix A.1.
    [(151288809941952652, "c2197c5eff14e88c"), (494878333, "9d7f3e7d"), (15293, "7bbd"), (37, "25")],
)
def test_numbers_of_variable_length(number: int, encoded: str) -> None:
    assert varint().write(number).hex() == encoded
    assert varint().parse(bytes.fromhex(encoded)) == number


@given(st.lists(st.tuples(st.integers(0, 2**62 - 1), st.binary(max_size=9)), max_size=4))
def test_settings_of_quic(settings: list[tuple[int, bytes]]) -> None:
    body = b"".join(varint().write(number) + varint().write(len(value)) + value for number, value in settings)
    read_again: Any = QUICTransportParameters.parse(body)
    assert [(each.id, each.value) for each in read_again.parameters] == settings
    assert read_again.write() == body
    data = hello("ClientHello", "quic_transport_parameters", body)
    assert tiles(annotate.handshake(data), len(data))


class TestChromium:
    """A hello that Chromium sent in 2026: every extension in it is named, told and cut."""

    def fields(self) -> list[AnnotatedField]:
        (part,) = read(CHROMIUM)
        fields = opened(part.data, part.fields)
        assert tiles(fields, len(CHROMIUM)) and not part.problem
        return fields

    def test_nothing_is_unknown(self) -> None:
        for field in self.fields():
            assert not field.said.endswith("unknown") and "0x" not in field.name, field
            assert field.path[-1] != (field.path[4:] and field.path[3]), field

    def test_every_extension_says_what_it_does(self) -> None:
        types = [field for field in self.fields() if field.path[-1] == "extension_type"]
        assert len(types) == 19 and all(len(field.meaning) > 20 for field in types)
        assert [field.value for field in types][1:3] == ["0x000d signature_algorithms:", "0x44cd application_settings:"]

    def test_what_is_reserved_is_told_wherever_it_stands(self) -> None:
        """RFC 8701: in suites, signature schemes, groups, key shares and versions."""
        where = {field.kind for field in self.fields() if field.meaning == "GREASE: to be ignored"}
        assert where == {
            "ClientHello.cipher_suites",
            "extensions.signature_algorithms.supported_signature_algorithms",
            "extensions.supported_groups.named_group_list",
            "extensions.key_share.client_shares.group",
            "extensions.supported_versions.versions",
        }


def test_both_tables_name_extensions_that_exist() -> None:
    names = {each.name for each in ExtensionType} | {"GREASE"}
    assert set(BODIES) == {"ClientHello", "ServerHello"}
    assert all(set(table) <= names for table in BODIES.values())
