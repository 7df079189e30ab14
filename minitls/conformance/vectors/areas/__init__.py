"""What minitls computes for a case: one pure function an area, from the inputs to every value that follows.

A function takes the inputs of a case (bytes as hex) and gives the values by name, also as JSON. A TLSError it lets
through is a result too: the runner enters the alert that it stands for as the value "error".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ....handshake.tls12.derivations import KEY_BLOCK, MASTER_SECRET
from . import certificates, handshakes, messages, records, secrets

Compute = Callable[[Mapping[str, Any]], dict[str, Any]]

#: In the order in which one would implement TLS.
AREAS: dict[str, Compute] = {
    "prf": secrets.prf,
    "premaster": secrets.premaster,
    MASTER_SECRET.name: secrets.master_secret,
    KEY_BLOCK.name: secrets.key_block,
    "finished": secrets.finished,
    "records": records.records,
    "messages": messages.messages,
    "certificates": certificates.certificates,
    "handshakes": handshakes.handshakes,
}
