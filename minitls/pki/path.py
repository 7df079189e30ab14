"""The question, and where it is asked: is this certificate chain to be trusted?

This module is small because every connection needs it and most of them only later: the rules and the search are loaded
with the first chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from .revocation import RevocationList
from .rules import Profile, Purpose, Question
from .trust import TrustStore
from .unrooted import Pins, Unverified, judged_alone
from .verdict import Verdict

#: Who may vouch for a peer: roots, a pin, or (never by default) nobody.
Trust = TrustStore | Pins | Unverified
NEEDS: frozenset[str] = frozenset(("key_encipherment", "digital_signature", "key_agreement"))


def verify_chain(
    chain: Sequence[bytes],
    *,
    trust: Trust,
    now: datetime,
    name: str | None,
    purpose: Purpose = Purpose.server,
    needs: frozenset[str] = frozenset(),
    profile: Profile = "web",
    crls: tuple[RevocationList, ...] = (),
) -> Verdict:
    """Every check on a certificate chain, and what follows from them. Never raises on any bytes.

    `chain`: certificates as DER, the peer's own first, as a Certificate message carries them.
    `now`: aware; the X.509 clock ticks in whole seconds, so fractions are dropped.
    `trust`: with `Pins` or `UNVERIFIED` the first certificate is looked at alone, and no name or date is asked.
    `name`: the host name or IP address dialled; None for a client's certificate, or with profile "rfc5280".
    `needs`: what the cipher suite does with the leaf's key: "key_encipherment", "digital_signature", "key_agreement".
    ValueError on misuse: a naive time, an unknown need, no name to check a server's certificate for.
    """
    if now.tzinfo is None:
        raise ValueError("now must be an aware datetime, such as datetime.now(UTC)")
    if not needs <= NEEDS:
        raise ValueError(f"needs may be {', '.join(sorted(NEEDS))}, not {', '.join(sorted(needs - NEEDS))}")
    if profile == "web" and purpose is Purpose.server and name is None:
        raise ValueError("a server's certificate is checked for a name: give the host that was dialled")
    second = now.astimezone(UTC).replace(microsecond=0)
    if not isinstance(trust, TrustStore):
        return judged_alone(chain, trust, purpose, needs, second)
    from .search import judged

    return judged(tuple(chain), Question(trust, name, purpose, needs, profile, crls), second)
