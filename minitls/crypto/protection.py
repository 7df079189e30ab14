"""Record protection (RFC 5246 section 6.2.3): seal one record, open one record.

Three ways, one class each, alike from outside: `seal(type, plaintext)` gives a whole record and `open(type, fragment)`
its content type and plaintext; `open_at` opens it where it stands among other bytes. Each object is one direction of
one connection: it counts its own sequence number, which enters every MAC and so forbids replay, loss and reordering. A
record counts once it is whole: one whose IV could not be drawn has taken no number from the next.

    MACThenEncrypt   CBC as in RFC 5246: encrypt(plaintext + MAC + padding)
    EncryptThenMAC   CBC as in RFC 7366: encrypt(plaintext + padding), then the MAC over the ciphertext
    GCM              AES-GCM, RFC 5288: one primitive does both

What is particular to a way is said by its class alone (`nonce`, `additional_data`, `overhead`, `max_fragment`, and
which type a record turns out to have), so another one, be it XOR nonces or TLS 1.3's hidden type, is another class.

Every fault is the same `BadRecordMAC` with the same sentence, and MACThenEncrypt computes the MAC whatever the
padding says: an endpoint that tells "bad padding" from "bad MAC" decrypts for the attacker (Vaudenay 2002). What
Python cannot hide is time: interpreted code is never constant-time, so these records resist an observer of messages,
not one with a stopwatch (Lucky Thirteen). This is for learning and testing.
"""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest
from struct import Struct as Layout
from typing import ClassVar, Literal, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, HashAlgorithm
from cryptography.hazmat.primitives.hmac import HMAC

from ..errors import BadRecordMAC
from ..wire.records import MAX_CIPHERTEXT, MAX_PLAINTEXT
from .suites import Suite

BLOCK = 16
TAG = 16
EXPLICIT_NONCE = 8
_header = Layout("!BHH").pack
#: A record header and the sequence number as explicit nonce behind it.
_header_and_nonce = Layout("!BHHQ").pack
#: (seq_num, type, version, length) as 13 bytes: what TLS 1.2 authenticates besides the content (sections 6.2.3.1 and
#: 6.2.3.3), be it by MAC or by AEAD. It is C that joins them, at no cost in every class that names it.
_sequence_and_header = Layout("!QBHH").pack
MAC_HASHES: dict[str, HashAlgorithm] = {"sha1": SHA1(), "sha256": SHA256(), "sha384": SHA384()}
#: The padding of each possible length byte: n bytes of value n and the length byte itself (section 6.2.3.2).
_PADDING = [bytes([n]) * (n + 1) for n in range(256)]


class DirectionKeys(NamedTuple):
    """What one direction cuts from the key block (section 6.3); lengths are those of the suite."""

    mac_key: bytes
    key: bytes
    fixed_iv: bytes


Order = Literal["", "MACThenEncrypt", "EncryptThenMAC", "AEAD"]


class Protection:
    """One direction of a connection."""

    __slots__ = ("sequence",)
    order: ClassVar[Order]
    """What authenticates, and before or after encryption; "" for none."""
    max_fragment: ClassVar[int]
    """The largest fragment of a protected record that may arrive, in bytes."""
    sequence: int
    """The number of the next record."""

    overhead: int
    """The least by which a fragment is longer than its plaintext, in bytes; 0 only without protection."""

    def seal(self, content_type: int, plaintext: bytes) -> bytes:
        """A whole record, header included, that holds `plaintext` (0 to 2^14 bytes)."""
        raise NotImplementedError

    def open_at(self, content_type: int, data: bytes, start: int, stop: int) -> tuple[int, bytes]:
        """Content type and plaintext of the record with this type in its header and the fragment ``data[start:stop]``.

        Raises BadRecordMAC, and nothing else, on any fault.
        """
        raise NotImplementedError

    def open(self, content_type: int, fragment: bytes) -> tuple[int, bytes]:
        """The same for a fragment on its own."""
        return self.open_at(content_type, fragment, 0, len(fragment))


class Unprotected(Protection):
    """The initial state of both directions (section 6.1): no keys, no MAC."""

    __slots__ = ()
    order: ClassVar[Order] = ""
    overhead = 0
    max_fragment: ClassVar[int] = MAX_PLAINTEXT

    def __init__(self) -> None:
        self.sequence = 0

    def seal(self, content_type: int, plaintext: bytes) -> bytes:
        self.sequence += 1
        return _header(content_type, 0x0303, len(plaintext)) + plaintext

    def open_at(self, content_type: int, data: bytes, start: int, stop: int) -> tuple[int, bytes]:
        self.sequence += 1
        return content_type, data[start:stop]


class GCM(Protection):
    """AES-GCM (RFC 5288): nonce = fixed_iv (4, secret) + explicit part (8, sent), here the sequence number.

    A counter cannot repeat under one key, while a random explicit part would, by the birthday bound; and a
    repeated GCM nonce gives away the authentication key.
    """

    __slots__ = ("_decrypt", "_encrypt", "nonce")
    order: ClassVar[Order] = "AEAD"
    overhead = EXPLICIT_NONCE + TAG
    max_fragment: ClassVar[int] = MAX_CIPHERTEXT
    additional_data = staticmethod(_sequence_and_header)

    def __init__(self, suite: Suite, keys: DirectionKeys) -> None:
        self.sequence = 0
        gcm = AESGCM(keys.key)
        self._encrypt, self._decrypt = gcm.encrypt, gcm.decrypt
        self.nonce = keys.fixed_iv.__add__
        """Of the 8 bytes in front of the ciphertext: the 12 that GCM starts with."""

    def seal(self, content_type: int, plaintext: bytes) -> bytes:
        size = len(plaintext)
        additional_data = self.additional_data(self.sequence, content_type, 0x0303, size)
        nonce = self.nonce(additional_data[:EXPLICIT_NONCE])
        header = _header_and_nonce(content_type, 0x0303, EXPLICIT_NONCE + size + TAG, self.sequence)
        sealed = header + self._encrypt(nonce, plaintext, additional_data)
        self.sequence += 1
        return sealed

    def open_at(self, content_type: int, data: bytes, start: int, stop: int) -> tuple[int, bytes]:
        body = start + EXPLICIT_NONCE
        size = stop - body - TAG
        if size < 0:
            raise BadRecordMAC
        additional_data = self.additional_data(self.sequence, content_type, 0x0303, size)
        self.sequence += 1
        try:
            return content_type, self._decrypt(self.nonce(data[start:body]), data[body:stop], additional_data)
        except InvalidTag:
            raise BadRecordMAC from None


class _CBC(Protection):
    """What both orders of CBC share: one AES context for each purpose, kept for the connection's life."""

    __slots__ = (
        "_decrypt",
        "_encrypt",
        "_last_block",
        "_mac",
        "_mac_length",
        "_random",
        "_unmask",
        "overhead",
        "sequence",
    )
    max_fragment: ClassVar[int] = MAX_CIPHERTEXT
    additional_data = staticmethod(_sequence_and_header)

    def __init__(self, suite: Suite, keys: DirectionKeys, random: Callable[[int], bytes]) -> None:
        self.sequence = 0
        algorithm = AES(keys.key)
        self._encrypt = Cipher(algorithm, CBC(bytes(BLOCK))).encryptor()
        self._unmask = Cipher(algorithm, ECB()).decryptor()
        self._decrypt = Cipher(algorithm, CBC(bytes(BLOCK))).decryptor()
        self._last_block = 0
        self._mac = HMAC(keys.mac_key, MAC_HASHES[suite.mac or "sha1"])
        self._mac_length = suite.mac_length
        # The IV, the MAC, and one byte of padding.
        self.overhead = BLOCK + suite.mac_length + 1
        self._random = random

    def _mac_of(self, content_type: int, content: bytes) -> bytes:
        """HMAC(seq_num + type + version + length + content), section 6.2.3.1."""
        context = self._mac.copy()
        context.update(self.additional_data(self.sequence, content_type, 0x0303, len(content)))
        context.update(content)
        return context.finalize()

    def _encrypted(self, *padded: bytes) -> bytes:
        """A fresh random IV, and what the pieces `padded` make together, encrypted under it.

        A context made anew for each record would cost five times as much as a small record itself. The lasting one
        chains from the last block C it put out, so it is first fed D(IV) xor C, which encrypts to the IV.
        """
        iv = self._random(BLOCK)
        block = int.from_bytes(self._unmask.update(iv), "big") ^ self._last_block
        sent = self._encrypt.update(b"".join((block.to_bytes(BLOCK, "big"), *padded)))
        self._last_block = int.from_bytes(sent[-BLOCK:], "big")
        return sent

    def _decrypted(self, fragment: bytes) -> bytes:
        """A block of noise, and the padded content behind it.

        CBC decryption of a block needs only the block before it, so the IV is decrypted too, to something else each
        time. Whoever cuts off the padding drops it with the same cut.
        """
        return self._decrypt.update(fragment)


class MACThenEncrypt(_CBC):
    """GenericBlockCipher of RFC 5246 section 6.2.3.2."""

    __slots__ = ()
    order: ClassVar[Order] = "MACThenEncrypt"

    def seal(self, content_type: int, plaintext: bytes) -> bytes:
        mac = self._mac_of(content_type, plaintext)
        padding = _PADDING[BLOCK - 1 - (len(plaintext) + self._mac_length) % BLOCK]
        sealed = self._encrypted(plaintext, mac, padding)
        self.sequence += 1
        return _header(content_type, 0x0303, len(sealed)) + sealed

    def open_at(self, content_type: int, data: bytes, start: int, stop: int) -> tuple[int, bytes]:
        size = stop - start
        if size % BLOCK or size < BLOCK + self._mac_length + 1:
            raise BadRecordMAC
        content = self._decrypted(data[start:stop])
        padding = content[-1] + 1
        good = BLOCK + padding + self._mac_length <= size and content[-padding:] == _PADDING[padding - 1]
        # After bad padding, go on as if there were none but its length byte: the MAC is computed all the same.
        end = size - (padding if good else 1) - self._mac_length
        plaintext = content[BLOCK:end]
        expected = self._mac_of(content_type, plaintext)
        self.sequence += 1
        if not compare_digest(expected, content[end : end + self._mac_length]) or not good:
            raise BadRecordMAC
        return content_type, plaintext


class EncryptThenMAC(_CBC):
    """RFC 7366: what is not authentic is never decrypted."""

    __slots__ = ()
    order: ClassVar[Order] = "EncryptThenMAC"

    def seal(self, content_type: int, plaintext: bytes) -> bytes:
        sealed = self._encrypted(plaintext, _PADDING[BLOCK - 1 - len(plaintext) % BLOCK])
        mac = self._mac_of(content_type, sealed)
        self.sequence += 1
        return b"".join((_header(content_type, 0x0303, len(sealed) + len(mac)), sealed, mac))

    def open_at(self, content_type: int, data: bytes, start: int, stop: int) -> tuple[int, bytes]:
        mac = stop - self._mac_length
        size = mac - start
        if size < 2 * BLOCK or size % BLOCK:
            raise BadRecordMAC
        sealed = data[start:mac]
        expected = self._mac_of(content_type, sealed)
        self.sequence += 1
        if not compare_digest(expected, data[mac:stop]):
            raise BadRecordMAC
        content = self._decrypted(sealed)
        padding = content[-1] + 1
        if BLOCK + padding > size or content[-padding:] != _PADDING[padding - 1]:
            raise BadRecordMAC
        return content_type, content[BLOCK:-padding]


def protection(
    suite: Suite, keys: DirectionKeys, random: Callable[[int], bytes], encrypt_then_mac: bool = False
) -> Protection:
    """The protection of one direction. `random(n)` gives n bytes and is asked for one 16-byte IV per CBC record."""
    if suite.mode == "GCM":
        return GCM(suite, keys)
    return EncryptThenMAC(suite, keys, random) if encrypt_then_mac else MACThenEncrypt(suite, keys, random)
