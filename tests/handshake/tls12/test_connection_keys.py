"""From a pre-master secret or a session to the keys of both directions, told on the way; judged by `by_the_rfc.py`."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from minitls.crypto.suites import SUITES, Suite
from minitls.handshake.tls12.agreed import Agreed
from minitls.handshake.tls12.connection_keys import ConnectionKeys, derive, resume
from minitls.observe import SecretDerived
from tests.crypto import by_the_rfc
from tests.handshake import peer
from tests.handshake.links import Alone, session

CLIENT, SERVER, PRE_MASTER = b"c" * 32, b"s" * 32, b"\x03\x03" + bytes(range(46))
EACH_SUITE = pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
HEARD = (b"\x01\0\0\x01a", b"\x02\0\0\x01b")


def agreed(suite: Suite, extended: bool, resumed: Any = None) -> Agreed:
    return Agreed(suite, CLIENT, SERVER, b"", extended, False, False, resumed, None, None, None, None)


def check(keys: ConnectionKeys, suite: Suite, master: bytes) -> None:
    """RFC 5246 sections 6.3 and 8.1 from the master secret on."""
    row = peer.SUITES[suite.code]
    sizes = (row.mac, row.key, 4 if row.mode == "GCM" else 0)
    block = by_the_rfc.prf(row.prf_hash, master, b"key expansion", SERVER + CLIENT, 2 * sum(sizes))
    cut = []
    for size in sizes:
        cut.append((block[:size], block[size : 2 * size]))
        block = block[2 * size :]
    assert [tuple(side) for side in keys.block] == [tuple(pair[which] for pair in cut) for which in (0, 1)]
    assert keys.master_secret == master
    # The PRF that comes with them is keyed with the master secret: Finished will be computed by it.
    assert keys.master(b"label", b"seed", 12) == by_the_rfc.prf(row.prf_hash, master, b"label", b"seed", 12)


@EACH_SUITE
def test_the_master_secret_of_the_randoms(suite: Suite) -> None:
    alone = Alone()
    row = peer.SUITES[suite.code]
    master = by_the_rfc.prf(row.prf_hash, PRE_MASTER, b"master secret", CLIENT + SERVER, 48)
    check(derive(alone.link, agreed(suite, False), PRE_MASTER), suite, master)
    assert [each.name for each in alone.of(SecretDerived)] == ["master_secret", "key_block"]


@EACH_SUITE
def test_the_extended_one_of_all_that_was_said(suite: Suite) -> None:
    """RFC 7627 section 4: the session hash takes the place of the randoms."""
    alone = Alone()
    for message in HEARD:
        alone.link.transcript.append(message)
    row = peer.SUITES[suite.code]
    session_hash = hashlib.new(row.prf_hash, b"".join(HEARD)).digest()
    master = by_the_rfc.prf(row.prf_hash, PRE_MASTER, b"extended master secret", session_hash, 48)
    check(derive(alone.link, agreed(suite, True), PRE_MASTER), suite, master)
    told = alone.of(SecretDerived)
    assert [each.name for each in told] == ["session_hash", "master_secret", "key_block"]
    assert told[0].output == session_hash


@EACH_SUITE
@pytest.mark.parametrize("extended", [True, False])
def test_a_resumed_session_brings_its_master_secret(suite: Suite, extended: bool) -> None:
    """RFC 5246 section F.1.4: new keys come from new randoms; of the master secret nothing is derived again."""
    alone = Alone()
    kept = session(master_secret=b"m" * 48)
    check(resume(alone.link, agreed(suite, extended, kept), kept), suite, b"m" * 48)
    assert [each.name for each in alone.of(SecretDerived)] == ["key_block"]
