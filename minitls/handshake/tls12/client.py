"""The handshake as the client holds it, in the order of RFC 5246 figures 1 and 2.

    ClientHello          -------->
                                            ServerHello
                                            Certificate
                                    CertificateRequest*
                         <--------      ServerHelloDone
    Certificate*
    ClientKeyExchange
    CertificateVerify*
    [ChangeCipherSpec]
    Finished             -------->
                                      NewSessionTicket*
                                     [ChangeCipherSpec]
                         <--------             Finished

`yield STATE` waits for a message that the state accepts (`states.py`) and does nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from typing import Any

from ...crypto.signatures import sign
from ...crypto.suites import BY_CODE
from ...pki.unrooted import Unverified
from ...pki.verdict import require
from ...wire.messages import (
    Certificate,
    CertificateRequest,
    CertificateVerify,
    ClientHello,
    NewSessionTicket,
    ServerHello,
)
from ..config import ClientConfig
from ..link import Link
from ..machine import Flow
from ..peer_certificate import certified_key, judge, still_accepted
from ..session import Session
from .accept_server_hello import accept
from .agreed import Agreed
from .connection_keys import ConnectionKeys, derive, resume
from .derivations import CERTIFICATE_VERIFY
from .finished import receive_finished, send_finished
from .key_exchange import KEY_EXCHANGES
from .states import State

_NOT_VERIFIED = "whose session it is was not verified: the client was told to believe whoever answers"


def handshake(
    link: Link,
    config: ClientConfig,
    server_name: str,
    client_hello: ClientHello,
    session: Session | None,
    server_hello: ServerHello,
) -> Flow:
    """The conversation after the hellos, with the host that the server's certificate must name."""
    agreed = accept(config, client_hello, session, server_hello)
    link.agree(agreed.suite, agreed.max_fragment_length, agreed.record_size_limits)
    if agreed.resumed:
        link.note("resumed", by="ticket" if agreed.resumed.ticket else "session ID")
        if isinstance(config.trust, Unverified):
            link.note("not_verified", reason=_NOT_VERIFIED)
        keys, chain = resume(link, agreed, agreed.resumed), agreed.resumed.peer_certificates
        ticket = yield from receive_finished(link, keys, agreed.new_ticket)
        send_finished(link, keys)
    else:
        keys, chain = yield from _exchange_keys(link, config, agreed, server_name, client_hello)
        send_finished(link, keys)
        ticket = yield from receive_finished(link, keys, agreed.new_ticket)
    kept = _keep_session(link, config, keys, ticket, chain, server_name)
    link.complete(agreed.negotiated(chain, kept, server_name))


def _exchange_keys(
    link: Link, config: ClientConfig, agreed: Agreed, server_name: str, client_hello: ClientHello
) -> Generator[State, Any, tuple[ConnectionKeys, tuple[bytes, ...]]]:
    """A full handshake from the server's certificate to the keys (RFC 5246 figure 1)."""
    # 1. Is the server who it should be?
    certificate: Certificate = yield State.WAIT_CERTIFICATE
    exchange = KEY_EXCHANGES[agreed.suite.key_exchange]
    chain = certificate.certificate_list
    verdict = judge(config, "client", chain, config.trust, server_name, exchange.NEEDS)
    share = yield from exchange.receive_server_key_exchange(link, agreed, certified_key(require(verdict)))
    # 2. Does it want to know who we are? Without a fitting credential the answer is an empty list (section 7.4.6).
    request = yield State.WAIT_CERTIFICATE_REQUEST
    scheme = credential = None
    if isinstance(request, CertificateRequest):
        # Few servers ask, so who is never asked does not load it.
        from .client_credential import choose_credential, label

        yield State.WAIT_SERVER_HELLO_DONE
        credential, scheme, reason = choose_credential(request, config.credentials, config.reproducible)
        link.note("client_credential", shown="none" if credential is None else label(credential), reason=reason)
        link.send(Certificate(credential.chain if credential else ()))
    # 3. The pre-master secret, from what both contribute (section 7.4.7).
    pre_master = exchange.send_client_key_exchange(link, config, client_hello, share)
    keys = derive(link, agreed, pre_master)
    # 4. Proof that our certificate is ours: a signature over everything said so far (section 7.4.8).
    if credential and scheme:
        content = link.transcript.content()
        signature = sign(scheme, credential.private_key, content, config.reproducible)
        link.derived(CERTIFICATE_VERIFY, signature, content=content, algorithm=scheme.code.name)
        link.send(CertificateVerify(int(scheme.code), signature))
    return keys, chain


def _session_key(config: ClientConfig, server_name: str) -> bytes:
    """Under what a session is kept: the server's name, and who we may be to it.

    A resumed session goes on as whoever made it, so one made with a certificate is not for a client without it.
    """
    if not config.credentials:
        return server_name.encode()
    own = hashlib.sha256(b"".join(each.chain[0] for each in config.credentials)).hexdigest()
    return f"{server_name} as {own}".encode()


def session_to_offer(link: Link, config: ClientConfig, server_name: str) -> Session | None:
    """The session kept for this server, if it can still be used with this configuration."""
    if config.sessions is None:
        return None
    key = _session_key(config, server_name)
    session = config.sessions.fetch(key, config.time())
    if session is None or not _usable(session, config, server_name):
        return None
    # A fatal alert in answer to the hello forgets the session too, or every later attempt would fail like this one.
    link.session_key = key
    return session


def _usable(session: Session, config: ClientConfig, server_name: str) -> bool:
    if session.cipher_suite not in config.codes:
        return False
    if session.extended_master_secret and not config.extended_master_secret:
        return False
    if session.ticket and (not config.tickets or _hint_passed(session, config)):
        return False
    if session.max_fragment_length != (config.max_fragment_length or 0):
        return False
    needs = KEY_EXCHANGES[BY_CODE[session.cipher_suite].key_exchange].NEEDS
    return still_accepted("client", config, session.peer_certificates, config.trust, server_name, needs)


def _hint_passed(session: Session, config: ClientConfig) -> bool:
    """Whether the server said that it would not take the ticket any more (RFC 5077 section 3.3; 0: it said nothing)."""
    age = config.time().timestamp() - session.created
    return 0 < session.ticket_lifetime_hint < age


def _keep_session(
    link: Link,
    config: ClientConfig,
    keys: ConnectionKeys,
    new: NewSessionTicket | None,
    chain: tuple[bytes, ...],
    name: str,
) -> Session | None:
    """The session to resume next time: by ticket if there is one, else by session ID; stored under the server's name.

    With a ticket the session ID is ours to make up; a hash of the ticket lets us recognise acceptance by the echo
    (RFC 5077 section 3.4).
    """
    agreed, old = keys.agreed, keys.agreed.resumed
    ticket = new.ticket if new and new.ticket else old.ticket if old else b""
    session_id = hashlib.sha256(ticket).digest() if ticket else agreed.session_id
    if not session_id:
        return None
    session = Session(
        version=0x0303,
        cipher_suite=agreed.suite.code,
        master_secret=keys.master_secret,
        extended_master_secret=int(agreed.extended_master_secret),
        created=old.created if old else max(0, int(config.time().timestamp())),
        server_name=name.encode(),
        session_id=session_id,
        ticket=ticket,
        ticket_lifetime_hint=new.ticket_lifetime_hint if new else old.ticket_lifetime_hint if old else 0,
        peer_certificates=chain,
        max_fragment_length=agreed.max_fragment_length or 0,
    )
    link.session_key = link.session_key or _session_key(config, name)
    if config.sessions is not None:
        config.sessions.store(link.session_key, session)
    return session
