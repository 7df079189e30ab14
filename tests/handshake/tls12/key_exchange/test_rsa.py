"""RSA key exchange as each flow sees it; the other end is `cryptography` with the demo server's key."""

from __future__ import annotations

from collections.abc import Generator
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from minitls.crypto.signatures import PublicKey
from minitls.crypto.suites import suite_named
from minitls.errors import AlertDescription, CertificateError
from minitls.handshake.tls12.agreed import Agreed
from minitls.handshake.tls12.key_exchange import KEY_EXCHANGES, KeyExchangeMethod, check, extensions, rsa
from minitls.handshake.tls12.states import State
from minitls.observe import RandomDrawn, SecretDerived
from minitls.wire.extensions import SupportedGroups
from minitls.wire.messages import ClientHello, ClientKeyExchange
from tests.handshake import certificates
from tests.handshake.links import Alone, drawing
from tests.helpers import client_config, credential, pem, server_config

HELLO = ClientHello(0x0303, bytes(32), b"", (0x009C,), (0,), None)
AGREED = Agreed(suite_named("AES128-GCM-SHA256"), b"", b"", b"", False, False, False, None, None, None, None, None)
SECRET = b"\x03\x03" + b"r" * 46


def result(flow: Generator[Any, Any, Any]) -> Any:
    """What a verb gives that waits for nothing."""
    with pytest.raises(StopIteration) as end:
        next(flow)
    return end.value.value


class TestClient:
    def test_the_share_is_the_certified_key_and_nothing_is_waited_for(self) -> None:
        key = pem("server")[1].public_key()
        assert result(rsa.receive_server_key_exchange(Alone().link, AGREED, key)) is key

    @pytest.mark.parametrize("kind", ["P-256", "Ed25519", None])
    def test_a_key_that_does_not_encrypt(self, kind: str | None) -> None:
        """RFC 5246 section 7.4.2: for RSA the certificate holds an RSA key."""
        key: PublicKey = certificates.new_key(kind).public_key() if kind else None
        with pytest.raises(CertificateError, match="encrypt to an RSA key") as refused:
            next(rsa.receive_server_key_exchange(Alone().link, AGREED, key))
        assert refused.value.alert == AlertDescription.unsupported_certificate

    @pytest.mark.parametrize("observed", [True, False])
    @pytest.mark.parametrize("version", [0x0303, 0x0304])
    def test_only_the_keys_owner_can_open_what_is_sent(self, observed: bool, version: int) -> None:
        """RFC 5246 section 7.4.7.1: the version is the one offered, whatever was chosen."""
        private = pem("server")[1]
        alone = Alone(observed=observed)
        hello = ClientHello(version, bytes(32), b"", (0x009C,), (0,), None)
        secret = rsa.send_client_key_exchange(alone.link, client_config(), hello, private.public_key())
        ((kind, message),) = alone.sent()
        # HandshakeType 16; then EncryptedPreMasterSecret, whose length is sent in two bytes.
        assert (kind, message[:6]) == (22, bytes.fromhex("10 00 01 02 01 00"))
        assert private.decrypt(message[6:], PKCS1v15()) == secret
        assert secret[:2] == version.to_bytes(2, "big") and len(secret) == 48
        assert alone.link.transcript.content() == message

    def test_reproducibly_the_block_is_made_of_what_was_drawn(self) -> None:
        """RFC 8017 section 7.2.1: 00 02, padding without zeros, 00, the secret; raised to e by hand."""
        public = pem("server")[1].public_key()
        padding = bytes(range(1, 206))
        alone = Alone(random=drawing(b"r" * 46, padding), observed=False)
        config = client_config(random=bytes)  # Injected, so that nothing may be drawn that it does not see.
        assert rsa.send_client_key_exchange(alone.link, config, HELLO, public) == SECRET
        block = int.from_bytes(b"\x00\x02" + padding + b"\x00" + SECRET, "big")
        numbers = public.public_numbers()
        assert alone.sent()[0][1][6:] == pow(block, numbers.e, numbers.n).to_bytes(256, "big")

    def test_an_observer_sees_the_block(self) -> None:
        alone = Alone(random=drawing(b"r" * 46, b"\x07" * 205))
        rsa.send_client_key_exchange(alone.link, client_config(), HELLO, pem("server")[1].public_key())
        assert [each.purpose for each in alone.of(RandomDrawn)] == ["pre-master secret", "padding"]
        block, encrypted = alone.of(SecretDerived)
        assert block.output == b"\x00\x02" + b"\x07" * 205 + b"\x00" + SECRET
        assert (encrypted.name, encrypted.output) == ("encrypted_pre_master_secret", alone.sent()[0][1][6:])


class TestServer:
    def test_it_contributes_nothing_on_the_wire(self) -> None:
        alone = Alone("server")
        share = rsa.send_server_key_exchange(alone.link, server_config(), AGREED, credential(), HELLO)
        assert share is credential().private_key and alone.sent() == []

    @pytest.mark.parametrize(
        ("message", "expected"),
        [
            pytest.param(lambda key: key.encrypt(SECRET, PKCS1v15()), SECRET, id="well made"),
            pytest.param(lambda key: key.encrypt(b"\x03\x01" + SECRET[2:], PKCS1v15()), None, id="another version"),
            pytest.param(lambda key: key.encrypt(SECRET[:-1], PKCS1v15()), None, id="too short"),
            pytest.param(lambda key: bytes(256), None, id="zeros"),
            pytest.param(lambda key: b"", None, id="nothing"),
        ],
    )
    def test_what_cannot_be_opened_is_the_stand_in(self, message: Any, expected: bytes | None) -> None:
        fallback = b"f" * 48
        alone = Alone("server", random=drawing(fallback))
        flow = rsa.receive_client_key_exchange(alone.link, HELLO, pem("server")[1])
        assert next(flow) is State.WAIT_CLIENT_KEY_EXCHANGE
        encrypted = message(pem("server")[1].public_key())
        with pytest.raises(StopIteration) as end:
            flow.send(ClientKeyExchange(encrypted))
        assert end.value.value == (expected or fallback)
        # Drawn whether it is needed or not, and told alike: nothing shows which it was.
        assert [each.purpose for each in alone.of(RandomDrawn)] == ["stand-in pre-master secret"]
        assert [each.name for each in alone.of(SecretDerived)] == ["pre_master_secret"]


class TestTable:
    def test_what_the_servers_certificate_must_allow(self) -> None:
        """RFC 5246 section 7.4.2: keyEncipherment for RSA."""
        assert {"key_encipherment"} == KEY_EXCHANGES["RSA"].NEEDS

    def test_the_module_has_the_verbs_of_a_key_exchange(self) -> None:
        verbs = {name for name in vars(KeyExchangeMethod) if name.startswith(("receive_", "send_"))}
        assert len(verbs) == 4 and all(callable(getattr(rsa, verb)) for verb in verbs)

    def test_it_asks_nothing_of_the_hello_and_says_nothing_in_it(self) -> None:
        assert rsa.possible(HELLO) and extensions([AGREED.suite]) == []

    def test_what_a_way_says_is_said_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        groups = SupportedGroups((0x0017,))
        monkeypatch.setitem(KEY_EXCHANGES, "DHE", SimpleNamespace(extensions=lambda: (groups,)))
        other = AGREED.suite._replace(key_exchange="DHE")
        assert extensions([other, AGREED.suite, other]) == [groups]

    def test_a_suite_without_its_way_is_refused(self) -> None:
        check([AGREED.suite])
        with pytest.raises(ValueError, match="names the key exchange 'DHE'; there is RSA"):
            check([AGREED.suite._replace(key_exchange="DHE")])
