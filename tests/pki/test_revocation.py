"""Revocation lists as files: which can be read, the sentence for each that cannot (RFC 5280 section 5)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from minitls.pki.revocation import SIZE_LIMIT, load_crls, read_crl

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
KEY = ec.derive_private_key(0x7654321, ec.SECP256R1())
UNKNOWN = x509.ObjectIdentifier("1.3.6.1.4.1.55555.1")


def made(name: str, *serials: int, unknown: bool = False) -> x509.CertificateRevocationList:
    """A list made by `cryptography`, with an extension that nobody knows if asked."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .last_update(WHEN)
        .next_update(datetime(2027, 1, 1, tzinfo=UTC))
    )
    for serial in serials:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(WHEN)
        if unknown:
            entry = entry.add_extension(x509.UnrecognizedExtension(UNKNOWN, b"\x05\x00"), critical=True)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(KEY, SHA256())


def test_der_and_pem_say_the_same() -> None:
    crl = made("a", 7, 2**60)
    for encoding in (Encoding.DER, Encoding.PEM):
        read = read_crl(crl.public_bytes(encoding))
        assert read.revoked == {7: WHEN, 2**60: WHEN} and read.issuer == crl.issuer
        assert read.not_understood == ()


def test_a_critical_extension_of_an_entry_is_told_once() -> None:
    """Section 5.3: whoever does not know it must not rely on the list."""
    assert read_crl(made("a", 1, 2, unknown=True).public_bytes(Encoding.DER)).not_understood == (UNKNOWN.dotted_string,)


def test_every_list_of_a_pem_file(tmp_path: Path) -> None:
    path = tmp_path / "two.crl"
    path.write_bytes(b"a comment\n" + b"\n".join(made(name).public_bytes(Encoding.PEM) for name in ("a", "b")))
    assert [each.issuer.rfc4514_string() for each in load_crls(path)] == ["CN=a", "CN=b"]


def test_the_one_list_of_a_der_file(tmp_path: Path) -> None:
    path = tmp_path / "one.crl"
    path.write_bytes(made("a", 5).public_bytes(Encoding.DER))
    (read,) = load_crls(str(path))
    assert set(read.revoked) == {5}


@pytest.mark.parametrize("data", [b"", b"no list", b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"])
def test_what_is_no_list(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ValueError, match=r"^not a certificate revocation list: "):
        read_crl(data)
    path = tmp_path / "wrong.crl"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"^{path}: not a certificate revocation list: "):
        load_crls(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"missing\.crl: cannot be read: No such file"):
        load_crls(tmp_path / "missing.crl")


def test_an_absurdly_long_list_is_not_read() -> None:
    with pytest.raises(ValueError, match="at most 16,777,216 are read"):
        read_crl(bytes(SIZE_LIMIT + 1))
