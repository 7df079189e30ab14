"""The worksheet and the annotated hex; every line for the shell is run, and prints the number that it claims to."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from minitls.crypto.suites import suite_named
from minitls.render.ladder.detail import render_detail
from minitls.render.worksheet import render_worksheet
from minitls.trace.explain import annotate, oneliners
from minitls.trace.file.events import Derive, Keys, Protect
from minitls.trace.file.jsonl import Trace
from minitls.trace.file.values import inputs_of
from minitls.trace.redact import redact
from tests.helpers import DEMO
from tests.peers import require_program
from tests.trace.conversations import FLAVOURS, recorded, refused

TRACES = [recorded(*flavour) for flavour in FLAVOURS]


def page(render: object, trace: Trace, *arguments: object) -> list[str]:
    console = Console(file=io.StringIO(), width=80, highlight=False)
    render(trace, console, *arguments)  # type: ignore[operator]  # one of the two functions under test
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue().splitlines()


@pytest.fixture
def run(tmp_path: Path) -> object:
    """Run a line in a shell, in a directory with the server's key; what it prints."""
    require_program("openssl")
    shutil.copy(DEMO / "server.key", tmp_path / "server.key")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    def shell(command: str) -> str:
        done = subprocess.run(
            command, shell=True, cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "PATH": path}
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return shell


@pytest.mark.parametrize("trace", [TRACES[0], TRACES[1], TRACES[2], TRACES[4]])
def test_each_derivation_can_be_tried(trace: Trace, run: object) -> None:
    tried = set()
    for event in trace.events:
        if isinstance(event, Derive) and event.name not in tried:
            assert isinstance(event.output, bytes)
            command = oneliners.for_derivation(event, inputs_of(trace, event))
            assert command is not None
            assert run(command) == event.output.hex()  # type: ignore[operator]  # the fixture's function
            tried.add(event.name)
    assert {"key_block", "client_verify_data", "server_verify_data"} <= tried


@pytest.mark.slow
@pytest.mark.parametrize("trace", TRACES[:3])
def test_each_protected_record_can_be_tried(trace: Trace, run: object) -> None:
    keys: dict[str, Keys] = {}
    seen = 0
    for event in trace.events:
        if isinstance(event, Keys) and event.by == event.direction:
            keys[event.by] = event
        if type(event) is Protect:
            suite, own = suite_named(keys[event.by].suite), keys[event.by]
            inside, _ = annotate.decrypted(event)
            assert isinstance(own.key, bytes) and isinstance(own.mac_key, bytes)
            assert isinstance(event.ciphertext, bytes) and isinstance(event.mac, bytes)
            command = oneliners.for_encryption(suite, own.key, event, inside)
            tag = event.mac if suite.mode == "GCM" else b""
            assert command and run(command) == (event.ciphertext + tag).hex()  # type: ignore[operator]  # see above
            if suite.mode == "CBC":
                assert isinstance(event.additional_data, bytes) and isinstance(event.nonce, bytes)
                assert isinstance(event.plaintext, bytes)
                content = event.nonce + event.ciphertext if own.encrypt_then_mac else event.plaintext
                mac = oneliners.for_mac(suite, own.mac_key, event.additional_data + content)
                assert run(mac) == event.mac.hex()  # type: ignore[operator]  # see above
            seen += 1
            if seen == 3:
                return


def test_the_worksheet_holds_every_number_and_its_line(run: object) -> None:
    trace = TRACES[1]
    lines = page(render_worksheet, trace)
    joined = "".join(line.strip() for line in lines)
    for event in trace.events:
        if isinstance(event, Derive) and event.by == "client" and isinstance(event.output, bytes):
            assert event.name in joined
            for step in event.steps:
                assert step.name in joined
    commands = [line[2:] for line in lines if line.startswith("$ ")]
    names = [line.split(":")[1].strip() for line in lines if line.strip().startswith("try it:")]
    assert len(commands) == len(names) >= 15
    values = {event.name: event.output for event in trace.events if isinstance(event, Derive)}
    for name, command in zip(names, commands, strict=True):
        if isinstance(values.get(name), bytes):
            assert run(command) == values[name].hex()  # type: ignore[union-attr,operator]  # bytes, as just seen
    assert all(len(line) <= 80 for line in lines if not line.startswith("$ "))


def test_the_rulers_lie_over_what_is_cut() -> None:
    text = "\n".join(page(render_worksheet, TRACES[1]))
    for part in ("block type", "padding", "separator", "client_version", "random"):
        assert part in text
    for part in ("client_write_MAC_key", "server_write_MAC_key", "client_write_key", "server_write_key"):
        assert part in text
    for part in ("seq_num", "IV + ciphertext", "padding_length"):
        assert part in text
    assert "client_write_IV" in "\n".join(page(render_worksheet, TRACES[0]))
    assert "additional data + plaintext" in "\n".join(page(render_worksheet, TRACES[2]))


def test_a_worksheet_without_secrets_says_so() -> None:
    trace = redact(TRACES[0], "eavesdropper")
    text = "\n".join(page(render_worksheet, trace))
    assert "not in this trace" in text and "hexsecret" not in text


@pytest.mark.parametrize("trace", [*TRACES, refused()])
def test_annotated_hex_shows_every_byte(trace: Trace) -> None:
    lines = page(render_detail, trace, True)
    assert all(len(line) <= 80 for line in lines)
    shown = bytes.fromhex("".join(_hex_of(line) for line in lines))
    for event in trace.events:
        if event.event == "record":
            assert event.header in shown  # type: ignore[attr-defined]  # a record
        if event.event == "message":
            assert event.bytes in shown  # type: ignore[attr-defined]  # a message


def _hex_of(line: str) -> str:
    """The bytes in a row of annotated hex: behind two blanks and a column of six for the offset."""
    if not line.startswith("  ") or len(line) < 10:
        return ""
    offset, column = line[2:8], line[8:32]
    right = all(each in "0123456789abcdef " for each in offset) and offset.rstrip() == offset[:4].strip()
    pairs = column.split()
    return "".join(pairs) if right and all(len(p) == 2 and set(p) <= set("0123456789abcdef") for p in pairs) else ""


def test_long_fields_are_folded_unless_asked() -> None:
    folded, whole = page(render_detail, TRACES[0]), page(render_detail, TRACES[0], True)
    assert any("more bytes" in line for line in folded) and not any("more bytes" in line for line in whole)
    assert len(whole) > 1.5 * len(folded)


def test_one_step_alone() -> None:
    lines = page(render_detail, TRACES[0], False, 2)
    assert lines[0].split() == ["2", "ServerHello"] and sum("ServerHello" in line for line in lines) == 2
