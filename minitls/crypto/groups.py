"""The groups of an ephemeral Diffie-Hellman exchange over elliptic curves, as a table (RFC 8422, RFC 7748).

In a group everybody can multiply a point by a number, the private key, and nobody knows how to get the number back
from the product, the public key. Multiplying does not care about order, so both sides come to the same point:

    client_private * (server_private * base point) = server_private * (client_private * base point)

The secret is that point's x-coordinate at full length, leading zeros kept (RFC 8422 section 5.10). A group says how a
private key is made of random bytes, and what it demands of a peer's public key; the arithmetic is the library's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x448 import X448PrivateKey, X448PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..errors import IllegalParameter
from ..wire.codes import NamedGroup, name_of

Random = Callable[[int], bytes]


class KeyPair:
    """A private key of a group and the public key that belongs to it; both as bytes, the former as long as a secret."""

    __slots__ = ("_key", "group", "private", "public")

    def __init__(self, group: Group, private: bytes, key: Any, public: bytes) -> None:
        self.group, self.private, self.public = group, private, public
        self._key = key

    def shared_secret(self, public: bytes) -> bytes:
        """What comes of this private key and the peer's public one: `group.size` bytes.

        IllegalParameter for a public key that is none of the group, or one that makes every secret the same.
        """
        return self.group.multiply(self._key, public)


class Group(ABC):
    """One named group. `size` is the length of a private key and of a shared secret in bytes."""

    def __init__(self, code: NamedGroup, size: int, *aliases: str) -> None:
        self.code, self.size = code, size
        self.name = code.name
        self.names = (code.name, *aliases)
        """What people call it, the registered name first."""

    @abstractmethod
    def private_key(self, random: Random) -> bytes:
        """A private key of what `random` gives, `size` bytes. Asks for one piece, of the same length every time."""

    @abstractmethod
    def key_pair(self, private: bytes) -> KeyPair:
        """The pair of a private key. ValueError for bytes that are none."""

    @abstractmethod
    def multiply(self, key: Any, public: bytes) -> bytes:
        """The x-coordinate of a peer's public key times the library's private `key`. IllegalParameter if it is none."""


class Montgomery(Group):
    """X25519 and X448 (RFC 7748): only x-coordinates travel, 32 and 56 bytes of them, and any bytes are one.

    A few points make every product zero; they are found out by the zero (RFC 8422 section 5.11).
    """

    def __init__(self, code: NamedGroup, size: int, private: Any, public: Any, clamp: tuple[int, int, int]) -> None:
        super().__init__(code, size)
        self._private, self._public, self._clamp = private, public, clamp

    def private_key(self, random: Random) -> bytes:
        """`size` random bytes, of which a few bits are fixed (decodeScalar in RFC 7748 section 5): a multiple of the
        cofactor, and always of the same number of bits."""
        scalar = bytearray(random(self.size))
        low, high, top = self._clamp
        scalar[0] &= low
        scalar[-1] = scalar[-1] & high | top
        return bytes(scalar)

    def key_pair(self, private: bytes) -> KeyPair:
        key = self._private.from_private_bytes(private)
        return KeyPair(self, private, key, key.public_key().public_bytes_raw())

    def multiply(self, key: Any, public: bytes) -> bytes:
        if len(public) != self.size:
            raise IllegalParameter(
                f"a public key of {self.name} takes {self.size} bytes, this one has {len(public)} (RFC 7748 section 5)"
            )
        try:
            secret: bytes = key.exchange(self._public.from_public_bytes(public))
        except ValueError:
            raise IllegalParameter(
                f"this public key of {self.name} makes every shared secret zero: it is a point of small order "
                "(RFC 8422 section 5.11)"
            ) from None
        return secret


class Prime(Group):
    """The NIST curves y^2 = x^3 + ax + b modulo a prime (RFC 8422 section 5.1.1): points travel as 04 | x | y.

    A point that is not on the curve could give the private key away piece by piece, so it is refused.
    """

    def __init__(self, code: NamedGroup, curve: ec.EllipticCurve, *aliases: str) -> None:
        super().__init__(code, (curve.key_size + 7) // 8, *aliases)
        self._curve = curve

    def private_key(self, random: Random) -> bytes:
        """At least 64 bits more than needed, modulo n - 1, plus 1, n being the number of points (FIPS 186-5 A.2.1).

        So every private key from 1 to n - 1 is as good as equally likely, and one draw is always enough.
        """
        number = int.from_bytes(random(self.size + 8), "big")
        return (number % (self._curve.group_order - 1) + 1).to_bytes(self.size, "big")

    def key_pair(self, private: bytes) -> KeyPair:
        key = ec.derive_private_key(int.from_bytes(private, "big"), self._curve)
        public = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return KeyPair(self, private, key, public)

    def multiply(self, key: Any, public: bytes) -> bytes:
        if len(public) != 1 + 2 * self.size or public[0] != 4:
            raise IllegalParameter(
                f"a point of {self.name} takes {1 + 2 * self.size} bytes, 04 and x and y; this one has {len(public)} "
                f"and begins with {public[:1].hex() or 'nothing'} (RFC 8422 section 5.4.1)"
            )
        try:
            secret: bytes = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(self._curve, public))
        except ValueError:
            raise IllegalParameter(
                f"the point is not on the curve {self.name}: x and y do not satisfy its equation "
                "(RFC 8422 section 5.11)"
            ) from None
        return secret


#: In order of preference.
GROUPS: tuple[Group, ...] = (
    Montgomery(NamedGroup.x25519, 32, X25519PrivateKey, X25519PublicKey, (0xF8, 0x7F, 0x40)),
    Prime(NamedGroup.secp256r1, ec.SECP256R1(), "P-256", "prime256v1"),
    Prime(NamedGroup.secp384r1, ec.SECP384R1(), "P-384"),
    Prime(NamedGroup.secp521r1, ec.SECP521R1(), "P-521"),
    Montgomery(NamedGroup.x448, 56, X448PrivateKey, X448PublicKey, (0xFC, 0xFF, 0x80)),
)
BY_CODE: dict[int, Group] = {int(group.code): group for group in GROUPS}
_BY_NAME: dict[str, Group] = {name.upper(): group for group in GROUPS for name in group.names}


def group_named(name: str) -> Group:
    """The group of a name, such as secp256r1 or P-256, in any case; ValueError lists the names there are."""
    try:
        return _BY_NAME[name.upper()]
    except KeyError:
        known = ", ".join(group.name for group in GROUPS)
        raise ValueError(f"unknown group {name!r}; minitls speaks {known}") from None


def names_of(codes: tuple[int, ...], limit: int = 12) -> str:
    """Groups as a peer lists them, for an error message: at most `limit` names."""
    shown = ", ".join(name_of(NamedGroup, code) for code in codes[:limit])
    return shown + (", ..." if len(codes) > limit else "")
