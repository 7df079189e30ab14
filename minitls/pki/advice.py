"""What to do about a broken rule, as far as the step that tells it shows: more than the rule alone can say.

A rule has one remedy for all who break it (`prose/en/rules.json`). Some of its breakers can be helped better: the name
that a wildcard's one label misses, the certificate that its owner signed alone. What they are is seen in the values of
the step, so a step read back from a trace gives the same advice. The sentences stand in `prose/en/advice.json`.

What no single step shows, the order in which certificates were sent, is a note of the verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from cryptography import x509

from .. import prose
from .certificate import Certificate, Unreadable
from .names import as_address, names_host
from .verdict import ANCHOR, RuleResult


def advice(step: RuleResult) -> str:
    """What helps whoever broke this rule, in a sentence or two."""
    find = _KINDS.get(step.rule)
    kind = find(step) if find else ""
    return prose.row("advice", kind)["do"].format_map(_words(step)) if kind else step.told.remedy


def _words(step: RuleResult) -> dict[str, str]:
    """What an advice may fill in."""
    values = step.values
    return {
        "certificate": step.certificate,
        "dialled": values.get("dialled", ""),
        "names": values.get("certificate", ""),
        "issuer": values.get("issuer", ""),
        "address": values.get("issuer's file", ""),
        "fingerprint": values.get("fingerprint", ""),
        "expired": values.get("expired", ""),
        "begins": values.get("begins", ""),
    }


def _validity(step: RuleResult) -> str:
    return "expired" if "expired" in step.values else "begins" if "begins" in step.values else ""


def _name(step: RuleResult) -> str:
    dialled, listed = step.values.get("dialled", ""), step.values.get("certificate", "").split(", ")
    if as_address(dialled):
        return "address-as-name" if dialled in listed else "address"
    wildcards = [each for each in listed if each.startswith("*.")]
    if any(dialled == each[2:] or dialled.endswith(each[1:]) for each in wildcards):
        return "wildcard"
    if any("\\x00" in each for each in listed):
        return "zero-byte"
    return ""


def _anchor(step: RuleResult) -> str:
    if step.values.get("issuer", "").startswith("itself"):
        return "unknown-root" if step.place else _self_signed(step)
    return "fetch-issuer" if step.values.get("issuer's file") else "missing-issuer"


def _self_signed(step: RuleResult) -> str:
    return "self-signed-ca" if step.values.get("cA") == "TRUE" else "self-signed"


def _leaf_no_ca(step: RuleResult) -> str:
    return "self-signed-ca" if "fingerprint" in step.values else ""


_KINDS: dict[str, Callable[[RuleResult], str]] = {
    "validity": _validity,
    "name": _name,
    ANCHOR: _anchor,
    "leaf-no-ca": _leaf_no_ca,
}


def on_order(sent: Sequence[Certificate | Unreadable], path: Sequence[Certificate], name: str | None) -> Iterator[str]:
    """A word on certificates that were sent in another order than RFC 5246 section 7.4.2 asks for, or none.

    `sent` is what was sent, in that order, `path` the way that was found through it, `name` the host dialled.
    """
    readable = [(number, each) for number, each in enumerate(sent, 1) if isinstance(each, Certificate)]
    if name is not None and readable and not _is_for(readable[0][1], name):
        for number, each in readable[1:]:
            if _is_for(each, name):
                words = {"number": str(number), "certificate": each.label, "name": name}
                yield prose.row("advice", "leaf-elsewhere")["do"].format_map(words)
                return
    numbers = {each.der: number for number, each in reversed(readable)}
    order = [numbers[each.der] for each in path if each.der in numbers]
    if order != sorted(order):
        words = {"order": ", ".join(map(str, order))}
        yield prose.row("advice", "out-of-order")["do"].format_map(words)


def _is_for(certificate: Certificate, name: str) -> bool:
    names = certificate.extension(x509.SubjectAlternativeName)
    return names is not None and names_host(names.value, name)
