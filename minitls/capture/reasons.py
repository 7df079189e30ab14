"""Why a connection stays closed: which input a listener lacks, and what would have helped.

Here stands which reason it is; how it is told stands in `prose/en/reasons.json`.
"""

from __future__ import annotations

from typing import NamedTuple

from .. import prose
from .hellos import Hellos
from .secrets import Secrets


class Reason(NamedTuple):
    """Why a connection stays closed: the missing input in a word, and the explanation."""

    missing: str
    reason: str
    in_vain: bool = False
    """Whether a secret was given, and it is not this connection's."""


def tls13(hellos: Hellos, secrets: Secrets) -> Reason:
    """TLS 1.3 was agreed."""
    return _reason("tls13", more=secrets.knows_tls13(hellos.client_random))


def sslv2_hello() -> Reason:
    """The ClientHello has a format that no keys are derived from here."""
    return _reason("sslv2-hello")


def foreign_suite(hellos: Hellos, secrets: Secrets) -> Reason:
    """The suite's records cannot be opened here."""
    if secrets.master(hellos.client_random):
        return _reason("suite-not-decrypted", suite=hellos.suite)
    if _is_ephemeral(hellos):
        return _reason("forward-secrecy", suite=hellos.suite)
    return _reason("suite-unknown", suite=hellos.suite)


def no_secret(hellos: Hellos, secrets: Secrets, resumed: bool, fits: bool | None) -> Reason:
    """Which input is missing, with a suite that could be opened.

    `fits`: whether the key is that of the server's certificate, None without one.
    """
    random = hellos.client_random.hex()[:16]
    logged = bool(secrets.lines)
    if resumed:
        return _reason("resumed", more=logged, random=random)._replace(in_vain=logged)
    if hellos.structs != "RSA" and not logged:
        return _other_secret(hellos)
    if hellos.structs == "RSA" and secrets.key is not None and fits is None:
        return _reason("no-certificate")
    if hellos.structs == "RSA" and secrets.key is not None and not fits:
        return _reason("wrong-key", more=logged, random=random)._replace(in_vain=True)
    if hellos.structs == "RSA" and secrets.key is not None:
        return _reason("key-exchange-does-not-open")
    if logged:
        return _reason("not-in-the-log", random=random)._replace(in_vain=True)
    return _reason("nothing-given")


def _other_secret(hellos: Hellos) -> Reason:
    if _is_ephemeral(hellos):
        return _reason("forward-secrecy", suite=hellos.suite)
    return _reason("other-secret", suite=hellos.suite)


def _is_ephemeral(hellos: Hellos) -> bool:
    """Whether both sides draw keys for one connection: DHE, ECDHE, and the anonymous ones, which have no others."""
    way = hellos.key_exchange
    return way.startswith(("DHE_", "ECDHE_")) or way.endswith("_anon")


def _reason(key: str, *, more: bool = False, **values: str) -> Reason:
    """A reason in words; `more` adds what is said only sometimes."""
    row = prose.row("reasons", key)
    reason = row["reason"] + (row["more"] if more else "")
    return Reason(row["missing"].format(**values), reason.format(**values))
