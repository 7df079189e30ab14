"""From the pre-master secret to session keys and Finished, in the order of RFC 5246 (sections 8.1, 6.3, 7.4.9).

    pre-master secret (48) --PRF "master secret"--> master secret (48)
    master secret --PRF "key expansion"--> key block --cut--> MAC keys, encryption keys, fixed IVs
    master secret --PRF "client finished" / "server finished"--> verify_data (12)

All functions are pure. The secret that keys a PRF is passed as the keyed `PRF`: a master secret is used several times,
and a `TellingPRF` tells how a value came about. `derivations.py` says where their inputs come from.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from ...crypto.prf import PRF, digest
from ...crypto.protection import DirectionKeys
from ...crypto.suites import Suite
from ...observe import Side

MASTER_SECRET_SIZE = 48
VERIFY_DATA_SIZE = 12


#: In the order in which each pair of keys is cut.
SIDES: tuple[Side, Side] = ("client", "server")


class KeyBlock(NamedTuple):
    """The key block, cut: what the client writes with and what the server writes with."""

    client: DirectionKeys
    server: DirectionKeys

    def of(self, sender: Side) -> DirectionKeys:
        """What `sender` writes with."""
        return self.client if sender == "client" else self.server


def session_hash(prf_hash: str, handshake_messages: bytes) -> bytes:
    """32 or 48 bytes: Hash(handshake_messages), from ClientHello to ClientKeyExchange (RFC 7627 section 3)."""
    return digest(prf_hash, handshake_messages)


def master_secret(pre_master: PRF, client_random: bytes, server_random: bytes) -> bytes:
    """48 bytes: PRF(pre_master_secret, "master secret", ClientHello.random + ServerHello.random) (section 8.1)."""
    return pre_master(b"master secret", client_random + server_random, MASTER_SECRET_SIZE)


def extended_master_secret(pre_master: PRF, session_hash: bytes) -> bytes:
    """48 bytes: PRF(pre_master_secret, "extended master secret", session_hash) (RFC 7627 section 4).

    The session hash covers every message from ClientHello to ClientKeyExchange, so that two connections with
    different certificates cannot share a master secret (the triple handshake attack).
    """
    return pre_master(b"extended master secret", session_hash, MASTER_SECRET_SIZE)


def key_block(master: PRF, client_random: bytes, server_random: bytes, length: int) -> bytes:
    """PRF(master_secret, "key expansion", server_random + client_random) (section 6.3).

    The randoms stand in the opposite order to the master secret's, for no reason that the RFC gives.
    """
    return master(b"key expansion", server_random + client_random, length)


def cut(block: bytes, suite: Suite) -> KeyBlock:
    """The key block in the order of section 6.3: client and server MAC keys, then keys, then fixed IVs."""
    client_mac, server_mac, client_key, server_key, client_iv, server_iv = _places(
        suite.mac_length, suite.key_length, suite.fixed_iv_length
    )
    return KeyBlock(
        DirectionKeys(block[client_mac], block[client_key], block[client_iv]),
        DirectionKeys(block[server_mac], block[server_key], block[server_iv]),
    )


@lru_cache(maxsize=32)
def _places(*sizes: int) -> tuple[slice, ...]:
    """Where each piece stands, two of each size."""
    ends = list(accumulate(size for size in sizes for _ in SIDES))
    return tuple(map(slice, [0, *ends], ends))


def verify_data(master: PRF, sender: Side, transcript_hash: bytes) -> bytes:
    """12 bytes: PRF(master_secret, "<sender> finished", Hash(handshake_messages)) (section 7.4.9)."""
    return master(sender.encode() + b" finished", transcript_hash, VERIFY_DATA_SIZE)
