"""A small PKI for tests, made with bare `cryptography`: one P-256 root, and a leaf for any key and purpose."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

FROM, UNTIL = datetime(2025, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
_ROOT_KEY = ec.derive_private_key(0x1234567, ec.SECP256R1())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*allowed: str) -> x509.KeyUsage:
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: name in allowed for name in every})


def _signed(subject: str, key: Any, serial: int, *extensions: tuple[x509.ExtensionType, bool]) -> bytes:
    public = _ROOT_KEY.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name("test root"))
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(FROM)
        .not_valid_after(UNTIL)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(_ROOT_KEY, SHA256()).public_bytes(Encoding.DER)


@lru_cache
def root() -> bytes:
    """The root as DER."""
    return _signed(
        "test root",
        _ROOT_KEY,
        1,
        (x509.BasicConstraints(ca=True, path_length=None), True),
        (_usage("key_cert_sign", "crl_sign"), True),
        (x509.SubjectKeyIdentifier.from_public_key(_ROOT_KEY.public_key()), False),
    )


def for_pss_alone(certificate: bytes) -> bytes:
    """The certificate with its RSA key marked as one for RSASSA-PSS (RFC 4055 section 1.2), signed again by the root.

    `cryptography` does not write such certificates. The algorithm becomes two bytes shorter (its NULL goes), and so
    does what is around it: SubjectPublicKeyInfo and the certificate's body, whose lengths take two bytes each.
    """
    body = x509.load_der_x509_certificate(certificate).tbs_certificate_bytes
    ordinary, pss = bytes.fromhex("300d06092a864886f70d0101010500"), bytes.fromhex("300b06092a864886f70d01010a")
    at = body.index(ordinary)
    info = b"\x30\x82" + (int.from_bytes(body[at - 2 : at], "big") - 2).to_bytes(2, "big")
    inner = body[4 : at - 4] + info + pss + body[at + len(ordinary) :]
    body = b"\x30\x82" + len(inner).to_bytes(2, "big") + inner
    signature = b"\0" + _ROOT_KEY.sign(body, ec.ECDSA(SHA256()))
    outer = body + bytes.fromhex("300a06082a8648ce3d040302") + b"\x03" + bytes([len(signature)]) + signature
    return b"\x30\x82" + len(outer).to_bytes(2, "big") + outer


@lru_cache
def server(*names: str, kind: str = "RSA") -> tuple[bytes, Any]:
    """(DER, key) of a server whose key is of `kind`, and is said to encipher keys whether it can or not."""
    key = new_key(kind)
    return _signed(
        names[0],
        key,
        2,
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_usage("digital_signature", "key_encipherment"), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False),
    ), key


def new_key(kind: str) -> Any:
    match kind:
        case "RSA":
            return rsa.generate_private_key(65537, 2048)
        case "P-256":
            return ec.generate_private_key(ec.SECP256R1())
        case "P-384":
            return ec.generate_private_key(ec.SECP384R1())
        case "P-521":
            return ec.generate_private_key(ec.SECP521R1())
        case "Ed25519":
            return ed25519.Ed25519PrivateKey.generate()
        case "Ed448":
            return ed448.Ed448PrivateKey.generate()
    raise ValueError(kind)


@lru_cache
def client(kind: str = "RSA") -> tuple[bytes, Any]:
    """(DER, key) of a client whose key is of `kind`."""
    key = new_key(kind)
    return _signed(
        "a client",
        key,
        3,
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_usage("digital_signature"), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
        (x509.SubjectAlternativeName([x509.DNSName("client.test")]), False),
    ), key
