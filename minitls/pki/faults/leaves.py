"""What can be wrong with the leaf, one exhibit per rule (see exhibit.py)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from .. import der
from . import forge
from .exhibit import OTHER, WEB_ONLY, Exhibit
from .issue import alternative_names, key_usage
from .recipes import (
    GENERALIZED_2030,
    ISSUER_WITHOUT_KEY_ID,
    NOT_UTF8,
    UNKNOWN_OID,
    constrained,
    critically,
    extension_twice,
    leaf,
    under_other_root,
)

LEAF_FAULTS = (
    Exhibit(
        "expired",
        "validity",
        "the leaf expired at the end of 2025",
        leaf(lambda plan: replace(plan, end=datetime(2025, 12, 31, tzinfo=UTC))),
    ),
    Exhibit(
        "not-yet-valid",
        "validity",
        "the leaf is valid from 2049 on",
        leaf(lambda plan: replace(plan, begin=datetime(2049, 1, 1, tzinfo=UTC))),
    ),
    Exhibit(
        "no-san",
        "names-present",
        "the host stands only in the common name",
        leaf(
            lambda plan: replace(
                plan, subject=x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
            ).without(x509.SubjectAlternativeName)
        ),
        openssl="it falls back to the common name when there is no subjectAltName (RFC 6125 section 6.4.4 allows it)",
    ),
    Exhibit(
        "wrong-host",
        "name",
        "a good certificate of another host",
        leaf(names=("other.example",)),
        well={"host": "other.example"},
    ),
    Exhibit(
        "wildcard-too-deep",
        "name",
        "a wildcard stands for one label, not for two",
        leaf(names=("*.minitls.example",)),
        host="a.b.minitls.example",
        well={"host": "a.minitls.example"},
    ),
    Exhibit(
        "ip-as-dns-name",
        "name",
        "the IP address stands there as a DNS name",
        under_other_root(x509.DNSName("127.0.0.1")),
        host="127.0.0.1",
        ca=OTHER,
    ),
    Exhibit(
        "name-with-nul",
        "name",
        "a DNS name with a zero byte after localhost, for programs that stop reading there",
        under_other_root(x509.DNSName("localhost\0.attacker.example")),
        ca=OTHER,
    ),
    Exhibit(
        "no-key-encipherment",
        "suite-key-usage",
        "the leaf's key is for signatures only, but TLS_RSA decrypts with it",
        leaf(lambda plan: plan.having(key_usage("digital_signature"), critical=True)),
        openssl="it has no cipher suite in mind; in a TLS_RSA handshake its client refuses too",
    ),
    Exhibit(
        "ecdsa-leaf",
        "leaf-key-kind",
        "the leaf's key is ECDSA, which cannot decrypt",
        leaf(key="curve"),
        key="gallery/ecdsa-leaf.key",
        openssl="it has no cipher suite in mind",
    ),
    Exhibit(
        "weak-leaf-key",
        "leaf-key-size",
        "the leaf's key has 1024 bits",
        leaf(key="small"),
        key="gallery/weak-leaf-key.key",
    ),
    Exhibit(
        "mismatched-algorithms",
        "algorithm-named-twice",
        "SHA-512 is named inside the signed part, SHA-256 outside",
        leaf(edit=forge.with_field(forge.ALGORITHM, forge.ALGORITHMS["sha512"])),
    ),
    Exhibit(
        "unknown-critical-extension",
        "critical-extensions",
        "a critical extension that nobody knows",
        leaf(lambda plan: plan.having(x509.UnrecognizedExtension(UNKNOWN_OID, b"\5\0"), critical=True)),
    ),
    Exhibit(
        "negative-serial",
        "serial-number",
        "the serial number is -1",
        leaf(edit=forge.with_field(forge.SERIAL, der.encode(der.INTEGER, b"\xff"))),
        openssl="it does not look at the serial number",
    ),
    Exhibit(
        "wrong-time-encoding",
        "time-encoding",
        "the year 2030 written as a GeneralizedTime",
        leaf(edit=forge.with_field(forge.VALIDITY, GENERALIZED_2030)),
        openssl="it reads both encodings for every year",
    ),
    Exhibit(
        "critical-key-identifier",
        "never-critical",
        "the authorityKeyIdentifier is critical",
        leaf(edit=forge.with_extensions(critically(ExtensionOID.AUTHORITY_KEY_IDENTIFIER))),
    ),
    Exhibit(
        "issuer-by-serial",
        "issuer-key-identifier",
        "the authorityKeyIdentifier names the issuer's certificate and not its key",
        leaf(edit=forge.with_extension(ExtensionOID.AUTHORITY_KEY_IDENTIFIER, ISSUER_WITHOUT_KEY_ID, critical=False)),
    ),
    Exhibit(
        "client-auth-only",
        "purpose",
        "the certificate is for clients",
        leaf(lambda plan: plan.having(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)),
    ),
    Exhibit(
        "critical-san",
        "names-critical",
        "the subjectAltName is critical although there is a subject",
        leaf(lambda plan: plan.having(alternative_names("localhost"), critical=True)),
        openssl=WEB_ONLY,
    ),
    Exhibit(
        "ca-as-leaf",
        "leaf-no-ca",
        "the leaf is a CA",
        leaf(lambda plan: plan.having(x509.BasicConstraints(ca=True, path_length=None), critical=True)),
        openssl=WEB_ONLY,
    ),
    Exhibit(
        "leaf-may-sign",
        "leaf-signs-nothing",
        "the leaf's keyUsage allows signing certificates",
        leaf(lambda plan: plan.having(key_usage("key_encipherment", "key_cert_sign"), critical=True)),
    ),
    Exhibit(
        "no-issuer-key-identifier",
        "leaf-names-issuer-key",
        "the leaf has no authorityKeyIdentifier",
        leaf(edit=forge.without_extension(ExtensionOID.AUTHORITY_KEY_IDENTIFIER)),
    ),
    Exhibit(
        "constraining-leaf",
        "leaf-constrains-nobody",
        "the leaf has nameConstraints",
        leaf(constrained(["localhost"], None)),
        openssl=WEB_ONLY,
    ),
    Exhibit(
        "duplicate-extension",
        "extensions-once",
        "basicConstraints stands twice in the leaf",
        leaf(edit=forge.with_extensions(extension_twice)),
    ),
    Exhibit(
        "name-not-utf8",
        "readable",
        "the leaf's subject says that it is UTF-8 and is not",
        leaf(edit=forge.with_field(forge.SUBJECT, NOT_UTF8)),
    ),
)
