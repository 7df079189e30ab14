"""The rules that stand at the two ends of a verdict: what was sent at all, and what the library says last.

They look at no place on a path, so the search applies them itself; here they are declared. The two that stand in for a
path where trust rests on no root (see ../unrooted.py) are declared here, too.
"""

from __future__ import annotations

from ...errors import AlertDescription
from ..rules import WEB, Comparison, Place, Role, Stage, rule
from ..verdict import LAST, NOT_VERIFIED, PINNED


def applied_by_the_search(place: Place) -> list[Comparison]:
    """No comparison on a path: a certificate that breaks these rules never gets onto one."""
    return []  # pragma: no cover - the search applies these rules itself and asks no function.


rule(
    "chain-length",
    "budget of minitls",
    stage=Stage.sent,
    role=Role.leaf,
)(applied_by_the_search)

rule(
    "certificate-size",
    "budget of minitls",
    stage=Stage.sent,
    role=Role.every,
)(applied_by_the_search)

rule(
    "readable",
    "RFC 5280 section 4.1",
    stage=Stage.sent,
    role=Role.every,
)(applied_by_the_search)

rule(
    "extensions-once",
    "RFC 5280 section 4.2",
    stage=Stage.sent,
    role=Role.every,
)(applied_by_the_search)

rule(
    "search-budget",
    "budget of minitls",
    alert=AlertDescription.unknown_ca,
    stage=Stage.sent,
    role=Role.leaf,
)(applied_by_the_search)

rule(
    PINNED,
    "RFC 7469 section 2.6",
    stage=Stage.sent,
    role=Role.leaf,
)(applied_by_the_search)

rule(
    NOT_VERIFIED,
    "RFC 5246 appendix F.1.1",
    stage=Stage.sent,
    role=Role.leaf,
)(applied_by_the_search)

rule(
    LAST,
    "cryptography.x509.verification",
    stage=Stage.last,
    role=Role.leaf,
    profiles=WEB,
)(applied_by_the_search)
