"""What a handshake cost, counted in its trace: what resuming a session saves is the difference of two such counts."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from ...handshake.derivation import FromKey
from ...handshake.tls12.derivations import declared
from ...pki.verdict import LAST
from ..file.events import Elided, Hex
from .step import Step
from .story import Story


class Cost(NamedTuple):
    """Counts up to the second Finished; a handshake that did not come so far is counted to its end."""

    wire_bytes: int
    """Of all records, their headers included."""
    round_trips: int
    """How often the client waits for the server before it may send data."""
    private_key_operations: int
    """Decryptions and signatures, of both sides."""
    certificate_checks: int


def cost_of(story: Story) -> Cost:
    """The cost of the handshake of a story that both endpoints tell."""
    steps = _handshake(story.steps)
    flights = groupby(record.sender for step in steps for record in step.records)
    return Cost(
        wire_bytes=sum(5 + _size(record.fragment) for step in steps for record in step.records),
        round_trips=sum(sender == "server" for sender, _ in flights),
        private_key_operations=sum(_takes_private_key(step) for step in steps),
        certificate_checks=sum(check.rule != LAST for step in steps for check in step.checks),
    )


def _handshake(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    finished = [step.number for step in steps if step.title == "Finished"]
    return steps[: finished[1]] if len(finished) > 1 else steps


def _takes_private_key(step: Step) -> bool:
    row = declared(step.derive.name, step.derive.inputs) if step.derive is not None else None
    return row is not None and any(isinstance(source, FromKey) for source in row.sources.values())


def _size(value: Hex) -> int:
    return value.length if isinstance(value, Elided) else len(value)
