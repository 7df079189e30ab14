"""What resuming saves: counts against the bytes that really passed and the figures of RFC 5246."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from minitls.render.saved import savings
from minitls.trace.file.events import Message, Record
from minitls.trace.story.cost import cost_of
from minitls.trace.story.story import Story
from tests.trace.conversations import recorded


@pytest.mark.parametrize("how", ["session ID", "ticket"])
def test_a_resumed_handshake_saves_a_round_trip_and_the_private_key(how: str) -> None:
    """RFC 5246 section 7.3: two round trips in figure 1, one in figure 2, which has neither certificate nor RSA."""
    full, resumed = cost_of(Story(recorded())), cost_of(Story(recorded(how)))
    assert (full.round_trips, full.private_key_operations) == (2, 1)
    assert (resumed.round_trips, resumed.private_key_operations, resumed.certificate_checks) == (1, 0, 0)
    assert full.certificate_checks > 0


def test_a_client_with_a_certificate_costs_a_private_key_operation_more() -> None:
    """It signs, the server decrypts (RFC 5246 sections 7.4.7.1 and 7.4.8)."""
    assert cost_of(Story(recorded("client auth"))).private_key_operations == 2


@pytest.mark.parametrize("how", ["full", "ticket"])
def test_bytes_are_those_that_passed_until_both_had_finished(how: str) -> None:
    trace = recorded(how)
    last = [event for event in trace.events if isinstance(event, Message) and event.type == "Finished"][-1]
    sent = [event for event in trace.events[: last.n] if isinstance(event, Record) and event.by == event.sender]
    assert cost_of(Story(trace)).wire_bytes == sum(len(bytes(e.header)) + len(bytes(e.fragment)) for e in sent)


def test_the_table_stands_side_by_side_in_80_columns() -> None:
    lines = list(savings(Story(recorded()), Story(recorded("ticket"))))
    assert {cell_len(line.plain) for line in lines} == {76}
    assert lines[2].plain.split()[-2:] == ["2", "1"]
