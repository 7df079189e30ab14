"""What is known of a connection when a value of it is wrong: the inputs, which are taken as true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from ....crypto.protection import DirectionKeys
from ....crypto.suites import Suite
from ....observe import Side
from ....wire.codes import ContentType, HandshakeType
from .prf_call import PRFCall

SECRET = 48


@dataclass(frozen=True)
class Facts:
    """The inputs of a connection's secrets. None: not known, so nothing that needs it can be computed."""

    suite: Suite
    extended_master_secret: bool = False
    encrypt_then_mac: bool = False
    client_version: int = 0x0303
    """The version that the ClientHello offers."""
    server_version: int = 0x0303
    client_random: bytes = b""
    server_random: bytes = b""
    pre_master: bytes | None = None
    master: bytes | None = None
    messages: tuple[bytes, ...] = ()
    """Handshake messages in order, headers included, HelloRequest left out."""
    sender: Side = "client"
    """Who sends the verify_data, MAC or record in question."""
    sequence: int = 0
    content_type: int = ContentType.handshake
    plaintext: bytes | None = None
    iv: bytes | None = None
    """The explicit IV or nonce of the record, if it is known."""
    previous_record: bytes | None = None
    keys: DirectionKeys | None = None
    """What the sender writes with, if that is known without the master secret."""
    private_key: RSAPrivateKey | None = None
    public_key: RSAPublicKey | None = None
    block: bytes = b""
    """The PKCS #1 block that the server's key gets out of ClientKeyExchange; b"" if that is not known."""
    modulus_length: int = 0
    """Bytes in the modulus of the server's key, if the key itself is not known."""
    key_block_length: int = 0
    """Bytes of key block that are asked for, if that is not what the suite needs."""
    records: tuple[bytes, ...] = ()
    """Protected records that were sent before, by whomever, headers included."""
    call: PRFCall | None = None
    """A call of the PRF by itself, and its secret."""
    call_secret: bytes = b""

    @property
    def secret(self) -> bytes | None:
        """The pre-master secret, told or taken out of the block."""
        return self.pre_master if self.pre_master is not None else self.unlocked

    @property
    def unlocked(self) -> bytes | None:
        """What a server takes out of the block; None if there is none, or none that a server accepts."""
        block, secret = self.block, self.block[-SECRET:]
        well = block[:2] == b"\0\2" and block[-SECRET - 1 : -SECRET] == b"\0" and 0 not in block[2 : -SECRET - 1]
        return secret if well and secret[:2] == self.client_version.to_bytes(2, "big") else None

    @property
    def other(self) -> Side:
        """Who does not send it."""
        return "server" if self.sender == "client" else "client"

    @property
    def resumed(self) -> bool:
        """An abbreviated handshake has no Certificate message (RFC 5246 figure 2)."""
        return bool(self.messages) and not any(message[:1] == b"\x0b" for message in self.messages)

    def before_finished(self, sender: Side) -> tuple[bytes, ...]:
        """The messages that the sender's Finished covers: all before it. The client's is first unless resumed."""
        places = [at for at, message in enumerate(self.messages) if message[0] == HandshakeType.finished]
        wanted = 0 if (sender == "client") != self.resumed else 1
        return self.messages[: places[wanted]] if len(places) > wanted else self.messages

    @property
    def to_key_exchange(self) -> tuple[bytes, ...]:
        """The messages of the session hash: up to ClientKeyExchange, that one included (RFC 7627 section 3)."""
        kinds = [message[0] for message in self.messages]
        if HandshakeType.client_key_exchange not in kinds:
            return ()
        return self.messages[: kinds.index(HandshakeType.client_key_exchange) + 1]


def speakers(messages: Sequence[bytes]) -> tuple[Side, ...]:
    """Who sent each message. A Certificate after ServerHelloDone is the client's; the first Finished, too, unless the
    session is resumed.
    """
    kinds = [kind_of(message) for message in messages]
    done = HandshakeType.server_hello_done in kinds
    sides: list[Side] = []
    finished: Side = "client" if done else "server"
    for at, kind in enumerate(kinds):
        if kind == HandshakeType.finished:
            sides.append(finished)
            finished = "server" if finished == "client" else "client"
        elif kind == HandshakeType.certificate:
            sides.append("client" if HandshakeType.server_hello_done in kinds[:at] else "server")
        else:
            sides.append("client" if kind in OF_CLIENT else "server")
    return tuple(sides)


OF_CLIENT = (HandshakeType.client_hello, HandshakeType.client_key_exchange, HandshakeType.certificate_verify)


def without(messages: Sequence[bytes], kind: int) -> tuple[bytes, ...]:
    """The messages but for those of one type."""
    return tuple(message for message in messages if kind_of(message) != kind)


def kind_of(piece: bytes) -> int:
    """The type of a handshake message; -1 for what is none, as a mistake may have left nothing of it."""
    return piece[0] if piece else -1
