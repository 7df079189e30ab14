"""The path ends at a root that we chose to trust."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import AlertDescription
from ..rules import Comparison, Place, Role, Stage, rule
from ..verdict import ANCHOR


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
        yield False, {"issuer": issuer, "trusted": trust.summary, **({"but unreadable": reason} if reason else {})}
