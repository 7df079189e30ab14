"""ChangeCipherSpec and Finished (RFC 5246 sections 7.1 and 7.4.9): new keys, and proof that both saw the same.

Finished is the first protected message. Its 12 bytes depend on the master secret and on every handshake message before
it, so whoever changed a byte in between, or does not know the secret, is found out here.
"""

from __future__ import annotations

from collections.abc import Generator
from hmac import compare_digest
from typing import Any

from ...crypto.protection import protection
from ...errors import DecryptError
from ...observe import Side
from ...record_layer import Epoch
from ...wire.codes import ContentType
from ...wire.messages import ChangeCipherSpec, Finished, NewSessionTicket
from ..link import Link
from .connection_keys import ConnectionKeys
from .derivations import VERIFY_DATA
from .states import State

_CHANGE_CIPHER_SPEC = ChangeCipherSpec(1).write()


def send_finished(link: Link, keys: ConnectionKeys) -> None:
    """Say that our keys change, change them, and send Finished under them."""
    epoch = _epoch(link, keys, link.side)
    try:
        link.send_apart(ContentType.change_cipher_spec, _CHANGE_CIPHER_SPEC, "ChangeCipherSpec")
    finally:
        # The peer changes keys with this record: should an observer fail at it, the alert must be under the new ones.
        link.write_with(epoch)
    transcript_hash = link.transcript.hash(keys.agreed.suite.prf_hash)
    link.send(Finished(verify_data=_verify_data(link, keys, link.side, transcript_hash)))


def receive_finished(
    link: Link, keys: ConnectionKeys, new_ticket: bool
) -> Generator[State, Any, NewSessionTicket | None]:
    """Wait for the peer's Finished and check it; gives the ticket that came before it, if one was announced."""
    ticket: NewSessionTicket | None = None
    if new_ticket:
        ticket = yield State.WAIT_NEW_SESSION_TICKET
    yield State.WAIT_CHANGE_CIPHER_SPEC
    link.read_with(_epoch(link, keys, link.peer))
    finished: Finished = yield State.WAIT_FINISHED
    # The peer's Finished vouches for everything before itself, not for itself.
    transcript_hash = link.transcript.hash_before_last(keys.agreed.suite.prf_hash)
    if not compare_digest(_verify_data(link, keys, link.peer, transcript_hash), finished.verify_data):
        raise DecryptError(
            f"the {link.peer}'s Finished does not fit this handshake: its verify_data is not "
            f'PRF(master_secret, "{link.peer} finished", Hash(handshake_messages)) (RFC 5246 section 7.4.9)'
        )
    return ticket


def _epoch(link: Link, keys: ConnectionKeys, sender: Side) -> Epoch:
    """What protects the records of `sender` (RFC 5246 section 6.3)."""
    suite = keys.agreed.suite
    own = keys.block.client if sender == "client" else keys.block.server
    return Epoch(suite, own, protection(suite, own, link.source("IV"), keys.agreed.encrypt_then_mac))


def _verify_data(link: Link, keys: ConnectionKeys, sender: Side, transcript_hash: bytes) -> bytes:
    prf_hash = keys.agreed.suite.prf_hash
    return link.derive(VERIFY_DATA[sender], hash=prf_hash, master_secret=keys.master, handshake_hash=transcript_hash)
