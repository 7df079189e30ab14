"""A second TLS 1.2, for tests: it plays client or server, in any order of messages, honestly or not.

Written from RFC 5246 (with 5077, 5288, 5746, 7366 and 7627) with the standard library and bare primitives; nothing of
minitls is in it. A `Peer` has no state machine: `say(WORD)` makes the next message that is asked for, valid for the
conversation so far, so that only its place can be wrong. Whoever wants other faults gives `message` or `record` the
bytes, or changes what the peer knows (`master`, `pre_master`, `padding`, ...).
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from struct import pack
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from tests.crypto.by_the_rfc import (
    cbc_decrypt,
    mac,
    prf,
    seal_encrypt_then_mac,
    seal_gcm,
    seal_mac_then_encrypt,
)
from tests.crypto.by_the_rfc import padding as cbc_padding

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23
WARNING, FATAL = 1, 2
CLOSE_NOTIFY = b"\x01\x00"

#: RFC 5246 section 7.4, RFC 5077, RFC 6066; "Unknown" is a number without a meaning.
TYPES = {
    "HelloRequest": 0,
    "ClientHello": 1,
    "ServerHello": 2,
    "Unknown": 3,
    "NewSessionTicket": 4,
    "Certificate": 11,
    "ServerKeyExchange": 12,
    "CertificateRequest": 13,
    "ServerHelloDone": 14,
    "CertificateVerify": 15,
    "ClientKeyExchange": 16,
    "Finished": 20,
    "CertificateURL": 21,
    "CertificateStatus": 22,
}
NAMES = {number: name for name, number in TYPES.items()}


class Suite(NamedTuple):
    mode: str
    key: int
    mac_hash: str
    mac: int
    prf_hash: str


#: RFC 5246 appendix C, RFC 5288.
SUITES = {
    0x002F: Suite("CBC", 16, "sha1", 20, "sha256"),
    0x0035: Suite("CBC", 32, "sha1", 20, "sha256"),
    0x003C: Suite("CBC", 16, "sha256", 32, "sha256"),
    0x003D: Suite("CBC", 32, "sha256", 32, "sha256"),
    0x009C: Suite("GCM", 16, "", 0, "sha256"),
    0x009D: Suite("GCM", 32, "", 0, "sha384"),
}

#: Extension numbers by the RFCs' names.
SERVER_NAME, MAX_FRAGMENT_LENGTH, STATUS_REQUEST, SIGNATURE_ALGORITHMS, ALPN = 0, 1, 5, 13, 16
ENCRYPT_THEN_MAC, EXTENDED_MASTER_SECRET, RECORD_SIZE_LIMIT, SESSION_TICKET = 22, 23, 28, 35
RENEGOTIATION_INFO = 0xFF01

Extensions = Sequence[tuple[int, bytes]]


def u8(data: bytes) -> bytes:
    """``opaque data<0..2^8-1>``."""
    return pack("!B", len(data)) + data


def u16(data: bytes) -> bytes:
    return pack("!H", len(data)) + data


def u24(data: bytes) -> bytes:
    return len(data).to_bytes(3, "big") + data


def extension_block(extensions: Extensions | None) -> bytes:
    """The extensions of a hello; None is their absence."""
    return b"" if extensions is None else u16(b"".join(pack("!H", number) + u16(body) for number, body in extensions))


def server_name(*names: bytes) -> tuple[int, bytes]:
    return SERVER_NAME, u16(b"".join(b"\x00" + u16(name) for name in names))


def alpn(*names: bytes) -> tuple[int, bytes]:
    return ALPN, u16(b"".join(u8(name) for name in names))


def client_hello_body(
    extensions: Extensions | None = (),
    *,
    version: int = 0x0303,
    random: bytes = b"r" * 32,
    session_id: bytes = b"",
    suites: Iterable[int] = tuple(SUITES),
    compression: bytes = b"\x00",
) -> bytes:
    """RFC 5246 section 7.4.1.2."""
    suite_list = b"".join(pack("!H", suite) for suite in suites)
    fixed = pack("!H", version) + random + u8(session_id) + u16(suite_list) + u8(compression)
    return fixed + extension_block(extensions)


def server_hello_body(
    extensions: Extensions | None = (),
    *,
    version: int = 0x0303,
    random: bytes = b"s" * 32,
    session_id: bytes = b"",
    suite: int = 0x009C,
    compression: int = 0,
) -> bytes:
    """RFC 5246 section 7.4.1.3."""
    fixed = pack("!H", version) + random + u8(session_id) + pack("!HB", suite, compression)
    return fixed + extension_block(extensions)


def parse_hello(body: bytes, client: bool) -> tuple[bytes, bytes, list[int], dict[int, bytes]]:
    """(random, session ID, suites, extensions by number) of a hello that is well-formed."""
    at = 34
    session_id = body[at + 1 : at + 1 + body[at]]
    at += 1 + len(session_id)
    if client:
        size = int.from_bytes(body[at : at + 2], "big")
        suites = [int.from_bytes(body[i : i + 2], "big") for i in range(at + 2, at + 2 + size, 2)]
        at += 2 + size
        at += 1 + body[at]
    else:
        suites = [int.from_bytes(body[at : at + 2], "big")]
        at += 3
    found = {}
    at += 2
    while at < len(body):
        size = int.from_bytes(body[at + 2 : at + 4], "big")
        found[int.from_bytes(body[at : at + 2], "big")] = body[at + 4 : at + 4 + size]
        at += 4 + size
    return body[2:34], session_id, suites, found


def handshake_message(msg_type: int, body: bytes) -> bytes:
    return bytes([msg_type]) + u24(body)


def plain_record(content_type: int, fragment: bytes, version: int = 0x0303) -> bytes:
    return pack("!BH", content_type, version) + u16(fragment)


def records_of(stream: bytes) -> list[bytes]:
    """A stream cut at its record headers. What does not make a whole record stays out."""
    found, at = [], 0
    while at + 5 <= len(stream) and (end := at + 5 + int.from_bytes(stream[at + 3 : at + 5], "big")) <= len(stream):
        found.append(stream[at:end])
        at = end
    return found


@dataclass
class Keys:
    """One direction under protection."""

    suite: Suite
    mac_key: bytes
    key: bytes
    iv: bytes
    etm: bool
    sequence: int = 0

    def seal(self, content_type: int, plaintext: bytes, iv: bytes, pad: bytes | None = None) -> bytes:
        """The fragment of a record; counts."""
        sequence, self.sequence = self.sequence, self.sequence + 1
        if self.suite.mode == "GCM":
            return seal_gcm(self.key, self.iv, pack("!Q", sequence), sequence, content_type, plaintext)
        sealed = seal_encrypt_then_mac if self.etm else seal_mac_then_encrypt
        return sealed(self.suite.mac_hash, self.mac_key, self.key, iv, sequence, content_type, plaintext, pad=pad)

    def open(self, content_type: int, fragment: bytes) -> bytes:
        """The plaintext; ValueError if it is not authentic."""
        sequence, self.sequence = self.sequence, self.sequence + 1
        size = self.suite.mac
        if self.suite.mode == "GCM":
            authenticated = pack("!QBHH", sequence, content_type, 0x0303, len(fragment) - 24)
            try:
                return AESGCM(self.key).decrypt(self.iv + fragment[:8], fragment[8:], authenticated)
            except InvalidTag:
                raise ValueError("tag") from None
        if self.etm:
            fragment, tag = fragment[:-size], fragment[-size:]
            if tag != mac(self.suite.mac_hash, self.mac_key, sequence, content_type, fragment):
                raise ValueError("MAC over the ciphertext")
        content = cbc_decrypt(self.key, fragment)
        count = content[-1] + 1
        if content[-count:] != bytes([count - 1]) * count:
            raise ValueError("padding")
        content = content[:-count]
        if not self.etm:
            content, tag = content[:-size], content[-size:]
            if tag != mac(self.suite.mac_hash, self.mac_key, sequence, content_type, content):
                raise ValueError("MAC")
        return content


@dataclass
class Saved:
    """A session as the peer remembers it."""

    suite: int
    master: bytes
    ems: bool
    session_id: bytes = b""
    ticket: bytes = b""


Signer = Callable[[Any, bytes], bytes]


def pkcs1_sha256(key: Any, content: bytes) -> bytes:
    signature: bytes = key.sign(content, padding.PKCS1v15(), SHA256())
    return signature


#: A key for signatures whose place is wrong anyway.
_STRAY_KEY = ec.derive_private_key(7, ec.SECP256R1())


@dataclass
class Peer:
    """One endpoint. `side` is the one it plays; the fields below are what it is told, then what it knows."""

    side: str
    seed: int = 1
    suite: int = 0x009C
    ems: bool = True
    etm: bool = False
    #: Client: ask for a ticket. Server: announce one.
    ticket: bool = False
    #: Server: chain and key of the certificate. Client: of its own, if it has one.
    chain: tuple[bytes, ...] = ()
    key: Any = None
    #: Client: what to resume. Server: what to take up if the client names it.
    saved: Saved | None = None
    server_name: bytes | None = b"localhost"
    #: Further extensions of our hello.
    extensions: Extensions = ()
    scheme: int = 0x0401
    signer: Signer = pkcs1_sha256
    #: The RSA key to encrypt to; taken from the certificate if None.
    server_key: rsa.RSAPublicKey | None = None

    transcript: list[bytes] = field(default_factory=list)
    randoms: dict[str, bytes] = field(default_factory=dict)
    session_id: bytes = b""
    offered: dict[int, bytes] = field(default_factory=dict)
    answered: dict[int, bytes] = field(default_factory=dict)
    resumed: bool = False
    pre_master: bytes | None = None
    master: bytes | None = None
    session_hash: bytes = b""
    ticket_received: bytes = b""
    request: bytes | None = None
    writing: Keys | None = None
    reading: Keys | None = None
    #: (content type, plaintext) of every record received, and every whole handshake message by name.
    heard: list[tuple[int, bytes]] = field(default_factory=list)
    messages: list[tuple[str, bytes]] = field(default_factory=list)
    #: Whether the other side's Finished was right; None before it came.
    finished_right: bool | None = None
    client_version: int = 0x0303

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.other = "server" if self.side == "client" else "client"
        self._stream = b""
        self._pending = b""

    # What was received.

    def take(self, data: bytes) -> None:
        """Bytes of the other side."""
        self._stream += data
        for record in records_of(self._stream):
            self._stream = self._stream[len(record) :]
            kind, plaintext = record[0], record[5:]
            if self.reading is not None:
                plaintext = self.reading.open(kind, plaintext)
            self.heard.append((kind, plaintext))
            if kind == CHANGE_CIPHER_SPEC:
                self.messages.append(("ChangeCipherSpec", plaintext))
                self.reading = self.keys(self.other)
            elif kind == HANDSHAKE:
                self._pending += plaintext
                self._take_messages()

    def _take_messages(self) -> None:
        while len(self._pending) >= 4 and len(self._pending) >= (end := 4 + int.from_bytes(self._pending[1:4], "big")):
            message, self._pending = self._pending[:end], self._pending[end:]
            name = NAMES[message[0]]
            self.messages.append((name, message[4:]))
            self._learn(name, message[4:])
            if name != "HelloRequest":
                self.transcript.append(message)
            if name == "ClientKeyExchange":
                self.session_hash = self.hash()

    def _learn(self, name: str, body: bytes) -> None:
        if name == "ClientHello":
            self.randoms["client"], self.session_id, _, self.offered = parse_hello(body, client=True)
            self.client_version = int.from_bytes(body[:2], "big")
        elif name == "ServerHello":
            sent = self.session_id
            self.randoms["server"], self.session_id, (self.suite,), self.answered = parse_hello(body, client=False)
            self.ems = EXTENDED_MASTER_SECRET in self.answered
            self.etm = ENCRYPT_THEN_MAC in self.answered
            if self.saved and sent and self.session_id == sent:
                self.resumed, self.master = True, self.saved.master
        elif name == "Certificate" and self.side == "client":
            first = body[6 : 6 + int.from_bytes(body[3:6], "big")]
            key = x509.load_der_x509_certificate(first).public_key()
            self.server_key = self.server_key or key  # type: ignore[assignment]  # The servers of these tests have RSA keys.
        elif name == "CertificateRequest":
            self.request = body
        elif name == "ClientKeyExchange":
            self.pre_master = self.key.decrypt(body[2:], padding.PKCS1v15())
        elif name == "NewSessionTicket":
            self.ticket_received = body[6:]
        elif name == "Finished":
            self.finished_right = body == self.verify_data(self.other)

    # What both sides compute.

    @property
    def parameters(self) -> Suite:
        return SUITES[self.suite]

    def hash(self) -> bytes:
        """Of every handshake message so far."""
        return hashlib.new(self.parameters.prf_hash, b"".join(self.transcript)).digest()

    def master_secret(self) -> bytes:
        """RFC 5246 section 8.1 or RFC 7627 section 4; a made-up one if there is nothing yet to compute it from."""
        if self.master is None:
            hash_name = self.parameters.prf_hash
            if self.pre_master is None:
                return b"\x5a" * 48
            if self.ems:
                self.master = prf(hash_name, self.pre_master, b"extended master secret", self.session_hash, 48)
            else:
                seed = self.random_of("client") + self.random_of("server")
                self.master = prf(hash_name, self.pre_master, b"master secret", seed, 48)
        return self.master

    def random_of(self, side: str) -> bytes:
        return self.randoms.get(side, b"?" * 32)

    def keys(self, side: str) -> Keys:
        """RFC 5246 section 6.3."""
        suite = self.parameters
        sizes = (suite.mac, suite.key, 4 if suite.mode == "GCM" else 0)
        seed = self.random_of("server") + self.random_of("client")
        block = prf(suite.prf_hash, self.master_secret(), b"key expansion", seed, 2 * sum(sizes))
        parts, at = [], 0
        for size in sizes:
            start = at + (0 if side == "client" else size)
            parts.append(block[start : start + size])
            at += 2 * size
        mac_key, key, iv = parts
        return Keys(suite, mac_key, key, iv, self.etm and suite.mode == "CBC")

    def verify_data(self, side: str) -> bytes:
        """RFC 5246 section 7.4.9."""
        label = side.encode() + b" finished"
        return prf(self.parameters.prf_hash, self.master_secret(), label, self.hash(), 12)

    def save(self) -> Saved:
        """This connection's session, to be resumed."""
        return Saved(self.suite, self.master_secret(), self.ems, self.session_id, self.ticket_received)

    # What is sent.

    def record(self, content_type: int, plaintext: bytes, pad: bytes | None = None) -> bytes:
        """One record, protected once ChangeCipherSpec was sent."""
        if self.writing is None:
            return plain_record(content_type, plaintext)
        return plain_record(content_type, self.writing.seal(content_type, plaintext, self.rng.randbytes(16), pad))

    def padded(self, content_type: int, plaintext: bytes, more_blocks: int) -> bytes:
        """One CBC record with longer padding than needed."""
        assert self.writing is not None
        unpadded = len(plaintext) + (0 if self.writing.etm else self.writing.suite.mac)
        return self.record(content_type, plaintext, cbc_padding(unpadded, more_blocks))

    def message(self, name: str, body: bytes, counted: bool = True) -> bytes:
        """A handshake message in as many records as it takes; it enters the transcript unless `counted` is false."""
        return self.records(HANDSHAKE, self.entered(name, body, counted))

    def records(self, content_type: int, content: bytes, limit: int = 2**14) -> bytes:
        """`content` cut into records of at most `limit` bytes."""
        pieces = [content[at : at + limit] for at in range(0, len(content) or 1, limit)]
        return b"".join(self.record(content_type, piece) for piece in pieces)

    def entered(self, name: str, body: bytes, counted: bool = True) -> bytes:
        """A handshake message without its record, entered in the transcript."""
        message = handshake_message(TYPES[name], body)
        if counted:
            self.transcript.append(message)
        if name == "ClientKeyExchange":
            self.session_hash = self.hash()
        return message

    def alert(self, level: int, description: int) -> bytes:
        return self.record(ALERT, bytes([level, description]))

    def data(self, data: bytes) -> bytes:
        return self.record(APPLICATION_DATA, data)

    def say(self, word: str) -> bytes:
        """The next message, by its name; "EmptyCertificate" and "ChangeCipherSpec" besides those of TYPES."""
        if word == "ChangeCipherSpec":
            sent = self.record(CHANGE_CIPHER_SPEC, b"\x01")
            self.writing = self.keys(self.side)
            return sent
        name = "Certificate" if word == "EmptyCertificate" else word
        return self.message(name, self.body(word), counted=word != "HelloRequest")

    def body(self, word: str) -> bytes:
        """The body of a message, valid for the conversation so far."""
        made: Callable[[], bytes] = getattr(self, f"_{word}")
        return made()

    def _HelloRequest(self) -> bytes:
        return b""

    def _ClientHello(self) -> bytes:
        self.randoms["client"] = self.randoms.get("client") or self.rng.randbytes(32)
        extensions = [(SIGNATURE_ALGORITHMS, u16(b"\x04\x01\x02\x01")), (RENEGOTIATION_INFO, b"\x00")]
        if self.server_name is not None:
            extensions.append(server_name(self.server_name))
        if self.ems:
            extensions.append((EXTENDED_MASTER_SECRET, b""))
        if self.etm:
            extensions.append((ENCRYPT_THEN_MAC, b""))
        if self.ticket:
            extensions.append((SESSION_TICKET, self.saved.ticket if self.saved else b""))
        if self.saved:
            self.session_id = self.saved.session_id
        return client_hello_body(
            [*extensions, *self.extensions],
            version=self.client_version,
            random=self.randoms["client"],
            session_id=self.session_id,
            suites=(self.suite,),
        )

    def _ServerHello(self) -> bytes:
        self.randoms["server"] = self.rng.randbytes(32)
        extensions = [
            (number, b"\x00" if number == RENEGOTIATION_INFO else b"")
            for number, wanted in (
                (RENEGOTIATION_INFO, True),
                (EXTENDED_MASTER_SECRET, self.ems),
                (ENCRYPT_THEN_MAC, self.etm and self.parameters.mode == "CBC"),
                (SESSION_TICKET, self.ticket),
            )
            if wanted and number in self.offered
        ]
        if self.saved:
            self.resumed, self.master = True, self.saved.master
        else:
            self.session_id = self.rng.randbytes(32)
        return server_hello_body(
            [*extensions, *self.extensions],
            random=self.randoms["server"],
            session_id=self.session_id,
            suite=self.suite,
        )

    def _Certificate(self) -> bytes:
        return u24(b"".join(u24(certificate) for certificate in self.chain))

    def _EmptyCertificate(self) -> bytes:
        return u24(b"")

    def _CertificateStatus(self) -> bytes:
        return b"\x01" + u24(b"an OCSP response")

    def _CertificateURL(self) -> bytes:
        return b"\x00" + u16(u16(b"https://localhost/") + b"\x01" + b"h" * 20)

    def _ServerKeyExchange(self) -> bytes:
        # RFC 8422 section 5.4: secp256r1 and a point on it, signed as for TLS_ECDHE_RSA.
        point = b"\x04" + self.rng.randbytes(64)
        parameters = b"\x03\x00\x17" + u8(point)
        content = self.random_of("client") + self.random_of("server") + parameters
        return parameters + b"\x04\x01" + u16(pkcs1_sha256(self.key, content))

    def _CertificateRequest(self) -> bytes:
        return u8(b"\x01\x40") + u16(b"\x04\x01\x04\x03\x02\x01") + u16(b"")

    def _ServerHelloDone(self) -> bytes:
        return b""

    def _NewSessionTicket(self) -> bytes:
        return pack("!I", 300) + u16(b"a sealed session")

    def _ClientKeyExchange(self) -> bytes:
        if self.pre_master is None:
            self.pre_master = pack("!H", self.client_version) + self.rng.randbytes(46)
        key = self.server_key
        if key is None:
            return u16(b"\x00\x2a" * 128)
        return u16(key.encrypt(self.pre_master, padding.PKCS1v15()))

    def _CertificateVerify(self) -> bytes:
        content = b"".join(self.transcript)
        if self.key is None or self.side == "server":
            return b"\x04\x03" + u16(_STRAY_KEY.sign(content, ec.ECDSA(SHA256())))
        return pack("!H", self.scheme) + u16(self.signer(self.key, content))

    def _Finished(self) -> bytes:
        return self.verify_data(self.side)

    def _Unknown(self) -> bytes:
        return b""


FULL_SERVER_FLIGHT = ("ServerHello", "Certificate", "ServerHelloDone")
CLIENT_FLIGHT = ("ClientKeyExchange", "ChangeCipherSpec", "Finished")
LAST_FLIGHT = ("ChangeCipherSpec", "Finished")
