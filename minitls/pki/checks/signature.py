"""Each issuer's key opens the signature on the certificate below it."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import SignatureAlgorithmOID as Algorithm

from .. import der
from ..certificate import Certificate
from ..rules import WEB, Comparison, Place, Role, rule
from ..signature import algorithm_name, opened
from .leaf import describe_key, key_size

STRONG = {
    Algorithm.RSA_WITH_SHA256,
    Algorithm.RSA_WITH_SHA384,
    Algorithm.RSA_WITH_SHA512,
    Algorithm.ECDSA_WITH_SHA256,
    Algorithm.ECDSA_WITH_SHA384,
    Algorithm.ECDSA_WITH_SHA512,
}
STRONG_PSS_HASHES = {"sha256", "sha384", "sha512"}


@rule(
    "signature",
    "RFC 5280 section 6.1.3 (a)(1), RFC 8017 section 8.2.2",
    role=Role.issued,
)
def signature(place: Place) -> Iterator[Comparison]:
    holds, seen = opened(place.certificate, place.issuer)
    yield holds, {"issuer": place.issuer.label, **seen, **({} if holds else other_key(place))}


def other_key(place: Place) -> dict[str, str]:
    """The key that the certificate says it was signed with and the issuer's, where they differ (section 4.2.1.1)."""
    wanted = place.certificate.extension(x509.AuthorityKeyIdentifier)
    found = place.issuer.extension(x509.SubjectKeyIdentifier)
    if wanted is None or found is None or wanted.value.key_identifier in (None, found.value.digest):
        return {}
    return {
        "signed by": f"key {(wanted.value.key_identifier or b'').hex()}",
        "at hand": f"key {found.value.digest.hex()}",
    }


@rule(
    "signature-algorithm",
    "CA/Browser Forum BR 7.1.3.2",
    role=Role.issued,
    profiles=WEB,
)
def signature_algorithm(place: Place) -> Iterator[Comparison]:
    certificate = place.certificate.parsed
    algorithm, hash_algorithm = certificate.signature_algorithm_oid, None
    if algorithm == Algorithm.RSASSA_PSS:
        hash_algorithm = pss_hash(place.certificate)
    holds = algorithm in STRONG or hash_algorithm in STRONG_PSS_HASHES
    yield holds, {"algorithm": algorithm_name(algorithm), "allowed": "RSA or ECDSA with SHA-256, SHA-384, SHA-512"}


def pss_hash(certificate: Certificate) -> str | None:
    """The hash of an RSASSA-PSS signature, None if its parameters cannot be read."""
    try:
        hash_algorithm = certificate.parsed.signature_hash_algorithm
    except Exception:  # Parameters of any shape may stand here; what cannot be read is not allowed.
        return None
    return hash_algorithm.name if hash_algorithm else None


@rule(
    "issuer-key-size",
    "CA/Browser Forum BR 6.1.5",
    role=Role.ca,
    profiles=WEB,
)
def issuer_key_size(place: Place) -> Iterator[Comparison]:
    certificate = place.certificate
    if not isinstance(certificate.key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        yield False, {"key": describe_key(certificate), "allowed": "RSA or ECDSA"}
    elif isinstance(certificate.key, ec.EllipticCurvePublicKey) and not names_its_curve(certificate):
        yield False, {"key": "ECDSA on a curve given by its parameters", "allowed": "P-256, P-384, P-521 by name"}
    else:
        yield from key_size(certificate)


def names_its_curve(certificate: Certificate) -> bool:
    """The key's algorithm gives the curve as an OID, not as parameters of its own (CVE-2020-0601)."""
    algorithm = der.inside(certificate.key_info)[0]
    return der.elements(algorithm.content)[1].tag == der.OBJECT_IDENTIFIER
