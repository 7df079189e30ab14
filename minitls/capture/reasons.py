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


def tls13(hellos: Hellos, secrets: Secrets) -> Reason:
    """TLS 1.3 was agreed."""
    return _reason("tls13", more=secrets.knows_tls13(hellos.client_random))


def foreign_suite(hellos: Hellos, secrets: Secrets) -> Reason:
    """The suite is none that minitls speaks."""
    if "DHE" not in hellos.key_exchange and "ECDH" not in hellos.key_exchange:
        return _reason("suite-unknown", suite=hellos.suite)
    if secrets.master(hellos.client_random):
        return _reason("suite-not-decrypted", suite=hellos.suite)
    return _reason("forward-secrecy", suite=hellos.suite)


def no_secret(hellos: Hellos, secrets: Secrets, resumed: bool, fits: bool) -> Reason:
    """Which input is missing, with an RSA suite. `fits`: the key belongs to the server's certificate."""
    random = hellos.client_random.hex()[:16]
    logged = bool(secrets.lines)
    if resumed:
        return _reason("resumed", more=logged, random=random)
    if hellos.structs != "RSA" and not logged:
        return _reason("forward-secrecy", suite=hellos.suite)
    if hellos.structs == "RSA" and secrets.key is not None and not fits:
        return _reason("wrong-key", more=logged, random=random)
    if hellos.structs == "RSA" and secrets.key is not None:
        return _reason("key-exchange-does-not-open")
    if logged:
        return _reason("not-in-the-log", random=random)
    return _reason("nothing-given")


def _reason(key: str, *, more: bool = False, **values: str) -> Reason:
    """A reason in words; `more` adds what is said only sometimes."""
    row = prose.row("reasons", key)
    reason = row["reason"] + (row["more"] if more else "")
    return Reason(row["missing"].format(**values), reason.format(**values))
