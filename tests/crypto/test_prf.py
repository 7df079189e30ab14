"""The PRF against published vectors and against RFC 5246 section 5 written down once more."""

from __future__ import annotations

import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.crypto.prf import PRF, prf, prf_steps
from tests.crypto import by_the_rfc
from tests.peers import shared

hashes = st.sampled_from(("sha256", "sha384"))
secrets = st.one_of(st.binary(max_size=64), st.binary(min_size=120, max_size=200))
labels = st.one_of(st.sampled_from((b"master secret", b"key expansion", b"client finished")), st.binary(max_size=20))


def published() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = json.loads(shared("vectors/prf/tls12_prf.json").read_text())
    return found


def unhex(case: dict[str, Any], *names: str) -> bytes:
    return b"".join(bytes.fromhex(case[name]) for name in names)


@pytest.mark.parametrize("group", ("botan_tls12_prf", "nist_cavp_via_openssl", "ietf_tls_list_msg03416"))
def test_plain_vectors(group: str) -> None:
    spoken = [case for case in published()[group] if case["hash"] in ("sha256", "sha384")]
    assert spoken
    for case in spoken:
        output = unhex(case, "output")
        told = prf(case["hash"], unhex(case, "secret"), case["label"].encode(), unhex(case, "seed"), len(output))
        assert told == output


def test_master_secret_and_key_block_of_nist_sp_800_135() -> None:
    spoken = [case for case in published()["tls12_plain_sp800_135"] if case["hash"] in ("sha256", "sha384")]
    assert spoken
    for case in spoken:
        hellos = unhex(case, "clientHelloRandom", "serverHelloRandom")
        master = prf(case["hash"], unhex(case, "preMasterSecret"), b"master secret", hellos, 48)
        assert master == unhex(case, "masterSecret")
        block = prf(case["hash"], master, b"key expansion", unhex(case, "serverRandom", "clientRandom"), 1024 // 8)
        assert block == unhex(case, "keyBlock")[: len(block)]


def test_extended_master_secrets_of_rfc_7627() -> None:
    spoken = [case for case in published()["tls12_ems_rfc7627"] if case["hash"] in ("sha256", "sha384")]
    assert spoken
    for case in spoken:
        session_hash = unhex(case, "sessionHash")
        master = prf(case["hash"], unhex(case, "preMasterSecret"), b"extended master secret", session_hash, 48)
        assert master == unhex(case, "masterSecret")


@given(hashes, secrets, labels, st.binary(max_size=80), st.integers(0, 300))
def test_it_is_the_formula_of_the_rfc(hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> None:
    assert prf(hash_name, secret, label, seed, length) == by_the_rfc.prf(hash_name, secret, label, seed, length)


@given(hashes, secrets, st.lists(st.tuples(labels, st.binary(max_size=40), st.integers(0, 150)), max_size=4))
def test_a_keyed_prf_may_be_used_again(hash_name: str, secret: bytes, uses: list[tuple[bytes, bytes, int]]) -> None:
    keyed = PRF(hash_name, secret)
    for label, seed, length in uses:
        assert keyed(label, seed, length) == by_the_rfc.prf(hash_name, secret, label, seed, length)


@given(hashes, secrets, labels, st.binary(max_size=80), st.integers(0, 300))
def test_the_steps_are_the_computation(hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> None:
    steps = prf_steps(hash_name, secret, label, seed, length)
    rounds = -(-length // (32 if hash_name == "sha256" else 48))
    assert [step.name for step in steps] == [f"{name}({i})" for i in range(1, rounds + 1) for name in ("A", "P")]
    a = label + seed
    for step_a, step_p in zip(steps[::2], steps[1::2], strict=True):
        assert step_a.input == a
        a = step_a.output
        assert step_p.input == a + label + seed
    for step in steps:
        assert step.output == hmac.digest(secret, step.input, hash_name)
    joined = b"".join(step.output for step in steps if step.name.startswith("P"))
    assert joined[:length] == prf(hash_name, secret, label, seed, length)


def test_an_unknown_hash_is_the_callers_mistake() -> None:
    with pytest.raises(KeyError):
        PRF("md5", b"secret")
