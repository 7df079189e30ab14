"""The leaf is whom we dialled, and its key may do what the cipher suite asks of it."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.x509.oid import PublicKeyAlgorithmOID

from ...errors import AlertDescription
from .. import names
from ..certificate import Certificate
from ..rules import WEB, Comparison, Place, Role, Stage, rule

CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)


@rule(
    "names-present",
    "RFC 6125 section 6.4.4",
    stage=Stage.leaf,
    role=Role.leaf,
    profiles=WEB,
)
def names_present(place: Place) -> Iterator[Comparison]:
    names_here = place.certificate.extension(x509.SubjectAlternativeName)
    values = {"subjectAltName": "absent", "common name": place.certificate.label, "needed": "a DNS name or IP address"}
    yield names_here is not None, values if names_here is None else {}


@rule(
    "name",
    "RFC 6125 section 6.4",
    stage=Stage.leaf,
    role=Role.leaf,
    profiles=WEB,
)
def name(place: Place) -> Iterator[Comparison]:
    extension, dialled = place.certificate.extension(x509.SubjectAlternativeName), place.question.name
    if extension is not None and dialled is not None:
        yield (
            names.names_host(extension.value, dialled),
            {"dialled": dialled, "certificate": names.listing(list(extension.value))},
        )


NEEDS = {
    "key_encipherment": "keyEncipherment",
    "digital_signature": "digitalSignature",
    "key_agreement": "keyAgreement",
}


@rule(
    "suite-key-usage",
    "RFC 5246 section 7.4.2",
    alert=AlertDescription.unsupported_certificate,
    stage=Stage.leaf,
    role=Role.leaf,
)
def suite_key_usage(place: Place) -> Iterator[Comparison]:
    usage = place.certificate.extension(x509.KeyUsage)
    for need in sorted(place.question.needs):
        allowed = usage is None or bool(getattr(usage.value, need))
        yield allowed, {"needed": NEEDS[need], "keyUsage": key_usages(usage.value) if usage else "absent: anything"}


def key_usages(usage: x509.KeyUsage) -> str:
    """The bits that are set, by their names in RFC 5280 section 4.2.1.3."""
    bits = {**NEEDS, "content_commitment": "contentCommitment", "data_encipherment": "dataEncipherment"}
    bits |= {"key_cert_sign": "keyCertSign", "crl_sign": "cRLSign"}
    return ", ".join(written for bit, written in bits.items() if getattr(usage, bit)) or "nothing"


KEY_KIND = "leaf-key-kind"


@rule(
    KEY_KIND,
    "RFC 5246 section 7.4.2",
    alert=AlertDescription.unsupported_certificate,
    stage=Stage.leaf,
    role=Role.leaf,
    profiles=WEB,
)
def leaf_key_kind(place: Place) -> Iterator[Comparison]:
    certificate = place.certificate
    kinds: tuple[type, ...] = (rsa.RSAPublicKey,)
    wanted = "RSA"
    if "key_encipherment" not in place.question.needs:
        kinds = (rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)
        wanted = "RSA, ECDSA, Ed25519 or Ed448"
    if for_pss_alone(certificate):
        # Such a key encrypts nothing (RFC 4055 section 1.2), and a handshake signature with rsa_pss_rsae wants an
        # ordinary one (RFC 8446 section 4.2.3).
        yield False, {"key": describe_key(certificate), "usable": f"{wanted}; an RSA key declared as rsaEncryption"}
        return
    yield isinstance(certificate.key, kinds), {"key": describe_key(certificate), "usable": wanted}


def for_pss_alone(certificate: Certificate) -> bool:
    """Whether the key is declared as id-RSASSA-PSS, for signatures of that kind and nothing else."""
    return certificate.parsed.public_key_algorithm_oid == PublicKeyAlgorithmOID.RSASSA_PSS


@rule(
    "leaf-key-size",
    "CA/Browser Forum BR 6.1.5",
    stage=Stage.leaf,
    role=Role.leaf,
    profiles=WEB,
)
def leaf_key_size(place: Place) -> Iterator[Comparison]:
    yield from key_size(place.certificate)


def key_size(certificate: Certificate) -> Iterator[Comparison]:
    """RSA keys of whole bytes and at least 2048 bits; of the other kinds, the curves that the web uses."""
    seen = {"key": describe_key(certificate)}
    match certificate.key:
        case rsa.RSAPublicKey() as key:
            yield key.key_size >= 2048 and key.key_size % 8 == 0, {**seen, "at least": "2048 bits, in whole bytes"}
        case ec.EllipticCurvePublicKey() as key:
            yield isinstance(key.curve, CURVES), {**seen, "allowed": "P-256, P-384, P-521"}


def describe_key(certificate: Certificate) -> str:
    """Kind and size of a certificate's key for people."""
    match certificate.key:
        case None:
            return f"unknown kind ({certificate.key_fault})"
        case rsa.RSAPublicKey() as key:
            return f"{key.key_size}-bit RSA{', for RSASSA-PSS signatures alone' if for_pss_alone(certificate) else ''}"
        case ec.EllipticCurvePublicKey() as key:
            return f"ECDSA on {key.curve.name}"
        case other:
            return type(other).__name__.removesuffix("PublicKey").lstrip("_")
