"""The handshake messages in the order they travelled: what Finished, CertificateVerify and RFC 7627 hash.

The bytes are those that were sent or received, never a re-encoding. HelloRequest, ChangeCipherSpec, alerts and record
headers are not handshake messages of the transcript (RFC 5246 section 7.4.9). `append` is called in exactly two
places: where a message is sent and where one is received (`link.py` and `connection.py`).

The messages are kept whole until the handshake ends: the hash is not known before ServerHello, CertificateVerify may
use yet another one, and a message that vouches for the transcript covers everything *before* itself.
"""

from __future__ import annotations

from ..crypto.prf import digest


class Transcript:
    """All handshake messages so far, headers included."""

    __slots__ = ("_messages", "append")

    def __init__(self) -> None:
        self._messages: list[bytes] = []
        self.append = self._messages.append
        """Of one more message, sent or received."""

    def content(self) -> bytes:
        """Every message so far."""
        return b"".join(self._messages)

    def content_before_last(self) -> bytes:
        """Every message but the one received last: what that message vouches for."""
        return b"".join(self._messages[:-1])

    def hash(self, hash_name: str) -> bytes:
        """The hash of `content()`."""
        return digest(hash_name, b"".join(self._messages))

    def hash_before_last(self, hash_name: str) -> bytes:
        """The hash of `content_before_last()`."""
        return digest(hash_name, b"".join(self._messages[:-1]))
