"""Every certificate of the path is valid now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from ...errors import AlertDescription
from ..rules import Comparison, Place, Role, Stage, timed_rule


@lru_cache(maxsize=256)
def spelled(moment: datetime) -> str:
    """A moment as people read it, in UTC."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"


@timed_rule(
    "validity",
    "RFC 5280 section 6.1.3 (a)(2)",
    alert=AlertDescription.certificate_expired,
    stage=Stage.dates,
    role=Role.every,
)
def validity(place: Place, now: datetime) -> Iterator[Comparison]:
    certificate = place.certificate
    values = {
        "from": spelled(certificate.not_before),
        "now": spelled(now),
        "until": spelled(certificate.not_after),
    }
    if now > certificate.not_after:
        values["expired"] = f"{span(now - certificate.not_after)} ago"
    elif now < certificate.not_before:
        values["begins"] = f"in {span(certificate.not_before - now)}"
    yield certificate.not_before <= now <= certificate.not_after, values


def span(time: timedelta) -> str:
    """How long that is, in its largest whole unit: "152 days", "1 hour", "40 seconds"."""
    seconds = int(time.total_seconds())
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            return f"{seconds // size:,} {unit}{'' if seconds // size == 1 else 's'}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"
