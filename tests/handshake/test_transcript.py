"""The transcript: the bytes that travelled, in order, and what a message vouches for (RFC 5246 section 7.4.9)."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.handshake.transcript import Transcript
from tests.peers import ROOT

FINISHED = json.loads((ROOT / "vectors" / "05-finished.json").read_text(encoding="utf-8"))["cases"]


def of(*messages: bytes) -> Transcript:
    transcript = Transcript()
    for message in messages:
        transcript.append(message)
    return transcript


@pytest.mark.parametrize("case", FINISHED, ids=[case["id"] for case in FINISHED])
def test_what_openssl_hashed(case: dict[str, dict[str, list[str]]]) -> None:
    messages = [bytes.fromhex(message) for message in case["given"]["messages"]]
    prf_hash = "sha384" if str(case["given"]["suite"]).endswith("SHA384") else "sha256"
    expected = case["expect"]["handshake_hash"]
    assert of(*messages).hash(prf_hash).hex() == expected
    # The peer's Finished has arrived and been entered: it does not vouch for itself.
    assert of(*messages, b"Finished").hash_before_last(prf_hash).hex() == expected


@given(
    st.lists(st.binary(max_size=20), min_size=1, max_size=6), st.sampled_from(("sha1", "sha256", "sha384", "sha512"))
)
def test_any_messages(messages: list[bytes], name: str) -> None:
    transcript = of(*messages)
    assert transcript.content() == b"".join(messages)
    assert transcript.content() == transcript.content_before_last() + messages[-1]
    assert transcript.hash(name) == hashlib.new(name, b"".join(messages)).digest()
    assert transcript.hash_before_last(name) == hashlib.new(name, b"".join(messages[:-1])).digest()


def test_nothing_yet() -> None:
    """The hash of no bytes, as FIPS 180-4's examples give it."""
    assert of().hash("sha256").hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert of().content_before_last() == b""


def test_hashing_leaves_it_open() -> None:
    """CertificateVerify and Finished hash the same transcript at different moments, with different functions."""
    transcript = of(b"one")
    first = transcript.hash("sha256")
    transcript.append(b"two")
    assert transcript.hash("sha256") == hashlib.sha256(b"onetwo").digest() != first
