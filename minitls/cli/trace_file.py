"""Trace files on the command line: load them, say what is wrong with them, write what is made of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ..trace.file.jsonl import Trace, TraceError, open_private, read_trace


def load(file: str) -> Trace:
    """The trace in a file; exit status 1 with one line if it is none. What is wrong further down is in `fault`."""
    try:
        return read_trace(file)
    except (TraceError, OSError) as wrong:
        fail(f"{file}: {wrong}")


def complain(trace: Trace) -> None:
    """After what could be read was shown: exit status 1 with the line that is wrong, if one is."""
    if trace.fault is not None:
        fail(f"what could be read is shown; {trace.fault}")


def load_rsa_key(file: str) -> RSAPrivateKey:
    """An RSA private key from a PEM file; a usage error if it is none."""
    try:
        key = load_pem_private_key(Path(file).read_bytes(), password=None)
    except OSError as wrong:
        raise click.BadParameter(f"cannot read {file}: {wrong.strerror}", param_hint="--key") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise click.BadParameter(
            f"{file} holds no private key in PEM without a passphrase", param_hint="--key"
        ) from None
    if not isinstance(key, RSAPrivateKey):
        raise click.BadParameter(f"{file} holds no RSA key", param_hint="--key")
    return key


def save_private(path: str, content: bytes) -> None:
    """A file of mode 0600 with this content."""
    with open_private(path) as file:
        file.write(content)


def write_or_refuse(path: str, write: Callable[[], None]) -> None:
    """Write a file; a usage error if it cannot be written."""
    try:
        write()
    except OSError as wrong:
        raise click.UsageError(f"cannot write {path}: {wrong.strerror or wrong}") from None


def fail(reason: str) -> NoReturn:
    """One clear line on stderr, exit status 1."""
    click.echo(f"minitls: {reason}", err=True)
    sys.exit(1)
