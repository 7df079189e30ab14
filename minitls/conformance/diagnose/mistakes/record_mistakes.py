"""Mistakes in the MAC and in the record around it (RFC 5246 section 6.2.3, RFC 5288, RFC 7366)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .facts import Facts
from .mistake import Change, protect, protect_if
from .protection_steps import ProtectionSteps
from .recipe import Recipe


def _cbc(facts: Facts, one: ProtectionSteps) -> bool:
    return one.order != "AEAD"


def _gcm(facts: Facts, one: ProtectionSteps) -> bool:
    return one.order == "AEAD"


def _mte(facts: Facts, one: ProtectionSteps) -> bool:
    return one.order == "MAC, then encrypt"


def _etm(facts: Facts, one: ProtectionSteps) -> bool:
    return one.order == "encrypt, then MAC"


def _each(*changes: Change) -> Change:
    return lambda facts, recipe: [new for change in changes for new in change(facts, recipe)]


def _sequence(*ahead: int) -> Change:
    """A sequence number that is ahead by so many."""

    def changed(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
        for step in ahead:
            number = recipe.protect.sequence + step
            if number >= 0:
                yield replace(recipe, protect=replace(recipe.protect, sequence=number))

    return changed


def _stuck(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    if recipe.protect.sequence:
        yield replace(recipe, protect=replace(recipe.protect, sequence=0))


def _types(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    for kind in (20, 21, 22, 23, 0, 1):
        if kind != recipe.protect.type:
            yield replace(recipe, protect=replace(recipe.protect, type=kind))


def _lengths(*names: str) -> Change:
    """Another length in the additional data."""

    def changed(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
        known = {
            "AEAD": ("plaintext and tag", "explicit nonce and plaintext", "fragment"),
            "MAC, then encrypt": ("plaintext and MAC", "ciphertext", "IV and ciphertext"),
            "encrypt, then MAC": ("plaintext", "ciphertext", "padded plaintext", "fragment"),
        }
        for name in names:
            if name in known.get(recipe.protect.order, ()) and name != recipe.protect.length:
                yield replace(recipe, protect=replace(recipe.protect, length=name))

    return changed


def _hashes(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    if recipe.protect.order != "AEAD":
        for name in ("sha1", "sha256", "md5", "sha384"):
            if name != recipe.protect.hash:
                yield replace(recipe, protect=replace(recipe.protect, hash=name))


def _tls13_nonce(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    if facts.suite.mode == "GCM":
        layout = tuple((name, 12 if name.endswith("_IV") else size) for name, size in recipe.layout)
        expansion = replace(recipe.expansion, length=sum(size for _, size in layout))
        for explicit in ("not sent", "sent"):
            changed = replace(recipe.protect, nonce="XOR", explicit=explicit)
            yield replace(recipe, layout=layout, expansion=expansion, protect=changed)


SHARED_MISTAKES: dict[str, Change] = {
    "sequence-starts-at-1": _sequence(1),
    "sequence-not-reset": _sequence(2, 3, 4, 5, 6, 7),
    "sequence-shared": _sequence(*range(8, 33)),
    "sequence-behind": _sequence(-1),
    "sequence-stuck": _stuck,
    "sequence-4-bytes": protect(sequence_form="4 bytes"),
    "sequence-short": _each(protect(sequence_form="2 bytes"), protect(sequence_form="1 byte")),
    "sequence-little-endian": lambda facts, recipe: (
        protect(sequence_form="little-endian")(facts, recipe) if recipe.protect.sequence else []
    ),
    "sequence-missing": protect(fields=("type", "version", "length")),
    "data-type-wrong": _types,
    "data-type-missing": protect(fields=("sequence", "version", "length")),
    "data-version-wrong": _each(*(protect(version=bytes.fromhex(v)) for v in ("0301", "0300", "0302", "0304", "0000"))),
    "data-version-missing": protect(fields=("sequence", "type", "length")),
    "data-length-of-ciphertext": lambda facts, recipe: (
        []
        if _etm(facts, recipe.protect)
        else _lengths(
            "plaintext and MAC",
            "ciphertext",
            "IV and ciphertext",
            "plaintext and tag",
            "explicit nonce and plaintext",
            "fragment",
        )(facts, recipe)
    ),
    "data-length-missing": protect(fields=("sequence", "type", "version")),
    "data-length-little-endian": protect(length_form="little-endian"),
    "data-length-size": _each(*(protect(length_form=f"{n} bytes") for n in (3, 4, 8))),
    "data-order": _each(
        protect(fields=("type", "version", "length", "sequence")),
        protect(fields=("sequence", "length", "type", "version")),
        protect(fields=("sequence", "version", "type", "length")),
    ),
    "key-of-the-other": _each(
        protect(key="other"), protect(key="other", mac_key="other"), protect(key="other", fixed_iv="other")
    ),
    "header-version": _each(*(protect(header_version=bytes.fromhex(v)) for v in ("0301", "0302", "0300", "0304"))),
    "header-type": _each(*(protect(header_type=t) for t in (20, 21, 22, 23))),
    "header-length": _each(protect(header_length="plaintext"), protect(header_length="without IV")),
    "handshake-length": lambda facts, recipe: (
        [
            new
            for content in (
                "handshake length counts its header",
                "handshake length in two bytes",
                "handshake length little-endian",
            )
            for new in protect(content=content)(facts, recipe)
        ]
        if facts.content_type == 22
        else []
    ),
    "handshake-no-header": lambda facts, recipe: (
        protect(content="without handshake header")(facts, recipe) if facts.content_type == 22 else []
    ),
    "newline": protect(content="line feed"),
}

CBC_MISTAKES: dict[str, Change] = {
    "mac-key-of-the-other": protect_if(_cbc, mac_key="other"),
    "mac-with-encryption-key": protect_if(_cbc, mac_key="encryption key"),
    "mac-hash": _hashes,
    "mac-truncated": _each(
        *(protect_if(_cbc, mac_size=n) for n in (10, 12, 16)),
        protect_if(lambda f, one: _cbc(f, one) and f.suite.mac_length > 20, mac_size=20),
    ),
    "mac-content-only": protect_if(_cbc, fields=()),
    "mac-content-first": protect_if(_cbc, mac_kind="content first"),
    "mac-no-hmac": protect_if(_cbc, mac_kind="hash"),
    "mac-ssl3": protect_if(_cbc, mac_kind="SSL 3.0"),
    "mac-over-ciphertext": protect_if(
        _mte, order="encrypt, then MAC", covered="IV and ciphertext", length="IV and ciphertext"
    ),
    "mac-over-plaintext": protect_if(_etm, order="MAC, then encrypt", covered="plaintext", length="plaintext"),
    "mac-over-padding": _each(
        protect_if(_mte, covered="padded plaintext"),
        protect_if(_mte, covered="padded plaintext", length="padded plaintext"),
        protect_if(_etm, covered="padded plaintext", length="padded plaintext"),
    ),
    "mac-over-iv": protect_if(_mte, covered="IV and plaintext"),
    "etm-without-iv": _each(
        protect_if(_etm, covered="ciphertext"), protect_if(_etm, covered="ciphertext", length="ciphertext")
    ),
    "etm-length": lambda facts, recipe: (
        _lengths("plaintext", "ciphertext", "padded plaintext", "fragment")(facts, recipe)
        if _etm(facts, recipe.protect)
        else []
    ),
    "etm-over-plaintext": _each(
        protect_if(_etm, covered="plaintext", length="plaintext"), protect_if(_etm, covered="plaintext")
    ),
    "padding-off-by-one": protect_if(_cbc, padding="length byte off by one"),
    "padding-pkcs7": protect_if(_cbc, padding="PKCS #7"),
    "padding-zeros": _each(protect_if(_cbc, padding="zeros"), protect_if(_cbc, padding="PKCS #7 length after zeros")),
    "padding-all-zeros": _each(protect_if(_cbc, padding="all zeros"), protect_if(_cbc, padding="0x80 and zeros")),
    "padding-missing": protect_if(_cbc, padding="none if aligned"),
    "padding-before-mac": protect_if(_mte, order="padding, then MAC"),
    "mac-first": protect_if(_mte, order="MAC first"),
    "mac-missing": protect_if(_cbc, order="no MAC"),
    "mac-outside": protect_if(_mte, order="MAC outside"),
    "iv-not-sent": protect_if(_cbc, iv="not sent"),
    "iv-from-key-block": _each(protect_if(_cbc, iv="key block"), protect_if(_cbc, iv="key block, another sent")),
    "iv-zeros": _each(protect_if(_cbc, iv="zeros, another sent"), protect_if(_cbc, iv="zeros")),
    "iv-chained": _each(protect_if(_cbc, iv="chained"), protect_if(_cbc, iv="chained, sent")),
    "iv-at-the-end": protect_if(_cbc, iv="at the end"),
    "ecb": _each(protect_if(_cbc, iv="ECB"), protect_if(_cbc, iv="ECB, none sent")),
}

GCM_MISTAKES: dict[str, Change] = {
    "gcm-no-data": protect_if(_gcm, fields=()),
    "gcm-nonce-not-sent": protect_if(_gcm, explicit="not sent"),
    "gcm-nonce-at-the-end": protect_if(_gcm, explicit="at the end"),
    "gcm-nonce-order": protect_if(_gcm, nonce="explicit, salt"),
    "gcm-nonce-xor": _tls13_nonce,
    "gcm-nonce-reversed": protect_if(lambda f, one: _gcm(f, one), nonce="salt, explicit reversed"),
    "gcm-nonce-zeros": protect_if(_gcm, nonce="salt, zeros"),
    "gcm-nonce-not-the-one-sent": protect_if(_gcm, nonce="salt, sequence"),
    "gcm-salt-of-the-other": protect_if(_gcm, fixed_iv="other"),
    "gcm-salt-zeros": protect_if(_gcm, fixed_iv="zeros"),
    "gcm-tag-first": protect_if(_gcm, tag="first"),
    "gcm-tag-missing": protect_if(_gcm, tag="missing"),
    "gcm-tag-cut": protect_if(_gcm, tag="12 bytes"),
    "gcm-data-of-tls13": protect_if(_gcm, fields=("type", "version", "length"), length="fragment"),
}
