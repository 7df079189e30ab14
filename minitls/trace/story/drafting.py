"""Events gathered into steps, endpoint by endpoint: the first half of making a story.

A record is a step of its own until a message or data turns out to be in it. A message that both endpoints tell of is
one draft that stands in both sequences; the n-th message that a sender sent is the n-th that its peer received.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from ...observe import Side
from ..file.events import (
    SIDES,
    Alert,
    Check,
    Data,
    Derive,
    Event,
    Judged,
    Keys,
    Message,
    Note,
    Protect,
    Random,
    Record,
    State,
    Unprotect,
    VantagePoint,
)
from ..file.jsonl import Trace
from .step import Move, Step, StepKind, WireRecord

RecordKey = tuple[Side, int]


@dataclass(eq=False)
class Draft:
    """A step in the making."""

    kind: StepKind
    side: VantagePoint
    title: str
    parts: dict[str, Any] = field(default_factory=dict)
    events: list[int] = field(default_factory=list)
    records: list[RecordKey] = field(default_factory=list)
    randoms: list[Random] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)


class Drafting:
    """The drafts of a trace: `chains` holds, for each endpoint, its steps in its order."""

    def __init__(self, trace: Trace) -> None:
        self.chains: dict[VantagePoint, list[Draft]] = {vantage: [] for vantage in trace.header.by}
        self.opening: dict[Side, str] = dict.fromkeys(SIDES, "")
        self._records: dict[RecordKey, WireRecord] = {}
        self._record_events: dict[RecordKey, list[int]] = {}
        self._key_of: dict[int, RecordKey] = {}
        self._holder: dict[RecordKey, Draft] = {}
        self._messages: dict[tuple[Side, int], Draft] = {}
        self._message_counts: dict[tuple[VantagePoint, Side], int] = {}
        self._randoms: dict[VantagePoint, list[Random]] = {vantage: [] for vantage in trace.header.by}
        for event in trace.events:
            _TAKE[type(event)](self, event)

    def finished(self, draft: Draft) -> Step:
        """The step of a draft, once all events are in."""
        events = draft.events + [n for key in draft.records for n in self._record_events[key]]
        return Step(
            draft.kind,
            draft.side,
            draft.title,
            tuple(sorted(set(events + [each.n for each in draft.randoms]))),
            records=tuple(self._records[key] for key in draft.records),
            randoms=tuple(draft.randoms),
            checks=tuple(draft.checks),
            moves=tuple(draft.moves),
            **draft.parts,
        )

    def _own(self, event: Event, kind: StepKind, title: str, **parts: Any) -> None:
        """A step that an endpoint makes by itself."""
        draft = Draft(kind, event.by, title, parts, [event.n])
        self._enter(draft, event.by)

    def _enter(self, draft: Draft, by: VantagePoint) -> None:
        draft.randoms += self._randoms[by]
        self._randoms[by] = []
        self.chains[by].append(draft)

    def _on_random(self, event: Random) -> None:
        self._randoms[event.by].append(event)

    def _on_record(self, event: Record) -> None:
        key = event.sender, event.number
        known = self._records.get(key) or WireRecord(event.sender, event.number, event.header, event.fragment)
        sent = event.by in (event.sender, "observer")
        self._records[key] = replace(known, sent=event.n) if sent else replace(known, received=event.n)
        self._record_events.setdefault(key, []).append(event.n)
        self._key_of[event.n] = key
        draft = self._holder.get(key)
        if draft is None or draft.kind != "record":
            draft = Draft("record", event.sender, "record", records=[key])
            self._holder.setdefault(key, draft)
        self._enter(draft, event.by)

    def _on_protect(self, event: Protect) -> None:
        key = self._key_of[event.record]
        self._records[key] = replace(self._records[key], protection=self._records[key].protection or event)
        self._record_events[key].append(event.n)

    def _on_message(self, event: Message) -> None:
        index = self._message_counts.get((event.by, event.sender), 0)
        self._message_counts[event.by, event.sender] = index + 1
        draft = self._messages.get((event.sender, index))
        if draft is None or draft.parts["message"].bytes != event.bytes:
            draft = Draft("message", event.sender, event.type, {"message": event})
            self._messages[event.sender, index] = draft
        self._settle(draft, event, [self._key_of[n] for n in event.records])

    def _on_data(self, event: Data) -> None:
        key = self._key_of[event.record]
        draft = self._holder[key]
        if draft.kind != "data":
            draft = Draft("data", event.sender, "data")
        self._settle(draft, event, [key])

    def _settle(self, draft: Draft, event: Event, keys: list[RecordKey]) -> None:
        """`draft` takes the place of the records that carried it."""
        chain = self.chains[event.by]
        waiting = [each for each in chain[-len(keys) - 8 :] if each.kind == "record" and set(each.records) & set(keys)]
        for each in waiting:
            chain.remove(each)
            draft.randoms += each.randoms
        for key in keys:
            self._holder[key] = draft
            if key not in draft.records:
                draft.records.append(key)
        draft.events.append(event.n)
        if draft not in chain[-1:]:
            self._enter(draft, event.by)

    def _on_state(self, event: State) -> None:
        chain = self.chains[event.by]
        if not chain:
            self.opening[event.side] = event.to_state
            return
        self.opening[event.side] = self.opening[event.side] or event.from_state
        chain[-1].moves.append(Move(event.side, event.from_state, event.to_state, event.because))
        chain[-1].events.append(event.n)

    def _on_alert(self, event: Alert) -> None:
        self._last(event).parts["alert"] = event

    def _on_check(self, event: Check) -> None:
        self._last(event).checks.append(event)

    def _on_note(self, event: Note) -> None:
        # What was taken out by `redact` leaves only its number.
        if event.id != "redacted":
            self._own(event, "note", event.id, note=event)

    def _last(self, event: Event) -> Draft:
        """The step that an alert or a check belongs to: the one before it in the same endpoint."""
        if not self.chains[event.by]:
            self._own(event, "note", event.event)
        last = self.chains[event.by][-1]
        last.events.append(event.n)
        return last


_TAKE: dict[type[Event], Callable[[Drafting, Any], None]] = {
    Random: Drafting._on_random,
    Record: Drafting._on_record,
    Message: Drafting._on_message,
    State: Drafting._on_state,
    Protect: Drafting._on_protect,
    Unprotect: Drafting._on_protect,
    Alert: Drafting._on_alert,
    Check: Drafting._on_check,
    Data: Drafting._on_data,
    Derive: lambda self, event: self._own(event, "derive", event.name, derive=event),
    Keys: lambda self, event: self._own(event, "keys", f"{event.direction} keys", keys=event),
    Judged: lambda self, event: self._own(event, "verdict", "certificates", verdict=event),
    Note: Drafting._on_note,
}
