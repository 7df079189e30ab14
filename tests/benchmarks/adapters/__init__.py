"""One module for each implementation that is compared; minitls and ssl are in minitls/benchmark/."""

from __future__ import annotations

import sys
from importlib import import_module

from minitls.benchmark import worker
from minitls.benchmark.adapter import Adapter

#: In the order in which they are shown.
NAMES = ("minitls", "ssl", "pyopenssl", "tlslite", "floor")
TITLES = {
    "minitls": "minitls",
    "ssl": "Python's ssl",
    "pyopenssl": "pyOpenSSL",
    "tlslite": "tlslite-ng",
    "floor": "floor",
}
_MODULES = {"pyopenssl": "py_open_ssl", "tlslite": "tlslite_ng", "floor": "floor"}


def adapter_named(name: str) -> type[Adapter]:
    """The adapter of a name in NAMES. ImportError if the implementation is not installed."""
    if name in worker.NAMES:
        return worker.adapter_named(name)
    kind: type[Adapter] = import_module(f".{_MODULES[name]}", __name__).ADAPTER
    return kind


def installed(names: tuple[str, ...]) -> list[str]:
    """Those of the names that can take part; why another cannot is said on standard error."""
    found = []
    for name in names:
        try:
            adapter_named(name)
            found.append(name)
        except ImportError as missing:
            print(f"{TITLES[name]} is left out: {missing}", file=sys.stderr)
    return found
