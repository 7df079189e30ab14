"""How the two sides come to a pre-master secret: two verbs a side, told in one file for each way.

    client   receive_server_key_exchange    what the server contributes: its certified key, or a share signed with it
             send_client_key_exchange       what the client contributes; gives the pre-master secret
    server   send_server_key_exchange       the same from the other end
             receive_client_key_exchange

`Suite.key_exchange` names the way. A suite whose key exchange is not here is refused when this package is imported: it
would make connections that use another one under its number.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from operator import attrgetter
from typing import Any, Protocol

from ....crypto.signatures import PublicKey
from ....crypto.suites import SUITES, Suite
from ....wire.extensions import Extension
from ....wire.messages import ClientHello
from ...config import ClientConfig, ServerConfig
from ...credential import Credential
from ...link import Link
from ..agreed import Agreed
from ..states import State
from . import rsa


class KeyExchangeMethod(Protocol):
    """One way. What `..._server_key_exchange` gives is for the other verb of the same side alone."""

    @property
    def NEEDS(self) -> frozenset[str]:
        """The keyUsage bits that the server's certificate must allow, by their RFC 5280 names in snake case."""

    def extensions(self) -> tuple[Extension, ...]:
        """Client: what the ClientHello says of it."""

    def possible(self, hello: ClientHello) -> bool:
        """Server: whether the client that sent this hello can follow."""

    def receive_server_key_exchange(
        self, link: Link, agreed: Agreed, certified: PublicKey
    ) -> Generator[State, Any, Any]:
        """Client: wait for what the server contributes besides the key in its certificate, and check it."""

    def send_client_key_exchange(self, link: Link, config: ClientConfig, hello: ClientHello, share: Any) -> bytes:
        """Client: send ClientKeyExchange; the pre-master secret."""

    def send_server_key_exchange(
        self, link: Link, config: ServerConfig, agreed: Agreed, credential: Credential, hello: ClientHello
    ) -> Any:
        """Server: send what it contributes besides the key in its certificate."""

    def receive_client_key_exchange(self, link: Link, hello: ClientHello, share: Any) -> Generator[State, Any, bytes]:
        """Server: wait for ClientKeyExchange; the pre-master secret."""


#: By the name that `Suite.key_exchange` gives.
KEY_EXCHANGES: dict[str, KeyExchangeMethod] = {"RSA": rsa}


def extensions(suites: Iterable[Suite]) -> list[Extension]:
    """What the ClientHello says of the key exchanges of these suites."""
    told: list[Extension] = []
    for way in dict.fromkeys(map(attrgetter("key_exchange"), suites)):
        told += KEY_EXCHANGES[way].extensions()
    return told


def check(suites: Iterable[Suite]) -> None:
    """ValueError for a suite whose key exchange does not exist."""
    for suite in suites:
        if suite.key_exchange not in KEY_EXCHANGES:
            known = ", ".join(KEY_EXCHANGES)
            raise ValueError(f"{suite.name} names the key exchange {suite.key_exchange!r}; there is {known}")


check(SUITES)
