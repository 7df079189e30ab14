"""`minitls server --fault NAME`: one exhibit of the gallery as the server's credential."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import click
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ..handshake.credential import Credential
from ..pki import demo
from ..pki.faults.gallery import Fault, fault, faults


def chosen_fault(name: str) -> Fault:
    """The exhibit called `name`; a usage error lists them all."""
    try:
        return fault(name)
    except KeyError:
        listed = "\n".join(f"  {line}" for line in listed_faults())
        raise click.UsageError(f"no fault is called {name!r}. The gallery has:\n{listed}") from None


def listed_faults() -> list[str]:
    """A line for each exhibit: its name, and what is wrong."""
    width = max(len(each.name) for each in faults())
    return [f"{each.name:<{width}}  {each.about}" for each in faults()]


def credential_of(exhibit: Fault) -> Credential:
    """The faulty chain and its private key, which need not fit each other: that can be the fault."""
    key: Any = load_pem_private_key(exhibit.key, None)
    if not isinstance(key, RSAPrivateKey):
        # TLS_RSA decrypts with the key. The client refuses the certificate before it comes to that.
        key = load_pem_private_key(demo.server_key(), None)
    return Credential(exhibit.wrong.chain, key)


def client_command(exhibit: Fault, port: int) -> str:
    """What to type at the other end to see the fault."""
    options = [f"--server-name {exhibit.wrong.host}"] if exhibit.wrong.host != "localhost" else []
    options.append(f"--ca {exhibit.wrong.ca}" if exhibit.wrong.ca == "demo" else f"--ca {path_of(exhibit.wrong.ca)}")
    if exhibit.wrong.crl:
        options.append(f"--crl {path_of(exhibit.wrong.crl)}")
    options.append(f"--time {exhibit.wrong.time.isoformat()}")
    return f"minitls client localhost:{port} --send hello {' '.join(options)}"


def path_of(name: str) -> str:
    """Where a file of the demo PKI lies on this machine."""
    return str(files("minitls.pki.demo").joinpath(name))
