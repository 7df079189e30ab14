"""Paths are found whatever the order; bad input is a broken step, never an exception, and cheap."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as some

from minitls.errors import AlertDescription, CertificateError
from minitls.pki import ChainRefused, Purpose, Step, TrustStore, Verdict, demo, require, search, verify_chain
from minitls.pki.certificate import read_certificate
from minitls.pki.faults import issue
from minitls.pki.verdict import LAST

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DEMO = TrustStore.load("demo")
LEAF, INTERMEDIATE = demo.server_chain()


def ask(*chain: bytes, name: str = "localhost", trust: TrustStore = DEMO, now: datetime = NOW) -> Verdict:
    return verify_chain(chain, trust=trust, now=now, name=name)


def encoded(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def rules(verdict: Verdict) -> set[str]:
    return {step.rule for step in verdict.failures}


@pytest.fixture(scope="module")
def lab() -> issue.DemoPKI:
    return issue.make_demo_pki()


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "127.0.0.1", "::1", "0:0::1"])
def test_the_demo_chain_is_good_for_its_names(name: str) -> None:
    verdict = ask(LEAF, INTERMEDIATE, name=name)
    assert verdict.ok
    assert [each.label for each in verdict.path] == [
        "minitls demo server",
        "minitls demo intermediate",
        "minitls demo root",
    ]


@pytest.mark.parametrize("name", ["example.org", "localhost.", "a.localhost", "127.0.0.2", "", "*", "x" * 300, "\0"])
def test_and_for_no_others(name: str) -> None:
    assert rules(ask(LEAF, INTERMEDIATE, name=name)) == {"name"}


def test_a_clients_certificate_is_asked_for_its_purpose() -> None:
    needs = frozenset(("digital_signature",))
    ask_client = {"trust": DEMO, "now": NOW, "name": None, "purpose": Purpose.client, "needs": needs}
    assert verify_chain(demo.client_chain(), **ask_client).ok  # type: ignore[arg-type]  # A dict of mixed values.
    refused = verify_chain((LEAF, INTERMEDIATE), **ask_client)  # type: ignore[arg-type]  # A dict of mixed values.
    assert (rules(refused), refused.alert) == ({"purpose"}, AlertDescription.unsupported_certificate)


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


def test_the_first_broken_rule_chooses_the_alert() -> None:
    """Issue 2's order: dates of every certificate, name, keyUsage, key size, then the CA."""
    late = NOW + timedelta(days=365 * 30)
    elsewhere = TrustStore.of([encoded(issue.hold(issue.root_plan("elsewhere")).certificate)])
    assert ask(LEAF, name="wrong", trust=elsewhere, now=late).alert == AlertDescription.certificate_expired
    assert ask(LEAF, name="wrong", trust=elsewhere).alert == AlertDescription.bad_certificate
    needs = frozenset(("key_agreement",))
    verdict = verify_chain((LEAF,), trust=elsewhere, now=NOW, name="localhost", needs=needs)
    assert verdict.alert == AlertDescription.unsupported_certificate
    assert ask(LEAF, trust=elsewhere).alert == AlertDescription.unknown_ca
    assert ask(LEAF, INTERMEDIATE, trust=elsewhere).alert == AlertDescription.unknown_ca


def test_a_refusal_is_an_error_that_tells_all() -> None:
    with pytest.raises(ChainRefused, match=r"dialled: wrong.*RFC 6125") as caught:
        require(ask(LEAF, INTERMEDIATE, name="wrong"))
    assert isinstance(caught.value, CertificateError)
    assert caught.value.alert == AlertDescription.bad_certificate
    assert caught.value.verdict.failure is not None
    accepted = ask(LEAF, INTERMEDIATE)
    assert require(accepted) is accepted


def test_a_verdict_is_a_function_of_its_steps() -> None:
    verdict = ask(LEAF, INTERMEDIATE)
    for index, step in enumerate(verdict.steps):
        broken = (*verdict.steps[:index], step._replace(ok=False), *verdict.steps[index + 1 :])
        assert not Verdict(broken).ok
        assert Verdict(broken).failure == step._replace(ok=False)
    assert not Verdict(()).ok
    assert Verdict(()).alert == AlertDescription.certificate_unknown


def test_steps_survive_a_trace_and_a_second_run() -> None:
    verdict = ask(LEAF, INTERMEDIATE)
    assert tuple(Step.from_dict(each.as_dict()) for each in verdict.steps) == verdict.steps
    search.forget()
    read_certificate.cache_clear()
    assert ask(LEAF, INTERMEDIATE).steps == verdict.steps


def test_time_is_whole_seconds_of_any_zone() -> None:
    edge = datetime(2025, 1, 1, tzinfo=UTC)
    assert ask(LEAF, INTERMEDIATE, now=edge).ok
    assert rules(ask(LEAF, INTERMEDIATE, now=edge - timedelta(microseconds=1))) == {"validity"}
    end = datetime(2049, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    assert ask(LEAF, INTERMEDIATE, now=end).ok
    assert ask(LEAF, INTERMEDIATE, now=end.astimezone(timezone(timedelta(hours=-11)))).ok
    assert not ask(LEAF, INTERMEDIATE, now=end + timedelta(microseconds=1)).ok


@pytest.mark.parametrize(
    "wrong",
    [{"now": datetime(2026, 1, 1)}, {"needs": frozenset(("everything",))}, {"name": None}],
)
def test_misuse_is_a_value_error(wrong: dict[str, object]) -> None:
    question = {"trust": DEMO, "now": NOW, "name": "localhost", **wrong}
    with pytest.raises(ValueError, match=r"aware|needs may be|dialled"):
        verify_chain((LEAF,), **question)  # type: ignore[arg-type]  # Wrong values are what is tested.


NO_CERTIFICATES = (
    b"",
    b"\0",
    b"not a certificate",
    b"\x30",
    b"\x30\x84" + b"\xff" * 80,
    LEAF[:-1],
    LEAF[:40],
    LEAF + b"\0",
)


@pytest.mark.parametrize("data", NO_CERTIFICATES)
def test_bytes_that_are_no_certificate(data: bytes) -> None:
    verdict = ask(data, INTERMEDIATE)
    assert (rules(verdict), verdict.alert) == ({"readable"}, AlertDescription.bad_certificate)
    assert verdict.leaf is None


def test_too_large_too_many_and_none_at_all() -> None:
    start = time.perf_counter()
    assert rules(ask(b"\x30" + bytes(10_000_000))) == {"certificate-size"}
    assert rules(ask(*[LEAF] * 1000)) == {"chain-length"}
    assert rules(ask()) == {"chain-length"}
    assert time.perf_counter() - start < 1


@pytest.mark.slow
def test_every_byte_of_the_chain_counts() -> None:
    """No single bit turned over anywhere in leaf or intermediate leaves an acceptable chain."""
    for which, data in enumerate((LEAF, INTERMEDIATE)):
        for position in range(len(data)):
            changed = [LEAF, INTERMEDIATE]
            changed[which] = data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]
            assert not ask(*changed).ok, f"certificate {which}, byte {position}"


@given(some.data())
def test_no_bytes_raise(data: some.DataObject) -> None:
    """Certificates with a piece cut out, doubled or exchanged: a verdict, and never the good one."""
    chain = [LEAF, INTERMEDIATE]
    which = data.draw(some.integers(0, 1))
    original = chain[which]
    start = data.draw(some.integers(0, len(original) - 1))
    end = data.draw(some.integers(start, min(len(original), start + 40)))
    piece = data.draw(some.binary(max_size=40))
    chain[which] = original[:start] + piece + original[end:]
    verdict = ask(*chain)
    assert verdict.ok == (chain == [LEAF, INTERMEDIATE])
    assert all(each.isprintable() for step in verdict.steps for each in (step.certificate, *step.values.values()))


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
