"""A record taken apart: the parts are those that went in, and it is refused exactly when `open` refuses it."""

from __future__ import annotations

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.crypto.dissect import Dissection, dissect
from minitls.errors import BadRecordMAC
from tests.crypto import by_the_rfc
from tests.crypto.directions import CBC_WAYS, WAYS, Direction, Way

EACH = pytest.mark.parametrize("way", WAYS, ids=str)


def parts(direction: Direction, sequence: int, content_type: int, fragment: bytes) -> Dissection | None:
    way = direction.way
    try:
        return dissect(way.suite, direction.keys, way.encrypt_then_mac, sequence, content_type, fragment)
    except BadRecordMAC:
        return None


@EACH
@given(
    sequence=st.integers(0, 2**64 - 1),
    content_type=st.integers(20, 23),
    plaintext=st.binary(max_size=80),
    iv=st.binary(min_size=16, max_size=16),
)
def test_the_parts_are_those_that_went_in(
    way: Way, sequence: int, content_type: int, plaintext: bytes, iv: bytes
) -> None:
    direction = Direction(way)
    iv = iv[: way.suite.record_iv_length]
    fragment = direction.seal_by_the_rfc(sequence, content_type, plaintext, iv)
    told = parts(direction, sequence, content_type, fragment)
    assert told is not None
    assert (told.sequence, told.explicit, told.plaintext) == (sequence, iv, plaintext)
    header = sequence.to_bytes(8, "big") + bytes([content_type]) + b"\x03\x03"
    if told.order == "AEAD":
        assert way.suite.mode == "GCM"
        assert told.nonce == direction.keys.fixed_iv + iv
        assert told.additional_data == header + len(plaintext).to_bytes(2, "big")
        assert told.explicit + told.ciphertext + told.mac == fragment
        assert told.padding == told.mac_input == b""
        return
    assert told.nonce == iv
    assert told.decrypted == by_the_rfc.cbc_decrypt(direction.keys.key, iv + told.ciphertext)
    assert set(told.padding) == {len(told.padding) - 1}
    assert way.suite.mac is not None
    assert told.mac == hmac.digest(direction.keys.mac_key, told.mac_input, way.suite.mac)
    if told.order == "MACThenEncrypt":
        assert not way.encrypt_then_mac
        assert told.mac_input == header + len(plaintext).to_bytes(2, "big") + plaintext
        assert told.explicit + told.ciphertext == fragment
    else:
        assert way.encrypt_then_mac
        sealed = told.explicit + told.ciphertext
        assert told.mac_input == header + len(sealed).to_bytes(2, "big") + sealed
        assert sealed + told.mac == fragment


@EACH
@given(plaintext=st.binary(max_size=60), at=st.integers(0, 10**6), mask=st.integers(0, 255), cut=st.integers(0, 70))
def test_it_refuses_what_the_receiver_refuses(way: Way, plaintext: bytes, at: int, mask: int, cut: int) -> None:
    direction = Direction(way)
    fragment = bytearray(direction.seal_by_the_rfc(0, 23, plaintext, bytes(way.suite.record_iv_length)))
    fragment[at % len(fragment)] ^= mask
    changed = bytes(fragment[: len(fragment) - cut // 2])
    refused = direction.refusal(0, 23, changed) is not None
    assert (parts(direction, 0, 23, changed) is None) == refused


@pytest.mark.slow
@pytest.mark.parametrize("way", CBC_WAYS, ids=str)
@pytest.mark.parametrize("length", (0, 1, 15, 16, 31, 200, 255))
@given(data=st.data())
def test_it_judges_padding_as_the_receiver_does(way: Way, length: int, data: st.DataObject) -> None:
    direction = Direction(way)
    maced = 0 if way.encrypt_then_mac else way.suite.mac_length
    size = -(maced + length + 1) % 16 + 16 * data.draw(st.integers(0, 1))
    pad = bytearray([length]) * (length + 1)
    pad[data.draw(st.integers(0, length))] ^= data.draw(st.sampled_from((0, 1, 0x80)))
    fragment = direction.seal_by_the_rfc(0, 23, bytes(size), bytes(16), pad=bytes(pad))
    told = parts(direction, 0, 23, fragment)
    refused = direction.refusal(0, 23, fragment) is not None
    assert (told is None) == refused
    if told:
        assert (23, told.plaintext) == direction.end().open(23, fragment)
        assert told.plaintext + told.padding == bytes(size) + bytes(pad)


@pytest.mark.parametrize("way", CBC_WAYS, ids=str)
@pytest.mark.parametrize("pad", [bytes([15] * 15) + b"\x0e", b"\0" * 15 + b"\x0f", bytes([255] * 16)])
def test_wrong_padding_under_the_right_mac_is_refused(way: Way, pad: bytes) -> None:
    """RFC 5246 section 6.2.3.2: every byte of it is the length, and there are as many as it says."""
    direction = Direction(way)
    plaintext = bytes(32 if way.encrypt_then_mac else 48 - way.suite.mac_length)
    fragment = direction.seal_by_the_rfc(0, 23, plaintext, bytes(16), pad=pad)
    assert parts(direction, 0, 23, fragment) is None
    assert parts(direction, 0, 23, direction.seal_by_the_rfc(0, 23, plaintext, bytes(16))) is not None
