"""How traces look in a terminal: one colour for each meaning, marks with and without Unicode, values cut to a width."""

from __future__ import annotations

from typing import NamedTuple

from rich.console import Console

from ..trace.explain.facts import printable_data, short
from ..trace.file.events import Elided, Hex, VantagePoint

STYLE: dict[VantagePoint, str] = {"client": "cyan", "server": "magenta", "observer": "blue"}
SECRET, GOOD, BAD, DIM = "yellow", "green", "bold red", "dim"
#: Every page fits this many columns, which any terminal has. On a wider one a ladder grows, as far as lines read well.
WIDTH, WIDEST = 80, 110
#: The parts of a protected record, in few letters.
PART = {
    "cbc.iv": "IV",
    "cbc.ciphertext": "encrypted",
    "cbc.outer_mac": "MAC",
    "gcm.explicit_nonce": "nonce",
    "gcm.ciphertext": "encrypted",
    "gcm.tag": "tag",
    "Record.fragment": "unread",
}


class Glyphs(NamedTuple):
    """The marks of the page, in Unicode or for terminals that have none."""

    clear: str
    protected: str
    right: str
    left: str
    state: str
    bar: str
    good: str
    bad: str


UNICODE = Glyphs("─", "━", "▶", "◀", "●", "│", "✓", "✗")
ASCII = Glyphs("-", "=", ">", "<", "*", "|", "ok", "NO")


def glyphs_for(console: Console) -> Glyphs:
    """Unicode marks if the console can print them."""
    try:
        "".join(UNICODE).encode(console.encoding)
    except (UnicodeError, LookupError):
        return ASCII
    return UNICODE


def width_for(console: Console) -> int:
    """How wide a ladder is: as wide as the terminal, within reason; elsewhere `WIDTH`."""
    return max(WIDTH, min(console.width, WIDEST)) if console.is_terminal else WIDTH


def length(value: Hex | None) -> int:
    """How many bytes a value has, whether or not they are in the trace."""
    return value.length if isinstance(value, Elided) else len(value or b"")


def known(value: Hex) -> bytes:
    """The bytes of a value, none if they were left out."""
    return b"" if isinstance(value, Elided) else value


def hexed(value: Hex, count: int) -> str:
    """The first `count` bytes in hex, or a word on why there are none."""
    if isinstance(value, Elided):
        return "(not in this trace)" if value.sha256 else "(hidden)"
    return short(value, count) or "nothing"


def said(data: Hex | None) -> str:
    """Application data as people read it."""
    if data is None:
        return "nobody who tells this could open it"
    return hexed(data, 0) if isinstance(data, Elided) else printable_data(data)


def parts_line(parts: list[tuple[str, bytes]], room: int) -> str:
    """Named parts of a record in hex, bars between them; the longest ones are cut until all fit."""
    counts = [len(data) for _, data in parts]

    def line() -> str:
        pieces = [f"{name} {short(data, count)}" for (name, data), count in zip(parts, counts, strict=True)]
        return " | ".join(pieces).strip()

    while len(line()) > room:
        counts[counts.index(max(counts))] -= 1
    return line()


def printable(text: str) -> str:
    """`text` without characters that could steer a terminal."""
    return "".join(c if c.isprintable() else "." for c in text)
