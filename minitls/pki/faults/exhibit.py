"""One exhibit of the gallery: a chain with exactly one thing wrong, and the question under which that shows.

Every fault has a twin without it that must be accepted. Usually the same recipe is followed without the fault; where
the chain is sound and only the question makes it wrong (another host, another trust), the twin is the same chain
under another question, told in `well`. The exhibits stand in `leaves.py` and `issuers.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .recipes import ChainRecipe

OTHER = "gallery/other.pem"
WEB_ONLY = "a rule of the web profile, not of RFC 5280; openssl verify does not make it"


@dataclass(frozen=True)
class Exhibit:
    """One exhibit: what is wrong, which rule says so, and the question under which it shows."""

    name: str
    rule: str
    about: str
    recipe: ChainRecipe
    host: str = "localhost"
    ca: str = "demo"
    crl: str = ""
    key: str = "server.key"
    well: dict[str, str] = field(default_factory=dict)
    """What the twin's question has instead; if empty, the twin's chain is made without the fault."""
    openssl: str = ""
    """Why `openssl verify` accepts it, "" if it refuses it too."""
