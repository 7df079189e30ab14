"""The CA has not taken the certificate back, as far as the lists at hand say (RFC 5280 section 6.3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cryptography import x509

from ...errors import AlertDescription
from ..certificate import Certificate
from ..names import folded
from ..revocation import RevocationList
from ..rules import Comparison, Place, Role, timed_rule


@timed_rule(
    "revocation-list",
    "RFC 5280 section 6.3.3",
    alert=AlertDescription.certificate_unknown,
    role=Role.issued,
)
def revocation_list(place: Place, now: datetime) -> Iterator[Comparison]:
    lists = lists_for(place)
    faults = [fault_of(each, place, now) for each in lists]
    if lists:
        yield "" in faults, {"lists": str(len(lists)), **({} if "" in faults else {"because": faults[0]})}
    elif place.question.crls and place.question.profile == "rfc5280":
        yield False, {"lists": "0", "because": f"no list of {place.certificate.issuer_text} was given"}


@timed_rule(
    "not-revoked",
    "RFC 5280 section 6.3.3 (i)",
    alert=AlertDescription.certificate_revoked,
    role=Role.issued,
)
def not_revoked(place: Place, now: datetime) -> Iterator[Comparison]:
    serial = int.from_bytes(place.certificate.serial, "big", signed=True)
    for each in lists_for(place):
        if not fault_of(each, place, now):
            revoked = each.revoked.get(serial)
            seen = {"serial number": f"{serial:x}", "list of": f"{each.parsed.last_update_utc:%Y-%m-%d %H:%M:%S}"}
            yield revoked is None, {**seen, **({"revoked": f"{revoked:%Y-%m-%d %H:%M:%S}"} if revoked else {})}


def lists_for(place: Place) -> list[RevocationList]:
    """The lists at hand of the certificate's issuer, by name."""
    if not place.question.crls:
        return []
    wanted = folded(place.certificate.parsed.issuer)
    return [each for each in place.question.crls if folded(each.issuer) == wanted]


def fault_of(revocations: RevocationList, place: Place, now: datetime) -> str:
    """Why the list cannot be relied on, "" if it can (section 6.3.3 (f), (g); 5.1.2.5; 5.2.3)."""
    seen = revocations.parsed
    signers = [each for each in place.path[place.position + 1 :] if folded(each.parsed.subject) == folded(seen.issuer)]
    if not any(signed_by(seen, each) for each in signers):
        return "no key of the issuer's opens its signature"
    if not any(signed_by(seen, each) and may_sign_lists(each) for each in signers):
        return "the issuer's key may not sign lists (cRLSign)"
    if seen.last_update_utc > now:
        return f"it is of the future: {seen.last_update_utc:%Y-%m-%d}"
    if seen.next_update_utc is None or seen.next_update_utc < now:
        return f"it is out of date: a newer one was due {seen.next_update_utc or 'at no time that it names'}"
    if revocations.not_understood:
        return f"a critical extension is not understood: {', '.join(revocations.not_understood)}"
    if not any(isinstance(each.value, x509.CRLNumber) for each in seen.extensions):
        return "it has no number (cRLNumber)"
    return ""


def signed_by(revocations: x509.CertificateRevocationList, issuer: Certificate) -> bool:
    """The issuer's key opens the signature of the list."""
    try:
        return revocations.is_signature_valid(issuer.key)  # type: ignore[arg-type]  # Keys that cannot sign raise.
    except Exception:  # Keys of another kind and unknown algorithms each raise something else.
        return False


def may_sign_lists(issuer: Certificate) -> bool:
    """Without a keyUsage a key may do anything (RFC 5280 section 4.2.1.3)."""
    usage = issuer.extension(x509.KeyUsage)
    return usage is None or usage.value.crl_sign
