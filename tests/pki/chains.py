"""Chains to ask about, the question that most tests ask of them, and certificates made for one rule at a time.

`made` builds with bare `cryptography`; what that refuses to write, a test exchanges in the DER by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from minitls.pki import Purpose, TrustStore, Verdict, demo, verify_chain
from minitls.pki.certificate import Certificate, read_certificate
from minitls.pki.rules import Place, Question

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DEMO = TrustStore.load("demo")
LEAF, INTERMEDIATE = demo.server_chain()


def ask(*chain: bytes, name: str = "localhost", trust: TrustStore = DEMO, now: datetime = NOW) -> Verdict:
    return verify_chain(chain, trust=trust, now=now, name=name)


def encoded(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def rules(verdict: Verdict) -> set[str]:
    return {step.rule for step in verdict.failures}


#: One extension and whether it is critical.
Extension = tuple[x509.ExtensionType, bool]
KEY = ec.derive_private_key(0xABCDEF, ec.SECP256R1())


@lru_cache
def key_of(kind: str) -> Any:
    """A key: "RSA 2048", "P-256", "secp256k1", "Ed25519", ..."""
    match kind.split():
        case ["RSA", size]:
            return rsa.generate_private_key(65537, int(size))
        case ["Ed25519"]:
            return ed25519.Ed25519PrivateKey.generate()
        case ["Ed448"]:
            return ed448.Ed448PrivateKey.generate()
    curves = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1(), "secp256k1": ec.SECP256K1()}
    return ec.generate_private_key(curves[kind])


def name(*common: str) -> x509.Name:
    """A name of these common names, one relative name each."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text) for text in common])


def der_of(
    *extensions: Extension,
    subject: x509.Name | None = None,
    issuer: x509.Name | None = None,
    key: Any = KEY,
    serial: int = 2,
    begin: datetime = datetime(2025, 1, 1, tzinfo=UTC),
    end: datetime = datetime(2030, 1, 1, tzinfo=UTC),
) -> bytes:
    """A certificate with these extensions and no others, signed by KEY."""
    builder = x509.CertificateBuilder().public_key(key.public_key()).serial_number(serial)
    builder = builder.subject_name(name("leaf") if subject is None else subject)
    builder = builder.issuer_name(name("issuer") if issuer is None else issuer)
    builder = builder.not_valid_before(begin).not_valid_after(end)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(KEY, SHA256()).public_bytes(Encoding.DER)


def without_version(data: bytes) -> bytes:
    """The certificate without [0] EXPLICIT version; its signature no longer fits, which nobody asks here."""
    body = x509.load_der_x509_certificate(data).tbs_certificate_bytes
    assert b"\xa0\x03\x02\x01\x02" in body[:10]
    inner = body[body.index(b"\xa0\x03\x02\x01\x02") + 5 :]
    return sequence(sequence(inner) + data[data.index(body) + len(body) :])


def sequence(content: bytes) -> bytes:
    """A SEQUENCE of 128 bytes or more, its length as short as DER wants it (X.690 section 10.1)."""
    size = len(content).to_bytes(2, "big").lstrip(b"\0")
    return bytes([0x30, 0x80 + len(size)]) + size + content


def read(data: bytes) -> Certificate:
    """A certificate that can be read."""
    found = read_certificate(data)
    assert isinstance(found, Certificate), found
    return found


def made(*extensions: Extension, **given: Any) -> Certificate:
    """`der_of`, read."""
    return read(der_of(*extensions, **given))


def usage(*allowed: str) -> x509.KeyUsage:
    """A keyUsage with exactly these bits, by the names that `cryptography` gives them."""
    every = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    every += ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{each: each in allowed for each in every})


def names(*hosts: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])


def place(*path: Certificate, at: int = 0, trust: TrustStore = DEMO, **question: Any) -> Place:
    """A place on a path, leaf first; the question is a client's about "localhost" unless it is changed."""
    asked = {"name": "localhost", "purpose": Purpose.server, "needs": frozenset(), "profile": "web", "crls": ()}
    return Place(Question(trust=trust, **{**asked, **question}), path, at)


def found(check: Callable[..., Iterable[tuple[bool, dict[str, str]]]], *where: Any) -> list[bool]:
    """What a rule finds: one truth for each finding."""
    return [ok for ok, _ in check(*where)]
