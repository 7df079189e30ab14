"""What watching costs: full handshakes with both ends recorded, beside the same handshakes unwatched."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

from ..trace.file.jsonl import open_private
from .adapter import Adapter, Terms
from .measures import GCM, cost
from .ours import OurAdapter


class Traced(NamedTuple):
    """How many milliseconds of CPU time a trace adds to a handshake."""

    name: str
    words: str
    to_file: bool
    terms: Terms = GCM
    unit: str = "ms"

    def sample(self, adapter: Adapter, budget: float) -> float | None:
        """The difference of two samples, each of half the budget; None for whatever is not minitls."""
        if not isinstance(adapter, OurAdapter):
            return None
        plain = cost(lambda: adapter.connect().close(), budget / 2)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "t.jsonl")
            watched = cost(lambda: adapter.recorded(open_private(path) if self.to_file else None), budget / 2)
        return (watched - plain) * 1e3


TRACED = {
    each.name: each
    for each in (
        Traced("trace-memory", "a trace in memory adds to a handshake", False),
        Traced("trace-file", "a trace in a file adds to a handshake", True),
    )
}
