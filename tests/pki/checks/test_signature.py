"""Which algorithms may sign a certificate: RSASSA-PSS by the hash in its parameters (BR 7.1.3.2)."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from minitls.pki.certificate import Certificate, read_certificate
from minitls.pki.checks.signature import issuer_key_size, pss_hash, signature_algorithm
from minitls.pki.rules import Place, Purpose, Question
from tests.handshake import certificates
from tests.helpers import pem, trust
from tests.pki.chains import found, key_of, made, name, place


def signed(hash_algorithm: Any, pss: bool) -> Certificate:
    """A certificate signed by `cryptography`, with PSS or with PKCS #1 v1.5."""
    key, name = pem("server")[1], x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pss")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(certificates.FROM).not_valid_after(certificates.UNTIL)
    how = padding.PSS(padding.MGF1(hash_algorithm), hash_algorithm.digest_size) if pss else None
    made = builder.sign(key, hash_algorithm, rsa_padding=how)
    read = read_certificate(made.public_bytes(Encoding.DER))
    assert isinstance(read, Certificate)
    return read


@pytest.mark.parametrize("hash_algorithm", [SHA256(), SHA384(), SHA512()])
@pytest.mark.parametrize("pss", [False, True])
def test_allowed(hash_algorithm: HashAlgorithm, pss: bool) -> None:
    certificate = signed(hash_algorithm, pss)
    assert not pss or pss_hash(certificate) == hash_algorithm.name
    place = Place(Question(trust(), None, Purpose.server, frozenset(), "web", ()), (certificate,), 0)
    ((holds, values),) = signature_algorithm(place)
    assert holds, values


def test_refused() -> None:
    """Old certificates may still bear SHA-1; `cryptography` makes none, so the parameters are changed by hand."""
    certificate = signed(SHA256(), True)
    sha1 = bytes.fromhex("06052b0e03021a")
    assert SHA1.name == "sha1" and sha1 not in certificate.der
    unread = certificate.der.replace(bytes.fromhex("0609608648016503040201"), bytes.fromhex("060960864801650304027f"))
    read = read_certificate(unread)
    assert isinstance(read, Certificate) and pss_hash(read) is None
    place = Place(Question(trust(), None, Purpose.server, frozenset(), "web", ()), (read,), 0)
    ((holds, _),) = signature_algorithm(place)
    assert not holds


@pytest.mark.parametrize(
    ("kind", "holds"),
    [
        ("RSA 2048", True),
        ("RSA 1024", False),
        ("P-384", True),
        ("secp256k1", False),
        ("Ed25519", False),
    ],
)
def test_an_issuers_key(kind: str, holds: bool) -> None:
    """CA/Browser Forum BR 6.1.5: RSA of 2048 bits or more, or one of three curves."""
    issuer = made(subject=name("issuer"), key=key_of(kind))
    assert found(issuer_key_size, place(made(), issuer, at=1)) == [holds]


def test_an_issuers_curve_is_named_and_not_described() -> None:
    """CVE-2020-0601: whoever may give the curve's parameters can make a key that fits somebody's public point."""
    issuer = copy.copy(made(subject=name("issuer")))
    curve = bytes.fromhex("06082a8648ce3d030107")
    assert issuer.key_info.count(curve) == 1
    # In place of the OID a SEQUENCE, as ECParameters is (RFC 3279 section 2.3.5).
    issuer.key_info = issuer.key_info.replace(curve, b"\x30" + curve[1:])
    ((holds, told),) = issuer_key_size(place(made(), issuer, at=1))
    assert not holds and "by its parameters" in told["key"]
