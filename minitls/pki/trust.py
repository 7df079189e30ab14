"""Whom we believe without being shown why: the roots, where they came from, and which were skipped.

A trust store is built once and asked often, so what every handshake needs (the index by subject, the library's own
store) is prepared once and kept. The built-in store is the demo root and Mozilla's list as certifi ships it.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Iterable
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.verification import Store

from .certificate import Certificate, Unreadable, read_certificate, subject_of
from .names import folded
from .reasons import reason_of

_BEGIN, _END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"
KEYWORDS = ("demo", "mozilla", "system")


class Root(NamedTuple):
    """One trusted root and what it was read from."""

    certificate: x509.Certificate
    source: str


class Skipped(NamedTuple):
    """A root of a list that was left out, and why."""

    source: str
    reason: str


class TrustStore:
    """The roots of one connection or one question. Compared by identity and never changed: answers are remembered."""

    def __init__(self, roots: tuple[Root, ...], skipped: tuple[Skipped, ...] = ()) -> None:
        self.roots = roots
        self.skipped = skipped

    @staticmethod
    @lru_cache(maxsize=1)
    def builtin() -> TrustStore:
        """The demo root and Mozilla's roots; read on first use, then kept."""
        return TrustStore.load("demo", "mozilla")

    @classmethod
    def load(cls, *sources: str | Path) -> TrustStore:
        """The roots of every source: "demo", "mozilla", "system", or a PEM file or a directory of them; none twice.

        ValueError with one sentence if a source is missing, unreadable, or holds no certificate.
        """
        if not sources:
            raise ValueError('no trusted roots were named: give "demo", "mozilla", "system", a PEM file or a directory')
        roots: dict[x509.Certificate, Root] = {}
        skipped: list[Skipped] = []
        for source in sources:
            readable = 0
            for name, pem in _blocks_of(source):
                try:
                    certificate = _load(pem)
                except Exception as fault:  # The library documents no closed list of what malformed DER can raise.
                    skipped.append(Skipped(name, reason_of(fault)))
                else:
                    readable += 1
                    roots.setdefault(certificate, Root(certificate, name))
            if not readable:
                reason = f" ({skipped[-1].reason})" if skipped else ""
                raise ValueError(f"{source}: there is no certificate in it that can be read{reason}")
        return cls(tuple(roots.values()), tuple(skipped))

    @classmethod
    def of(cls, certificates: Iterable[bytes], source: str = "given") -> TrustStore:
        """The roots given as DER. ValueError if one cannot be read."""
        return cls(tuple(Root(x509.load_der_x509_certificate(each), source) for each in certificates))

    @cached_property
    def verdicts(self) -> OrderedDict[object, Any]:
        """What `search.py` remembers of the chains that were judged by these roots."""
        return OrderedDict()

    @cached_property
    def library_store(self) -> Store:
        """The same roots, as cryptography's verifier wants them."""
        return Store([root.certificate for root in self.roots])

    @cached_property
    def summary(self) -> str:
        """How many roots, and from where: "148 roots (demo, mozilla)"."""
        sources = dict.fromkeys(root.source for root in self.roots)
        shown = ", ".join(list(sources)[:3]) + (", ..." if len(sources) > 3 else "")
        return f"{len(self.roots)} root{'' if len(self.roots) == 1 else 's'}" + (f" ({shown})" if shown else "")

    def with_subject(self, name: object, *, by_folded: bool = False) -> list[Certificate]:
        """The roots of this name that our rules can read: the name's DER, or what `names.folded` makes of it."""
        if by_folded:
            return self._by_folded_subject.get(name, [])
        read = (read_certificate(each) for each in self._by_subject.get(name, ()))
        return [each for each in read if isinstance(each, Certificate)]

    def unreadable(self, name: object) -> str:
        """Why a root of this name cannot be used although it is trusted, "" if there is none such."""
        read = (read_certificate(each) for each in self._by_subject.get(name, ()))
        return next((each.reason for each in read if isinstance(each, Unreadable)), "")

    @cached_property
    def _by_subject(self) -> dict[object, list[bytes]]:
        index: dict[object, list[bytes]] = {}
        for root in self.roots:
            encoded = root.certificate.public_bytes(Encoding.DER)
            index.setdefault(subject_of(encoded), []).append(encoded)
        return index

    @cached_property
    def _by_folded_subject(self) -> dict[object, list[Certificate]]:
        index: dict[object, list[Certificate]] = {}
        for each in (root for subject in self._by_subject for root in self.with_subject(subject)):
            index.setdefault(folded(each.parsed.subject), []).append(each)
        return index

    @cached_property
    def _sources(self) -> dict[bytes, str]:
        return {root.certificate.public_bytes(Encoding.DER): root.source for root in reversed(self.roots)}

    def source_of(self, certificate: Certificate) -> str | None:
        """Where the root came from, None if this certificate is none of the roots."""
        return self._sources.get(certificate.der)


def pem_blocks(text: bytes) -> list[bytes]:
    """Every certificate block of a PEM file, text around them left out (RFC 7468 section 2)."""
    blocks = []
    start = text.find(_BEGIN)
    while start >= 0 and (end := text.find(_END, start)) >= 0:
        blocks.append(text[start : end + len(_END)])
        start = text.find(_BEGIN, end)
    return blocks


def _blocks_of(source: str | Path) -> list[tuple[str, bytes]]:
    match source:
        case "demo":
            from .demo import root_pem

            return [("demo", root_pem())]
        case "mozilla":
            import certifi

            return [("mozilla", block) for block in pem_blocks(Path(certifi.where()).read_bytes())]
        case "system":
            import ssl

            paths = ssl.get_default_verify_paths()
            found = [path for path in (paths.cafile, paths.capath) if path]
            if not found:
                raise ValueError("system: this machine has no list of trusted roots where OpenSSL looks for one")
            return [("system", block) for _, block in _blocks_of(found[0])]
    path = Path(source)
    try:
        files = sorted(each for each in path.iterdir() if each.is_file()) if path.is_dir() else [path]
        return [(str(source), block) for file in files for block in pem_blocks(file.read_bytes())]
    except OSError as fault:
        raise ValueError(f"{source}: cannot be read: {fault.strerror or fault}") from fault


def _load(pem: bytes) -> x509.Certificate:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Some old roots have a serial number that is not positive; still roots.
        return x509.load_pem_x509_certificate(pem)
