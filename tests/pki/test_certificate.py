"""What is read off a certificate: against `cryptography`'s own reading, and against DER cut by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as some

from minitls.pki.certificate import SIZE_LIMIT, Unreadable, read_certificate, short_name, subject_of
from tests.pki.chains import INTERMEDIATE, LEAF, der_of, key_of, made, name, names, read, without_version

ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")


@pytest.mark.parametrize("data", [LEAF, INTERMEDIATE, der_of((names("a.test"), False))])
def test_every_field(data: bytes) -> None:
    parsed, certificate = x509.load_der_x509_certificate(data), read(data)
    assert certificate.der == data
    assert certificate.subject == parsed.subject.public_bytes() == subject_of(data)
    assert certificate.issuer == parsed.issuer.public_bytes()
    assert int.from_bytes(certificate.serial, "big") == parsed.serial_number
    assert (certificate.not_before, certificate.not_after) == (parsed.not_valid_before_utc, parsed.not_valid_after_utc)
    assert certificate.key_info == parsed.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert certificate.key == parsed.public_key() and certificate.key_fault == ""
    assert certificate.extensions.keys() == {each.oid for each in parsed.extensions}
    assert certificate.signature_algorithm == certificate.signed_signature_algorithm
    assert parsed.tbs_certificate_bytes in data


def test_raw_fields_are_der() -> None:
    certificate = made(serial=0x80, end=datetime(2060, 1, 1, tzinfo=UTC))
    assert certificate.signature_algorithm == ECDSA_SHA256
    # A positive INTEGER whose first bit is set takes a zero in front (X.690 section 8.3).
    assert certificate.serial == b"\x00\x80"
    # UTCTime (23) until 2049, GeneralizedTime (24) from 2050 on (RFC 5280 section 4.1.2.5).
    assert certificate.validity_tags == (0x17, 0x18)


def test_a_certificate_of_version_1_has_no_version_field() -> None:
    """Absent, not 0 (RFC 5280 section 4.1); the fields behind it are where they were."""
    old = without_version(der_of())
    certificate = read(old)
    assert certificate.parsed.version is x509.Version.v1
    assert certificate.serial == b"\x02" and certificate.subject == name("leaf").public_bytes() == subject_of(old)


def test_looking_up_extensions() -> None:
    certificate = made((names("a.test"), True))
    found = certificate.extension(x509.SubjectAlternativeName)
    assert found is not None and found.critical and found.value == names("a.test")
    assert certificate.extension(x509.BasicConstraints) is None


def test_self_issued_is_a_matter_of_names() -> None:
    assert made(subject=name("a"), issuer=name("a"), key=key_of("P-384")).self_issued
    assert not made(subject=name("a"), issuer=name("A")).self_issued


@pytest.mark.parametrize(
    ("parts", "label"),
    [
        (name("a host"), "a host"),
        (name("first", "last"), "last"),
        (
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "c"), x509.NameAttribute(NameOID.COUNTRY_NAME, "DE")]),
            "c",
        ),
        (
            x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"), x509.NameAttribute(NameOID.LOCALITY_NAME, "L")]),
            "L",
        ),
        (x509.Name([]), "(no name)"),
    ],
)
def test_what_people_call_it(parts: x509.Name, label: str) -> None:
    assert short_name(parts) == label
    certificate = made(subject=parts)
    assert certificate.label == label
    assert certificate.subject_text == (parts.rfc4514_string() or "(empty)")


def test_a_key_of_an_unknown_kind_is_kept_as_a_fault() -> None:
    """id-ecPublicKey with its last arc changed: the certificate can be read, its key cannot."""
    data = der_of()
    known = bytes.fromhex("06072a8648ce3d0201")
    assert data.count(known) == 1
    certificate = read(data.replace(known, known[:-1] + b"\x7f"))
    assert certificate.key is None and certificate.key_fault


def test_two_encodings_of_one_certificate_are_not_both_read() -> None:
    """The byte before the signature says how many bits are unused: 0, or the certificate has a twin."""
    parsed = x509.load_der_x509_certificate(LEAF)
    at = len(LEAF) - len(parsed.signature) - 1
    assert LEAF[at] == 0
    twin = read_certificate(LEAF[:at] + b"\x01" + LEAF[at + 1 :])
    assert isinstance(twin, Unreadable) and twin.rule == "readable"


def test_the_same_extension_twice() -> None:
    data = der_of((names("a.test"), False), (x509.SubjectKeyIdentifier(b"k" * 20), False))
    # subjectKeyIdentifier (2.5.29.14) becomes a second subjectAltName (2.5.29.17).
    twice = read_certificate(data.replace(bytes.fromhex("0603551d0e"), bytes.fromhex("0603551d11")))
    assert twice == Unreadable("extensions-once", "2.5.29.17 twice")


def test_a_certificate_beyond_any_honest_size() -> None:
    assert read_certificate(bytes(SIZE_LIMIT + 1)) == Unreadable("certificate-size", "65,537 bytes")


@given(some.binary(max_size=200) | some.binary(max_size=40).map(lambda data: LEAF[:500] + data))
def test_any_other_bytes_have_a_reason(data: bytes) -> None:
    found = read_certificate(data)
    assert isinstance(found, Unreadable) and found.rule == "readable" and found.reason


def test_it_is_read_once() -> None:
    assert read_certificate(bytes(bytearray(LEAF))) is read_certificate(LEAF)
