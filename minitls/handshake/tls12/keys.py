"""The keys of one connection, from the pre-master secret or from a resumed session to the keys of both directions."""

from __future__ import annotations

from typing import NamedTuple

from ...crypto.prf import PRF
from ..hello import Agreed
from ..link import Link
from ..session import Session
from . import key_schedule
from .key_schedule import KeyBlock


class Keys(NamedTuple):
    """The master secret (48 bytes), the PRF keyed with it, and the key block cut into two directions."""

    agreed: Agreed
    master_secret: bytes
    master: PRF
    block: KeyBlock


def derive(link: Link, agreed: Agreed, pre_master: bytes) -> Keys:
    """A full handshake: the master secret from the pre-master secret (RFC 5246 section 8.1, RFC 7627 section 4)."""
    prf_hash = agreed.suite.prf_hash
    if agreed.extended_master_secret:
        messages = link.transcript.content()
        session_hash = link.transcript.hash(prf_hash)
        link.derived("session_hash", f"{prf_hash}(handshake_messages)", {"handshake_messages": messages}, session_hash)
        secret = key_schedule.extended_master_secret(prf_hash, pre_master, session_hash)
        link.derived(
            "master_secret",
            'PRF(pre_master_secret, "extended master secret", session_hash)',
            {"hash": prf_hash, "pre_master_secret": pre_master, "session_hash": session_hash},
            secret,
        )
    else:
        secret = key_schedule.master_secret(prf_hash, pre_master, agreed.client_random, agreed.server_random)
        link.derived(
            "master_secret",
            'PRF(pre_master_secret, "master secret", client_random + server_random)',
            {
                "hash": prf_hash,
                "pre_master_secret": pre_master,
                "client_random": agreed.client_random,
                "server_random": agreed.server_random,
            },
            secret,
        )
    return _expand(link, agreed, secret)


def take_up(link: Link, agreed: Agreed, session: Session) -> Keys:
    """An abbreviated handshake: the session's master secret with this connection's randoms (appendix F.1.4)."""
    return _expand(link, agreed, session.master_secret)


def _expand(link: Link, agreed: Agreed, secret: bytes) -> Keys:
    suite = agreed.suite
    master = PRF(suite.prf_hash, secret)
    block = key_schedule.key_block(master, agreed.client_random, agreed.server_random, suite.key_block_length)
    link.derived(
        "key_block",
        'PRF(master_secret, "key expansion", server_random + client_random)',
        {
            "hash": suite.prf_hash,
            "master_secret": secret,
            "server_random": agreed.server_random,
            "client_random": agreed.client_random,
            "suite": suite.name,
        },
        block,
    )
    return Keys(agreed, secret, master, key_schedule.cut(block, suite))
