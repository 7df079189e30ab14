"""Names: which host a certificate speaks for, and which names a CA may speak about.

Host names follow RFC 6125 section 6.4 (a wildcard is one whole leftmost label, the common name is never looked at),
IP addresses are compared as addresses (RFC 9525 section 6.5), and name constraints follow RFC 5280 section 4.2.1.10 for
DNS names, IP addresses and mailboxes. Constraints on other kinds of names are refused where they would apply.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from functools import lru_cache

from cryptography import x509

_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)\Z"
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@lru_cache(maxsize=4096)
def is_host_name(name: str) -> bool:
    """Letters, digits and hyphens in labels of at most 63, 253 characters in all (RFC 1034 section 3.5)."""
    return 0 < len(name) <= 253 and all(re.match(_LABEL, label) for label in name.lower().split("."))


@lru_cache(maxsize=256)
def as_address(name: str) -> IPAddress | None:
    """The IP address that `name` spells, None if it spells none."""
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def matches(pattern: str, host: str) -> bool:
    """A certificate's dNSName speaks for `host`: equal, or `*.` for exactly one label (RFC 6125 section 6.4.3)."""
    pattern, host = pattern.lower(), host.lower()
    if pattern.startswith("*."):
        return is_host_name(pattern[2:]) and host.partition(".")[2] == pattern[2:]
    return is_host_name(pattern) and pattern == host


def names_host(names: x509.SubjectAlternativeName, host: str) -> bool:
    """One of the alternative names is `host`, an IP address or a DNS name."""
    address = as_address(host)
    if address is not None:
        return address in names.get_values_for_type(x509.IPAddress)
    return is_host_name(host) and any(matches(each, host) for each in names.get_values_for_type(x509.DNSName))


def spelled(name: x509.GeneralName) -> str:
    """A general name for people, its kind only where it is neither a DNS name nor an address."""
    match name:
        case x509.DNSName() | x509.RFC822Name() | x509.UniformResourceIdentifier():
            return name.value
        case x509.IPAddress():
            return str(name.value)
        case x509.DirectoryName():
            return name.value.rfc4514_string()
        case _:
            return kind_of(name)


#: The CHOICE of RFC 5280 section 4.2.1.6.
_KINDS: dict[type[x509.GeneralName], str] = {
    x509.OtherName: "otherName",
    x509.RFC822Name: "rfc822Name",
    x509.DNSName: "dNSName",
    x509.DirectoryName: "directoryName",
    x509.UniformResourceIdentifier: "uniformResourceIdentifier",
    x509.IPAddress: "iPAddress",
    x509.RegisteredID: "registeredID",
}


def kind_of(name: x509.GeneralName) -> str:
    """The kind of a general name, as the RFC calls it."""
    return _KINDS.get(type(name), "another kind")


def listing(these: list[x509.GeneralName]) -> str:
    """Names or subtrees for people, the first few."""
    more = f" and {len(these) - 8} more" if len(these) > 8 else ""
    return ", ".join(spelled(each) for each in these[:8]) + more if these else "none"


class ConstraintNotUnderstood(Exception):
    """A name or a constraint that cannot be compared; the rule refuses it (RFC 5280 section 4.2.1.10)."""


def is_within(base: x509.GeneralName, name: x509.GeneralName, *, could_be: bool = False) -> bool | None:
    """`name` lies in the subtree `base`; None if the two are of different kinds, so that nothing is said.

    `could_be` asks the same of what a wildcard can stand for: *.example may be the excluded bad.example.
    """
    if type(base) is not type(name):
        return None
    if isinstance(base, x509.DNSName) and isinstance(name, x509.DNSName):
        subtree, host = base.value.lower(), name.value.lower()
        wildcard = host.startswith("*.")
        host = host[2:] if wildcard else host
        if not is_host_name(subtree) or not is_host_name(host):  # The empty subtree, every name, included.
            raise ConstraintNotUnderstood(f"{base.value!r} and {name.value!r} are not both DNS names")
        inside = host == subtree or host.endswith("." + subtree)
        return inside or (could_be and wildcard and subtree.endswith("." + host))
    if isinstance(base, x509.IPAddress) and isinstance(name, x509.IPAddress):
        network, address = base.value, name.value
        if isinstance(address, ipaddress.IPv4Network | ipaddress.IPv6Network):
            return False
        if isinstance(network, ipaddress.IPv4Address | ipaddress.IPv6Address):
            raise ConstraintNotUnderstood(f"{network} is not a range of addresses")
        return network.version == address.version and address in network
    if isinstance(base, x509.RFC822Name) and isinstance(name, x509.RFC822Name):
        return _mailbox_is_within(base.value, name.value)
    raise ConstraintNotUnderstood(f"constraints on a name of the kind {kind_of(base)} are not supported")


def _mailbox_is_within(subtree: str, mailbox: str) -> bool:
    """A constraint is one mailbox, one host, or, with a leading dot, every host below a domain (section 4.2.1.10)."""
    local, _, host = mailbox.rpartition("@")
    if not local or "@" in local or not is_host_name(host):
        raise ConstraintNotUnderstood(f"{mailbox!r} is not a mailbox")
    wanted_local, _, wanted_host = subtree.rpartition("@")
    if not is_host_name(wanted_host.removeprefix(".")) or ("@" in subtree and not wanted_local):
        raise ConstraintNotUnderstood(f"{subtree!r} is neither a mailbox nor a host")
    host, wanted_host = host.lower(), wanted_host.lower()
    if wanted_host.startswith("."):
        return host.endswith(wanted_host) and not wanted_local
    return host == wanted_host and wanted_local in ("", local)


@lru_cache(maxsize=512)
def folded(name: x509.Name) -> tuple[tuple[tuple[str, str], ...], ...]:
    """A name as RFC 5280 section 7.1 compares it: without case, outer spaces, runs of spaces and string type."""
    return tuple(
        tuple(sorted((each.oid.dotted_string, _folded_text(each.value)) for each in relative)) for relative in name.rdns
    )


def _folded_text(value: str | bytes) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())
