"""Whether the numbers in a trace point to events of the right kind, so that nothing that reads a trace can stumble."""

from __future__ import annotations

from .encoding import NotAnEvent
from .events import Data, Derive, Elided, Event, Judged, Message, Protect, State, VantagePoint

_VALUES = ("derive", "random", "message")


class References:
    """Follows the references of events in order; an edited trace may point anywhere."""

    def __init__(self) -> None:
        self._seen: list[tuple[str, VantagePoint]] = []

    def follow(self, event: Event) -> None:
        """The next event. NotAnEvent if it points to one of the wrong kind."""
        match event:
            case Protect() | Data():
                self._want(event, event.record, "record")
            case Message():
                for n in event.records:
                    self._want(event, n, "record")
            case State() if event.because is not None:
                self._want(event, event.because, "message")
            case Judged():
                self._want(event, event.message, "message")
            case Derive():
                for value in event.inputs.values():
                    if isinstance(value, int):
                        self._want(event, value, *_VALUES)
                    elif isinstance(value, tuple) and not isinstance(value, Elided):
                        for n in value:
                            self._want(event, n, "message")
        self._seen.append((event.event, event.by))

    def _want(self, event: Event, n: int, *kinds: str) -> None:
        kind, by = self._seen[n - 1]
        if kind not in kinds:
            raise NotAnEvent(f"it refers to event {n}, which is a {kind} and not a {' or '.join(kinds)}")
        if by != event.by:
            raise NotAnEvent(f"the {event.by} refers to event {n}, which only the {by} saw")
