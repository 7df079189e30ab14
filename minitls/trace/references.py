"""Whether the numbers in a trace point to events of the right kind, so that nothing that reads a trace can stumble."""

from __future__ import annotations

from .encoding import NotAnEvent
from .events import Data, Derive, Elided, Event, Judged, Message, Protect, State

_VALUES = ("derive", "random", "message")


class References:
    """Follows the references of events in order; an edited trace may point anywhere."""

    def __init__(self) -> None:
        self._kinds: list[str] = []

    def follow(self, event: Event) -> None:
        """The next event. NotAnEvent if it points to one of the wrong kind."""
        match event:
            case Protect() | Data():
                self._want(event.record, "record")
            case Message():
                for n in event.records:
                    self._want(n, "record")
            case State() if event.because is not None:
                self._want(event.because, "message")
            case Judged():
                self._want(event.message, "message")
            case Derive():
                for value in event.inputs.values():
                    if isinstance(value, int):
                        self._want(value, *_VALUES)
                    elif isinstance(value, tuple) and not isinstance(value, Elided):
                        for n in value:
                            self._want(n, "message")
        self._kinds.append(event.event)

    def _want(self, n: int, *kinds: str) -> None:
        kind = self._kinds[n - 1]
        if kind not in kinds:
            raise NotAnEvent(f"it refers to event {n}, which is a {kind} and not a {' or '.join(kinds)}")
