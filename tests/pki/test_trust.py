"""Trust stores: every kind of source, and what is wrong with files in one sentence."""

from __future__ import annotations

import ssl
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from minitls.pki import TrustStore, demo, verify_chain
from minitls.pki.faults import issue
from minitls.pki.faults.gallery import faults
from minitls.pki.trust import pem_blocks


def test_the_built_in_list_is_the_demo_root_and_mozillas() -> None:
    store = TrustStore.builtin()
    mozilla = Path(certifi.where()).read_bytes().count(b"-----BEGIN CERTIFICATE-----")
    assert len(store.roots) + len(store.skipped) == 1 + mozilla
    assert store.roots[0].certificate.public_bytes(Encoding.DER) == demo.root()
    assert TrustStore.builtin() is store
    assert store.summary == f"{len(store.roots)} roots (demo, mozilla)"


def test_importing_minitls_reads_no_list() -> None:
    code = "import sys, minitls.pki; sys.exit('certifi' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_a_file_a_directory_and_keywords_add_up(tmp_path: Path) -> None:
    pems = [issue.certificate_pem(issue.hold(issue.root_plan(name)).certificate) for name in ("one", "two")]
    (tmp_path / "one.pem").write_text(pems[0])
    (tmp_path / "two.crt").write_text("some words before\n" + pems[1])
    (tmp_path / "README").write_text("no certificate in here")
    store = TrustStore.load(tmp_path, "demo", str(tmp_path / "one.pem"))
    names = [root.certificate.subject.rfc4514_string() for root in store.roots]
    assert names == ["CN=one", "CN=two", "CN=minitls demo root"]


def test_an_unreadable_root_is_skipped_and_told(tmp_path: Path) -> None:
    good = demo.root_pem().decode()
    (tmp_path / "list.pem").write_text(good + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    store = TrustStore.load(tmp_path / "list.pem")
    assert len(store.roots) == 1
    assert [skip.source for skip in store.skipped] == [str(tmp_path / "list.pem")]
    assert store.skipped[0].reason


BROKEN = b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----"


@pytest.mark.parametrize("content", [b"", b"no PEM", b"\x30\x82\x01", BROKEN])
def test_a_file_without_a_root_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(content)
    with pytest.raises(ValueError, match=r"ca\.pem: there is no certificate in it"):
        TrustStore.load(tmp_path / "ca.pem")


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere\.pem: cannot be read: No such file"):
        TrustStore.load(tmp_path / "nowhere.pem")
    with pytest.raises(ValueError, match="there is no certificate in it"):
        TrustStore.load(tmp_path)
    with pytest.raises(ValueError, match="no trusted roots were named"):
        TrustStore.load()


def test_the_systems_list_is_the_one_that_openssl_uses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "list.pem").write_bytes(demo.root_pem())
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "list.pem"))
    assert [root.source for root in TrustStore.load("system").roots] == ["system"]


def test_pem_blocks_are_found_among_text() -> None:
    pem = demo.root_pem()
    assert len(pem_blocks(b"text\n" + pem + b"more" + pem + b"-----BEGIN CERTIFICATE-----\nno end")) == 2
    assert [x509.load_pem_x509_certificate(each) for each in pem_blocks(pem)] == x509.load_pem_x509_certificates(pem)


def test_the_demo_key_is_known_whatever_certificate_it_is_in() -> None:
    stranger = issue.hold(issue.server_plan("x", "localhost")).certificate.public_bytes(Encoding.DER)
    assert demo.is_demo_key(demo.server_chain()[0])
    assert demo.is_demo_key(demo.client_chain()[0])
    assert all(demo.is_demo_key(each.wrong.chain[0]) for each in faults() if each.rule not in ("readable",))
    assert not demo.is_demo_key(demo.root())
    assert not demo.is_demo_key(stranger)
    assert not demo.is_demo_key(b"junk")


def test_the_demo_root_may_speak_for_nobody_else() -> None:
    (root,) = x509.load_pem_x509_certificates(demo.root_pem())
    constraints = root.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert [str(each.value) for each in constraints.value.permitted_subtrees or ()] == [
        "localhost",
        "test",
        "example",
        "127.0.0.0/8",
        "::1/128",
    ]
    assert root.not_valid_after_utc.year >= 2049


def test_without_roots_nobody_is_trusted() -> None:
    empty = TrustStore.of([])
    verdict = verify_chain(demo.server_chain(), trust=empty, now=datetime(2026, 6, 1, tzinfo=UTC), name="localhost")
    assert {step.rule for step in verdict.failures} == {"issuer-at-hand"}
    assert empty.summary == "0 roots"


def test_a_machine_without_a_list_of_roots_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = ssl.DefaultVerifyPaths(None, None, "", "", "", "")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: nowhere)
    with pytest.raises(ValueError, match="system: this machine has no list of trusted roots"):
        TrustStore.load("system")


def test_the_demo_clients_key_is_the_one_in_its_certificate() -> None:
    key = load_pem_private_key(demo.client_key(), None)
    assert x509.load_der_x509_certificate(demo.client_chain()[0]).public_key() == key.public_key()
