"""Certificate verdicts made again: the same chain, name, time and root must give the same checks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cryptography import x509

from ...errors import DecodeError
from ...pki.path import verify_chain
from ...pki.revocation import read_crl
from ...pki.rules import Purpose
from ...pki.trust import Root, TrustStore
from ...pki.unrooted import recorded_trust
from ...pki.verdict import ANCHOR, LAST, Verdict
from ...wire.messages import Certificate
from ..file.events import Check, Elided, Judged, Message
from ..file.jsonl import Trace
from .difference import Shared

#: Rules whose outcome depends on revocation lists; a broken one of them also silences the library's opinion.
REVOCATION = frozenset(("revocation-list", "not-revoked"))
NEEDS_LISTS = REVOCATION | {LAST}


class _Recorded(TrustStore):
    """The roots that a trace names, with the summary of the whole list that they were taken from."""

    recorded = ""

    @property
    def summary(self) -> str:
        return self.recorded


def check_verdict(trace: Trace, shared: Shared, judged: Judged, checks: list[Check], cut_off: bool) -> None:
    """Judge the chain again and compare every step. `cut_off`: the trace ends here, so steps may be missing."""
    message = trace[judged.message]
    assert isinstance(message, Message)
    if isinstance(message.bytes, Elided):
        shared.leave_out(message.bytes)
        return
    try:
        certificates = Certificate.decode(message.bytes)
        verdict = _again(certificates.certificate_list, judged, checks)
    except (DecodeError, KeyError, TypeError, ValueError, OverflowError, x509.InvalidVersion) as wrong:
        shared.differ(judged, f"the verdict's inputs cannot be used: {wrong}", judged.inputs, "name, time, roots")
        return
    if verdict is None and judged.accepted:
        shared.differ(judged, "a chain that is accepted names its root", judged.inputs.get("roots"), "one root")
        return
    if verdict is None:
        shared.unverified.append("a refused certificate chain: the root that it leads to is not in the trace")
        return
    expected = [step.as_dict() for step in verdict.steps]
    if any(each.rule in REVOCATION for each in checks) and "crls" not in judged.inputs:
        shared.unverified.append("what revocation lists say: they are not in the trace")
        checks = [each for each in checks if each.rule not in NEEDS_LISTS]
        expected = [step for step in expected if step["rule"] not in NEEDS_LISTS]
    else:
        shared.compare(judged, "whether the chain is accepted", judged.accepted, verdict.ok)
    _compare(shared, judged, checks, expected, cut_off)


def _compare(
    shared: Shared, judged: Judged, checks: list[Check], expected: list[dict[str, Any]], cut_off: bool
) -> None:
    shared.verified["certificate checks"] += min(len(checks), len(expected))
    for check, step in zip(checks, expected, strict=False):
        for name, value in step.items():
            shared.compare(check, f"{name} of the check {check.rule}", getattr(check, name), value)
    if len(checks) != len(expected) and not (cut_off and len(checks) < len(expected)):
        last = checks[-1] if checks else judged
        shared.differ(last, "how many checks there are", str(len(checks)), str(len(expected)))


def _again(chain: tuple[bytes, ...], judged: Judged, checks: list[Check]) -> Verdict | None:
    inputs = judged.inputs
    source = _source(checks)
    store = recorded_trust(inputs) or _store(inputs, source)
    if store is None:
        return None
    name: Any = inputs["name"]
    return verify_chain(
        chain,
        trust=store,
        now=datetime.fromisoformat(inputs["time"]),
        name=name,
        purpose=Purpose[inputs["purpose"]],
        needs=frozenset(inputs["needs"]),
        crls=tuple(read_crl(bytes.fromhex(each)) for each in inputs.get("crls", ())),
    )


def _source(checks: list[Check]) -> str | None:
    """Where the root was from, a name that nothing else in the trace determines; None if there was none."""
    anchor = next((check for check in checks if check.rule == ANCHOR and check.ok), None)
    return None if anchor is None else str(anchor.values.get("trusted through"))


def _store(inputs: Any, source: str | None) -> TrustStore | None:
    """The trust store of the verdict: the roots recorded, else the list they came from; None if it is not at hand."""
    roots = [bytes.fromhex(each) for each in inputs["roots"]]
    if source is not None and not roots:
        if source not in ("demo", "mozilla", "system"):
            return None
        found: tuple[Root, ...] = TrustStore.load(source).roots
    else:
        found = tuple(Root(x509.load_der_x509_certificate(der), source or "") for der in roots)
    store = _Recorded(found)
    object.__setattr__(store, "recorded", str(inputs["trust"]))
    return store
