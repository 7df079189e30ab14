"""`minitls bench`: how fast is minitls on this machine, beside Python's own ssl (OpenSSL), measured in one run.

Absolute rates say more about the machine than about the code, so what counts is the ratio, sample by sample.
`minitls.benchmark` says what is measured and how; this shows it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click

from ..benchmark.credentials import Credentials
from ..benchmark.measures import MEASURES
from ..benchmark.rounds import Child, Failed, Samples, rates
from ..benchmark.spread import Spread, figures, ratios
from ..benchmark.traced import TRACED
from ..benchmark.worker import NAMES

_OURS, _THEIRS = NAMES
_EVERY = (*MEASURES, *TRACED)


@click.command()
@click.option("--rounds", type=click.IntRange(1, 1000), default=9, show_default=True, help="More rounds, less noise.")
@click.option(
    "--measure",
    "chosen",
    metavar="NAME",
    multiple=True,
    type=click.Choice(_EVERY),
    help=f"Only this: {', '.join(_EVERY)}. May be repeated.",
)
def command(rounds: int, chosen: tuple[str, ...]) -> None:
    """Measure minitls against Python's ssl on this machine.

    The ratio is how many times as much minitls does in the same CPU time; 1.0
    is as fast. Client and server together, in memory, chain and host name
    verified, close_notify each way.

    \b
        minitls bench
        minitls bench --measure full --rounds 50
    """
    measures = [name for name in _EVERY if name in chosen or not chosen]
    try:
        samples = _measured(measures, rounds)
    except Failed as failure:
        raise click.ClickException(f"the measuring broke off: {failure}") from None
    except KeyboardInterrupt:
        raise click.Abort from None
    click.echo(click.style(f"{'':36}{'x ssl':>8}  {'middle half':>13}{'minitls':>18}", bold=True))
    for name in measures:
        _show(name, samples)


def _measured(measures: list[str], rounds: int) -> Samples:
    """The samples, with a bar on a terminal while they are taken."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:34}"), BarColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    with tempfile.TemporaryDirectory() as folder, bar:
        Credentials.make(Path(folder))
        task = bar.add_task("", total=rounds * len(measures) * len(NAMES))

        def tell(measure: str, _name: str) -> None:
            bar.update(task, advance=1, description=words(measure))

        return rates(
            NAMES,
            measures,
            lambda name: Child("-m", "minitls.benchmark.worker", name, folder),
            rounds=rounds,
            budget=0.05,
            tell=tell,
        )


def words(measure: str) -> str:
    """What a measure is called."""
    return (MEASURES.get(measure) or TRACED[measure]).words


def _show(measure: str, samples: Samples) -> None:
    """One row: how many times as much as ssl, and how much."""
    values = samples[measure]
    ours = Spread.of(values[_OURS]).median
    if measure in TRACED:
        click.echo(f"{words(measure):47}{'':12}{ours:>14.2f} ms")
        return
    ratio = ratios(values[_OURS], values[_THEIRS])
    half = f"{figures(ratio.low)}-{figures(ratio.high)}"
    rate = f"{figures(ours)} {MEASURES[measure].unit}"
    colour = "green" if ratio.median >= 1 else None
    click.echo(f"{words(measure):36}{click.style(f'{figures(ratio.median):>8}', fg=colour)}  {half:>13}{rate:>21}")
