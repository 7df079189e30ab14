"""The parts of the stepper's screen: a pane that draws a function of the view, a question, the list of keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static

from .panes import Placed
from .view import View

Draw = Callable[[View, int, int], list[Placed] | list[Text]]

HELP = """\
→  n  space    next step              g   go to a step by its number
   Enter                              r   run to a message, a state
←  p           previous step          /   search: names, values,
Home  End      first, last step           hex, explanations
d  D           next, previous         .   search on
               derivation
↓  ↑           next, previous field   v   who knows what: client,
PgDn  PgUp     ten fields on, back        server, eavesdropper, with
o              open or close a            the server's key
               structure              s   the same at the left
w              the whole step, with   c   what this step changed
               commands to try        e   the steps again
                                      q   quit

A click on a step goes there, a click on a field explains it.
Any key closes this."""

#: What `w` says of its own keys.
WHOLE_KEYS = "the whole step: ↑↓ PgUp PgDn scroll, y copies the commands, Esc closes"


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
        """Enter answers; a second Enter, typed before the question is gone, does not."""
        if self.is_current:
            self.dismiss(event.value)


class Help(ModalScreen[None]):
    """All keys."""

    def compose(self) -> ComposeResult:
        yield Static(HELP, id="help")

    def on_key(self, event: events.Key) -> None:
        """Any key closes it, and does nothing else."""
        event.stop()
        self._close()

    def on_click(self) -> None:
        """So does a click."""
        self._close()

    def _close(self) -> None:
        # Keys typed fast, or pasted, reach this screen even after the first of them has closed it.
        if self.is_current:
            self.dismiss()


class Whole(ModalScreen[None]):
    """Everything about a step, in full, to scroll through."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,w,q", "dismiss", "close"),
        Binding("y", "copy", "copy the commands"),
    ]

    def __init__(self, text: str, commands: list[str]) -> None:
        super().__init__()
        self._text, self._commands = text, commands

    def compose(self) -> ComposeResult:
        # Not wrapped here: the lines are as long as they should be, and a command is the longer for every blank.
        with VerticalScroll(id="whole") as scroll:
            scroll.border_title = WHOLE_KEYS
            yield Static(Text(self._text, no_wrap=True))

    def action_copy(self) -> None:
        """The commands to the clipboard, as far as the terminal lets a program do that (OSC 52)."""
        self.app.copy_to_clipboard("\n".join(self._commands))
        scroll = self.query_one("#whole")
        said = f"{len(self._commands)} copied, if this terminal allows it" if self._commands else "no command here"
        scroll.border_title = f"the whole step: {said}, Esc closes"
