"""Connections of OpenSSL and GnuTLS, told again by their messages: from one secret to every other one.

`vectors/90-` and `91-` hold the records as they travelled and the secrets as those programs' peers derived them. The
messages are cut out of the records by the tests' own parser; Finished, which is encrypted, comes from the file too.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Literal

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from minitls.errors import DecodeError
from minitls.handshake.derivation import FromDerivation
from minitls.handshake.tls12.derivations import (
    CERTIFICATE_VERIFY,
    CLIENT_VERIFY_DATA,
    ENCRYPTED_PRE_MASTER_SECRET,
    KEY_BLOCK,
    MASTER_SECRET,
    PADDING,
    PKCS1_BLOCK,
    PRE_MASTER_SECRET,
    SERVER_VERIFY_DATA,
    SESSION_HASH,
)
from minitls.handshake.tls12.replay import Missing, Replay
from minitls.observe import SecretDerived
from tests.handshake import certificates
from tests.handshake.peer import SUITES, client_hello_body, handshake_message, server_hello_body, u16, u24
from tests.peers import ROOT

Side = Literal["client", "server"]
Message = tuple[Side, bytes]
FILES = ("90-handshakes-openssl.json", "91-handshakes-gnutls.json")


@cache
def vectors(file: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((ROOT / "vectors" / file).read_text(encoding="utf-8"))
    return read


CASES = [
    pytest.param(file, case, id=f"{file.split('-')[2].partition('.')[0]}-{case['id']}")
    for file in FILES
    for case in vectors(file)["cases"]
]
FULL = [each for each in CASES if "pre_master_secret" in each.values[1]["expect"]]


def messages(case: dict[str, Any]) -> list[Message]:
    """Every handshake message but HelloRequest, in order: what is in the clear, and the plaintexts of the rest."""
    found: list[Message] = []
    changed, pending = set(), {"client": b"", "server": b""}
    sealed = [each.split() for each in case["expect"]["plaintexts"]]
    for sender, text in case["given"]["records"]:
        record = bytes.fromhex(text)
        if record[0] == 20:
            changed.add(sender)
        elif sender in changed:
            told, kind, plaintext = sealed.pop(0)
            assert told == sender
            if kind == "handshake":
                found.append((sender, bytes.fromhex(plaintext)))
        elif record[0] == 22:
            pending[sender] += record[5:]
            while len(data := pending[sender]) >= 4 and len(data) >= (end := 4 + int.from_bytes(data[1:4], "big")):
                found.append((sender, data[:end]))
                pending[sender] = data[end:]
    named = [each for each in case["expect"]["messages"] if "ChangeCipherSpec" not in each]
    assert len(found) == len(named) and not any(pending.values())
    return found


def heard(case: dict[str, Any], tell: Any = None, *, until: int | None = None) -> Replay:
    """A replay of the messages before the first one of type `until`, or of all."""
    replay = Replay(tell)
    for sender, data in messages(case):
        if data[0] == until:
            break
        replay.message(sender, data)
    return replay


@pytest.mark.parametrize(("file", "case"), CASES)
def test_every_secret_follows_from_one(file: str, case: dict[str, Any]) -> None:
    expected, told = case["expect"], list[SecretDerived]()
    replay = Replay(told.append)
    finished: dict[str, str] = {}
    for sender, data in messages(case):
        if data[0] == 20:
            if not finished:
                if "pre_master_secret" in expected:
                    replay.give(PRE_MASTER_SECRET, bytes.fromhex(expected["pre_master_secret"]))
                else:
                    replay.give(MASTER_SECRET, bytes.fromhex(case["given"]["master_secret"]))
                replay.expand()
            finished[f"{sender}_verify_data"] = data[4:].hex()
            assert replay.expected_finished(sender) == replay.verify_data(sender) == data[4:]
        replay.message(sender, data)
        if data[0] == 20:
            # Heard already, it still does not cover itself.
            assert replay.expected_finished(sender) == data[4:]
    found = {name: value.hex() for name, value in replay.values.items()}
    assert found == {name: value for name, value in expected.items() if name not in ("messages", "plaintexts")}
    assert finished.items() <= found.items()
    # Each derived value is told once, and what was given is not told.
    given = {PRE_MASTER_SECRET.name} if "pre_master_secret" in expected else {MASTER_SECRET.name}
    assert sorted(each.name for each in told) == sorted(found.keys() - given)
    # How the program says that it spoke.
    assert replay.suite is not None and replay.suite.name == case["given"]["suite"]
    assert replay.extended == case["given"]["extended_master_secret"]
    assert replay.encrypt_then_mac == case["given"]["encrypt_then_mac"]


@pytest.mark.parametrize(("file", "case"), CASES)
def test_the_keys_of_both_directions(file: str, case: dict[str, Any]) -> None:
    """RFC 5246 section 6.3: MAC keys, keys, IVs, the client's first."""
    replay = heard(case, until=20)
    replay.give(MASTER_SECRET, bytes.fromhex(case["expect"]["master_secret"]))
    assert replay.server_hello is not None
    row = SUITES[replay.server_hello.cipher_suite]
    block, cut = bytes.fromhex(case["expect"]["key_block"]), []
    for size in (row.mac, row.key, 4 if row.mode == "GCM" else 0):
        cut.append((block[:size], block[size : 2 * size]))
        block = block[2 * size :]
    sides: tuple[Side, Side] = ("client", "server")
    for which, side in enumerate(sides):
        assert tuple(replay.epoch_keys(side)) == tuple(pair[which] for pair in cut)


@pytest.mark.parametrize(("file", "case"), FULL)
def test_whoever_knows_what_the_client_drew_can_lock_again_what_it_sent(file: str, case: dict[str, Any]) -> None:
    """From ClientKeyExchange, opened by `cryptography`, comes the secret; the padding by hand from the raw block."""
    private: Any = load_pem_private_key(vectors(file)["common"]["private_key"].encode(), None)
    replay = heard(case, until=20)
    assert replay.client_key_exchange is not None
    encrypted = replay.client_key_exchange.encrypted_pre_master_secret
    numbers = private.private_numbers()
    block = pow(int.from_bytes(encrypted, "big"), numbers.d, numbers.public_numbers.n).to_bytes(len(encrypted), "big")
    assert private.decrypt(encrypted, PKCS1v15()) == block[-48:] == bytes.fromhex(case["expect"]["pre_master_secret"])
    replay.give(PRE_MASTER_SECRET, block[-48:])
    replay.draws[PADDING] = [block[2:-49]]
    assert replay.derive(PKCS1_BLOCK) == block
    assert replay.derive(ENCRYPTED_PRE_MASTER_SECRET) == encrypted


def minimal(suite: int = 0x009C, chain: tuple[bytes, ...] = ()) -> Replay:
    """Both hellos and the server's certificate, of nobody's making."""
    replay = Replay()
    replay.message("client", handshake_message(1, client_hello_body()))
    replay.message("server", handshake_message(2, server_hello_body(suite=suite)))
    replay.message("server", handshake_message(11, u24(b"".join(map(u24, chain)))))
    return replay


class TestMissing:
    """What does not follow is said by name, and nothing is made up."""

    def test_before_anything_was_heard(self) -> None:
        replay = Replay()
        assert replay.suite is None and not replay.extended and not replay.encrypt_then_mac
        assert replay.expected_finished("client") is None
        with pytest.raises(Missing, match="the cipher suite"):
            replay.verify_data("server")

    def test_a_secret(self) -> None:
        replay = minimal()
        assert replay.known(MASTER_SECRET) is None and replay.expected_finished("server") is None
        with pytest.raises(Missing, match=r"^master_secret is not known$"):
            replay.expand()

    def test_a_message(self) -> None:
        with pytest.raises(Missing, match=r"^ClientKeyExchange is not known$"):
            minimal().inputs(PRE_MASTER_SECRET)

    @pytest.mark.parametrize(
        "chain", [(), (b"no certificate",), (certificates.client("P-256")[0],)], ids=["none", "unreadable", "P-256"]
    )
    def test_an_rsa_key(self, chain: tuple[bytes, ...]) -> None:
        replay = minimal(chain=chain)
        replay.give(PRE_MASTER_SECRET, bytes(48))
        with pytest.raises(Missing, match="the server's RSA key"):
            replay.derive(PKCS1_BLOCK)
        assert (replay.public_key("server") is not None) == (chain == (certificates.client("P-256")[0],))
        assert replay.public_key("client") is None

    def test_randomness(self) -> None:
        replay = minimal(chain=(certificates.server("localhost")[0],))
        replay.give(PRE_MASTER_SECRET, bytes(48))
        with pytest.raises(Missing, match="the random padding"):
            replay.derive(PKCS1_BLOCK)

    def test_what_takes_a_private_key_is_told_by_what_is_told_with_it(self) -> None:
        """It cannot be made again; but its inputs can be named, if they were heard."""
        told: list[SecretDerived] = []
        replay = Replay(told.append)
        replay.message("client", b"\x63\0\0\x01x")
        replay.tell(CERTIFICATE_VERIFY._replace(formula="a signature"), b"signature")
        assert told == [SecretDerived("certificate_verify", "a signature", {"content": b"\x63\0\0\x01x"}, b"signature")]

    def test_a_private_key(self) -> None:
        """Nobody here has one, whatever a row may say of how to use it."""
        replay = minimal()
        replay.message("client", handshake_message(16, u16(bytes(256))))
        with pytest.raises(Missing, match="the server's private key"):
            replay.inputs(PRE_MASTER_SECRET._replace(function=bytes))

    @pytest.mark.parametrize("suite", [0xC011, 0x1301])
    def test_a_suite_whose_records_nobody_here_opens(self, suite: int) -> None:
        replay = minimal(suite)
        replay.give(MASTER_SECRET, bytes(48))
        assert replay.suite is None
        with pytest.raises(Missing, match="the cipher suite"):
            replay.expand()

    @pytest.mark.parametrize("suite", [0xC02F, 0x00A8, 0x1301])
    def test_the_client_key_exchange_of_another_suite(self, suite: int) -> None:
        """It has another form (RFC 8422 section 5.7), or none that is known, and is not read as RSA's."""
        replay = minimal(suite)
        replay.message("client", handshake_message(16, b"\x01x"))
        assert replay.client_key_exchange is None

    def test_of_a_suite_that_is_only_overheard_the_master_secret_gives_the_keys(self) -> None:
        replay = minimal(0xC02F)
        with pytest.raises(Missing, match="master_secret"):
            replay.expand()
        replay.give(MASTER_SECRET, bytes(48))
        assert [len(part) for part in replay.expand().client] == [0, 16, 4]


class TestMessages:
    def test_what_cannot_be_read_is_in_the_transcript_all_the_same(self) -> None:
        replay, broken = Replay(), handshake_message(1, b"\x03\x03")
        with pytest.raises(DecodeError):
            replay.message("client", broken)
        assert replay.content() == broken and replay.client_hello is None

    def test_what_has_no_meaning_here_too(self) -> None:
        replay = Replay()
        for data in (b"", b"\x63\0\0\0"):
            replay.message("server", data)
        assert replay.content() == b"\x63\0\0\0"
        assert [each.name for each in replay.transcript] == ["", "Handshake99"]

    def test_what_was_derived_from_other_hellos_is_known_no_more(self) -> None:
        """A ClientHello may come twice, as may a ServerHello of another suite: nothing stale goes into the keys."""
        for again in (
            ("client", handshake_message(1, client_hello_body(random=b"2" * 32))),
            ("server", handshake_message(2, server_hello_body(suite=0x009D))),
        ):
            replay = minimal()
            replay.give(MASTER_SECRET, bytes(48))
            before = replay.expand()
            replay.message(*again)
            assert replay.known(KEY_BLOCK) is None and replay.known(MASTER_SECRET) == bytes(48)
            assert replay.expand() != before

    def test_what_was_derived_from_another_secret_is_known_no_more(self) -> None:
        replay = minimal()
        replay.give(PRE_MASTER_SECRET, bytes(48))
        before, master = replay.expand(), replay.known(MASTER_SECRET)
        replay.give(PRE_MASTER_SECRET, bytes(48))
        assert replay.expand() == before, "the same secret changes nothing"
        replay.give(PRE_MASTER_SECRET, bytes(range(48)))
        assert replay.known(MASTER_SECRET) is None
        assert replay.expand() != before and replay.known(MASTER_SECRET) != master

    def test_only_the_carrier_itself_is_left_out(self) -> None:
        """RFC 5246 section 7.4.9: the other side's Finished is covered."""
        replay = minimal()
        before, finished = replay.content(), handshake_message(20, bytes(12))
        replay.message("client", finished)
        assert replay.content(CLIENT_VERIFY_DATA) == before
        assert replay.content(SERVER_VERIFY_DATA) == replay.content() == before + finished

    def test_without_an_observer_nobody_is_told(self) -> None:
        replay = minimal()
        replay.message("client", handshake_message(16, u16(bytes(256))))
        replay.give(PRE_MASTER_SECRET, bytes(48))
        replay.expand()
        # No extended master secret was agreed, so no session hash is made.
        assert replay.values.keys() == {"pre_master_secret", "master_secret", "key_block"}
        assert replay.known(SESSION_HASH) is None
        block = replay.known(KEY_BLOCK)
        assert block is not None
        replay.values[MASTER_SECRET.name] = b"not asked again"
        assert replay.expand() and replay.known(KEY_BLOCK) == block


class TestWhatTravels:
    """A value that one side derives and sends, the other reads where it travels (RFC 5246 section 7.4.7.1)."""

    def test_it_is_there_once_its_message_is(self) -> None:
        replay = minimal()
        assert replay.carried(ENCRYPTED_PRE_MASTER_SECRET) is None and replay.carried(PKCS1_BLOCK) is None
        replay.message("client", handshake_message(16, u16(b"locked")))
        assert replay.carried(ENCRYPTED_PRE_MASTER_SECRET) == b"locked" and replay.carried(PKCS1_BLOCK) is None

    def test_a_derivation_may_take_it_from_there(self) -> None:
        replay = minimal()
        row = SESSION_HASH._replace(inputs={"it": FromDerivation(ENCRYPTED_PRE_MASTER_SECRET.name)}, untold={})
        with pytest.raises(Missing, match="ClientKeyExchange"):
            replay.inputs(row)
        replay.message("client", handshake_message(16, u16(b"locked")))
        assert replay.inputs(row) == {"it": b"locked"}
        replay.give(ENCRYPTED_PRE_MASTER_SECRET, b"derived here")
        assert replay.inputs(row) == {"it": b"derived here"}


def test_a_suite_by_name_and_a_field_that_was_not_heard() -> None:
    from minitls.handshake.derivation import FromMessage
    from minitls.handshake.tls12.derivations import _suite

    assert _suite("TLS_ECDH_anon_WITH_AES_128_CBC_SHA").mac_length == 20
    with pytest.raises(Missing):
        Replay()._field(FromMessage("ClientKeyExchange", "nothing", "client"))
