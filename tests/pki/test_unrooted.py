"""Pins and no verification: read as people write them, exact to the bit, and never taken for a verified chain.

The digests that are expected come from `openssl` and hashlib, not from the module.
"""

from __future__ import annotations

import base64
import hashlib
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import minitls
from minitls import UNVERIFIED, Pins
from minitls.errors import CertificateError, TLSError
from minitls.pki import Verdict, verify_chain
from minitls.pki.demo import server_chain
from minitls.pki.faults.gallery import fault
from minitls.pki.path import Trust
from minitls.pki.unrooted import Pin
from minitls.trace.check import check
from minitls.trace.record import Recording
from tests.handshake import certificates
from tests.helpers import DEMO, NOW, client_config, connected, credential, new_client, new_server, pump, server_config
from tests.peers import require_program

LEAF = server_chain()[0]
ENCIPHERS = frozenset(("key_encipherment",))
WHOLE = hashlib.sha256(LEAF).hexdigest()
KEY_INFO = (
    x509.load_der_x509_certificate(LEAF).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
)
KEY = "sha256//" + base64.b64encode(hashlib.sha256(KEY_INFO).digest()).decode()


def asked(trust: Trust, *chain: bytes) -> Verdict:
    return verify_chain(chain, trust=trust, now=NOW, name="somebody.else", needs=ENCIPHERS)


@pytest.mark.parametrize(
    "text", [WHOLE, WHOLE.upper(), bytes.fromhex(WHOLE).hex(":"), KEY, KEY.removeprefix("sha256//")]
)
def test_both_forms_are_read_and_cannot_be_confused(text: str) -> None:
    verdict = asked(Pins.of(text), LEAF)
    assert verdict.ok and verdict.verified, verdict.sentence
    assert [step.rule for step in verdict.steps] == ["pinned", "leaf-key-kind"]
    assert asked(Pins.of("0" * 64, text), LEAF).ok


def test_the_fingerprint_is_openssls() -> None:
    command = [require_program("openssl"), "x509", "-noout", "-fingerprint", "-sha256"]
    line = subprocess.run([*command, "-in", DEMO / "server.pem"], capture_output=True, text=True, check=True).stdout
    (pin,) = Pins.of(line).pins
    assert pin.digest.hex() == WHOLE and str(pin) == line.strip().partition("=")[2]


@pytest.mark.parametrize(
    "text", ["", "sha256//", WHOLE[:-1], WHOLE + "00", KEY[:-2], "sha256//" + WHOLE, "sha1//" + KEY[8:], "zz" * 32]
)
def test_what_is_no_pin_is_refused_with_both_forms_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"no SHA-256 pin.*openssl x509.*curl"):
        Pin.read(text)


def test_at_least_one_and_not_too_many() -> None:
    for texts in ((), (WHOLE,) * 17):
        with pytest.raises(ValueError, match="1 to 16"):
            Pins.of(*texts)


@pytest.mark.parametrize("byte", [*range(0, len(LEAF), 97), len(LEAF) - 1])
def test_no_bit_of_a_pinned_certificate_may_differ(byte: int) -> None:
    flipped = LEAF[:byte] + bytes((LEAF[byte] ^ 1,)) + LEAF[byte + 1 :]
    verdict = asked(Pins.of(WHOLE), flipped)
    assert not verdict.ok
    with pytest.raises(CertificateError):
        minitls.pki.require(verdict)


def test_a_refused_pin_tells_both_digests_of_what_came() -> None:
    sentence = asked(Pins.of("ab" * 32), LEAF).sentence
    for told in ("not the certificate that was pinned", bytes.fromhex(WHOLE).hex(":").upper(), KEY, "AB:AB"):
        assert told in sentence


def test_a_new_certificate_for_the_pinned_key_is_accepted_by_the_keys_pin_alone() -> None:
    other = fault("wrong-host")  # Another certificate for the demo server's key.
    assert asked(Pins.of(KEY), other.wrong.chain[0]).ok
    assert not asked(Pins.of(WHOLE), other.wrong.chain[0]).ok


@pytest.mark.parametrize("name", ["expired", "self-signed", "ca-as-leaf", "wrong-host", "sha1-signature"])
def test_a_pin_asks_no_ca_no_name_and_no_date_and_nobody_asks_less(name: str) -> None:
    chain = fault(name).wrong.chain
    assert asked(Pins.of(hashlib.sha256(chain[0]).hexdigest()), *chain).ok
    unverified = asked(UNVERIFIED, *chain)
    assert unverified.ok and not unverified.verified
    assert "NOT VERIFIED" in unverified.sentence


@pytest.mark.parametrize("trust", [UNVERIFIED, Pins.of(WHOLE, hashlib.sha256(b"").hexdigest())], ids=["none", "pins"])
def test_without_a_certificate_or_a_usable_key_there_is_nothing_to_believe(trust: Trust) -> None:
    assert not asked(trust).ok
    assert not asked(trust, b"no certificate").ok
    curve = fault("ecdsa-leaf").wrong.chain[0]
    refused = asked(UNVERIFIED if trust is UNVERIFIED else Pins.of(hashlib.sha256(curve).hexdigest()), curve)
    assert [step.rule for step in refused.failures] == ["leaf-key-kind"]


def test_a_configuration_believes_nobody_by_accident() -> None:
    for slip in (None, False, True, "", "insecure", ()):
        with pytest.raises(TypeError, match="TrustStore, Pins, or UNVERIFIED"):
            client_config(trust=slip)


@pytest.mark.parametrize("trust", [UNVERIFIED, Pins.of(WHOLE), Pins.of(KEY)], ids=["unverified", "certificate", "key"])
def test_a_handshake_and_its_trace(trust: Trust) -> None:
    recording = Recording(("client",))
    client, _ = connected(client_config(trust=trust, observer=recording.observer("client")), name="not.the.name")
    assert client.negotiated
    trace = recording.close()
    told = [event.rule for event in trace.events if event.event == "check"]
    assert told == ["not-verified" if trust is UNVERIFIED else "pinned", "leaf-key-kind"]
    report = check(trace)
    assert not report.differences, report


def test_who_does_not_own_the_pinned_key_gets_nowhere() -> None:
    """The certificate alone proves nothing: the handshake still asks for the key (here: to open the secret)."""
    thief = certificates.new_key("RSA")
    assert isinstance(thief, RSAPrivateKey)
    stolen = minitls.Credential(credential().chain, thief)
    client, server = new_client(client_config(trust=Pins.of(WHOLE))), new_server(server_config(credentials=(stolen,)))
    with pytest.raises(TLSError):
        pump(client, server)
    assert client.negotiated is None


def test_a_session_of_nobody_in_particular_is_no_session_for_who_asks() -> None:
    sessions = minitls.SessionCache()
    server = server_config()
    connected(client_config(trust=UNVERIFIED, sessions=sessions), server, "not.the.name")
    again, _ = connected(client_config(trust=UNVERIFIED, sessions=sessions), server, "not.the.name")
    assert again.negotiated is not None and again.negotiated.resumed
    with pytest.raises(CertificateError):
        connected(client_config(sessions=sessions), server, "not.the.name")


def test_a_resumption_that_nobody_verified_says_so_in_the_trace() -> None:
    sessions, recording, server = minitls.SessionCache(), Recording(("client",)), server_config()
    connected(client_config(trust=UNVERIFIED, sessions=sessions), server)
    connected(client_config(trust=UNVERIFIED, sessions=sessions, observer=recording.observer("client")), server)
    assert [event.id for event in recording.close().events if event.event == "note"] == ["resumed", "not_verified"]
