"""The parts of the stepper's screen: a pane that draws a function of the view, a question, the list of keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static

from .panes import Placed
from .view import View

Draw = Callable[[View, int, int], list[Placed] | list[Text]]

HELP = """\
→  n  space    next step              g   go to a step by its number
←  p           previous step          r   run to a message, a state
Home  End      first, last step       /   search: names, values, hex
d  D           next, previous         .   search on
               derivation
↓  ↑           next, previous field   s   what somebody knows
PgDn  PgUp     ten fields on, back    v   who: client, server,
                                          eavesdropper, with the key
c              what this step         e   explanation
               changed                q   quit

A click on a step goes there, a click on a field explains it.
Any key closes this."""


class Pane(Widget):
    """One pane: draws a function of the current view in the size that it has."""

    def __init__(self, title: str, draw: Draw, id: str) -> None:
        super().__init__(id=id)
        self.border_title = title
        self._draw = draw
        self._targets: list[int | None] = []

    def render(self) -> Text:
        """The pane's lines."""
        stepper: Any = self.app
        lines = []
        self._targets = []
        for line in self._draw(stepper.view, self.content_size.width, self.content_size.height):
            placed = line if isinstance(line, Placed) else Placed(line, None)
            lines.append(placed.text)
            self._targets.append(placed.target)
        return Text("\n", no_wrap=True, end="").join(lines)

    def on_click(self, event: events.Click) -> None:
        """A click on a line goes where the line points."""
        row = event.get_content_offset(self)
        if row is not None and 0 <= row.y < len(self._targets):
            target = self._targets[row.y]
            stepper: Any = self.app
            if target is not None:
                stepper.picked(self.id, target)


class Prompt(ModalScreen[str]):
    """One line of input at the bottom."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "cancel")]

    def __init__(self, prompt: str) -> None:
        super().__init__()
        self._prompt = prompt

    def compose(self) -> ComposeResult:
        yield Input(placeholder=self._prompt, id="question")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter answers."""
        self.dismiss(event.value)


class Help(ModalScreen[None]):
    """All keys."""

    def compose(self) -> ComposeResult:
        yield Static(HELP, id="help")

    def on_key(self, event: events.Key) -> None:
        """Any key closes it, and does nothing else."""
        event.stop()
        self.dismiss()

    def on_click(self) -> None:
        """So does a click."""
        self.dismiss()
