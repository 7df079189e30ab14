"""Whose certificate is this? The question each side puts to `pki`, and what an observer is told of the answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding

from ..crypto.signatures import PublicKey
from ..observe import CertificateChecked, Observer, Side
from ..pki.path import Trust, verify_chain
from ..pki.revocation import RevocationList
from ..pki.rules import Purpose
from ..pki.trust import TrustStore
from ..pki.verdict import Verdict
from .config import Config

#: What a client's key is used for, and so what its keyUsage must allow (RFC 5246 section 7.4.6). What a server's must,
#: its key exchange says.
CLIENT_NEEDS = frozenset(("digital_signature",))
_PURPOSES: dict[Side, Purpose] = {"client": Purpose.server, "server": Purpose.client}


def judge(
    config: Config,
    side: Side,
    chain: Sequence[bytes],
    trust: Trust,
    server_name: str | None,
    needs: frozenset[str],
) -> Verdict:
    """What `side` makes of the peer's chain (DER, its own certificate first). A name is asked of servers only.

    `needs` are the uses that the key must allow, by the names of its keyUsage bits.
    """
    return observed(
        chain,
        trust=trust,
        now=config.time(),
        name=server_name,
        purpose=_PURPOSES[side],
        needs=needs,
        crls=config.crls,
        observer=config.observer,
    )


def observed(
    chain: Sequence[bytes],
    *,
    trust: Trust,
    now: datetime,
    name: str | None,
    purpose: Purpose,
    needs: frozenset[str],
    crls: tuple[RevocationList, ...],
    observer: Observer | None,
) -> Verdict:
    """The verdict of `pki`, told to an observer with all that it depends on."""
    verdict = verify_chain(chain, trust=trust, now=now, name=name, purpose=purpose, needs=needs, crls=crls)
    if observer:
        anchors = []
        if isinstance(trust, TrustStore):
            anchors = [end for end in verdict.path[-1:] if trust.source_of(end) is not None]
        inputs = {
            "name": name,
            "time": now.isoformat(),
            "purpose": purpose.name,
            "needs": sorted(needs),
            "trust": trust.summary,
            # The anchor alone, not the whole list: it is what the verdict rests on, and enough to repeat it.
            "roots": [anchor.der.hex() for anchor in anchors],
            "crls": [each.parsed.public_bytes(Encoding.DER).hex() for each in crls],
            **({} if isinstance(trust, TrustStore) else trust.recorded),
        }
        steps = tuple(step.as_dict() for step in verdict.steps)
        observer(CertificateChecked(tuple(chain), verdict.ok, inputs, steps))
    return verdict


def certified_key(verdict: Verdict) -> PublicKey:
    """The key in the peer's certificate, None if there is none; the rule "leaf-key-kind" says that it can be used."""
    return None if verdict.leaf is None else verdict.leaf.key


def still_accepted(
    side: Side,
    config: Config,
    chain: Sequence[bytes],
    trust: Trust,
    server_name: str | None,
    needs: frozenset[str],
) -> bool:
    """Whether `side` would accept today the peer's chain of an earlier session, which a resumption does not show again.

    Certificates expire and are revoked, and a store of sessions may outlive or be shared between configurations: whom
    this one does not trust it must not meet by way of another's handshake.
    """
    now = config.time()
    return verify_chain(
        chain, trust=trust, now=now, name=server_name, purpose=_PURPOSES[side], needs=needs, crls=config.crls
    ).ok
