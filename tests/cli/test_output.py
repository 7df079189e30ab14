"""Where output goes: a disk that is full, a reader that leaves, a terminal that is wide, low, or none at all."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from minitls.cli.trace_html import written
from minitls.trace.file.jsonl import write_trace
from tests.helpers import DEMO
from tests.interop.programs import MINITLS
from tests.trace.conversations import recorded

FULL = Path("/dev/full")
full = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
SERVER = str(DEMO / "server.pem")


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("output") / "t.jsonl"
    write_trace(recorded("full"), path)
    return str(path)


COMMANDS = [
    ("--help",),
    ("demo",),
    ("states",),
    ("certs", SERVER, "--host", "localhost", "--ca", "demo"),
    ("explain", "160303"),
    ("trace", "show", "T"),
    ("trace", "show", "T", "--secrets"),
    ("trace", "check", "T"),
    ("trace", "step", "T"),
    ("trace", "keylog", "T"),
    ("vectors",),
]


@full
@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_full_disk_gives_a_sentence(command: tuple[str, ...], trace: str) -> None:
    arguments = [trace if each == "T" else each for each in command]
    with FULL.open("w") as disk:
        done = subprocess.run(
            [*MINITLS, *arguments], stdin=subprocess.DEVNULL, stdout=disk, stderr=subprocess.PIPE, text=True, timeout=60
        )
    assert done.returncode == 1
    assert done.stderr == "minitls: the output could not be written: No space left on device\n"


@full
@pytest.mark.parametrize("option", ["--html", "--trace", "--pcap", "--keylog"])
def test_a_file_of_the_demo_on_a_full_disk_is_named(option: str) -> None:
    done = subprocess.run([*MINITLS, "demo", option, str(FULL)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.strip().endswith("cannot write /dev/full: No space left on device")
    assert "Traceback" not in done.stderr


def test_a_reader_that_leaves_loses_no_file(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    pipe = ["sh", "-c", '"$@" | head -1', "sh", *MINITLS, "demo", "--resume", "--html", str(page)]
    done = subprocess.run(pipe, capture_output=True, text=True, timeout=60)
    assert done.stderr == "" and len(done.stdout.splitlines()) == 1
    for each in (page, tmp_path / "page-resumed.html"):
        assert each.read_text(encoding="utf-8").endswith("</html>")


def test_the_demo_in_a_pipe_has_eighty_columns_and_ends_with_what_to_try() -> None:
    environment = {**os.environ, "COLUMNS": "140", "PAGER": "false"}
    done = subprocess.run([*MINITLS, "demo"], capture_output=True, text=True, timeout=60, env=environment)
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) == 80
    assert "Try next:" in lines[-4] and all(line.startswith("  minitls ") for line in lines[-3:])


def on_a_terminal(command: list[str], rows: int, columns: int, **environment: str) -> str:
    """What a program prints on a terminal of that size."""
    ours, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    program = subprocess.Popen(
        command,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env={**kept, "TERM": "xterm", "NO_COLOR": "1", **environment},
    )
    os.close(terminal)
    said = b""
    try:
        while part := os.read(ours, 65536):
            said += part
    except OSError:
        pass  # The program has ended, and with it the terminal's other side.
    assert program.wait(timeout=60) == 0, said.decode()
    os.close(ours)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\r", "", said.decode())


class TestOnATerminal:
    program = (sys.executable, "-m", "minitls", "demo")

    @pytest.mark.parametrize(("columns", "widest"), [(80, 80), (100, 100), (200, 110)])
    def test_the_ladder_is_as_wide_as_the_terminal_within_reason(self, columns: int, widest: int) -> None:
        said = on_a_terminal([*self.program], 300, columns, PAGER="sed s/^/paged:/")
        assert max(len(line) for line in said.splitlines()) == widest
        assert "paged:" not in said, "everything fits, so there is no pager"

    def test_what_is_longer_than_the_screen_is_paged(self) -> None:
        said = on_a_terminal([*self.program], 24, 80, PAGER="sed s/^/paged:/")
        assert "paged:TLS 1.2" in said and "paged:Try next:" in said
        assert "paged:" not in on_a_terminal([*self.program], 24, 80, PAGER="cat")


def test_the_page_command_says_where_it_wrote(trace: str, tmp_path: Path) -> None:
    page = tmp_path / "p a.html"
    done = subprocess.run(
        [*MINITLS, "trace", "html", trace, "-o", str(page)], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == written(str(page), page.stat().st_size)
    assert page.as_uri() in done.stdout
