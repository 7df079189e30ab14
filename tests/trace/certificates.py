"""Certificates that nobody here made for the explanation of certificates: the gallery, Mozilla's list, limbo, PKITS."""

from __future__ import annotations

import base64
import gzip
import json
from functools import lru_cache
from pathlib import Path

import certifi
import cryptography_vectors

from tests.peers import ROOT, shared


def read_certificates(*files: Path) -> tuple[bytes, ...]:
    """The certificates in files of PEM, as DER, each once."""
    found = dict.fromkeys(
        base64.b64decode(block.partition("-----END")[0])
        for file in sorted(files)
        for block in file.read_text("utf-8").split("-----BEGIN CERTIFICATE-----")[1:]
    )
    return tuple(found)


@lru_cache
def gallery() -> tuple[bytes, ...]:
    """The demo's chain and all that can be wrong with one, as DER."""
    return read_certificates(*(ROOT / "minitls" / "pki" / "demo").rglob("*.pem"))


@lru_cache
def mozilla() -> tuple[bytes, ...]:
    """The roots that browsers trust."""
    return read_certificates(Path(certifi.where()))


@lru_cache
def limbo() -> tuple[bytes, ...]:
    """What x509-limbo tries verifiers with, without the revocation lists in its pool."""
    content = json.loads(gzip.decompress(shared("limbo/limbo-small.json.gz").read_bytes()))
    lists = {each for case in content["cases"] for each in case.get("crls", ())}
    return tuple(base64.b64decode(each) for index, each in enumerate(content["certs"]) if index not in lists)


@lru_cache
def pkits() -> tuple[bytes, ...]:
    """NIST's test suite of path validation."""
    folder = Path(cryptography_vectors.__file__).parent / "x509" / "PKITS_data" / "certs"
    return tuple(file.read_bytes() for file in sorted(folder.glob("*.crt")))
