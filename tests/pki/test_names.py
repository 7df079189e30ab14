"""Names: matching against OpenSSL's, constraints against cryptography's, and both as properties."""

from __future__ import annotations

import ipaddress
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as some

from minitls.pki.faults import issue
from minitls.pki.names import (
    ConstraintNotUnderstood,
    folded,
    is_host_name,
    is_within,
    listing,
    matches,
    names_host,
    spelled,
)
from tests.peers import require_program

labels = some.from_regex(r"\A[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?\Z")
hosts = some.lists(labels, min_size=1, max_size=4).map(".".join)


@pytest.mark.slow
@given(hosts)
def test_a_name_matches_itself_in_any_case_and_nothing_longer(host: str) -> None:
    assert matches(host, host.upper())
    assert not matches(host, f"x.{host}")
    assert not matches(f"x.{host}", host)


@given(labels, hosts)
def test_a_wildcard_is_exactly_one_label(label: str, domain: str) -> None:
    assert matches(f"*.{domain}", f"{label}.{domain}")
    assert not matches(f"*.{domain}", domain)
    assert not matches(f"*.{domain}", f"{label}.{label}.{domain}")
    assert not matches(f"{label}.*.{domain}", f"{label}.{label}.{domain}")
    assert not matches(f"{label}*.{domain}", f"{label}x.{domain}")


NO_HOSTS = ("", ".", "a.", ".a", "a..b", "-a", "a-", "a_b", "ä", "*", "*.a", "a b", "a\0b", "a" * 64, "a." * 127)


@pytest.mark.parametrize("name", NO_HOSTS)
def test_what_is_no_host_name(name: str) -> None:
    assert not is_host_name(name)


def test_addresses_are_compared_as_addresses() -> None:
    names = issue.alternative_names("::1", "10.0.0.1", "a.example")
    assert names_host(names, "0:0:0:0:0:0:0:1")
    assert names_host(names, "10.0.0.1")
    assert not names_host(names, "10.0.0.2")
    assert not names_host(x509.SubjectAlternativeName([x509.DNSName("10.0.0.1")]), "10.0.0.1")


PATTERNS = (
    "a.example",
    "A.EXAMPLE",
    "*.example",
    "*.a.example",
    "a.*.example",
    "*",
    "*.com",
    "x*.example",
    "xn--a.example",
)
HOSTS = ("a.example", "b.example", "x.a.example", "example", "A.example", "xy.example", "xn--a.test", "a.com")


@pytest.mark.slow
def test_openssl_matches_the_same_names(tmp_path: Path) -> None:
    key = issue.new_key()
    differ = []
    for number, pattern in enumerate(PATTERNS):
        names = x509.SubjectAlternativeName([x509.DNSName(pattern)])
        certificate = issue.issue(issue.server_plan("x").having(names, critical=False), key)
        file = tmp_path / f"{number}.pem"
        file.write_text(issue.certificate_pem(certificate))
        for host in HOSTS:
            command = [require_program("openssl"), "x509", "-in", str(file), "-noout", "-checkhost", host]
            told = subprocess.run(command, capture_output=True, text=True, timeout=30).stdout
            if ("does match" in told) != matches(pattern, host):
                differ.append((pattern, host))
    # OpenSSL wants two labels after the star; elsewhere that is left to the list of public suffixes.
    stars = [
        (star, host) for star in ("*.example", "*.com") for host in HOSTS if host.lower().partition(".")[2] == star[2:]
    ]
    assert differ == stars


@given(hosts, hosts)
def test_a_subtree_is_a_name_and_all_below_it(base: str, name: str) -> None:
    inside = name == base or name.endswith(f".{base}")
    assert is_within(x509.DNSName(base), x509.DNSName(name)) is inside


@given(some.ip_addresses(v=4), some.integers(0, 32))
def test_an_address_is_in_its_network(address: ipaddress.IPv4Address, bits: int) -> None:
    network = ipaddress.ip_network((address, bits), strict=False)
    assert is_within(x509.IPAddress(network), x509.IPAddress(address)) is True
    assert is_within(x509.IPAddress(network), x509.IPAddress(ipaddress.ip_address("::1"))) is False


def test_a_wildcard_can_stand_for_an_excluded_name() -> None:
    base, star = x509.DNSName("bad.example"), x509.DNSName("*.example")
    assert is_within(base, star) is False
    assert is_within(base, star, could_be=True) is True


MAILBOXES = (
    ("a@b.example", "a@b.example", True),
    ("a@b.example", "a@B.EXAMPLE", True),
    ("a@b.example", "A@b.example", False),
    ("b.example", "any@b.example", True),
    ("b.example", "any@c.b.example", False),
    (".example", "any@b.example", True),
    (".example", "any@example", False),
)


@pytest.mark.parametrize(("base", "mailbox", "inside"), MAILBOXES)
def test_mailboxes_as_section_4_2_1_10_says(base: str, mailbox: str, inside: bool) -> None:
    assert is_within(x509.RFC822Name(base), x509.RFC822Name(mailbox)) is inside


def test_kinds_are_not_mixed_and_the_unknown_is_refused() -> None:
    assert is_within(x509.DNSName("example"), x509.RFC822Name("a@example")) is None
    uri = x509.UniformResourceIdentifier("http://example")
    with pytest.raises(ConstraintNotUnderstood):
        is_within(uri, uri)
    for base, name in (("example", "not a name"), ("", "example"), (".example", "a.example")):
        with pytest.raises(ConstraintNotUnderstood):
            is_within(x509.DNSName(base), x509.DNSName(name))


@given(some.text("abcXYZ äß", min_size=1, max_size=12).filter(str.strip))
def test_folded_names_forget_case_and_spacing(text: str) -> None:
    spaced = "  " + text.upper().replace(" ", "   ") + " "
    assert folded(issue.common_name(text)) == folded(issue.common_name(spaced))
    assert folded(issue.common_name(text)) != folded(issue.common_name(text + "z"))


def test_an_address_that_is_a_range_is_within_nothing() -> None:
    """A name is one address (RFC 5280 section 4.2.1.6); a constraint is a range of them (4.2.1.10)."""
    network, address = ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_address("10.1.2.3")
    assert is_within(x509.IPAddress(network), x509.IPAddress(network)) is False
    assert is_within(x509.IPAddress(network), x509.IPAddress(address)) is True
    with pytest.raises(ConstraintNotUnderstood, match="not a range"):
        is_within(x509.IPAddress(address), x509.IPAddress(address))


@pytest.mark.parametrize("base", ["@example.test", "a_b.test", "x@-.test"])
def test_constraints_on_mailboxes_that_are_none(base: str) -> None:
    with pytest.raises(ConstraintNotUnderstood, match="neither a mailbox nor a host"):
        is_within(x509.RFC822Name(base), x509.RFC822Name("me@example.test"))


def test_a_name_of_bits_is_folded_as_it_is() -> None:
    """x500UniqueIdentifier is a BIT STRING: neither case nor spaces to forget."""
    unique = x509.ObjectIdentifier("2.5.4.45")
    name = x509.Name([x509.NameAttribute(unique, b"\x00A ", x509.name._ASN1Type.BitString)])
    assert folded(name) == ((("2.5.4.45", "004120"),),)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (x509.DNSName("*.a.test"), "*.a.test"),
        (x509.RFC822Name("a@b.test"), "a@b.test"),
        (x509.UniformResourceIdentifier("http://a.test/"), "http://a.test/"),
        (x509.IPAddress(ipaddress.ip_address("::1")), "::1"),
        (x509.IPAddress(ipaddress.ip_network("10.0.0.0/8")), "10.0.0.0/8"),
        (x509.DirectoryName(issue.common_name("a name")), "CN=a name"),
        (x509.RegisteredID(x509.ObjectIdentifier("1.2.3")), "registeredID"),
    ],
)
def test_spelled_for_people(name: x509.GeneralName, expected: str) -> None:
    assert spelled(name) == listing([name]) == expected


def test_of_many_the_first_few_are_listed() -> None:
    these: list[x509.GeneralName] = [x509.DNSName(f"{each}.test") for each in range(10)]
    assert listing(these[:8]).endswith("7.test") and listing(these).endswith("7.test and 2 more")
    assert listing([]) == "none"


@pytest.mark.parametrize(
    ("subtree", "mailbox"),
    [
        ("b.test", "b.test"),
        ("b.test", "a@not a host"),
        ("not a host", "a@b.test"),
        ("@b.test", "a@b.test"),
    ],
)
def test_mailboxes_that_are_none_are_not_compared(subtree: str, mailbox: str) -> None:
    """RFC 5280 section 4.2.1.10 knows one mailbox, one host, or every host below a domain."""
    with pytest.raises(ConstraintNotUnderstood):
        is_within(x509.RFC822Name(subtree), x509.RFC822Name(mailbox))
