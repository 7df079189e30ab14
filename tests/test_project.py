"""What surrounds the code: one version, a changelog that is ahead of it, commands of the README and CI that agree."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tomllib
from itertools import pairwise

from rich.console import Console

import minitls
from minitls.render.ladder.ladder import render_ladder
from minitls.render.stepper.changes import changes
from minitls.render.stepper.view import View
from minitls.trace.story.story import Story
from tests.interop.programs import minitls as command
from tests.peers import ROOT
from tests.trace.conversations import recorded

README = (ROOT / "README.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
#: ``## [1.2.3] - 2026-11-22``; the section of what is not released yet has neither number nor date.
RELEASED = re.compile(r"^## \[(\d+)\.(\d+)\.(\d+)\] - \d{4}-\d\d-\d\d$", re.MULTILINE)
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def released() -> list[tuple[int, ...]]:
    return [version(".".join(found)) for found in RELEASED.findall(CHANGELOG)]


def test_the_command_and_the_package_are_of_one_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", minitls.__version__)
    assert command("--version").out.decode().split()[:2] == ["minitls", minitls.__version__]


def test_the_version_stands_in_one_place() -> None:
    """The built metadata is compared in `test_wheel.py`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" in project["project"]["dynamic"] and "version" not in project["project"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "minitls.__version__"}


def test_what_was_released_is_not_ahead_of_the_package() -> None:
    assert all(version(minitls.__version__) >= each for each in released())
    assert all(later > earlier for later, earlier in pairwise(released())), "newest first"


def test_the_changelog_has_the_form_that_it_names() -> None:
    first, *older = re.findall(r"^## (.*)$", CHANGELOG, re.MULTILINE)
    assert first == "[Unreleased]"
    assert len(older) == len(released())
    assert set(re.findall(r"^### (.*)$", CHANGELOG, re.MULTILINE)) <= KINDS


def test_the_readme_installs_what_a_user_needs_and_then_what_a_developer_needs() -> None:
    """CI runs the second block word for word."""
    blocks = re.findall(r"^```\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    assert [re.findall(r"'\.\[(\w+)\]'", block) for block in blocks[:2]] == [["all"], ["test"]]


def test_the_readmes_program_runs_as_it_is_printed() -> None:
    (program,) = re.findall(r"^```python\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert (done.returncode, done.stdout) == (0, "TLS_RSA_WITH_AES_128_GCM_SHA256 b'hello\\n'\n"), done.stderr


def test_one_number_of_certificate_checks_is_told_everywhere() -> None:
    """By the ladder, as `demo/README.md` shows it, and by the stepper; the library's opinion is told apart."""
    trace, drawn = recorded(), io.StringIO()
    render_ladder(trace, Console(width=200, file=drawn))
    told = re.compile(r"all (\d+) hold; cryptography's verifier agrees")
    (number,) = set(told.findall(drawn.getvalue()))
    assert set(told.findall((ROOT / "demo/README.md").read_text(encoding="utf-8"))) == {number}
    story = Story(trace)
    views = (View(story, index) for index in range(len(story.steps)))
    lines = [line.plain for view in views for line in changes(view, 200, 99) if line.plain.startswith("verdict")]
    assert lines == [f"verdict: accepted, {number} checks, 0 broken"]


def test_the_picture_of_the_rooms_is_true() -> None:
    drawn = [sys.executable, ROOT / ".ci" / "draw-rooms", "--check"]
    done = subprocess.run(drawn, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
