"""What a command loads before it begins: nothing that it does not need. Told by `sys.modules` in a fresh interpreter.

A terminal interface, a template engine and a packet library each take longer to import than a handshake to happen.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import minitls
from minitls.__main__ import EXTRA_OF
from minitls.cli.main import COMMANDS
from tests.peers import ROOT

#: Optional libraries that a command itself may load, besides click, when it runs to its end.
NEEDED = {
    ("states",): set(),
    ("explain", "16030300040e000000"): {"rich"},
    ("certs", "--list-roots"): {"rich"},
    ("pki", "made"): set(),
}
RUN = """
import contextlib, io, json, sys
from minitls.__main__ import main
sys.argv[1:] = {arguments!r}
with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
    main()
assert out.getvalue()
print(json.dumps(sorted(sys.modules)))
"""


def loaded(*arguments: str, folder: Path = ROOT) -> set[str]:
    """The modules that `minitls ARGUMENTS` leaves behind."""
    code = RUN.format(arguments=list(arguments))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=folder)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def roots(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_help_loads_no_tls_and_nothing_to_draw_with() -> None:
    modules = loaded("--help")
    assert roots(modules) & {"cryptography", "certifi", *EXTRA_OF} == {"click"}
    assert {name for name in modules if name.startswith("minitls")} == {
        "minitls",
        "minitls.__main__",
        "minitls.cli",
        "minitls.cli.main",
        "minitls.cli.stderr",
        "minitls.errors",
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_loads_neither_stepper_nor_templates_nor_packets(command: str) -> None:
    assert roots(loaded(command, "--help")) & {"textual", "jinja2", "scapy", "jsonschema"} == set()


@pytest.mark.parametrize("arguments", NEEDED)
def test_a_command_loads_what_it_needs(arguments: tuple[str, ...], tmp_path: Path) -> None:
    assert roots(loaded(*arguments, folder=tmp_path)) & EXTRA_OF.keys() - {"click"} <= NEEDED[arguments]


def cpu_seconds(*arguments: str) -> float:
    """The least CPU time of a fresh interpreter in a few runs: the one that a busy machine disturbed least."""
    code = "import os, resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
    code += "used = resource.getrusage(resource.RUSAGE_CHILDREN); print(used.ru_utime + used.ru_stime)"
    command = [sys.executable, "-c", code, sys.executable, *arguments]
    return min(float(subprocess.run(command, capture_output=True, check=True, cwd=ROOT).stdout) for _ in range(4))


def test_help_takes_no_longer_than_importing_the_libraries_would() -> None:
    """At most 1.6 times, it should be; without TLS it is about 0.6, so that no busy machine brings it over 1.6."""
    libraries = cpu_seconds("-c", "import cryptography.x509, click")
    assert cpu_seconds("-m", "minitls", "--help") <= 1.6 * libraries


def test_every_public_name_has_its_home() -> None:
    assert set(minitls.__all__) == minitls._HOMES.keys() == set(dir(minitls))
    for name, home in minitls._HOMES.items():
        assert getattr(minitls, name).__module__ == f"minitls.{home}"
    with pytest.raises(AttributeError, match="module 'minitls' has no attribute 'nothing'"):
        minitls.nothing  # noqa: B018  # that it is not there is what is tested
