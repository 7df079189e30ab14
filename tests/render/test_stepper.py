"""The stepper by Textual's pilot; its panes and its plain form without a terminal; a live handshake at a gate."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from click.testing import CliRunner
from textual import events
from textual.widgets import Static

from minitls import TLSError, wrap_socket
from minitls.cli.trace import command
from minitls.render.reproduce import ShellLines
from minitls.render.stepper import panes as panes
from minitls.render.stepper.app import Stepper
from minitls.render.stepper.changes import changes, secrets
from minitls.render.stepper.live import Gate, LiveRun, LiveStepper, run_live
from minitls.render.stepper.plain import plain
from minitls.render.stepper.view import Layer, View
from minitls.render.stepper.widgets import HELP, Pane
from minitls.render.words import words_for
from minitls.trace.check import check
from minitls.trace.explain.annotate import AnnotatedField
from minitls.trace.file.events import Message, Protect
from minitls.trace.file.jsonl import Trace, write_trace
from minitls.trace.record import Recording
from minitls.trace.story.knowledge import VIEWERS
from minitls.trace.story.story import Story
from tests.helpers import client_config, server_config
from tests.trace.conversations import FLAVOURS, recorded, refused

SMALL, LARGE = (80, 24), (140, 45)


def screen(app: Any) -> list[str]:
    """What the terminal shows, line by line, styles included."""
    return [
        "".join(f"{segment.text}\0{segment.style}" for segment in strip)
        for strip in app.screen._compositor.render_strips()
    ]


def shown(app: Any) -> str:
    """What the terminal shows, as text."""
    return "\n".join("".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips())


def drive(app: Any, size: tuple[int, int], script: Callable[[Any], Awaitable[None]]) -> None:
    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await script(pilot)

    asyncio.run(run())


def stepper(how: str = "client auth", suite: str = "AES128-SHA") -> Stepper:
    return Stepper(Story(recorded(how, suite)))


@pytest.mark.slow
@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize(("how", "suite"), [("client auth", "AES128-SHA"), ("ticket", "AES128-GCM-SHA256")])
def test_every_step_forward_then_backward_returns_to_the_same_screen(
    size: tuple[int, int], how: str, suite: str
) -> None:
    app = stepper(how, suite)

    async def script(pilot: Any) -> None:
        screens = []
        for _ in app.view.story.steps[1:]:
            screens.append(screen(app))
            await pilot.press("right")
            await pilot.pause()
            assert screen(app) != screens[-1]
        while screens:
            await pilot.press("left")
            await pilot.pause()
            assert screen(app) == screens.pop()

    drive(app, size, script)


def test_the_steps_are_all_there_and_the_ends_hold() -> None:
    app = stepper()
    last = len(app.view.story.steps) - 1

    async def script(pilot: Any) -> None:
        await pilot.press("left")
        assert app.view.index == 0
        await pilot.press("end", "right")
        assert app.view.index == last
        await pilot.pause()
        assert f"step {last + 1} of {last + 1}" in shown(app)
        await pilot.press("home")
        assert app.view.index == 0

    drive(app, SMALL, script)


@pytest.mark.slow
def test_go_to_run_to_and_search() -> None:
    app = stepper()
    steps = app.view.story.steps

    async def ask(pilot: Any, key: str, text: str) -> None:
        await pilot.press(key)
        await pilot.pause()
        await pilot.press(*("space" if c == " " else "underscore" if c == "_" else c for c in text), "enter")
        await pilot.pause()

    async def script(pilot: Any) -> None:
        await ask(pilot, "g", "7")
        assert app.view.step.number == 7
        await ask(pilot, "g", "999")
        assert app.view.step.number == 7
        await ask(pilot, "r", "Finished")
        assert app.view.step.title == "Finished"
        await ask(pilot, "r", "connected")
        assert any(move.to_state == "CONNECTED" for move in app.view.step.moves)
        await pilot.press("home")
        master = next(step for step in steps if step.title == "master_secret")
        assert master.derive is not None and isinstance(master.derive.output, bytes)
        await ask(pilot, "slash", master.derive.output.hex()[:16])
        assert app.view.step.title == "master_secret"
        await ask(pilot, "slash", "no such thing")
        assert app.view.step.title == "master_secret"

    drive(app, SMALL, script)


@pytest.mark.slow
def test_next_derivation_and_back() -> None:
    app = stepper()

    async def script(pilot: Any) -> None:
        found = []
        for _ in app.view.story.steps:
            before = app.view.index
            await pilot.press("d")
            if app.view.index == before:
                break
            found.append(app.view.step.title)
        assert found == [step.title for step in app.view.story.steps if step.derive]
        await pilot.press("D")
        assert app.view.step.title == found[-2]

    drive(app, SMALL, script)


def test_the_field_under_the_cursor_is_explained() -> None:
    app = stepper()

    async def script(pilot: Any) -> None:
        assert "The client opens the conversation" in shown(app), "first the step, then its fields"
        await pilot.press("down")
        await pilot.pause()
        assert "Record.type" in shown(app) and "The client opens the conversation" not in shown(app)
        await pilot.press("down")
        await pilot.pause()
        assert "Record.version" in shown(app)
        assert "TCP delivers" not in shown(app)
        await pilot.press("down")
        await pilot.pause()
        assert "TCP delivers" in shown(app)
        await pilot.press("up", "up", "up")
        assert app.view.cursor == 0

    drive(app, LARGE, script)


def test_who_knows_what_shows_on_a_small_screen_and_covers_no_explanation() -> None:
    app = stepper()

    async def script(pilot: Any) -> None:
        explained = [line[29:] for line in shown(app).splitlines()[1:-1]]
        screens = [screen(app)]
        for viewer in ("client", "server", "eavesdropper", "keyholder"):
            await pilot.press("v")
            await pilot.pause()
            assert screen(app) not in screens, "v has an effect that one sees"
            screens.append(screen(app))
            assert viewer in shown(app)
            assert [line[29:] for line in shown(app).splitlines()[1:-1]] == explained
        await pilot.press("slash", *"zzz", "enter")
        await pilot.pause()
        assert "nothing like 'zzz'" in shown(app).splitlines()[0]
        assert [line[29:] for line in shown(app).splitlines()[1:-1]] == explained, "nor does a message"
        await pilot.press("e")
        await pilot.pause()
        assert "ServerHelloDone" in shown(app)

    drive(app, SMALL, script)


@pytest.mark.parametrize("size", [SMALL, (120, 40)])
def test_a_derivation_shows_its_inputs_and_its_whole_output(size: tuple[int, int]) -> None:
    app = stepper()

    async def script(pilot: Any) -> None:
        for step in app.view.story.steps:
            if step.derive is None:
                continue
            app.show(app.view.at(step.number - 1))
            await pilot.pause()
            await pilot.pause()
            text = app.query_one("#layers", Pane).render().plain
            assert isinstance(step.derive.output, bytes)
            assert step.derive.output.hex() in "".join(text.split()), step.title
            assert all(name in text for name in step.derive.inputs), step.title
            assert "".join(words_for(step).what.split()) in "".join(
                app.query_one("#bottom", Pane).render().plain.split()
            )

    drive(app, size, script)


def test_the_whole_step_has_the_commands_and_copies_them() -> None:
    app = stepper()
    commands = ShellLines(app.view.story)

    async def script(pilot: Any) -> None:
        app.show(app.view.run_to("master_secret") or app.view)
        await pilot.press("w")
        await pilot.pause()
        text = str(app.screen.query_one("#whole Static", Static).content)
        assert "compute it yourself: master_secret" in text and text.count("\\\n") >= 3
        await pilot.press("y")
        assert app.clipboard == commands.of(app.view.step)[-1].line
        await pilot.press("escape")
        await pilot.pause()
        assert "what, why, where it says so" in shown(app)

    drive(app, SMALL, script)


def test_the_search_finds_explanations_and_goes_to_the_field() -> None:
    story = Story(recorded("client auth", "AES128-SHA"))
    found = View(story).search("Heartbleed")
    assert found is not None and found.field is not None and found.field[1].kind.endswith("length")
    again = found.search("Heartbleed")
    assert again is not None and (again.index, again.cursor) > (found.index, found.cursor)
    rule = View(story).search("worth stealing")
    assert rule is not None and rule.step.kind == "verdict"
    by_bytes = View(story).search("6c:6f:63:61:6c:68:6f:73:74")
    assert by_bytes is not None and by_bytes.field is not None and "localhost" in by_bytes.field[1].said
    assert View(story).search("no such thing") is None


def test_a_structure_of_many_fields_is_closed_until_it_is_opened_or_searched() -> None:
    """Nested fields as such: what nests in which message is for other tests."""
    base = ("Certificate", "certificate_list", 0)
    paths = [("Certificate", "length"), *((*base, "issuer", at) for at in range(9)), (*base, "notAfter")]
    fields = tuple(
        AnnotatedField(path, at, at + 1, "Certificate.certificate_list", f"v{at}", "", "RFC 5280")
        for at, path in enumerate(paths)
    )
    view = View(Story(recorded("full")), 2)
    view.__dict__["layers"] = (Layer("record", bytes(len(paths)), fields, False),)
    assert [line.row.node.place[-1] for line in view.lines] == ["length", "certificate_list[0]"]
    branch = view.move(2)
    branch.__dict__["layers"] = view.layers
    drawn = "\n".join(line.text.plain for line in panes.layers(branch, 80, 12))
    assert "+ certificate_list[0]" in drawn and "notAfter" not in drawn
    assert "o opens it" in "\n".join(line.plain for line in panes.explanation(branch, 80, 12))
    opened = branch.toggle()
    opened.__dict__["layers"] = view.layers
    drawn = "\n".join(line.text.plain for line in panes.layers(opened, 80, 20))
    assert "- certificate_list[0]" in drawn and "  notAfter  v10" in drawn
    ways = view.on(0, 10)
    assert ways.opened == {(0, ("Certificate", "certificate_list[0]"))}


def test_enter_and_space_go_on() -> None:
    app = stepper()

    async def script(pilot: Any) -> None:
        await pilot.press("enter", "space", "n", "right")
        assert app.view.index == 4

    drive(app, SMALL, script)


def test_keys_that_come_faster_than_a_screen_closes_are_no_crash() -> None:
    app = stepper()

    async def script(pilot: Any) -> None:
        await pilot.press("question_mark")
        await pilot.pause()
        help_screen = app.screen
        assert all(len(line) <= 68 for line in HELP.splitlines())  # As wide as it is drawn: no line wraps.
        for key in "xyz":
            help_screen.post_message(events.Key(key, key))
        await pilot.pause()
        assert app.screen is not help_screen
        await pilot.press("right")
        assert app.view.index == 1
        await pilot.press("g", "5")
        question = app.screen
        for _ in range(2):
            app.post_message(events.Key("enter", None))
        await pilot.pause(0.2)
        assert app.screen is not question
        assert app.view.index == 4

    drive(app, SMALL, script)


@pytest.mark.slow
def test_what_changed_and_who_knows_what() -> None:
    app = stepper()

    async def script(pilot: Any) -> None:
        await pilot.press("c")
        await pilot.pause()
        left = " ".join(" ".join(line[:26] for line in shown(app).splitlines()[2:-1]).split())
        assert "the client went from START to WAIT_SERVER_HELLO" in left
        await pilot.press("end", "s")
        await pilot.pause()
        assert "master_secret" in shown(app)
        await pilot.press("v", "v")
        assert app.view.viewer == "eavesdropper"
        await pilot.pause()
        screen = shown(app)
        assert "client_random" in screen
        assert "pkcs1_block " not in screen.split("who knows what")[1]
        await pilot.press("question_mark")
        await pilot.pause()
        assert "previous step" in shown(app)
        await pilot.press("x")
        await pilot.pause()
        assert "previous step" not in shown(app)

    drive(app, SMALL, script)


def test_the_mouse_goes_to_steps_and_fields() -> None:
    app = stepper()

    async def script(pilot: Any) -> None:
        await pilot.click("#ladder", offset=(10, 3))
        assert app.view.index == 2
        await pilot.click("#layers", offset=(40, 3))
        await pilot.pause()
        assert app.view.cursor == 2

    drive(app, SMALL, script)


@pytest.mark.slow
@pytest.mark.parametrize("size", [SMALL, (100, 30), LARGE, (200, 60)])
def test_key_hints_are_visible_and_nothing_is_wider_than_the_screen(size: tuple[int, int]) -> None:
    app = stepper()

    async def script(pilot: Any) -> None:
        text = shown(app)
        for hint in ("next", "back", "quit", "help", "derive", "whole", "find", "who"):
            assert hint in text.splitlines()[-1]
        assert max(len(line) for line in text.splitlines()) <= size[0]

    drive(app, size, script)


@pytest.mark.slow
@pytest.mark.parametrize(("how", "suite", "ems", "etm"), FLAVOURS)
def test_panes_fit_their_size(how: str, suite: str, ems: bool, etm: bool) -> None:
    story = Story(recorded(how, suite, ems, etm))
    for index in range(len(story.steps)):
        view = View(story, index)
        for width, height in ((48, 7), (95, 18)):
            for lines in (
                [each.text for each in panes.ladder(view, width, height)],
                [each.text for each in panes.layers(view, width, height)],
                panes.machines(view, width, 2),
                secrets(view, width, height),
                panes.explanation(view, width, height),
                changes(view, width, height),
            ):
                assert len(lines) <= max(height, 2)
                assert all(line.cell_len <= width for line in lines), [line.plain for line in lines]


def test_the_eavesdropper_is_never_shown_a_secret_he_cannot_have() -> None:
    """Every byte string that the panes show for an eavesdropper travelled in the clear, or follows from what did."""
    trace = recorded("client auth", "AES128-SHA")
    story = Story(trace)
    wire = b"".join(
        event.bytes for event in trace.events if isinstance(event, Message) and isinstance(event.bytes, bytes)
    )
    for secret in story.steps[-1].knows["eavesdropper"]:
        assert isinstance(secret.value, bytes)
        assert secret.value in wire, secret.name
    assert VIEWERS[2] == "eavesdropper"


def test_plain_tells_every_step_and_every_field() -> None:
    trace = recorded("full", "AES256-SHA256")
    story = Story(trace)
    text = "\n".join(plain(story))
    assert text.count("step ") >= len(story.steps)
    for step in story.steps:
        assert f"step {step.number} of {len(story.steps)}" in text
    for name in ("ClientHello", "session_id.length", "padding_length", "verify_data", "master_secret"):
        assert name in text
    for event in trace.events:
        if isinstance(event, Protect) and isinstance(event.mac, bytes):
            assert event.mac[:8].hex(" ") in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_without_a_terminal_the_command_prints_plain_text(tmp_path: Any) -> None:
    write_trace(refused(), tmp_path / "t.jsonl")
    done = CliRunner().invoke(command, ["step", str(tmp_path / "t.jsonl")])
    assert done.exit_code == 0, done.output
    assert "ClientHello" in done.output
    assert "the connection is over" in done.output


def test_an_empty_trace_is_told(tmp_path: Any) -> None:
    write_trace(Trace(recorded().header, ()), tmp_path / "t.jsonl")
    done = CliRunner().invoke(command, ["step", str(tmp_path / "t.jsonl")])
    assert done.exit_code == 1
    assert "nothing in this trace" in done.output


# Live.


def conversation(recording: Recording, gate: Gate) -> None:
    """Two sides over a socket pair, both at the gate."""
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            config = server_config(observer=recording.observer("server"))
            with wrap_socket(gate.socket(theirs, "server"), config, server_side=True) as tls:
                tls.sendall(tls.recv(100))
        except (TLSError, OSError):
            return  # The reader left.

    serving = threading.Thread(target=serve, daemon=True)
    serving.start()
    config = client_config(observer=recording.observer("client"))
    with wrap_socket(gate.socket(ours, "client"), config, server_name="localhost") as tls:
        tls.sendall(b"hello")
        tls.recv(100)
    serving.join(10)


@pytest.mark.slow
def test_a_live_handshake_waits_at_every_flight_and_goes_on_by_key() -> None:
    run = LiveRun(conversation, ("client", "server"))
    run.settle()
    app = LiveStepper(run)

    async def script(pilot: Any) -> None:
        assert [step.title for step in app.view.story.steps] == ["ClientHello"]
        assert "of the client wait" in shown(app)
        assert not any(isinstance(event, Message) and event.by == "server" for event in run.recording.events)
        flights = set()
        seen = []
        for _ in range(300):
            if run.over:
                break
            flights.add(app.waiting)
            seen.append(app.view.step.kind)
            await pilot.press("right")
            await pilot.pause(0.02)
        assert run.over
        assert len(flights) >= 6
        assert "verdict" in seen  # It stands before ServerHelloDone, which the reader had already seen.
        await pilot.press("home")
        assert app.view.index == 0
        await pilot.press("end")
        await pilot.pause(0.2)
        titles = [step.title for step in app.view.story.steps]
        assert titles.count("Finished") == 2
        assert titles.count("data") == 2

    drive(app, SMALL, script)
    trace = run.finish()
    assert check(trace).true


@pytest.mark.slow
def test_leaving_early_ends_both_sides() -> None:
    run = LiveRun(conversation, ("client", "server"))
    run.settle()
    app = LiveStepper(run)

    async def script(pilot: Any) -> None:
        await pilot.press("q")

    drive(app, SMALL, script)
    trace = run.finish()
    assert run.over
    assert [event.type for event in trace.events if isinstance(event, Message)] == ["ClientHello"]


def test_a_live_handshake_without_a_terminal_runs_through(capsys: pytest.CaptureFixture[str]) -> None:
    trace = run_live(conversation, ("client", "server"), plain_text=True)
    told = capsys.readouterr().out
    assert check(trace).true
    assert told.count("step ") >= 30
    assert "bytes of the server wait" in told


def test_what_a_live_connection_raises_is_raised() -> None:
    def fails(recording: Recording, gate: Gate) -> None:
        raise ConnectionRefusedError("nobody is listening")

    with pytest.raises(ConnectionRefusedError, match="nobody"):
        run_live(fails, ("client",))
