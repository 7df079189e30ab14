"""One stretch of what is said before TLS, as every protocol's row tells it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

_SHOWN = 60


class Stretch(NamedTuple):
    """A stretch of both directions that belongs to one protocol."""

    words: tuple[str, ...]
    """What it is, and what asked for TLS if something did: ("SMTP", "STARTTLS")."""
    client: int = 0
    """How many of the client's bytes belong to it: up to and with what asks for TLS; 0 if nothing did."""
    server: int = 0
    """How many of the server's bytes do, as far as that can be told."""
    answer: str = ""
    """How the server answered the last that asked, in its own words; "" if it did not."""
    refused: int = 0
    """How many times the server said no."""
    granted: bool = False
    """Whether its last answer was yes. Some protocols have none."""


#: Reads what client and server said so far; None if it is another protocol.
Recogniser = Callable[[bytes, bytes], Stretch | None]


def quoted(data: bytes) -> str:
    """Bytes of a peer as people may see them: one short line of printable characters."""
    text = data.strip().decode("utf-8", "replace")
    text = "".join(c if c.isprintable() else "." for c in text)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 2]}.."
