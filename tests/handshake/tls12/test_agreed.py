"""What the user sees of what the hellos settled."""

from __future__ import annotations

import pytest

from minitls.crypto.suites import suite_named
from minitls.handshake.negotiated import Negotiated
from minitls.handshake.tls12.agreed import Agreed
from tests.handshake.links import session

SESSION = session()


@pytest.mark.parametrize("resumed", [None, SESSION])
@pytest.mark.parametrize(("ems", "etm"), [(True, False), (False, True)])
def test_every_field_is_where_it_belongs(resumed: object, ems: bool, etm: bool) -> None:
    agreed = Agreed(
        suite=suite_named("AES256-SHA"),
        client_random=b"c" * 32,
        server_random=b"s" * 32,
        session_id=b"i" * 32,
        extended_master_secret=ems,
        encrypt_then_mac=etm,
        new_ticket=True,
        resumed=resumed,  # type: ignore[arg-type]  # None or a session.
        alpn="h2",
        server_name="of the server's choice",
        max_fragment_length=512,
        record_size_limits=(100, 200),
    )
    # The name is the caller's: a client knows whom it dialled, a server what was asked for.
    assert agreed.negotiated((b"leaf",), SESSION, "localhost") == Negotiated(
        version="TLSv1.2",
        cipher_suite="TLS_RSA_WITH_AES_256_CBC_SHA",
        alpn="h2",
        server_name="localhost",
        extended_master_secret=ems,
        encrypt_then_mac=etm,
        resumed=resumed is not None,
        session_id=b"i" * 32,
        peer_certificates=(b"leaf",),
        session=SESSION,
    )
