"""TLS 1.2 a second time, from the RFCs with the standard library's hmac and bare AES: the other side of every vector.

Nothing here imports minitls. It is slow and plain on purpose; what it decrypts, others have encrypted.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key

#: name: (code, mode, key length, MAC hash, MAC length, PRF hash), from RFC 5246 appendix C and RFC 5288.
SUITES: dict[str, tuple[int, str, int, str, int, str]] = {
    "TLS_RSA_WITH_AES_128_CBC_SHA": (0x002F, "CBC", 16, "sha1", 20, "sha256"),
    "TLS_RSA_WITH_AES_256_CBC_SHA": (0x0035, "CBC", 32, "sha1", 20, "sha256"),
    "TLS_RSA_WITH_AES_128_CBC_SHA256": (0x003C, "CBC", 16, "sha256", 32, "sha256"),
    "TLS_RSA_WITH_AES_256_CBC_SHA256": (0x003D, "CBC", 32, "sha256", 32, "sha256"),
    "TLS_RSA_WITH_AES_128_GCM_SHA256": (0x009C, "GCM", 16, "", 0, "sha256"),
    "TLS_RSA_WITH_AES_256_GCM_SHA384": (0x009D, "GCM", 32, "", 0, "sha384"),
}
OPENSSL_NAMES = {
    "TLS_RSA_WITH_AES_128_CBC_SHA": "AES128-SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA": "AES256-SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA256": "AES128-SHA256",
    "TLS_RSA_WITH_AES_256_CBC_SHA256": "AES256-SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256": "AES128-GCM-SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384": "AES256-GCM-SHA384",
}
BY_CODE = {row[0]: name for name, row in SUITES.items()}
TYPES = {20: "change_cipher_spec", 21: "alert", 22: "handshake", 23: "application_data"}
MESSAGES = {
    0: "HelloRequest",
    1: "ClientHello",
    2: "ServerHello",
    4: "NewSessionTicket",
    11: "Certificate",
    13: "CertificateRequest",
    14: "ServerHelloDone",
    15: "CertificateVerify",
    16: "ClientKeyExchange",
    20: "Finished",
}


def prf_values(hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> dict[str, str]:
    """A(1), P(1), A(2), ... and the output, as hex."""
    values = {}
    a, out, i = label + seed, b"", 0
    while len(out) < length:
        i += 1
        a = hmac.new(secret, a, hash_name).digest()
        piece = hmac.new(secret, a + label + seed, hash_name).digest()
        out += piece
        values[f"A({i})"], values[f"P({i})"] = a.hex(), piece.hex()
    values["output"] = out[:length].hex()
    return values


def prf(hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    return bytes.fromhex(prf_values(hash_name, secret, label, seed, length)["output"])


def key_block_length(suite: str) -> int:
    _, mode, key, _, mac, _ = SUITES[suite]
    return 2 * (mac + key + (4 if mode == "GCM" else 0))


def slices(suite: str, block: bytes) -> dict[str, str]:
    """The six slices of RFC 5246 section 6.3, by the RFC's names."""
    _, mode, key, _, mac, _ = SUITES[suite]
    out, at = {}, 0
    for name, size in (("MAC_key", mac), ("key", key), ("IV", 4 if mode == "GCM" else 0)):
        for side in ("client", "server"):
            out[f"{side}_write_{name}"] = block[at : at + size].hex()
            at += size
    return out


def additional_data(sequence: int, content_type: int, length: int) -> bytes:
    return struct.pack("!QBBBH", sequence, content_type, 3, 3, length)


def mac(suite: str, key: bytes, sequence: int, content_type: int, content: bytes) -> bytes:
    return hmac.new(key, additional_data(sequence, content_type, len(content)) + content, SUITES[suite][3]).digest()


def aes_cbc(key: bytes, iv: bytes, data: bytes, *, encrypt: bool) -> bytes:
    cipher = Cipher(algorithms.AES(key), modes.CBC(iv))
    context = cipher.encryptor() if encrypt else cipher.decryptor()
    return context.update(data) + context.finalize()


def seal(
    suite: str,
    keys: tuple[bytes, bytes, bytes],
    sequence: int,
    content_type: int,
    plaintext: bytes,
    iv: bytes = b"",
    etm: bool = False,
    extra_padding: int = 0,
) -> dict[str, Any]:
    """The parts of one record; `extra_padding` is a number of blocks more than needed."""
    mac_key, key, fixed_iv = keys
    parts: dict[str, Any] = {}
    if SUITES[suite][1] == "GCM":
        explicit = struct.pack("!Q", sequence)
        aad = additional_data(sequence, content_type, len(plaintext))
        parts["additional_data"], parts["nonce"] = aad.hex(), (fixed_iv + explicit).hex()
        fragment = explicit + AESGCM(key).encrypt(fixed_iv + explicit, plaintext, aad)
    else:
        content = plaintext if etm else plaintext + mac(suite, mac_key, sequence, content_type, plaintext)
        count = 15 - len(content) % 16 + 16 * extra_padding
        padding = bytes([count]) * (count + 1)
        fragment = iv + aes_cbc(key, iv, content + padding, encrypt=True)
        tag = mac(suite, mac_key, sequence, content_type, fragment) if etm else content[len(plaintext) :]
        if etm:
            parts["padding"], parts["mac"] = padding.hex(), tag.hex()
            fragment += tag
        else:
            parts["mac"], parts["padding"] = tag.hex(), padding.hex()
    parts["header"] = struct.pack("!BHH", content_type, 0x0303, len(fragment)).hex()
    parts["fragment"] = fragment.hex()
    return parts


def open_record(suite: str, keys: tuple[bytes, bytes, bytes], sequence: int, record: bytes, etm: bool = False) -> bytes:
    """The plaintext. ValueError if the record is not authentic."""
    mac_key, key, fixed_iv = keys
    content_type, fragment = record[0], record[5:]
    if SUITES[suite][1] == "GCM":
        aad = additional_data(sequence, content_type, len(fragment) - 24)
        return AESGCM(key).decrypt(fixed_iv + fragment[:8], fragment[8:], aad)
    size = SUITES[suite][4]
    if etm:
        fragment, tag = fragment[:-size], fragment[-size:]
        if tag != mac(suite, mac_key, sequence, content_type, fragment):
            raise ValueError("MAC")
    content = aes_cbc(key, fragment[:16], fragment[16:], encrypt=False)
    count = content[-1] + 1
    if content[-count:] != bytes([count - 1]) * count:
        raise ValueError("padding")
    content = content[:-count]
    if not etm:
        content, tag = content[:-size], content[-size:]
        if tag != mac(suite, mac_key, sequence, content_type, content):
            raise ValueError("MAC")
    return content


def server_hello_extensions(body: bytes) -> dict[int, bytes]:
    """Extension numbers and bodies of a ServerHello body, by hand slicing."""
    at = 34 + 1 + body[34] + 3
    found = {}
    if at < len(body):
        at += 2
        while at < len(body):
            number, size = struct.unpack("!HH", body[at : at + 4])
            found[number] = body[at + 4 : at + 4 + size]
            at += 4 + size
    return found


@dataclass
class Decoded:
    """What `decode` finds in a connection."""

    values: dict[str, Any] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    plaintexts: list[str] = field(default_factory=list)
    transcript: list[bytes] = field(default_factory=list)
    suite: str = ""
    ems: bool = False
    etm: bool = False
    finished: dict[str, tuple[list[bytes], str]] = field(default_factory=dict)


def records_of(stream: bytes) -> list[bytes]:
    """A stream cut into records; ValueError if something is left over."""
    out, at = [], 0
    while at < len(stream):
        end = at + 5 + int.from_bytes(stream[at + 3 : at + 5], "big")
        if end > len(stream):
            raise ValueError("part of a record is missing")
        out.append(stream[at:end])
        at = end
    return out


def decode(records: list[tuple[str, bytes]], private_key: str, master: bytes = b"") -> Decoded:
    """Follow a whole connection, verify both Finished. ValueError if anything does not fit."""
    done = Decoded()
    secrets: dict[str, bytes] = {"master": master}
    randoms: dict[str, bytes] = {}
    pending = {"client": b"", "server": b""}
    sequence: dict[str, int] = {}
    block: dict[str, str] = {}

    def keys(side: str) -> tuple[bytes, bytes, bytes]:
        mac_key, key, iv = (bytes.fromhex(block[f"{side}_write_{name}"]) for name in ("MAC_key", "key", "IV"))
        return mac_key, key, iv

    for side, record in records:
        plaintext = record[5:]
        if side in sequence:
            plaintext = open_record(done.suite, keys(side), sequence[side], record, done.etm)
            sequence[side] += 1
            done.plaintexts.append(f"{side} {TYPES[record[0]]} {plaintext.hex()}")
        if record[0] == 20:
            done.messages.append(f"{side} ChangeCipherSpec")
            if not block:
                prf_hash = SUITES[done.suite][5]
                seed = randoms["server"] + randoms["client"]
                whole = prf(prf_hash, secrets["master"], b"key expansion", seed, key_block_length(done.suite))
                block = slices(done.suite, whole)
                done.values |= {"master_secret": secrets["master"].hex(), "key_block": whole.hex()}
            sequence[side] = 0
        if record[0] != 22:
            continue
        pending[side] += plaintext
        while len(pending[side]) >= 4 and len(pending[side]) >= (end := 4 + int.from_bytes(pending[side][1:4], "big")):
            message, pending[side] = pending[side][:end], pending[side][end:]
            done.messages.append(f"{side} {MESSAGES[message[0]]}")
            if message[0] in (1, 2):
                randoms[side] = message[6:38]
            if message[0] == 2:
                at = 38 + 1 + message[38]
                done.suite = BY_CODE[int.from_bytes(message[at : at + 2], "big")]
                found = server_hello_extensions(message[4:])
                done.ems, done.etm = 23 in found, 22 in found
            if message[0] == 20:
                prf_hash = SUITES[done.suite][5]
                digest = hashlib.new(prf_hash, b"".join(done.transcript)).digest()
                value = prf(prf_hash, secrets["master"], side.encode() + b" finished", digest, 12)
                if value != message[4:]:
                    raise ValueError(f"{side} Finished")
                done.values[f"{side}_verify_data"] = value.hex()
                done.finished[side] = (list(done.transcript), digest.hex())
            done.transcript.append(message)
            if message[0] == 16:
                key: Any = load_pem_private_key(private_key.encode(), None)
                numbers = key.private_numbers()
                number = pow(int.from_bytes(message[6:], "big"), numbers.d, numbers.public_numbers.n)
                secret = number.to_bytes(256, "big")[-48:]
                done.values["pre_master_secret"] = secret.hex()
                prf_hash = SUITES[done.suite][5]
                if done.ems:
                    digest = hashlib.new(prf_hash, b"".join(done.transcript)).digest()
                    done.values["session_hash"] = digest.hex()
                    secrets["master"] = prf(prf_hash, secret, b"extended master secret", digest, 48)
                else:
                    seed = randoms["client"] + randoms["server"]
                    secrets["master"] = prf(prf_hash, secret, b"master secret", seed, 48)
    return done
