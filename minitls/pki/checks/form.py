"""What every certificate must look like, whoever holds it (RFC 5280 section 4)."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from ...errors import AlertDescription
from .. import der
from ..rules import WEB, Comparison, Place, Purpose, Role, rule
from ..signature import algorithm_name

UNDERSTOOD = {
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    ExtensionOID.NAME_CONSTRAINTS,
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    ExtensionOID.SUBJECT_KEY_IDENTIFIER,
    ExtensionOID.AUTHORITY_INFORMATION_ACCESS,
}


@rule(
    "algorithm-named-twice",
    "RFC 5280 section 4.1.1.2",
    role=Role.every,
)
def algorithm_named_twice(place: Place) -> Iterator[Comparison]:
    outside, inside = place.certificate.signature_algorithm, place.certificate.signed_signature_algorithm
    values = {"outside": outside.hex(), "inside": inside.hex()}
    if outside != inside:
        values = {name: f"{named(text)} ({text})" for name, text in values.items()}
    yield outside == inside, values


def named(algorithm: str) -> str:
    """The name of an AlgorithmIdentifier (DER, as hex digits)."""
    try:
        first = der.inside(bytes.fromhex(algorithm))[0]
        return algorithm_name(x509.ObjectIdentifier(der.dotted(first.content)))
    except (ValueError, IndexError):
        return "not an algorithm"


@rule(
    "critical-extensions",
    "RFC 5280 section 4.2",
    alert=AlertDescription.unsupported_certificate,
    role=Role.every,
)
def critical_extensions(place: Place) -> Iterator[Comparison]:
    critical = [each for each in place.certificate.extensions.values() if each.critical]
    understood = UNDERSTOOD
    if place.question.profile == "rfc5280":
        understood = UNDERSTOOD | {ExtensionOID.CERTIFICATE_POLICIES}  # Any policy will do (section 6.1.1 (c)).
    unknown = [each.oid.dotted_string for each in critical if each.oid not in understood]
    allowed = {"not understood": ", ".join(unknown), "allowed": "critical ones that we know, such as keyUsage"}
    yield not unknown, allowed if unknown else {"critical": str(len(critical))}


@rule(
    "version",
    "RFC 5280 section 4.1.2.1",
    alert=AlertDescription.unsupported_certificate,
    role=Role.every,
)
def version(place: Place) -> Iterator[Comparison]:
    seen = place.certificate.parsed.version
    if (
        place.question.profile == "web" or place.position > 0
    ):  # Only an issuer must be of version 3 (section 6.1.4 (k)).
        yield seen is x509.Version.v3, {"version": seen.name, "needed": "v3"}


@rule(
    "serial-number",
    "RFC 5280 section 4.1.2.2",
    role=Role.every,
    profiles=WEB,
)
def serial_number(place: Place) -> Iterator[Comparison]:
    serial = place.certificate.serial
    negative = bool(serial[0] & 0x80)
    holds = len(serial) <= 20 and not negative
    allowed = {} if holds else {"allowed": "1 to 20 bytes, the first below 80 (hex): not negative"}
    yield holds, {"bytes": str(len(serial)), "first": f"{serial[0]:02x}", **allowed}


@rule(
    "issuer-named",
    "RFC 5280 section 4.1.2.4",
    role=Role.every,
    profiles=WEB,
)
def issuer_named(place: Place) -> Iterator[Comparison]:
    holds = bool(place.certificate.parsed.issuer.rdns)
    yield holds, {"issuer": place.certificate.issuer_text, **({} if holds else {"needed": "a name that is not empty"})}


@rule(
    "time-encoding",
    "RFC 5280 section 4.1.2.5",
    role=Role.every,
    profiles=WEB,
)
def time_encoding(place: Place) -> Iterator[Comparison]:
    certificate = place.certificate
    dates = (certificate.not_before, certificate.not_after)
    wanted = tuple(der.UTC_TIME if date.year < 2050 else der.GENERALIZED_TIME for date in dates)
    spelled = {der.UTC_TIME: "UTCTime", der.GENERALIZED_TIME: "GeneralizedTime"}
    values = {
        "years": " to ".join(str(date.year) for date in dates),
        "written as": ", ".join(spelled.get(tag, f"{tag:02x}") for tag in certificate.validity_tags),
    }
    if certificate.validity_tags != wanted:
        values["needed"] = ", ".join(spelled[tag] for tag in wanted)
    yield certificate.validity_tags == wanted, values


NEVER_CRITICAL: tuple[type[x509.ExtensionType], ...] = (
    x509.AuthorityKeyIdentifier,
    x509.SubjectKeyIdentifier,
    x509.AuthorityInformationAccess,
    x509.ExtendedKeyUsage,
)


@rule(
    "never-critical",
    "RFC 5280 section 4.2.1.1, 4.2.1.2, 4.2.2.1; BR 7.1.2.7.6",
    role=Role.every,
    profiles=WEB,
)
def never_critical(place: Place) -> Iterator[Comparison]:
    here = [each for kind in NEVER_CRITICAL if (each := place.certificate.extension(kind))]
    wrong = [each.oid._name for each in here if each.critical]
    if here:
        values = {"critical": ", ".join(wrong), "allowed": "not critical"}
        yield not wrong, values if wrong else {"looked at": str(len(here))}


@rule(
    "issuer-key-identifier",
    "RFC 5280 section 4.2.1.1",
    role=Role.every,
    profiles=WEB,
)
def issuer_key_identifier(place: Place) -> Iterator[Comparison]:
    extension = place.certificate.extension(x509.AuthorityKeyIdentifier)
    if extension is not None:
        identifier = extension.value.key_identifier
        values = {"keyIdentifier": identifier.hex() if identifier else "absent"}
        if identifier is None:
            values["needed"] = "the issuer's subjectKeyIdentifier"
        yield identifier is not None, values


@rule(
    "purpose",
    "RFC 5280 section 4.2.1.12",
    alert=AlertDescription.unsupported_certificate,
    role=Role.every,
    profiles=WEB,
)
def purpose(place: Place) -> Iterator[Comparison]:
    extension = place.certificate.extension(x509.ExtendedKeyUsage)
    if extension is not None:
        wanted = ExtendedKeyUsageOID.CLIENT_AUTH
        if place.question.purpose is Purpose.server:
            wanted = ExtendedKeyUsageOID.SERVER_AUTH
        usages = list(extension.value)
        # "Any purpose" is enough for a CA; the web wants a leaf to name its purpose (BR 7.1.2.7.10).
        any_purpose = place.position > 0 and ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in usages
        yield (
            wanted in usages or any_purpose,
            {"needed": wanted._name, "extendedKeyUsage": ", ".join(usage._name for usage in usages) or "nothing"},
        )
