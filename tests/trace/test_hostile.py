"""Traces that somebody has tampered with, digest and all: everything that reads one answers in its own words."""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from minitls.render.export.keylog import keylog
from minitls.render.export.pcapng import pcapng
from minitls.render.ladder.detail import render_detail
from minitls.render.ladder.ladder import render_ladder
from minitls.render.page.page import render_html
from minitls.render.stepper.plain import plain
from minitls.render.worksheet import render_worksheet
from minitls.trace.check import check
from minitls.trace.file.jsonl import Trace, TraceError
from minitls.trace.redact import redact
from minitls.trace.story.story import Story
from tests.trace.conversations import FLAVOURS, lines_of, read_lines, recorded, refused

FILES = [lines_of(trace) for trace in [*(recorded(*flavour) for flavour in FLAVOURS), refused()]]
STRANGE: list[Any] = [
    *("", "00", "ff" * 5, "0303" + "00" * 46, "server", "client", "x", "sha256", "CONNECTED"),
    *({"length": 5}, {"length": 3, "sha256": "ab" * 32}, {}, [1], [], None, True),
    *(0, 1, 2, 5, 20, 10**6),
]


def tamper(told: dict[str, Any], chance: random.Random) -> None:
    """One change, of the kinds that a person or a bug would make."""
    name = chance.choice([key for key in told if key not in ("n", "event")])
    value = told[name]
    if isinstance(value, dict) and value:
        key = chance.choice(list(value))
        if chance.random() < 0.4:
            del value[key]
        else:
            value[key] = chance.choice(STRANGE)
    elif isinstance(value, list) and value:
        at = chance.randrange(len(value))
        if chance.random() < 0.4:
            del value[at]
        elif isinstance(value[at], dict):
            value[at][chance.choice(list(value[at]))] = chance.choice(STRANGE)
        else:
            value[at] = chance.choice(STRANGE)
    elif isinstance(value, str) and len(value) > 4 and chance.random() < 0.8:
        at = chance.randrange(0, len(value) - 2, 2)
        told[name] = value[:at] if chance.random() < 0.5 else value[:at] + "7f" + value[at + 2 :]
    else:
        told[name] = chance.choice(STRANGE)


def tampered(chance: random.Random) -> list[bytes]:
    """A file with one to three changes, sealed anew."""
    objects = [json.loads(line) for line in chance.choice(FILES)]
    for _ in range(chance.choice((1, 1, 2, 3))):
        tamper(objects[chance.randrange(1, len(objects) - 1)], chance)
    lines = [json.dumps(told).encode() + b"\n" for told in objects[:-1]]
    end = {"event": "end", "events": len(lines) - 1, "sha256": hashlib.sha256(b"".join(lines)).hexdigest()}
    return [*lines, json.dumps(end).encode() + b"\n"]


def use_everything(trace: Trace) -> None:
    for render in (render_ladder, render_detail, render_worksheet):
        render(trace, Console(file=io.StringIO(), width=80))  # type: ignore[operator]  # all take these two
    render_html(trace)
    list(plain(Story(trace)))
    pcapng(trace)
    keylog(trace)
    check(trace)
    for viewer in ("eavesdropper", "client", "server", "keyholder"):
        check(redact(trace, viewer))  # type: ignore[arg-type]  # one of the literals


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_nothing_stumbles_over_a_tampered_trace(seed: int) -> None:
    chance = random.Random(seed)
    whole = 0
    for _ in range(25):
        try:
            trace = read_lines(tampered(chance))
        except TraceError:
            continue
        whole += trace.intact
        use_everything(trace)
    assert whole > 0, "some changes leave a trace that can be read to its end"


def edited(wanted: str, change: Callable[[dict[str, Any]], dict[str, Any] | None], which: int = 0) -> Trace:
    """The first trace with one event of a kind changed, or taken out together with what refers to it (None)."""
    objects = [json.loads(line) for line in FILES[0]]
    found = [at for at, each in enumerate(objects) if each.get("event") == wanted][which]
    changed = change(objects[found])
    if changed is None:
        changed = {
            **{key: objects[found][key] for key in ("n", "t", "by")},
            "event": "note",
            "id": "gone",
            "values": {},
        }
    objects[found] = changed
    return read_lines([json.dumps(each).encode() + b"\n" for each in objects])


@pytest.mark.parametrize("parameters", [{}, {"hash": "md5"}, {"hash": 5, "suite": 7}, {"suite": "TLS_X"}])
@pytest.mark.parametrize("name", ["key_block", "pkcs1_block", "master_secret"])
def test_a_derivation_may_lack_what_its_name_needs(name: str, parameters: dict[str, Any]) -> None:
    for which in range(4):
        use_everything(edited("derive", lambda told: {**told, "name": name, "parameters": parameters}, which))


def test_checks_may_belong_to_no_verdict() -> None:
    use_everything(edited("verdict", lambda told: None))


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "yesterday"])
def test_a_verdict_may_be_of_no_time(time: str) -> None:
    trace = edited("verdict", lambda told: {**told, "inputs": {**told["inputs"], "time": time}})
    use_everything(trace)
    assert any("the verdict's inputs cannot be used" in each.what for each in check(trace).differences)
