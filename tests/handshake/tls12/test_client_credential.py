"""Which credential answers a CertificateRequest: by type, signature algorithm and authority (RFC 5246 7.4.4, 7.4.6)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from minitls import Credential
from minitls.handshake.tls12.client_credential import choose_credential
from minitls.observe import MessageSeen, Noted
from minitls.wire.codes import ClientCertificateType, SignatureScheme
from minitls.wire.messages import Certificate, CertificateRequest
from tests.handshake import certificates
from tests.helpers import client_config, connected, server_config, trust

RSA, EC = ClientCertificateType.rsa_sign, ClientCertificateType.ecdsa_sign
ANY = (SignatureScheme.rsa_pss_rsae_sha256, SignatureScheme.rsa_pkcs1_sha256, SignatureScheme.ecdsa_secp256r1_sha256)
SIGNER = ec.generate_private_key(ec.SECP256R1())


def dn(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@lru_cache
def credential(name: str, issuer: str, kind: str = "P-256", above: str = "", signed: Any = SHA256) -> Credential:
    """`name`'s certificate, issued by `issuer`, whose own certificate by `above` is shown too if there is one."""
    key = certificates.new_key(kind)
    chain = [issued(name, issuer, key, signed), *([issued(issuer, above, SIGNER, SHA256)] if above else [])]
    return Credential(tuple(chain), key)


def issued(name: str, issuer: str, key: Any, signed: Any) -> bytes:
    builder = x509.CertificateBuilder(dn(issuer), dn(name), key.public_key(), 1)
    builder = builder.not_valid_before(datetime(2025, 1, 1, tzinfo=UTC)).not_valid_after(
        datetime(2030, 1, 1, tzinfo=UTC)
    )
    return builder.sign(SIGNER, signed()).public_bytes(Encoding.DER)


def request(*authorities: str, types: Any = (RSA, EC), algorithms: Any = ANY) -> CertificateRequest:
    return CertificateRequest(tuple(types), tuple(algorithms), tuple(dn(each).public_bytes() for each in authorities))


def chosen(asked: CertificateRequest, *credentials: Credential) -> str:
    found = choose_credential(asked, credentials)
    assert (found.credential is None) == (found.scheme is None)
    if found.credential is None:
        return ""
    return found.credential.certificate.subject.rfc4514_string().removeprefix("CN=")


ONE, TWO, THREE = credential("one", "red"), credential("two", "blue"), credential("three", "green", "RSA", "blue")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (request(), "one"),
        (request("red"), "one"),
        (request("blue"), "two"),
        (request("green"), "three"),
        (request("green", "blue"), "two"),
        (request("elsewhere"), "one"),
        (request("blue", types=[RSA]), "three"),  # Its intermediate is issued by blue.
        (request("red", types=[RSA]), "three"),
        (request("red", types=[2]), ""),
        (request("blue", algorithms=[SignatureScheme.rsa_pkcs1_sha256]), "three"),
        (request(algorithms=[SignatureScheme.ed25519]), ""),
    ],
)
def test_types_and_algorithms_decide_and_authorities_prefer(asked: CertificateRequest, expected: str) -> None:
    assert chosen(asked, ONE, TWO, THREE) == expected


def test_who_has_none_shows_none() -> None:
    found = choose_credential(request("red"), ())
    assert found.credential is None and found.reason == "the client has no certificate to show"


def test_a_chain_that_is_signed_as_asked_is_preferred() -> None:
    """Section 7.4.6: certificates must be signed by an algorithm of the list; if nobody can, they are shown anyway."""
    unlisted = credential("unlisted", "red", signed=SHA384)
    assert chosen(request("red"), unlisted, TWO) == "two"
    assert chosen(request("red"), unlisted) == "unlisted"
    assert "signed in a way that the server did not list" in choose_credential(request("red"), (unlisted,)).reason


def test_every_choice_says_why() -> None:
    assert choose_credential(request("blue"), (ONE, TWO)).reason == (
        "two, number 2 of 2; issued under CN=blue, which the server names"
    )
    assert choose_credential(request("blue", types=[RSA]), (ONE, THREE)).reason == (
        "three, number 2 of 2; issued under CN=blue, which the server names; "
        "one is ecdsa_sign, and the server asks for rsa_sign"
    )
    assert "none that fits comes from an authority" in choose_credential(request("x"), (ONE, TWO)).reason
    assert "the server names no authority" in choose_credential(request(), (ONE,)).reason


def test_a_certificate_that_cannot_be_read_comes_from_nobody() -> None:
    odd = Credential((b"no certificate", ONE.chain[0]), ONE.private_key)
    assert choose_credential(request("red"), (odd,)).reason.startswith("one, number 1 of 1; issued under CN=red")
    assert "cannot be read" in choose_credential(request("red"), (Credential((b"?",), ONE.private_key),)).reason


def test_in_a_handshake_the_servers_trust_chooses_and_it_is_told() -> None:
    """The server names the root that it trusts; only the demo client's chain comes from there."""
    from tests.helpers import credential as shipped

    told: list[Any] = []
    client = client_config(credential=(ONE, shipped("client")), observer=told.append)
    ends = connected(client, server_config(client_trust=trust(), require_client_certificate=True))
    assert ends[1].negotiated is not None and ends[1].negotiated.peer_certificates == shipped("client").chain
    (note,) = [each for each in told if isinstance(each, Noted)]
    assert note.id == "client_credential" and note.values["shown"] == "minitls demo client"
    assert "CN=minitls demo root, which the server names" in str(note.values["reason"])
    sent = [each.bytes for each in told if isinstance(each, MessageSeen) and each.sender == "client"]
    assert Certificate(shipped("client").chain).encode() in sent
