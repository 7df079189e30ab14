"""`python -m tests.benchmarks`: measure, show the tables, write the JSON and the picture."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from minitls.benchmark.credentials import Credentials
from minitls.benchmark.rounds import Failed

from .adapters import NAMES, TITLES, installed
from .chart import draw
from .machine import machine
from .report import report
from .results import document, text
from .run import EVERY, ROOT, Run


def _chosen(there: tuple[str, ...]) -> Callable[[click.Context, click.Parameter, str | None], tuple[str, ...]]:
    """Reads "one,two"; all of them where nothing is given, in the order in which they are shown."""

    def read(_ctx: click.Context, _parameter: click.Parameter, text: str | None) -> tuple[str, ...]:
        wanted = text.split(",") if text else there
        unknown = [each for each in wanted if each not in there]
        if unknown:
            raise click.BadParameter(f"{', '.join(unknown)}: there are {', '.join(there)}")
        return tuple(each for each in there if each in wanted)

    return read


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rounds", type=click.IntRange(1, 200), help="How often each takes its turn (15).")
@click.option("--measure", "measures", callback=_chosen(EVERY), metavar="A,B,..", help=f"Only {', '.join(EVERY)}.")
@click.option("--implementation", "names", callback=_chosen(NAMES), metavar="A,B,..", help=f"Only {', '.join(NAMES)}.")
@click.option("--quick", is_flag=True, help="Three rounds of small samples: to see that it measures, not to quote.")
@click.option(
    "-o",
    "--output",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    default=ROOT / "build" / "benchmarks",
    help="Where benchmarks.json and benchmarks.svg go (build/benchmarks).",
)
def main(rounds: int | None, measures: tuple[str, ...], names: tuple[str, ...], quick: bool, output: Path) -> None:
    """Compare minitls with other TLS for Python, and see how its cost grows.

    What counts are ratios of CPU time, round by round: read "x ssl" and beside
    it the middle half of the rounds. A quiet machine makes that half small.

    \b
        python -m tests.benchmarks
        python -m tests.benchmarks --measure full,resumed --rounds 40
        python -m tests.benchmarks -o demo/pictures     # the README's picture
    """
    rounds, began = rounds or (3 if quick else 15), monotonic()
    columns = (TextColumn("{task.description:32.32}"), BarColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    with tempfile.TemporaryDirectory() as folder, bar:
        task = bar.add_task("")

        def tell(measure: str, what: str) -> None:
            bar.update(task, advance=1, description=f"{measure}: {TITLES.get(what, what)}")

        credentials = Credentials.make(Path(folder))
        run = Run(credentials, installed(names), measures, rounds, 0.02 if quick else 0.1, quick, tell)
        bar.update(task, total=run.steps)
        try:
            samples, curves = run.samples(), run.curves()
        except Failed as failure:
            raise click.ClickException(f"the measuring broke off: {failure}") from None
    told = document(samples, curves, machine(), rounds, monotonic() - began)
    output.mkdir(parents=True, exist_ok=True)
    (output / "benchmarks.json").write_text(text(told))
    (output / "benchmarks.svg").write_text(draw(told))
    click.echo("\n".join(report(told)))
    click.echo(f"\nwritten to {output}: benchmarks.json, benchmarks.svg", err=True)


if __name__ == "__main__":
    main(prog_name="python -m tests.benchmarks")
