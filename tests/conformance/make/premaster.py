"""Makes 02-premaster.json: PKCS #1 blocks and their encryption, and ciphertexts that a server must bear in silence.

    python -m tests.conformance.make.premaster

RSA is Python's pow; every ciphertext that is below the modulus is also decrypted by `openssl pkeyutl`, raw.
"""

from __future__ import annotations

import random
import subprocess
import tempfile
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from .files import VECTORS, write
from .record import credential

SIZE = 256


def main() -> None:
    chance = random.Random("premaster")
    existing = VECTORS / "02-premaster.json"
    if existing.exists():
        import json

        pem = json.loads(existing.read_text())["common"]["private_key"]
    else:
        with credential() as secret:
            pem = secret.key
    key: Any = load_pem_private_key(pem.encode(), None)
    numbers = key.private_numbers()
    n, e = numbers.public_numbers.n, numbers.public_numbers.e

    def encrypt(block: bytes) -> bytes:
        cipher = pow(int.from_bytes(block, "big"), e, n).to_bytes(SIZE, "big")
        assert raw(pem, cipher) == block.rjust(SIZE, b"\0")
        return cipher

    def filled(count: int) -> bytes:
        return bytes(chance.randrange(1, 256) for _ in range(count))

    cases: list[dict[str, Any]] = []
    for number, version in enumerate((0x0303, 0x0303, 0x0303, 0x0304, 0x0301, 0xFEFE)):
        body = chance.randbytes(46) if number != 1 else bytes(46)
        padding = filled(SIZE - 51) if number != 2 else b"\1" * (SIZE - 51)
        secret_bytes = version.to_bytes(2, "big") + body
        block = b"\0\2" + padding + b"\0" + secret_bytes
        given = {"client_version": version, "random": body.hex(), "padding": padding.hex()}
        expect = {"pre_master_secret": secret_bytes.hex(), "pkcs1_block": block.hex()}
        cases.append(
            {
                "id": f"encrypt-{number + 1}-{version:04x}",
                "given": given,
                "expect": {**expect, "encrypted_pre_master_secret": encrypt(block).hex()},
            }
        )

    secret48 = b"\3\3" + chance.randbytes(46)
    good = b"\0\2" + filled(SIZE - 51) + b"\0" + secret48

    def changed(at: int, value: int) -> bytes:
        return good[:at] + bytes([value]) + good[at + 1 :]

    def around(message: bytes) -> bytes:
        return b"\0\2" + filled(SIZE - 3 - len(message)) + b"\0" + message

    sound = {
        "good": encrypt(good),
        "good-secret-of-zeros": encrypt(around(b"\3\3" + bytes(46))),
        "good-padding-of-ff": encrypt(b"\0\2" + b"\xff" * (SIZE - 51) + b"\0" + secret48),
        "good-secret-without-zeros": encrypt(around(b"\3\3" + filled(46))),
    }
    small = next(c for c in iter(lambda: encrypt(around(secret48)), b"") if c[0] == 0)
    sound["good-ciphertext-begins-with-zero"] = small
    malformed = {
        "type-1": encrypt(changed(1, 1)),
        "type-1-ff": encrypt(b"\0\1" + b"\xff" * (SIZE - 51) + b"\0" + secret48),
        "type-0": encrypt(b"\0\0" + bytes(SIZE - 50) + secret48),
        "type-3": encrypt(changed(1, 3)),
        "first-byte-1": encrypt(changed(0, 1)),
        "zero-first-in-padding": encrypt(changed(2, 0)),
        "zero-eighth-in-padding": encrypt(changed(9, 0)),
        "zero-ninth-in-padding": encrypt(changed(10, 0)),
        "zero-late-in-padding": encrypt(changed(SIZE - 60, 0)),
        "no-separator": encrypt(b"\0\2" + filled(SIZE - 50) + b"\3\3" + filled(46)),
        "no-zero-at-all": encrypt(b"\0\2" + filled(SIZE - 2)),
        "padding-of-7": encrypt(b"\0\2" + filled(7) + b"\0" + chance.randbytes(SIZE - 10)),
        "secret-of-47": encrypt(around(secret48[:-1])),
        "secret-of-49": encrypt(around(secret48 + b"\1")),
        "secret-of-46-without-version": encrypt(around(secret48[2:])),
        "secret-empty": encrypt(around(b"")),
        "secret-with-length": encrypt(around(b"\0\x30" + secret48)),
        "version-0301": encrypt(around(b"\3\1" + secret48[2:])),
        "version-0300": encrypt(around(b"\3\0" + secret48[2:])),
        "version-0302": encrypt(around(b"\3\2" + secret48[2:])),
        "version-0304": encrypt(around(b"\3\4" + secret48[2:])),
        "version-0203": encrypt(around(b"\2\3" + secret48[2:])),
        "version-swapped-0000": encrypt(around(b"\0\0" + secret48[2:])),
        "raw": encrypt(secret48.rjust(SIZE, b"\0")),
        "oaep": key.public_key().encrypt(secret48, OAEP(MGF1(SHA1()), SHA1(), None)),
        "little-endian": encrypt(good)[::-1] if int.from_bytes(encrypt(good)[::-1], "big") < n else bytes(SIZE),
        "bit-flipped": bytes([encrypt(good)[0] ^ 1]) + encrypt(good)[1:]
        if int.from_bytes(bytes([encrypt(good)[0] ^ 1]) + encrypt(good)[1:], "big") < n
        else encrypt(good)[:-1] + bytes([encrypt(good)[-1] ^ 1]),
        "zero": bytes(SIZE),
        "one": (1).to_bytes(SIZE, "big"),
        "modulus-less-one": (n - 1).to_bytes(SIZE, "big"),
        "modulus": n.to_bytes(SIZE, "big"),
        "modulus-plus-one": (n + 1).to_bytes(SIZE, "big"),
        "all-ff": b"\xff" * SIZE,
        "short": encrypt(good)[1:],
        "shorter": encrypt(good)[:48],
        "long": b"\0" + encrypt(good),
        "longer": encrypt(good) + b"\0",
        "doubled": encrypt(good) * 2,
        "empty": b"",
        "length-inside": b"\1\0" + encrypt(good),
        "not-encrypted": good if int.from_bytes(good, "big") < n else bytes(SIZE),
    }
    for name, cipher in {**sound, **malformed}.items():
        fallback = chance.randbytes(48)
        block = raw(pem, cipher)
        # Judged from the block that OpenSSL shows, by the words of RFC 8017 section 7.2.2 and RFC 5246 7.4.7.1.
        at = block.find(b"\0", 2)
        accepted = block[:2] == b"\0\2" and at >= 10 and len(block) - at - 1 == 48 and block[at + 1 : at + 3] == b"\3\3"
        assert accepted == (name in sound), name
        value = block[-48:] if accepted else fallback
        given = {
            "client_version": 0x0303,
            "encrypted_pre_master_secret": cipher.hex(),
            "fallback": fallback.hex(),
        }
        id = f"decrypt-{name}" if name in sound else f"malformed-{name}"
        cases.append({"id": id, "given": given, "expect": {"pre_master_secret": value.hex()}})
    write(
        "02-premaster.json",
        {
            "area": "premaster",
            "title": "The RSA-encrypted pre-master secret (RFC 5246 section 7.4.7.1, RFC 8017 section 7.2)",
            "source": "Made by tests/conformance/make/premaster.py",
            "licence": "none needed: own data; the private key is a throw-away",
            "obtained": (
                "Python's pow; the block inside each ciphertext is what `openssl pkeyutl` decrypts (raw), judged "
                "by RFC 8017 section 7.2.2. A malformed one must lead to the fallback, drawn before decryption."
            ),
            "common": {"private_key": pem},
            "cases": cases,
        },
    )


def raw(pem: str, cipher: bytes) -> bytes:
    """What OpenSSL decrypts, padding and all; b"" if it refuses the ciphertext."""
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as key:
        key.write(pem)
        key.flush()
        command = ("openssl", "pkeyutl", "-decrypt", "-inkey", key.name, "-pkeyopt", "rsa_padding_mode:none")
        done = subprocess.run(command, input=cipher, capture_output=True)
    return done.stdout if done.returncode == 0 else b""


if __name__ == "__main__":
    main()
