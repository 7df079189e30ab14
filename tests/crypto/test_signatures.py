"""Signature schemes: what we sign OpenSSL verifies, what OpenSSL signs we verify, and nothing else passes."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa, x25519
from hypothesis import given
from hypothesis import strategies as st

from minitls.crypto.signatures import BY_CODE, SCHEMES, Scheme, choose_scheme, sign, verify
from minitls.errors import AlertDescription, DecryptError, IllegalParameter
from minitls.wire.codes import SignatureScheme
from tests.peers import require_program, shared

CONTENT = b"handshake messages, from ClientHello up to but not including this one"

#: Scheme -> the key it takes and OpenSSL's options, from RFC 8446 section 4.2.3 and openssl-pkeyutl(1).
OPENSSL: dict[SignatureScheme, tuple[str, tuple[str, ...]]] = {
    **{
        scheme: ("rsa", ("-digest", digest, "-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:digest"))
        for scheme, digest in (
            (SignatureScheme.rsa_pss_rsae_sha256, "sha256"),
            (SignatureScheme.rsa_pss_rsae_sha384, "sha384"),
            (SignatureScheme.rsa_pss_rsae_sha512, "sha512"),
        )
    },
    **{
        scheme: ("rsa", ("-digest", digest, "-pkeyopt", "rsa_padding_mode:pkcs1"))
        for scheme, digest in (
            (SignatureScheme.rsa_pkcs1_sha1, "sha1"),
            (SignatureScheme.rsa_pkcs1_sha256, "sha256"),
            (SignatureScheme.rsa_pkcs1_sha384, "sha384"),
            (SignatureScheme.rsa_pkcs1_sha512, "sha512"),
        )
    },
    SignatureScheme.ecdsa_sha1: ("p256", ("-digest", "sha1")),
    SignatureScheme.ecdsa_secp256r1_sha256: ("p256", ("-digest", "sha256")),
    SignatureScheme.ecdsa_secp384r1_sha384: ("p384", ("-digest", "sha384")),
    SignatureScheme.ecdsa_secp521r1_sha512: ("p521", ("-digest", "sha512")),
    SignatureScheme.ed25519: ("ed25519", ()),
    SignatureScheme.ed448: ("ed448", ()),
}
EACH = pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.code.name)
KINDS = ("rsa", "p256", "p384", "p521", "ed25519", "ed448")


@cache
def key(kind: str) -> Any:
    """A private key, one of each kind for the whole run."""
    curves: dict[str, ec.EllipticCurve] = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    if kind in curves:
        return ec.generate_private_key(curves[kind])
    return ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else ed448.Ed448PrivateKey.generate()


def refused(code: int, public: Any, content: bytes, signature: bytes) -> bool:
    """Whether verify says DecryptError; any other exception fails the test."""
    try:
        verify(code, public, content, signature)
    except DecryptError as wrong:
        assert wrong.alert is AlertDescription.decrypt_error
        return True
    return False


def unfit(code: int, public: Any, signature: bytes = bytes(64)) -> bool:
    """Whether verify says that scheme and key do not go together, which is another alert."""
    try:
        verify(code, public, CONTENT, signature)
    except IllegalParameter as wrong:
        assert wrong.alert is AlertDescription.illegal_parameter
        return True
    except DecryptError:
        return False
    return False


def test_every_scheme_is_compared_with_openssl() -> None:
    assert {scheme.code for scheme in SCHEMES} == OPENSSL.keys()
    assert {code: scheme.code for code, scheme in BY_CODE.items()} == {int(code): code for code in OPENSSL}


@pytest.fixture
def pkeyutl(tmp_path: Path) -> Any:
    """``pkeyutl(scheme, *arguments)`` with the scheme's key in `key.pem`, its public half in `public.pem`."""
    openssl = require_program("openssl")

    def run(scheme: Scheme, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        kind, options = OPENSSL[scheme.code]
        private = key(kind)
        (tmp_path / "content").write_bytes(CONTENT)
        (tmp_path / "key.pem").write_bytes(
            private.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        (tmp_path / "public.pem").write_bytes(
            private.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
        command = [openssl, "pkeyutl", "-rawin", "-in", "content", *options, *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)

    return run


@EACH
def test_openssl_verifies_what_we_sign(scheme: Scheme, pkeyutl: Any, tmp_path: Path) -> None:
    kind, _ = OPENSSL[scheme.code]
    (tmp_path / "signature").write_bytes(sign(scheme, key(kind), CONTENT))
    told = pkeyutl(scheme, "-verify", "-pubin", "-inkey", "public.pem", "-sigfile", "signature")
    assert b"Signature Verified Successfully" in told.stdout, told.stderr


@EACH
def test_we_verify_what_openssl_signs(scheme: Scheme, pkeyutl: Any, tmp_path: Path) -> None:
    kind, _ = OPENSSL[scheme.code]
    told = pkeyutl(scheme, "-sign", "-inkey", "key.pem", "-out", "signature")
    assert told.returncode == 0, told.stderr
    signature = (tmp_path / "signature").read_bytes()
    public = key(kind).public_key()
    assert not refused(scheme.code, public, CONTENT, signature)
    assert refused(scheme.code, public, CONTENT + b"!", signature)
    assert refused(scheme.code, public, CONTENT, signature[:-1])
    assert refused(scheme.code, public, CONTENT, signature + b"\x00")
    assert refused(scheme.code, public, CONTENT, b"")


@EACH
@pytest.mark.parametrize("kind", KINDS)
def test_a_key_of_another_kind_is_refused(scheme: Scheme, kind: str) -> None:
    wanted, _ = OPENSSL[scheme.code]
    same_family = wanted == kind or {wanted, kind} <= {"p256", "p384", "p521"}
    private = key(kind)
    # In TLS 1.2 an ECDSA scheme names a hash and leaves the curve to supported_groups (RFC 8422 section 5.1.3).
    assert isinstance(private, scheme.private) == same_family
    assert unfit(scheme.code, private.public_key()) == (not same_family)


def test_a_key_that_cannot_sign_here_is_refused() -> None:
    for public in (x25519.X25519PrivateKey.generate().public_key(), dsa.generate_private_key(1024).public_key(), None):
        assert all(unfit(scheme.code, public) for scheme in SCHEMES)


@given(code=st.integers(0, 0xFFFF).filter(lambda code: code not in BY_CODE))
def test_an_unknown_scheme_is_refused(code: int) -> None:
    assert unfit(code, key("rsa").public_key(), bytes(256))


@pytest.mark.parametrize("kind", KINDS)
@given(signature=st.binary(max_size=300), data=st.data())
def test_arbitrary_signatures_are_refused(kind: str, signature: bytes, data: st.DataObject) -> None:
    code = data.draw(st.sampled_from([scheme.code for scheme in SCHEMES]))
    public = key(kind).public_key()
    assert unfit(code, public, signature) or refused(code, public, CONTENT, signature)


@pytest.mark.parametrize("salt", (0, 20, 31, 33, 48, padding.PSS.MAX_LENGTH))
def test_the_pss_salt_is_as_long_as_the_hash(salt: Any) -> None:
    """RFC 8446 section 4.2.3: "The length of the Salt MUST be equal to the length of the output of the digest"."""
    private, sha256 = key("rsa"), hashes.SHA256()
    signature = private.sign(CONTENT, padding.PSS(padding.MGF1(sha256), salt), sha256)
    assert refused(SignatureScheme.rsa_pss_rsae_sha256, private.public_key(), CONTENT, signature)
    fitting = private.sign(CONTENT, padding.PSS(padding.MGF1(sha256), 32), sha256)
    assert not refused(SignatureScheme.rsa_pss_rsae_sha256, private.public_key(), CONTENT, fitting)


def test_a_scheme_verifies_its_own_signatures_only() -> None:
    private = key("rsa")
    spoken = [scheme for scheme in SCHEMES if OPENSSL[scheme.code][0] == "rsa"]
    for made in spoken:
        signature = sign(made, private, CONTENT)
        accepted = [
            scheme.code for scheme in spoken if not refused(scheme.code, private.public_key(), CONTENT, signature)
        ]
        assert accepted == [made.code]


@pytest.mark.parametrize("kind", KINDS)
@given(offered=st.lists(st.one_of(st.sampled_from(sorted(BY_CODE)), st.integers(0, 0xFFFF)), max_size=12))
def test_the_scheme_chosen_is_our_first_that_is_offered_and_fits(kind: str, offered: list[int]) -> None:
    curves = ("p256", "p384", "p521")
    fits = [code for code, (wanted, _) in OPENSSL.items() if wanted == kind or (wanted in curves and kind in curves)]
    chosen = choose_scheme(key(kind), tuple(offered))
    ours = [scheme.code for scheme in SCHEMES if scheme.code in fits and scheme.code in offered]
    assert (chosen.code if chosen else None) == (ours[0] if ours else None)
    if chosen:
        verify(chosen.code, key(kind).public_key(), CONTENT, sign(chosen, key(kind), CONTENT))


@pytest.mark.parametrize("bits", (1024, 1033, 1034, 2048))
@pytest.mark.parametrize("scheme", [scheme for scheme in SCHEMES if "rsa" in scheme.code.name])
def test_a_scheme_too_large_for_the_key_is_not_chosen(scheme: Scheme, bits: int) -> None:
    """A peer that offers nothing else must not make us fail: SHA-512 with PSS does not fit an RSA key of 1024 bits."""
    small = rsa.generate_private_key(65537, bits)
    chosen = choose_scheme(small, (scheme.code,))
    try:
        signature = small.sign(CONTENT, *scheme.arguments)
    except ValueError:
        assert chosen is None
    else:
        assert chosen is scheme
        verify(scheme.code, small.public_key(), CONTENT, signature)


@pytest.mark.parametrize("scheme", [scheme for scheme in SCHEMES if "rsa" in scheme.code.name])
@given(signature=st.binary(max_size=140))
def test_a_short_key_of_the_peer_verifies_nothing_it_cannot_have_signed(scheme: Scheme, signature: bytes) -> None:
    for modulus in (SHORT_MODULUS, SHORT_MODULUS >> 512 | 1):
        try:
            public = rsa.RSAPublicNumbers(65537, modulus).public_key()
        except ValueError:
            continue  # The library refuses keys this short by itself.
        assert refused(scheme.code, public, CONTENT, signature)
        assert refused(scheme.code, public, CONTENT, bytes((modulus.bit_length() + 7) // 8))


#: 1024 bits of nobody's key: odd, and not small.
SHORT_MODULUS = int("c5" * 127 + "c7", 16)


def test_sha_1_is_the_last_resort() -> None:
    hash_names = [scheme.hash_name for scheme in SCHEMES]
    assert hash_names[-2:] == ["sha1", "sha1"]
    assert "sha1" not in hash_names[:-2]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("rsa_signature_2048_sha256_test.json", SignatureScheme.rsa_pkcs1_sha256),
        ("rsa_pss_2048_sha256_mgf1_32_test.json", SignatureScheme.rsa_pss_rsae_sha256),
        ("ecdsa_secp256r1_sha256_test.json", SignatureScheme.ecdsa_secp256r1_sha256),
    ],
)
def test_wycheproof(name: str, code: int) -> None:
    seen = {"valid": 0, "invalid": 0}
    for group in json.loads(shared(f"vectors/wycheproof/{name}").read_text())["testGroups"]:
        public = serialization.load_pem_public_key(group["publicKeyPem"].encode())
        for case in group["tests"]:
            if case["result"] == "acceptable":
                continue
            told = refused(code, public, bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]))
            assert told == (case["result"] == "invalid"), (case["tcId"], case["comment"])
            seen[case["result"]] += 1
    assert all(seen.values()), seen
