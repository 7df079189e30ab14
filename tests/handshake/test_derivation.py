"""What a row can do, on rows made for the test: computing, telling, and telling how. Judged by hmac and hashlib."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.crypto.prf import PRF
from minitls.crypto.suites import suite_named
from minitls.handshake.derivation import Derivation, FromDerivation, FromRandom, FromSuite, FromTranscript, plain
from minitls.observe import SecretDerived

DIGEST = Derivation(
    name="digest",
    formula="{hash}(messages)",
    inputs={"messages": FromTranscript(hashed=False)},
    untold={"hash": FromSuite("prf_hash")},
    function=lambda name, messages: hashlib.new(name, messages).digest(),
    arguments=("hash", "messages"),
)
KEYED = Derivation(
    name="keyed",
    formula='PRF(key, "label", seed)',
    inputs={"hash": FromSuite("prf_hash"), "key": FromDerivation("key"), "seed": FromRandom("seed")},
    function=lambda prf, seed: prf(b"label", seed, 40),
    keyed_by="key",
    arguments=("seed",),
)


def by_hand(name: str, key: bytes, seed: bytes) -> list[bytes]:
    """RFC 5246 section 5: A(1), the first output block, A(2), the second."""
    first = hmac.digest(key, b"label" + seed, name)
    second = hmac.digest(key, first, name)
    return [
        first,
        hmac.digest(key, first + b"label" + seed, name),
        second,
        hmac.digest(key, second + b"label" + seed, name),
    ]


@given(st.sampled_from(("sha256", "sha384")), st.binary(max_size=80), st.binary(max_size=80))
def test_a_keyed_row_is_the_prf_however_the_key_comes(name: str, key: bytes, seed: bytes) -> None:
    steps = by_hand(name, key, seed)
    expected = (steps[1] + steps[3])[:40]
    values = {"hash": name, "key": key, "seed": seed}
    assert KEYED.compute(values) == KEYED.compute(values | {"key": PRF(name, key)}) == expected


def test_its_steps_are_every_hmac_in_order() -> None:
    values = {"hash": "sha256", "key": b"k", "seed": b"s"}
    steps = KEYED.steps(values)
    assert [step.name for step in steps] == ["A(1)", "P(1)", "A(2)", "P(2)"]
    assert [step.output for step in steps] == by_hand("sha256", b"k", b"s")
    call = KEYED.prf_call(values)
    assert call is not None and (call.label, call.seed, call.length) == (b"label", b"s", 40)


def test_without_a_prf_there_are_none() -> None:
    values = {"hash": "sha384", "messages": b"abc"}
    # FIPS 180-4's example: SHA-384 of "abc".
    assert DIGEST.compute(values).hex().startswith("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163")
    assert DIGEST.prf_call(values) is None and DIGEST.steps(values) == ()


def test_what_an_observer_is_told() -> None:
    """Braces are filled, what is seen elsewhere is left out, and a keyed PRF is told as its secret."""
    assert DIGEST.observed({"hash": "sha256", "messages": b"m"}, b"out") == SecretDerived(
        "digest", "sha256(messages)", {"messages": b"m"}, b"out"
    )
    seen = KEYED.observed({"hash": "sha256", "key": PRF("sha256", b"k"), "seed": b"s"}, b"out")
    assert seen.inputs == {"hash": "sha256", "key": b"k", "seed": b"s"}


def test_what_it_depends_on_is_what_is_told_and_what_is_not() -> None:
    assert DIGEST.sources == {"messages": DIGEST.inputs["messages"], "hash": DIGEST.untold["hash"]}
    assert KEYED.sources == KEYED.inputs


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"bytes", b"bytes"),
        (65537, 65537),
        ("a name", "a name"),
        (PRF("sha256", b"secret"), b"secret"),
        (suite_named("AES128-SHA"), "TLS_RSA_WITH_AES_128_CBC_SHA"),
        (bytes, ""),  # Something to draw from: what it gives is told when it is drawn.
    ],
)
def test_inputs_are_told_plain(value: bytes | int | str | PRF, expected: bytes | int | str) -> None:
    assert plain(value) == expected


def test_a_source_is_its_fields_by_place_or_by_name() -> None:
    assert FromDerivation("key").name == FromDerivation(name="key").name == "key"
    assert FromTranscript(hashed=True).hashed and not FromTranscript(False).hashed
