"""Traces that an earlier minitls wrote, version 0.1.0 of 27 November 2026: they read, check and render as they did.

`before/told.json` is what that version said of each: how much it verified, its steps, where the machines ended, its
key log. Two were made from captures of OpenSSL (ECDHE, TLS 1.3), one from a capture with a key log of our own.
"""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from minitls.render.export.keylog import keylog
from minitls.render.export.pcapng import pcapng
from minitls.render.ladder.ladder import render_ladder
from minitls.render.page.page import render_html
from minitls.render.stepper.plain import plain
from minitls.render.worksheet import render_worksheet
from minitls.trace.check import check
from minitls.trace.file.jsonl import Trace, read_trace
from minitls.trace.story.story import Story

BEFORE = Path(__file__).parent / "before"
TOLD: dict[str, dict[str, Any]] = json.loads((BEFORE / "told.json").read_bytes())


@pytest.fixture(params=sorted(TOLD))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def trace(name: str) -> Trace:
    return read_trace(io.BytesIO(gzip.decompress((BEFORE / f"{name}.jsonl.gz").read_bytes())))


def test_there_are_ten() -> None:
    assert sorted(path.name for path in BEFORE.glob("*.gz")) == [f"{name}.jsonl.gz" for name in sorted(TOLD)]
    assert len(TOLD) == 10


def test_it_is_intact_and_true_and_as_much_is_verified(name: str, trace: Trace) -> None:
    report = check(trace)
    assert report.intact, report.reason
    assert report.differences == ()
    # Today's may verify more than that version did, never less.
    assert {what: report.counts.get(what) for what in TOLD[name]["counts"]} == TOLD[name]["counts"]
    assert list(report.unverified) == TOLD[name]["unverified"]


def test_its_story_is_the_same(name: str, trace: Trace) -> None:
    story = Story(trace)
    assert [step.title for step in story.steps] == TOLD[name]["steps"]
    assert dict(story.steps[-1].states) == TOLD[name]["states"]


def test_its_key_log_is_the_same(name: str, trace: Trace) -> None:
    if trace.header.secrets:
        assert keylog(trace).splitlines() == TOLD[name]["key log"]
    else:
        with pytest.raises(ValueError, match="redacted"):
            keylog(trace)


def test_everything_that_is_drawn_from_it_names_every_message(trace: Trace) -> None:
    story = Story(trace)
    console = Console(file=io.StringIO(), width=100)
    render_ladder(trace, console)
    assert isinstance(console.file, io.StringIO)
    drawn = {"ladder": console.file.getvalue(), "page": render_html(trace), "stepper": "\n".join(plain(story))}
    for step in story.steps:
        if step.kind == "message" and step.alert is None:
            assert [where for where, text in drawn.items() if step.title not in text] == []


def test_worksheet_and_capture_can_be_made_of_it(trace: Trace) -> None:
    console = Console(file=io.StringIO(), width=100)
    render_worksheet(trace, console)
    assert isinstance(console.file, io.StringIO)
    derived = {step.title for step in Story(trace).steps if step.kind == "derive" and step.same_as is None}
    assert [name for name in derived if name not in console.file.getvalue()] == []
    assert pcapng(trace)[:4] == bytes.fromhex("0a0d0d0a"), "a section header block (pcapng section 4.1)"
