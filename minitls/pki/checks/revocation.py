"""The CA has not taken the certificate back, as far as the lists at hand say (RFC 5280 section 6.3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cryptography import x509

from ...errors import AlertDescription
from ..certificate import Certificate
from ..revocation import RevocationList
from ..rules import Finding, Place, Role, timed_rule


@timed_rule(
    "revocation-list",
    "RFC 5280 section 6.3.3",
    alert=AlertDescription.certificate_unknown,
    role=Role.issued,
    holds="the issuer's revocation list can be relied on",
    fails="the issuer's revocation list cannot be relied on",
    attack="Whoever steals a key would hand out an old list, from before the theft was noticed, or a forged one.",
)
def revocation_list(place: Place, now: datetime) -> Iterator[Finding]:
    lists = lists_for(place)
    faults = [fault_of(each, place.issuer, now) for each in lists]
    if lists:
        usable = "" in faults
        yield usable, {"lists": str(len(lists)), **({} if usable else {"because": faults[0]})}
    elif place.question.crls and place.question.profile == "rfc5280":
        yield False, {"lists": "0", "because": f"no list of {place.certificate.issuer_text} was given"}


@timed_rule(
    "not-revoked",
    "RFC 5280 section 6.3.3 (i)",
    alert=AlertDescription.certificate_revoked,
    role=Role.issued,
    holds="its issuer has not revoked it",
    fails="its issuer has revoked it",
    attack="The thief of a key could use it until the certificate expires, although everybody knows.",
)
def not_revoked(place: Place, now: datetime) -> Iterator[Finding]:
    for each in lists_for(place):
        if not fault_of(each, place.issuer, now):
            serial = place.certificate.parsed.serial_number
            entry = each.parsed.get_revoked_certificate_by_serial_number(serial)
            seen = {"serial number": f"{serial:x}", "list of": f"{each.parsed.last_update_utc:%Y-%m-%d %H:%M:%S}"}
            if entry is not None:
                seen["revoked"] = f"{entry.revocation_date_utc:%Y-%m-%d %H:%M:%S}"
            yield entry is None, seen


def lists_for(place: Place) -> list[RevocationList]:
    """The lists at hand of the certificate's issuer, by name."""
    return [each for each in place.question.crls if each.issuer == place.certificate.issuer]


def fault_of(revocations: RevocationList, issuer: Certificate, now: datetime) -> str:
    """Why the list cannot be relied on, "" if it can (section 6.3.3 (f), (g); 5.1.2.5; 5.2.3)."""
    seen = revocations.parsed
    usage = issuer.extension(x509.KeyUsage)
    if usage is not None and not usage.value.crl_sign:
        return "the issuer's key may not sign lists (cRLSign)"
    try:
        if issuer.key is None or not seen.is_signature_valid(issuer.key):  # type: ignore[arg-type]  # Unfit keys raise.
            return "the issuer's key does not open its signature"
        extensions = list(seen.extensions)
    except Exception as fault:  # Keys of another kind, unknown algorithms and extensions each raise something else.
        return str(fault) or type(fault).__name__
    if seen.last_update_utc > now:
        return f"it is of the future: {seen.last_update_utc:%Y-%m-%d}"
    if seen.next_update_utc is None or seen.next_update_utc < now:
        return f"it is out of date: a newer one was due {seen.next_update_utc or 'at no time that it names'}"
    critical = [each.oid.dotted_string for each in extensions if each.critical]
    if critical:
        return f"it has a critical extension that is not understood: {', '.join(critical)}"
    if not any(isinstance(each.value, x509.CRLNumber) for each in extensions):
        return "it has no number (cRLNumber)"
    return ""
