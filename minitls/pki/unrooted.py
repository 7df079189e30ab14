"""Trust that rests on no root: a pinned certificate or key, or none at all.

Whoever makes a certificate for a bench has no CA. Two answers do not need one: to know the certificate itself by its
fingerprint, or to ask nobody, which is no answer and is told so wherever a verdict is told. With either of them a
verdict has few steps: who it is (or that nobody asked), and whether the key is one that the handshake can use. That
the peer owns the key is never a question of the certificate; the handshake proves it all the same.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from .certificate import Certificate, Unreadable, read_certificate
from .rules import Place, Purpose, Question, Stage, printable_result, steps_at
from .trust import TrustStore
from .verdict import NOT_VERIFIED, PINNED, Verdict

_COLONS = re.compile(r"(?:(?:sha-?256 )?fingerprint=)?((?:[0-9a-f]{2}:?){31}[0-9a-f]{2})", re.IGNORECASE)
_BASE64 = re.compile(r"(?:sha256//?)?([A-Za-z0-9+/]{43}=)")
_PIN_LIMIT = 16


class Pin(NamedTuple):
    """One SHA-256 digest, of a whole certificate or of its key."""

    of_key: bool
    """Whether it is of the SubjectPublicKeyInfo (RFC 7469 section 2.4) and not of the certificate."""
    digest: bytes

    @classmethod
    def read(cls, text: str) -> Pin:
        """The pin as people write it; the two forms cannot be confused. ValueError, in a sentence, for anything else.

        `sha256//BASE64`, as curl's --pinnedpubkey takes it, is of the key, and so is the base64 alone. 64 hex digits,
        with or without colons, are of the certificate, as `openssl x509 -noout -fingerprint -sha256` prints them.
        """
        if found := _COLONS.fullmatch(text.strip()):
            return cls(False, bytes.fromhex(found[1].replace(":", "")))
        if found := _BASE64.fullmatch(text.strip()):
            try:
                return cls(True, base64.b64decode(found[1], validate=True))
            except binascii.Error:  # pragma: no cover - 43 digits and "=" are 32 bytes.
                pass
        raise ValueError(
            f"{text[:80]!r} is no SHA-256 pin: give 64 hex digits, as openssl x509 -noout -fingerprint -sha256 prints "
            "them (of the certificate), or sha256//BASE64, as curl --pinnedpubkey takes it (of its key)"
        )

    def __str__(self) -> str:
        if self.of_key:
            return f"sha256//{base64.b64encode(self.digest).decode()}"
        return self.digest.hex(":").upper()


@dataclass(frozen=True)
class Pins:
    """Believe exactly the certificates, or keys, with one of these digests. Nobody vouches, so no name, no date and no
    issuer is asked: the pin says which certificate it is."""

    pins: tuple[Pin, ...]

    @classmethod
    def of(cls, *texts: str) -> Pins:
        """Pins as `Pin.read` reads them. ValueError if there is none, too many, or one that cannot be read."""
        if not 0 < len(texts) <= _PIN_LIMIT:
            raise ValueError(f"{len(texts)} pins were given; 1 to {_PIN_LIMIT} make sense")
        return cls(tuple(map(Pin.read, texts)))

    @property
    def summary(self) -> str:
        """Who vouches, for people."""
        return f"{len(self.pins)} pin{'' if len(self.pins) == 1 else 's'}"

    @property
    def recorded(self) -> dict[str, Any]:
        """What a verdict depends on, as JSON types."""
        return {"pins": [str(pin) for pin in self.pins]}


@dataclass(frozen=True)
class Unverified:
    """Believe whoever answers. For a bench with nothing to lose; `UNVERIFIED` is the one value."""

    @property
    def summary(self) -> str:
        """Who vouches, for people."""
        return "nobody: not verified"

    @property
    def recorded(self) -> dict[str, Any]:
        """What a verdict depends on, as JSON types."""
        return {"unverified": True}


UNVERIFIED = Unverified()


def recorded_trust(inputs: Mapping[str, Any]) -> Pins | Unverified | None:
    """The trust that `recorded` described, None if it rests on roots. ValueError for a pin that cannot be read."""
    if "pins" in inputs:
        return Pins.of(*map(str, inputs["pins"]))
    return UNVERIFIED if inputs.get("unverified") is True else None


def certificate_pin(certificate: Certificate) -> Pin:
    """The pin of this very certificate."""
    return Pin(False, sha256(certificate.der).digest())


def key_pin(certificate: Certificate) -> Pin:
    """The pin of its key, which a new certificate for the same key keeps."""
    return Pin(True, sha256(certificate.key_info).digest())


def judged_alone(
    chain: Sequence[bytes], trust: Pins | Unverified, purpose: Purpose, needs: frozenset[str], now: datetime
) -> Verdict:
    """The verdict on the first certificate of `chain` by itself. A pure function, like `search.judged`."""
    from . import checks  # The rules are loaded with the first chain, see path.py.

    if not chain:
        return Verdict((printable_result("chain-length", False, {"certificates": "0", "needed": "1"}, 0, "the chain"),))
    leaf = read_certificate(chain[0])
    if isinstance(leaf, Unreadable):
        label = "certificate 1 of those sent"
        return Verdict((printable_result(leaf.rule, False, {"because": leaf.reason}, 0, label),))
    if isinstance(trust, Pins):
        whole, key = certificate_pin(leaf), key_pin(leaf)
        values = {"pinned": " or ".join(map(str, trust.pins)), "certificate": str(whole), "its key": str(key)}
        who = printable_result(PINNED, whole in trust.pins or key in trust.pins, values, 0, leaf.label)
    else:
        who = printable_result(NOT_VERIFIED, True, {"believed": "whoever answers"}, 0, leaf.label)
    # What the handshake cannot do without: a key that its cipher suite can use (RFC 5246 section 7.4.2).
    place = Place(Question(TrustStore(()), None, purpose, needs, "web", ()), (leaf,), 0)
    usable = (step for step in steps_at(place, Stage.leaf, now) if step.rule == checks.leaf.KEY_KIND)
    return Verdict((who, *usable), (leaf,))
