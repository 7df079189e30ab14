"""The stepper: a handshake in the terminal, forwards and backwards (Textual).

    step_through(read_trace("t.jsonl"))                      # `minitls trace step t.jsonl`

The app only maps keys and clicks to views (`view.py`) and draws panes (`panes.py`). For a handshake
that is still going on (`live.py`) the story grows, and going forward past its end lets the next flight go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from rich.text import Text
from textual import events, work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Footer, Static

from ...trace.file.jsonl import Trace
from ...trace.story.story import Story
from ..reproduce import ShellLines
from ..theme import BAD
from . import panes as panes
from .changes import changes, secrets
from .panes import Placed
from .plain import plain_step
from .view import View
from .widgets import Help, Pane, Prompt, Whole

#: A terminal of this many lines has room for states and a calculation; a text has fewer lines than the other.
_ROOMY, _ENDLESS = 30, 1000


class Stepper(App[None]):
    """The whole screen."""

    TITLE = "minitls"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #headline { height: 1; background: $boost; }
    Pane { border-top: solid $foreground 35%; border-title-color: $foreground 70%; padding: 0 1; }
    #ladder { width: 27; border-right: solid $foreground 35%; }
    #right { width: 1fr; }
    #machines { height: 3; }
    #layers { height: 1fr; }
    #below { height: 9; }
    #bottom { width: 1fr; }
    #secrets { width: 1fr; border-left: solid $foreground 35%; display: none; }
    .wide #ladder { width: 38; }
    .wide #secrets { display: block; }
    .huge #machines { height: 15; }
    .calculating #machines { display: none; }
    Prompt { align: left bottom; background: transparent; }
    #question { dock: bottom; width: 100%; }
    Help { align: center middle; }
    #help { width: 74; height: auto; border: round $accent; padding: 1 2; background: $surface; }
    #whole { border-top: solid $accent; background: $surface; scrollbar-size-vertical: 0; }
    #whole Static { text-wrap: nowrap; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,n,space,enter", "step(1)", "next", key_display="→"),
        Binding("left,p", "step(-1)", "back", key_display="←"),
        Binding("down", "field(1)", "field", key_display="↕"),
        Binding("up", "field(-1)", "", show=False),
        Binding("pagedown", "field(10)", "", show=False),
        Binding("pageup", "field(-10)", "", show=False),
        Binding("home", "first", "", show=False),
        Binding("end", "last", "", show=False),
        Binding("o,plus", "branch", "open"),
        Binding("d", "derivation(1)", "derive"),
        Binding("D", "derivation(-1)", "", show=False),
        Binding("w", "whole", "whole"),
        Binding("g", "go", "", show=False),
        Binding("r", "run", "", show=False),
        Binding("slash", "search", "find", key_display="/"),
        Binding("full_stop", "again", "", show=False),
        Binding("c", "side('changes')", "diff"),
        Binding("s", "side('secrets')", "", show=False),
        Binding("v", "viewer", "who"),
        Binding("e", "side('steps')", "", show=False),
        Binding("question_mark", "help", "help", key_display="?"),
        Binding("q", "quit", "quit"),
    ]

    def __init__(self, story: Story) -> None:
        super().__init__()
        self.view = View(story)
        self.waiting = ""
        """What a live handshake waits for; "" if for nothing."""
        self.forward: Callable[[], None] | None = None
        """Lets a live handshake go on; None for a recorded one."""
        self._wanted = ""

    def compose(self) -> ComposeResult:
        yield Static(id="headline")
        with Horizontal():
            yield Pane("steps", self._side, "ladder")
            with Vertical(id="right"):
                yield Pane("where both stand", panes.machines, "machines")
                yield Pane("bytes and fields", panes.layers, "layers")
                with Horizontal(id="below"):
                    yield Pane("what, why, where it says so", panes.explanation, "bottom")
                    yield Pane("who knows what (v)", secrets, "secrets")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """The first picture."""
        self.show(self.view)

    def on_resize(self, event: events.Resize) -> None:
        """More panes where there is room."""
        self.screen.set_class(event.size.width >= 110, "wide")
        self.screen.set_class(event.size.height >= 50, "huge")
        self.call_after_refresh(lambda: self.show(self.view))

    def show(self, view: View) -> None:
        """Draw a view."""
        self.view = view
        if not self.is_running:
            return
        titles = {"steps": "steps", "secrets": "who knows what", "changes": "what changed"}
        self.query_one("#ladder", Pane).border_title = titles[view.side]
        self._share(view)
        headline = self.query_one("#headline", Static)
        headline.update(panes.headline(view, self.size.width, self.waiting) if view.story.steps else Text(self.waiting))
        for pane in self.query(Pane):
            pane.refresh()

    def _share(self, view: View) -> None:
        """The room at the right: what the explanation needs, the rest for bytes or the calculation."""
        calculating = bool(view.story.steps) and view.step.derive is not None and view.cursor == 0
        self.screen.set_class(calculating and self.size.height < _ROOMY, "calculating")
        width = self.query_one("#bottom", Pane).content_size.width
        if width and view.story.steps:
            needed = len(panes.explanation(view, width, _ENDLESS)) + 1
            most = self.size.height // 3 if calculating else self.size.height // 2
            if self.screen.has_class("wide") and self.size.height >= _ROOMY:
                needed, most = max(needed, 2 + 2 * len(view.step.knows.get(view.viewer, ()))), self.size.height // 2
            self.query_one("#below").styles.height = max(6, min(needed, most))

    def tell(self, text: str) -> None:
        """Say something in the headline until the next key: nothing that is explained is covered."""
        self.query_one("#headline", Static).update(Text(text, BAD))

    def picked(self, pane: str | None, target: int) -> None:
        """A click on a line of a pane."""
        if pane == "ladder":
            self.show(self.view.at(target))
        elif pane == "layers":
            again = target == self.view.cursor
            self.show(self.view.toggle() if again else self.view.move(target - self.view.cursor))

    def _side(self, view: View, width: int, height: int) -> list[Placed]:
        if view.side == "steps":
            return panes.ladder(view, width, height)
        draw = secrets if view.side == "secrets" else changes
        return [Placed(line, None) for line in draw(view, width, height)]

    # Keys.

    def action_step(self, by: int) -> None:
        """Forward or back. At the end of a live story, forward lets the next flight go."""
        if by > 0 and self.view.index == len(self.view.story.steps) - 1 and self.forward is not None:
            self.forward()
        else:
            self.show(self.view.at(self.view.index + by))

    def action_field(self, by: int) -> None:
        """Another field of this step."""
        self.show(self.view.move(by))

    def action_first(self) -> None:
        """The first step."""
        self.show(self.view.at(0))

    def action_last(self) -> None:
        """The last step."""
        self.show(self.view.at(len(self.view.story.steps) - 1))

    def action_derivation(self, by: int) -> None:
        """The next or previous derivation."""
        self.show(self.view.next_derivation(by))

    def action_viewer(self) -> None:
        """Through whose eyes. Where no pane shows what somebody knows, the left one does from now on."""
        if self.view.side == "secrets" or self.screen.has_class("wide"):
            self.show(self.view.next_viewer())
        else:
            self.show(replace(self.view, side="secrets"))

    def action_side(self, what: str) -> None:
        """What the left pane shows; the same key again goes back to the steps."""
        self.show(replace(self.view, side="steps" if self.view.side == what else what))

    def action_branch(self) -> None:
        """Open or close a structure of many fields."""
        self.show(self.view.toggle())

    def action_whole(self) -> None:
        """Everything about this step, values whole, with the commands that reproduce them."""
        commands = ShellLines(self.view.story)
        lines = list(plain_step(self.view, commands))[2:]
        self.push_screen(Whole("\n".join(lines), [command.line for command in commands.of(self.view.step)]))

    def action_help(self) -> None:
        """All keys."""
        self.push_screen(Help())

    @work
    async def action_go(self) -> None:
        """Ask for a step's number."""
        count = len(self.view.story.steps)
        answer = await self.push_screen_wait(Prompt(f"go to step 1 to {count}"))
        if answer and answer.strip().isdigit() and 1 <= int(answer) <= count:
            self.show(self.view.at(int(answer) - 1))
        elif answer:
            self.tell(f"there is no step {answer[:20]}: 1 to {count}")

    @work
    async def action_run(self) -> None:
        """Ask for a message or a state."""
        answer = await self.push_screen_wait(Prompt("run to: Finished, WAIT_FINISHED, master_secret, ..."))
        if answer:
            self._found(self.view.run_to(answer), answer)

    @work
    async def action_search(self) -> None:
        """Ask what to search for."""
        answer = await self.push_screen_wait(Prompt("find: a name, a value, hex bytes, a word of an explanation"))
        if answer:
            self._wanted = answer
            self._found(self.view.search(answer), answer)

    def action_again(self) -> None:
        """Search on."""
        if self._wanted:
            self._found(self.view.search(self._wanted), self._wanted)

    def _found(self, view: View | None, wanted: str) -> None:
        if view is None:
            self.tell(f"nothing like {wanted[:40]!r} in this trace")
        else:
            self.show(view)


def step_through(trace: Trace) -> None:
    """Run the stepper until it is left. ValueError if there is no step in the trace."""
    story = Story(trace)
    if not story.steps:
        raise ValueError("there is nothing in this trace to step through")
    Stepper(story).run()
