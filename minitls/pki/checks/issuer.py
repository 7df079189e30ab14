"""What gives a certificate the right to sign another one (RFC 5280 section 6.1.4)."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography import x509

from .. import names
from ..certificate import Certificate
from ..der import yes
from ..rules import WEB, Comparison, Place, Role, rule
from .leaf import key_usages

COMPARISON_LIMIT = 10_000


@rule(
    "ca",
    "RFC 5280 section 6.1.4 (k)",
    role=Role.ca,
)
def ca(place: Place) -> Iterator[Comparison]:
    extension = place.certificate.extension(x509.BasicConstraints)
    holds = extension is not None and extension.value.ca
    if has_extensions(place.certificate):
        yield holds, {"cA": yes(extension.value.ca) if extension else "absent", "needed": "TRUE"}


def has_extensions(certificate: Certificate) -> bool:
    """Only version 3 can say anything about a CA; the rule "version" refuses the others as issuers."""
    return certificate.parsed.version is x509.Version.v3


@rule(
    "ca-critical",
    "RFC 5280 section 4.2.1.9",
    role=Role.ca,
    profiles=WEB,
)
def ca_critical(place: Place) -> Iterator[Comparison]:
    extension = place.certificate.extension(x509.BasicConstraints)
    if extension is not None and extension.value.ca:
        yield (
            extension.critical,
            {"critical": yes(extension.critical), **({} if extension.critical else {"needed": "TRUE"})},
        )


@rule(
    "ca-key-usage",
    "RFC 5280 sections 4.2.1.3 and 6.1.4 (n)",
    role=Role.ca,
)
def ca_key_usage(place: Place) -> Iterator[Comparison]:
    extension = place.certificate.extension(x509.KeyUsage)
    if extension is not None:
        yield extension.value.key_cert_sign, {"needed": "keyCertSign", "keyUsage": key_usages(extension.value)}
    elif place.question.profile == "web" and has_extensions(place.certificate):
        yield False, {"needed": "keyCertSign", "keyUsage": "absent"}


@rule(
    "path-length",
    "RFC 5280 section 6.1.4 (l), (m)",
    role=Role.ca,
)
def path_length(place: Place) -> Iterator[Comparison]:
    extension = place.certificate.extension(x509.BasicConstraints)
    if extension is not None and extension.value.path_length is not None:
        cas = place.below[1:]
        # RFC 5280 does not count CAs that issue for themselves; the web's verifiers are stricter and count every one.
        below = sum(place.question.profile == "web" or not each.self_issued for each in cas)
        yield (
            below <= extension.value.path_length,
            {"CAs below": str(below), "allowed": str(extension.value.path_length)},
        )


@rule(
    "names-budget",
    "budget of minitls",
    role=Role.ca,
)
def names_budget(place: Place) -> Iterator[Comparison]:
    here, constraints = names_and_constraints(place)
    if constraints:
        yield (
            here * constraints <= COMPARISON_LIMIT,
            {"names": str(here), "constraints": str(constraints), "comparisons at most": str(COMPARISON_LIMIT)},
        )


def names_and_constraints(place: Place) -> tuple[int, int]:
    """How many names are bound here, and by how many constraints each; (0, 0) without constraints."""
    extension = place.certificate.extension(x509.NameConstraints)
    if extension is None:
        return 0, 0
    return len(bound_names(place)), sum(map(len, subtrees(extension.value)))


@rule(
    "name-constraints",
    "RFC 5280 section 6.1.3 (b), (c)",
    role=Role.ca,
)
def name_constraints(place: Place) -> Iterator[Comparison]:
    extension = place.certificate.extension(x509.NameConstraints)
    if extension is None:
        return
    permitted, excluded = subtrees(extension.value)
    here = bound_names(place)
    if len(here) * (len(permitted) + len(excluded)) > COMPARISON_LIMIT:
        return  # The rule "names-budget" has said so.
    shown = {"permitted": names.listing(permitted), "excluded": names.listing(excluded)}
    try:
        for name in here:
            reason = refused(name, permitted, excluded)
            if reason:
                yield False, {"name": names.spelled(name), "because": reason, **shown}
                return
    except names.ConstraintNotUnderstood as fault:
        yield False, {"not understood": str(fault), **shown}
        return
    yield True, {"names": names.listing(here), **shown}


def refused(name: x509.GeneralName, permitted: list[x509.GeneralName], excluded: list[x509.GeneralName]) -> str:
    """Why the constraints forbid `name`, "" if they do not. Raises ConstraintNotUnderstood."""
    asked = [inside for base in permitted if (inside := names.is_within(base, name)) is not None]
    if asked and not any(asked):
        return "inside no permitted subtree"
    if any(names.is_within(base, name, could_be=True) for base in excluded):
        return "inside an excluded subtree"
    return ""


def subtrees(constraints: x509.NameConstraints) -> tuple[list[x509.GeneralName], list[x509.GeneralName]]:
    """The permitted and the excluded subtrees, both possibly empty."""
    return constraints.permitted_subtrees or [], constraints.excluded_subtrees or []


def bound_names(place: Place) -> list[x509.GeneralName]:
    """The names to which constraints apply: the leaf's, and those of CAs that are not self-issued (section 6.1.3)."""
    # RFC 5280 binds those below the CA; the web's verifiers are stricter and hold the CA itself to its own constraints.
    bound = place.path[: place.position + 1] if place.question.profile == "web" else place.below
    holders = [each for index, each in enumerate(bound) if index == 0 or not each.self_issued]
    return [name for holder in holders for name in alternative_names(holder)]


def alternative_names(certificate: Certificate) -> list[x509.GeneralName]:
    """The subjectAltNames; the common name is no host name here (RFC 6125 section 6.4.4)."""
    extension = certificate.extension(x509.SubjectAlternativeName)
    return list(extension.value) if extension else []
