"""Mistakes in the PRF itself, and in labels (RFC 5246 section 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from .facts import Facts
from .mistake import Change, derivations
from .prf_call import PRFCall


def _method(method: str) -> Change:
    return derivations(lambda facts, one: [replace(one, method=method)])


def _taken(taken: str) -> Change:
    return derivations(lambda facts, one: [replace(one, taken=taken)])


def _hash(hash_name: str, *, method: str = "P_hash") -> Change:
    def change(facts: Facts, one: PRFCall) -> Iterable[PRFCall]:
        return [] if hash_name == facts.suite.prf_hash else [replace(one, hash=hash_name, method=method)]

    return derivations(change)


def _labels(*variants: str) -> Change:
    """Spellings of a label; the variants are names of `_SPELLINGS`."""

    def change(facts: Facts, one: PRFCall) -> Iterable[PRFCall]:
        spelt = dict.fromkeys(_SPELLINGS[variant](one.label.decode()) for variant in variants)
        return [replace(one, label=label) for label in spelt if label != one.label]

    return derivations(change)


_SPELLINGS: dict[str, Callable[[str], bytes]] = {
    "upper": lambda label: label.upper().encode(),
    "title": lambda label: label.title().encode(),
    "capital": lambda label: label.capitalize().encode(),
    "underscore": lambda label: label.replace(" ", "_").encode(),
    "hyphen": lambda label: label.replace(" ", "-").encode(),
    "joined": lambda label: label.replace(" ", "").encode(),
    "two spaces": lambda label: label.replace(" ", "  ").encode(),
    "space after": lambda label: f"{label} ".encode(),
    "space before": lambda label: f" {label}".encode(),
    "newline": lambda label: f"{label}\n".encode(),
    "NUL": lambda label: f"{label}\0".encode(),
    "quotes": lambda label: f'"{label}"'.encode(),
    "UTF-16": lambda label: label.encode("utf-16-le"),
    "UTF-16 big": lambda label: label.encode("utf-16-be"),
    "cut": lambda label: label[:-1].encode(),
    "master secrets": lambda label: f"{label}s".encode(),
    "expansion": lambda label: label.replace("expansion", "expansions").encode(),
    "expand": lambda label: label.replace("expansion", "expand").encode(),
    "expantion": lambda label: label.replace("expansion", "expantion").encode(),
    "finish": lambda label: label.replace("finished", "finish").encode(),
    "clinet": lambda label: label.replace("client", "clinet").encode(),
    "sever": lambda label: label.replace("server", "sever").encode(),
    "extend": lambda label: label.replace("extended", "extend").encode(),
    "secert": lambda label: label.replace("secret", "secert").encode(),
    "TLS 1.3": lambda label: f"tls13 {label}".encode(),
}

PRF_MISTAKES: dict[str, Change] = {
    "prf-sha256": _hash("sha256"),
    "prf-sha384": _hash("sha384"),
    "prf-sha1": _hash("sha1"),
    "prf-sha512": _hash("sha512"),
    "prf-md5": _hash("md5"),
    "prf-tls10": _hash("md5+sha1", method="TLS 1.0"),
    "prf-starts-at-a0": _method("A(0)"),
    "prf-starts-at-a2": _method("A(2)"),
    "prf-a-never-advances": _method("A fixed"),
    "prf-a-with-seed": _method("A with seed"),
    "prf-a-by-hash": _method("A by hash"),
    "prf-output-as-a": _method("fed back"),
    "prf-p-without-seed": _method("P without seed"),
    "prf-p-without-label": _method("P without label"),
    "prf-p-seed-first": _method("P seed first"),
    "prf-a0-without-label": _method("A without label"),
    "prf-no-label": _method("no label"),
    "prf-label-last": _method("label last"),
    "prf-label-prefixed": _method("label prefixed"),
    "prf-hkdf": _method("HKDF"),
    "prf-one-hmac": _method("one HMAC"),
    "prf-hash": _method("hash"),
    "prf-arguments-swapped": _method("arguments swapped"),
    "prf-half-the-secret": _method("half the secret"),
    "prf-blocks-reversed": _method("reversed"),
    "prf-last-bytes": _taken("last"),
    "prf-not-truncated": _taken("all"),
    "label-nul": _labels("NUL"),
    "label-case": _labels("upper", "title", "capital"),
    "label-space": _labels("underscore", "hyphen", "joined", "two spaces", "space after", "space before", "newline"),
    "label-misspelt": _labels(
        "cut", "master secrets", "expansion", "expand", "expantion", "finish", "clinet", "sever", "extend", "secert"
    ),
    "label-quoted": _labels("quotes"),
    "label-utf16": _labels("UTF-16", "UTF-16 big"),
    "label-tls13": _labels("TLS 1.3"),
}
