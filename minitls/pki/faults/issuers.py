"""What can be wrong above the leaf, one exhibit per rule (see exhibit.py)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from cryptography import x509

from .exhibit import OTHER, Exhibit
from .issue import key_usage
from .recipes import (
    ca,
    constrained,
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
    version_1,
)

ISSUER_FAULTS = (
    Exhibit(
        "expired-intermediate",
        "validity",
        "the CA above the leaf expired at the end of 2025",
        ca(lambda plan: replace(plan, end=datetime(2025, 12, 31, tzinfo=UTC))),
    ),
    Exhibit(
        "unknown-ca",
        "issuer-at-hand",
        "a good chain under a root that we do not trust",
        from_other_ca,
        well={"ca": OTHER},
    ),
    Exhibit(
        "self-signed", "issuer-at-hand", "the leaf signed itself", self_signed, well={"ca": "gallery/self-signed.pem"}
    ),
    Exhibit(
        "missing-intermediate",
        "issuer-at-hand",
        "the server forgot to send the CA above the leaf",
        missing_intermediate,
    ),
    Exhibit("tampered-signature", "signature", "the last bit of the leaf's signature is turned over", tampered),
    Exhibit("impostor-ca", "signature", "the leaf is signed by another key under the CA's name", impostor),
    Exhibit(
        "forged-signature",
        "signature",
        "a CA with exponent 3, and a signature made without its key (Bleichenbacher 2006)",
        forged,
    ),
    Exhibit("sha1-signature", "signature-algorithm", "the leaf is signed with SHA-1", leaf(hash_name="sha1")),
    Exhibit("md5-signature", "signature-algorithm", "the leaf is signed with MD5", leaf(hash_name="md5")),
    Exhibit("weak-ca-key", "issuer-key-size", "the CA's key has 1024 bits", ca(small=True)),
    Exhibit("v1-ca", "version", "the CA's certificate is of version 1 and cannot say that it is a CA", version_1),
    Exhibit("nameless-issuer", "issuer-named", "the CA has no name", nameless_issuer),
    Exhibit(
        "not-a-ca",
        "ca",
        "the certificate above the leaf is no CA",
        ca(lambda plan: plan.having(x509.BasicConstraints(ca=False, path_length=None), critical=True)),
    ),
    Exhibit(
        "ca-not-critical",
        "ca-critical",
        "the CA's basicConstraints is not critical",
        ca(lambda plan: plan.having(x509.BasicConstraints(ca=True, path_length=0), critical=False)),
    ),
    Exhibit(
        "no-key-cert-sign",
        "ca-key-usage",
        "the CA's key may sign revocation lists and no certificates",
        ca(lambda plan: plan.having(key_usage("crl_sign"), critical=True)),
    ),
    Exhibit("path-too-long", "path-length", "a CA that may have no CA below it has one", too_deep),
    Exhibit(
        "too-many-names",
        "names-budget",
        "300 constraints on the CA, 40 names in the leaf: 12,000 comparisons",
        ca(
            constrained(None, [f"{n}.example" for n in range(300)]),
            names=("localhost", *(f"{n}.test" for n in range(39))),
        ),
        openssl="its budget for these comparisons is larger",
    ),
    Exhibit(
        "not-permitted", "name-constraints", "the CA may speak only for .example", ca(constrained(["example"], None))
    ),
    Exhibit(
        "excluded",
        "name-constraints",
        "the CA may speak for all but bad.example",
        ca(constrained(None, ["bad.example"]), names=("bad.example",)),
        host="bad.example",
    ),
    Exhibit(
        "revoked",
        "not-revoked",
        "the CA has revoked the leaf",
        plain,
        crl="gallery/revoked.crl",
        well={"crl": "gallery/empty.crl"},
    ),
    Exhibit(
        "stale-list",
        "revocation-list",
        "the CA's revocation list is out of date",
        plain,
        crl="gallery/stale.crl",
        well={"crl": "gallery/empty.crl"},
    ),
)
