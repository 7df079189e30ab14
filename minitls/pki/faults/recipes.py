"""How the chains of the gallery are made; `leaves.py` and `issuers.py` list them.

A recipe is followed twice, once with the fault and once without it. What the library's builder refuses to make is
built well first and then rewritten by `forge.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID

from .. import der
from . import forge
from .issue import (
    BEGIN,
    END,
    DemoPKI,
    Holder,
    Plan,
    SigningKey,
    ca_plan,
    common_name,
    hold,
    issue,
    make_demo_pki,
    new_key,
    root_plan,
    server_plan,
)


@dataclass(frozen=True)
class Lab:
    """The keys of one run: the demo PKI, a CA that nobody trusts, and keys for the CAs at fault."""

    demo: DemoPKI = field(default_factory=make_demo_pki)
    other: Holder = field(default_factory=lambda: hold(root_plan("minitls other root", ())))
    spare: rsa.RSAPrivateKey = field(default_factory=new_key)
    small: rsa.RSAPrivateKey = field(default_factory=lambda: new_key(1024))
    cubic: rsa.RSAPrivateKey = field(default_factory=lambda: new_key(exponent=3))
    curve: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def authority(self, name: str, key: rsa.RSAPrivateKey | None = None, plan: Plan | None = None) -> Holder:
        """A CA of its own under the demo root."""
        key = key or self.spare
        return Holder(issue(plan or ca_plan(f"minitls CA: {name}"), key, self.demo.root), key)


Chain = list[bytes]
ChainRecipe = Callable[[Lab, str, bool], Chain]
PlanChange = Callable[[Plan], Plan]


LOCALHOST = ("localhost",)


def leaf(
    change: PlanChange = lambda plan: plan,
    *,
    edit: forge.Edit | None = None,
    hash_name: str = "",
    names: tuple[str, ...] = LOCALHOST,
    key: str = "",
) -> ChainRecipe:
    """A leaf under the demo intermediate; the fault is in its plan, its DER or the hash of its signature."""

    def make(lab: Lab, name: str, wrong: bool) -> Chain:
        plan = server_plan(f"minitls leaf: {name}", *names)
        mine: SigningKey = lab.demo.server.key
        if key and wrong:
            mine = lab.small if key == "small" else lab.curve
        issuer = lab.demo.intermediate
        certificate = issue(change(plan) if wrong else plan, mine, issuer)
        if wrong and (edit or hash_name):
            data = forge.rewritten(certificate, issuer.key, edit or (lambda fields: fields), hash_name or "sha256")
            return [data, encoded(issuer.certificate)]
        return [encoded(certificate), encoded(issuer.certificate)]

    return make


def ca(
    change: PlanChange = lambda plan: plan,
    *,
    names: tuple[str, ...] = LOCALHOST,
    small: bool = False,
) -> ChainRecipe:
    """A leaf under a CA of its own under the demo root; the fault is the CA's."""

    def make(lab: Lab, name: str, wrong: bool) -> Chain:
        plan = ca_plan(f"minitls CA: {name}")
        key = lab.small if small and wrong else lab.spare
        issuer = lab.authority(name, key, change(plan) if wrong else plan)
        leaf_plan = server_plan(f"minitls leaf: {name}", *names)
        return [encoded(issue(leaf_plan, lab.demo.server.key, issuer)), encoded(issuer.certificate)]

    return make


def encoded(certificate: x509.Certificate) -> bytes:
    """The DER of a certificate."""
    return certificate.public_bytes(Encoding.DER)


def plain(lab: Lab, name: str, wrong: bool) -> Chain:
    return leaf()(lab, name, wrong)


def from_other_ca(lab: Lab, name: str, wrong: bool) -> Chain:
    key = lab.spare
    issuer = Holder(issue(ca_plan(f"minitls CA: {name}"), key, lab.other), key)
    plan = server_plan(f"minitls leaf: {name}", "localhost")
    return [encoded(issue(plan, lab.demo.server.key, issuer)), encoded(issuer.certificate)]


def self_signed(lab: Lab, name: str, wrong: bool) -> Chain:
    return [encoded(issue(server_plan(f"minitls leaf: {name}", "localhost"), lab.demo.server.key))]


def missing_intermediate(lab: Lab, name: str, wrong: bool) -> Chain:
    chain = plain(lab, name, wrong)
    return chain[:1] if wrong else chain


def tampered(lab: Lab, name: str, wrong: bool) -> Chain:
    mine, above = plain(lab, name, wrong)
    return [forge.tampered(x509.load_der_x509_certificate(mine)) if wrong else mine, above]


def impostor(lab: Lab, name: str, wrong: bool) -> Chain:
    genuine = lab.demo.intermediate
    signer = Holder(genuine.certificate, lab.spare) if wrong else genuine
    certificate = issue(server_plan(f"minitls leaf: {name}", "localhost"), lab.demo.server.key, signer)
    return [encoded(certificate), encoded(genuine.certificate)]


def too_deep(lab: Lab, name: str, wrong: bool) -> Chain:
    upper = lab.authority(name, lab.cubic, ca_plan(f"minitls CA: {name}", path_length=0 if wrong else 1))
    lower = Holder(issue(ca_plan(f"minitls CA: {name}, below"), lab.spare, upper), lab.spare)
    mine = issue(server_plan(f"minitls leaf: {name}", "localhost"), lab.demo.server.key, lower)
    return [encoded(mine), encoded(lower.certificate), encoded(upper.certificate)]


def version_1(lab: Lab, name: str, wrong: bool) -> Chain:
    mine, above = ca()(lab, name, wrong)
    if wrong:
        issuer = x509.load_der_x509_certificate(above)
        above = forge.rewritten(issuer, lab.demo.root.key, lambda fields: fields[forge.SERIAL : forge.EXTENSIONS])
    return [mine, above]


def forged(lab: Lab, name: str, wrong: bool) -> Chain:
    issuer = lab.authority(name, lab.cubic)
    certificate = issue(server_plan(f"minitls leaf: {name}", "localhost"), lab.demo.server.key, issuer)
    mine = forge.forged_without_key(certificate, lab.cubic.public_key()) if wrong else encoded(certificate)
    return [mine, encoded(issuer.certificate)]


def nameless_issuer(lab: Lab, name: str, wrong: bool) -> Chain:
    plan = ca_plan(f"minitls CA: {name}")
    issuer = lab.authority(name, plan=replace(plan, subject=x509.Name([])) if wrong else plan)
    mine = issue(server_plan(f"minitls leaf: {name}", "localhost"), lab.demo.server.key, issuer)
    return [encoded(mine), encoded(issuer.certificate)]


def under_other_root(name_at_fault: x509.GeneralName) -> ChainRecipe:
    """A leaf straight under the other root, which constrains no names, so that only the leaf's own name is at fault."""

    def make(lab: Lab, name: str, wrong: bool) -> Chain:
        plan = server_plan(f"minitls leaf: {name}", "localhost", "127.0.0.1")
        if wrong:
            plan = plan.having(x509.SubjectAlternativeName([name_at_fault]), critical=False)
        return [encoded(issue(plan, lab.demo.server.key, lab.other))]

    return make


def constrained(permitted: list[str] | None, excluded: list[str] | None) -> PlanChange:
    """The CA may speak only for some names, or not for some."""
    subtrees = [[x509.DNSName(each) for each in names] if names else None for names in (permitted, excluded)]
    return lambda plan: plan.having(x509.NameConstraints(*subtrees), critical=True)


def revocation_list(issuer: Holder, *serials: int, until: datetime = END) -> bytes:
    """A revocation list of the issuer, PEM."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(BEGIN)
        .next_update(until)
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
    )
    for serial in serials:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(BEGIN + timedelta(days=30))
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.key, SHA256()).public_bytes(Encoding.PEM)


NOT_UTF8 = der.encode(
    der.SEQUENCE,
    der.encode(
        der.SET,
        der.encode(
            der.SEQUENCE,
            forge.oid_der(x509.NameOID.COMMON_NAME),
            der.encode(der.UTF8_STRING, "größer".encode("latin-1")),
        ),
    ),
)
GENERALIZED_2030 = der.encode(
    der.SEQUENCE, der.encode(der.UTC_TIME, b"250101000000Z"), der.encode(der.GENERALIZED_TIME, b"20300101000000Z")
)
UNKNOWN_OID = x509.ObjectIdentifier("1.3.6.1.4.1.32473.1")  # RFC 5612 reserves this arc for documentation.
ISSUER_WITHOUT_KEY_ID = der.encode(
    der.SEQUENCE,
    der.encode(0xA1, der.encode(0xA4, common_name("minitls demo root").public_bytes())),
    der.encode(0x82, b"\x01"),
)


def extension_twice(found: list[bytes]) -> list[bytes]:
    constraints = [each for each in found if forge.is_extension(each, ExtensionOID.BASIC_CONSTRAINTS)]
    return found + constraints


def critically(oid: x509.ObjectIdentifier) -> Callable[[list[bytes]], list[bytes]]:
    """Marks one extension critical."""

    def edit(found: list[bytes]) -> list[bytes]:
        return [critical(each) if forge.is_extension(each, oid) else each for each in found]

    def critical(extension: bytes) -> bytes:
        name, value = der.inside(extension)
        return der.encode(der.SEQUENCE, name.whole, b"\x01\x01\xff", value.whole)

    return edit
