"""The last step: another implementation is asked.

cryptography's verifier follows the web profile too. When every rule of ours holds and it refuses, one of the two is
wrong, and the chain is refused. When our rules have refused already, its answer is only a note.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Subject

from .certificate import Certificate
from .names import as_address
from .reasons import reason_of
from .rules import Purpose, Question, printable_result
from .verdict import LAST, RuleResult


def library_says(
    question: Question, path: Sequence[Certificate], sent: Sequence[Certificate], now: datetime
) -> list[RuleResult]:
    """One step with the library's verdict on the chain; none for a profile that it does not know."""
    if question.profile != "web":
        return []
    refusal = _refusal(question, path[0].parsed, [each.parsed for each in sent], now)
    return [printable_result(LAST, not refusal, {"says": refusal or "accepted"}, 0, path[0].label)]


def _refusal(question: Question, leaf: x509.Certificate, sent: list[x509.Certificate], now: datetime) -> str:
    try:
        builder = PolicyBuilder().store(question.trust.library_store).time(now)
        if question.purpose is Purpose.client:
            builder.build_client_verifier().verify(leaf, sent)
        else:
            builder.build_server_verifier(_subject(question.name or "")).verify(leaf, sent)
    except Exception as fault:  # VerificationError, or whatever a name or a certificate of any shape makes it raise.
        return reason_of(fault)
    return ""


def _subject(name: str) -> Subject:
    address: IPv4Address | IPv6Address | None = as_address(name)
    return x509.IPAddress(address) if address else x509.DNSName(name)
