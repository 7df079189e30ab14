"""A credential: what can be loaded, the sentence for each file that cannot, and which names it serves (RFC 6125)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from minitls import Credential
from tests.handshake import certificates
from tests.helpers import DEMO, credential, pem

GALLERY = DEMO / "gallery"


def refused(certificate: Path, key: Path, ocsp: Path | None = None) -> str:
    """The sentence in which `load` refuses these files."""
    with pytest.raises(ValueError) as told:
        Credential.load(certificate, key, ocsp)
    return str(told.value)


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


class TestLoad:
    def test_the_chain_as_it_stands_in_the_file_and_the_key(self) -> None:
        loaded = Credential.load(DEMO / "server.pem", str(DEMO / "server.key"))
        chain, key = pem("server")
        assert len(chain) > 1 and loaded.chain == chain
        assert loaded.private_key.private_numbers() == key.private_numbers()  # type: ignore[union-attr]  # It is RSA.
        assert loaded.ocsp_response == b""

    def test_a_response_to_staple(self, tmp_path: Path) -> None:
        response = written(tmp_path / "response", b"DER of a response")
        assert Credential.load(DEMO / "server.pem", DEMO / "server.key", response).ocsp_response == b"DER of a response"

    @pytest.mark.parametrize("which", ["certificate", "key", "OCSP response"])
    def test_a_file_that_is_not_there_is_named(self, tmp_path: Path, which: str) -> None:
        missing = tmp_path / "missing.pem"
        files = {"certificate": DEMO / "server.pem", "key": DEMO / "server.key", "OCSP response": missing}
        files[which] = missing
        told = refused(*files.values())
        assert f"cannot read {missing}: No such file or directory" in told

    @pytest.mark.parametrize(
        "content", [b"", b"no PEM", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
    )
    def test_no_certificate(self, tmp_path: Path, content: bytes) -> None:
        wrong = written(tmp_path / "wrong.pem", content)
        told = refused(wrong, DEMO / "server.key")
        assert told == f"{wrong} holds no PEM certificate (-----BEGIN CERTIFICATE-----)"

    @pytest.mark.parametrize("content", [b"", b"no PEM", (DEMO / "root.pem").read_bytes()])
    def test_no_key(self, tmp_path: Path, content: bytes) -> None:
        wrong = written(tmp_path / "wrong.key", content)
        assert refused(DEMO / "server.pem", wrong) == f"{wrong} holds no PEM private key (-----BEGIN PRIVATE KEY-----)"

    def test_an_encrypted_key(self, tmp_path: Path) -> None:
        locked = pem("server")[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
        path = written(tmp_path / "locked.key", locked)
        assert refused(DEMO / "server.pem", path) == f"{path} is encrypted; give a key without a passphrase"

    def test_the_key_of_another_certificate(self) -> None:
        certificate, key = DEMO / "server.pem", DEMO / "client.key"
        told = refused(certificate, key)
        assert told.startswith(f"{certificate} and {key}: key and certificate do not match")

    def test_a_key_of_another_kind(self) -> None:
        assert "do not match" in refused(DEMO / "server.pem", GALLERY / "ecdsa-leaf.key")

    @pytest.mark.parametrize("kind", ["RSA", "P-256", "P-384", "Ed25519"])
    def test_every_kind_of_key(self, tmp_path: Path, kind: str) -> None:
        der, key = certificates.client(kind)
        shown = x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        loaded = Credential.load(written(tmp_path / "c.pem", shown), written(tmp_path / "c.key", secret))
        assert loaded.chain == (der,) and loaded.is_rsa == (kind == "RSA")

    def test_a_public_key_that_nobody_can_use(self) -> None:
        """The point of the certificate's key is none of its curve: the text around it is sound, the key is not."""
        der, key = certificates.client("P-256")
        point = key.public_key().public_numbers()
        whole = point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")
        assert whole in der
        broken = Credential((der.replace(whole, bytes(32) + b"\x07" * 32),), key)
        with pytest.raises(ValueError, match="the first certificate cannot be used"):
            broken.check()


def test_without_a_certificate_there_is_none() -> None:
    with pytest.raises(ValueError, match="at least one certificate"):
        Credential((), pem("server")[1])


def test_its_message() -> None:
    """RFC 5246 section 7.4.2: type 11, and each certificate behind its length within the length of all."""
    _, key = certificates.client("P-256")
    listed = b"\x00\x00\x03one" + b"\x00\x00\x04four"
    body = len(listed).to_bytes(3, "big") + listed
    assert Credential((b"one", b"four"), key).message == b"\x0b" + len(body).to_bytes(3, "big") + body


@pytest.mark.parametrize(
    ("names", "asked", "served"),
    [
        (("example.test",), "example.test", True),
        (("example.test",), "EXAMPLE.Test", True),
        (("Example.TEST",), "example.test", True),
        (("example.test",), "www.example.test", False),
        (("example.test",), "test", False),
        (("*.example.test",), "www.example.test", True),
        (("*.example.test",), "example.test", False),
        (("*.example.test",), "a.b.example.test", False),
        (("one.test", "two.test"), "two.test", True),
        (("one.test", "two.test"), "three.test", False),
    ],
)
def test_the_names_it_serves(names: tuple[str, ...], asked: str, served: bool) -> None:
    """RFC 6125 section 6.4: case does not matter, and a star stands for exactly one label on the left."""
    assert Credential((_named(names),), pem("server")[1]).serves(asked) == served


def _named(names: tuple[str, ...]) -> bytes:
    return certificates.server(*names)[0]


@pytest.mark.parametrize("shape", ["no-san", "duplicate-extension", "ip-as-dns-name", "name-with-nul"])
def test_a_certificate_of_any_shape_can_be_served(shape: str) -> None:
    """To see it refused: names that cannot be read are no names."""
    (first, *_) = x509.load_pem_x509_certificates((GALLERY / f"{shape}.pem").read_bytes())
    key: Any = load_pem_private_key((DEMO / "server.key").read_bytes(), None)
    shaped = Credential((first.public_bytes(Encoding.DER),), key)
    assert not shaped.serves("elsewhere.test")
    if shape in ("no-san", "duplicate-extension"):
        assert shaped.dns_names == ()


def test_the_demo_servers_names() -> None:
    """As `cryptography` reads them."""
    extension = credential().certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert set(credential().dns_names) == {name.lower() for name in extension.value.get_values_for_type(x509.DNSName)}
    assert "localhost" in credential().dns_names
