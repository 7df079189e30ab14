"""What was said before TLS, in words: tunnels first, as many as there are, then a protocol that asks for TLS."""

from __future__ import annotations

from typing import NamedTuple

from ...wire.sniff import foreign_protocol
from .lines import lines
from .packets import PACKETS
from .stretch import Recogniser, Stretch
from .tunnels import TUNNELS, http_upgrade

#: Tunnels within tunnels that are looked into.
_MAX_DEPTH = 4
_ASKING: tuple[Recogniser, ...] = (http_upgrade, *PACKETS, lines)


class Told(NamedTuple):
    """A dialogue as far as it was heard."""

    words: tuple[str, ...]
    """Tunnels, protocol, and what asked for TLS, in order; empty if nothing was said."""
    exact: bool
    """Whether the client's bytes end where a protocol says that TLS begins."""
    asked: bool
    """Whether somebody asked for TLS, or for a tunnel."""
    answer: str
    refused: int
    granted: bool

    @property
    def sentence(self) -> str:
        """What came first, as in "SMTP, then STARTTLS"."""
        again = {0: "", 1: " (refused once before)"}.get(self.refused, f" (refused {self.refused} times before)")
        refused = " (refused, and a ClientHello all the same)" if self.refused else ""
        return ", then ".join(self.words) + (again if self.granted else refused)

    @property
    def name(self) -> str:
        """What a connection is on which no TLS followed."""
        if not self.asked or not self.words:
            return self.words[-1] if self.words else "unknown"
        outcome = "granted, but no TLS follows" if self.granted else "refused" if self.refused else "not answered"
        if len(self.words) == 1:
            return f"{self.words[0]}, {outcome}"
        return f"{', '.join(self.words[:-1])} ({self.words[-1]} {outcome})"


def told(client: bytes, server: bytes) -> Told:
    """What `client` and `server`, the bytes of both sides before TLS (or all there are), say to each other."""
    words: list[str] = []
    at = heard = 0
    last = Stretch(())
    for _ in range(_MAX_DEPTH):
        stretch = _first(TUNNELS, client[at:], server[heard:])
        if stretch is None:
            break
        words += stretch.words
        last, at, heard = stretch, at + stretch.client, heard + stretch.server
        if not stretch.client or (stretch.refused and not stretch.granted):
            break
    rest, answers = client[at:], server[heard:]
    asked = bool(last.words)
    if (rest and last.granted) or (not asked and (rest or answers)):
        stretch = _first(_ASKING, rest, answers) or Stretch((_other(rest, answers),))
        words += stretch.words
        asked = asked or bool(stretch.client)
        last, at = stretch, at + stretch.client
    return Told(tuple(words), asked and at == len(client), asked, last.answer, last.refused, last.granted)


def _first(readers: tuple[Recogniser, ...], client: bytes, server: bytes) -> Stretch | None:
    return next((stretch for reader in readers if (stretch := reader(client, server)) is not None), None)


def _other(client: bytes, server: bytes) -> str:
    """A protocol without a row: by its first words, if those are known."""
    return foreign_protocol(client) or foreign_protocol(server) or "an unknown protocol"
