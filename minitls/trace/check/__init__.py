"""Is a trace true? Every value in it is derived again, without using what was recorded as its result.

    report = check(read_trace("t.jsonl"))
    report.intact      # the digest in the last line holds: nobody has changed the file since it was written
    report.true        # every derived value is what its inputs give, whatever the digest says
    report.differences[0]     # the first event that is not true, with both values

From the given values (randoms, or the server's key; the master secret of a resumed session) and the bytes on the wire
follow: the pre-master secret, its padding and encryption, master secret, key block, keys, every MAC or tag, both
Finished, every certificate check, every move of the state machines. `endpoint.py` walks the events of one endpoint;
where two endpoints tell, what both saw is compared as well.

A true trace may tell of a handshake that failed: that a certificate was refused is checked, not judged.
"""

from __future__ import annotations

from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from ..file.events import Elided, Record
from ..file.jsonl import Trace
from .difference import Difference, Shared
from .endpoint import EndpointCheck


class Report(NamedTuple):
    """What `check` found."""

    intact: bool
    reason: str
    """Why it is not intact, "" if it is."""
    differences: tuple[Difference, ...]
    """In the order of the events; empty if the trace is true."""
    counts: dict[str, int]
    """How much was verified, by what it is: derivations, records opened, messages, moves, ..."""
    unverified: tuple[str, ...]
    """What could not be verified, because the trace does not hold it: one sentence each."""

    @property
    def true(self) -> bool:
        """Every derived value derives again."""
        return not self.differences


def check(trace: Trace, server_key: RSAPrivateKey | None = None) -> Report:
    """Derive everything in a trace again. With the server's key the pre-master secret is decrypted, too."""
    shared = Shared(trace, server_key)
    vantages = {vantage: EndpointCheck(vantage, trace, shared) for vantage in trace.header.by}
    for event in trace.events:
        vantages[event.by].take(event)
    for vantage in vantages.values():
        vantage.end()
    _compare_endpoints(trace, shared)
    differences = tuple(sorted(shared.differences, key=lambda each: each.event))
    reason = str(trace.fault) if trace.fault else ""
    return Report(trace.intact, reason, differences, dict(shared.verified), tuple(dict.fromkeys(shared.unverified)))


def _compare_endpoints(trace: Trace, shared: Shared) -> None:
    """What one endpoint sent is what the other received: records by their number, byte for byte."""
    seen: dict[tuple[str, int], Record] = {}
    for event in trace.events:
        if isinstance(event, Record):
            other = seen.setdefault((event.sender, event.number), event)
            for name in ("header", "fragment"):
                mine, theirs = getattr(event, name), getattr(other, name)
                if mine != theirs and not isinstance(mine, Elided) and not isinstance(theirs, Elided):
                    shared.differ(event, f"{name} of the {event.sender}'s record {event.number}", mine, theirs)
