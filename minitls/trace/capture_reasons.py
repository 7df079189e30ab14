"""Why a connection stays closed: which input a listener lacks, and what would have helped."""

from __future__ import annotations

from typing import NamedTuple

from .capture_hellos import Hellos
from .capture_secrets import Secrets


class Reason(NamedTuple):
    """Why a connection stays closed: the missing input in a word, and the explanation."""

    missing: str
    reason: str


def tls13(hellos: Hellos, secrets: Secrets) -> Reason:
    """TLS 1.3 was agreed."""
    known = secrets.knows_tls13(hellos.client_random)
    extra = " The key log has its traffic secrets: Wireshark can use them." if known else ""
    return Reason(
        "the keys of TLS 1.3",
        "this is TLS 1.3, which encrypts everything after ServerHello with keys from (EC)DHE. The server's key "
        f"only signs, so it cannot decrypt (forward secrecy); minitls decrypts TLS 1.2.{extra}",
    )


def foreign_suite(hellos: Hellos, secrets: Secrets) -> Reason:
    """The suite is none that minitls speaks."""
    suite = hellos.suite
    if "DHE" not in hellos.key_exchange and "ECDH" not in hellos.key_exchange:
        return Reason(f"the cipher of {suite}", f"{suite} is no cipher suite that minitls speaks")
    if secrets.master(hellos.client_random):
        return Reason(
            f"the cipher of {suite}",
            f"the key log has this connection's master secret, but {suite} is no suite that minitls decrypts",
        )
    return Reason(
        "the master secret: a key log",
        f"{suite} has forward secrecy: both sides drew fresh (EC)DHE keys for this connection and threw them "
        "away. The server's RSA key only signed, so it cannot decrypt what was recorded; a key log "
        "(SSLKEYLOGFILE) written at the time could",
    )


def no_secret(hellos: Hellos, secrets: Secrets, resumed: bool, fits: bool) -> Reason:
    """Which input is missing, with an RSA suite. `fits`: the key belongs to the server's certificate."""
    in_log = f"client random {hellos.client_random.hex()[:16]}.. is not in the key log" if secrets.lines else ""
    if resumed:
        also = f"; {in_log}" if in_log else ""
        return Reason(
            "the master secret of the first connection",
            "the connection takes up an earlier session, so no ClientKeyExchange travels and even the server's RSA "
            f"key has nothing to open. Give a key log, or a capture that holds the first connection, too{also}",
        )
    if secrets.key is not None and not fits:
        also = f"; and {in_log}" if in_log else ""
        return Reason("the right key", f"the key given does not belong to the server's certificate{also}")
    if secrets.key is not None:
        return Reason(
            "a ClientKeyExchange that opens",
            "the key belongs to the certificate, but the ClientKeyExchange does not decrypt to a pre-master secret "
            "of the version offered: it was damaged, or made wrongly",
        )
    if in_log:
        return Reason("a line for this connection", in_log)
    return Reason("a secret", "neither the server's RSA key nor a key log was given")
