"""The path ends at a root that we chose to trust."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from ...errors import AlertDescription
from ..certificate import Certificate
from ..der import yes
from ..rules import Comparison, Place, Role, Stage, rule
from ..verdict import ANCHOR

_ISSUERS = AuthorityInformationAccessOID.CA_ISSUERS


@rule(
    ANCHOR,
    "RFC 5280 section 6.1.1 (d)",
    alert=AlertDescription.unknown_ca,
    stage=Stage.anchor,
    role=Role.end,
)
def issuer_at_hand(place: Place) -> Iterator[Comparison]:
    certificate, trust = place.certificate, place.question.trust
    source = trust.source_of(certificate)
    if source is not None:
        yield True, {"trusted through": source}
    else:
        issuer = "itself (self-signed)" if certificate.self_issued else certificate.issuer_text
        reason = trust.unreadable(certificate.issuer)
        more = {"but unreadable": reason} if reason else {}
        if certificate.self_issued:
            more |= {"cA": yes(certificate.is_ca), "fingerprint": sha256(certificate.der).hexdigest()}
        elif found := issuer_address(certificate):
            more["issuer's file"] = found
        yield False, {"issuer": issuer, "trusted": trust.summary, **more}


def issuer_address(certificate: Certificate) -> str:
    """Where the issuer's certificate can be fetched, by authorityInfoAccess (section 4.2.2.1); "" if nobody says."""
    access = certificate.extension(x509.AuthorityInformationAccess)
    places = [each.access_location for each in access.value if each.access_method == _ISSUERS] if access else []
    return next((each.value for each in places if isinstance(each, x509.UniformResourceIdentifier)), "")
