"""RSA key exchange (RFC 5246 section 7.4.7.1), as the flows see it: the client locks a secret to the certified key.

The server contributes nothing on the wire: its share is the key in its certificate, and that it can open what was
locked to it is its proof that the certificate is its own. `pre_master.py` tells what is sent and why the server must
not show whether it opened well.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from ....crypto.signatures import PublicKey, kind_of_key
from ....errors import AlertDescription, CertificateError
from ....wire.extensions import Extension
from ....wire.messages import ClientHello, ClientKeyExchange
from ...config import ClientConfig, ServerConfig
from ...credential import Credential
from ...link import Link
from .. import pre_master
from ..agreed import Agreed
from ..derivations import (
    ENCRYPTED_PRE_MASTER_SECRET,
    FALLBACK,
    PADDING,
    PKCS1_BLOCK,
    PRE_MASTER_RANDOM,
    PRE_MASTER_SECRET,
)
from ..states import State

#: The key in the certificate encrypts (section 7.4.2).
NEEDS = frozenset(("key_encipherment",))


def extensions() -> tuple[Extension, ...]:
    """Nothing to say of it."""
    return ()


def possible(hello: ClientHello) -> bool:
    """Every client can encrypt."""
    return True


def receive_server_key_exchange(
    link: Link, agreed: Agreed, certified: PublicKey
) -> Generator[State, Any, RSAPublicKey]:
    """Nothing is sent: the share is the key in the certificate, which must be an RSA key."""
    yield from ()
    if not isinstance(certified, RSAPublicKey):
        raise CertificateError(
            f"the certificate holds {kind_of_key(certified)}, but TLS_RSA suites encrypt to an RSA key "
            "(RFC 5246 section 7.4.2)",
            AlertDescription.unsupported_certificate,
        )
    return certified


def send_client_key_exchange(link: Link, config: ClientConfig, hello: ClientHello, share: RSAPublicKey) -> bytes:
    """Choose the secret and send it, locked. Only the owner of the certified key can open it."""
    secret = pre_master.pre_master_secret(hello.client_version, lambda size: link.random(PRE_MASTER_RANDOM, size))
    # The library encrypts, unless the PKCS #1 block must be seen or reproduced.
    seen = config.reproducible or link.observer
    encrypted = _encrypted_by_hand(link, share, secret) if seen else pre_master.encrypt(share, secret)
    link.send(ClientKeyExchange(encrypted))
    return secret


def _encrypted_by_hand(link: Link, key: RSAPublicKey, secret: bytes) -> bytes:
    size = (key.key_size + 7) // 8
    block = link.derive(
        PKCS1_BLOCK, pre_master_secret=secret, size=size, padding=lambda count: link.random(PADDING, count)
    )
    public = key.public_numbers()
    return link.derive(ENCRYPTED_PRE_MASTER_SECRET, pkcs1_block=block, e=public.e, n=public.n.to_bytes(size, "big"))


def send_server_key_exchange(
    link: Link, config: ServerConfig, agreed: Agreed, credential: Credential, hello: ClientHello
) -> RSAPrivateKey:
    """Nothing to send: the client has our certificate."""
    key: RSAPrivateKey = credential.private_key
    return key


def receive_client_key_exchange(link: Link, hello: ClientHello, share: RSAPrivateKey) -> Generator[State, Any, bytes]:
    """Open what the client has locked; on any fault go on with the fallback, and let Finished fail."""
    message: ClientKeyExchange = yield State.WAIT_CLIENT_KEY_EXCHANGE
    # The fallback is drawn before anything is decrypted, so that a fault changes nothing that the client could see.
    fallback = link.random(FALLBACK, pre_master.PRE_MASTER_SIZE)
    encrypted = message.encrypted_pre_master_secret
    secret = pre_master.decrypt(share, encrypted, hello.client_version, fallback)
    link.derived(PRE_MASTER_SECRET, secret, encrypted_pre_master_secret=encrypted, client_version=hello.client_version)
    return secret
