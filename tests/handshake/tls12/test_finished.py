"""ChangeCipherSpec and Finished: what is sent under which keys, and what is accepted; judged by `by_the_rfc.py`."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from minitls.crypto.suites import SUITES, Suite
from minitls.errors import AlertDescription, DecryptError, UnexpectedMessage
from minitls.handshake.tls12.agreed import Agreed
from minitls.handshake.tls12.connection_keys import ConnectionKeys, resume
from minitls.handshake.tls12.finished import receive_finished, send_finished
from minitls.handshake.tls12.states import State
from minitls.observe import KeysChanged
from minitls.record_layer import RecordLayer
from minitls.wire.messages import ChangeCipherSpec, Finished, NewSessionTicket
from minitls.wire.records import Record
from tests.crypto import by_the_rfc
from tests.handshake import peer
from tests.handshake.links import Alone, session

CLIENT, SERVER, MASTER = b"c" * 32, b"s" * 32, b"m" * 48
HEARD = b"\x01\0\0\x01a"
EACH_SUITE = pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
EACH_SIDE = pytest.mark.parametrize(("side", "other"), [("client", "server"), ("server", "client")])


def finished_of(sender: str, suite: Suite, messages: bytes) -> bytes:
    """RFC 5246 section 7.4.9."""
    prf_hash = peer.SUITES[suite.code].prf_hash
    digest = hashlib.new(prf_hash, messages).digest()
    return by_the_rfc.prf(prf_hash, MASTER, f"{sender} finished".encode(), digest, 12)


def beginning(side: Any, suite: Suite, **options: Any) -> tuple[Alone, ConnectionKeys]:
    """A link that has heard one message, and its keys."""
    alone, kept = Alone(side, **options), session(master_secret=MASTER)
    alone.link.transcript.append(HEARD)
    agreed = Agreed(suite, CLIENT, SERVER, b"", False, False, False, kept, None, None, None, None)
    return alone, resume(alone.link, agreed, kept)


def opened(side: str, suite: Suite, fragment: bytes) -> bytes:
    """A first protected handshake record of `side`, by the tests' own peer."""
    end = peer.Peer("client", suite=suite.code, master=MASTER)
    end.randoms = {"client": CLIENT, "server": SERVER}
    return end.keys(side).open(22, fragment)


@EACH_SUITE
@EACH_SIDE
def test_the_announcement_is_in_the_clear_and_finished_under_the_new_keys(side: str, other: str, suite: Suite) -> None:
    alone, keys = beginning(side, suite)
    send_finished(alone.link, keys)
    change, (kind, fragment) = alone.sent()
    assert change == (20, b"\x01") and kind == 22
    # Type 20, 12 bytes; it covers what was said before it.
    message = b"\x14\0\0\x0c" + finished_of(side, suite, HEARD)
    assert opened(side, suite, fragment) == message
    assert alone.link.transcript.content() == HEARD + message
    assert [each.sender for each in alone.of(KeysChanged)] == [side]


def receiving(alone: Alone, keys: ConnectionKeys, new_ticket: bool = False) -> Any:
    flow = receive_finished(alone.link, keys, new_ticket)
    assert next(flow) is (State.WAIT_NEW_SESSION_TICKET if new_ticket else State.WAIT_CHANGE_CIPHER_SPEC)
    return flow


def conclude(alone: Alone, flow: Any, verify_data: bytes) -> Any:
    """Hand over the Finished as a connection does: it is in the transcript when the flow sees it."""
    assert flow.send(ChangeCipherSpec(1)) is State.WAIT_FINISHED
    alone.link.transcript.append(b"\x14\0\0\x0c" + verify_data)
    with pytest.raises(StopIteration) as end:
        flow.send(Finished(verify_data))
    return end.value.value


@EACH_SUITE
@EACH_SIDE
def test_the_peers_covers_everything_before_itself(side: str, other: str, suite: Suite) -> None:
    alone, keys = beginning(side, suite)
    flow = receiving(alone, keys)
    assert alone.of(KeysChanged) == []
    assert conclude(alone, flow, finished_of(other, suite, HEARD)) is None
    assert [each.sender for each in alone.of(KeysChanged)] == [other]
    # From the ChangeCipherSpec on the peer's records are opened with its keys.
    end = peer.Peer("client", suite=suite.code, master=MASTER)
    end.randoms = {"client": CLIENT, "server": SERVER}
    sealed = end.keys(other).seal(23, b"data", bytes(16))
    assert list(alone.records.feed(Record(23, 0x0303, sealed).header + sealed)) == [(23, b"data")]


@EACH_SIDE
def test_the_ticket_that_was_announced_comes_first(side: str, other: str) -> None:
    """RFC 5077 section 3.3: before ChangeCipherSpec, and covered by Finished."""
    alone, keys = beginning(side, SUITES[0])
    flow, ticket = receiving(alone, keys, new_ticket=True), NewSessionTicket(300, b"sealed")
    said = b"\x04\0\0\x0c" + (300).to_bytes(4, "big") + b"\0\x06sealed"
    alone.link.transcript.append(said)
    assert flow.send(ticket) is State.WAIT_CHANGE_CIPHER_SPEC
    assert conclude(alone, flow, finished_of(other, SUITES[0], HEARD + said)) is ticket


@EACH_SIDE
@pytest.mark.parametrize("wrong", ["a bit", "our own", "of another transcript", "nothing"])
def test_any_other_verify_data_is_a_decrypt_error(side: str, other: str, wrong: str) -> None:
    right = finished_of(other, SUITES[0], HEARD)
    verify_data = {
        "a bit": right[:-1] + bytes([right[-1] ^ 1]),
        # A reflected Finished: each side has a label of its own.
        "our own": finished_of(side, SUITES[0], HEARD),
        "of another transcript": finished_of(other, SUITES[0], HEARD + b"x"),
        "nothing": bytes(12),
    }[wrong]
    alone, keys = beginning(side, SUITES[0])
    flow = receiving(alone, keys)
    flow.send(ChangeCipherSpec(1))
    alone.link.transcript.append(b"\x14\0\0\x0c" + verify_data)
    with pytest.raises(DecryptError, match=f'"{other} finished"') as refused:
        flow.send(Finished(verify_data))
    assert refused.value.alert == AlertDescription.decrypt_error


def test_keys_do_not_change_in_the_middle_of_a_message() -> None:
    """RFC 5246 section 7.1."""
    alone, keys = beginning("client", SUITES[0])
    flow = receiving(alone, keys)
    alone.records.messages.feed(b"\x14")
    with pytest.raises(UnexpectedMessage, match="still missing when keys change"):
        flow.send(ChangeCipherSpec(1))


def test_an_observer_that_fails_at_the_announcement_leaves_no_alert_under_the_old_keys() -> None:
    """The ChangeCipherSpec is on its way, so the peer opens whatever comes next with the new keys."""

    def failing(told: object) -> None:
        if getattr(told, "type", None) == "ChangeCipherSpec":
            raise RuntimeError("an observer that fails")

    alone, keys = beginning("client", SUITES[0])
    alone.records = RecordLayer("client", failing)
    alone.link._records = alone.records
    with pytest.raises(RuntimeError, match="an observer that fails"):
        send_finished(alone.link, keys)
    alone.records.write(21, b"\x02\x50")
    change, (kind, fragment) = alone.sent()
    assert change == (20, b"\x01") and kind == 21
    end = peer.Peer("client", suite=SUITES[0].code, master=MASTER)
    end.randoms = {"client": CLIENT, "server": SERVER}
    assert end.keys("client").open(21, fragment) == b"\x02\x50"
