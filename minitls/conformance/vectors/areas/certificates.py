"""The area of certificate chains: the gallery, each with its verdict and the first rule that it breaks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ....pki import Purpose, TrustStore, verify_chain
from ....pki.revocation import read_crl


def certificates(given: Mapping[str, Any]) -> dict[str, Any]:
    """The verdict on a chain: whether it is accepted, the alert otherwise, and the first rule broken."""
    verdict = verify_chain(
        [bytes.fromhex(each) for each in given["chain"]],
        trust=TrustStore.of(map(bytes.fromhex, given["roots"])),
        now=datetime.fromisoformat(given["time"]),
        name=given["name"],
        purpose=Purpose(given.get("purpose", "server")),
        needs=frozenset(given.get("needs", ())),
        profile=given.get("profile", "web"),
        crls=tuple(read_crl(bytes.fromhex(each)) for each in given.get("crls", ())),
    )
    rule = verdict.failure.rule if verdict.failure else None
    return {"accepted": verdict.ok, "alert": verdict.alert.name if verdict.alert else None, "rule": rule}
