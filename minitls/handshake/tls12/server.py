"""The handshake as the server holds it, in the order of RFC 5246 figures 1 and 2.

    ClientHello          -------->
                                            ServerHello
                                            Certificate
                                     CertificateStatus*
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

from collections.abc import Generator
from typing import Any

from ...crypto.signatures import SIGNATURE_ALGORITHMS, PublicKey, verify
from ...errors import HandshakeFailure, IllegalParameter
from ...pki.trust import TrustStore
from ...pki.verdict import require
from ...wire.codes import CertificateStatusType, ClientCertificateType, SignatureScheme, name_of
from ...wire.extensions import SessionTicket
from ...wire.messages import (
    Certificate,
    CertificateRequest,
    CertificateVerify,
    ClientHello,
    NewSessionTicket,
    ServerHelloDone,
)
from ..config import ServerConfig
from ..link import Link
from ..machine import Flow
from ..peer_certificate import CLIENT_NEEDS, certified_key, judge
from ..session import Session
from .agreed import Agreed
from .connection_keys import ConnectionKeys, derive, resume
from .finished import receive_finished, send_finished
from .key_exchange import KEY_EXCHANGES
from .server_choices import Choice, choose
from .states import State

#: What a client may sign with: any RSA key, and any elliptic-curve one, Ed25519 included (RFC 8422 section 5.5).
_CERTIFICATE_TYPES = (ClientCertificateType.rsa_sign, ClientCertificateType.ecdsa_sign)


def handshake(link: Link, config: ServerConfig, client_hello: ClientHello) -> Flow:
    """The conversation after the ClientHello."""
    choice = choose(link, config, client_hello)
    agreed = choice.agreed
    link.agree(agreed.suite, agreed.max_fragment_length, agreed.record_size_limits)
    link.send(choice.server_hello)
    session: Session | None
    if agreed.resumed:
        offered = client_hello.extension(SessionTicket)
        by_ticket = bool(offered and offered.ticket and config.sealing)
        # A ticket's session ID is the client's own invention: a fault must not drop another's session of that ID.
        link.session_key = None if by_ticket else agreed.session_id
        link.note("resumed", by="ticket" if by_ticket else "session ID")
        keys, chain = resume(link, agreed, agreed.resumed), agreed.resumed.peer_certificates
        session = agreed.resumed
        _issue_ticket(link, config, agreed, session)
        send_finished(link, keys)
        yield from receive_finished(link, keys, new_ticket=False)
    else:
        keys, chain = yield from _exchange_keys(link, config, choice, client_hello)
        yield from receive_finished(link, keys, new_ticket=False)
        session = _new_session(config, keys, chain)
        _issue_ticket(link, config, agreed, session)
        send_finished(link, keys)
        if config.sessions is not None and session.session_id:
            link.session_key = session.session_id
            config.sessions.store(session.session_id, session)
    link.complete(agreed.negotiated(chain, session, agreed.server_name))


def _exchange_keys(
    link: Link, config: ServerConfig, choice: Choice, client_hello: ClientHello
) -> Generator[State, Any, tuple[ConnectionKeys, tuple[bytes, ...]]]:
    """A full handshake from our certificate to the keys (RFC 5246 figure 1)."""
    # 1. Who we are, and whether we want to know who the client is.
    link.send_encoded(choice.credential.message, "Certificate")
    if choice.staple:
        # Loaded here, where a response is stapled at all.
        from ...wire.key_exchange_messages import CertificateStatus

        link.send(CertificateStatus((CertificateStatusType.ocsp, choice.credential.ocsp_response)))
    exchange = KEY_EXCHANGES[choice.agreed.suite.key_exchange]
    share = exchange.send_server_key_exchange(link, config, choice.agreed, choice.credential, client_hello)
    if config.client_trust:
        link.send(_certificate_request(config.client_trust))
    link.send(ServerHelloDone())
    # 2. Who the client is (section 7.4.6).
    chain: tuple[bytes, ...] = ()
    client_key: PublicKey = None
    if config.client_trust:
        certificate: Certificate = yield State.WAIT_CLIENT_CERTIFICATE
        chain = certificate.certificate_list
        if chain:
            client_key = certified_key(require(judge(config, "server", chain, config.client_trust, None, CLIENT_NEEDS)))
        elif config.require_client_certificate:
            raise HandshakeFailure("the client sent no certificate, and one is required (RFC 5246 section 7.4.6)")
    # 3. The pre-master secret, from what both contribute (section 7.4.7).
    pre_master = yield from exchange.receive_client_key_exchange(link, client_hello, share)
    keys = derive(link, choice.agreed, pre_master)
    # 4. Proof that the client's certificate is the client's (section 7.4.8).
    if chain:
        proof: CertificateVerify = yield State.WAIT_CERTIFICATE_VERIFY
        if proof.algorithm not in SIGNATURE_ALGORITHMS:
            name = name_of(SignatureScheme, proof.algorithm)
            raise IllegalParameter(f"CertificateVerify uses {name}, which was not asked for (RFC 5246 section 7.4.8)")
        verify(proof.algorithm, client_key, link.transcript.content_before_last(), proof.signature)
    return keys, chain


def _certificate_request(trust: TrustStore) -> CertificateRequest:
    """What the server would accept (section 7.4.4). A list of names too long for the field is left out."""
    names = tuple(root.certificate.subject.public_bytes() for root in trust.roots if root.certificate.subject.rdns)
    fits = sum(len(name) + 2 for name in names) <= 0xFFFF
    return CertificateRequest(_CERTIFICATE_TYPES, SIGNATURE_ALGORITHMS, names if fits else ())


def _new_session(config: ServerConfig, keys: ConnectionKeys, chain: tuple[bytes, ...]) -> Session:
    agreed = keys.agreed
    return Session(
        version=0x0303,
        cipher_suite=agreed.suite.code,
        master_secret=keys.master_secret,
        extended_master_secret=int(agreed.extended_master_secret),
        created=max(0, int(config.time().timestamp())),
        server_name=(agreed.server_name or "").encode(),
        session_id=agreed.session_id,
        ticket=b"",
        ticket_lifetime_hint=0,
        peer_certificates=chain,
        max_fragment_length=agreed.max_fragment_length or 0,
    )


def _issue_ticket(link: Link, config: ServerConfig, agreed: Agreed, session: Session) -> None:
    """Hand the session, sealed, to the client if the hellos said so (RFC 5077 section 3.3)."""
    if agreed.new_ticket and config.sealing:
        ticket = config.sealing.seal(session, config.time())
        link.send(NewSessionTicket(int(config.sealing.lifetime.total_seconds()), ticket))
