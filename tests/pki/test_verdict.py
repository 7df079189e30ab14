"""A verdict is a function of its steps, and `require` is where it becomes an exception."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from minitls.errors import AlertDescription, CertificateError
from minitls.pki import ChainRefused, Step, TrustStore, Verdict, require, search, verify_chain
from minitls.pki.certificate import read_certificate
from minitls.pki.faults import issue
from tests.pki.chains import INTERMEDIATE, LEAF, NOW, ask, encoded


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


def test_in_one_sentence() -> None:
    good, bad = ask(LEAF, INTERMEDIATE), ask(LEAF, INTERMEDIATE, name="wrong")
    assert good.sentence == f"{len(good.own_steps)} checks hold on 3 certificates up to minitls demo root"
    assert good.failure is None and good.failures == () and good.alert is None
    assert bad.failure is not None and bad.sentence == bad.failure.sentence
    assert Verdict(()).sentence == "no path to a trusted root was walked" and Verdict(()).leaf is None


def test_as_json_types() -> None:
    bad = ask(LEAF, INTERMEDIATE, name="wrong")
    told = json.loads(json.dumps(bad.as_dict()))
    assert (told["ok"], told["alert"], told["sentence"]) == (False, "bad_certificate", bad.sentence)
    assert [each["subject"] for each in told["path"]] == [each.subject_text for each in bad.path]
    (broken,) = [step for step in told["steps"] if not step["ok"]]
    assert (broken["place"], broken["rule"], broken["section"]) == (0, "name", "RFC 6125 section 6.4")
    assert broken["values"]["dialled"] == "wrong"
    assert json.loads(json.dumps(ask(LEAF, INTERMEDIATE).as_dict()))["alert"] is None
