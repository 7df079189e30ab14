"""The commands of a story: those of each step, whole, and broken into lines that a shell joins again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from minitls.render.reproduce import KEY_FILE, ShellLine, ShellLines
from minitls.trace.file.events import Elided
from minitls.trace.redact import redact
from minitls.trace.story.story import Story
from tests.helpers import DEMO
from tests.peers import require_program
from tests.trace.conversations import FLAVOURS, recorded


@pytest.mark.parametrize("how", FLAVOURS, ids=lambda how: "-".join(str(each) for each in how))
def test_each_derivation_but_a_signature_has_its_command(how: tuple[str, str, bool, bool]) -> None:
    story = Story(recorded(*how))
    commands = ShellLines(story)
    for step in story.steps:
        if step.derive is not None and step.title != "certificate_verify":
            assert step.title in [command.gives for command in commands.of(step)]
        if step.records and step.records[0].protection is not None:
            assert "ciphertext" in commands.of(step)[-1].gives


def test_a_command_in_several_lines_prints_what_it_prints_in_one(tmp_path: Path) -> None:
    require_program("openssl")
    shutil.copy(DEMO / "server.key", tmp_path / KEY_FILE)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    story = Story(recorded("full", "AES128-SHA", False, False))
    commands = ShellLines(story)
    tried = set()
    for step in story.steps:
        derive = step.derive
        if derive is None or step.title in tried or isinstance(derive.output, Elided):
            continue
        command = commands.of(step)[-1]
        lines = command.folded(40)
        assert max(map(len, lines)) <= 52 and len(lines) > 1  # What stands in single quotes is not broken.
        done = subprocess.run(
            ["sh", "-c", "\n".join(lines)], cwd=tmp_path, capture_output=True, text=True, env=environment
        )
        assert done.stdout.strip() == derive.output.hex(), done.stderr
        tried.add(step.title)
    assert {"pre_master_secret", "master_secret", "key_block", "encrypted_pre_master_secret"} <= tried


def test_only_the_command_that_reads_a_key_says_which() -> None:
    assert KEY_FILE in ShellLine("x", f"openssl pkeyutl -inkey {KEY_FILE}").note
    assert ShellLine("x", "openssl kdf").note == ""


def test_who_lacks_the_secrets_has_no_command_with_them() -> None:
    story = Story(redact(recorded("full"), "eavesdropper"))
    commands = ShellLines(story)
    lines = [command.line for step in story.steps for command in commands.of(step)]
    assert not any("hexsecret" in line or "AESGCM" in line for line in lines)
