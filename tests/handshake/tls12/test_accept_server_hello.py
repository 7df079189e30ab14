"""What a client makes of a ServerHello. Which alert each fault gets is told in `behaviours/server_hellos.py`."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.errors import AlertDescription, HandshakeFailure, IllegalParameter, TLSError
from minitls.handshake.hello import offer
from minitls.handshake.session import Session
from minitls.handshake.tls12.accept_server_hello import accept, check_record_size_limit
from minitls.handshake.tls12.agreed import Agreed
from minitls.wire.messages import ServerHello
from tests.handshake.links import session
from tests.handshake.peer import (
    ENCRYPT_THEN_MAC,
    EXTENDED_MASTER_SECRET,
    MAX_FRAGMENT_LENGTH,
    RECORD_SIZE_LIMIT,
    RENEGOTIATION_INFO,
    SESSION_TICKET,
    alpn,
    server_hello_body,
)
from tests.helpers import client_config

RANDOM, CHOSEN = b"r" * 32, b"s" * 32


def accepted(
    *extensions: tuple[int, bytes], kept: Session | None = None, hello: dict[str, Any] | None = None, **options: Any
) -> Agreed:
    config = client_config(**options)
    answer = ServerHello.parse(server_hello_body(extensions, random=CHOSEN, **(hello or {})))
    return accept(config, offer(config, "localhost", kept, RANDOM, ()), kept, answer)


def test_nothing_but_a_suite() -> None:
    agreed = accepted(hello={"suite": 0x0035, "session_id": b"new"})
    assert (agreed.suite.openssl_name, agreed.session_id) == ("AES256-SHA", b"new")
    assert (agreed.client_random, agreed.server_random) == (RANDOM, CHOSEN)
    assert not (agreed.extended_master_secret or agreed.encrypt_then_mac or agreed.new_ticket or agreed.resumed)
    assert agreed.alpn is agreed.max_fragment_length is agreed.record_size_limits is None


def test_everything() -> None:
    agreed = accepted(
        (RENEGOTIATION_INFO, b"\x00"),
        (EXTENDED_MASTER_SECRET, b""),
        (ENCRYPT_THEN_MAC, b""),
        (SESSION_TICKET, b""),
        (RECORD_SIZE_LIMIT, b"\x02\x00"),
        alpn(b"x"),
        hello={"suite": 0x002F},
        alpn=("h2", "x"),
        record_size_limit=300,
    )
    assert agreed.extended_master_secret and agreed.encrypt_then_mac and agreed.new_ticket
    # (client's, server's), RFC 8449 section 4.
    assert (agreed.alpn, agreed.record_size_limits) == ("x", (300, 512))


@pytest.mark.parametrize("length", [512, 1024, 2048, 4096])
def test_max_fragment_length_is_accepted_as_asked_for(length: int) -> None:
    """RFC 6066 section 4: codes 1 to 4 for 2^9 to 2^12, and a server that declines just does not answer."""
    code = length.bit_length() - 9
    assert accepted((MAX_FRAGMENT_LENGTH, bytes([code])), max_fragment_length=length).max_fragment_length == length
    assert accepted(max_fragment_length=length).max_fragment_length is None
    with pytest.raises(IllegalParameter, match=f"code {code % 4 + 1}, not the one"):
        accepted((MAX_FRAGMENT_LENGTH, bytes([code % 4 + 1])), max_fragment_length=length)


def test_not_both_limits() -> None:
    """RFC 8449 section 5: MUST treat as fatal, illegal_parameter."""
    both = ((MAX_FRAGMENT_LENGTH, b"\x01"), (RECORD_SIZE_LIMIT, b"\x02\x00"))
    with pytest.raises(IllegalParameter, match="max_fragment_length and record_size_limit"):
        accepted(*both, max_fragment_length=512, record_size_limit=512)


@given(st.integers(0, 0xFFFF))
def test_a_limit_is_64_bytes_at_least(limit: int) -> None:
    if limit >= 64:
        check_record_size_limit(limit)
    else:
        with pytest.raises(IllegalParameter, match=f"is {limit}, at least 64"):
            check_record_size_limit(limit)


@pytest.mark.parametrize("names", [(b"h2", b"x"), (b"other",)])
def test_alpn_is_one_of_ours(names: tuple[bytes, ...]) -> None:
    with pytest.raises(IllegalParameter, match="offered was h2, x"):
        accepted(alpn(*names), alpn=("h2", "x"))


class TestResumption:
    """RFC 5246 section 7.4.1.3: a session is taken up again exactly if the server echoes its ID."""

    def test_the_echo(self) -> None:
        kept = session()
        assert accepted((EXTENDED_MASTER_SECRET, b""), kept=kept, hello={"session_id": b"i" * 32}).resumed is kept

    @pytest.mark.parametrize("answer", [b"", b"another", b"i" * 31])
    def test_anything_else_is_a_full_handshake(self, answer: bytes) -> None:
        """In which the session's suite and extended master secret bind nobody."""
        assert accepted(kept=session(), hello={"session_id": answer, "suite": 0x0035}).resumed is None

    def test_an_id_that_is_empty_on_both_sides_is_no_echo(self) -> None:
        assert accepted(kept=session(session_id=b""), hello={"session_id": b""}).resumed is None

    @pytest.mark.parametrize(
        ("had", "has", "suite", "alert"),
        [
            (1, True, 0x0035, AlertDescription.illegal_parameter),
            (1, False, 0x009C, AlertDescription.handshake_failure),
            (0, True, 0x009C, AlertDescription.handshake_failure),
        ],
    )
    def test_what_must_stay_the_same(self, had: int, has: bool, suite: int, alert: AlertDescription) -> None:
        """The suite (RFC 5246 section 7.4.1.3) and extended_master_secret (RFC 7627 section 5.3)."""
        kept = session(extended_master_secret=had)
        answer = ((EXTENDED_MASTER_SECRET, b""),) if has else ()
        with pytest.raises(TLSError) as refused:
            accepted(*answer, kept=kept, hello={"session_id": b"i" * 32, "suite": suite})
        assert refused.value.alert == alert


def test_renegotiation_info_of_a_first_handshake_is_empty() -> None:
    with pytest.raises(HandshakeFailure, match=r"RFC 5746 section 3\.4"):
        accepted((RENEGOTIATION_INFO, b"\x01v"))
