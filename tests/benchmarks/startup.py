"""What it costs to begin, in CPU time: an import, less what an empty program takes, and all of `--help`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from minitls.benchmark.rounds import Failed, Samples, turned

from .adapters import adapter_named

NOTHING = ("-c", "pass")
#: `--help`, and the libraries without which there would be none.
HELP = {
    "minitls": ("-m", "minitls", "--help"),
    "libraries": ("-c", "import cryptography.x509, click"),
}


def commands(measure: str, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The arguments of Python by implementation; "help" has the libraries as its only other one."""
    if measure == "help":
        return HELP
    return {name: ("-c", f"import {adapter_named(name).imports}") for name in names}


def startups(
    measures: Sequence[str],
    names: Sequence[str],
    root: Path,
    *,
    rounds: int,
    tell: Callable[[str, str], None],
) -> Samples:
    """Milliseconds of CPU time, by turns; the first run, which compiles, is not counted."""
    samples = Samples()
    wanted = [(measure, name, how) for measure in measures for name, how in commands(measure, names).items()]
    with tempfile.TemporaryDirectory() as compiled:
        # Modules are compiled once, as where a program is installed, whatever this environment says of that.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}
        for _, _, how in wanted:
            spent(how, root, environment)
        for turn in range(rounds):
            nothing = spent(NOTHING, root, environment)
            for measure, name, how in turned(wanted, turn):
                tell(measure, name)
                took = spent(how, root, environment) - (nothing if measure == "import" else 0)
                samples.setdefault(measure, {}).setdefault(name, []).append(took * 1e3)
    return samples


def spent(arguments: Sequence[str], root: Path, environment: Mapping[str, str]) -> float:
    """CPU seconds of Python with these arguments. Failed if it fails."""
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL, cwd=root, env=environment)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise Failed(f"{' '.join(arguments)} ended with status {process.returncode}")
    return used.ru_utime + used.ru_stime
