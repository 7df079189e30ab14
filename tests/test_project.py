"""What surrounds the code: one version, a changelog that is ahead of it, commands of the README and CI that agree."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from itertools import pairwise

import minitls
from tests.interop.programs import minitls as command
from tests.peers import ROOT

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
    blocks = re.findall(r"^```\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert [re.findall(r"'\.\[(\w+)\]'", block) for block in blocks[:2]] == [["all"], ["test"]]


def test_the_picture_of_the_rooms_is_true() -> None:
    drawn = [sys.executable, ROOT / ".ci" / "draw-rooms", "--check"]
    done = subprocess.run(drawn, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
