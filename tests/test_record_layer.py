"""Both directions of one connection: how content is cut and counted, what protects it, and what may not happen when.

What an opened or sealed record must be is computed by `by_the_rfc.py`, which knows nothing of minitls.
"""

from __future__ import annotations

from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.errors import BadRecordMAC, RecordOverflow, UnexpectedMessage
from minitls.observe import DataSeen, KeysChanged, MessageSeen, Observation, RecordProtected, RecordSeen
from minitls.record_layer import Epoch, RecordLayer
from minitls.wire.records import Record
from tests.crypto.directions import WAYS, Direction
from tests.handshake.peer import plain_record, records_of

HANDSHAKE, DATA = 22, 23
SIDES: tuple[Literal["client", "server"], ...] = ("client", "server")
WAY_OF_EACH = pytest.mark.parametrize("direction", [Direction(way) for way in WAYS], ids=lambda each: str(each.way))


def epoch(direction: Direction) -> Epoch:
    return Epoch(direction.way.suite, direction.keys, direction.end())


def record(content_type: int, fragment: bytes) -> Record:
    return Record(content_type, 0x0303, fragment)


def opened(layer: RecordLayer, item: Record) -> tuple[int, bytes]:
    """Of a record that has arrived, behind another byte."""
    data = b"x" + item.header + item.fragment
    return layer.made(item.type, data, 6, len(data))


def take(layer: RecordLayer) -> bytes:
    """What waits to be sent, once."""
    data = b"".join(layer.waiting)
    layer.waiting.clear()
    return data


def sizes(stream: bytes) -> list[int]:
    return [len(each) - 5 for each in records_of(stream)]


class TestCutting:
    @given(st.integers(0, 3 * 2**14))
    def test_at_2_to_the_14(self, size: int) -> None:
        """RFC 5246 section 6.2.1: no longer than 2^14, nothing lost, and no record that need not be."""
        layer, content = RecordLayer("client", None), bytes(range(256)) * (size // 256 + 1)
        layer.write(DATA, content[:size])
        stream = take(layer)
        assert b"".join(each[5:] for each in records_of(stream)) == content[:size]
        assert all(each[:3] == b"\x17\x03\x03" for each in records_of(stream))
        assert max(sizes(stream)) <= 2**14 and len(sizes(stream)) == max(1, -(-size // 2**14)) == layer.sent
        assert take(layer) == b""

    @pytest.mark.parametrize("length", [512, 4096])
    def test_max_fragment_length_binds_both_directions_at_once(self, length: int) -> None:
        layer = RecordLayer("client", None)
        layer.agree(length, None)
        layer.write(HANDSHAKE, bytes(length + 1))
        assert sizes(take(layer)) == [length, 1]
        assert opened(layer, record(HANDSHAKE, bytes(length))) == (HANDSHAKE, bytes(length))
        with pytest.raises(RecordOverflow, match=f"{length + 1} bytes of plaintext, at most {length}"):
            opened(layer, record(HANDSHAKE, bytes(length + 1)))

    @pytest.mark.parametrize("side", SIDES)
    @WAY_OF_EACH
    def test_record_size_limit_binds_each_by_the_others_word(self, side: Any, direction: Direction) -> None:
        """RFC 8449 section 4: what we send is as the peer wants it, and what we get, once protected, as we do."""
        layer = RecordLayer(side, None)
        layer.agree(None, (100, 200))
        own, theirs = (100, 200) if side == "client" else (200, 100)
        layer.write(HANDSHAKE, bytes(theirs + 1))
        assert sizes(take(layer)) == [theirs, 1]
        # In the clear the peer's records may still be longer.
        assert opened(layer, record(HANDSHAKE, bytes(own + 1)))[1] == bytes(own + 1)
        layer.read_with(epoch(direction))
        iv = bytes(direction.way.suite.record_iv_length)
        fits, too_long = (direction.seal_by_the_rfc(n, DATA, bytes(own + n), iv) for n in (0, 1))
        assert opened(layer, record(DATA, fits)) == (DATA, bytes(own))
        with pytest.raises(RecordOverflow, match=f"at most {own} are allowed"):
            opened(layer, record(DATA, too_long))

    def test_a_peer_that_would_take_more_than_there_may_be_gets_no_more(self) -> None:
        layer = RecordLayer("client", None)
        layer.agree(None, (2**14, 0xFFFF))
        layer.write(DATA, bytes(2**14 + 1))
        assert sizes(take(layer)) == [2**14, 1]


class TestEpochs:
    @WAY_OF_EACH
    def test_from_a_change_on_what_is_sent_is_protected(self, direction: Direction) -> None:
        layer = RecordLayer("server", None)
        layer.write(20, b"\x01")
        layer.write_with(epoch(direction))
        layer.write(HANDSHAKE, b"first")
        layer.write(DATA, b"second")
        clear, *sealed = records_of(take(layer))
        assert clear == plain_record(20, b"\x01")
        # For CBC the IVs are those that were drawn; for GCM each takes its sequence number as the explicit part.
        gcm = direction.way.suite.mode == "GCM"
        ivs = [n.to_bytes(8, "big") for n in range(2)] if gcm else [each[5:21] for each in sealed]
        for number, (content_type, content) in enumerate(((HANDSHAKE, b"first"), (DATA, b"second"))):
            fragment = direction.seal_by_the_rfc(number, content_type, content, ivs[number])
            assert sealed[number] == plain_record(content_type, fragment)

    @WAY_OF_EACH
    def test_what_is_received_is_opened_in_order_and_once(self, direction: Direction) -> None:
        layer = RecordLayer("server", None)
        layer.read_with(epoch(direction))
        iv = b"i" * direction.way.suite.record_iv_length
        first, second = (direction.seal_by_the_rfc(n, DATA, b"%d" % n, iv) for n in (0, 1))
        assert opened(layer, record(DATA, first)) == (DATA, b"0")
        assert opened(layer, record(DATA, second)) == (DATA, b"1")
        with pytest.raises(BadRecordMAC):
            opened(layer, record(DATA, second))

    def test_the_two_directions_change_on_their_own(self) -> None:
        layer, direction = RecordLayer("client", None), Direction(WAYS[0])
        layer.write_with(epoch(direction))
        assert opened(layer, record(HANDSHAKE, b"clear")) == (HANDSHAKE, b"clear")
        assert layer.messages.pending is False

    @given(st.binary(min_size=1, max_size=3) | st.just(b"\x14\0\0\x0c" + bytes(11)))
    def test_not_while_part_of_a_message_is_waiting(self, part: bytes) -> None:
        """RFC 5246 section 7.1: bytes sent under one key may not be finished under another."""
        layer, direction = RecordLayer("client", None), Direction(WAYS[0])
        layer.messages.feed(part)
        with pytest.raises(UnexpectedMessage, match="still missing when keys change"):
            layer.read_with(epoch(direction))
        # And nothing has changed: what is in the clear is still read in the clear.
        assert opened(layer, record(DATA, b"clear")) == (DATA, b"clear")

    @WAY_OF_EACH
    def test_a_record_may_then_be_as_long_as_its_protection_makes_it(self, direction: Direction) -> None:
        """RFC 5246 section 6.2.3: 2^14 + 2048 at most."""
        layer = RecordLayer("client", None)
        assert layer.limit == 2**14
        layer.read_with(epoch(direction))
        pad = None if direction.way.suite.mode == "GCM" else bytes([255] * 256)
        tag = 0 if direction.way.encrypt_then_mac else direction.way.suite.mac_length
        plaintext = bytes(2**14 - tag % 16)
        iv = bytes(direction.way.suite.record_iv_length)
        longest = direction.seal_by_the_rfc(0, DATA, plaintext, iv, pad=pad)
        assert 2**14 < len(longest) <= layer.limit <= 2**14 + 2048
        assert opened(layer, record(DATA, longest)) == (DATA, plaintext)


class TestVersions:
    """RFC 5246 appendix E.1: what a record may bear before the version is agreed, and after."""

    @pytest.mark.parametrize("side", SIDES)
    def test_before_and_after_the_hellos(self, side: Any) -> None:
        layer = RecordLayer(side, None)
        assert layer.any_version == (side == "server")
        layer.agree(None, None)
        assert not layer.any_version and not layer.any_alert_version


class TestTelling:
    def test_a_message_in_several_records(self) -> None:
        told: list[Observation] = []
        layer = RecordLayer("client", told.append)
        layer.agree(512, None)
        layer.write(20, b"\x01", "ChangeCipherSpec")
        layer.write(HANDSHAKE, bytes(1025), "Certificate")
        messages = [each for each in told if isinstance(each, MessageSeen)]
        assert messages[0] == MessageSeen("client", "ChangeCipherSpec", b"\x01", (0,))
        assert messages[1] == MessageSeen("client", "Certificate", bytes(1025), (1, 2, 3))
        seen = [each for each in told if isinstance(each, RecordSeen)]
        assert [each.header + each.fragment for each in seen] == records_of(take(layer))
        assert [(each.sender, each.number) for each in seen] == [("client", number) for number in range(4)]

    def test_a_message_that_came_in_several_records(self) -> None:
        told: list[Observation] = []
        layer = RecordLayer("client", told.append)
        for part in (b"one", b"two"):
            opened(layer, record(HANDSHAKE, part))
            layer.carried()
        opened(layer, record(HANDSHAKE, b"three"))
        layer.received(b"onetwothree", "Certificate")
        layer.received(b"", "ServerHelloDone")
        told = [each for each in told if isinstance(each, MessageSeen)]
        assert told == [
            MessageSeen("server", "Certificate", b"onetwothree", (0, 1, 2)),
            MessageSeen("server", "ServerHelloDone", b"", (2,)),
        ]

    @WAY_OF_EACH
    def test_keys_and_what_they_protect(self, direction: Direction) -> None:
        told: list[Observation] = []
        layer = RecordLayer("client", told.append)
        layer.write_with(epoch(direction))
        layer.write(DATA, b"sent")
        layer.read_with(epoch(direction))
        iv = bytes(direction.way.suite.record_iv_length)
        opened(layer, record(DATA, direction.seal_by_the_rfc(0, DATA, b"got", iv)))
        keys = (direction.way.suite.name, direction.way.encrypt_then_mac, *direction.keys)
        expected = [
            KeysChanged("client", *keys),
            RecordProtected("client", 0, False, 0, DATA, b"sent"),
            DataSeen("client", 0, b"sent"),
            KeysChanged("server", *keys),
            RecordProtected("server", 0, True, 0, DATA, b"got"),
            DataSeen("server", 0, b"got"),
        ]
        assert [each for each in told if not isinstance(each, RecordSeen)] == expected

    def test_a_record_that_does_not_open_is_told_all_the_same_and_counts_no_further(self) -> None:
        told: list[Observation] = []
        layer, direction = RecordLayer("client", told.append), Direction(WAYS[0])
        layer.read_with(epoch(direction))
        with pytest.raises(BadRecordMAC):
            opened(layer, record(DATA, bytes(40)))
        assert told[1:] == [RecordSeen("server", 0, plain_record(DATA, bytes(40))[:5], bytes(40))]


def test_what_is_no_tls_goes_out_as_it_is_and_is_no_record() -> None:
    layer = RecordLayer("server", None)
    layer.write_raw(b"HTTP/1.0 400 Bad Request\r\n")
    assert (take(layer), layer.sent) == (b"HTTP/1.0 400 Bad Request\r\n", 0)
