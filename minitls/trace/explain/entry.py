"""The shape of an explanation."""

from __future__ import annotations

from typing import NamedTuple


class Explanation(NamedTuple):
    """One row of the table; each part is one to three whole sentences."""

    what: str
    why: str
    without: str
    """What goes wrong without it, or with a wrong one."""
    section: str
    """Where the rule stands."""
