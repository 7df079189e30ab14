"""The floor: only the calls of `cryptography` and hashlib that no TLS built on them can leave out, each at its fastest.

No messages, no states, no parsing: each end does its own share of the arithmetic of TLS_RSA, over flights that have
the sizes of real ones. How far an implementation is above it is what its own code costs.
"""

from __future__ import annotations

from hashlib import sha256
from hmac import compare_digest
from os import urandom
from struct import Struct
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC as CBCMode
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.verification import PolicyBuilder, Store

from minitls.benchmark.adapter import Adapter, Terms
from minitls.benchmark.credentials import HOST, Credentials
from minitls.benchmark.measures import CBC, GCM

PKCS1 = PKCS1v15()
SHA256, SHA1 = hashes.SHA256(), hashes.SHA1()
#: The sizes of real flights: hello, ServerHello to ServerHelloDone, ClientKeyExchange to Finished, and the answer.
CLIENT_HELLO, SERVER_FLIGHT, SERVER_FINISHED = bytes(128), bytes(901), bytes(51)
CLIENT_FLIGHT = bytes(range(256)) + bytes(62)
#: ServerHello, ChangeCipherSpec and Finished of a resumption.
RESUMING_FLIGHT = bytes(141)
#: The handshake header of a Finished.
FINISHED_HEADER = b"\x14\0\0\x0c"
_ADDITIONAL_DATA = Struct(">QBHH").pack
_GCM_HEADER = Struct(">BHHQ").pack
_HEADER = Struct(">BHH").pack


def mac(key: HMAC, *parts: bytes) -> bytes:
    """HMAC over the parts, with a context that was keyed once and is kept."""
    context = key.copy()
    for part in parts:
        context.update(part)
    return context.finalize()


def prf(key: HMAC, seed: bytes, blocks: int) -> bytes:
    """So many blocks of P_SHA256 (RFC 5246 section 5); the seed begins with the label."""
    a, out = seed, b""
    for _ in range(blocks):
        a = mac(key, a)
        out += mac(key, a + seed)
    return out


class GCMState:
    """One direction at one end; the explicit nonce is the sequence number (RFC 5288 section 3)."""

    def __init__(self, key: bytes, salt: bytes) -> None:
        self.aead, self.salt, self.sequence = AESGCM(key), salt, 0

    def seal(self, kind: int, data: bytes) -> bytes:
        """A record."""
        sequence, size = self.sequence, len(data)
        self.sequence = sequence + 1
        additional = _ADDITIONAL_DATA(sequence, kind, 0x0303, size)
        sealed = self.aead.encrypt(self.salt + additional[:8], data, additional)
        return _GCM_HEADER(kind, 0x0303, size + 24, sequence) + sealed

    def open(self, record: bytes) -> bytes:
        """What a record holds. InvalidTag if it was changed."""
        sequence = self.sequence
        self.sequence = sequence + 1
        additional = _ADDITIONAL_DATA(sequence, record[0], 0x0303, len(record) - 29)
        return self.aead.decrypt(self.salt + record[5:13], record[13:], additional)


class CBCState:
    """One direction at one end, encrypt-then-MAC (RFC 7366); one cipher context serves all records.

    A random block goes in front of each plaintext: its ciphertext is the explicit IV (RFC 4346 section 6.2.3.2).
    """

    def __init__(self, key: bytes, mac_key: bytes, sealing: bool) -> None:
        cipher = Cipher(AES(key), CBCMode(bytes(16)))
        self.update = (cipher.encryptor() if sealing else cipher.decryptor()).update
        self.mac, self.sequence = HMAC(mac_key, SHA1), 0

    def seal(self, kind: int, data: bytes) -> bytes:
        """A record."""
        padding = 15 - len(data) % 16
        body = self.update(urandom(16) + data + bytes((padding,)) * (padding + 1))
        return _HEADER(kind, 0x0303, len(body) + 20) + body + self._tag(kind, body)

    def open(self, record: bytes) -> bytes:
        """What a record holds. ValueError if it was changed."""
        body = record[5:-20]
        if not compare_digest(self._tag(record[0], body), record[-20:]):
            raise ValueError("bad_record_mac")
        plain = self.update(body)
        return plain[16 : -plain[-1] - 1]

    def _tag(self, kind: int, body: bytes) -> bytes:
        sequence = self.sequence
        self.sequence = sequence + 1
        return mac(self.mac, _ADDITIONAL_DATA(sequence, kind, 0x0303, len(body)), body)


RecordState = GCMState | CBCState


class End:
    """What one end computes once it knows the secret: keyed contexts, the states of both directions, Finished."""

    def __init__(self, terms: Terms, client: bool, master: bytes, randoms: bytes) -> None:
        self.key = HMAC(master, SHA256)
        block = prf(self.key, b"key expansion" + randoms, 2 if terms == GCM else 3)
        mine, theirs = (0, 1) if client else (1, 0)
        self.sealing, self.opening = self._state(terms, block, mine, True), self._state(terms, block, theirs, False)

    @staticmethod
    def _state(terms: Terms, block: bytes, which: int, sealing: bool) -> RecordState:
        if terms == GCM:
            return GCMState(block[16 * which :][:16], block[32 + 4 * which :][:4])
        return CBCState(block[40 + 16 * which :][:16], block[20 * which :][:20], sealing)

    def finished(self, label: bytes, transcript: bytes) -> bytes:
        """verify_data (RFC 5246 section 7.4.9)."""
        return prf(self.key, label + transcript, 1)[:12]


def master_secret(pre_master: bytes, transcript: bytes) -> bytes:
    """The extended one (RFC 7627 section 4)."""
    return prf(HMAC(pre_master, SHA256), b"extended master secret" + transcript, 2)[:48]


class FloorPair:
    """Both ends after what would have been a handshake."""

    def __init__(self, client: End, server: End, terms: Terms, session: bytes, resumed: bool) -> None:
        self.client, self.server = client, server
        self.agreed, self.session, self.resumed = terms, session, resumed

    def send(self, data: bytes) -> bytes:
        return self.server.opening.open(self.client.sealing.seal(23, data))

    def close(self) -> None:
        self.server.opening.open(self.client.sealing.seal(21, b"\1\0"))
        self.client.opening.open(self.server.sealing.seal(21, b"\1\0"))


class FloorAdapter(Adapter):
    """The arithmetic alone."""

    imports = (
        "cryptography.x509.verification, cryptography.hazmat.primitives.hmac, "
        "cryptography.hazmat.primitives.ciphers.aead, hashlib"
    )
    streams = False

    def __init__(self, credentials: Credentials, terms: Terms, host: str = HOST) -> None:
        super().__init__(credentials, terms, host)
        if terms not in (GCM, CBC):
            raise ValueError(f"there is no floor for {terms}")
        self.leaf = x509.load_pem_x509_certificate(credentials.leaf.read_bytes()).public_bytes(Encoding.DER)
        self.trusted = Store([x509.load_pem_x509_certificate(credentials.root.read_bytes())])
        key = load_pem_private_key(credentials.key.read_bytes(), None)
        assert isinstance(key, RSAPrivateKey)
        self.key = key

    def connect(self, session: Any = None) -> FloorPair:
        randoms = urandom(32) + urandom(32)
        flights = (RESUMING_FLIGHT,) if session else (SERVER_FLIGHT, CLIENT_FLIGHT)
        transcripts = sha256(CLIENT_HELLO), sha256(CLIENT_HELLO)
        for transcript in transcripts:
            for flight in flights:
                transcript.update(flight)
        if session:
            masters = session, session
        else:
            urandom(32)  # The session ID.
            pre_master = b"\3\3" + urandom(46)
            encrypted = self._encrypted(pre_master)
            decrypted = self.key.decrypt(encrypted, PKCS1)
            masters = (
                master_secret(pre_master, transcripts[0].digest()),
                master_secret(decrypted, transcripts[1].digest()),
            )
        client = End(self.terms, True, masters[0], randoms)
        server = End(self.terms, False, masters[1], randoms)
        for sender, receiver, label in (
            (client, server, b"client finished"),
            (server, client, b"server finished"),
        ):
            mine, theirs = transcripts if sender is client else transcripts[::-1]
            message = FINISHED_HEADER + sender.finished(label, mine.digest())
            got = receiver.opening.open(sender.sealing.seal(22, message))
            if not compare_digest(got[4:], receiver.finished(label, theirs.digest())):
                raise ValueError("decrypt_error")
            for transcript in transcripts:
                transcript.update(got)
        return FloorPair(client, server, self.terms, masters[0], session is not None)

    def _encrypted(self, pre_master: bytes) -> bytes:
        """The client's work on the server's certificate: parse, verify chain and name, encrypt to its key."""
        leaf = x509.load_der_x509_certificate(self.leaf)
        PolicyBuilder().store(self.trusted).build_server_verifier(x509.DNSName(self.host)).verify(leaf, [])
        key = leaf.public_key()
        assert isinstance(key, RSAPublicKey)
        return key.encrypt(pre_master, PKCS1)

    def server(self) -> FloorServer:
        """The server's share alone, for a loopback server."""
        return FloorServer(self)


class FloorServer:
    """Answers flights of the right sizes with flights of the right sizes, after the server's share of the work."""

    def __init__(self, adapter: FloorAdapter) -> None:
        self.adapter, self.got, self.done = adapter, b"", False

    def feed(self, data: bytes) -> bytes:
        self.got += data
        if len(self.got) == len(CLIENT_HELLO):
            self.randoms, self.transcript = urandom(32) + urandom(32), sha256(self.got)
            self.transcript.update(SERVER_FLIGHT)
            return SERVER_FLIGHT
        if len(self.got) < len(CLIENT_HELLO) + len(CLIENT_FLIGHT):
            return b""
        self.transcript.update(self.got[len(CLIENT_HELLO) :])
        # What comes is no ciphertext: OpenSSL then gives a random plaintext, at the cost of a real one.
        pre_master = self.adapter.key.decrypt(self.got[len(CLIENT_HELLO) :][:256], PKCS1)
        end = End(self.adapter.terms, False, master_secret(pre_master, self.transcript.digest()), self.randoms)
        # Opening the client's Finished costs what sealing one does.
        for label in (b"client finished", b"server finished"):
            end.sealing.seal(22, FINISHED_HEADER + end.finished(label, self.transcript.digest()))
        self.done = True
        return SERVER_FINISHED


ADAPTER = FloorAdapter
