"""What is asked of the peer's certificate, what an observer is told of it, and the key that comes out.

Chains are made with bare `cryptography` (`certificates.py`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from minitls import TrustStore
from minitls.errors import AlertDescription, CertificateError
from minitls.handshake.peer_certificate import CLIENT_NEEDS, certified_key, judge, still_accepted
from minitls.observe import CertificateChecked, Observation
from minitls.pki import Verdict, require
from tests.handshake import certificates
from tests.helpers import NOW, Clock, client_config

ROOTS = TrustStore.of([certificates.root()])
ENCIPHERS = frozenset(("key_encipherment",))


def server_chain() -> tuple[bytes, ...]:
    return (certificates.server("localhost")[0],)


def client_chain() -> tuple[bytes, ...]:
    return (certificates.client()[0],)


def asked(side: Any, chain: tuple[bytes, ...], name: str | None, needs: frozenset[str], **given: Any) -> Verdict:
    return judge(client_config(**given), side, chain, ROOTS, name, needs)


def test_a_client_asks_for_a_servers_certificate_and_its_name() -> None:
    assert asked("client", server_chain(), "localhost", ENCIPHERS).ok
    assert asked("client", server_chain(), "elsewhere", ENCIPHERS).alert == AlertDescription.bad_certificate
    refused = asked("client", client_chain(), "client.test", frozenset())
    assert [step.rule for step in refused.failures] == ["purpose"]


def test_a_server_asks_for_a_clients_and_no_name() -> None:
    assert asked("server", client_chain(), None, CLIENT_NEEDS).ok
    assert not asked("server", server_chain(), None, CLIENT_NEEDS).ok


def test_the_key_must_allow_what_is_needed() -> None:
    """RFC 5246 sections 7.4.2 and 7.4.6: the client's certificate here allows signatures alone."""
    assert {"digital_signature"} == CLIENT_NEEDS
    refused = asked("server", client_chain(), None, ENCIPHERS)
    assert refused.alert == AlertDescription.unsupported_certificate


def test_the_clock_is_the_configurations() -> None:
    late = Clock(certificates.UNTIL + timedelta(seconds=1))
    assert (
        asked("client", server_chain(), "localhost", ENCIPHERS, now=late).alert == AlertDescription.certificate_expired
    )
    # A clock without a zone means UTC.
    assert asked("client", server_chain(), "localhost", ENCIPHERS, now=lambda: NOW.replace(tzinfo=None)).ok


@pytest.mark.parametrize("name", ["localhost", "elsewhere"])
def test_an_observer_is_told_all_that_the_verdict_depends_on(name: str) -> None:
    told: list[Observation] = []
    verdict = asked("client", server_chain(), name, ENCIPHERS, observer=told.append)
    (seen,) = told
    assert isinstance(seen, CertificateChecked)
    assert (seen.chain, seen.accepted) == (server_chain(), name == "localhost")
    assert seen.inputs == {
        "name": name,
        "time": "2026-03-01T12:00:00+00:00",
        "purpose": "server",
        "needs": ["key_encipherment"],
        "trust": ROOTS.summary,
        "roots": [certificates.root().hex()],
        "crls": [],
    }
    assert [step["rule"] for step in seen.steps] == [step.rule for step in verdict.steps]


def test_where_no_root_was_reached_none_is_told() -> None:
    told: list[Any] = []
    judge(client_config(observer=told.append), "client", server_chain(), TrustStore.of([]), "localhost", ENCIPHERS)
    assert told[0].inputs["roots"] == [] and not told[0].accepted


@pytest.mark.parametrize("kind", ["RSA", "P-256"])
def test_the_certified_key_is_the_leafs(kind: str) -> None:
    leaf, key = certificates.client(kind)
    found: Any = certified_key(asked("server", (leaf, certificates.root()), None, CLIENT_NEEDS))
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    assert found.public_bytes(*form) == key.public_key().public_bytes(*form)


def test_without_a_readable_leaf_there_is_no_key() -> None:
    assert certified_key(asked("server", (b"no certificate",), None, CLIENT_NEEDS)) is None


def test_a_key_for_pss_alone_does_nothing_here() -> None:
    """RFC 4055 section 1.2: it encrypts nothing; RFC 8446 section 4.2.3: rsa_pss_rsae wants an ordinary one."""
    pss = certificates.for_pss_alone(client_chain()[0])
    with pytest.raises(CertificateError, match=r"for RSASSA-PSS signatures alone.*usable: RSA") as refused:
        require(asked("server", (pss, certificates.root()), None, CLIENT_NEEDS))
    assert refused.value.alert == AlertDescription.unsupported_certificate


def test_a_resumption_asks_the_same_again_and_tells_nobody() -> None:
    told: list[Observation] = []
    config = client_config(observer=told.append)
    question = (server_chain(), ROOTS, "localhost", ENCIPHERS)
    assert still_accepted("client", config, *question)
    late = replace(config, now=Clock(certificates.UNTIL + timedelta(days=1)))
    assert not still_accepted("client", late, *question)
    assert not still_accepted("client", config, server_chain(), TrustStore.of([]), "localhost", ENCIPHERS)
    assert not still_accepted("client", config, server_chain(), ROOTS, "elsewhere", ENCIPHERS)
    assert not still_accepted("server", config, server_chain(), ROOTS, None, CLIENT_NEEDS)
    assert told == []
