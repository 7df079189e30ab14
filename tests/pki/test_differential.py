"""Chains put together at random, judged by our own steps and by cryptography's verifier: no false accept, ever.

Both fields of choice, what stands in the certificates and what is asked, are drawn from the values at which rules
begin to matter. The library is the judge; where we refuse more, the rule must be one that it is known not to have.
"""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from functools import lru_cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store
from hypothesis import given
from hypothesis import strategies as some

from minitls.pki import Purpose, TrustStore, verify_chain
from minitls.pki.faults import issue
from minitls.pki.faults.gallery import Fault, faults
from minitls.pki.names import as_address
from minitls.pki.rules import RULES
from minitls.pki.verdict import ANCHOR

#: Rules of ours that the library's verifier does not make.
OURS_ALONE = {"leaf-key-kind", "leaf-key-size", "suite-key-usage"}

NAMES = ("localhost", "a.test", "*.test", "a.b.test", "*.b.test", "127.0.0.1", "::1", "x.example", "*", "A.TEST")
HOSTS = ("localhost", "a.test", "b.test", "a.b.test", "127.0.0.1", "::1", "x.example", "y.x.example", "A.TEST", "test")
BASES = ("", "localhost", "test", "b.test", "a.test", "example", "com")
DATES = tuple(datetime(year, 1, 1, tzinfo=UTC) for year in (2024, 2025, 2026, 2027, 2050, 2055))
PURPOSES = (
    None,
    [ExtendedKeyUsageOID.SERVER_AUTH],
    [ExtendedKeyUsageOID.CLIENT_AUTH],
    [ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE],
    [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH],
)
USAGES = (None, ("digital_signature", "key_encipherment"), ("key_cert_sign", "crl_sign"), ("crl_sign",), ())


@lru_cache(maxsize=1)
def keys() -> tuple[issue.Holder, ...]:
    """Three holders whose keys are used for every chain: root, intermediate, leaf."""
    return tuple(issue.hold(issue.ca_plan(f"differential {each}")) for each in range(3))


mostly_good = some.sampled_from((True,) * 15 + (False,))


def usually(draw: some.DrawFn, good: object, *others: object) -> object:
    """Nearly always the good value, so that most chains have no fault or one and every rule decides at times."""
    return good if draw(mostly_good) else draw(some.sampled_from(others))


@some.composite
def plans(draw: some.DrawFn, level: int, host: str, purpose: Purpose) -> issue.Plan:
    """A certificate's content: level 0 is a root, 1 an intermediate, 2 a leaf."""
    is_ca = level < 2
    good_purpose = PURPOSES[1] if purpose is Purpose.server else PURPOSES[2]
    subject = issue.common_name(f"differential {level}")
    extensions: list[tuple[x509.ExtensionType, bool]] = []
    shape = usually(draw, "as it should be", "absent", "opposite")
    if shape != "absent":
        ca = is_ca == (shape == "as it should be")
        length = draw(some.sampled_from((None, None, 0, 1, 2))) if ca else None
        extensions.append((x509.BasicConstraints(ca, length), bool(usually(draw, True, False))))
    usage = usually(draw, USAGES[2] if is_ca else USAGES[1], *USAGES)
    if usage is not None:
        bits = usage if usage else ("digital_signature",)
        extensions.append((issue.key_usage(*bits), True))  # type: ignore[misc]  # A tuple of names, as above.
    if (purposes := usually(draw, None if is_ca else good_purpose, *PURPOSES)) is not None:
        extensions.append((x509.ExtendedKeyUsage(purposes), bool(usually(draw, False, True))))  # type: ignore[arg-type]  # A list of OIDs.
    if not is_ca or draw(some.integers(0, 19)) == 0:
        names = draw(some.lists(some.sampled_from(NAMES), min_size=1, max_size=2, unique=True))
        names += [host] if draw(mostly_good) and host not in names else []
        extensions.append((issue.alternative_names(*names), bool(usually(draw, False, True))))
    if is_ca and draw(some.integers(0, 3)) == 0:
        extensions.append((draw(constraints_of_names()), True))
    if draw(some.integers(0, 30)) == 0:
        unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.32473.2"), b"\5\0")
        extensions.append((unknown, draw(some.booleans())))
    begin, end = draw(some.sampled_from(DATES[:2])), draw(some.sampled_from(DATES[2:]))
    return issue.Plan(subject, tuple(extensions), begin, end)


@some.composite
def constraints_of_names(draw: some.DrawFn) -> x509.NameConstraints:
    sides = []
    for likely in (BASES[1:3], BASES[3:5]):
        bases = draw(some.lists(some.sampled_from(likely if draw(mostly_good) else BASES), max_size=3, unique=True))
        sides.append([x509.DNSName(base) for base in bases] or None)
    return x509.NameConstraints(*sides) if any(sides) else x509.NameConstraints([x509.DNSName("test")], None)


@some.composite
def chains(draw: some.DrawFn, purpose: Purpose) -> tuple[list[bytes], bytes, str]:
    """Leaf and intermediates as sent, the root, and the host: usually one that the leaf names."""
    host = draw(some.sampled_from(HOSTS))
    root_key, ca_key, leaf_key = (holder.key for holder in keys())
    root = issue.Holder(issue.issue(draw(plans(0, host, purpose)), root_key), root_key)
    middle = issue.Holder(issue.issue(draw(plans(1, host, purpose)), ca_key, root), ca_key)
    sent = [middle.certificate]
    if draw(some.integers(0, 3)) == 0:  # One more level under the same name: a CA that issued for itself.
        middle = issue.Holder(issue.issue(draw(plans(1, host, purpose)), ca_key, middle), ca_key)
        sent.insert(draw(some.integers(0, 1)), middle.certificate)
    leaf = issue.issue(draw(plans(2, host, purpose)), leaf_key, draw(some.sampled_from((middle, middle, middle, root))))
    sent += [root.certificate] if draw(some.booleans()) else []
    encoded = [each.public_bytes(Encoding.DER) for each in (leaf, *sent)]
    return encoded, root.certificate.public_bytes(Encoding.DER), host


def library_accepts(chain: list[bytes], root: bytes, host: str, now: datetime, purpose: Purpose) -> bool:
    leaf, *others = (x509.load_der_x509_certificate(each) for each in chain)
    builder = PolicyBuilder().store(Store([x509.load_der_x509_certificate(root)])).time(now)
    address = as_address(host)
    try:
        if purpose is Purpose.client:
            builder.build_client_verifier().verify(leaf, others)
        else:
            subject = x509.IPAddress(address) if address else x509.DNSName(host)
            builder.build_server_verifier(subject).verify(leaf, others)
    except Exception:
        return False
    return True


@pytest.mark.parametrize("purpose", Purpose)
@given(data=some.data())
def test_our_steps_and_the_library_agree(purpose: Purpose, data: some.DataObject) -> None:
    chain, root, host = data.draw(chains(purpose))
    now = data.draw(some.sampled_from((*DATES[2:3] * 9, DATES[0], DATES[3])))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        name = host if purpose is Purpose.server else None
        verdict = verify_chain(chain, trust=TrustStore.of([root]), now=now, name=name, purpose=purpose)
        theirs = library_accepts(chain, root, host, now, purpose)
    ours = all(step.ok for step in verdict.own_steps) and any(step.rule == ANCHOR for step in verdict.own_steps)
    if ours != theirs:
        assert theirs, f"a false accept: {verdict.notes}"
        assert {step.rule for step in verdict.failures} <= OURS_ALONE, verdict.sentence


@pytest.mark.parametrize("each", faults(), ids=[each.name for each in faults()])
def test_the_path_rules_alone_refuse_what_is_a_fault_of_the_path(each: Fault) -> None:
    """Profile rfc5280 has fewer rules: a fault of the web profile passes, one of the path does not."""
    from minitls.pki.faults.gallery import crls_of, trust_of

    question = each.wrong
    # Under rfc5280 a list is demanded for every certificate as soon as one is given; the gallery has only the leaf's.
    crls = crls_of(question.crl)
    verdict = verify_chain(
        question.chain,
        trust=trust_of(question.ca),
        now=question.time,
        name=None,
        purpose=Purpose.server,
        needs=question.needs,
        profile="rfc5280",
        crls=crls,
    )
    assert (each.rule in {step.rule for step in verdict.failures}) == ("rfc5280" in RULES[each.rule].profiles)
    assert verdict.ok == ("rfc5280" not in RULES[each.rule].profiles)
