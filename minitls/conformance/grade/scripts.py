"""The conversations of part two that a careful peer must refuse, each with one thing wrong.

Both endpoints are told in the order of RFC 5246 figure 1; a name of `CLIENT_FAULTS` or `SERVER_FAULTS` says where the
script leaves the path. After that the other side should give up: a fatal alert, or at least the end of the connection,
and not a byte of data.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from ...crypto.protection import DirectionKeys, MACThenEncrypt
from ...crypto.suites import BY_CODE, Suite, suite_named
from ...handshake.credential import Credential
from ...handshake.tls12 import pre_master
from ...handshake.tls12.derivations import PRE_MASTER_SECRET
from ...wire.codes import ContentType, HandshakeType
from ...wire.extensions import RenegotiationInfo, ServerNameList, SignatureAlgorithms
from ...wire.messages import Certificate, ClientHello, ClientKeyExchange, Finished, ServerHello, ServerHelloDone
from .. import record_parts
from .peer import Peer

#: RC4 with MD5, which nobody offers any more (RFC 7465 forbids it).
NOT_OFFERED = 0x0004
CBC, GCM = suite_named("AES128-SHA"), suite_named("AES128-GCM-SHA256")
Server = Callable[[Peer, Credential, str], None]

#: What a client must refuse, by name: what is wrong. The chains come from the gallery.
CLIENT_FAULTS: dict[str, str] = {
    "version too low": "ServerHello chooses TLS 1.1",
    "suite not offered": "ServerHello chooses a suite that was not offered",
    "message out of order": "ServerHelloDone comes straight after ServerHello",
    "Finished without ChangeCipherSpec": "Finished comes in the clear, without ChangeCipherSpec",
    "bad Finished": "one bit of the server's verify_data is wrong",
    "tampered record": "one bit of a record of data is flipped",
    "wrong MAC": "the MAC of a CBC record is wrong, the padding right",
    "bad padding": "the padding of a CBC record is wrong, the MAC right",
    "oversized record": "a record of data with 2^14 + 1 bytes",
    "truncated close": "TCP ends without close_notify",
}
SERVER_FAULTS: dict[str, str] = {
    "version too low": "ClientHello offers TLS 1.1 at most",
    "suite not offered": "ClientHello offers only a suite that nobody should take",
    "message out of order": "Finished comes in place of ClientKeyExchange",
    "Finished without ChangeCipherSpec": "Finished comes in the clear, without ChangeCipherSpec",
    "bad pre-master": "the version inside the pre-master secret is wrong",
    "bad padding of RSA": "the PKCS #1 block has type 1",
    "bad Finished": "one bit of the client's verify_data is wrong",
    "tampered record": "one bit of a record of data is flipped",
    "wrong MAC": "the MAC of a CBC record is wrong, the padding right",
    "bad padding": "the padding of a CBC record is wrong, the MAC right",
    "oversized record": "a record of data with 2^14 + 1 bytes",
}
_CBC_ONLY = ("wrong MAC", "bad padding")


def serve(peer: Peer, credential: Credential, fault: str = "") -> None:
    """The server's endpoint, up to the fault; without one, up to the answer to the client's first data."""
    assert isinstance(credential.private_key, RSAPrivateKey)
    hello = peer.expect(ClientHello)
    suite = _choose(hello.cipher_suites, fault)
    version = 0x0302 if fault == "version too low" else 0x0303
    code = NOT_OFFERED if fault == "suite not offered" else suite.code
    scsv = 0x00FF in hello.cipher_suites
    secure = hello.extension(RenegotiationInfo) is not None or scsv
    extensions = (RenegotiationInfo(b""),) if secure else None
    peer.send(ServerHello(version, os.urandom(32), os.urandom(32), code, 0, extensions))
    if fault == "message out of order":
        return peer.send(ServerHelloDone())
    peer.send(Certificate(credential.chain))
    peer.send(ServerHelloDone())
    if fault in ("version too low", "suite not offered"):
        return None
    encrypted = peer.expect(ClientKeyExchange).encrypted_pre_master_secret
    secret = pre_master.decrypt(credential.private_key, encrypted, hello.client_version, bytes(48))
    peer.replay.give(PRE_MASTER_SECRET, secret)
    keys = peer.replay.expand()
    peer.expect_change_cipher_spec()
    peer.read = peer.protect(suite, keys.client)
    expected = peer.replay.verify_data("client")
    if peer.expect(Finished).verify_data != expected:
        raise ValueError("the client's verify_data is wrong")
    if fault != "Finished without ChangeCipherSpec":
        peer.send_change_cipher_spec()
        peer.write = peer.protect(suite, keys.server)
    _finish(peer, fault)
    if fault in ("bad Finished", "Finished without ChangeCipherSpec"):
        return None
    peer.data(1)
    _data(peer, suite, keys.server, fault)
    return None


def ask(peer: Peer, fault: str = "", host: str = "localhost") -> None:
    """The client's endpoint, up to the fault; without one, up to the first line of data."""
    suite = CBC if fault in _CBC_ONLY else GCM
    codes = (NOT_OFFERED,) if fault == "suite not offered" else (suite.code,)
    version = 0x0302 if fault == "version too low" else 0x0303
    extensions = (ServerNameList(((0, host.encode()),)), SignatureAlgorithms((0x0401,)), RenegotiationInfo(b""))
    peer.send(ClientHello(version, os.urandom(32), b"", codes, (0,), extensions))
    chosen = peer.expect(ServerHello).cipher_suite
    if chosen not in codes:
        raise ValueError(f"the server chose suite {chosen:04x}, which was not offered")
    chain = peer.expect(Certificate).certificate_list
    peer.expect(ServerHelloDone)
    key = x509.load_der_x509_certificate(chain[0]).public_key()
    assert isinstance(key, RSAPublicKey)
    secret = pre_master.pre_master_secret(0x0301 if fault == "bad pre-master" else version, os.urandom)
    block = pre_master.pkcs1_block(secret, (key.key_size + 7) // 8, os.urandom)
    if fault == "bad padding of RSA":
        block = b"\x00\x01" + block[2:]
    if fault != "message out of order":
        peer.send(ClientKeyExchange(pre_master.encrypt_block(key, block)))
    peer.replay.give(PRE_MASTER_SECRET, secret)
    keys = peer.replay.expand()
    if fault not in ("message out of order", "Finished without ChangeCipherSpec"):
        peer.send_change_cipher_spec()
        peer.write = peer.protect(suite, keys.client)
    _finish(peer, fault)
    peer.expect_change_cipher_spec()
    peer.read = peer.protect(suite, keys.server)
    expected = peer.replay.verify_data("server")
    if peer.expect(Finished).verify_data != expected:
        raise ValueError("the server's verify_data is wrong")
    _data(peer, suite, keys.client, fault)


def _choose(offered: tuple[int, ...], fault: str) -> Suite:
    wanted = (CBC, GCM) if fault in _CBC_ONLY else (GCM, CBC)
    known = [suite for suite in wanted if suite.code in offered]
    known += [BY_CODE[code] for code in offered if code in BY_CODE]
    if not known or (fault in _CBC_ONLY and known[0].mode != "CBC"):
        raise Inapplicable("it offers no suite that this conversation needs")
    return known[0]


class Inapplicable(Exception):
    """The conversation cannot be held with this peer."""


def _finish(peer: Peer, fault: str) -> None:
    value = peer.replay.verify_data(peer.side)
    if fault == "bad Finished":
        value = bytes([value[0] ^ 1]) + value[1:]
    peer.send_handshake(HandshakeType.finished.to_bytes(1, "big") + b"\x00\x00\x0c" + value)


def _data(peer: Peer, suite: Suite, keys: DirectionKeys, fault: str) -> None:
    """A line of data, with what is to be wrong with it."""
    line = b"these bytes must not be believed\n" if fault else b"hello from minitls\n"
    kind = ContentType.application_data
    match fault:
        case "tampered record":
            sealed = peer.write.seal(kind, line)
            peer.send_raw(sealed[:20] + bytes([sealed[20] ^ 1]) + sealed[21:])
        case "wrong MAC" | "bad padding":
            peer.send_raw(_spoilt(peer, suite, keys, line, fault))
        case "oversized record":
            peer.send_record(kind, bytes(2**14 + 1))
        case "truncated close":
            peer.send_record(kind, b"half of what was to be s")
            peer.socket.shutdown(1)
        case _:
            peer.send_record(kind, line)


def _spoilt(peer: Peer, suite: Suite, keys: DirectionKeys, line: bytes, fault: str) -> bytes:
    """A CBC record whose MAC or padding alone is wrong: one byte of the content changed before encryption."""
    assert isinstance(peer.write, MACThenEncrypt)
    data = record_parts.additional_data(peer.write.sequence, ContentType.application_data, len(line))
    tag = record_parts.mac(suite, keys.mac_key, data + line)
    padding = record_parts.padding(len(line) + len(tag))
    if fault == "wrong MAC":
        tag = bytes([tag[0] ^ 1]) + tag[1:]
    else:
        padding = bytes([padding[0] ^ 1]) + padding[1:]
    iv = os.urandom(16)
    fragment = iv + record_parts.cbc(keys.key, iv, line + tag + padding)
    return bytes([ContentType.application_data, 3, 3]) + len(fragment).to_bytes(2, "big") + fragment
