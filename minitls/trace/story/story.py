"""A trace as a story: one list of steps, both endpoints joined, which ladder, stepper and page all walk.

    story = Story(read_trace("t.jsonl"))
    for step in story.steps:
        step.number, step.kind, step.side, step.title     # 3, "message", "server", "Certificate"
        step.message, step.records                        # what travelled, in the clear and as it went over the wire
        step.derive, step.keys, step.verdict, step.checks # or what a side did in between
        step.states["client"]                             # where each machine stands after this step
        step.knows["eavesdropper"]                        # what each viewer knows after this step

A message is one step although both endpoints tell of it (sent, then received). What each endpoint does on its own
(derive, judge, change keys) is a step of that endpoint; where both derive the same value, the second step points to
the first (`same_as`). The order keeps what each endpoint saw in its own order, and puts what an endpoint does with a
message right behind that message, whichever thread came first (`merge.py`).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from ...handshake.tls12.derivations import PKCS1_BLOCK, PRE_MASTER_SECRET
from ..explain.registries import suite_name
from ..file.events import Hex, Keys, Note, VantagePoint
from ..file.jsonl import Trace
from ..file.values import inputs_of
from .drafting import Drafting
from .knowledge import VIEWERS, Known, learned
from .merge import merge
from .step import Step


class Story:
    """The steps of a trace, and a few questions about the whole."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self._drafting = Drafting(trace)
        self.opening = self._drafting.opening
        """Where the machines stand before the first step; "" for one that nobody follows."""

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every step in order; `steps[i].number == i + 1`."""
        drafts = merge(list(self._drafting.chains.values()), key=lambda draft: min(draft.events, default=0))
        states = dict(self.opening)
        knows: Known = dict.fromkeys(VIEWERS, ())
        derived: dict[tuple[str, Hex], int] = {}
        steps = []
        for number, draft in enumerate(drafts, 1):
            step = self._drafting.finished(draft)
            states = {**states, **{move.side: move.to_state for move in step.moves}}
            knows = learned(knows, step.message, step.derive, step.side, self.trace)
            if step.derive is not None and step.title == PKCS1_BLOCK.name:
                # What the client pads is what the server gets out again.
                secret = inputs_of(self.trace, step.derive).get(PRE_MASTER_SECRET.name, b"")
                derived.setdefault((PRE_MASTER_SECRET.name, secret), number)
            known = step.derive is not None and isinstance(step.derive.output, bytes)
            first = derived.setdefault((step.title, step.derive.output), number) if step.derive and known else number
            same_as = first if first != number else None
            steps.append(
                replace(
                    step,
                    number=number,
                    states=states,
                    knows=knows,
                    same_as=same_as,
                    key_exchange=self.trace.key_exchange,
                )
            )
        return tuple(steps)

    @cached_property
    def step_of(self) -> dict[int, int]:
        """Event number to step number, for every event that belongs to a step."""
        return {n: step.number for step in self.steps for n in step.events}

    @cached_property
    def suite(self) -> str | None:
        """The cipher suite in use, None if it did not come to keys."""
        return next((event.suite for event in self.trace.events if isinstance(event, Keys)), None)

    @cached_property
    def chosen_suite(self) -> str | None:
        """The suite that the ServerHello names, whether or not it came to keys; None without one."""
        hello = self.trace.server_hello
        return suite_name(hello.cipher_suite) if hello is not None else None

    @cached_property
    def sealed(self) -> frozenset[int]:
        """The numbers of record steps that nobody could open: their sender had changed keys before."""
        changed: set[VantagePoint] = set()
        found = set()
        for step in self.steps:
            if step.title == "ChangeCipherSpec":
                changed.add(step.side)
            elif step.kind == "record" and step.side in changed:
                found.add(step.number)
        return frozenset(found)

    @cached_property
    def resumed(self) -> str | None:
        """By what an earlier session was taken up ("ticket", "session ID"); None for a full handshake."""
        note = self._note("resumed")
        return str(note.values.get("by")) if note else None

    @cached_property
    def failure(self) -> Note | None:
        """What ended the connection, None if nothing did."""
        return self._note("failure")

    def _note(self, id: str) -> Note | None:
        return next((each for each in self.trace.events if isinstance(each, Note) and each.id == id), None)
