"""`minitls trace` as it is typed."""

from __future__ import annotations

import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from minitls.trace.check import check
from minitls.trace.file.jsonl import read_trace, write_trace
from tests.cli.typed import Done, typed
from tests.helpers import DEMO
from tests.peers import require_program
from tests.trace.conversations import QUESTION, recorded, refused

Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`minitls ...` in a directory that holds t.jsonl, a whole trace."""
    write_trace(recorded(), tmp_path / "t.jsonl")

    def command(*arguments: str, status: int = 0) -> Done:
        done = typed(*arguments, directory=tmp_path)
        assert done.status == status, done.stdout + done.stderr
        return done

    return command


def test_show_is_the_ladder(run: Run) -> None:
    text = run("trace", "show", "t.jsonl").stdout
    assert "ClientHello ───" in text and "Both Finished verified" in text


def test_show_in_detail_and_the_worksheet(run: Run) -> None:
    assert "0006" in run("trace", "show", "t.jsonl", "--detail", "--step", "1").stdout
    assert "$ openssl kdf" in run("trace", "show", "t.jsonl", "--secrets").stdout


def test_check_gives_two_verdicts(run: Run) -> None:
    lines = run("trace", "check", "t.jsonl", "--key", str(DEMO / "server.key")).stdout.splitlines()
    assert lines[0].split()[:2] == ["intact", "yes"] and lines[1].split()[:2] == ["true", "yes"]
    assert all(len(line) <= 80 for line in lines)


def test_a_true_trace_of_a_refused_handshake_is_fine(run: Run, tmp_path: Path) -> None:
    write_trace(refused(), tmp_path / "refused.jsonl")
    assert "true    yes" in run("trace", "check", "refused.jsonl").stdout


def test_check_names_the_event_and_both_values(run: Run, tmp_path: Path) -> None:
    lines = (tmp_path / "t.jsonl").read_text().splitlines(keepends=True)
    at = next(index for index, line in enumerate(lines) if '"name": "master_secret"' in line)
    head, _, tail = lines[at].partition('"output": "')
    lines[at] = f'{head}"output": "{"0" if tail[0] != "0" else "1"}{tail[1:]}'
    (tmp_path / "t.jsonl").write_text("".join(lines))
    done = run("trace", "check", "t.jsonl", status=1)
    assert "intact  NO" in done.stdout and f"true    NO    event {at}: master_secret" in done.stdout
    text = "".join(done.stdout.split())
    assert tail[1:96] in text, "both values, whole"
    assert done.stderr.count("\n") == 1


def test_pcap_opens_in_tshark(run: Run, tmp_path: Path) -> None:
    assert run("trace", "pcap", "t.jsonl", "-o", "t.pcapng").stderr == "t.pcapng: 13 records\n"
    assert stat.S_IMODE((tmp_path / "t.pcapng").stat().st_mode) == 0o600
    command = [require_program("tshark"), "-r", str(tmp_path / "t.pcapng"), "-T", "fields", "-e", "data"]
    assert QUESTION.hex() in subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_keylog_prints_or_appends(run: Run, tmp_path: Path) -> None:
    lines = run("trace", "keylog", "t.jsonl").stdout
    assert lines.startswith("RSA ") and lines.count("\n") == 2
    for _ in range(2):
        run("trace", "keylog", "t.jsonl", "-o", "keys.txt")
    assert (tmp_path / "keys.txt").read_text() == lines * 2


def test_redact_takes_the_secrets_out(run: Run, tmp_path: Path) -> None:
    run("trace", "redact", "t.jsonl", "--as", "eavesdropper", "-o", "seen.jsonl")
    seen = read_trace(tmp_path / "seen.jsonl")
    assert check(seen).true and not seen.header.secrets
    assert "redacted" in run("trace", "keylog", "seen.jsonl", status=1).stderr
    assert run("trace", "check", "seen.jsonl").stdout.count("not verified") == 2


def test_help_names_every_subcommand(run: Run) -> None:
    text = run("trace", "--help").stdout
    for name in ("show", "step", "html", "check", "pcap", "keylog", "redact", "from-capture"):
        assert f"\n  {name}" in text
        if name in ("show", "check", "pcap", "keylog", "redact"):
            assert "minitls trace" in run("trace", name, "--help").stdout


@pytest.mark.parametrize("command", ["show", "check", "keylog"])
def test_a_trace_that_is_cut_off_is_shown_and_told(run: Run, tmp_path: Path, command: str) -> None:
    whole = (tmp_path / "t.jsonl").read_bytes()
    (tmp_path / "t.jsonl").write_bytes(whole[: len(whole) * 9 // 10])
    done = run("trace", command, "t.jsonl", status=1)
    assert done.stdout and "line " in done.stderr + done.stdout and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"hello\n", "no minitls trace"),
        (b'{"minitls_trace": 7}\n', "version 7"),
        (b"\x00" * 5000, "no minitls"),
    ],
)
def test_what_is_no_trace_is_one_line_and_status_one(run: Run, tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "bad").write_bytes(content)
    for command in (["show"], ["check"], ["pcap", "-o", "x"], ["redact", "--as", "client", "-o", "x"]):
        done = run("trace", command[0], "bad", *command[1:], status=1)
        assert told in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("show",),
        ("show", "nowhere.jsonl"),
        ("show", "t.jsonl", "--step", "1"),
        ("check", "t.jsonl", "--key", "t.jsonl"),
        ("check", "t.jsonl", "--key", "nowhere.pem"),
        ("pcap", "t.jsonl"),
        ("pcap", "t.jsonl", "-o", "nowhere/x"),
        ("redact", "t.jsonl", "--as", "mallory", "-o", "x"),
        ("redact", "t.jsonl", "-o", "x"),
        ("frobnicate", "t.jsonl"),
    ],
)
def test_wrong_usage_is_status_two(run: Run, arguments: tuple[str, ...]) -> None:
    run("trace", *arguments, status=2)


@pytest.mark.parametrize(
    "options", [(), ("--suite", "AES128-SHA", "--no-etm"), ("--resume", "--no-ems"), ("--client-auth",)]
)
def test_what_the_demo_records_is_true(run: Run, tmp_path: Path, options: tuple[str, ...]) -> None:
    run("demo", "--trace", "demo.jsonl", *options)
    for path in sorted(tmp_path.glob("demo*.jsonl")):
        assert "true    yes" in run("trace", "check", path.name).stdout
    assert len(list(tmp_path.glob("demo*.jsonl"))) == (2 if "--resume" in options else 1)


def test_output_to_a_reader_that_leaves_is_no_traceback(run: Run, tmp_path: Path) -> None:
    shell = shutil.which("sh")
    assert shell
    command = f"{require_program('minitls')} trace show t.jsonl --secrets | head -1"
    done = subprocess.run([shell, "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert "Traceback" not in done.stderr
