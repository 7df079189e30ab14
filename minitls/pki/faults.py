"""The gallery: one chain per rule, each with exactly one thing wrong.

Every fault has a twin without it that must be accepted. Usually the same recipe is followed without the fault; where
the chain is sound and only the question makes it wrong (another host, another trust), the twin is the same chain
under another question, told in `well`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from . import der, forge
from .issue import alternative_names, key_usage
from .recipes import (
    GENERALIZED_2030,
    ISSUER_WITHOUT_KEY_ID,
    NOT_UTF8,
    UNKNOWN_OID,
    Recipe,
    ca,
    constrained,
    critically,
    extension_twice,
    forged,
    from_other_ca,
    impostor,
    leaf,
    missing_intermediate,
    nameless_issuer,
    plain,
    self_signed,
    tampered,
    too_deep,
    under_other_root,
    version_1,
)

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""The time at which the gallery is looked at, so that it never gets stale."""


@dataclass(frozen=True)
class Fault:
    """One exhibit: what is wrong, which rule says so, and the question under which it shows."""

    name: str
    rule: str
    about: str
    recipe: Recipe
    host: str = "localhost"
    ca: str = "demo"
    crl: str = ""
    key: str = "server.key"
    well: dict[str, str] = field(default_factory=dict)
    """What the twin's question has instead; if empty, the twin's chain is made without the fault."""
    openssl: str = ""
    """Why `openssl verify` accepts it, "" if it refuses it too."""


OTHER = "gallery/other.pem"
WEB_ONLY = "a rule of the web profile, not of RFC 5280; openssl verify does not make it"

FAULTS = (
    Fault(
        "expired",
        "validity",
        "the leaf expired at the end of 2025",
        leaf(lambda plan: replace(plan, end=datetime(2025, 12, 31, tzinfo=UTC))),
    ),
    Fault(
        "not-yet-valid",
        "validity",
        "the leaf is valid from 2049 on",
        leaf(lambda plan: replace(plan, begin=datetime(2049, 1, 1, tzinfo=UTC))),
    ),
    Fault(
        "expired-intermediate",
        "validity",
        "the CA above the leaf expired at the end of 2025",
        ca(lambda plan: replace(plan, end=datetime(2025, 12, 31, tzinfo=UTC))),
    ),
    Fault(
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
    Fault(
        "wrong-host",
        "name",
        "a good certificate of another host",
        leaf(lambda plan: plan, None, "", "other.example"),
        well={"host": "other.example"},
    ),
    Fault(
        "wildcard-too-deep",
        "name",
        "a wildcard stands for one label, not for two",
        leaf(lambda plan: plan, None, "", "*.minitls.example"),
        host="a.b.minitls.example",
        well={"host": "a.minitls.example"},
    ),
    Fault(
        "ip-as-dns-name",
        "name",
        "the IP address stands there as a DNS name",
        under_other_root(x509.DNSName("127.0.0.1")),
        host="127.0.0.1",
        ca=OTHER,
    ),
    Fault(
        "name-with-nul",
        "name",
        "a DNS name with a zero byte after localhost, for programs that stop reading there",
        under_other_root(x509.DNSName("localhost\0.attacker.example")),
        ca=OTHER,
    ),
    Fault(
        "no-key-encipherment",
        "suite-key-usage",
        "the leaf's key is for signatures only, but TLS_RSA decrypts with it",
        leaf(lambda plan: plan.having(key_usage("digital_signature"), critical=True)),
        openssl="it has no cipher suite in mind; in a TLS_RSA handshake its client refuses too",
    ),
    Fault(
        "ecdsa-leaf",
        "leaf-key-kind",
        "the leaf's key is ECDSA, which cannot decrypt",
        leaf(key="curve"),
        key="gallery/ecdsa-leaf.key",
        openssl="it has no cipher suite in mind",
    ),
    Fault(
        "weak-leaf-key",
        "leaf-key-size",
        "the leaf's key has 1024 bits",
        leaf(key="small"),
        key="gallery/weak-leaf-key.key",
    ),
    Fault(
        "unknown-ca",
        "issuer-at-hand",
        "a good chain under a root that we do not trust",
        from_other_ca,
        well={"ca": OTHER},
    ),
    Fault(
        "self-signed", "issuer-at-hand", "the leaf signed itself", self_signed, well={"ca": "gallery/self-signed.pem"}
    ),
    Fault(
        "missing-intermediate",
        "issuer-at-hand",
        "the server forgot to send the CA above the leaf",
        missing_intermediate,
    ),
    Fault("tampered-signature", "signature", "the last bit of the leaf's signature is turned over", tampered),
    Fault("impostor-ca", "signature", "the leaf is signed by another key under the CA's name", impostor),
    Fault(
        "forged-signature",
        "signature",
        "a CA with exponent 3, and a signature made without its key (Bleichenbacher 2006)",
        forged,
    ),
    Fault("sha1-signature", "signature-algorithm", "the leaf is signed with SHA-1", leaf(hash_name="sha1")),
    Fault("md5-signature", "signature-algorithm", "the leaf is signed with MD5", leaf(hash_name="md5")),
    Fault("weak-ca-key", "issuer-key-size", "the CA's key has 1024 bits", ca(small=True)),
    Fault(
        "mismatched-algorithms",
        "algorithm-named-twice",
        "SHA-512 is named inside the signed part, SHA-256 outside",
        leaf(edit=forge.with_field(forge.ALGORITHM, forge.ALGORITHMS["sha512"])),
    ),
    Fault(
        "unknown-critical-extension",
        "critical-extensions",
        "a critical extension that nobody knows",
        leaf(lambda plan: plan.having(x509.UnrecognizedExtension(UNKNOWN_OID, b"\5\0"), critical=True)),
    ),
    Fault("v1-ca", "version", "the CA's certificate is of version 1 and cannot say that it is a CA", version_1),
    Fault(
        "negative-serial",
        "serial-number",
        "the serial number is -1",
        leaf(edit=forge.with_field(forge.SERIAL, der.encode(der.INTEGER, b"\xff"))),
        openssl="it does not look at the serial number",
    ),
    Fault("nameless-issuer", "issuer-named", "the CA has no name", nameless_issuer),
    Fault(
        "wrong-time-encoding",
        "time-encoding",
        "the year 2030 written as a GeneralizedTime",
        leaf(edit=forge.with_field(forge.VALIDITY, GENERALIZED_2030)),
        openssl="it reads both encodings for every year",
    ),
    Fault(
        "critical-key-identifier",
        "never-critical",
        "the authorityKeyIdentifier is critical",
        leaf(edit=forge.with_extensions(critically(ExtensionOID.AUTHORITY_KEY_IDENTIFIER))),
    ),
    Fault(
        "issuer-by-serial",
        "issuer-key-identifier",
        "the authorityKeyIdentifier names the issuer's certificate and not its key",
        leaf(edit=forge.with_extension(ExtensionOID.AUTHORITY_KEY_IDENTIFIER, ISSUER_WITHOUT_KEY_ID, critical=False)),
    ),
    Fault(
        "client-auth-only",
        "purpose",
        "the certificate is for clients",
        leaf(lambda plan: plan.having(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)),
    ),
    Fault(
        "critical-san",
        "names-critical",
        "the subjectAltName is critical although there is a subject",
        leaf(lambda plan: plan.having(alternative_names("localhost"), critical=True)),
        openssl=WEB_ONLY,
    ),
    Fault(
        "ca-as-leaf",
        "leaf-no-ca",
        "the leaf is a CA",
        leaf(lambda plan: plan.having(x509.BasicConstraints(ca=True, path_length=None), critical=True)),
        openssl=WEB_ONLY,
    ),
    Fault(
        "leaf-may-sign",
        "leaf-signs-nothing",
        "the leaf's keyUsage allows signing certificates",
        leaf(lambda plan: plan.having(key_usage("key_encipherment", "key_cert_sign"), critical=True)),
    ),
    Fault(
        "no-issuer-key-identifier",
        "leaf-names-issuer-key",
        "the leaf has no authorityKeyIdentifier",
        leaf(edit=forge.without_extension(ExtensionOID.AUTHORITY_KEY_IDENTIFIER)),
    ),
    Fault(
        "constraining-leaf",
        "leaf-constrains-nobody",
        "the leaf has nameConstraints",
        leaf(constrained(["localhost"], None)),
        openssl=WEB_ONLY,
    ),
    Fault(
        "not-a-ca",
        "ca",
        "the certificate above the leaf is no CA",
        ca(lambda plan: plan.having(x509.BasicConstraints(ca=False, path_length=None), critical=True)),
    ),
    Fault(
        "ca-not-critical",
        "ca-critical",
        "the CA's basicConstraints is not critical",
        ca(lambda plan: plan.having(x509.BasicConstraints(ca=True, path_length=0), critical=False)),
    ),
    Fault(
        "no-key-cert-sign",
        "ca-key-usage",
        "the CA's key may sign revocation lists and no certificates",
        ca(lambda plan: plan.having(key_usage("crl_sign"), critical=True)),
    ),
    Fault("path-too-long", "path-length", "a CA that may have no CA below it has one", too_deep),
    Fault(
        "too-many-names",
        "names-budget",
        "300 constraints on the CA, 40 names in the leaf: 12,000 comparisons",
        ca(
            constrained(None, [f"{n}.example" for n in range(300)]),
            None,
            "localhost",
            *(f"{n}.test" for n in range(39)),
        ),
        openssl="its budget for these comparisons is larger",
    ),
    Fault(
        "not-permitted", "name-constraints", "the CA may speak only for .example", ca(constrained(["example"], None))
    ),
    Fault(
        "excluded",
        "name-constraints",
        "the CA may speak for all but bad.example",
        ca(constrained(None, ["bad.example"]), None, "bad.example"),
        host="bad.example",
    ),
    Fault(
        "revoked",
        "not-revoked",
        "the CA has revoked the leaf",
        plain,
        crl="gallery/revoked.crl",
        well={"crl": "gallery/empty.crl"},
    ),
    Fault(
        "stale-list",
        "revocation-list",
        "the CA's revocation list is out of date",
        plain,
        crl="gallery/stale.crl",
        well={"crl": "gallery/empty.crl"},
    ),
    Fault(
        "duplicate-extension",
        "extensions-once",
        "basicConstraints stands twice in the leaf",
        leaf(edit=forge.with_extensions(extension_twice)),
    ),
    Fault(
        "name-not-utf8",
        "readable",
        "the leaf's subject says that it is UTF-8 and is not",
        leaf(edit=forge.with_field(forge.SUBJECT, NOT_UTF8)),
    ),
)
