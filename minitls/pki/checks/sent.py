"""The rules that stand at the two ends of a verdict: what was sent at all, and what the library says last.

They look at no place on a path, so the search applies them itself; here are their words.
"""

from __future__ import annotations

from ...errors import AlertDescription
from ..rules import WEB, Finding, Place, Role, Stage, rule
from ..verdict import LAST


def applied_by_the_search(place: Place) -> list[Finding]:
    """No finding on a path: a certificate that breaks these rules never gets onto one."""
    return []


rule(
    "chain-length",
    "budget of minitls",
    stage=Stage.sent,
    role=Role.leaf,
    holds="few enough certificates were sent",
    fails="no certificate was sent, or too many",
    attack="A thousand certificates with one name can be arranged in more paths than anybody can try.",
)(applied_by_the_search)

rule(
    "certificate-size",
    "budget of minitls",
    stage=Stage.sent,
    role=Role.every,
    holds="the certificate is of a reasonable size",
    fails="the certificate is absurdly large",
    attack="A certificate of many megabytes keeps every client that reads it busy.",
)(applied_by_the_search)

rule(
    "readable",
    "RFC 5280 section 4.1",
    stage=Stage.sent,
    role=Role.every,
    holds="this is a certificate",
    fails="these bytes are no certificate",
    attack="Two parsers that read sloppy bytes differently can be shown two different certificates.",
)(applied_by_the_search)

rule(
    "extensions-once",
    "RFC 5280 section 4.2",
    stage=Stage.sent,
    role=Role.every,
    holds="no extension stands twice",
    fails="an extension stands twice",
    attack="One program would believe the first copy (not a CA), another the second (a CA).",
)(applied_by_the_search)

rule(
    "search-budget",
    "budget of minitls",
    alert=AlertDescription.unknown_ca,
    stage=Stage.sent,
    role=Role.leaf,
    holds="the search for a path stayed within its budget",
    fails="the search for a path was given up",
    attack="Cross-signed certificates can be arranged in exponentially many paths that all lead nowhere.",
)(applied_by_the_search)

rule(
    LAST,
    "cryptography.x509.verification",
    stage=Stage.last,
    role=Role.leaf,
    profiles=WEB,
    holds="cryptography's verifier agrees",
    fails="cryptography disagrees: its verifier refuses what our rules accept",
    attack="A mistake in our own rules would go unnoticed; two implementations seldom make the same one.",
)(applied_by_the_search)
