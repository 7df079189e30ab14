"""Trace check: a true trace is found true, and nothing that was changed in one is."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest

from minitls import TLSError
from minitls.crypto.suites import BY_CODE
from minitls.trace.check import check
from minitls.trace.check.difference import Shared
from minitls.trace.file.events import (
    KEYS,
    Alert,
    Data,
    Derive,
    Event,
    Judged,
    Keys,
    Message,
    Note,
    Protect,
    Record,
    State,
    Unprotect,
)
from minitls.trace.file.jsonl import Trace
from minitls.trace.record import Recording
from tests.helpers import Clock, client_config, credential, new_server, server_config
from tests.trace.conversations import EVERY, FLAVOURS, lines_of, read_lines, record, recorded, refused

TRACES = [recorded(*flavour) for flavour in FLAVOURS] + [refused()]
ONE_ENDPOINT = [
    recorded(*flavour, by=(vantage,))  # type: ignore[arg-type]  # the loop variable is one of the two literals
    for flavour in (FLAVOURS[0], FLAVOURS[2])
    for vantage in ("client", "server")
]


@pytest.mark.parametrize("how", EVERY, ids=lambda how: "-".join(str(each) for each in how))
def test_every_kind_of_connection_gives_a_true_trace(how: tuple[str, str, bool, bool]) -> None:
    trace = recorded(*how)
    report = check(trace)
    assert report.differences == () and report.unverified == () and report.true and report.intact
    finished = sum(isinstance(event, Message) and event.type == "Finished" for event in trace.events)
    assert report.counts["Finished"] == finished == 4
    assert report.counts["derivations"] == sum(isinstance(event, Derive) for event in trace.events)
    assert report.counts["records opened"] == sum(isinstance(event, Protect) for event in trace.events) >= 8
    assert report.counts["state moves"] == sum(isinstance(event, State) for event in trace.events)


@pytest.mark.parametrize("trace", ONE_ENDPOINT)
def test_one_endpoint_alone_can_be_checked(trace: Trace) -> None:
    report = check(trace)
    assert report.true and report.counts["Finished"] == 2


def test_a_true_trace_may_tell_of_a_handshake_that_failed() -> None:
    report = check(refused())
    assert report.true and report.intact and report.counts["certificate checks"] > 20


def test_with_the_servers_key_the_secret_is_decrypted_again() -> None:
    trace = recorded("full", "AES128-SHA", True, True, by=("server",))
    report = check(trace, credential().private_key)
    assert report.true
    other = check(trace, credential("client").private_key)
    assert not other.true and other.differences[0].what == "pre_master_secret"


@pytest.mark.slow
def test_a_thousand_edits_of_derived_and_travelled_values_are_all_found() -> None:
    chance = random.Random(11)
    files = [lines_of(trace) for trace in [*TRACES, *ONE_ENDPOINT]]
    for _ in range(1000):
        lines = list(chance.choice(files))
        at, path, value = chance.choice(list(_spots(lines, chance)))
        digit = chance.randrange(len(value))
        other = chance.choice([each for each in "0123456789abcdef" if each != value[digit]])
        told = json.loads(lines[at])
        if _follows_from_nothing(told, path, digit, json.loads(lines[0])["by"]):
            continue
        _set(told, path, value[:digit] + other + value[digit + 1 :])
        lines[at] = json.dumps(told, ensure_ascii=False).encode() + b"\n"
        report = check(read_lines(_sealed(lines)))
        assert report.intact, "the digest was made anew"
        assert not report.true, f"line {at + 1}, {path}, digit {digit} of {value[:60]}"
        first = report.differences[0]
        assert 1 <= first.event <= len(lines) - 2 and first.recorded != first.derived


def _follows_from_nothing(told: dict[str, Any], path: tuple[Any, ...], digit: int, by: list[str]) -> bool:
    """The one thing that does, if only the server tells: which 03xx the client's first record bore (appendix E.1)."""
    first = told["event"] == "record" and told["from"] == "client" and told["number"] == 0
    return by == ["server"] and first and path == ("header",) and digit == 5


Spot = tuple[int, tuple[Any, ...], str]


def _spots(lines: list[bytes], chance: random.Random) -> Iterator[Spot]:
    """Every place in one line, drawn at random, where hex digits stand in a value marked wire or derived."""
    found: list[Spot] = []
    while not found:
        at = chance.randrange(1, len(lines) - 1)
        told = json.loads(lines[at])
        keys = [key for key in KEYS[told["event"]].values() if key.origin in ("wire", "derived")]
        found = [(at, path, value) for key in keys for path, value in _hex(told[key.json], (key.json,))]
    yield from found


def _hex(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], str]]:
    if isinstance(value, str) and value and len(value) % 2 == 0 and set(value) <= set("0123456789abcdef"):
        yield path, value
    elif isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _hex(each, (*path, key))


def _set(told: Any, path: tuple[Any, ...], value: str) -> None:
    for step in path[:-1]:
        told = told[step]
    told[path[-1]] = value


def _sealed(lines: list[bytes]) -> list[bytes]:
    digest = hashlib.sha256(b"".join(lines[:-1])).hexdigest()
    end = {"event": "end", "events": len(lines) - 2, "sha256": digest}
    return [*lines[:-1], json.dumps(end).encode() + b"\n"]


def _changed(trace: Trace, wanted: type[Event], which: int, **changes: Any) -> Trace:
    """The trace with the fields of one event changed: the `which`-th of its kind."""
    found = [event for event in trace.events if isinstance(event, wanted)][which]
    events = tuple(replace(event, **changes) if event is found else event for event in trace.events)
    return replace(trace, events=events)


@pytest.mark.parametrize(
    ("wanted", "which", "changes", "told"),
    [
        (State, 3, {"to_state": "CONNECTED"}, "where the client may go"),
        (State, 3, {"from_state": "WAIT_FINISHED"}, "where the client stands"),
        (State, 5, {"because": 3}, "may go"),
        (Keys, 0, {"suite": "TLS_RSA_WITH_AES_256_CBC_SHA"}, "the suite"),
        (Keys, 0, {"encrypt_then_mac": True}, "encrypt_then_mac"),
        (Protect, 0, {"sequence": 7}, "the sequence number"),
        (Protect, 0, {"type": 23}, "the content type"),
        (Message, 0, {"type": "ServerHello"}, "the name of the message"),
        (Message, 3, {"records": ()}, "the records that carried it"),
        (Derive, 0, {"formula": "a guess"}, "the formula of"),
        (Record, 3, {"number": 1003}, "the number of the record"),
        (Alert, 0, {"level": 257}, "the alert"),
        (Alert, 0, {"sender": "server"}, "who sent the alert"),
        (Data, 0, {"sender": "server"}, "who sent the data"),
        (Derive, 0, {"name": "philosophers_stone"}, ""),
    ],
)
def test_what_is_no_hex_is_checked_as_well(wanted: type[Event], which: int, changes: Any, told: str) -> None:
    trace = _changed(recorded(), wanted, which, **changes)
    report = check(trace)
    if told:
        assert any(told in each.what for each in report.differences), report.differences
    else:
        assert any("no derivation that minitls knows" in each for each in report.unverified)


def test_what_the_two_endpoints_tell_of_a_record_is_compared() -> None:
    trace = recorded()
    received = next(event for event in trace.events if isinstance(event, Record) and event.by != event.sender)
    header = b"\x16\x03\x01" + received.header[3:]  # type: ignore[index,operator]  # nothing is elided in this trace
    events = tuple(replace(event, header=header) if event is received else event for event in trace.events)
    report = check(replace(trace, events=events))
    assert [each.what for each in report.differences] == ["header of the client's record 0"]


def test_a_trace_that_is_cut_off_is_true_as_far_as_it_goes() -> None:
    lines = lines_of(recorded())
    for keep in range(1, len(lines), 5):
        report = check(read_lines(lines[:keep]))
        assert report.true and not report.intact and "cut off" in report.reason


def test_a_chain_that_no_trusted_root_vouches_for_is_judged_again_too() -> None:
    from minitls import TrustStore

    trace = record(client_config(trust=TrustStore.of([credential("client").chain[0]])), server_config())
    report = check(trace)
    assert report.true and report.counts["certificate checks"] > 10


def test_an_expired_certificate_is_judged_again_at_its_own_time() -> None:
    clock = Clock()
    clock.move(days=40_000)
    trace = record(client_config(now=clock), server_config(now=clock))
    report = check(trace)
    assert report.true and not any(event.event == "keys" for event in trace.events)


def test_a_signature_is_verified_where_it_arrives_whether_or_not_its_derivation_is_told() -> None:
    """Take the derivation away, change the signature in every record and message: the trace is as untrue as before."""
    trace = recorded("client auth")
    proof = next(event for event in trace.events if isinstance(event, Message) and event.type == "CertificateVerify")
    assert isinstance(proof.bytes, bytes)
    forged = proof.bytes[:-1] + bytes([proof.bytes[-1] ^ 1])

    def changed(event: Event) -> Event:
        match event:
            case Message(bytes=proof.bytes):
                return replace(event, bytes=forged)
            case Record(fragment=proof.bytes):
                return replace(event, fragment=forged)
            case Derive(name="certificate_verify"):
                return Note(n=event.n, t=event.t, by=event.by, id="nothing", values={})
        return event

    untouched = replace(trace, events=tuple(map(changed, trace.events)))
    found = [each.what for each in check(untouched).differences]
    assert sum("the signature: " in what for what in found) == 2, "both endpoints saw it"
    assert check(trace).counts["signatures"] == 2


def test_a_value_of_another_key_exchange_is_no_value_of_this_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    """An RSA secret under an ECDHE suite was once called true."""
    suite = BY_CODE[0x009C]._replace(key_exchange="ECDHE")
    monkeypatch.setitem(BY_CODE, 0x009C, suite)
    report = check(recorded())
    assert "pkcs1_block by 00 02 padding 00 pre_master_secret" in [each.what for each in report.differences]


def test_a_full_handshake_follows_from_what_its_endpoint_tells() -> None:
    """With the derivations before it taken away, a key block could come from any master secret."""
    trace = recorded(by=("client",))
    rows = [event for event in trace.events if isinstance(event, Derive)]
    block = next(event for event in rows if event.name == "key_block")
    gone = {event.n for event in rows if event.n < block.n}
    events = tuple(
        Note(n=event.n, t=event.t, by=event.by, id="gone", values={}) if event.n in gone else event
        for event in trace.events
    )
    known = replace(block, inputs={**block.inputs, "master_secret": bytes(48)})
    events = tuple(known if event is block else event for event in events)
    found = [each.what for each in check(replace(trace, events=events)).differences]
    assert "key_block cannot be derived" in found
    assert check(recorded("ticket", by=("client",))).true, "a resumed one may bring its master secret along"


def test_what_a_peer_calls_data_in_the_clear_makes_no_trace_untrue() -> None:
    recording = Recording(("server",))
    server = new_server(observer=recording.observer("server"))
    with pytest.raises(TLSError):
        server.receive_data(b"\x17\x03\x03\x00\x01a")
    assert check(recording.close()).true


def test_a_warning_excuses_no_wrong_finished() -> None:
    """decrypt_error excuses what was refused with it, and a refusal is fatal."""
    trace = recorded()
    close = next(event for event in trace.events if isinstance(event, Alert))
    shared = Shared(replace(trace, events=(replace(close, level=1, description=51),)), None)
    assert shared.alerts == set()
    assert Shared(replace(trace, events=(replace(close, level=2, description=51),)), None).alerts == {51}


def test_what_is_opened_was_not_sent_by_who_opens_it() -> None:
    trace = recorded()
    sealed = next(event for event in trace.events if isinstance(event, Protect) and not isinstance(event, Unprotect))
    values = {field.name: getattr(sealed, field.name) for field in fields(sealed)}
    events = tuple(Unprotect(**values) if event is sealed else event for event in trace.events)
    assert any("did not send it" in each.what for each in check(replace(trace, events=events)).differences)


def test_a_chain_that_was_accepted_names_its_root() -> None:
    """Or a refused one could be called accepted, with nothing to judge it by."""
    trace = refused()
    judged = next(event for event in trace.events if isinstance(event, Judged))
    checks = {event.n: event for event in trace.events if event.event == "check"}
    nowhere = {n: replace(each, values={**each.values, "trusted through": "nowhere"}) for n, each in checks.items()}  # type: ignore[attr-defined,call-arg]  # they are checks
    changed = replace(judged, accepted=True, inputs={**judged.inputs, "roots": []})
    events = tuple(changed if event is judged else nowhere.get(event.n, event) for event in trace.events)
    found = [each.what for each in check(replace(trace, events=events)).differences]
    assert "a chain that is accepted names its root" in found or "whether the chain is accepted" in found
