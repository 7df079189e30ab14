"""Paths are found whatever the order, of several the best is told, and a hostile chain is cheap."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256

from minitls.pki import TrustStore, demo, search
from minitls.pki.certificate import read_certificate
from minitls.pki.faults import issue
from minitls.pki.verdict import LAST
from tests.pki.chains import INTERMEDIATE, LEAF, NOW, ask, der_of, encoded, name, names, rules


@pytest.fixture(scope="module")
def lab() -> issue.DemoPKI:
    return issue.make_demo_pki()


def test_every_order_and_any_extra_certificate_will_do(lab: issue.DemoPKI) -> None:
    stranger = issue.hold(issue.root_plan("a stranger"))
    extra = [INTERMEDIATE, demo.root(), encoded(stranger.certificate), b"junk"]
    for rest in itertools.permutations(extra):
        verdict = ask(LEAF, *rest)
        assert verdict.ok, verdict.sentence
        assert any("a stranger" in note for note in verdict.notes)


def test_of_two_ways_the_sound_one_is_found_and_the_other_told(lab: issue.DemoPKI) -> None:
    """Two certificates for one CA, cross-signed: one by a root that we trust, one expired."""
    key = lab.intermediate.key
    old = issue.ca_plan("minitls demo intermediate")
    expired = issue.issue(issue.Plan(old.subject, old.extensions, end=datetime(2025, 6, 1, tzinfo=UTC)), key, lab.root)
    trust = TrustStore.of([encoded(lab.root.certificate)])
    for rest in itertools.permutations([encoded(expired), encoded(lab.intermediate.certificate)]):
        verdict = ask(encoded(lab.server.certificate), *rest, trust=trust)
        assert verdict.ok
        assert lab.intermediate.certificate in [each.parsed for each in verdict.path]


def test_among_dead_ends_the_one_nearest_to_a_root_is_told(lab: issue.DemoPKI) -> None:
    """The same name twice: an impostor that leads nowhere, and the right CA with a wrong key."""
    impostor = issue.hold(issue.ca_plan("minitls demo intermediate"), issue.hold(issue.root_plan("nobody")))
    verdict = ask(LEAF, encoded(impostor.certificate), encoded(lab.intermediate.certificate))
    assert verdict.path[-1].label == "minitls demo root"
    assert "signature" in rules(verdict)


def test_too_large_too_many_and_none_at_all() -> None:
    start = time.perf_counter()
    assert rules(ask(b"\x30" + bytes(10_000_000))) == {"certificate-size"}
    assert rules(ask(*[LEAF] * 1000)) == {"chain-length"}
    assert rules(ask()) == {"chain-length"}
    assert time.perf_counter() - start < 1


def hostile_chains() -> dict[str, list[bytes]]:
    """Certificates arranged so that there are more paths than anybody can walk."""
    key = issue.new_key()
    loops = [issue.issue(issue.ca_plan("loop", None), key) for _ in range(60)]
    signers = [issue.Holder(issue.issue(issue.ca_plan(f"n{each}", None), key), key) for each in range(8)]
    mesh = [
        issue.issue(issue.ca_plan(f"n{each}", None), key, signer)
        for each in range(8)
        for signer in signers
        if signer is not signers[each]
    ]
    slow = [with_large_key("slow", (1 << 8192) - 1 - 2 * each, key) for each in range(20)]

    bases = [x509.DNSName(f"{each}.example") for each in range(900)]
    heavy_plan = issue.ca_plan("heavy", None).having(x509.NameConstraints(None, bases), critical=True)
    heavy = [issue.issue(heavy_plan, key) for _ in range(6)]
    names = ["localhost", *(f"{each}.test" for each in range(10))]
    many_names = issue.issue(issue.server_plan("leaf", *names), key, issue.Holder(heavy[0], key))
    weak = issue.issue(issue.server_plan("leaf", "localhost"), issue.new_key(1024), issue.Holder(loops[0], key))

    def under(authority: x509.Certificate, signer: rsa.RSAPrivateKey) -> bytes:
        holder = issue.Holder(authority, signer)
        return encoded(issue.issue(issue.server_plan("leaf", "localhost"), key, holder))

    return {
        "one name, one key": [under(loops[0], key), *map(encoded, loops)],
        "each signs each": [under(mesh[0], key), *map(encoded, mesh)],
        "large keys": [under(slow[0], key), *map(encoded, slow)],
        "constraints": [encoded(many_names), *map(encoded, heavy)],
        "a weak leaf": [encoded(weak), *map(encoded, loops[:15])],
        "names": [encoded(issue.issue(issue.server_plan("leaf", *(f"{n}.test" for n in range(3000))), key))],
        "junk": [LEAF, *(b"\x30\x82\xff\xff" + bytes([each]) * 60_000 for each in range(60))],
    }


def with_large_key(name: str, modulus: int, signer: rsa.RSAPrivateKey) -> x509.Certificate:
    """A CA with a key of 8192 bits that nobody has; to try it costs a power all the same."""
    subject = issue.common_name(name)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).serial_number(1)
    builder = builder.public_key(rsa.RSAPublicNumbers(65537, modulus).public_key())
    for extension, critical in issue.ca_plan(name, None).extensions:
        builder = builder.add_extension(extension, critical)
    return builder.not_valid_before(issue.BEGIN).not_valid_after(issue.END).sign(signer, SHA256())


@pytest.mark.slow
def test_a_hostile_chain_is_cheap() -> None:
    for what, chain in hostile_chains().items():
        read_certificate.cache_clear()
        search.forget()
        start = time.process_time()
        verdict = ask(*chain)
        spent = time.process_time() - start
        assert not verdict.ok
        assert spent < 0.3, f"{what}: {spent:.3f} s"  # Measured: 2 to 60 ms; the rest is room for a busy machine.
        assert not any(step.rule == LAST for step in verdict.steps)


def test_a_chain_that_comes_again_costs_next_to_nothing() -> None:
    """A minute of connections, one a second: parsing and signatures are remembered."""
    ask(LEAF, INTERMEDIATE)
    start = time.process_time()
    for second in range(60):
        assert ask(LEAF, INTERMEDIATE, now=NOW + timedelta(seconds=second)).ok
    assert (time.process_time() - start) / 60 < 0.005  # Measured: 0.4 ms.


def climbing(levels: int) -> list[bytes]:
    """A leaf, so many CAs above it, each issued by the next, and a root."""
    labels = ["leaf", *(f"CA {each}" for each in range(levels)), "root"]
    return [
        der_of((names("localhost"), False), subject=name(below), issuer=name(above), serial=2 + at)
        for at, (below, above) in enumerate(itertools.pairwise([*labels, "root"]))
    ]


@pytest.mark.parametrize(("levels", "found"), [(8, True), (9, False)])
def test_a_path_has_ten_certificates_at_most(levels: int, found: bool) -> None:
    """The root counted; rules are broken on the way, but of the search's own there is none unless it gave up."""
    *chain, root = climbing(levels)
    verdict = ask(*chain, trust=TrustStore.of([root]))
    assert len(verdict.path) == 10
    assert (verdict.path[-1].label == "root") == found == ("search-budget" not in rules(verdict))
    if not found:
        told = next(step for step in verdict.failures if step.rule == "search-budget")
        assert told.values == {"limit": "10 certificates on the path"}
