"""A certificate chain as it stands in a file: what each certificate says, and which issued which. Nothing is judged."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime

from cryptography import x509
from rich.text import Text

from ..pki.certificate import Certificate, Unreadable, read_certificate
from ..pki.checks.dates import span
from ..pki.checks.leaf import describe_key
from ..pki.names import listing
from ..pki.rules import printable
from ..pki.signature import algorithm_name
from ..pki.trust import TrustStore
from ..pki.unrooted import certificate_pin

_INDENT, _LABEL = 4, 12


def described(chain: Sequence[bytes], trust: TrustStore, now: datetime) -> list[dict[str, str]]:
    """Each certificate of `chain` (DER) as values by name, in the order of the file."""
    read = [read_certificate(each) for each in chain]
    return [_values(number, read, trust, now) for number in range(len(read))]


def _values(number: int, read: Sequence[Certificate | Unreadable], trust: TrustStore, now: datetime) -> dict[str, str]:
    each = read[number]
    if isinstance(each, Unreadable):
        return {"name": "cannot be read", "role": "?", "because": printable(each.reason)}
    alternative = each.extension(x509.SubjectAlternativeName)
    names = {"names": printable(listing(list(alternative.value)))} if alternative else {}
    if not alternative and not each.is_ca:
        names = {"names": "none (no subjectAltName)"}
    return {
        "name": printable(each.label),
        "role": _role(each, trust),
        "subject": printable(each.subject_text),
        "issuer": f"{printable(each.issuer_text)}: {_whose(number, read, trust)}",
        **names,
        "valid": f"{each.not_before:%Y-%m-%d} to {each.not_after:%Y-%m-%d}, {_when(each, now)}",
        "key": describe_key(each),
        "signed by": algorithm_name(each.parsed.signature_algorithm_oid),
        "sha256": certificate_pin(each).digest.hex(),
    }


def _role(each: Certificate, trust: TrustStore) -> str:
    if trust.source_of(each) is not None:
        return "root that we trust"
    if each.self_issued:
        return "self-signed CA" if each.is_ca else "self-signed"
    return "CA" if each.is_ca else "leaf"


def _whose(number: int, read: Sequence[Certificate | Unreadable], trust: TrustStore) -> str:
    """Where the issuer of certificate `number` (from 0) is, by name alone."""
    each = read[number]
    assert isinstance(each, Certificate)
    if each.self_issued:
        return "itself"
    found = [at for at, other in enumerate(read) if isinstance(other, Certificate) and other.subject == each.issuer]
    if found:
        return f"number {found[0] + 1}" + ("" if found[0] == number + 1 else ", which should come next")
    return "trusted here" if trust.with_subject(each.issuer) else "neither here nor trusted"


def _when(each: Certificate, now: datetime) -> str:
    if now > each.not_after:
        return f"expired {span(now - each.not_after)} ago"
    return f"{span(each.not_after - now)} left" if now >= each.not_before else f"in {span(each.not_before - now)}"


def render_chain(certificates: Sequence[dict[str, str]], width: int = 80) -> Text:
    """What `described` gave, certificate by certificate; every line fits `width`."""
    lines: list[Text] = []
    for number, values in enumerate(certificates, 1):
        role = values["role"]
        name = f"{number}  {values['name']}"
        room = width - len(role) - 2
        name = name if len(name) <= room else f"{name[: room - 3]}..."
        lines.append(Text.assemble((name, "bold"), " " * (width - len(name) - len(role)), (role, "dim")))
        for label, value in values.items():
            if label not in ("name", "role"):
                lines += _row(label, value, width)
        lines.append(Text())
    return Text("\n").join(lines[:-1])


def _row(label: str, value: str, width: int) -> Iterator[Text]:
    bad = "expired " in value or "neither here" in value or "should come next" in value or label == "because"
    style = "red" if bad else ""
    for part in textwrap.wrap(value, width - _INDENT - _LABEL, break_on_hyphens=False) or [""]:
        yield Text.assemble(" " * _INDENT, (label.ljust(_LABEL), "cyan"), (part, style))
        label = ""
