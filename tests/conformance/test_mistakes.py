"""Every mistake, made by hand, is named; right values are right, and random ones are blamed on nobody."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import given
from hypothesis import strategies as st

from minitls.conformance.diagnose.diagnose import SHORTEST, Diagnosis, diagnose
from minitls.conformance.diagnose.mistakes import CATALOGUE, CHANGES, EXCHANGE_MISTAKES, PKCS1_MISTAKES
from minitls.conformance.diagnose.question import from_document
from minitls.conformance.diagnose.telling import tell
from minitls.conformance.vectors.vector_files import BadVectorFile
from tests.conformance.make import independent
from tests.conformance.worlds import FINISHED, TICKET, World, private_key, worlds
from tests.conformance.wrong_blocks import BLOCKS
from tests.conformance.wrong_prf import PRFS
from tests.conformance.wrong_protection import PROTECTION
from tests.conformance.wrong_records import RECORDS, data, framed, gcm, hmac_of
from tests.conformance.wrong_secrets import SECRETS
from tests.conformance.wrong_servers import SERVERS
from tests.conformance.wrong_text import KINDS, TEXTS, secret_seed
from tests.conformance.wrong_transcripts import TRANSCRIPTS

KEY = private_key()
WORLDS = {world.name: world for world in worlds()}
#: Every mistake that is made in these worlds, but for those of a PRF, of a server, and of RSA.
MADE = list(dict.fromkeys([*SECRETS, *TRANSCRIPTS, *RECORDS, *PROTECTION, *TEXTS]))
#: Tested by themselves below: they need a connection of another kind.
APART = {"premaster-negotiated-version", "gcm-nonce-not-the-one-sent"}


def asked(world: World, name: str, value: bytes, **changes: Any) -> Diagnosis:
    if name == "server verify_data":
        name = "verify_data"
        finished = FINISHED + world.finished(world.m)
        changes |= {"sender": "server", "messages": [m.hex() for m in [*world.m, finished, TICKET]]}
    return diagnose(*from_document(world.question({name: value}) | changes))


def right_values(world: World) -> dict[str, bytes]:
    values = {"master_secret": world.ms, "key_block": world.block, "verify_data": world.finished(world.m)}
    values |= {name: part for name, part in world.keys.items() if part}
    parts = independent.seal(world.suite, world.own, world.sequence, world.type, world.plaintext, world.iv, world.etm)
    values["record"] = bytes.fromhex(parts["header"] + parts["fragment"])
    if world.mode == "CBC":
        values["mac"] = bytes.fromhex(parts["mac"])
    return values


def test_the_catalogue_is_whole() -> None:
    names = [mistake.name for mistake in CATALOGUE]
    assert len(names) == len(set(names)) >= 350
    handed_over = {"value-hex-text", "value-base64-text"}
    assert set(names) == set(CHANGES) | set(PKCS1_MISTAKES) | set(EXCHANGE_MISTAKES) | handed_over
    assert set(names) == set(MADE) | set(SERVERS) | set(PRFS) | set(BLOCKS) | APART
    for mistake in CATALOGUE:
        assert mistake.rule.startswith(("RFC ", "NIST ")) and mistake.condition and mistake.fix


def made_of(name: str, world: World) -> list[tuple[str, bytes]]:
    """Every wrong value of this name, as it is made in this world; not those that happen to be right."""
    one, several = (SECRETS | RECORDS).get(name), (TRANSCRIPTS | PROTECTION).get(name, [])
    made = [one(world) if one else None, *(wrong(world) for wrong in several)]
    if name in TEXTS:
        made += TEXTS[name](world)
    right = right_values(world)
    return [wrong for wrong in made if wrong and len(wrong[1]) >= SHORTEST and wrong[1] != right.get(wrong[0])]


@pytest.mark.slow
@pytest.mark.parametrize("name", MADE)
def test_a_mistake_is_named(name: str) -> None:
    made = 0
    for world in WORLDS.values():
        for value, wrong in made_of(name, world):
            made += 1
            diagnosis = asked(world, value, wrong)
            assert name in diagnosis.names, f"{world.name}: {made} {value} {wrong.hex()} {diagnosis.names}"
            for finding in diagnosis.findings:
                assert all(len(explanation.mistakes) == 1 for explanation in finding.explanations)
    assert made, "no world in which this mistake can be made"


@pytest.mark.slow
@pytest.mark.parametrize("name", PRFS)
def test_a_mistake_in_the_prf_is_named(name: str) -> None:
    """In each value that is derived, and in the output of a call by itself, which `vectors grade` asks for first."""
    for world in WORLDS.values():
        label, seed = secret_seed(world)
        calls = {
            "master_secret": (world.pms, label, seed, 48),
            "key_block": (world.ms, b"key expansion", world.sr + world.cr, world.size),
            "verify_data": (world.ms, b"client finished", world.digest(world.m), 12),
        }
        for value, call in calls.items():
            wrong = PRFS[name](world, *call)
            right = world.p(*call)
            if wrong == right:
                continue
            assert name in asked(world, value, wrong).names, (world.name, value)
            inputs = {"secret": call[0].hex(), "label": call[1].decode(), "seed": call[2].hex(), "length": call[3]}
            question = {"prf": {"hash": world.h, **inputs}, "values": {"prf_output": wrong.hex()}}
            assert name in diagnose(*from_document(question)).names, (world.name, "prf_output")


@pytest.mark.slow
@pytest.mark.parametrize("name", [*SERVERS, "premaster-hex-text", "premaster-base64-text", "premaster-string"])
def test_a_server_that_takes_out_the_wrong_secret(name: str) -> None:
    """The private key and ClientKeyExchange are all that the question tells of the pre-master secret."""
    texts = [lambda w, text=text: text(w.pms) for text in KINDS.get(name.removeprefix("premaster-"), ())]
    for world in list(WORLDS.values())[::2]:
        label, seed = secret_seed(world)
        question = world.question({}) | {"private_key": KEY}
        del question["pre_master_secret"]
        for take in SERVERS.get(name, texts):
            secret = take(world)
            taken = [("pre_master_secret", secret)] if len(secret) >= SHORTEST else []
            for value, wrong in (*taken, ("master_secret", world.p(secret, label, seed, 48))):
                names = diagnose(*from_document(question | {"values": {value: wrong.hex()}})).names
                assert name in names, (world.name, value, names)
        right = question | {"values": {"pre_master_secret": world.pms.hex(), "master_secret": world.ms.hex()}}
        assert [finding.state for finding in diagnose(*from_document(right)).findings] == ["right", "right"]


@pytest.mark.slow
@pytest.mark.parametrize("name", BLOCKS)
def test_a_mistake_of_rsa_is_named(name: str) -> None:
    world = WORLDS["CBC-SHA plain"]
    pem: Any = load_pem_private_key(KEY.encode(), None)
    numbers = pem.private_numbers()
    value, given, changes = BLOCKS[name](world, numbers.public_numbers.n, numbers.public_numbers.e, numbers.d)
    known = {"private_key": KEY, **changes}
    assert name in asked(world, value, given, **known).names
    without_secret = {k: v for k, v in (world.question({value: given}) | known).items() if k != "pre_master_secret"}
    assert diagnose(*from_document(without_secret)).findings[0].state in ("wrong", "right")


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_right_values_are_right(world: World) -> None:
    diagnosis = diagnose(*from_document(world.question(right_values(world))))
    assert {finding.state for finding in diagnosis.findings} == {"right"}
    assert diagnosis.wrong is None and not diagnosis.names
    steps = dict(diagnosis.steps)
    assert steps["master_secret"] == world.ms and steps["handshake_hash"] == world.digest(world.m)


def test_the_right_block_is_right() -> None:
    world = WORLDS["CBC-SHA plain"]
    values = {"encrypted_pre_master_secret": world.to_exchange[-1][6:]}
    values["pkcs1_block"] = b"\0\2" + b"\7" * (256 - 51) + b"\0" + world.pms
    question = world.question(values) | {"private_key": KEY}
    question.pop("pre_master_secret")  # The worlds change it a little; what OpenSSL sent holds its own.
    diagnosis = diagnose(*from_document(question))
    assert {finding.state for finding in diagnosis.findings} == {"right"}


@pytest.mark.slow
def test_random_values_are_blamed_on_nobody_and_soon_answered() -> None:
    """Every mistake and every pair is tried on them in vain, which takes longest; the first of each kind is timed."""
    chance = random.Random("blame")
    names = ["verify_data", "master_secret", "key_block", "client_write_key", "client_write_IV", "mac", "record"]
    asked_about = 0
    for world in list(WORLDS.values())[::2]:
        right = right_values(world)
        for name in (name for name in names if name in right):
            begin = time.process_time()
            # A record costs a search of its own each time, so there are fewer of them.
            for number in range(3 if name == "record" else 80):
                assert not asked(world, name, chance.randbytes(len(right[name]))).names
                asked_about += 1
                if number == 0:
                    assert time.process_time() - begin < 2, (world.name, name)
    assert asked_about >= 1000


@pytest.mark.slow
def test_random_blocks_are_blamed_on_nobody() -> None:
    chance = random.Random("blocks")
    question = WORLDS["CBC-SHA plain"].question({"mac": b""}) | {"private_key": KEY}
    for told in (True, False):
        facts, _ = from_document(question if told else {k: v for k, v in question.items() if k != "pre_master_secret"})
        for length in (256, 254, 255, 48, 512):
            for _ in range(12 if length == 256 else 3):
                for name in ("pkcs1_block", "encrypted_pre_master_secret"):
                    assert not diagnose(facts, {name: chance.randbytes(length)}).names


def test_a_record_with_more_padding_is_right() -> None:
    """Up to 255 bytes are allowed (RFC 5246 section 6.2.3.2), so a peer that hides lengths makes no mistake."""
    for name in ("CBC-SHA plain", "CBC-SHA256 extended"):
        world = WORLDS[name]
        for more in (1, 9, 14):
            parts = independent.seal(
                world.suite, world.own, world.sequence, world.type, world.plaintext, world.iv, world.etm, more
            )
            record = bytes.fromhex(parts["header"] + parts["fragment"])
            assert asked(world, "record", record).findings[0].state == "right"


def test_the_negotiated_version() -> None:
    world = WORLDS["CBC-SHA plain"]
    secret = b"\3\4" + world.pms[2:]
    master = world.p(b"\3\3" + secret[2:], b"master secret", world.cr + world.sr, 48)
    changes = {"pre_master_secret": secret.hex(), "client_version": "0304", "server_version": "0303"}
    assert "premaster-negotiated-version" in asked(world, "master_secret", master, **changes).names


def test_another_explicit_nonce_than_the_one_used() -> None:
    world = WORLDS["GCM-SHA384 plain"]
    sent = b"RANDOM!!"
    record = framed(world, sent + gcm(world, nonce=world.k("client_IV") + world.sequence.to_bytes(8, "big")))
    assert "gcm-nonce-not-the-one-sent" in asked(world, "record", record, iv=sent.hex()).names


FIELDS = ("sequence", "type", "version", "length")


class TestPairs:
    def test_two_common_mistakes_are_named_together(self) -> None:
        world = WORLDS["CBC-SHA plain"]
        master = world.p(world.pms, b"master secret", world.sr + world.cr, 48)
        value = world.p(master, b"client finished", world.digest([m[4:] for m in world.m]), 12)
        (explanation,) = asked(world, "verify_data", value).findings[0].explanations
        assert [m.name for m in explanation.mistakes] == ["master-randoms-swapped", "transcript-no-headers"]

    def test_in_the_record_too(self) -> None:
        world = WORLDS["GCM-SHA256 extended"]
        master = world.p(world.pms, b"master secret", world.cr + world.sr, 48)
        block = world.p(master, b"key expansion", world.cr + world.sr, world.size)
        names = asked(world, "key_block", block).names
        assert names == {"extended-missing", "block-randoms-not-swapped"}

    @pytest.mark.parametrize("fields", list(combinations(FIELDS, 2)), ids="-".join)
    def test_of_what_the_mac_covers(self, fields: tuple[str, str]) -> None:
        """Any two of seq_num, type, version and length wrong at once; also as GCM's additional data."""
        mistakes = {
            "sequence": ("sequence-starts-at-1", {"sequence": 1}),
            "type": ("data-type-wrong", {"kind": 20}),
            "version": ("data-version-wrong", {"version": b"\3\1"}),
            "length": ("data-length-off", {}),
        }
        changes: dict[str, Any] = {k: v for field in fields for k, v in mistakes[field][1].items()}
        for name in ("CBC-SHA plain", "GCM-SHA256 extended"):
            world = WORLDS[name]
            covered = data(world, len(world.plaintext) + ("length" in fields), **changes)
            value, wrong = "mac", hmac_of(world, covered + world.plaintext) if world.mode == "CBC" else b""
            if world.mode == "GCM":
                value, wrong = "record", framed(world, world.iv + gcm(world, aad=covered))
            assert {mistakes[field][0] for field in fields} in [
                {mistake.name for mistake in explanation.mistakes}
                for explanation in asked(world, value, wrong).findings[0].explanations
            ]

    def test_two_fields_left_out(self) -> None:
        world = WORLDS["CBC-SHA plain"]
        covered = bytes([world.type]) + b"\3\3"
        names = asked(world, "mac", hmac_of(world, covered + world.plaintext)).names
        assert names == {"sequence-missing", "data-length-missing"}

    def test_the_extended_master_secret_ignored_and_the_randoms_swapped(self) -> None:
        world = WORLDS["CBC-SHA256 extended"]
        master = world.p(world.pms, b"master secret", world.sr + world.cr, 48)
        names = asked(world, "master_secret", master).names
        assert names == {"extended-missing", "master-randoms-swapped"}

    def test_a_sequence_number_one_too_high_and_little_endian(self) -> None:
        """Where it starts at zero, being little-endian alone would not show."""
        world = WORLDS["CBC-SHA plain"]
        covered = b"\1" + bytes(7) + data(world, len(world.plaintext))[8:]
        assert asked(world, "mac", hmac_of(world, covered + world.plaintext)).names == {
            "sequence-starts-at-1",
            "sequence-little-endian",
        }

    def test_three_are_not_guessed(self) -> None:
        world = WORLDS["CBC-SHA plain"]
        master = world.p(world.pms, b"Master Secret", world.sr + world.cr, 48)
        value = world.p(master, b"server finished", world.digest([m[4:] for m in world.m]), 12)
        assert not asked(world, "verify_data", value).names


class TestOwnIntermediates:
    def test_what_is_right_before_rules_out(self) -> None:
        """With a right master secret a wrong Finished cannot be the fault of the master secret."""
        world = WORLDS["CBC-SHA plain"]
        value = world.p(world.pms, b"client finished", world.digest(world.m), 12)
        alone = asked(world, "verify_data", value).names
        assert alone == {"finished-from-premaster", "master-is-premaster"}
        both = diagnose(*from_document(world.question({"master_secret": world.ms, "verify_data": value})))
        assert both.names == {"finished-from-premaster"}
        assert [finding.state for finding in both.findings] == ["right", "wrong"]

    def test_the_first_wrong_value_is_explained_and_the_others_follow(self) -> None:
        world = WORLDS["CBC-SHA plain"]
        master = world.p(world.pms, b"master secret", world.sr + world.cr, 48)
        value = world.p(master, b"client finished", world.digest(world.m), 12)
        diagnosis = diagnose(*from_document(world.question({"verify_data": value, "master_secret": master})))
        assert diagnosis.wrong is not None and diagnosis.wrong.name == "master_secret"
        assert [len(finding.explanations) for finding in diagnosis.findings] == [1, 0]


@st.composite
def odd_questions(draw: st.DrawFn) -> dict[str, Any]:
    """A right question with some of its fields cut, filled with something else, or left out."""
    world = draw(st.sampled_from(list(WORLDS.values())))
    question = world.question(right_values(world))
    names = list(question["values"])
    question["values"] = {name: question["values"][name] for name in draw(st.sets(st.sampled_from(names), min_size=1))}
    some = st.one_of(
        st.binary(max_size=80).map(bytes.hex),
        st.sampled_from([0, 2**64 - 1, 20, 23, True, [], "AES128-SHA", "TLS_RSA_WITH_AES_256_GCM_SHA384", "0304"]),
    )
    for place in (question, question["values"]):
        for name in draw(st.sets(st.sampled_from(sorted(set(place) - {"values"})), max_size=3)):
            if draw(st.booleans()):
                place[name] = draw(some)
            elif place is question:
                del place[name]
    if draw(st.booleans()):
        question |= {"mac_key": draw(some), "key": draw(some), "fixed_iv": draw(some)}
    return question


@given(odd_questions())
def test_any_question_is_answered_or_refused_in_a_sentence(question: dict[str, Any]) -> None:
    try:
        diagnosis = diagnose(*from_document(question))
    except BadVectorFile as refused:
        assert str(refused).startswith("the question: ")
    else:
        assert [finding.name for finding in diagnosis.findings]
        assert all(len(line) <= 80 for _, line in tell(diagnosis))


def test_a_late_record_is_diagnosed() -> None:
    """A sequence number that no 4 bytes hold."""
    world = WORLDS["CBC-SHA256 plain"]
    late = replace(world, sequence=2**64 - 1)
    parts = independent.seal(late.suite, late.own, 0, late.type, late.plaintext, late.iv)
    names = asked(late, "record", bytes.fromhex(parts["header"] + parts["fragment"])).names
    assert {"sequence-starts-at-1", "sequence-stuck"} <= names


@pytest.mark.slow
@given(st.sampled_from(["pkcs1_block", "encrypted_pre_master_secret"]), st.binary(max_size=300), st.booleans())
def test_any_block_is_judged(name: str, value: bytes, starts_well: bool) -> None:
    """Most are wrong without being any mistake that is known; none is too short or too long to be looked at."""
    world = WORLDS["CBC-SHA plain"]
    value = b"\0\2" + value if starts_well else value
    (finding,) = asked(world, name, value, private_key=KEY).findings
    assert finding.state == "wrong" and finding.given == value
