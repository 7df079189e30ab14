"""What every test may count on: this repository on the import path, and hypothesis profiles.

Property tests draw their examples at random on a desk, so that repeated runs search further, and from a fixed seed when
`CI` is set, so that a red build is red for everybody. Neither has a deadline: a busy machine is no bug.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import HealthCheck, settings

# Test modules import their helpers as `tests.peers`, `tests.wire.strategies`: pytest's importlib mode adds no path.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.peers import Program, running

_QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large)
settings.register_profile("dev", deadline=None, max_examples=50, suppress_health_check=_QUIET)
settings.register_profile("ci", parent=settings.get_profile("dev"), derandomize=True, database=None)
settings.register_profile("quick", parent=settings.get_profile("dev"), max_examples=15)
settings.register_profile("long", parent=settings.get_profile("dev"), max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


def pytest_configure(config: pytest.Config) -> None:
    """Who leaves out the slow tests is in a hurry: properties are tried on fewer examples too."""
    if config.getoption("markexpr") == "not slow" and not {"CI", "HYPOTHESIS_PROFILE"} & os.environ.keys():
        settings.load_profile("quick")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs a browser is slow, and what is exhaustive is slow too: `-m "not slow"` leaves out both."""
    for item in items:
        if item.get_closest_marker("exhaustive") or "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


class Start(Protocol):
    """Start a program that ends with the test; see `tests.peers.running`."""

    def __call__(self, *command: str | Path, ready: str, timeout: float = 30) -> Program: ...


@pytest.fixture
def start() -> Iterator[Start]:
    """``start("minitls", "server", "--port", "0", ready=LISTENING)``: a running program, ended with the test."""
    with ExitStack() as programs:

        def enter(*command: str | Path, ready: str, timeout: float = 30) -> Program:
            program: AbstractContextManager[Program] = running(*command, ready=ready, timeout=timeout)
            return programs.enter_context(program)

        yield enter
