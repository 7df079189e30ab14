"""What only the leaf must be: an end entity, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from cryptography import x509

from ..der import yes
from ..rules import WEB, Comparison, Place, Role, rule


@rule(
    "names-critical",
    "RFC 5280 section 4.2.1.6",
    role=Role.leaf,
    profiles=WEB,
)
def names_critical(place: Place) -> Iterator[Comparison]:
    extension = place.certificate.extension(x509.SubjectAlternativeName)
    if extension is not None:
        empty = not place.certificate.parsed.subject.rdns
        values = {"critical": yes(extension.critical), "subject empty": yes(empty)}
        yield extension.critical == empty, values if extension.critical == empty else {**values, "needed": yes(empty)}


@rule(
    "leaf-no-ca",
    "CA/Browser Forum BR 7.1.2.7.8",
    role=Role.leaf,
    profiles=WEB,
)
def leaf_no_ca(place: Place) -> Iterator[Comparison]:
    certificate = place.certificate
    values = {"cA": yes(certificate.is_ca)}
    if certificate.is_ca:
        values["needed"] = "FALSE, or absent"
        if certificate.self_issued:
            values["fingerprint"] = sha256(certificate.der).hexdigest()
    yield not certificate.is_ca, values


@rule(
    "leaf-signs-nothing",
    "CA/Browser Forum BR 7.1.2.7.11",
    role=Role.leaf,
    profiles=WEB,
)
def leaf_signs_nothing(place: Place) -> Iterator[Comparison]:
    extension = place.certificate.extension(x509.KeyUsage)
    if extension is not None:
        signs = extension.value.key_cert_sign
        yield not signs, {"keyCertSign": yes(signs), **({"needed": "FALSE"} if signs else {})}


@rule(
    "leaf-names-issuer-key",
    "RFC 5280 section 4.2.1.1",
    role=Role.leaf,
    profiles=WEB,
)
def leaf_names_issuer_key(place: Place) -> Iterator[Comparison]:
    extension = place.certificate.extension(x509.AuthorityKeyIdentifier)
    needed = {} if extension else {"needed": "the key identifier of the issuer"}
    yield extension is not None, {"authorityKeyIdentifier": "present" if extension else "absent", **needed}


@rule(
    "leaf-constrains-nobody",
    "RFC 5280 section 4.2.1.10",
    role=Role.leaf,
    profiles=WEB,
)
def leaf_constrains_nobody(place: Place) -> Iterator[Comparison]:
    extension = place.certificate.extension(x509.NameConstraints)
    values = {"nameConstraints": "present", "allowed": "in a CA's certificate alone"}
    yield extension is None, values if extension else {"nameConstraints": "absent"}
