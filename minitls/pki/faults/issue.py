"""Our own certificate authority: plans what a certificate says, and signs it.

The demo root may speak only for localhost, loopback addresses and the names that RFC 6761 reserves for tests and
examples, and the key of a CA is forgotten as soon as everything is signed: to trust this root harms nobody. The keys
of the leaves are shipped, so they are public, and say so. `recipes.py` makes the gallery of broken
chains with the same functions: each of them changes one thing in a plan.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ..names import as_address

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
END = datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)
SERVER_NAMES = ("localhost", "127.0.0.1", "::1")
CLIENT_NAMES = ("client.example",)
PERMITTED: tuple[x509.GeneralName, ...] = (
    *(x509.DNSName(name) for name in ("localhost", "test", "example")),
    x509.IPAddress(IPv4Network("127.0.0.0/8")),
    x509.IPAddress(IPv6Network("::1/128")),
)
PUBLIC_KEY_NOTICE = (
    "This private key is PUBLIC: it is shipped with minitls, everybody has it.\n"
    "It is for looking at handshakes on this machine and protects nothing.\n"
)
USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Extensions = tuple[tuple[x509.ExtensionType, bool], ...]


@dataclass(frozen=True)
class Plan:
    """What a certificate is to say, before anybody signs it."""

    subject: x509.Name
    extensions: Extensions
    """Each extension with its critical flag; the two key identifiers are added when it is signed."""
    begin: datetime = BEGIN
    end: datetime = END

    def having(self, extension: x509.ExtensionType, *, critical: bool) -> Self:
        """The same plan with this extension, in place of one of the same kind."""
        others = self.without(type(extension)).extensions
        return replace(self, extensions=(*others, (extension, critical)))

    def without(self, kind: type[x509.ExtensionType]) -> Self:
        """The same plan without this kind of extension."""
        return replace(self, extensions=tuple(each for each in self.extensions if not isinstance(each[0], kind)))


@dataclass(frozen=True)
class Holder:
    """A certificate and the private key that belongs to it."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey = field(repr=False)


@dataclass(frozen=True)
class DemoPKI:
    """A root, an intermediate, and two leaves: one to serve with, one for a client to show."""

    root: Holder
    intermediate: Holder
    server: Holder
    client: Holder


def new_key(size: int = 2048, exponent: int = 65537) -> rsa.RSAPrivateKey:
    """A fresh RSA key."""
    return rsa.generate_private_key(exponent, size)


def common_name(text: str) -> x509.Name:
    """A name of one attribute."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def key_usage(*allowed: str) -> x509.KeyUsage:
    """A keyUsage with exactly these bits set, by the names that cryptography gives them."""
    return x509.KeyUsage(**{usage: usage in allowed for usage in USAGES})


def alternative_names(*names: str) -> x509.SubjectAlternativeName:
    """Host names and IP addresses as a subjectAltName."""
    addresses = ((as_address(name), name) for name in names)
    return x509.SubjectAlternativeName(
        [x509.IPAddress(address) if address else x509.DNSName(name) for address, name in addresses]
    )


def root_plan(subject: str, permitted: Sequence[x509.GeneralName] = PERMITTED) -> Plan:
    """A root that may speak only for these names; for all if there are none."""
    plan = ca_plan(subject, path_length=None)
    return plan.having(x509.NameConstraints(list(permitted), None), critical=True) if permitted else plan


def ca_plan(subject: str, path_length: int | None = 0) -> Plan:
    """A CA that may sign leaves, and as many levels of CAs as `path_length` says."""
    extensions: Extensions = (
        (x509.BasicConstraints(ca=True, path_length=path_length), True),
        (key_usage("key_cert_sign", "crl_sign"), True),
    )
    return Plan(common_name(subject), extensions)


def server_plan(subject: str, *names: str) -> Plan:
    """A server's certificate, for RSA key exchange and for signatures."""
    extensions: Extensions = (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (key_usage("digital_signature", "key_encipherment"), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (alternative_names(*names), False),
    )
    return Plan(common_name(subject), extensions)


def client_plan(subject: str, *names: str) -> Plan:
    """A client's certificate, for signatures alone."""
    plan = server_plan(subject, *names).having(key_usage("digital_signature"), critical=True)
    return plan.having(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)


def issue(plan: Plan, key: SigningKey, issuer: Holder | None = None) -> x509.Certificate:
    """A certificate for `key` as planned, signed by `issuer` with SHA-256; self-signed without one."""
    signer = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(plan.subject)
        .issuer_name(issuer.certificate.subject if issuer else plan.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(plan.begin)
        .not_valid_after(plan.end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    for extension, critical in plan.extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(signer, SHA256())


def hold(plan: Plan, issuer: Holder | None = None) -> Holder:
    """A certificate as planned, for a key of its own."""
    key = new_key()
    return Holder(issue(plan, key, issuer), key)


def make_demo_pki() -> DemoPKI:
    """A fresh demo PKI: new keys, the same names, dates and constraints every time."""
    root = hold(root_plan("minitls demo root"))
    intermediate = hold(ca_plan("minitls demo intermediate"), root)
    server = hold(server_plan("minitls demo server", *SERVER_NAMES), intermediate)
    client = hold(client_plan("minitls demo client", *CLIENT_NAMES), intermediate)
    return DemoPKI(root, intermediate, server, client)


def certificate_pem(*certificates: x509.Certificate) -> str:
    """Certificates as PEM, leaf first, each under a line that names it (RFC 7468 allows text around the blocks)."""
    return "".join(
        f"{each.subject.rfc4514_string()}\n{each.public_bytes(Encoding.PEM).decode()}" for each in certificates
    )


def key_pem(key: SigningKey) -> str:
    """A private key as unencrypted PKCS#8 PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def write_demo_pki(directory: Path, pki: DemoPKI, *, ca_keys: bool) -> list[Path]:
    """The PKI as PEM files, the CAs' keys only if asked for. OSError if a file cannot be written."""
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
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (directory / name).write_text(text)
    for name, key in keys.items():
        write_key(directory / name, key, public=not ca_keys)
    return [directory / name for name in (*files, *keys)]


def write_key(path: Path, key: SigningKey, *, public: bool) -> None:
    """A key file is created with its mode, so it is never wider for a moment; a public key says that it is public."""
    path.unlink(missing_ok=True)
    mode = 0o644 if public else 0o600
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write((PUBLIC_KEY_NOTICE if public else "") + key_pem(key))
