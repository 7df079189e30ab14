"""Every certificate of the path is valid now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ...errors import AlertDescription
from ..rules import Comparison, Place, Role, Stage, timed_rule


@timed_rule(
    "validity",
    "RFC 5280 section 6.1.3 (a)(2)",
    alert=AlertDescription.certificate_expired,
    stage=Stage.dates,
    role=Role.every,
)
def validity(place: Place, now: datetime) -> Iterator[Comparison]:
    certificate = place.certificate
    yield (
        certificate.not_before <= now <= certificate.not_after,
        {
            "from": f"{certificate.not_before:%Y-%m-%d %H:%M:%S}",
            "now": f"{now:%Y-%m-%d %H:%M:%S}",
            "until": f"{certificate.not_after:%Y-%m-%d %H:%M:%S}",
        },
    )
