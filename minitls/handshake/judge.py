"""Whose certificate is this? The question each side puts to `pki`, and what an observer is told of the answer."""

from __future__ import annotations

from collections.abc import Sequence

from ..observe import CertificateChecked
from ..pki.path import verify_chain
from ..pki.rules import Purpose
from ..pki.trust import TrustStore
from ..pki.verdict import Verdict
from .config import Config
from .link import Link

#: What the key in a certificate is used for, and so what its keyUsage must allow (RFC 5246 sections 7.4.2 and 7.4.6).
SERVER_NEEDS = frozenset(("key_encipherment",))
CLIENT_NEEDS = frozenset(("digital_signature",))


def judge(
    link: Link,
    config: Config,
    chain: Sequence[bytes],
    trust: TrustStore,
    server_name: str | None,
    needs: frozenset[str] | None = None,
) -> Verdict:
    """The verdict on the peer's chain (DER, its own certificate first). A name is asked of servers only.

    `needs` is given for key exchanges other than RSA, which a listener may come across.
    """
    now = config.time()
    purpose, usual = (Purpose.server, SERVER_NEEDS) if link.side == "client" else (Purpose.client, CLIENT_NEEDS)
    needs = usual if needs is None else needs
    verdict = verify_chain(
        chain, trust=trust, now=now, name=server_name, purpose=purpose, needs=needs, crls=config.crls
    )
    if link.observer:
        inputs = {
            "name": server_name,
            "time": now.isoformat(),
            "purpose": purpose.name,
            "needs": sorted(needs),
            "trust": trust.summary,
            # The anchor alone, not the whole list: it is what the verdict rests on, and enough to repeat it.
            "roots": [verdict.path[-1].der.hex()] if verdict.ok else [],
        }
        steps = tuple(step.as_dict() for step in verdict.steps)
        link.observer(CertificateChecked(tuple(chain), verdict.ok, inputs, steps))
    return verdict
