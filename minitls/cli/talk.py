"""How commands talk to people: faults in one line, addresses, and the options that several commands share."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any, TypeVar

import click

from ..crypto.suites import suite_named
from ..errors import TLSError
from ..handshake.config import utc_now
from ..pki.revocation import RevocationList, load_crls
from ..pki.trust import TrustStore

F = TypeVar("F", bound=Callable[..., Any])


def fault_text(error: TLSError) -> str:
    """The fault, and the alert that reported it."""
    text = str(error)
    return text if error.alert is None else f"{text} (alert sent: {error.alert.name}, {int(error.alert)})"


def unreachable(host: str, port: int, error: OSError) -> str:
    """Why a TCP connection could not be made, and what to look at."""
    where = f"{host}:{port}"
    if isinstance(error, ConnectionRefusedError):
        return f"nothing listens on {where} (connection refused): is the server running, and is the port right?"
    if isinstance(error, TimeoutError):
        return f"{where} did not answer in time: is a firewall between?"
    if isinstance(error, socket.gaierror):
        return f"the host name {host} cannot be resolved: {error.strerror}"
    return f"cannot connect to {where}: {error.strerror or error}"


def require_library(name: str) -> None:
    """ModuleNotFoundError, before anything is done, if a library that comes with an extra is not installed.

    `minitls.__main__` tells which install line helps.
    """
    if find_spec(name) is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)


class HostPort(click.ParamType[tuple[str, int]]):
    """HOST:PORT, the host a name, an IPv4 address or a bracketed IPv6 address."""

    name = "HOST:PORT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        if isinstance(value, tuple):
            return value
        if "://" in str(value):
            bare = str(value).partition("://")[2].partition("/")[0]
            self.fail(f"{value!r}: give HOST:PORT alone, as in {bare or 'localhost:4433'}", param, ctx)
        host, colon, port = str(value).rpartition(":")
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
        elif ":" in host:
            self.fail(f"{value!r}: an IPv6 address goes in brackets, as in [::1]:4433", param, ctx)
        if not colon or not host or not port.isdigit() or not 0 < int(port) < 65536:
            self.fail(f"{value!r} is not HOST:PORT, as in localhost:4433", param, ctx)
        return host, int(port)


class SuiteName(click.ParamType[str]):
    """The IANA or OpenSSL name of a suite; converted to the former."""

    name = "SUITE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return suite_named(str(value)).name
        except ValueError as wrong:
            self.fail(str(wrong), param, ctx)


def negotiation_options(command: F) -> F:
    """--suite, --alpn, --no-ems, --no-etm, --no-ticket, --record-size-limit and --timeout."""
    options = (
        click.option("--suite", "suites", type=SuiteName(), multiple=True, help="Only this suite; may be repeated."),
        click.option("--alpn", multiple=True, metavar="NAME", help="Application protocol (RFC 7301); repeatable."),
        click.option("--no-ems", is_flag=True, help="Without extended master secret (RFC 7627)."),
        click.option("--no-etm", is_flag=True, help="Without encrypt-then-MAC (RFC 7366)."),
        click.option("--no-ticket", is_flag=True, help="Without session tickets (RFC 5077)."),
        click.option(
            "--record-size-limit", type=click.IntRange(64, 16384), help="Largest plaintext we accept (RFC 8449)."
        ),
        click.option("--timeout", type=click.FloatRange(0.1), default=10.0, show_default=True, metavar="SECONDS"),
    )
    for option in reversed(options):
        command = option(command)
    return command


def negotiation(suites: tuple[str, ...], alpn: tuple[str, ...], no_ems: bool, no_etm: bool) -> dict[str, Any]:
    """The keyword arguments of a Config that `negotiation_options` amount to."""
    settings: dict[str, Any] = {
        "alpn": alpn,
        "extended_master_secret": not no_ems,
        "encrypt_then_mac": not no_etm,
    }
    return {**settings, "cipher_suites": suites} if suites else settings


def trust_from(sources: tuple[str, ...], option: str = "--ca") -> TrustStore:
    """The roots of `--ca` sources, the built-in list if there are none; a usage error names what cannot be read."""
    try:
        return TrustStore.load(*sources) if sources else TrustStore.builtin()
    except ValueError as wrong:
        raise click.BadParameter(str(wrong), param_hint=option) from None


def is_loopback(host: str) -> bool:
    """Whether every address that `host` means is this machine's own. OSError if it cannot be resolved."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return all(ipaddress.ip_address(str(where[4][0]).partition("%")[0]).is_loopback for where in found)


def crls_from(paths: tuple[str, ...]) -> tuple[RevocationList, ...]:
    """Every list of the `--crl` files; a usage error names a file that holds none."""
    try:
        return tuple(each for path in paths for each in load_crls(path))
    except ValueError as wrong:
        raise click.BadParameter(str(wrong), param_hint="--crl") from None


def clock_at(text: str | None) -> Callable[[], datetime]:
    """The clock that stands still at an ISO 8601 time (UTC unless it says otherwise), or the real one."""
    if text is None:
        return utc_now
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no ISO 8601 time, as in 2026-11-22T12:00", param_hint="--time") from None
    return lambda: time if time.tzinfo else time.replace(tzinfo=UTC)
