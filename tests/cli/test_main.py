"""The group of commands: help, versions, wrong commands, and a reader of the output that leaves."""

from __future__ import annotations

import importlib.util
import subprocess

import pytest

from minitls.cli.main import COMMANDS
from tests.interop.programs import MINITLS, minitls

WRITTEN = [name for name in COMMANDS if importlib.util.find_spec(f"minitls.cli.{name}")]


def test_versions() -> None:
    result = minitls("--version")
    assert result.status == 0
    assert all(name in result.out.decode() for name in ("minitls ", "cryptography ", "OpenSSL ", "Python "))


def test_help_lists_the_commands() -> None:
    result = minitls("--help")
    assert result.status == 0
    lines = result.out.decode().splitlines()
    assert [line.split()[0] for line in lines if line.startswith("  ") and line.split()[0] in COMMANDS] == list(
        COMMANDS
    )
    assert max(map(len, lines)) <= 80


@pytest.mark.slow
@pytest.mark.parametrize("command", WRITTEN)
def test_every_help_fits_and_shows_an_example(command: str) -> None:
    result = minitls(command, "--help")
    assert result.status == 0, result.err
    assert f"minitls {command}" in result.out.decode().partition("\n")[2]
    assert max(map(len, result.out.decode().splitlines())) <= 80


@pytest.mark.parametrize("arguments", [("no-such-command",), ("server", "--no-such-option")])
def test_wrong_usage(arguments: tuple[str, ...]) -> None:
    result = minitls(*arguments)
    assert (result.status, result.out) == (2, b"")
    assert arguments[-1] in result.err and "Traceback" not in result.err
    if arguments == ("no-such-command",):
        assert all(name in result.err for name in COMMANDS)


def test_a_reader_that_leaves() -> None:
    """`minitls states | head -1`: no traceback, nothing on stderr."""
    pipe = ["sh", "-c", '"$@" | head -1', "sh", *MINITLS, "states"]
    done = subprocess.run(pipe, capture_output=True, text=True, timeout=30)
    assert (done.stdout, done.stderr) == ("client\n", "")
