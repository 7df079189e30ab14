"""Which of the client's credentials answers a CertificateRequest (RFC 5246 sections 7.4.4 and 7.4.6).

Three lists of the server decide. A credential fits if it is of one of the certificate types and its key can sign by one
of the signature algorithms; among those that fit, one is best whose own chain is signed by such algorithms, too, and
comes from one of the authorities. The last two are wishes here: the chain shown may end below the authority that the
server names, and a server that cannot use what it is shown says so by its alert. If none fits, none is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cryptography.x509.oid import SignatureAlgorithmOID as Algorithm

from ...crypto.signatures import Scheme, choose_scheme
from ...pki.certificate import Certificate, read_certificate
from ...pki.rules import printable
from ...wire.codes import ClientCertificateType, SignatureScheme, name_of
from ...wire.messages import CertificateRequest
from ..credential import Credential

#: How a certificate is signed, in the {hash, signature} of TLS 1.2, which names no curve (section 7.4.1.4.1).
SIGNED_AS = {
    Algorithm.RSA_WITH_SHA1: SignatureScheme.rsa_pkcs1_sha1,
    Algorithm.RSA_WITH_SHA256: SignatureScheme.rsa_pkcs1_sha256,
    Algorithm.RSA_WITH_SHA384: SignatureScheme.rsa_pkcs1_sha384,
    Algorithm.RSA_WITH_SHA512: SignatureScheme.rsa_pkcs1_sha512,
    Algorithm.ECDSA_WITH_SHA1: SignatureScheme.ecdsa_sha1,
    Algorithm.ECDSA_WITH_SHA256: SignatureScheme.ecdsa_secp256r1_sha256,
    Algorithm.ECDSA_WITH_SHA384: SignatureScheme.ecdsa_secp384r1_sha384,
    Algorithm.ECDSA_WITH_SHA512: SignatureScheme.ecdsa_secp521r1_sha512,
    Algorithm.ED25519: SignatureScheme.ed25519,
    Algorithm.ED448: SignatureScheme.ed448,
}


class Chosen(NamedTuple):
    """What answers the request: the credential and how its key will sign, neither if none fits; and why, in words."""

    credential: Credential | None
    scheme: Scheme | None
    reason: str


def choose_credential(
    request: CertificateRequest, credentials: tuple[Credential, ...], deterministic: bool = False
) -> Chosen:
    """The best of `credentials` for this request; among equals the first. `deterministic`: see `choose_scheme`."""
    candidates: list[tuple[bool, bool, int, Scheme]] = []
    unfit: list[str] = []
    for index, credential in enumerate(credentials):
        scheme = choose_scheme(credential.private_key, request.supported_signature_algorithms, deterministic)
        kind = certificate_type(credential)
        if kind not in request.certificate_types:
            asked = ", ".join(name_of(ClientCertificateType, each) for each in request.certificate_types)
            unfit.append(f"{label(credential)} is {kind.name}, and the server asks for {asked}")
        elif scheme is None:
            unfit.append(f"{label(credential)} can sign by none of the server's signature algorithms")
        else:
            from_listed = bool(named_authority(credential, request.certificate_authorities))
            candidates.append((not signed_as_asked(credential, request), not from_listed, index, scheme))
    if not candidates:
        return Chosen(None, None, "; ".join(unfit) or "the client has no certificate to show")
    oddly_signed, unlisted, index, scheme = min(candidates, key=lambda each: each[:3])
    best = credentials[index]
    why = [f"{label(best)}, number {index + 1} of {len(credentials)}"]
    if not request.certificate_authorities:
        why.append("the server names no authority")
    elif unlisted:
        why.append("none that fits comes from an authority that the server names")
    else:
        why.append(f"issued under {named_authority(best, request.certificate_authorities)}, which the server names")
    if oddly_signed:
        why.append("its chain is signed in a way that the server did not list")
    return Chosen(best, scheme, "; ".join([*why, *unfit]))


def certificate_type(credential: Credential) -> ClientCertificateType:
    """As which type of certificate a server asks for this one: all curves, Ed25519's too, are one (RFC 8422 5.5)."""
    return ClientCertificateType.rsa_sign if credential.is_rsa else ClientCertificateType.ecdsa_sign


def named_authority(credential: Credential, authorities: tuple[bytes, ...]) -> str:
    """The name of the issuer in the credential's chain that stands among `authorities` (DER), "" if none does."""
    return next((printable(each.issuer_text) for each in _chain(credential) if each.issuer in authorities), "")


def signed_as_asked(credential: Credential, request: CertificateRequest) -> bool:
    """Whether every certificate to be shown is signed by an algorithm of the request; a root proves nothing by its."""
    shown = [each for each in _chain(credential) if not each.self_issued]
    algorithms = (SIGNED_AS.get(each.parsed.signature_algorithm_oid) for each in shown)
    return all(each in request.supported_signature_algorithms for each in algorithms)


def label(credential: Credential) -> str:
    """What people call the credential's own certificate."""
    own = next(_chain(credential), None)
    return printable(own.label) if own else "a certificate that cannot be read"


def _chain(credential: Credential) -> Iterator[Certificate]:
    read = (read_certificate(each) for each in credential.chain)
    return (each for each in read if isinstance(each, Certificate))
