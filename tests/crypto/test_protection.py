"""Record protection: what is sealed opens, nothing else does, and every refusal is the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minitls.crypto.protection import Protection, Unprotected, protection
from minitls.errors import AlertDescription, BadRecordMAC, TLSError
from minitls.wire.records import MAX_CIPHERTEXT, MAX_PLAINTEXT, RecordBuffer
from tests.crypto import by_the_rfc
from tests.crypto.directions import CBC_WAYS, WAYS, Direction, Way, flips

EACH = pytest.mark.parametrize("way", WAYS, ids=str)
EACH_CBC = pytest.mark.parametrize("way", CBC_WAYS, ids=str)

types = st.sampled_from((20, 21, 22, 23))
plaintexts = st.one_of(st.binary(max_size=80), st.integers(0, MAX_PLAINTEXT).map(bytes))


def parts(record: bytes) -> tuple[int, bytes]:
    """Type and fragment of a sealed record, whose header must be right."""
    assert record[1:3] == b"\x03\x03"
    assert int.from_bytes(record[3:5], "big") == len(record) - 5
    return record[0], record[5:]


@EACH
class TestEveryWay:
    @given(sent=st.lists(st.tuples(types, plaintexts), max_size=4), seed=st.integers())
    def test_what_is_sealed_opens(self, way: Way, sent: list[tuple[int, bytes]], seed: int) -> None:
        direction = Direction(way, seed)
        sealing, opening = direction.end(), direction.end()
        for content_type, plaintext in sent:
            told, fragment = parts(sealing.seal(content_type, plaintext))
            assert told == content_type
            assert opening.open(content_type, fragment) == (content_type, plaintext)
        assert sealing.sequence == opening.sequence == len(sent)

    @given(sent=st.lists(st.tuples(types, plaintexts), max_size=4), seed=st.integers())
    def test_others_would_seal_the_same_bytes(self, way: Way, sent: list[tuple[int, bytes]], seed: int) -> None:
        direction = Direction(way, seed)
        sealing = direction.end()
        for sequence, (content_type, plaintext) in enumerate(sent):
            _, fragment = parts(sealing.seal(content_type, plaintext))
            iv = direction.drawn[sequence] if way.suite.mode == "CBC" else sequence.to_bytes(8, "big")
            assert fragment == direction.seal_by_the_rfc(sequence, content_type, plaintext, iv)

    @given(
        sequence=st.integers(0, 2**64 - 1),
        content_type=types,
        plaintext=plaintexts,
        iv=st.binary(min_size=16, max_size=16),
        more_blocks=st.integers(0, 14),
    )
    def test_what_others_seal_opens(
        self, way: Way, sequence: int, content_type: int, plaintext: bytes, iv: bytes, more_blocks: int
    ) -> None:
        direction = Direction(way)
        pad = None
        if way.suite.mode == "CBC":
            length = 15 - (len(plaintext) + (0 if way.encrypt_then_mac else way.suite.mac_length)) % 16
            pad = bytes([length + 16 * more_blocks]) * (length + 16 * more_blocks + 1)
        fragment = direction.seal_by_the_rfc(
            sequence, content_type, plaintext, iv[: way.suite.record_iv_length], pad=pad
        )
        assert direction.end(sequence).open(content_type, fragment) == (content_type, plaintext)

    def test_the_largest_record_stays_below_the_limit(self, way: Way) -> None:
        direction = Direction(way)
        for size in range(MAX_PLAINTEXT - 16, MAX_PLAINTEXT + 1):
            _, fragment = parts(direction.end().seal(23, bytes(size)))
            assert size + way.overhead <= len(fragment) <= MAX_CIPHERTEXT

    def test_every_changed_byte_of_the_fragment_is_found(self, way: Way) -> None:
        direction = Direction(way)
        for size in (0, 1, 40):
            _, fragment = parts(direction.end().seal(23, bytes(range(size))))
            survived = [at for at, changed in flips(fragment) if direction.refusal(0, 23, changed) is None]
            assert survived == []

    @given(at=st.integers(0, 10**6), mask=st.integers(1, 255), plaintext=st.binary(max_size=60))
    def test_any_changed_byte_of_any_fragment_is_found(self, way: Way, at: int, mask: int, plaintext: bytes) -> None:
        direction = Direction(way)
        _, sealed = parts(direction.end().seal(22, plaintext))
        changed = bytearray(sealed)
        changed[at % len(sealed)] ^= mask
        assert direction.refusal(0, 22, bytes(changed)) is not None

    @pytest.mark.parametrize("content_type", (20, 21, 22, 23))
    def test_a_changed_type_is_found(self, way: Way, content_type: int) -> None:
        direction = Direction(way)
        _, fragment = parts(direction.end().seal(content_type, b"type is authenticated"))
        accepted = [other for other in range(256) if direction.refusal(0, other, fragment) is None]
        assert accepted == [content_type]

    @pytest.mark.parametrize("version", (0x0300, 0x0301, 0x0302, 0x0304, 0x0203, 0x0000))
    def test_another_version_in_the_additional_data_is_found(self, way: Way, version: int) -> None:
        direction = Direction(way)
        iv = bytes(way.suite.record_iv_length)
        assert direction.refusal(0, 23, direction.seal_by_the_rfc(0, 23, b"version", iv)) is None
        assert direction.refusal(0, 23, direction.seal_by_the_rfc(0, 23, b"version", iv, version=version)) is not None

    def test_every_changed_byte_of_the_header_is_found(self, way: Way) -> None:
        """The header as it comes over the wire: refused by the record buffer or by the opening end, never passed."""
        direction = Direction(way)
        sealing = direction.end()
        record, following = sealing.seal(21, b"\x01\x00"), sealing.seal(21, b"\x01\x00")
        for at, changed in flips(record[:5]):
            buffer = RecordBuffer()
            buffer.limit = MAX_CIPHERTEXT
            buffer.any_version = buffer.any_alert_version = False
            opening = direction.end()
            try:
                opened = [
                    opening.open(item.type, item.fragment) for item in buffer.feed(changed + record[5:] + following)
                ]
            except TLSError:
                continue
            # A longer length: nothing is opened until the bytes that are missing come.
            assert opened == [] and at in (3, 4) and buffer.pending

    @given(cut=st.integers(0, 200), more=st.binary(max_size=40))
    def test_a_record_cut_or_grown_is_refused(self, way: Way, cut: int, more: bytes) -> None:
        direction = Direction(way)
        _, fragment = parts(direction.end().seal(23, bytes(range(100))))
        changed = fragment[: len(fragment) - cut] + more
        assert (direction.refusal(0, 23, changed) is None) == (changed == fragment)

    @given(fragment=st.one_of(st.binary(max_size=200), st.integers(0, MAX_CIPHERTEXT).map(bytes)), content_type=types)
    def test_arbitrary_bytes_are_refused(self, way: Way, fragment: bytes, content_type: int) -> None:
        assert Direction(way).refusal(0, content_type, fragment) is not None

    def test_every_short_fragment_is_refused(self, way: Way) -> None:
        direction = Direction(way)
        assert [size for size in range(120) if direction.refusal(0, 23, bytes(size)) is None] == []

    @given(order=st.lists(st.integers(0, 4), min_size=1, max_size=6))
    @example([0, 0])
    @example([1])
    @example([0, 2])
    @example([0, 1, 2, 3, 4])
    def test_replay_reorder_and_loss_are_found(self, way: Way, order: list[int]) -> None:
        direction = Direction(way)
        sealing, opening = direction.end(), direction.end()
        sent = [parts(sealing.seal(23, bytes([number]) * 30)) for number in range(5)]
        for place, number in enumerate(order):
            if place == number:
                assert opening.open(*sent[number]) == (23, bytes([number]) * 30)
            else:
                with pytest.raises(BadRecordMAC):
                    opening.open(*sent[number])
                break

    def test_the_wrong_keys_open_nothing(self, way: Way) -> None:
        _, fragment = parts(Direction(way, 1).end().seal(23, b"secret"))
        assert Direction(way, 2).refusal(0, 23, fragment) is not None

    def test_the_random_source_gives_the_iv_and_nothing_else(self, way: Way) -> None:
        direction = Direction(way)
        sealing, opening = direction.end(), direction.end()
        sent = [parts(sealing.seal(23, bytes(size)))[1] for size in (0, 1, 15, 16, 17, 500)]
        for fragment in sent:
            opening.open(23, fragment)
        if way.suite.mode == "CBC":
            assert [fragment[:16] for fragment in sent] == direction.drawn
            assert {len(iv) for iv in direction.drawn} == {16}
        else:
            assert direction.drawn == []

    def test_nonces_do_not_repeat(self, way: Way) -> None:
        sealing = Direction(way).end()
        size = way.suite.record_iv_length
        nonces = [parts(sealing.seal(23, b""))[1][:size] for _ in range(300)]
        assert len(set(nonces)) == 300
        if way.suite.mode == "GCM":
            assert nonces == [number.to_bytes(8, "big") for number in range(300)]


def told(error: BadRecordMAC | None) -> tuple[object, ...]:
    """Everything that a caller, a log or a peer could learn from an error."""
    assert error is not None
    return (
        type(error), error.args, str(error), repr(error), vars(error), error.alert,
        error.__cause__, error.__context__ is None or error.__suppress_context__,
    )  # fmt: skip


TOLD = told(BadRecordMAC())


def test_bad_record_mac_says_only_that() -> None:
    assert BadRecordMAC.alert is AlertDescription.bad_record_mac
    assert str(BadRecordMAC()) == "a record failed authentication (RFC 5246 section 7.2.2, bad_record_mac)"


@EACH_CBC
class TestPadding:
    def content_size(self, way: Way, length: int) -> int:
        """A plaintext size that `length` bytes of padding, their length byte and the MAC fill up to whole blocks."""
        maced = 0 if way.encrypt_then_mac else way.suite.mac_length
        return 16 + -(16 + maced + length + 1) % 16

    def test_every_legal_length_is_accepted(self, way: Way) -> None:
        direction = Direction(way)
        for length in range(256):
            plaintext = bytes(range(self.content_size(way, length)))
            pad = bytes([length]) * (length + 1)
            fragment = direction.seal_by_the_rfc(0, 23, plaintext, bytes(16), pad=pad)
            assert direction.end().open(23, fragment) == (23, plaintext)

    def test_a_wrong_byte_anywhere_in_any_padding_is_refused(self, way: Way) -> None:
        direction = Direction(way)
        for length in (*range(1, 18), 31, 100, 254, 255):
            plaintext = bytes(self.content_size(way, length))
            for at in range(length):
                pad = bytearray([length]) * (length + 1)
                pad[at] ^= 1 + at % 255
                fragment = direction.seal_by_the_rfc(0, 23, plaintext, bytes(16), pad=bytes(pad))
                assert told(direction.refusal(0, 23, fragment)) == TOLD

    def test_padding_longer_than_the_record_is_refused(self, way: Way) -> None:
        """Nothing but the last byte, or the whole content, made of a length that does not fit."""
        direction = Direction(way)
        maced = 0 if way.encrypt_then_mac else way.suite.mac_length
        for blocks in (0, 1, 2):
            size = 16 * blocks + -(maced + 1) % 16
            for length in range(size + 1, 256):
                for filler in (0, length):
                    plaintext = bytes([filler]) * size
                    fragment = direction.seal_by_the_rfc(0, 23, plaintext, bytes(16), pad=bytes([length]))
                    assert told(direction.refusal(0, 23, fragment)) == TOLD

    def test_padding_and_mac_faults_cannot_be_told_apart(self, way: Way) -> None:
        direction = Direction(way)
        plaintext = bytes(self.content_size(way, 15))
        good = direction.seal_by_the_rfc(0, 23, plaintext, bytes(16))
        faults = {
            "MAC": direction.seal_by_the_rfc(1, 23, plaintext, bytes(16)),
            "padding": direction.seal_by_the_rfc(0, 23, plaintext, bytes(16), pad=bytes(15) + b"\x0f"),
            "padding and MAC": direction.seal_by_the_rfc(1, 23, plaintext, bytes(16), pad=bytes(15) + b"\x0f"),
            "no whole block": good[:-1],
            "IV only": good[:16],
            "nothing": b"",
        }
        assert direction.refusal(0, 23, good) is None
        assert {name: told(direction.refusal(0, 23, fragment)) for name, fragment in faults.items()} == dict.fromkeys(
            faults, TOLD
        )


@pytest.mark.parametrize("way", [way for way in WAYS if way.suite.mode == "GCM"], ids=str)
def test_faults_of_gcm_cannot_be_told_apart(way: Way) -> None:
    direction = Direction(way)
    good = direction.seal_by_the_rfc(0, 23, b"content", bytes(8))
    faults = (direction.seal_by_the_rfc(1, 23, b"content", bytes(8)), good[:-1], good[:24], good[:23], good[:8], b"")
    assert direction.refusal(0, 23, good) is None
    assert [told(direction.refusal(0, 23, fragment)) for fragment in faults] == [TOLD] * len(faults)


class Counting:
    """Stands in for the keyed HMAC of a direction: computes the same, and counts."""

    def __init__(self, real: Any, log: list[int]) -> None:
        self.real, self.log, self.size = real, log, 0

    def copy(self) -> Counting:
        return Counting(self.real.copy(), self.log)

    def update(self, data: bytes) -> None:
        self.size += len(data)
        self.real.update(data)

    def finalize(self) -> bytes:
        self.log.append(self.size)
        result: bytes = self.real.finalize()
        return result


def counted(end: Any) -> list[int]:
    """The sizes of all that is authenticated by `end` from now on, one for each HMAC."""
    log: list[int] = []
    end._mac = Counting(end._mac, log)
    return log


@pytest.mark.parametrize("way", CBC_WAYS, ids=str)
def test_a_record_whose_iv_cannot_be_drawn_takes_no_number(way: Way) -> None:
    """The next record, the alert that tells of it, must still open at the peer."""
    direction = Direction(way)
    broken = [True]

    def random(size: int) -> bytes:
        if broken:
            raise OSError(f"no {size} bytes: the source of randomness is {broken.pop()}")
        return bytes(size)

    sealing = protection(way.suite, direction.keys, random, way.encrypt_then_mac)
    with pytest.raises(OSError):
        sealing.seal(23, b"data")
    assert sealing.sequence == 0
    assert direction.end().open(*parts(sealing.seal(21, b"\x02\x50"))) == (21, b"\x02\x50")


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_overhead_is_the_least_that_is_added(way: Way) -> None:
    end = Direction(way).end()
    least = min(len(end.seal(23, bytes(size))) - 5 - size for size in range(17))
    assert end.overhead == least and way.overhead + (way.suite.mode == "CBC") == least


@pytest.mark.parametrize("way", [way for way in CBC_WAYS if not way.encrypt_then_mac], ids=str)
def test_the_mac_is_computed_whatever_the_padding_says(way: Way) -> None:
    direction = Direction(way)
    plaintext = bytes(48 - way.suite.mac_length % 16)
    good = bytes([15]) * 16
    malformed = [*(bytes(15) + bytes([last]) for last in range(1, 256)), bytes(range(15, -1, -1))]
    for pad in (good, *malformed):
        fragment = direction.seal_by_the_rfc(0, 23, plaintext, bytes(16), pad=pad)
        opening = direction.end()
        log = counted(opening)
        if pad == good:
            assert opening.open(23, fragment) == (23, plaintext)
        else:
            with pytest.raises(BadRecordMAC):
                opening.open(23, fragment)
        # One HMAC, neither none nor two. It covers 13 bytes of sequence number and header, then what the padding
        # leaves: of malformed padding only the length byte is taken off.
        assert log == [13 + len(plaintext) + (0 if pad == good else 15)], pad.hex()


@pytest.mark.parametrize("way", [way for way in CBC_WAYS if way.encrypt_then_mac], ids=str)
def test_what_is_not_authentic_is_never_decrypted(way: Way) -> None:
    direction = Direction(way)
    fragment = direction.seal_by_the_rfc(1, 23, b"content", bytes(16))
    opening: Any = direction.end()
    log = counted(opening)
    opening._decrypt = None  # Any use of it would be an AttributeError, and so fail here.
    with pytest.raises(BadRecordMAC):
        opening.open(23, fragment)
    assert log == [13 + len(fragment) - way.suite.mac_length]


@pytest.mark.parametrize("way", [way for way in CBC_WAYS if way.encrypt_then_mac], ids=str)
def test_what_is_authentic_but_no_ciphertext_is_refused(way: Way) -> None:
    """A peer has the keys, and may authenticate what it likes: no block at all, an IV alone, half a block."""
    direction = Direction(way)
    assert way.suite.mac is not None
    for size in (*range(32), *range(33, 48), 49):
        fragment = bytes(size) + by_the_rfc.mac(way.suite.mac, direction.keys.mac_key, 0, 23, bytes(size))
        assert told(direction.refusal(0, 23, fragment)) == TOLD, size


@given(content_type=types, plaintext=st.binary(max_size=50))
def test_before_keys_there_is_only_a_header(content_type: int, plaintext: bytes) -> None:
    ends: list[Protection] = [Unprotected(), Unprotected()]
    told_type, fragment = parts(ends[0].seal(content_type, plaintext))
    assert (told_type, fragment) == (content_type, plaintext)
    assert ends[1].open(content_type, fragment) == (content_type, plaintext)
    assert [end.sequence for end in ends] == [1, 1]
