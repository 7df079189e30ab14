"""What only the leaf must be: an end entity, and no more."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography import x509

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
        yield extension.critical == empty, {"critical": yes(extension.critical), "subject empty": yes(empty)}


@rule(
    "leaf-no-ca",
    "CA/Browser Forum BR 7.1.2.7.8",
    role=Role.leaf,
    profiles=WEB,
)
def leaf_no_ca(place: Place) -> Iterator[Comparison]:
    extension = place.certificate.extension(x509.BasicConstraints)
    is_ca = extension is not None and extension.value.ca
    yield not is_ca, {"cA": yes(is_ca)}


@rule(
    "leaf-signs-nothing",
    "CA/Browser Forum BR 7.1.2.7.11",
    role=Role.leaf,
    profiles=WEB,
)
def leaf_signs_nothing(place: Place) -> Iterator[Comparison]:
    extension = place.certificate.extension(x509.KeyUsage)
    if extension is not None:
        yield not extension.value.key_cert_sign, {"keyCertSign": yes(extension.value.key_cert_sign)}


@rule(
    "leaf-names-issuer-key",
    "RFC 5280 section 4.2.1.1",
    role=Role.leaf,
    profiles=WEB,
)
def leaf_names_issuer_key(place: Place) -> Iterator[Comparison]:
    extension = place.certificate.extension(x509.AuthorityKeyIdentifier)
    yield extension is not None, {"authorityKeyIdentifier": "present" if extension else "absent"}


@rule(
    "leaf-constrains-nobody",
    "RFC 5280 section 4.2.1.10",
    role=Role.leaf,
    profiles=WEB,
)
def leaf_constrains_nobody(place: Place) -> Iterator[Comparison]:
    extension = place.certificate.extension(x509.NameConstraints)
    yield extension is None, {"nameConstraints": "present" if extension else "absent"}


def yes(truth: bool) -> str:
    """A DER BOOLEAN as people write it."""
    return "TRUE" if truth else "FALSE"
