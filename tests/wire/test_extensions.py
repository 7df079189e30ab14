"""The bodies of hello extensions, each as the RFC that defines it prints it; and the list around them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from minitls.errors import DecodeError
from minitls.wire import extensions as ext
from minitls.wire.extensions import CLIENT_HELLO_EXTENSIONS, SERVER_HELLO_EXTENSIONS, Extension, UnknownExtension
from minitls.wire.grammar import Span
from tests.wire.strategies import values

CLIENT, SERVER = ext.client_extensions, ext.server_extensions

#: (who sends it, the number IANA gave it, the extension, its body): written out by hand from the section named.
BODIES: tuple[tuple[str, int, Extension, str], ...] = (
    ("client", 0, ext.ServerNameList(((0, b"a.b"),)), "0006 00 0003 612e62"),  # RFC 6066 section 3
    ("client", 0, ext.ServerNameList(((0, b"a"), (7, b""))), "0007 00 0001 61 07 0000"),
    ("server", 0, ext.ServerNameAcknowledged(), ""),
    ("both", 1, ext.MaxFragmentLength(4), "04"),  # RFC 6066 section 4
    ("client", 5, ext.CertificateStatusRequest.ocsp(), "01 0000 0000"),  # RFC 6066 section 8
    (
        "client",
        5,
        ext.CertificateStatusRequest((1, ext.OCSPStatusRequest((b"id",), b"x"))),
        "01 0004 0002 6964 0001 78",
    ),
    ("client", 5, ext.CertificateStatusRequest((2, b"anything")), "02 616e797468696e67"),
    ("server", 5, ext.CertificateStatusAcknowledged(), ""),
    ("client", 10, ext.SupportedGroups((0x0017, 0x001D)), "0004 0017 001d"),  # RFC 8422 section 5.1.1
    ("both", 11, ext.ECPointFormats((0, 1)), "02 00 01"),  # RFC 8422 section 5.1.2
    ("client", 13, ext.SignatureAlgorithms((0x0401, 0x0804)), "0004 0401 0804"),  # RFC 5246 section 7.4.1.4.1
    ("both", 16, ext.ProtocolNameList((b"h2", b"x")), "0005 02 6832 01 78"),  # RFC 7301 section 3.1
    ("both", 22, ext.EncryptThenMac(), ""),  # RFC 7366 section 2
    ("both", 23, ext.ExtendedMasterSecret(), ""),  # RFC 7627 section 5.1
    ("both", 28, ext.RecordSizeLimit(0x4000), "4000"),  # RFC 8449 section 4
    ("both", 35, ext.SessionTicket(b""), ""),  # RFC 5077 section 3.2
    ("both", 35, ext.SessionTicket(b"ticket"), "7469636b6574"),
    ("client", 43, ext.SupportedVersions((0x0304, 0x0303)), "04 0304 0303"),  # RFC 8446 section 4.2.1
    ("server", 43, ext.SelectedVersion(0x0303), "0303"),
    ("client", 50, ext.SignatureAlgorithmsCert((0x0401,)), "0002 0401"),  # RFC 8446 section 4.2.3
    ("both", 0xFF01, ext.RenegotiationInfo(b""), "00"),  # RFC 5746 section 3.2
    ("both", 0xFF01, ext.RenegotiationInfo(b"verify"), "06 766572696679"),
    ("both", 0x1234, UnknownExtension(0x1234, b"kept"), "6b657074"),
    ("both", 0x1234, UnknownExtension(0x1234, b""), ""),
)


def listed(number: int, body: bytes) -> bytes:
    """An extension list with one extension in it."""
    entry = number.to_bytes(2, "big") + len(body).to_bytes(2, "big") + body
    return len(entry).to_bytes(2, "big") + entry


def kinds_of(sender: str) -> tuple[Any, ...]:
    return {"client": (CLIENT,), "server": (SERVER,), "both": (CLIENT, SERVER)}[sender]


@pytest.mark.parametrize(("sender", "number", "extension", "body"), BODIES)
def test_by_hand(sender: str, number: int, extension: Extension, body: str) -> None:
    assert extension.write() == bytes.fromhex(body) and extension.type == number
    data = listed(number, bytes.fromhex(body))
    for kind in kinds_of(sender):
        assert kind.parse(data) == (extension,)
        assert kind.write((extension,)) == data


def test_every_extension_is_written_out_above() -> None:
    told = {type(extension) for _, _, extension, _ in BODIES}
    assert {*CLIENT_HELLO_EXTENSIONS.values(), *SERVER_HELLO_EXTENSIONS.values(), UnknownExtension} == told


@pytest.mark.parametrize("table", [CLIENT_HELLO_EXTENSIONS, SERVER_HELLO_EXTENSIONS], ids=["client", "server"])
def test_tables_are_keyed_by_number(table: dict[int, type[Extension]]) -> None:
    assert all(cls.extension_type == number for number, cls in table.items())


@pytest.mark.parametrize(
    ("sender", "number", "body", "told"),
    [
        ("client", 0, "0000", "server_name.server_name_list: length 0 is not in 1..65535"),
        ("client", 0, "0003 00 0000", "server_name.server_name_list[0]: length 0 is not in 1..65535"),
        ("client", 0, "0005 00 0003 61", "server_name.server_name_list: length 5 runs past the end: 4 left"),
        ("server", 0, "00", "server_name: 1 byte left over"),
        ("client", 1, "", "max_fragment_length.max_fragment_length: 1 byte wanted, 0 left"),
        ("client", 5, "", "status_request.request: 1 byte wanted, 0 left"),
        ("client", 5, "01 0002 0000 0000", "status_request.request.responder_id_list[0]: length 0 is not in 1..65535"),
        ("client", 10, "0000", "supported_groups.named_group_list: length 0 is not in 2..65534"),
        ("client", 10, "0003 001700", "supported_groups.named_group_list: length 3 is odd"),
        ("client", 11, "00", "ec_point_formats.ec_point_format_list: length 0 is not in 1..255"),
        ("client", 13, "0001 04", "signature_algorithms.supported_signature_algorithms: length 1 is not in 2..65534"),
        ("client", 16, "0001 00", "application_layer_protocol_negotiation.protocol_name_list: length 1 is not in 2.."),
        ("client", 16, "0003 02 6832 00", "application_layer_protocol_negotiation: 1 byte left over"),
        (
            "server",
            16,
            "0003 00 01 78",
            "application_layer_protocol_negotiation.protocol_name_list[0]: length 0 is not",
        ),
        ("client", 22, "00", "encrypt_then_mac: 1 byte left over"),
        ("client", 23, "00", "extended_master_secret: 1 byte left over"),
        ("server", 28, "40", "record_size_limit.record_size_limit: 2 bytes wanted, 1 left"),
        ("client", 43, "00", "supported_versions.versions: length 0 is not in 2..254"),
        ("server", 43, "02 0303", "supported_versions: 1 byte left over"),
        ("client", 0xFF01, "", "renegotiation_info.renegotiated_connection: a length of 1 byte wanted, 0 left"),
    ],
)
def test_a_fault_names_extension_and_field(sender: str, number: int, body: str, told: str) -> None:
    (kind,) = kinds_of(sender)
    with pytest.raises(DecodeError) as raised:
        kind.parse(listed(number, bytes.fromhex(body)))
    assert raised.value.path[0] == 0 and str(raised.value).partition("].")[0] + "]." == "[0]."
    assert str(raised.value).removeprefix("[0].").startswith(told)


@given(values(CLIENT) | values(SERVER))
def test_unknown_ones_are_found_again_under_their_number(drawn: tuple[Extension, ...] | None) -> None:
    """A number without a row is kept unread, at its place in the list."""
    if drawn is None:
        return
    kept = [extension for extension in drawn if isinstance(extension, UnknownExtension)]
    again = CLIENT.parse(CLIENT.write(tuple(kept)))
    assert again is not None and list(again) == kept


def test_absent_and_empty_differ() -> None:
    assert CLIENT.parse(b"") is None and CLIENT.parse(b"\x00\x00") == ()
    assert CLIENT.write(None) == b"" and CLIENT.write(()) == b"\x00\x00"


def test_the_same_number_twice_is_read_twice() -> None:
    """Whether that is allowed is no question of form: the handshake refuses it with illegal_parameter."""
    entry = bytes.fromhex("0017 0000")
    assert CLIENT.parse(b"\x00\x08" + entry + entry) == (ext.ExtendedMasterSecret(), ext.ExtendedMasterSecret())


def test_annotations_name_extensions() -> None:
    data = bytes.fromhex("000e 0017 0000 1234 0001 ff 0001 0001 02")
    found: list[Span] = list(CLIENT.annotate(data, 0, len(data), ("extensions",)))
    assert [str(span) for span in found] == [
        "0..2 extensions.length",
        "2..4 extensions[0].extension_type",
        "4..6 extensions[0].extended_master_secret.length",
        "6..8 extensions[1].extension_type",
        "8..10 extensions[1].0x1234.length",
        "10..11 extensions[1].0x1234",
        "11..13 extensions[2].extension_type",
        "13..15 extensions[2].max_fragment_length.length",
        "15..16 extensions[2].max_fragment_length.max_fragment_length",
    ]
