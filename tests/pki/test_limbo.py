"""x509-limbo: our own steps and cryptography's verifier come to the same verdict, but for a list with reasons.

The cases lie outside the repository; the test is skipped where they are not.
"""

from __future__ import annotations

import base64
import gzip
import json
import time
import warnings
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from minitls.pki import Purpose, TrustStore, search, verify_chain
from minitls.pki.certificate import read_certificate
from minitls.pki.names import as_address
from minitls.pki.revocation import read_crl
from minitls.pki.verdict import ANCHOR, Verdict
from tests.peers import shared

WEAK_LEAF = "cryptography does not look at the leaf's key, which the issue asks of us; limbo refuses it too"
BAD_KEY_IDENTIFIER = "the library cannot read its authorityKeyIdentifier, so neither can we; limbo refuses it too"
WHERE_WE_REFUSE_MORE = {
    "webpki::forbidden-p192-leaf": WEAK_LEAF,
    "webpki::forbidden-dsa-leaf": WEAK_LEAF,
    "webpki::forbidden-weak-rsa-in-leaf": WEAK_LEAF,
    "webpki::forbidden-rsa-key-not-divisible-by-8-in-leaf": WEAK_LEAF,
    "webpki::forbidden-rsa-not-divisible-by-8-in-root": "BR 6.1.5 wants whole bytes; limbo refuses it too",
    "webpki::aki::root-with-aki-authoritycertissuer": BAD_KEY_IDENTIFIER,
    "webpki::aki::root-with-aki-authoritycertserialnumber": BAD_KEY_IDENTIFIER,
}

#: Where both verifiers agree and limbo does not: what limbo asks for, and why it is not done here.
COMMON_NAME = "limbo forbids a common name that is no subjectAltName; we and the library never look at it"
ANY_PURPOSE = "limbo's web profile wants serverAuth spelled out; RFC 5280 section 4.2.1.12 does not"
ROOT_FORM = "limbo wants key identifiers in CA certificates; without them paths are still found by names"
PUBLIC_SUFFIX = "needs the list of public suffixes, which is data of another kind than certificates"
LEAF_IS_CA = "the web profile (BR 7.1.2.7.8) has no CAs as leaves; limbo's case follows RFC 5280 alone"
LIMBO_DIFFERS = {
    "pathlen::validation-ignores-pathlen-in-leaf": LEAF_IS_CA,
    "rfc5280::ca-as-leaf": LEAF_IS_CA,
    "pathlen::self-issued-certs-pathlen": "the library counts self-issued CAs too; profile rfc5280 does not",
    "rfc5280::aki::intermediate-missing-aki": ROOT_FORM,
    "rfc5280::aki::cross-signed-root-missing-aki": ROOT_FORM,
    "rfc5280::ski::root-missing-ski": ROOT_FORM,
    "rfc5280::ski::intermediate-missing-ski": ROOT_FORM,
    "webpki::aki::root-with-aki-all-fields": ROOT_FORM,
    "webpki::aki::root-with-aki-ski-mismatch": ROOT_FORM,
    "rfc5280::nc::permitted-dns-match-noncritical": "RFC 5280 wants them critical, the web (BR 7.1.2.5) does not",
    "rfc5280::pc::ica-noncritical-pc": "policyConstraints that are not critical may be passed over (section 4.2)",
    "rfc5280::serial::zero": "limbo refuses the serial number zero; it harms nobody and stands in old roots",
    "webpki::eku::ee-anyeku": ANY_PURPOSE,
    "webpki::eku::ee-without-eku": ANY_PURPOSE,
    "webpki::eku::root-has-eku": ANY_PURPOSE,
    **dict.fromkeys(
        (
            f"webpki::cn::{case}"
            for case in (
                *("ipv4-hex-mismatch", "ipv4-leading-zeros-mismatch", "ipv6-uppercase-mismatch"),
                *("ipv6-uncompressed-mismatch", "ipv6-non-rfc5952-mismatch", "punycode-not-in-san"),
                *("utf8-vs-punycode-mismatch", "not-in-san", "case-mismatch"),
            )
        ),
        COMMON_NAME,
    ),
    **dict.fromkeys(
        (f"webpki::san::public-suffix-{case}wildcard-san" for case in ("", "multi-label-", "private-namespace-")),
        PUBLIC_SUFFIX,
    ),
}

LEFT_OUT = {"revocation lists": 8, "a limit of depth": 6, "no name to ask for": 1}


@lru_cache(maxsize=1)
def limbo() -> tuple[list[bytes], list[dict[str, Any]]]:
    content = json.loads(gzip.decompress(shared("limbo/limbo-small.json.gz").read_bytes()))
    return [base64.b64decode(each) for each in content["certs"]], content["cases"]


def why_left_out(case: dict[str, Any]) -> str:
    if case.get("crls"):
        return "revocation lists"
    if case.get("max_chain_depth") is not None:
        return "a limit of depth"
    return "no name to ask for" if case["kind"] == "SERVER" and not case.get("peer") else ""


def when(case: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(case["time"]) if "time" in case else datetime(2026, 11, 22, tzinfo=UTC)


def our_verdict(case: dict[str, Any]) -> Verdict:
    pool, _ = limbo()
    client = case["kind"] == "CLIENT"
    return verify_chain(
        [pool[case["leaf"]], *(pool[each] for each in case.get("intermediates", ()))],
        trust=TrustStore.of([pool[each] for each in case["roots"]]),
        now=when(case),
        name=None if client else case["peer"]["value"],
        purpose=Purpose.client if client else Purpose.server,
        crls=tuple(read_crl(pool[each]) for each in case.get("crls", ())),
    )


def own_steps_accept(verdict: Verdict) -> bool:
    own = verdict.own_steps
    return all(step.ok for step in own) and any(step.rule == ANCHOR for step in own)


def library_accepts(case: dict[str, Any]) -> bool:
    """cryptography's verdict, asked straight, without anything of ours in between."""
    pool, _ = limbo()
    load = x509.load_der_x509_certificate
    try:
        store = Store([load(pool[each]) for each in case["roots"]])
        leaf, others = load(pool[case["leaf"]]), [load(pool[each]) for each in case.get("intermediates", ())]
        builder = PolicyBuilder().store(store).time(when(case))
        if case["kind"] == "CLIENT":
            builder.build_client_verifier().verify(leaf, others)
        else:
            name = case["peer"]["value"]
            address = as_address(name)
            subject = x509.IPAddress(address) if address else x509.DNSName(name)
            builder.build_server_verifier(subject).verify(leaf, others)
    except Exception:
        return False
    return True


@pytest.mark.slow
def test_our_steps_agree_with_the_library_on_limbo() -> None:
    left_out: dict[str, int] = {}
    slow: dict[str, float] = {}
    differ: dict[str, tuple[bool, bool]] = {}
    unlike_limbo = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cryptography warns of the odd serial numbers that limbo is about.
        for case in limbo()[1]:
            if reason := why_left_out(case):
                left_out[reason] = left_out.get(reason, 0) + 1
                continue
            search.forget()
            read_certificate.cache_clear()
            start = time.perf_counter()
            verdict = our_verdict(case)
            slow[case["id"]] = time.perf_counter() - start
            ours, theirs = own_steps_accept(verdict), library_accepts(case)
            assert verdict.ok == (ours and theirs), case["id"]
            if ours != theirs:
                differ[case["id"]] = ours, theirs
            elif ours != (case["expect"] == "SUCCESS"):
                unlike_limbo.add(case["id"])
    assert left_out == LEFT_OUT
    assert differ == dict.fromkeys(WHERE_WE_REFUSE_MORE, (False, True))
    assert unlike_limbo == set(LIMBO_DIFFERS)
    assert max(slow.values()) < 0.5, max(slow.items(), key=lambda item: item[1])


@pytest.mark.parametrize("index", range(LEFT_OUT["revocation lists"]))
def test_revocation_lists_are_obeyed_as_limbo_says(index: int) -> None:
    """The library knows no lists, so limbo's own expectation is the judge here."""
    case = [each for each in limbo()[1] if each.get("crls")][index]
    broken = {step.rule for step in our_verdict(case).failures} & {"revocation-list", "not-revoked"}
    assert (not broken) == (case["expect"] == "SUCCESS"), case["id"]
