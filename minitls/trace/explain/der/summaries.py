"""What a structure says in one line, from the elements that were found in it."""

from __future__ import annotations

from collections.abc import Sequence

from ....errors import counted
from .walker import DerElement, Summary

#: RFC 4514 section 3, and what certificates carry besides.
SHORT_NAMES = {
    "commonName": "CN",
    "countryName": "C",
    "localityName": "L",
    "stateOrProvinceName": "ST",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "streetAddress": "STREET",
    "domainComponent": "DC",
    "userID": "UID",
}
#: More of a list is not told in one line.
MOST = 8


def named(oid: str) -> str:
    """The name of an object identifier that was said, else its digits."""
    dotted, _, name = oid.partition(" ")
    return name or dotted


def value_of(found: Sequence[DerElement], *kinds: str) -> str:
    """The value of the first element of one of these kinds that has one, else ""."""
    return next((each.value for each in found if each.kind in kinds and each.value), "")


def listed(values: Sequence[str]) -> str:
    """A few values, and how many more there are."""
    more = f" and {len(values) - MOST:,} more" if len(values) > MOST else ""
    return ", ".join(values[:MOST]) + more


def each_of(kind: str) -> Summary:
    """The values of all elements of a kind (a structure's, or a family's when it ends in a dot)."""

    def summary(found: Sequence[DerElement]) -> str:
        fits = (each for each in found if each.kind == kind or (kind[-1] == "." and each.kind.startswith(kind)))
        return listed([named(each.value) if each.type == "OBJECT IDENTIFIER" else each.value for each in fits])

    return summary


def name(found: Sequence[DerElement]) -> str:
    """A distinguished name, in the order of the certificate: ``C=DE, O=Acme, CN=example.org``."""
    types = [named(each.value) for each in found if each.kind == "AttributeTypeAndValue.type"]
    values = [each.value for each in found if each.kind == "AttributeTypeAndValue.value"]
    pairs = zip(types, values, strict=False)
    return listed([f"{SHORT_NAMES.get(kind, kind)}={value.strip(chr(34))}" for kind, value in pairs]) or "empty"


def period(found: Sequence[DerElement]) -> str:
    """From when to when."""
    return f"{value_of(found, 'Validity.notBefore')} to {value_of(found, 'Validity.notAfter')}"


def algorithm(found: Sequence[DerElement]) -> str:
    """The algorithm's name, and of a curve the curve's."""
    oids = [named(each.value) for each in found if each.type == "OBJECT IDENTIFIER"]
    return ", ".join(oids[:2])


def rsa_key(found: Sequence[DerElement]) -> str:
    """The size of the modulus, and the exponent."""
    return f"{value_of(found, 'RSAPublicKey.modulus')}, e = {value_of(found, 'RSAPublicKey.publicExponent')}"


def point(found: Sequence[DerElement]) -> str:
    """The form of a point of a curve."""
    return value_of(found, "ECPoint.form").partition(" ")[2]


def two_numbers(found: Sequence[DerElement]) -> str:
    """A signature that has parts."""
    return "two numbers, r and s"


def public_key(found: Sequence[DerElement]) -> str:
    """Kind and size of a key."""
    values = [value_of(found, f"SubjectPublicKeyInfo.{member}") for member in ("algorithm", "subjectPublicKey")]
    return ", ".join(each.partition(", e =")[0] for each in values)


def extension(found: Sequence[DerElement]) -> str:
    """Which extension, whether it is critical, and what it says."""
    which = named(value_of(found, "Extension.extnID"))
    critical = ", critical" if value_of(found, "Extension.critical") == "TRUE" else ""
    said = value_of(found, "Extension.extnValue")
    return f"{which}{critical}" + (f": {said}" if said else "")


def basic_constraints(found: Sequence[DerElement]) -> str:
    """Whether this is a CA, and how many may follow."""
    if value_of(found, "BasicConstraints.cA") != "TRUE":
        return "no CA"
    limit = value_of(found, "BasicConstraints.pathLenConstraint")
    return f"a CA, at most {limit} more below it" if limit else "a CA"


def access(found: Sequence[DerElement]) -> str:
    """What is to be had, and where."""
    methods = [named(each.value) for each in found if each.kind == "AccessDescription.accessMethod"]
    places = [each.value for each in found if each.kind.startswith("GeneralName.")]
    return listed([f"{method} at {place}" for method, place in zip(methods, places, strict=False)])


def key_identifier(found: Sequence[DerElement]) -> str:
    """The key's identifier, or the issuer's name and serial number."""
    return value_of(found, "AuthorityKeyIdentifier.keyIdentifier") or each_of("GeneralName.")(found)


def subtrees(found: Sequence[DerElement]) -> str:
    """The names that are allowed, and those that are not."""
    parts = []
    for kind, word in (("permittedSubtrees", "only"), ("excludedSubtrees", "not")):
        names = [
            each.value for each in found if kind in each.path and each.kind.startswith("GeneralName.") and each.value
        ]
        parts += [f"{word} {listed(names)}"] if names else []
    return "; ".join(parts)


def certificate(found: Sequence[DerElement]) -> str:
    """Whose it is, and who says so."""
    subject, issuer = value_of(found, "TBSCertificate.subject"), value_of(found, "TBSCertificate.issuer")
    return f"{subject}, issued by {issuer}"


def revoked(found: Sequence[DerElement]) -> str:
    """When, and why if it is said."""
    reason = value_of(found, "RevokedInfo.revocationReason")
    return f"{value_of(found, 'RevokedInfo.revocationTime')}{reason and ', ' + reason.partition(' ')[2]}"


def single_response(found: Sequence[DerElement]) -> str:
    """The status of one certificate."""
    status = next((each for each in found if each.kind.startswith("CertStatus.")), None)
    if status is None:
        return ""
    word = status.kind.partition(".")[2]
    serial = value_of(found, "CertID.serialNumber")
    return f"{serial} {word}" + (f" since {status.value}" if status.value else "")


def response(found: Sequence[DerElement]) -> str:
    """Whether there is an answer, and what it says."""
    status = named(value_of(found, "OCSPResponse.responseStatus"))
    said = value_of(found, "ResponseBytes.response")
    return f"{status}: {said}" if said else status


def count(what: str, kind: str) -> Summary:
    """How many elements of a kind there are."""

    def summary(found: Sequence[DerElement]) -> str:
        number = sum(each.kind == kind for each in found)
        return counted(number, what)

    return summary
