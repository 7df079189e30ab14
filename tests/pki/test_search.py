"""Paths are found whatever the order, of several the best is told, and a hostile chain is cheap."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from minitls.pki import Purpose, TrustStore, demo, search, verify_chain
from minitls.pki.certificate import read_certificate
from minitls.pki.faults import issue
from minitls.pki.revocation import RevocationList
from minitls.pki.verdict import LAST
from tests.pki.chains import INTERMEDIATE, LEAF, NOW, ask, der_of, encoded, name, names, rules

HOUR = timedelta(hours=1)


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


@pytest.fixture(scope="module")
def short_lived(lab: issue.DemoPKI) -> tuple[tuple[bytes, ...], bytes, tuple[RevocationList, ...]]:
    """A chain whose leaf and whose two ways up end at different times, its root, and a list that falls due."""

    def lasting(plan: issue.Plan, begin: int, end: int, key: rsa.RSAPrivateKey, issuer: issue.Holder) -> bytes:
        return encoded(issue.issue(replace(plan, begin=NOW + begin * HOUR, end=NOW + end * HOUR), key, issuer))

    ca, leaf = issue.ca_plan("minitls demo intermediate"), issue.server_plan("localhost", "localhost")
    chain = (
        lasting(leaf, -9, 9, lab.server.key, lab.intermediate),
        lasting(ca, -7, 3, lab.intermediate.key, lab.root),
        lasting(ca, -2, 7, lab.intermediate.key, lab.root),
    )
    revocations = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(lab.intermediate.certificate.subject)
        .last_update(NOW - HOUR)
        .next_update(NOW + 5 * HOUR)
        .add_extension(x509.CRLNumber(1), critical=False)
        .sign(lab.intermediate.key, SHA256())
    )
    return chain, encoded(lab.root.certificate), (RevocationList(revocations),)


class TestWhatIsRemembered:
    """An answer given again is the one that would be given anew: at every moment, in whatever order they are asked."""

    MOMENTS = tuple(
        NOW + edge * HOUR + timedelta(seconds=second)
        for edge in (-9, -7, -2, -1, 0, 3, 5, 7, 9)
        for second in (-1, 0, 1)
    )

    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.sampled_from(MOMENTS), min_size=2, max_size=12), st.booleans())
    def test_is_what_would_be_found_anew(self, short_lived: Any, moments: list[datetime], with_list: bool) -> None:
        chain, root, lists = short_lived
        asked = {"name": "localhost", "purpose": Purpose.server, "crls": lists if with_list else ()}
        kept = TrustStore.of([root])
        for now in moments:
            again = verify_chain(chain, trust=kept, now=now, **asked)
            anew = verify_chain(chain, trust=TrustStore.of([root]), now=now, **asked)
            assert again == anew, now
        assert len(kept.verdicts) == 1

    def test_it_changes_at_each_of_those_moments(self, short_lived: Any) -> None:
        """So that the property above has something to find."""
        chain, root, lists = short_lived
        trust = TrustStore.of([root])
        verdicts = [verify_chain(chain, trust=trust, now=now, name="localhost", crls=lists) for now in self.MOMENTS]
        ends = [(each.ok, each.path[1:2] and each.path[1].not_after) for each in verdicts]
        assert len(set(ends)) > 3 and [ok for ok, _ in ends].count(True) > 5

    @pytest.mark.parametrize("first", [0, 1])
    def test_a_root_that_ends_leaves_the_way_to_another(self, lab: issue.DemoPKI, first: int) -> None:
        """The same CA twice among the roots, as on its renewal: when one is over, a path by the other is looked for."""
        plan, key = issue.root_plan("minitls demo root"), lab.root.key
        roots = [encoded(issue.issue(replace(plan, begin=NOW - 9 * HOUR, end=NOW + end * HOUR), key)) for end in (1, 9)]
        chain = [encoded(lab.server.certificate), encoded(lab.intermediate.certificate)]
        trust = TrustStore.of([roots[first], roots[1 - first]])
        for now in (NOW, NOW + 2 * HOUR, NOW + 10 * HOUR):
            assert ask(*chain, trust=trust, now=now).ok == (now < NOW + 9 * HOUR), now

    def test_within_a_second_it_is_the_same_object_and_later_tells_the_time_asked(self) -> None:
        trust = TrustStore.of([demo.root()])
        first, same = (ask(LEAF, INTERMEDIATE, trust=trust) for _ in range(2))
        later = ask(LEAF, INTERMEDIATE, trust=trust, now=NOW + HOUR)
        assert first is same and first.ok and later.ok
        assert {step.values["now"] for step in later.steps if step.rule == "validity"} == {"2026-06-01 13:00:00"}

    def test_not_more_than_a_few(self) -> None:
        trust = TrustStore.of([demo.root()])
        for count in range(search.REMEMBERED_VERDICTS + 5):
            ask(LEAF, INTERMEDIATE, name=f"host-{count}", trust=trust)
        assert len(trust.verdicts) == search.REMEMBERED_VERDICTS

    def test_a_certificate_for_ever(self) -> None:
        """RFC 5280 section 4.1.2.5: 99991231235959Z says that there is no end."""
        assert search._after(search.NEVER) == search.NEVER
