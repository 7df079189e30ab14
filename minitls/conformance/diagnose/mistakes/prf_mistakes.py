"""Mistakes in the PRF itself, and in labels (RFC 5246 section 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .facts import Facts
from .mistake import Change, derivations
from .prf_call import PRFCall
from .text import KINDS, as_text


def _method(*methods: str) -> Change:
    return derivations(lambda facts, one: [one._replace(method=method) for method in methods])


def _mac(*macs: str) -> Change:
    return derivations(lambda facts, one: [one._replace(mac=mac) for mac in macs])


def _handed(kind: str, *what: str) -> Change:
    """Inputs of the PRF, or its output, as text."""

    def change(facts: Facts, one: PRFCall) -> Iterable[PRFCall]:
        return [one._replace(handed=part, form=form) for part in what for form in KINDS[kind] if not one.handed]

    return derivations(change)


def _label_as(kind: str) -> Change:
    return derivations(lambda facts, one: [one._replace(label=as_text(form, one.label)) for form in KINDS[kind]])


def _taken(taken: str) -> Change:
    return derivations(lambda facts, one: [one._replace(taken=taken)])


def _hash(hash_name: str, *, method: str = "P_hash") -> Change:
    def change(facts: Facts, one: PRFCall) -> Iterable[PRFCall]:
        return [] if hash_name == one.hash else [one._replace(hash=hash_name, method=method)]

    return derivations(change)


def _labels(*variants: str) -> Change:
    """Spellings of a label; the variants are names of `_SPELLINGS`."""

    def change(facts: Facts, one: PRFCall) -> Iterable[PRFCall]:
        spelt = dict.fromkeys(_SPELLINGS[variant](one.label.decode(errors="replace")) for variant in variants)
        return [one._replace(label=label) for label in spelt if label != one.label]

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
    "colon": lambda label: f"{label}:".encode(),
    "NUL before": lambda label: f"\0{label}".encode(),
    "two NULs": lambda label: f"{label}\0\0".encode(),
    "single quotes": lambda label: f"'{label}'".encode(),
    "bytes of Python": lambda label: f"b'{label}'".encode(),
    "UTF-8 with a mark": lambda label: label.encode("utf-8-sig"),
    "UTF-16 with a mark": lambda label: label.encode("utf-16"),
    "reversed": lambda label: label[::-1].encode(),
    "TLS 1.3": lambda label: f"tls13 {label}".encode(),
}

PRF_MISTAKES: dict[str, Change] = {
    "prf-sha256": _hash("sha256"),
    "prf-sha384": _hash("sha384"),
    "prf-sha1": _hash("sha1"),
    "prf-sha512": _hash("sha512"),
    "prf-md5": _hash("md5"),
    "prf-tls10": _method("TLS 1.0"),
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
    "prf-one-hmac-otherwise": _method(
        "one HMAC without label", "one HMAC, seed first", "one HMAC, swapped", "one HMAC, label as key"
    ),
    "prf-hmac-repeated": _method("HMAC repeated"),
    "prf-counter": _method(
        *(
            f"counter{size}{first} {place}"
            for size in ("", " byte")
            for first in ("", " from 0")
            for place in ("before", "after")
        )
    ),
    "prf-a-joined": _method("A(1) joined", "A(0) joined"),
    "prf-hmac-swapped": _mac("swapped"),
    "prf-a-swapped": _method("A swapped"),
    "prf-p-swapped": _method("P swapped"),
    "prf-p-with-label-only": _method("P with label only"),
    "prf-a0-is-label": _method("A of label"),
    "prf-label-twice": _method("label twice"),
    "prf-seed-twice": _method("seed twice"),
    "prf-no-seed": _method("no seed"),
    "prf-hash": _method("hash", "hash, secret last"),
    "prf-arguments-swapped": _method("arguments swapped", "secret and seed swapped"),
    "prf-half-the-secret": _method("half the secret", "second half of the secret"),
    "prf-secret-hashed": _method("secret hashed"),
    "prf-plain-hash-for-hmac": _mac("key, message", "message, key", "key, message, key"),
    "hmac-block-size": _mac("other block"),
    "hmac-pads": _mac("pads swapped", "pads alike", "no pads"),
    "hmac-key-not-filled-up": _mac("key not filled up", "long key cut"),
    "hmac-inner-only": _mac("inner only"),
    "prf-seed-hex-text": _handed("hex-text", "seed"),
    "prf-seed-base64-text": _handed("base64-text", "seed"),
    "prf-inputs-hex-text": _handed("hex-text", "all", "secret and seed"),
    "prf-inputs-base64-text": _handed("base64-text", "all", "secret and seed"),
    "prf-blocks-hex-text": _handed("hex-text", "each block", "output"),
    "prf-blocks-base64-text": _handed("base64-text", "each block", "output"),
    "prf-blocks-reversed": _method("reversed"),
    "prf-last-bytes": _taken("last"),
    "prf-not-truncated": _taken("all"),
    "label-nul": _labels("NUL", "NUL before", "two NULs"),
    "label-case": _labels("upper", "title", "capital"),
    "label-space": _labels(
        "underscore", "hyphen", "joined", "two spaces", "space after", "space before", "newline", "colon"
    ),
    "label-misspelt": _labels(
        "cut", "master secrets", "expansion", "expand", "expantion", "finish", "clinet", "sever", "extend", "secert"
    ),
    "label-quoted": _labels("quotes", "single quotes", "bytes of Python"),
    "label-utf16": _labels("UTF-16", "UTF-16 big", "UTF-16 with a mark", "UTF-8 with a mark"),
    "label-reversed": _labels("reversed"),
    "label-hex-text": _label_as("hex-text"),
    "label-base64-text": _label_as("base64-text"),
    "label-tls13": _labels("TLS 1.3"),
}
