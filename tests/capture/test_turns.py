"""Whose turn it is to speak: what a side may keep waiting is bounded, whatever its records hold."""

from __future__ import annotations

import pytest

from minitls.capture import turns
from minitls.capture.turns import Turns
from minitls.wire.records import Record


@pytest.mark.parametrize("size", [0, 1, 100])
def test_records_that_wait_have_an_end_even_if_they_are_empty(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With RFC 5246 section 6.2.1's header of 5 bytes counted; before the end the server may not speak first."""
    monkeypatch.setattr(turns, "MAX_WAITING", 1000)
    waiting, fits = Turns(), 1000 // (5 + size)
    for _ in range(fits):
        waiting.put("server", Record(23, 0x0303, bytes(size)))
    assert list(waiting.ready()) == []
    waiting.put("server", Record(23, 0x0303, bytes(size)))
    assert len(list(waiting.ready())) == fits + 1
