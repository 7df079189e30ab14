"""The gallery as shipped: every fault with the chain that shows it, and how to examine that.

The chains, keys and the manifest are package data, made by `freeze.py`. A server can serve any of them with
`minitls server --fault NAME`.
"""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from ...errors import AlertDescription
from ..demo import text_of
from ..revocation import RevocationList, read_crl
from ..rules import Purpose
from ..trust import TrustStore, pem_blocks
from ..verdict import Verdict


@dataclass(frozen=True)
class Examination:
    """A chain, and how it is looked at; `ca` and `crl` are files of the demo PKI, or "demo"."""

    chain: tuple[bytes, ...]
    host: str
    time: datetime
    ca: str
    crl: str
    needs: frozenset[str]

    def verdict(self) -> Verdict:
        """What our rules and the library say."""
        from ..path import verify_chain

        return verify_chain(
            self.chain,
            trust=trust_of(self.ca),
            now=self.time,
            name=self.host,
            purpose=Purpose.server,
            needs=self.needs,
            crls=crls_of(self.crl),
        )


@dataclass(frozen=True)
class Fault:
    """One fault as shipped: a chain with one thing wrong, and its twin with nothing wrong."""

    name: str
    about: str
    rule: str
    """The id of the one rule that refuses it."""
    alert: AlertDescription
    key: bytes
    """The leaf's private key, PEM. It is public, like every key that is shipped."""
    wrong: Examination
    twin: Examination
    openssl: str
    """What `openssl verify` makes of it: "refuses it too", or why it accepts."""


def faults() -> tuple[Fault, ...]:
    """Every fault of the gallery, in the order of the manifest."""
    return tuple(_faults().values())


def fault(name: str) -> Fault:
    """The fault of this name. KeyError with the names that there are."""
    try:
        return _faults()[name]
    except KeyError:
        raise KeyError(f"no fault is called {name!r}; there are {', '.join(_faults())}") from None


@lru_cache(maxsize=1)
def _faults() -> dict[str, Fault]:
    return {row["name"]: _fault(row) for row in json.loads(text_of("gallery/manifest.json"))["faults"]}


def _fault(row: dict[str, Any]) -> Fault:
    return Fault(
        name=row["name"],
        about=row["about"],
        rule=row["rule"],
        alert=AlertDescription[row["alert"]],
        key=text_of(row["key"]),
        wrong=_examination(row),
        twin=_examination({**row, **row["twin"]}),
        openssl=row["openssl"],
    )


def _examination(row: dict[str, Any]) -> Examination:
    blocks = pem_blocks(text_of(row["chain"]))
    return Examination(
        chain=tuple(ssl.PEM_cert_to_DER_cert(block.decode("ascii")) for block in blocks),
        host=row["host"],
        time=datetime.fromisoformat(row["time"]),
        ca=row["ca"],
        crl=row["crl"],
        needs=frozenset(row["needs"]),
    )


@lru_cache(maxsize=8)
def trust_of(ca: str) -> TrustStore:
    """The trust that an examination names: the demo root, or one shipped file."""
    if ca == "demo":
        return TrustStore.load("demo")
    return TrustStore.of((ssl.PEM_cert_to_DER_cert(block.decode("ascii")) for block in pem_blocks(text_of(ca))), ca)


@lru_cache(maxsize=8)
def crls_of(crl: str) -> tuple[RevocationList, ...]:
    """The revocation list that an examination names, none for ""."""
    return (read_crl(text_of(crl)),) if crl else ()
