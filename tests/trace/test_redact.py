"""Redaction: nothing that a viewer cannot know is left, and what is left is still a trace."""

from __future__ import annotations

from dataclasses import replace

import pytest

from minitls.errors import BadRecordMAC
from minitls.trace.check import check
from minitls.trace.file.events import Alert, Derive, Elided, Keys, Message, Note, Random
from minitls.trace.file.jsonl import Trace
from minitls.trace.file.values import inputs_of
from minitls.trace.record import Recording
from minitls.trace.redact import redact
from minitls.trace.story.knowledge import PUBLIC, VIEWERS
from minitls.trace.story.story import Story
from tests.helpers import client_config, new_client, new_server, server_config
from tests.trace.conversations import ANSWER, FLAVOURS, QUESTION, carry, lines_of, read_lines, recorded

TRACES = [recorded(*flavour) for flavour in FLAVOURS]
SENT = ("client random", "server random", "session ID", "IV")


def text_of(trace: Trace) -> str:
    return b"".join(lines_of(trace)).decode()


def secrets_of(trace: Trace) -> set[str]:
    """Every secret byte string of a trace, in hex."""
    found: set[str] = {QUESTION.hex(), ANSWER.hex()}
    for event in trace.events:
        if isinstance(event, Derive):
            if event.name not in PUBLIC:
                assert isinstance(event.output, bytes)
                found.add(event.output.hex())
                found |= {step.output.hex() for step in event.steps}
            inputs = inputs_of(trace, event)
            found |= {inputs[name].hex() for name in inputs if "secret" in name and "encrypted" not in name}
        if isinstance(event, Keys):
            found |= {getattr(event, name).hex() for name in ("key", "mac_key", "fixed_iv")}
        if isinstance(event, Random) and event.purpose not in SENT:
            assert isinstance(event.bytes, bytes)
            found.add(event.bytes.hex())
    return {secret for secret in found if len(secret) > 8}


@pytest.mark.parametrize("trace", TRACES)
def test_an_eavesdropper_finds_no_secret(trace: Trace) -> None:
    seen = redact(trace, "eavesdropper")
    text = text_of(seen)
    assert all(secret in text_of(trace) for secret in secrets_of(trace))
    assert [secret for secret in secrets_of(trace) if secret in text] == []
    assert '"secrets": false' in text and '"view": "eavesdropper"' in text
    protected = [event for event in trace.events if isinstance(event, Alert)]
    assert protected and not any(isinstance(event, Alert) for event in seen.events)


@pytest.mark.parametrize("trace", TRACES)
@pytest.mark.parametrize("viewer", VIEWERS)
def test_what_is_left_is_a_true_trace(trace: Trace, viewer: str) -> None:
    seen = read_lines(lines_of(redact(trace, viewer)))  # type: ignore[arg-type]  # one of VIEWERS
    assert seen.intact and check(seen).true
    assert Story(seen).steps


def test_a_keyholder_reads_a_full_handshake_and_not_a_resumed_one() -> None:
    full, resumed = recorded(), recorded("ticket", "AES128-SHA", True, True)
    assert QUESTION.hex() in text_of(redact(full, "keyholder"))
    assert redact(full, "keyholder").header.secrets
    assert QUESTION.hex() not in text_of(redact(resumed, "keyholder"))
    assert not redact(resumed, "keyholder").header.secrets
    stand_in = next(e for e in full.events if isinstance(e, Random) and e.purpose.startswith("stand-in"))
    assert isinstance(stand_in.bytes, bytes) and stand_in.bytes.hex() not in text_of(redact(full, "keyholder"))


@pytest.mark.parametrize("side", ["client", "server"])
def test_a_side_sees_what_it_told(side: str) -> None:
    trace = recorded()
    seen = redact(trace, side)  # type: ignore[arg-type]  # a side is a viewer
    assert seen.header.by == (side,) and len(seen.events) == sum(event.by == side for event in trace.events)
    report = check(seen)
    assert report.true and not report.unverified and report.counts["Finished"] == 2


def test_what_nobody_told_cannot_be_seen() -> None:
    alone = recorded(by=("client",))
    with pytest.raises(ValueError, match="only the server saw"):
        redact(alone, "server")
    with pytest.raises(ValueError, match="not as mallory"):
        redact(alone, "mallory")  # type: ignore[arg-type]  # that is the point


def test_a_key_exchange_that_holds_nothing_opens_nothing() -> None:
    """The keyholder's view of a trace whose keys came from a key log, and whose ClientKeyExchange is empty."""
    trace = recorded()
    empty = bytes.fromhex("10 000002 0000")
    events = tuple(
        replace(event, bytes=empty) if isinstance(event, Message) and event.type == "ClientKeyExchange" else event
        for event in trace.events
    )
    assert redact(trace, "keyholder").header.secrets
    seen = redact(replace(trace, events=events), "keyholder")
    assert not seen.header.secrets
    assert all(
        isinstance(event.output, Elided)
        for event in seen.events
        if isinstance(event, Derive) and event.name == "key_block"
    )


def test_a_fatal_alert_under_protection_stays_untold_with_its_reason() -> None:
    """The reason in the note says what the protected record holds (RFC 5246 section 7.2: alerts are encrypted)."""
    recording = Recording(("client", "server"))
    client = new_client(replace(client_config(), observer=recording.observer("client")))
    server = new_server(replace(server_config(), observer=recording.observer("server")))
    carry(client, server)
    client.send_data(QUESTION)
    damaged = client.data_to_send()
    with pytest.raises(BadRecordMAC):
        server.receive_data(damaged[:-1] + bytes((damaged[-1] ^ 1,)))
    carry(client, server)
    trace = recording.close()
    told = [event.by for event in trace.events if isinstance(event, Note) and event.id == "failure"]
    assert sorted(told) == ["client", "server"] and "bad_record_mac" in text_of(trace)
    text = text_of(redact(trace, "eavesdropper"))
    assert not any(word in text for word in ("bad_record_mac", "BadRecordMAC", "PeerAlert", "MAC or padding"))
    assert "bad_record_mac" in text_of(redact(trace, "keyholder"))
