"""State moves against the declared machines (`handshake/tls12/states.py`)."""

from __future__ import annotations

from ...handshake.machine import name_of
from ...handshake.tls12 import listener_states as overheard
from ...handshake.tls12.states import OPENING, TABLES, State
from ...observe import Side
from ..file.events import Message
from ..file.events import State as Moved
from ..file.jsonl import Trace
from .difference import Shared

_HEARD = {side: overheard.named(table) for side, table in overheard.TABLES.items()}


class MachineCheck:
    """Follows the moves that one endpoint tells, of its own machine or, for an observer, of both."""

    def __init__(self, trace: Trace, shared: Shared) -> None:
        self.trace, self.shared = trace, shared
        self._at: dict[Side, str] = {}

    def move(self, event: Moved) -> None:
        """The next move: from where the machine stands, by a message that it accepts there, to where that may lead."""
        start = State.START.name
        self.shared.compare(event, f"where the {event.side} stands", event.from_state, self._at.get(event.side, start))
        self._at[event.side] = event.to_state
        self.shared.verified["state moves"] += 1
        if event.from_state == event.to_state:
            self.shared.differ(event, "a move goes somewhere", event.to_state, "another state")
        if event.because is None:
            allowed = {State.CLOSED.name} | ({OPENING[event.side].name} if event.from_state == start else set())
        else:
            message = self.trace[event.because]
            assert isinstance(message, Message)
            allowed = self._allowed(event, message)
        if event.to_state not in allowed:
            wanted = " or ".join(sorted(allowed)) or "no move"
            self.shared.differ(event, f"where the {event.side} may go from {event.from_state}", event.to_state, wanted)

    def _allowed(self, event: Moved, message: Message) -> set[str]:
        if event.by == "observer":
            # A listener's machine knows messages that our endpoints do not speak.
            listened = _HEARD[event.side].get(event.from_state, {}).get(message.type, frozenset())
            return set(listened) if message.sender != event.side else set()
        state = State.__members__.get(event.from_state)
        if state is None or message.sender == event.side:
            return set()
        moves = TABLES[event.side][state]
        return {to.name for kind, states in moves.items() if name_of(kind) == message.type for to in states}
