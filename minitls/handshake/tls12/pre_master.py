"""The pre-master secret of RSA key exchange (RFC 5246 section 7.4.7.1): made, locked to the server's key, opened.

    struct {
        ProtocolVersion client_version;
        opaque random[46];
    } PreMasterSecret;

The client encrypts it with PKCS #1 v1.5: 00 02 | padding without zeros | 00 | 48 bytes. Whoever can tell from the
server's behaviour whether a ciphertext unpadded well can decrypt recorded connections (Bleichenbacher 1998; ROBOT
2017). So the server draws a random pre-master secret *before* it decrypts, and on any fault goes on with that one:
the handshake then fails at Finished, and looks the same whatever was wrong.

`cryptography` helps: its PKCS #1 v1.5 decryption gives pseudorandom bytes for bad padding instead of an error. What
remains is time: Python cannot be constant-time, which is one reason among many not to guard real secrets with it.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from ..config import Random

PRE_MASTER_SIZE = 48


def pre_master_secret(client_version: int, random: Random) -> bytes:
    """48 bytes. The version is the one *offered* in ClientHello, so that a forced downgrade shows."""
    return client_version.to_bytes(2, "big") + random(PRE_MASTER_SIZE - 2)


def pkcs1_block(message: bytes, size: int, random: Random) -> bytes:
    """EME-PKCS1-v1_5 (RFC 8017 section 7.2.1), `size` bytes: 00 02, padding, 00, message.

    The padding is drawn in one piece; each zero byte in it is drawn again on its own until it is none.
    """
    padding = bytearray(random(size - 3 - len(message)))
    for at, byte in enumerate(padding):
        while not byte:
            byte = random(1)[0]
        padding[at] = byte
    return b"\x00\x02" + bytes(padding) + b"\x00" + message


def encrypt_block(key: RSAPublicKey, block: bytes) -> bytes:
    """The block, encrypted to `key`: as many bytes as its modulus has."""
    public = key.public_numbers()
    return rsaep(block, public.e, public.n.to_bytes(len(block), "big"))


def rsaep(block: bytes, e: int, n: bytes) -> bytes:
    """RSAEP (RFC 8017 section 5.1.1): block^e mod n, as many bytes as the modulus `n` has. OverflowError if `block`
    is shorter than the modulus."""
    return pow(int.from_bytes(block, "big"), e, int.from_bytes(n, "big")).to_bytes(len(block), "big")


def encrypt(key: RSAPublicKey, pre_master: bytes) -> bytes:
    """The encrypted pre-master secret by the library: ten times faster than `encrypt_block`, same distribution."""
    return key.encrypt(pre_master, PKCS1v15())


def decrypt(key: RSAPrivateKey, encrypted: bytes, client_version: int, fallback: bytes) -> bytes:
    """The pre-master secret, 48 bytes; `fallback` (48 random bytes drawn beforehand) on every fault.

    Wrong padding comes back from the library as random bytes of any length, a ciphertext of another length or not
    below the modulus as ValueError; both end in the last line.
    """
    try:
        decrypted = key.decrypt(encrypted, PKCS1v15())
    except ValueError:
        decrypted = b""
    good = len(decrypted) == PRE_MASTER_SIZE and decrypted[:2] == client_version.to_bytes(2, "big")
    return decrypted if good else fallback
