"""Stories: both endpoints joined, in an order that each of them lived through."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.handshake.tls12.states import OPENING
from minitls.trace.file.events import Elided, Message, Protect, State
from minitls.trace.file.jsonl import Trace
from minitls.trace.story.merge import merge
from minitls.trace.story.story import Story
from tests.trace.conversations import ANSWER, FLAVOURS, QUESTION, recorded, refused

TRACES = [recorded(*flavour) for flavour in FLAVOURS] + [refused()]
FULL = ["ClientHello", "ServerHello", "Certificate", "ServerHelloDone", "ClientKeyExchange", "ChangeCipherSpec",
        "Finished", "ChangeCipherSpec", "Finished", "Alert", "Alert"]  # fmt: skip


@pytest.mark.parametrize("trace", TRACES)
def test_every_event_is_in_exactly_one_step(trace: Trace) -> None:
    story = Story(trace)
    numbers = sorted(n for step in story.steps for n in step.events)
    before_the_first = [e.n for e in trace.events if isinstance(e, State) and e.because is None][:2]
    missing = set(range(1, len(trace.events) + 1)) - set(numbers)
    assert len(numbers) == len(set(numbers)) and missing <= set(before_the_first)
    assert [step.number for step in story.steps] == list(range(1, len(story.steps) + 1))
    assert all(story.step_of[n] == step.number for step in story.steps for n in step.events)


def test_messages_are_told_once_in_the_order_of_the_rfc() -> None:
    story = Story(recorded("full", "AES128-SHA", True, True))
    assert [step.title for step in story.steps if step.kind == "message"] == FULL
    assert all(step.arrived and step.records[0].sent for step in story.steps if step.kind == "message")
    assert [step.data for step in story.steps if step.kind == "data"] == [QUESTION, ANSWER]


@pytest.mark.parametrize("trace", TRACES)
def test_the_order_is_that_of_each_endpoint(trace: Trace) -> None:
    story = Story(trace)
    for vantage in ("client", "server"):
        own = [e for e in trace.events if e.by == vantage and e.n in story.step_of and not isinstance(e, Protect)]
        messages = [story.step_of[e.n] for e in own if isinstance(e, Message)]
        deeds = [story.step_of[e.n] for e in own if e.event in ("derive", "keys", "verdict", "message")]
        assert deeds == sorted(deeds) and messages == sorted(messages)


@pytest.mark.parametrize("trace", TRACES)
def test_states_are_what_the_machines_went_through(trace: Trace) -> None:
    story = Story(trace)
    for side in ("client", "server"):
        told = [e.to_state for e in trace.events if isinstance(e, State) and e.side == side]
        seen = [story.opening[side], *(step.states[side] for step in story.steps)]  # type: ignore[index]  # a side
        walked = [state for index, state in enumerate(seen) if index == 0 or state != seen[index - 1]]
        assert [state for state in walked if state != "START"] == told
        assert told[0] == OPENING[side].name


def test_a_server_knows_the_secret_only_after_the_key_exchange() -> None:
    story = Story(recorded())
    by_title = {(step.side, step.title): step for step in story.steps}
    before = by_title["client", "pkcs1_block"]
    names = {viewer: [secret.name for secret in known] for viewer, known in before.knows.items()}
    assert "pre_master_secret" in names["client"]
    assert all("pre_master_secret" not in names[each] for each in ("server", "eavesdropper", "keyholder"))
    after = {viewer: {secret.name: secret for secret in known} for viewer, known in story.steps[-1].knows.items()}
    for secret in ("pre_master_secret", "master_secret", "key_block"):
        assert after["client"][secret].value == after["server"][secret].value == after["keyholder"][secret].value
        assert secret not in after["eavesdropper"]
    assert all(secret.public for secret in after["eavesdropper"].values())


def test_the_servers_key_does_not_open_a_resumed_connection() -> None:
    story = Story(recorded("ticket", "AES128-SHA", True, True))
    assert story.resumed == "ticket"
    knows = story.steps[-1].knows
    assert all(secret.public for secret in knows["keyholder"])
    assert "master_secret" in {secret.name for secret in knows["client"]}


def test_the_second_derivation_points_to_the_first() -> None:
    story = Story(recorded())
    pairs = {(step.title, step.side): step for step in story.steps if step.kind == "derive"}
    for name in ("session_hash", "master_secret", "key_block", "client_verify_data"):
        assert pairs[name, "server"].same_as == pairs[name, "client"].number
    assert pairs["pre_master_secret", "server"].same_as == pairs["pkcs1_block", "client"].number


def test_a_verdict_holds_its_checks() -> None:
    step = next(step for step in Story(refused()).steps if step.kind == "verdict")
    assert step.verdict and not step.verdict.accepted and any(not check.ok for check in step.checks)
    assert Story(refused()).failure is not None and Story(refused()).suite is None


def test_a_message_that_was_never_read() -> None:
    story = Story(refused())
    done = next(step for step in story.steps if step.title == "ServerHelloDone")
    assert not done.arrived and done.records[0].sent and done.records[0].received is None


@pytest.mark.parametrize("trace", TRACES[:3])
def test_any_beginning_of_a_trace_is_a_story(trace: Trace) -> None:
    for keep in range(len(trace.events)):
        steps = Story(replace(trace, events=trace.events[:keep])).steps
        assert len(steps) <= keep


def test_an_observers_trace_is_a_story_too() -> None:
    """What a listener tells: one endpoint, both senders."""
    trace = recorded(by=("client",))
    events = tuple(replace(event, by="observer") for event in trace.events)
    story = Story(replace(trace, header=replace(trace.header, by=("observer",)), events=events))
    assert [step.title for step in story.steps if step.kind == "message"][:3] == FULL[:3]
    assert {"master_secret", "key_block"} <= {secret.name for secret in story.steps[-1].knows["keyholder"]}


def test_values_that_were_left_out_are_never_the_same() -> None:
    trace = recorded()
    events = tuple(
        replace(event, output=Elided(48, None), steps=()) if event.event == "derive" else event
        for event in trace.events
    )
    assert all(step.same_as is None for step in Story(replace(trace, events=events)).steps)


class Item:
    def __init__(self, number: int) -> None:
        self.number = number


@given(st.lists(st.sampled_from(("a", "b", "both")), max_size=30), st.randoms(use_true_random=False))
def test_merging_keeps_the_order_of_each_chain(whose: list[str], chance: object) -> None:
    items = [Item(index) for index in range(len(whose))]
    chance.shuffle(items)  # type: ignore[attr-defined]  # a random.Random
    chains = [[item for item, who in zip(items, whose, strict=True) if who in (name, "both")] for name in ("a", "b")]
    merged = merge(chains, key=lambda item: item.number)
    assert sorted(merged, key=id) == sorted({*chains[0], *chains[1]}, key=id)
    for chain in chains:
        places = [merged.index(item) for item in chain]
        assert places == sorted(places)


def test_chains_that_contradict_each_other_are_merged_all_the_same() -> None:
    one, two = Item(1), Item(2)
    assert merge([[one, two], [two, one]], key=lambda item: item.number) == [one, two]
