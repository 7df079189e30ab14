"""Mistakes in the MAC and in the record around it (RFC 5246 section 6.2.3, RFC 5288, RFC 7366)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations

from .facts import Facts
from .mistake import Change, each, handed, protect, protect_if
from .protection_steps import ProtectionSteps
from .recipe import Recipe
from .text import KINDS


def _cbc(facts: Facts, one: ProtectionSteps) -> bool:
    return one.order != "AEAD"


def _gcm(facts: Facts, one: ProtectionSteps) -> bool:
    return one.order == "AEAD"


def _mte(facts: Facts, one: ProtectionSteps) -> bool:
    return one.order == "MAC, then encrypt"


def _etm(facts: Facts, one: ProtectionSteps) -> bool:
    return one.order == "encrypt, then MAC"


def _sequence(*ahead: int) -> Change:
    """A sequence number that is ahead by so many."""

    def changed(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
        for step in ahead:
            number = recipe.protect.sequence + step
            if number >= 0:
                yield recipe._replace(protect=recipe.protect._replace(sequence=number))

    return changed


def _stuck(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    if recipe.protect.sequence:
        yield recipe._replace(protect=recipe.protect._replace(sequence=0))


def _types(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    for kind in (20, 21, 22, 23, 0, 1):
        if kind != recipe.protect.type:
            yield recipe._replace(protect=recipe.protect._replace(type=kind))


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
                yield recipe._replace(protect=recipe.protect._replace(length=name))

    return changed


def _hashes(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    if recipe.protect.order != "AEAD":
        for name in ("sha1", "sha256", "md5", "sha384"):
            if name != recipe.protect.hash:
                yield recipe._replace(protect=recipe.protect._replace(hash=name))


def _tls13_nonce(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    if facts.suite.mode == "GCM":
        layout = tuple((name, 12 if name.endswith("_IV") else size) for name, size in recipe.layout)
        expansion = recipe.expansion._replace(length=sum(size for _, size in layout))
        for explicit in ("not sent", "sent"):
            changed = recipe.protect._replace(nonce="XOR", explicit=explicit)
            yield recipe._replace(layout=layout, expansion=expansion, protect=changed)


def _lacks(name: str) -> Change:
    """A field of the additional data is left out."""

    def changed(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
        left = tuple(field for field in recipe.protect.fields if field != name)
        yield recipe._replace(protect=recipe.protect._replace(fields=left))

    return changed


def _orders(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    for fields in permutations(recipe.protect.fields):
        yield recipe._replace(protect=recipe.protect._replace(fields=fields))


def _text(what: str, kind: str) -> Change:
    """Something goes into a record as text."""
    return lambda facts, recipe: [
        recipe._replace(protect=recipe.protect._replace(handed=(*recipe.protect.handed, (what, form))))
        for form in KINDS[kind]
        if not recipe.protect.handed
    ]


def _key_as(kind: str) -> Change:
    """The encryption key as text, or as many of its characters as the key should have bytes."""
    whole, sized = handed("key", kind), handed("key, cut", kind)
    return each(whole, sized)


def _iv_as(kind: str) -> Change:
    """The IV or nonce that is used is text of the one that is sent."""

    def changed(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
        for form in KINDS[kind]:
            if recipe.protect.handed:
                return
            if _cbc(facts, recipe.protect):
                text = recipe.protect._replace(iv="text", handed=(("IV", form),))
                yield recipe._replace(protect=text)
            else:
                for nonce, what in (("text", "nonce"), ("salt, text of explicit", "explicit nonce")):
                    yield recipe._replace(protect=recipe.protect._replace(nonce=nonce, handed=((what, form),)))

    return changed


def _mac_text(kind: str) -> Change:
    return lambda facts, recipe: (
        each(_text("MAC", kind), _text("MAC, cut", kind))(facts, recipe) if _cbc(facts, recipe.protect) else ()
    )


def _mac_input(kind: str) -> Change:
    """All of what the MAC covers as text, or the content alone."""
    both = each(_text("MAC input", kind), _text("content of the MAC", kind))
    return lambda facts, recipe: both(facts, recipe) if _cbc(facts, recipe.protect) else ()


def _mac_key(kind: str) -> Change:
    return lambda facts, recipe: handed("MAC key", kind)(facts, recipe) if _cbc(facts, recipe.protect) else ()


def _salt(kind: str) -> Change:
    both = each(handed("fixed IV", kind), handed("fixed IV, cut", kind))
    return lambda facts, recipe: both(facts, recipe) if _gcm(facts, recipe.protect) else ()


def _versions(facts: Facts, recipe: Recipe) -> Iterable[Recipe]:
    for version in ("0301", "0300", "0302", "0304", "0000", "fefd"):
        yield from protect(version=bytes.fromhex(version))(facts, recipe)


SHARED_MISTAKES: dict[str, Change] = {
    "sequence-starts-at-1": _sequence(1),
    "sequence-not-reset": _sequence(2, 3, 4, 5, 6, 7),
    "sequence-shared": _sequence(*range(8, 33)),
    "sequence-behind": _sequence(-1),
    "sequence-stuck": _stuck,
    "sequence-4-bytes": protect(sequence_form="4 bytes"),
    "sequence-short": each(protect(sequence_form="2 bytes"), protect(sequence_form="1 byte")),
    "sequence-little-endian": each(
        *(
            protect_if(lambda f, one: bool(one.sequence), sequence_form=form)
            for form in ("little-endian", "4 bytes, little-endian", "2 bytes, little-endian")
        ),
        *(
            protect_if(lambda f, one: _gcm(f, one) and bool(one.sequence), sequence_form="little-endian", **more)
            for more in (
                {"nonce": "salt, explicit reversed"},
                {"nonce": "salt, explicit reversed", "explicit": "reversed"},
            )
        ),
    ),
    "sequence-decimal": protect(sequence_form="decimal"),
    "sequence-halves-swapped": protect_if(lambda f, one: bool(one.sequence), sequence_form="halves swapped"),
    "sequence-missing": _lacks("sequence"),
    "data-type-wrong": _types,
    "data-type-missing": _lacks("type"),
    "data-version-wrong": each(
        *(protect(version=bytes.fromhex(v)) for v in ("0301", "0300", "0302", "0304", "0000", "fefd"))
    ),
    "data-version-missing": _lacks("version"),
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
    "data-length-missing": _lacks("length"),
    "data-length-little-endian": protect(length_form="little-endian"),
    "data-length-size": each(*(protect(length_form=f"{n} bytes") for n in (3, 4, 8))),
    "data-length-off": each(*(protect(length_more=n) for n in (1, -1, 4, -4, 5, -5, 8, -8, 13))),
    "data-length-zero": protect(length="zero"),
    "data-order": _orders,
    "key-of-the-other": each(
        protect(key="other"), protect(key="other", mac_key="other"), protect(key="other", fixed_iv="other")
    ),
    "header-version": each(*(protect(header_version=bytes.fromhex(v)) for v in ("0301", "0302", "0300", "0304"))),
    "header-type": each(*(protect(header_type=t) for t in (20, 21, 22, 23))),
    "header-length": each(
        *(protect(header_length=n) for n in ("plaintext", "without IV", "header too", "zero", "little-endian"))
    ),
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
    "newline": each(protect(content="line feed"), protect(content="carriage return, line feed")),
    "content-nul": protect(content="NUL"),
    "content-with-header": protect(content="header of a record"),
    "content-with-type": protect(content="type behind"),
    "content-reversed": protect(content="reversed"),
    "header-missing": protect(header="missing"),
    "content-hex-text": _text("plaintext", "hex-text"),
    "content-base64-text": _text("plaintext", "base64-text"),
    "content-string": _text("plaintext", "string"),
    "data-hex-text": _text("additional data", "hex-text"),
    "data-base64-text": _text("additional data", "base64-text"),
    "key-hex-text": _key_as("hex-text"),
    "key-base64-text": _key_as("base64-text"),
    "iv-hex-text": _iv_as("hex-text"),
    "iv-base64-text": _iv_as("base64-text"),
}

CBC_MISTAKES: dict[str, Change] = {
    "mac-key-of-the-other": protect_if(_cbc, mac_key="other"),
    "mac-with-encryption-key": protect_if(_cbc, mac_key="encryption key"),
    "mac-hash": _hashes,
    "mac-truncated": each(
        *(protect_if(_cbc, mac_size=n) for n in (10, 12, 16)),
        *(protect_if(_cbc, mac_size=n, mac_end=True) for n in (10, 12, 16)),
        protect_if(lambda f, one: _cbc(f, one) and f.suite.mac_length > 20, mac_size=20),
    ),
    "mac-content-only": protect_if(_cbc, fields=()),
    "mac-content-first": protect_if(_cbc, mac_kind="content first"),
    "mac-no-hmac": each(*(protect_if(_cbc, mac_kind=kind) for kind in ("key, message", "message, key"))),
    "mac-hmac-swapped": protect_if(_cbc, mac_kind="swapped"),
    "mac-own-hmac": each(
        *(
            protect_if(_cbc, mac_kind=kind)
            for kind in (
                "other block",
                "pads swapped",
                "pads alike",
                "no pads",
                "key not filled up",
                "long key cut",
                "inner only",
            )
        )
    ),
    "mac-of-hash": each(protect_if(_cbc, mac_kind="hash first"), protect_if(_cbc, mac_kind="two")),
    "mac-key-empty": protect_if(_cbc, mac_key="none"),
    "mac-without-content": protect_if(_cbc, mac_content="nothing"),
    "mac-without-handshake-header": protect_if(
        lambda f, one: _cbc(f, one) and f.content_type == 22, mac_content="without handshake header"
    ),
    "mac-key-hex-text": _mac_key("hex-text"),
    "mac-key-base64-text": _mac_key("base64-text"),
    "mac-key-string": _mac_key("string"),
    "mac-input-hex-text": _mac_input("hex-text"),
    "mac-input-base64-text": _mac_input("base64-text"),
    "mac-input-string": _mac_input("string"),
    "mac-hex-text": _mac_text("hex-text"),
    "mac-base64-text": _mac_text("base64-text"),
    "mac-string": _mac_text("string"),
    "mac-ssl3": protect_if(_cbc, mac_kind="SSL 3.0"),
    "mac-over-ciphertext": protect_if(
        _mte, order="encrypt, then MAC", covered="IV and ciphertext", length="IV and ciphertext"
    ),
    "mac-over-plaintext": protect_if(_etm, order="MAC, then encrypt", covered="plaintext", length="plaintext"),
    "mac-over-padding": each(
        protect_if(_mte, covered="padded plaintext"),
        protect_if(_mte, covered="padded plaintext", length="padded plaintext"),
        protect_if(_etm, covered="padded plaintext", length="padded plaintext"),
    ),
    "mac-over-iv": protect_if(_mte, covered="IV and plaintext"),
    "etm-without-iv": each(
        protect_if(_etm, covered="ciphertext"), protect_if(_etm, covered="ciphertext", length="ciphertext")
    ),
    "etm-length": lambda facts, recipe: (
        _lengths("plaintext", "ciphertext", "padded plaintext", "fragment")(facts, recipe)
        if _etm(facts, recipe.protect)
        else []
    ),
    "etm-over-plaintext": each(
        protect_if(_etm, covered="plaintext", length="plaintext"), protect_if(_etm, covered="plaintext")
    ),
    "padding-off-by-one": each(
        *(
            protect_if(_cbc, padding=name)
            for name in ("length byte off by one", "length byte one less", "others off by one")
        )
    ),
    "padding-pkcs7": protect_if(_cbc, padding="PKCS #7"),
    "padding-value": each(
        *(
            protect_if(_cbc, padding=name)
            for name in ("PKCS #7 and one more", "one less", "spaces", "all 0xff", "counting up", "counting up from 1")
        )
    ),
    "padding-otherwise": protect_if(_cbc, padding="as it came"),
    "padding-zeros": each(protect_if(_cbc, padding="zeros"), protect_if(_cbc, padding="PKCS #7 length after zeros")),
    "padding-all-zeros": each(protect_if(_cbc, padding="all zeros"), protect_if(_cbc, padding="0x80 and zeros")),
    "padding-missing": protect_if(_cbc, padding="none if aligned"),
    "padding-before-mac": protect_if(_mte, order="padding, then MAC"),
    "mac-first": protect_if(_mte, order="MAC first"),
    "mac-missing": protect_if(_cbc, order="no MAC"),
    "mac-outside": protect_if(_mte, order="MAC outside"),
    "iv-not-sent": protect_if(_cbc, iv="not sent"),
    "iv-from-key-block": each(protect_if(_cbc, iv="key block"), protect_if(_cbc, iv="key block, another sent")),
    "iv-zeros": each(protect_if(_cbc, iv="zeros, another sent"), protect_if(_cbc, iv="zeros")),
    "iv-chained": each(protect_if(_cbc, iv="chained"), protect_if(_cbc, iv="chained, sent")),
    "iv-not-the-one-sent": protect_if(_cbc, iv="another than in the key block sent"),
    "iv-reversed": protect_if(_cbc, iv="reversed"),
    "iv-is-key": protect_if(_cbc, iv="key"),
    "iv-at-the-end": protect_if(_cbc, iv="at the end"),
    "ecb": each(protect_if(_cbc, iv="ECB"), protect_if(_cbc, iv="ECB, none sent")),
}

GCM_MISTAKES: dict[str, Change] = {
    "gcm-no-data": protect_if(_gcm, fields=()),
    "gcm-data-with-nonce": each(protect_if(_gcm, data_with="nonce before"), protect_if(_gcm, data_with="nonce behind")),
    "gcm-padded": each(protect_if(_gcm, padding="PKCS #7"), protect_if(_gcm, padding="right")),
    "gcm-whole-nonce-sent": protect_if(_gcm, explicit="with the salt"),
    "gcm-salt-sent": protect_if(_gcm, explicit="salt only"),
    "gcm-nonce-too-long-sent": protect_if(_gcm, explicit="16 bytes"),
    "gcm-no-salt": each(protect_if(_gcm, nonce="explicit alone"), protect_if(_gcm, nonce="explicit, zeros")),
    "gcm-nonce-16-bytes": each(
        protect_if(_gcm, nonce="salt, explicit, counter"), protect_if(_gcm, nonce="salt, explicit, zeros")
    ),
    "gcm-salt-alone": protect_if(_gcm, nonce="salt twice"),
    "gcm-salt-reversed": each(protect_if(_gcm, nonce="salt reversed, explicit"), protect_if(_gcm, nonce="reversed")),
    "gcm-salt-hex-text": _salt("hex-text"),
    "gcm-salt-base64-text": _salt("base64-text"),
    "gcm-nonce-not-sent": protect_if(_gcm, explicit="not sent"),
    "gcm-nonce-at-the-end": protect_if(_gcm, explicit="at the end"),
    "gcm-nonce-order": protect_if(_gcm, nonce="explicit, salt"),
    "gcm-nonce-xor": _tls13_nonce,
    "gcm-nonce-reversed": protect_if(lambda f, one: _gcm(f, one), nonce="salt, explicit reversed"),
    "gcm-nonce-zeros": protect_if(_gcm, nonce="salt, zeros"),
    "gcm-nonce-not-the-one-sent": each(
        protect_if(_gcm, nonce="salt, sequence"),
        protect_if(lambda f, one: _gcm(f, one) and bool(one.sequence), nonce="salt, sequence reversed"),
    ),
    "gcm-salt-of-the-other": protect_if(_gcm, fixed_iv="other"),
    "gcm-salt-zeros": protect_if(_gcm, fixed_iv="zeros"),
    "gcm-tag-first": protect_if(_gcm, tag="first"),
    "gcm-tag-missing": protect_if(_gcm, tag="missing"),
    "gcm-tag-cut": each(protect_if(_gcm, tag="12 bytes"), protect_if(_gcm, tag="8 bytes")),
    "gcm-tag-zeros": protect_if(_gcm, tag="zeros"),
    "gcm-data-of-tls13": protect_if(_gcm, fields=("type", "version", "length"), length="fragment"),
}
