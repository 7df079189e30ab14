"""The numbers, against those of Wireshark (which follows IANA's registries) and tlslite-ng."""

from __future__ import annotations

import re
import subprocess
from enum import IntEnum
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.errors import AlertDescription, alert_name
from minitls.wire import codes
from minitls.wire.codes import (
    MAX_FRAGMENT_LENGTHS,
    ContentType,
    ExtensionType,
    HandshakeType,
    NamedGroup,
    SignatureScheme,
    is_grease,
    name_of,
)
from tests.peers import require_program

#: The sixteen values of RFC 8701 section 2, written out.
GREASE = (
    *(0x0A0A, 0x1A1A, 0x2A2A, 0x3A3A, 0x4A4A, 0x5A5A, 0x6A6A, 0x7A7A),
    *(0x8A8A, 0x9A9A, 0xAAAA, 0xBABA, 0xCACA, 0xDADA, 0xEAEA, 0xFAFA),
)
#: Wireshark's names where they are not the registry's.
OTHERWISE = {
    "Client Certificate URL": "certificate_url",
    "Application Data": "application_data",
    "Bad Record MAC": "bad_record_mac",
    "Decryption Failed": "decryption_failed_RESERVED",
    "No Certificate": "no_certificate_RESERVED",
    "Export Restriction": "export_restriction_RESERVED",
    "delegated_credentials": "delegated_credential",
    "connection_id (deprecated)": "connection_id_deprecated",
    "application_settings": "application_settings_old",
    "quic_transport_parameters (drafts version)": "quic_transport_parameters_draft",
    "encrypted_server_name": "encrypted_server_name_draft",
}
#: Extensions that the Wireshark of Debian 12 has no name for yet.
NEWER = {
    "tls_lts", "pwd_protect", "pwd_clear", "password_salt", "ticket_pinning", "tls_cert_with_extern_psk", "TLMSP",
    "TLMSP_proxying", "TLMSP_delegate", "supported_ekt_ciphers", "sequence_number_encryption_algorithms", "rrc",
    "tls_flags", "ech_outer_extensions", "encrypted_client_hello", "application_settings", "trust_anchors",
}  # fmt: skip


@cache
def wireshark() -> dict[str, dict[int, set[str]]]:
    """Field -> number -> names, from ``tshark -G values``."""
    told = subprocess.run(
        [require_program("tshark"), "-G", "values"], capture_output=True, check=True, text=True, errors="replace"
    )
    tables: dict[str, dict[int, set[str]]] = {}
    for field, number, name in re.findall(r"^V\t(tls\.[\w.]+)\t(0x[0-9a-f]+|\d+)\t(.*)$", told.stdout, re.MULTILINE):
        tables.setdefault(field, {}).setdefault(int(number, 0), set()).add(name)
    return tables


def plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("space", "field", "unknown_there"),
    [
        (ContentType, "tls.record.content_type", set()),
        (HandshakeType, "tls.handshake.type", set()),
        (AlertDescription, "tls.alert_message.desc", set()),
        (ExtensionType, "tls.handshake.extension.type", NEWER),
        (
            SignatureScheme,
            "tls.handshake.sig_hash_alg",
            # Wireshark tells the schemes with MD5 and SHA-224 by hash and signature instead.
            {"rsa_pkcs1_md5", "rsa_pkcs1_sha224", "ecdsa_sha224"},
        ),
        (NamedGroup, "tls.handshake.extensions_supported_group", {"X25519MLKEM768"}),
    ],
)
def test_numbers_are_those_of_wireshark(space: type[IntEnum], field: str, unknown_there: set[str]) -> None:
    theirs = wireshark()[field]
    differing = {
        member.name: theirs.get(member.value)
        for member in space
        if plain(member.name) not in {plain(OTHERWISE.get(name, name)) for name in theirs.get(member.value, ())}
    }
    assert {name for name in differing if name not in unknown_there} == set(), differing


@pytest.mark.parametrize(
    ("member", "number"),
    [
        (ExtensionType.encrypted_client_hello, 0xFE0D),
        (NamedGroup.X25519MLKEM768, 0x11EC),
        (SignatureScheme.rsa_pkcs1_md5, 0x0101),
        (SignatureScheme.rsa_pkcs1_sha224, 0x0301),
        (SignatureScheme.ecdsa_sha224, 0x0303),
    ],
)
def test_numbers_wireshark_does_not_know(member: IntEnum, number: int) -> None:
    """From the registries themselves: RFC 9849, draft-ietf-tls-ecdhe-mlkem, RFC 5246 section 7.4.1.4.1."""
    assert member.value == number


def test_signalling_suites() -> None:
    """RFC 5746 section 3.3 and RFC 7507 section 2."""
    assert codes.TLS_EMPTY_RENEGOTIATION_INFO_SCSV == 0x00FF
    assert codes.TLS_FALLBACK_SCSV == 0x5600


def test_fragment_lengths_double_from_512() -> None:
    """RFC 6066 section 4: 2^9(1), 2^10(2), 2^11(3), 2^12(4)."""
    assert MAX_FRAGMENT_LENGTHS == {1: 512, 2: 1024, 3: 2048, 4: 4096}


def test_grease_is_sixteen_values() -> None:
    assert tuple(number for number in range(0x10000) if is_grease(number)) == GREASE


@pytest.mark.parametrize(
    ("space", "number", "name"),
    [
        (ExtensionType, 0, "server_name"),
        (ExtensionType, 0xFF01, "renegotiation_info"),
        (ExtensionType, 0x1A1A, "GREASE"),
        (ExtensionType, 0x1234, "0x1234"),
        (HandshakeType, 3, "0x03"),
        (ContentType, 0x0A, "0x0a"),
    ],
)
def test_numbers_are_told_by_name(space: type[IntEnum], number: int, name: str) -> None:
    assert name_of(space, number) == name


@given(st.integers(0, 255))
def test_every_alert_number_can_be_told(number: int) -> None:
    told = alert_name(number)
    assert told == f"alert {number}" or AlertDescription[told] == number
