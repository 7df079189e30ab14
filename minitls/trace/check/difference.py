"""What the parts of a check share: where they report, and what one endpoint may know from the other."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from ..file.events import Alert, Elided, Event
from ..file.jsonl import Trace


class Difference(NamedTuple):
    """One value that is not what it should be."""

    event: int
    """The number of the event that is not true."""
    what: str
    recorded: str
    derived: str

    def __str__(self) -> str:
        return f"event {self.event}: {self.what}\n  in the trace  {self.recorded}\n  derived       {self.derived}"


class Shared:
    """Findings of all endpoints, and the pre-master secrets that they know."""

    def __init__(self, trace: Trace, server_key: RSAPrivateKey | None) -> None:
        self.differences: list[Difference] = []
        self.unverified: list[str] = []
        self.verified: Counter[str] = Counter()
        self.server_key = server_key
        self.pre_masters: dict[bytes, bytes] = {}
        """Encrypted to plain, from whoever encrypted it."""
        self.alerts = {event.description for event in trace.events if isinstance(event, Alert) and event.level == 2}
        """The fatal ones."""

    def differ(self, event: Event, what: str, recorded: object, derived: object) -> None:
        """Report a difference."""
        self.differences.append(Difference(event.n, what, as_text(recorded), as_text(derived)))

    def compare(self, event: Event, what: str, recorded: object, derived: object) -> bool:
        """Report a difference unless the two are equal. Values that were left out only say so."""
        if isinstance(recorded, Elided):
            self.leave_out(recorded)
            return True
        if recorded == derived:
            return True
        self.differ(event, what, recorded, derived)
        return False

    def leave_out(self, value: Elided) -> None:
        """A value is not in the trace."""
        why = "there was too much data" if value.sha256 else "they were redacted"
        self.unverified.append(f"some values are not in the trace: {why}")


def as_text(value: Any) -> str:
    """A value as people compare it."""
    if isinstance(value, bytes):
        return value.hex() or "(no bytes)"
    return value if isinstance(value, str) else repr(value)
