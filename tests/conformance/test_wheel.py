"""The vectors travel: a wheel holds the one copy of the repository, and an installed minitls finds it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from email import message_from_bytes
from importlib.metadata import version
from pathlib import Path

import pytest

import minitls
from tests.peers import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel, built from a copy of the tree so that nothing is left in it."""
    source = tmp_path_factory.mktemp("source")
    for name in ("minitls", "vectors"):
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "LICENSE", "README.md"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, source / name)
    if not (source / "README.md").exists():
        (source / "README.md").write_text("minitls\n")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        str(source / "dist"),
        str(source),
    ]
    if int(version("setuptools").split(".")[0]) >= 77:
        command.append("--no-build-isolation")
    subprocess.run(command, check=True, capture_output=True)
    (built,) = (source / "dist").glob("*.whl")
    return built


def test_a_wheel_holds_every_vector_file(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for path in (ROOT / "vectors").glob("*.json"):
        assert f"minitls/vectors/{path.name}" in names
    assert {"minitls/conformance/diagnose/mistakes.json", "minitls/conformance/diagnose/question.schema.json"} <= names


def test_a_wheel_holds_the_prose(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "minitls" / "prose").glob("*/*.json")} <= names


def test_an_installed_minitls_runs_them(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # -P and -I would hide the packages that minitls needs; an empty directory hides the repository as well.
    code = (
        f"import sys; sys.path.insert(0, {str(site)!r}); import minitls; "
        f"assert minitls.__file__.startswith({str(site)!r}), minitls.__file__; "
        "from minitls.cli.main import cli; cli(['vectors', 'run', '--json'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["ok"] and sum(file["passed"] for file in told["files"]) >= 400


def test_it_bears_the_version_of_the_package(wheel: Path) -> None:
    """One literal, in `minitls/__init__.py`: what is built and what the command says follow from it."""
    (metadata,) = (name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".dist-info/METADATA"))
    told = message_from_bytes(zipfile.ZipFile(wheel).read(metadata))
    assert (told["Name"], told["Version"]) == ("minitls", minitls.__version__)
