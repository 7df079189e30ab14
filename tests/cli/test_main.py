"""The group of commands: help, versions, wrong commands, and a reader of the output that leaves."""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import struct
import subprocess
import termios
from pathlib import Path

import pytest

from minitls.cli.main import COMMANDS
from tests.cli.typed import typed
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


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["demos"], "Did you mean 'demo'?"),
        (["cert"], "Did you mean 'certs'?"),
        (["help"], "Every command has --help"),
        (["frobnicate"], "There are: demo, server, client"),
        (["client", "localhost:1", "--insecur"], "--insecure"),
        (["client", "localhost:1", "--pins", "x"], "--pin"),
        (["certs", "--hots", "x"], "--host"),
        (["server", "--ca", "x"], "--client-ca"),
    ],
)
def test_what_does_not_exist_suggests_what_does(arguments: list[str], meant: str) -> None:
    done = typed(*arguments)
    assert done.status == 2 and meant in done.stderr and "Traceback" not in done.stderr


def test_a_file_instead_of_a_command_suggests_one(tmp_path: Path) -> None:
    (tmp_path / "hello.bin").write_bytes(b"\x15")
    assert "minitls explain hello.bin" in typed("hello.bin", directory=tmp_path).stderr


def on_a_terminal(columns: int, *arguments: str) -> list[str]:
    """What `minitls ARGUMENTS` says on a terminal so wide."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([*MINITLS, *arguments], stderr=theirs, stdout=theirs, stdin=subprocess.DEVNULL)
    os.close(theirs)
    said = b""
    with contextlib.suppress(OSError):  # Linux says EIO once nobody holds the other end.
        while part := os.read(ours, 4096):
            said += part
    os.close(ours)
    process.wait(30)
    return said.decode().splitlines()


@pytest.mark.parametrize("columns", [50, 80])
def test_long_lines_are_broken_at_words_on_a_terminal(columns: int) -> None:
    arguments = ["client", "localhost:1", "--pin", "0" * 64, "--insecure"]
    told = on_a_terminal(columns, *arguments)
    whole = minitls(*arguments).err
    assert max(map(len, told)) <= columns
    assert " ".join(" ".join(told).split()) == " ".join(whole.split())
    assert len(told) > whole.count("\n") or columns > max(map(len, whole.splitlines()))
