"""`minitls vectors`: check minitls against the vectors, or grade somebody else's implementation with them."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ..conformance.report import junit
from ..conformance.run import FileReport, Outcome, as_dict, results, run
from ..conformance.vector_files import BadVectorFile, VectorFile


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
      minitls vectors                          minitls against every shipped vector
      minitls vectors rsa_pkcs1_2048_test.json   ... against a file of Wycheproof or ACVP
      minitls vectors grade -- python mine.py  your implementation, in any language

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
      minitls vectors aes_gcm_test.json      Wycheproof and ACVP files are known by their shape

    A failing case shows the first value that differs. Exit status 1 if one does.
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


def _run(files: Sequence[Path], *, quiet: bool) -> list[FileReport]:
    if quiet or not sys.stderr.isatty():
        return run(files)
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns: tuple[Any, ...] = (TextColumn("{task.description:14}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[Path, Any] = {}

        def tell(file: VectorFile, outcome: Outcome) -> None:
            if file.path not in tasks:
                tasks[file.path] = bar.add_task(file.area, total=len(file.cases))
            bar.advance(tasks[file.path])

        return run(files, tell)


def _table(reports: list[FileReport]) -> None:
    width = max(len(report.path.name) for report in reports)
    click.echo(click.style(f"{'file':{width}}  {'area':13}  cases  passed  failed   time", bold=True))
    for report in reports:
        _row(width, report.path.name, report.area, len(report.outcomes), report.passed, report.seconds)
    if len(reports) > 1:
        cases = sum(len(report.outcomes) for report in reports)
        passed = sum(report.passed for report in reports)
        _row(width, "all", "", cases, passed, sum(report.seconds for report in reports))
    for report in reports:
        for outcome in report.failures:
            click.secho(f"\n{report.path.name}: {outcome.case}", fg="red")
            click.echo(f"  {outcome.difference}")


def _row(width: int, name: str, area: str, cases: int, passed: int, seconds: float) -> None:
    failed = click.style(f"{cases - passed:6}", fg="red") if passed < cases else f"{0:6}"
    good = click.style(f"{passed:6}", fg="green") if passed == cases else f"{passed:6}"
    click.echo(f"{name:{width}}  {area:13}  {cases:5}  {good}  {failed}  {seconds:4.1f}s")


def write(path: Path, text: str) -> None:
    """Write a report file. A click.UsageError says why if that is impossible."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise click.UsageError(f"{path}: cannot be written: {fault.strerror or fault}") from None
