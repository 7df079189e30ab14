"""What resuming a session saves: the costs of a full and of a resumed handshake, side by side."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from ..trace.story.cost import cost_of
from ..trace.story.story import Story
from .theme import DIM, GOOD

_LABELS = (
    "handshake, bytes on the wire",
    "round trips before the client's data",
    "private-key operations",
    "certificate checks",
)
_LABEL, _COLUMN = 40, 18


def savings(full: Story, resumed: Story) -> Iterator[Text]:
    """A table of at most 80 columns: what each of the two handshakes took."""
    yield Text.assemble(
        (f"{'What resuming saves':<{_LABEL}}", "bold"),
        (f"{'first, in full':>{_COLUMN}}{'second, resumed':>{_COLUMN}}", DIM),
    )
    for label, before, after in zip(_LABELS, cost_of(full), cost_of(resumed), strict=True):
        yield Text.assemble(f"{label:<{_LABEL}}{before:>{_COLUMN},}", (f"{after:>{_COLUMN},}", GOOD))
