"""What the client accepts of the server's choice, in TLS 1.2: `accept` judges the ServerHello against the offer."""

from __future__ import annotations

from operator import attrgetter

from ...crypto.suites import BY_CODE
from ...errors import HandshakeFailure, IllegalParameter, UnsupportedExtension, shown
from ...wire.codes import MAX_FRAGMENT_LENGTHS, ExtensionType, name_of
from ...wire.extensions import (
    EncryptThenMac,
    ExtendedMasterSecret,
    ExtensionsByClass,
    MaxFragmentLength,
    ProtocolNameList,
    RecordSizeLimit,
    RenegotiationInfo,
    SessionTicket,
)
from ...wire.messages import ClientHello, ServerHello
from ...wire.records import MAX_PLAINTEXT
from ..config import ClientConfig
from ..hello import extensions_once
from ..session import Session
from .agreed import Agreed

_TYPE = attrgetter("type")


def accept(config: ClientConfig, offered: ClientHello, session: Session | None, hello: ServerHello) -> Agreed:
    """What the server chose, if every part of it was offered. Raises the fault that names its alert otherwise."""
    # 1. Suite and compression (section 7.4.1.3); the version led here (`negotiate.py`).
    if hello.cipher_suite not in offered.cipher_suites:
        raise IllegalParameter(
            f"the server chose suite {hello.cipher_suite:04x}, which was not offered (RFC 5246 section 7.4.1.3)"
        )
    if hello.compression_method != 0:
        raise IllegalParameter(f"the server chose compression {hello.compression_method}; only null (0) was offered")
    suite = BY_CODE[hello.cipher_suite]

    # 2. Extensions: only answers to what was asked, and each at most once (section 7.4.1.4).
    asked = set(map(_TYPE, offered.extensions or ()))
    for number in map(_TYPE, hello.extensions or ()):
        if number not in asked:
            name = name_of(ExtensionType, number)
            raise UnsupportedExtension(f"the server sent {name}, which was not offered (RFC 5246 section 7.4.1.4)")
    answers = extensions_once(hello)
    _check_renegotiation(answers)
    extended = ExtendedMasterSecret in answers
    encrypt_then_mac = EncryptThenMac in answers
    if encrypt_then_mac and suite.mode != "CBC":
        raise IllegalParameter(f"encrypt_then_mac with {suite.name}, which is no CBC suite (RFC 7366 section 3)")
    ticket = answers.get(SessionTicket)
    if ticket is not None and ticket.ticket:
        raise IllegalParameter("the server's session_ticket extension is not empty (RFC 5077 section 3.2)")

    # 3. A session is taken up again exactly if the server echoes the session ID that names it (section 7.4.1.3).
    resumed = session if session is not None and hello.session_id == offered.session_id != b"" else None
    if resumed is not None:
        if hello.cipher_suite != resumed.cipher_suite:
            raise IllegalParameter(
                f"the server resumes with suite {hello.cipher_suite:04x}, the session has "
                f"{resumed.cipher_suite:04x} (RFC 5246 section 7.4.1.3)"
            )
        if extended != bool(resumed.extended_master_secret):
            was, now = ("with", "without") if resumed.extended_master_secret else ("without", "with")
            raise HandshakeFailure(
                f"a session made {was} extended_master_secret is resumed {now} it (RFC 7627 section 5.3)"
            )
    mfl, limits = _accept_limits(config, answers)
    return Agreed(
        suite=suite,
        client_random=offered.random,
        server_random=hello.random,
        session_id=hello.session_id,
        extended_master_secret=extended,
        encrypt_then_mac=encrypt_then_mac,
        new_ticket=ticket is not None,
        resumed=resumed,
        alpn=_accept_alpn(config, answers),
        server_name=None,
        max_fragment_length=mfl,
        record_size_limits=limits,
    )


def _check_renegotiation(answers: ExtensionsByClass) -> None:
    info = answers.get(RenegotiationInfo)
    if info is not None and info.renegotiated_connection:
        raise HandshakeFailure("renegotiation_info is not empty in a first handshake (RFC 5746 section 3.4)")


def _accept_alpn(config: ClientConfig, answers: ExtensionsByClass) -> str | None:
    answer = answers.get(ProtocolNameList)
    if answer is None:
        return None
    offered = {protocol.encode(): protocol for protocol in config.alpn}
    if len(answer.protocol_name_list) != 1 or answer.protocol_name_list[0] not in offered:
        chosen = shown(b", ".join(answer.protocol_name_list))
        raise IllegalParameter(f"the server chose ALPN {chosen}, offered was {', '.join(config.alpn)} (RFC 7301 3.1)")
    return offered[answer.protocol_name_list[0]]


def _accept_limits(config: ClientConfig, answers: ExtensionsByClass) -> tuple[int | None, tuple[int, int] | None]:
    length = answers.get(MaxFragmentLength)
    limit = answers.get(RecordSizeLimit)
    if length is not None and limit is not None:
        raise IllegalParameter("the server sent max_fragment_length and record_size_limit (RFC 8449 section 5)")
    if length is not None and MAX_FRAGMENT_LENGTHS.get(length.max_fragment_length) != config.max_fragment_length:
        raise IllegalParameter(
            f"the server chose max_fragment_length code {length.max_fragment_length}, not the one asked for "
            "(RFC 6066 section 4)"
        )
    if limit is None:
        return (config.max_fragment_length if length else None), None
    check_record_size_limit(limit.record_size_limit)
    return None, (config.record_size_limit or MAX_PLAINTEXT, limit.record_size_limit)


def check_record_size_limit(limit: int) -> None:
    """A limit under 64 would leave no room for the protocol itself (RFC 8449 section 4). IllegalParameter."""
    if limit < 64:
        raise IllegalParameter(f"record_size_limit is {limit}, at least 64 is allowed (RFC 8449 section 4)")
