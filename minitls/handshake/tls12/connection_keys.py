"""The keys of one connection, from the pre-master secret or from a resumed session to the keys of both directions."""

from __future__ import annotations

from typing import NamedTuple

from ...crypto.prf import PRF
from ..link import Link
from ..session import Session
from . import key_schedule
from .agreed import Agreed
from .derivations import EXTENDED_MASTER_SECRET, KEY_BLOCK, MASTER_SECRET, SESSION_HASH
from .key_schedule import KeyBlock


class ConnectionKeys(NamedTuple):
    """The master secret (48 bytes), the PRF keyed with it, and the key block cut into two directions."""

    agreed: Agreed
    master_secret: bytes
    master: PRF
    block: KeyBlock


def derive(link: Link, agreed: Agreed, pre_master: bytes) -> ConnectionKeys:
    """A full handshake: the master secret from the pre-master secret (RFC 5246 section 8.1, RFC 7627 section 4)."""
    prf_hash = agreed.suite.prf_hash
    if agreed.extended_master_secret:
        messages = link.transcript.content()
        session_hash = link.derive(SESSION_HASH, handshake_messages=messages, prf_hash=prf_hash)
        secret = link.derive(
            EXTENDED_MASTER_SECRET, hash=prf_hash, pre_master_secret=pre_master, session_hash=session_hash
        )
    else:
        secret = link.derive(
            MASTER_SECRET,
            hash=prf_hash,
            pre_master_secret=pre_master,
            client_random=agreed.client_random,
            server_random=agreed.server_random,
        )
    return _expand(link, agreed, secret)


def resume(link: Link, agreed: Agreed, session: Session) -> ConnectionKeys:
    """An abbreviated handshake: the session's master secret with this connection's randoms (appendix F.1.4)."""
    return _expand(link, agreed, session.master_secret)


def _expand(link: Link, agreed: Agreed, secret: bytes) -> ConnectionKeys:
    suite = agreed.suite
    master = PRF(suite.prf_hash, secret)
    block = link.derive(
        KEY_BLOCK,
        hash=suite.prf_hash,
        master_secret=master,
        server_random=agreed.server_random,
        client_random=agreed.client_random,
        suite=suite,
    )
    return ConnectionKeys(agreed, secret, master, key_schedule.cut(block, suite))
