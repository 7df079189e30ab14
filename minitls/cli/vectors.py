"""`minitls vectors`: check minitls against the vectors, or grade somebody else's implementation with them."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from ..conformance.grade.grade import Mark, Score, grade
from ..conformance.grade.live import CONVERSATIONS, grade_live
from ..conformance.grade.operations import NAMES
from ..conformance.grade.scoreboard import scoreboard
from ..conformance.vectors.report import junit
from ..conformance.vectors.run import CaseResult, FileReport, as_dict, results, run
from ..conformance.vectors.running import CannotStart
from ..conformance.vectors.vector_files import BadVectorFile, VectorFile
from .diagnose import show


class RunByDefault(click.Group):
    """`minitls vectors FILE` is `minitls vectors run FILE`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in (*self.commands, "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group("vectors", cls=RunByDefault)
def command() -> None:
    """Test vectors: check minitls, or grade your own implementation.

    \b
      minitls vectors                          minitls, every shipped vector
      minitls vectors aes_gcm_test.json        a file of Wycheproof or ACVP
      minitls vectors grade -- python mine.py  yours, in any language

    The files are JSON, with their sources; the schema lies beside them.
    """


@command.command("run")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the outcome of every case as JSON.")
@click.option("--junit", "junit_file", type=click.Path(path_type=Path), help="Also write a JUnit XML file, for CI.")
@click.pass_context
def run_command(ctx: click.Context, files: tuple[Path, ...], as_json: bool, junit_file: Path | None) -> None:
    """Compute every case with minitls and compare every value.

    \b
      minitls vectors
      minitls vectors run --junit report.xml
      minitls vectors aes_gcm_test.json

    Files of Wycheproof and ACVP are known by their shape. A failing case shows the
    first value that differs. Exit status 1 if one does.
    """
    try:
        reports = _run(files, quiet=as_json)
    except BadVectorFile as fault:
        raise click.UsageError(str(fault)) from None
    if as_json:
        click.echo(json.dumps(as_dict(reports), indent=1))
    else:
        _table(reports)
    if junit_file:
        write(junit_file, junit("minitls vectors", results(reports)))
    if any(report.failures for report in reports):
        ctx.exit(1)


@command.command("grade")
@click.argument("program", nargs=-1, metavar="[-- COMMAND...]", type=click.UNPROCESSED)
@click.option("--only", multiple=True, metavar="AREA", help="Only this area; repeat for more.")
@click.option("--client-command", metavar="C", help='Your client: "... {host} {port} {ca}".')
@click.option("--server-command", metavar="C", help='Your server: "... {port} {cert} {key}".')
@click.option("--timeout", type=click.FloatRange(0.1), default=5.0, show_default=True, metavar="S",
              help="Seconds for each answer or conversation.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the score as JSON.")
@click.option("--junit", "junit_file", type=click.Path(path_type=Path), help="Also write a JUnit XML file, for CI.")
@click.pass_context
def grade_command(
    ctx: click.Context,
    program: tuple[str, ...],
    only: tuple[str, ...],
    client_command: str | None,
    server_command: str | None,
    timeout: float,
    as_json: bool,
    junit_file: Path | None,
) -> None:
    """Grade somebody else's TLS, in any language.

    Part one asks your program for pure functions: it reads one JSON request a
    line and answers each with a line. demo/grade_me has skeletons to begin with.

    \b
      minitls vectors grade -- python3 demo/grade_me/mine.py
      minitls vectors grade --only prf -- node demo/grade_me/mine.js

    Part two talks TLS with your client or your server: conversations that must
    succeed, and some that you must refuse.

    \b
      minitls vectors grade --client-command "./client {host} {port} {ca}"
      minitls vectors grade --server-command "./server {port} {cert} {key}"

    A client sends one line, prints what it gets, and exits 0; anything wrong with
    the connection: another status. A server sends back each line.
    Exit status 0 if all is passed.
    """
    if not program and not client_command and not server_command:
        raise click.UsageError("say what to grade: -- COMMAND..., --client-command or --server-command")
    try:
        with _progress(quiet=as_json) as tell:
            marks: list[Mark] = []
            unknown = [area for area in only if area not in (*NAMES, *CONVERSATIONS)]
            if unknown:
                raise ValueError(f"there is no area {unknown[0]!r}; there are {', '.join((*NAMES, *CONVERSATIONS))}")
            functions = [area for area in only if area in NAMES]
            talks = [area for area in only if area in CONVERSATIONS]
            if program and (functions or not only):
                marks += grade(program, only=functions, timeout=timeout, progress=tell).marks
            if (client_command or server_command) and (talks or not only):
                marks += grade_live(client_command, server_command, only=talks, timeout=timeout, progress=tell).marks
    except CannotStart as fault:
        click.echo(f"Error: {fault}", err=True)
        ctx.exit(2)
    except ValueError as fault:
        raise click.UsageError(str(fault)) from None
    score = Score(tuple(marks))
    if as_json:
        click.echo(json.dumps(score.as_dict(), indent=1))
    else:
        show(scoreboard(score))
    if junit_file:
        write(junit_file, junit("minitls vectors grade", score.results))
    if not score.perfect:
        ctx.exit(1)


@contextlib.contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[Mark], None] | None]:
    """A line that tells what is being asked, while it is."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with Console(stderr=True).status("asking") as status:
        yield lambda mark: status.update(f"{mark.area}: {mark.case}")


def _run(files: Sequence[Path], *, quiet: bool) -> list[FileReport]:
    if quiet or not sys.stderr.isatty():
        return run(files)
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns: tuple[Any, ...] = (TextColumn("{task.description:14}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[Path, Any] = {}

        def tell(file: VectorFile, outcome: CaseResult) -> None:
            if file.path not in tasks:
                tasks[file.path] = bar.add_task(file.area, total=len(file.cases))
            bar.advance(tasks[file.path])

        return run(files, tell)


def _table(reports: list[FileReport]) -> None:
    width = max(len(report.path.name) for report in reports)
    areas = max(len(report.area) for report in reports)
    click.echo(click.style(f"{'file':{width}}  {'area':{areas}}  cases  passed  failed   time", bold=True))
    for report in reports:
        _row(width, areas, report.path.name, report.area, len(report.outcomes), report.passed, report.seconds)
    if len(reports) > 1:
        cases = sum(len(report.outcomes) for report in reports)
        passed = sum(report.passed for report in reports)
        _row(width, areas, "all", "", cases, passed, sum(report.seconds for report in reports))
    for report in reports:
        for outcome in report.failures:
            click.secho(f"\n{report.path.name}: {outcome.case}", fg="red")
            click.echo(f"  {outcome.difference}")


def _row(width: int, areas: int, name: str, area: str, cases: int, passed: int, seconds: float) -> None:
    failed = click.style(f"{cases - passed:6}", fg="red") if passed < cases else f"{0:6}"
    good = click.style(f"{passed:6}", fg="green") if passed == cases else f"{passed:6}"
    click.echo(f"{name:{width}}  {area:{areas}}  {cases:5}  {good}  {failed}  {seconds:4.1f}s")


def write(path: Path, text: str) -> None:
    """Write a report file. A click.UsageError says why if that is impossible."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise click.UsageError(f"{path}: cannot be written: {fault.strerror or fault}") from None
