"""Our own certificate authority: makes the demo PKI, and with `faults.py` the gallery of broken chains.

The demo root may speak only for localhost, loopback addresses and the names that RFC 6761 reserves for tests and
examples, and the key of a CA is forgotten as soon as everything is signed: to trust this root harms nobody. The keys
of the leaves are shipped, so they are public, and say so.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
END = datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)
SERVER_NAMES = ("localhost", "127.0.0.1", "::1")
CLIENT_NAMES = ("client.example",)
PERMITTED = (
    *(x509.DNSName(name) for name in ("localhost", "test", "example")),
    x509.IPAddress(IPv4Network("127.0.0.0/8")),
    x509.IPAddress(IPv6Network("::1/128")),
)
PUBLIC_KEY_NOTICE = (
    "This private key is PUBLIC: it is shipped with minitls, everybody has it.\n"
    "It is for looking at handshakes on this machine and protects nothing.\n"
)

USAGES = (
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


@dataclass(frozen=True)
class Authority:
    """A CA at work: its certificate and the key that signs."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey


@dataclass(frozen=True)
class DemoPKI:
    """A root, an intermediate, and two leaves: one to serve with, one for a client to show."""

    root: Authority
    intermediate: Authority
    server: Authority
    client: Authority


def new_key(size: int = 2048, exponent: int = 65537) -> rsa.RSAPrivateKey:
    """A fresh RSA key."""
    return rsa.generate_private_key(exponent, size)


def common_name(text: str) -> x509.Name:
    """A name of one attribute."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def key_usage(*allowed: str) -> x509.KeyUsage:
    """A keyUsage with exactly these bits set, by the names that cryptography gives them."""
    return x509.KeyUsage(**{usage: usage in allowed for usage in USAGES})


def alternative_names(names: Sequence[str]) -> x509.SubjectAlternativeName:
    """Host names and IP addresses as a subjectAltName."""
    return x509.SubjectAlternativeName([_general_name(name) for name in names])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def blank(subject: str, key: rsa.RSAPublicKey, issuer: x509.Name, signer: rsa.RSAPublicKey) -> x509.CertificateBuilder:
    """What every certificate of ours has: names, dates, a serial number and the two key identifiers."""
    return (
        x509.CertificateBuilder()
        .subject_name(common_name(subject))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGIN)
        .not_valid_after(END)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), critical=False)
    )


def make_root(subject: str, *, constrained: bool = True) -> Authority:
    """A self-signed root that may speak only for names that belong to nobody."""
    key = new_key()
    builder = (
        blank(subject, key.public_key(), common_name(subject), key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(key_usage("key_cert_sign", "crl_sign"), critical=True)
    )
    if constrained:
        builder = builder.add_extension(x509.NameConstraints(list(PERMITTED), None), critical=True)
    return Authority(builder.sign(key, SHA256()), key)


def make_intermediate(subject: str, root: Authority) -> Authority:
    """A CA under `root` that may sign leaves and no further CAs."""
    key = new_key()
    builder = (
        blank(subject, key.public_key(), root.certificate.subject, root.key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage("key_cert_sign", "crl_sign"), critical=True)
    )
    return Authority(builder.sign(root.key, SHA256()), key)


def make_leaf(subject: str, issuer: Authority, names: Sequence[str], *, client: bool = False) -> Authority:
    """A server's certificate for both ways of key exchange, or a client's for signing alone."""
    key = new_key()
    usages = ("digital_signature",) if client else ("digital_signature", "key_encipherment")
    purpose = ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH
    builder = (
        blank(subject, key.public_key(), issuer.certificate.subject, issuer.key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(*usages), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(alternative_names(names), critical=False)
    )
    return Authority(builder.sign(issuer.key, SHA256()), key)


def make_demo_pki() -> DemoPKI:
    """A fresh demo PKI: new keys, the same names, dates and constraints every time."""
    root = make_root("minitls demo root")
    intermediate = make_intermediate("minitls demo intermediate", root)
    server = make_leaf("minitls demo server", intermediate, SERVER_NAMES)
    client = make_leaf("minitls demo client", intermediate, CLIENT_NAMES, client=True)
    return DemoPKI(root, intermediate, server, client)


def certificate_pem(*certificates: x509.Certificate) -> str:
    """Certificates as PEM, leaf first, each under a line that names it (RFC 7468 allows text around the blocks)."""
    return "".join(
        f"{each.subject.rfc4514_string()}\n{each.public_bytes(Encoding.PEM).decode()}" for each in certificates
    )


def key_pem(key: rsa.RSAPrivateKey) -> str:
    """A private key as unencrypted PKCS#8 PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def write_files(directory: Path, pki: DemoPKI, *, ca_keys: bool) -> list[Path]:
    """The PKI as PEM files; the CAs' keys only if asked for. OSError if a file cannot be written."""
    above = pki.intermediate.certificate
    files = {
        "root.pem": certificate_pem(pki.root.certificate),
        "intermediate.pem": certificate_pem(above),
        "server.pem": certificate_pem(pki.server.certificate, above),
        "client.pem": certificate_pem(pki.client.certificate, above),
    }
    keys = {"server.key": pki.server.key, "client.key": pki.client.key}
    if ca_keys:
        keys |= {"root.key": pki.root.key, "intermediate.key": pki.intermediate.key}
    notice = "" if ca_keys else PUBLIC_KEY_NOTICE
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (directory / name).write_text(text)
    for name, key in keys.items():
        _write_private(directory / name, notice + key_pem(key), 0o600 if ca_keys else 0o644)
    return [directory / name for name in (*files, *keys)]


def _write_private(path: Path, text: str, mode: int) -> None:
    """A key is created with its mode, never widened for a moment."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
