"""Client certificates (RFC 5246 sections 7.4.4, 7.4.6, 7.4.8): every kind of key and scheme, judged by the other side.

The independent peer signs for our server, and checks what our client signed, with `cryptography` alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from struct import pack
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512, HashAlgorithm

from minitls import Credential, TLSError, TrustStore
from minitls.errors import AlertDescription
from tests.handshake import certificates
from tests.handshake.peer import LAST_FLIGHT, Peer, u8, u16
from tests.helpers import (
    client_config,
    client_peer,
    connected,
    converse,
    kinds,
    new_client,
    new_server,
    server_config,
    server_peer,
    tell,
    trust,
)

Signer = Callable[[Any, bytes], bytes]
Checker = Callable[[Any, bytes, bytes], None]


def pkcs1(algorithm: HashAlgorithm) -> tuple[Signer, Checker]:
    how = (padding.PKCS1v15(), algorithm)
    return (lambda key, content: key.sign(content, *how)), (lambda key, s, content: key.verify(s, content, *how))


def pss(algorithm: HashAlgorithm) -> tuple[Signer, Checker]:
    """RFC 8446 section 4.2.3: the salt is as long as the hash, MGF1 with the same hash."""
    how = (padding.PSS(padding.MGF1(algorithm), algorithm.digest_size), algorithm)
    return (lambda key, content: key.sign(content, *how)), (lambda key, s, content: key.verify(s, content, *how))


def ecdsa(algorithm: HashAlgorithm) -> tuple[Signer, Checker]:
    how = ec.ECDSA(algorithm)
    return (lambda key, content: key.sign(content, how)), (lambda key, s, content: key.verify(s, content, how))


def edwards() -> tuple[Signer, Checker]:
    return (lambda key, content: key.sign(content)), (lambda key, s, content: key.verify(s, content))


#: RFC 5246 section 7.4.1.4.1 and RFC 8446 section 4.2.3, by number; the keys that each may be used with in TLS 1.2,
#: where an ECDSA scheme names a hash and any curve goes with it (RFC 8446 section 4.2.3 on TLS 1.2, RFC 8422).
SCHEMES: dict[int, tuple[tuple[str, ...], tuple[Signer, Checker]]] = {
    0x0201: (("RSA",), pkcs1(SHA1())),
    0x0401: (("RSA",), pkcs1(SHA256())),
    0x0501: (("RSA",), pkcs1(SHA384())),
    0x0601: (("RSA",), pkcs1(SHA512())),
    0x0804: (("RSA",), pss(SHA256())),
    0x0805: (("RSA",), pss(SHA384())),
    0x0806: (("RSA",), pss(SHA512())),
    0x0203: (("P-256", "P-384", "P-521"), ecdsa(SHA1())),
    0x0403: (("P-256", "P-384", "P-521"), ecdsa(SHA256())),
    0x0503: (("P-256", "P-384", "P-521"), ecdsa(SHA384())),
    0x0603: (("P-256", "P-384", "P-521"), ecdsa(SHA512())),
    0x0807: (("Ed25519",), edwards()),
    0x0808: (("Ed448",), edwards()),
}
PAIRS = [(kind, scheme) for scheme, (keys, _) in SCHEMES.items() for kind in keys]
KINDS = ("RSA", "P-256", "P-384", "P-521", "Ed25519", "Ed448")
IDS = [f"{kind}-{scheme:04x}" for kind, scheme in PAIRS]
WORDS = ("ClientHello", "Certificate", "ClientKeyExchange", "CertificateVerify", *LAST_FLIGHT)


def roots() -> TrustStore:
    return TrustStore.of([certificates.root()])


def signing_peer(kind: str, scheme: int, **given: Any) -> Peer:
    certificate, key = certificates.client(kind)
    signer, _ = SCHEMES[scheme][1]
    return client_peer(chain=(certificate,), key=key, scheme=scheme, signer=signer, **given)


class TestServer:
    @pytest.mark.parametrize(("kind", "scheme"), PAIRS, ids=IDS)
    def test_every_scheme_is_verified(self, kind: str, scheme: int) -> None:
        server = new_server(client_trust=roots(), require_client_certificate=True)
        peer = signing_peer(kind, scheme)
        assert kinds(converse(peer, server, *WORDS)) == ["complete"]
        assert server.negotiated and server.negotiated.peer_certificates == peer.chain

    @pytest.mark.parametrize(("kind", "scheme"), PAIRS, ids=IDS)
    def test_a_signature_over_something_else_is_a_decrypt_error(self, kind: str, scheme: int) -> None:
        server = new_server(client_trust=roots())
        peer = signing_peer(kind, scheme)
        signer = peer.signer
        peer.signer = lambda key, content: signer(key, content[:-1])
        with pytest.raises(TLSError) as raised:
            converse(peer, server, *WORDS)
        assert raised.value.alert is AlertDescription.decrypt_error

    @pytest.mark.parametrize(("kind", "scheme"), PAIRS, ids=IDS)
    def test_a_signature_of_another_key_is_a_decrypt_error(self, kind: str, scheme: int) -> None:
        server = new_server(client_trust=roots())
        peer = signing_peer(kind, scheme)
        peer.key = certificates.new_key(kind)
        with pytest.raises(TLSError) as raised:
            converse(peer, server, *WORDS)
        assert raised.value.alert is AlertDescription.decrypt_error

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_scheme_for_another_kind_of_key_is_illegal(self, kind: str) -> None:
        for scheme, (keys, _) in SCHEMES.items():
            if kind in keys:
                continue
            server = new_server(client_trust=roots())
            own = next(number for number, (names, _) in SCHEMES.items() if kind in names)
            peer = signing_peer(kind, own)
            peer.scheme = scheme
            with pytest.raises(TLSError) as raised:
                converse(peer, server, *WORDS)
            assert raised.value.alert is AlertDescription.illegal_parameter, f"{scheme:04x}"

    @pytest.mark.parametrize("scheme", [0x0101, 0x0301, 0x0202, 0x0809, 0x080B, 0x0000, 0xFFFF])
    def test_a_scheme_that_was_not_asked_for_is_illegal(self, scheme: int) -> None:
        server = new_server(client_trust=roots())
        peer = signing_peer("RSA", 0x0401)
        peer.scheme = scheme
        with pytest.raises(TLSError) as raised:
            converse(peer, server, *WORDS)
        assert raised.value.alert is AlertDescription.illegal_parameter

    def test_what_it_asks_for(self) -> None:
        """RFC 5246 section 7.4.4: types, schemes, and the roots that it trusts by name."""
        server, peer = new_server(client_trust=roots()), client_peer()
        converse(peer, server, "ClientHello")
        assert peer.request
        count = peer.request[0]
        assert set(peer.request[1 : 1 + count]) == {1, 64}  # rsa_sign, ecdsa_sign
        size = int.from_bytes(peer.request[1 + count : 3 + count], "big")
        listed = peer.request[3 + count : 3 + count + size]
        assert {int.from_bytes(listed[i : i + 2], "big") for i in range(0, size, 2)} == set(SCHEMES)
        assert b"test root" in peer.request[3 + count + size :]

    @pytest.mark.parametrize("ems", [True, False])
    @pytest.mark.parametrize("suite", [0x009D, 0x002F])
    def test_with_every_kind_of_handshake_hash(self, suite: int, ems: bool) -> None:
        server = new_server(client_trust=roots())
        assert kinds(converse(signing_peer("P-256", 0x0403, suite=suite, ems=ems), server, *WORDS)) == ["complete"]


def shown(kind: str, request: bytes) -> Peer:
    """A handshake of our client, which has a key of `kind`, with the peer, which asks with `request`."""
    certificate, key = certificates.client(kind)
    client, peer = new_client(credential=Credential((certificate,), key)), server_peer()
    peer.take(client.data_to_send())
    converse(peer, client, "ServerHello", "Certificate")
    tell(peer, client, peer.message("CertificateRequest", request))
    converse(peer, client, "ServerHelloDone", *LAST_FLIGHT)
    assert client.negotiated and peer.finished_right
    return peer


def asking_for(*schemes: int, types: bytes = b"\x01\x40") -> bytes:
    return u8(types) + u16(b"".join(pack("!H", scheme) for scheme in schemes)) + u16(b"")


class TestClient:
    @pytest.mark.parametrize(("kind", "scheme"), PAIRS, ids=IDS)
    def test_it_signs_with_the_scheme_that_is_asked_for(self, kind: str, scheme: int) -> None:
        peer = shown(kind, asking_for(scheme))
        names = [name for name, _ in peer.messages]
        verify = names.index("CertificateVerify")
        body = peer.messages[verify][1]
        assert int.from_bytes(body[:2], "big") == scheme
        signed = itertools.takewhile(lambda message: message[0] != 15, peer.transcript)
        content = b"".join(signed)
        certificate, key = certificates.client(kind)
        _, check = SCHEMES[scheme][1]
        check(key.public_key(), body[4:], content)
        with pytest.raises(InvalidSignature):
            check(key.public_key(), body[4:], content + b"\x00")
        assert certificate in next(message for name, message in peer.messages if name == "Certificate")

    @pytest.mark.parametrize("kind", KINDS)
    def test_without_a_scheme_that_fits_it_shows_nothing(self, kind: str) -> None:
        """RFC 5246 section 7.4.6: then the list is empty, and no CertificateVerify follows."""
        others = [number for number, (keys, _) in SCHEMES.items() if kind not in keys]
        peer = shown(kind, asking_for(*others, 0xFEFE))
        assert ("Certificate", b"\x00\x00\x00") in peer.messages
        assert "CertificateVerify" not in [name for name, _ in peer.messages]

    @pytest.mark.parametrize(("kind", "types"), [("RSA", b"\x40"), ("P-256", b"\x01"), ("Ed25519", b"\x01\x02")])
    def test_without_a_type_that_fits_it_shows_nothing(self, kind: str, types: bytes) -> None:
        """RFC 5246 section 7.4.6 and RFC 8422 section 5.5: the key's type must be among certificate_types."""
        peer = shown(kind, asking_for(*SCHEMES, types=types))
        assert ("Certificate", b"\x00\x00\x00") in peer.messages

    def test_a_list_of_schemes_of_all_kinds(self) -> None:
        for kind in KINDS:
            peer = shown(kind, asking_for(0xFEFE, *SCHEMES))
            body = next(message for name, message in peer.messages if name == "CertificateVerify")
            assert kind in SCHEMES[int.from_bytes(body[:2], "big")][0]


@pytest.mark.parametrize("kind", KINDS)
def test_both_ours(kind: str) -> None:
    certificate, key = certificates.client(kind)
    client = client_config(credential=Credential((certificate,), key))
    server = server_config(client_trust=roots(), require_client_certificate=True)
    ends = connected(client, server)
    assert ends[1].negotiated and ends[1].negotiated.peer_certificates == (certificate,)


def test_a_client_nobody_vouches_for_is_refused() -> None:
    server = new_server(client_trust=trust())
    with pytest.raises(TLSError) as raised:
        converse(signing_peer("RSA", 0x0401), server, *WORDS)
    assert raised.value.alert is AlertDescription.unknown_ca


def test_a_server_cannot_have_a_key_that_does_not_encrypt() -> None:
    certificate, key = certificates.client("P-256")
    with pytest.raises(ValueError, match="RSA"):
        server_config(credentials=(Credential((certificate,), key),))
