"""Who can read a connection: each sentence that minitls says of it against what `trace from-capture` can really do."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from minitls import SessionCache, TicketKeys
from minitls.pki import demo as demo_pki
from minitls.render.ladder.ladder import render_ladder
from minitls.render.words import words_for
from minitls.trace.explain.registries import key_exchange_of
from minitls.trace.file.events import Protect, Record
from minitls.trace.file.jsonl import Trace, read_trace
from minitls.trace.story.readers import key_opens, reader_of
from minitls.trace.story.story import Story
from tests.helpers import client_config, server_config
from tests.trace.captures import run
from tests.trace.conversations import QUESTION, record, recorded
from tests.trace.packets import packets, pcap

HOW = ("full", "session ID", "ticket")
#: What a listener may have besides the recording, the least first, and who is told to have it.
INPUTS = {"nobody": (), "keyholder": ("second",), "keyholder of the first": ("first", "second")}
#: What the ladder ends with, by the least of these that opens the connection.
SAID = {
    "keyholder": "with the server's RSA key it knows them all",
    "keyholder of the first": "with a recording of the first one it opens both",
}


def pair(how: str, ems: bool) -> dict[str, Trace]:
    """Two connections of one client with one server. For "full" the second is a full handshake as well."""
    sessions = SessionCache() if how != "full" else None
    client = client_config(sessions=sessions, tickets=how == "ticket", extended_master_secret=ems)
    server = server_config(sessions=SessionCache(), ticket_keys=TicketKeys(), extended_master_secret=ems)
    return {"first": record(client, server), "second": record(client, server)}


def opens(directory: Path, traces: list[Trace], with_key: bool) -> bool:
    """Whether the data of the last connection can be read from a capture of all these."""
    made = []
    for number, trace in enumerate(traces):
        flows = [(e.sender, e.header + e.fragment) for e in trace.events if isinstance(e, Record) and e.by == e.sender]
        made += packets(flows, port=40000 + number, when=number)
    (directory / "server.key").write_bytes(demo_pki.server_key())
    capture = pcap(directory / "c.pcap", made)
    with_what = ("--key", directory / "server.key") if with_key else ()
    run(capture, *with_what, "--all", "-o", directory / "t.jsonl")
    last = directory / (f"t-{len(traces)}.jsonl" if len(traces) > 1 else "t.jsonl")
    trace = read_trace(last if last.exists() else directory / "t-1.jsonl")
    return QUESTION in [event.plaintext for event in trace.events if isinstance(event, Protect)]


@pytest.mark.parametrize("ems", [True, False], ids=["EMS", "no EMS"])
@pytest.mark.parametrize("how", HOW)
def test_what_the_ladder_says_of_others_is_what_a_capture_gives_away(how: str, ems: bool, tmp_path: Path) -> None:
    traces = pair(how, ems)
    least = next(
        reader
        for reader, recorded in INPUTS.items()
        if opens(tmp_path, [traces[each] for each in recorded or ("second",)], with_key=bool(recorded))
    )
    text = io.StringIO()
    render_ladder(traces["second"], Console(file=text, width=1000))
    said = " ".join(text.getvalue().split())
    assert [reader for reader, sentence in SAID.items() if sentence in said] == [least]
    assert reader_of(Story(traces["second"]).steps[-1]) == least


@pytest.mark.parametrize("how", HOW)
def test_both_sides_are_spoken_of_where_both_are_there(how: str) -> None:
    """Of two steps that derive one value the first speaks of one side, the second of both, and of nobody wrongly."""
    steps = [step for step in Story(pair(how, True)["second"]).steps if step.kind == "derive"]
    assert any(step.same_as for step in steps)
    for step in steps:
        said = words_for(step).what.lower()
        assert step.same_as is not None or not ("both sides" in said or "the same" in said), step.title
        if step.same_as is not None and step.title == "key_block":
            assert "both sides" in said and ("unless it recorded the first" in said) == (how != "full")


def test_a_key_exchange_that_is_only_signed_keeps_its_secret_from_the_servers_key() -> None:
    """RFC 5246 appendix F.1.1.2 and F.1.1.3: the RSA key opens what was encrypted to it, and no ephemeral exchange."""
    assert key_opens("RSA")
    assert not any(key_opens(each) for each in ("ECDHE", "DHE", None))


@pytest.mark.parametrize("suite", [0xC00E, 0x0031, 0x008C, 0xC018], ids=["ECDH_RSA", "DH_RSA", "PSK", "ECDH_anon"])
def test_of_a_key_exchange_without_rows_nothing_is_promised(suite: int) -> None:
    """The server's static key gives the pre-master secret of (EC)DH (RFC 4492 section 2.1), a PSK its own (4279)."""
    story = Story(recorded())
    step = replace(story.steps[-1], key_exchange=key_exchange_of(suite), knows={})
    assert reader_of(step) == "unsaid"
