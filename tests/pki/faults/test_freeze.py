"""The shipped PKI is what the generator makes: a fresh run differs in keys, serial numbers and signatures only."""

from __future__ import annotations

import base64
import json
from functools import lru_cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

import minitls.pki.demo
from minitls.pki import der
from minitls.pki.faults import issue
from minitls.pki.faults.freeze import freeze

SHIPPED = Path(minitls.pki.demo.__file__).parent
KEY_IDENTIFIERS = {bytes.fromhex("551d0e"), bytes.fromhex("551d23")}
CONSTRUCTED = 0x20

Shape = tuple[int, "bytes | tuple[Shape, ...]"]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("pki")
    freeze(directory)
    return directory


@lru_cache(maxsize=1)
def names() -> list[str]:
    found = (each for each in SHIPPED.rglob("*") if each.is_file() and each.suffix not in (".py", ".pyc"))
    return sorted(str(each.relative_to(SHIPPED)) for each in found)


def blocks(text: str) -> list[bytes]:
    """The DER of every PEM block, whatever it is."""
    found, inside = [], False
    for line in text.splitlines():
        if line.startswith("-----"):
            inside = line.startswith("-----BEGIN")
            found += [""] if inside else []
        elif inside:
            found[-1] += line
    return [base64.b64decode(each) for each in found]


def shape(data: bytes) -> tuple[Shape, ...]:
    """The tree of a DER text with the bytes of every leaf, but for what is random."""
    tree: list[Shape] = []
    for each in der.elements(data):
        if each.tag & CONSTRUCTED:
            tree.append((each.tag, without_identifier(shape(each.content))))
        else:
            # Keys and signatures are the only long bit strings, serial numbers the only long integers.
            longest = {der.BIT_STRING: 4, der.INTEGER: 10}.get(each.tag, len(each.content))
            tree.append((each.tag, b"" if len(each.content) > longest else each.content))
    return tuple(tree)


def without_identifier(members: tuple[Shape, ...]) -> tuple[Shape, ...]:
    """The two key identifiers are digests of random keys."""
    if members and members[0][0] == der.OBJECT_IDENTIFIER and members[0][1] in KEY_IDENTIFIERS:
        digests = (tag == der.OCTET_STRING and len(content) >= 20 for tag, content in members)
        return tuple((each[0], b"") if random else each for each, random in zip(members, digests, strict=True))
    return members


@pytest.mark.slow
def test_the_same_files(fresh: Path) -> None:
    made = sorted(str(each.relative_to(fresh)) for each in fresh.rglob("*") if each.is_file())
    assert made == names()


@pytest.mark.parametrize("name", [each for each in names() if each.endswith((".pem", ".crl"))])
def test_the_same_shape(name: str, fresh: Path) -> None:
    shipped, made = ((root / name).read_text() for root in (SHIPPED, fresh))
    assert len(blocks(shipped)) == len(blocks(made)) > 0
    assert [shape(each) for each in blocks(shipped)] == [shape(each) for each in blocks(made)]
    assert blocks(shipped) != blocks(made), "nothing random in it?"


def test_the_same_manifest(fresh: Path) -> None:
    manifests = [(root / "gallery/manifest.json").read_text() for root in (SHIPPED, fresh)]
    assert manifests[0] == manifests[1]
    assert len(json.loads(manifests[0])["faults"]) > 40


def test_no_ca_key_is_shipped() -> None:
    """Every private key there is belongs to a leaf."""
    files = [name for name in names() if name.endswith(".key")]
    keys = [load_pem_private_key((SHIPPED / name).read_bytes(), None).public_key() for name in files]
    assert len(keys) == 4
    for name in ("root.pem", "intermediate.pem", "gallery/other.pem"):
        (authority,) = x509.load_pem_x509_certificates((SHIPPED / name).read_bytes())
        assert authority.public_key() not in keys


@pytest.mark.parametrize("name", [each for each in names() if each.endswith(".key")])
def test_every_shipped_key_says_that_it_is_public(name: str) -> None:
    assert "PUBLIC" in (SHIPPED / name).read_text().splitlines()[0]


def test_with_its_ca_keys_a_pki_can_go_on_signing_and_keeps_them_to_itself(tmp_path: Path) -> None:
    pki = issue.make_demo_pki()
    written = issue.write_demo_pki(tmp_path, pki, ca_keys=True)
    assert sorted(each.name for each in written) == sorted(each.name for each in tmp_path.iterdir())
    for name, holder in (("root", pki.root), ("intermediate", pki.intermediate)):
        text = (tmp_path / f"{name}.key").read_bytes()
        assert text.startswith(b"-----BEGIN PRIVATE KEY-----")
        assert load_pem_private_key(text, None).public_key() == holder.certificate.public_key()
    assert {each.stat().st_mode & 0o777 for each in tmp_path.glob("*.key")} == {0o600}
