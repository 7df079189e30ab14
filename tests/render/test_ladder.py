"""The ladder as people see it: 80 columns, the same with and without colour, nothing left out."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from minitls.render.ladder.ladder import render_ladder
from minitls.trace.file.events import Check, Derive, Message, State
from minitls.trace.file.jsonl import Trace
from minitls.trace.redact import redact
from minitls.trace.story.story import Story
from tests.trace.conversations import EVERY, FLAVOURS, lines_of, read_lines, recorded, refused

TRACES = [recorded(*flavour) for flavour in FLAVOURS] + [refused()]


def page(trace: Trace, encoding: str = "utf-8", **console: object) -> str:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    render_ladder(trace, Console(**{"file": file, "width": 80, "highlight": False, **console}))  # type: ignore[arg-type]  # options by name
    file.seek(0)
    return file.read()


@pytest.mark.parametrize("how", EVERY[::3], ids=lambda how: "-".join(str(each) for each in how))
def test_no_line_is_wider_than_eighty_columns(how: tuple[str, str, bool, bool]) -> None:
    lines = page(recorded(*how)).splitlines()
    assert lines and max(map(len, lines)) <= 80 and not any(line != line.rstrip() for line in lines)


@pytest.mark.parametrize("trace", TRACES)
def test_every_message_state_and_derivation_is_in_it(trace: Trace) -> None:
    text = page(trace)
    story = Story(trace)
    for event in trace.events:
        match event:
            case Message(type=name) if name != "Alert":
                assert name in text
            case State(to_state=name) | Derive(name=name):
                assert name in text
    for step in story.steps:
        assert re.search(rf"^ *{step.number} ", text, re.MULTILINE), step


def test_a_protected_message_shows_what_travels_and_what_it_decrypts_to() -> None:
    text = page(recorded("full", "AES128-SHA", False, False))
    assert re.search(r"Finished ━+ 16 bytes, 64 on the wire ━━▶", text)
    assert re.search(r"on the wire +IV [0-9a-f]+\.\. \| encrypted [0-9a-f]+\.\.", text)
    assert re.search(r"decrypts to +1400000c[0-9a-f]+\.\. \| MAC [0-9a-f]+\.\. \| padding (0b)+", text)


def test_who_sends_shows_in_the_arrows() -> None:
    lines = page(recorded()).splitlines()
    arrows = [line for line in lines if "bytes" in line and "──" in line]
    hello, answer = (next(line for line in arrows if name in line) for name in ("ClientHello", "ServerHello"))
    assert hello.endswith("──▶") and hello.split()[1] == "ClientHello"
    assert answer.split()[1].startswith("◀──") and answer.endswith("ServerHello")


def test_resumption_says_by_what() -> None:
    for how in ("ticket", "session ID"):
        text = page(recorded(how, "AES128-SHA", True, True))
        assert f"resumed by {how}" in text and f"resumes by {how}" in text
        assert "The server's RSA key alone does not open" in " ".join(text.split())


def test_a_refused_certificate_says_which_rule_and_what_an_attacker_could_do() -> None:
    text = page(refused())
    broken = next(event for event in refused().events if isinstance(event, Check) and not event.ok)
    assert "is this example.org? ✗ refused" in text and "localhost, 127.0.0.1" in text
    assert broken.rule == "name" and "if skipped" in text
    assert "Alert bad_certificate" in text and "never read" in text and "The connection failed" in text


def test_client_authentication_shows_both_verdicts() -> None:
    text = page(recorded("client auth"))
    assert text.count("✓ accepted") == 2 and "CertificateVerify" in text and "minitls demo client" in text


def test_without_unicode_the_page_is_ascii() -> None:
    text = page(recorded(), encoding="ascii")
    assert text.isascii() and "ClientHello ---" in text and "* WAIT_SERVER_HELLO" in text


def test_colour_only_on_a_terminal_and_never_with_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = page(recorded())
    assert "\x1b" not in plain
    coloured = page(recorded(), force_terminal=True, color_system="truecolor")
    assert "\x1b[36m" in coloured and re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]", page(recorded(), force_terminal=True))


def test_live_events_give_the_same_page_as_the_file() -> None:
    trace = recorded()
    live = Console(file=io.StringIO(), width=80)
    render_ladder(list(trace.events), live)
    assert isinstance(live.file, io.StringIO)
    assert live.file.getvalue() == page(read_lines(lines_of(trace)))


def test_a_trace_that_is_cut_off_is_drawn_as_far_as_it_goes() -> None:
    lines = lines_of(recorded())
    for keep in range(1, len(lines), 7):
        text = page(read_lines(lines[:keep]))
        assert keep == 1 or "CLIENT" in text
    assert "did not come to its end" in page(read_lines(lines[:40]))


def test_an_eavesdroppers_page_shows_no_secret() -> None:
    trace = recorded()
    text = page(redact(trace, "eavesdropper"))
    assert "(hidden)" in text and "What is the meaning" not in text and "close_notify" not in text
    master = next(event.output for event in trace.events if isinstance(event, Derive) and event.name == "master_secret")
    assert isinstance(master, bytes) and master[:8].hex() not in text
