"""What a listener may bring along: the server's RSA key, a key log, and what other connections taught it.

A key log (SSLKEYLOGFILE, RFC 9850) is read generously, as its readers must be: unknown labels and broken lines are
stepped over and counted. Besides the RFC's `CLIENT_RANDOM` three older lines are understood: `RSA`,
`PMS_CLIENT_RANDOM` and `RSA Session-ID:.. Master-Key:..`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

from ..crypto.signatures import kind_of_key
from ..pki.trust import TrustStore
from .capture_file import CaptureError

#: The largest key or key log that is read.
MAX_FILE = 64 << 20
#: Sessions remembered from one connection to the next.
MAX_SESSIONS = 10_000
_MASTER, _PRE_MASTER, _RSA, _SESSION = "CLIENT_RANDOM", "PMS_CLIENT_RANDOM", "RSA", "RSA Session-ID"


class Secrets:
    """Everything from which keys can be found. An empty one is a plain eavesdropper."""

    def __init__(self, key: RSAPrivateKey | None = None) -> None:
        self.key = key
        self.lines = 0
        """How many lines of key logs were understood."""
        self._masters: dict[bytes, bytes] = {}
        self._pre_masters: dict[bytes, bytes] = {}
        self._encrypted: dict[bytes, bytes] = {}
        self._sessions: OrderedDict[bytes, bytes] = OrderedDict()
        self._tls13: set[bytes] = set()

    def __bool__(self) -> bool:
        """Whether there is any."""
        return self.key is not None or bool(self._masters or self._pre_masters or self._encrypted or self._sessions)

    def add_log(self, text: str) -> None:
        """Every line of a key log that can be understood."""
        for line in text.splitlines():
            self._add_line(line.strip())

    def master(self, client_random: bytes) -> bytes | None:
        """The master secret (48 bytes) that a key log gives for a connection."""
        return self._masters.get(client_random)

    def pre_master(self, client_random: bytes, encrypted: bytes) -> bytes | None:
        """The pre-master secret (48 bytes) that a key log gives for a connection."""
        return self._pre_masters.get(client_random) or self._encrypted.get(encrypted[:8])

    def knows_tls13(self, client_random: bytes) -> bool:
        """Whether a key log has secrets of TLS 1.3 for a connection."""
        return client_random in self._tls13

    def remember(self, name: bytes, master: bytes) -> None:
        """The master secret of the session that `name` (a session ID or a ticket) takes up again."""
        if name:
            self._sessions[name] = master
            if len(self._sessions) > MAX_SESSIONS:
                self._sessions.popitem(last=False)

    def session(self, *names: bytes) -> bytes | None:
        """The master secret of the first of these sessions that is known."""
        return next((self._sessions[name] for name in names if name in self._sessions), None)

    def fits(self, chain: Sequence[bytes]) -> bool:
        """Whether the key belongs to the first certificate of a server's chain (DER)."""
        try:
            public = x509.load_der_x509_certificate(chain[0]).public_key()
        except Exception:  # A certificate of any shape may stand here; the library documents no closed list of faults.
            return False
        own = self.key.public_key().public_numbers() if self.key else None
        return isinstance(public, RSAPublicKey) and public.public_numbers() == own

    def _add_line(self, line: str) -> None:
        parts = line.split()
        try:
            match parts:
                case [label, name, secret] if not line.startswith("#") and ":" not in name:
                    self._add(label, bytes.fromhex(name), bytes.fromhex(secret))
                case ["RSA", session, master] if session.startswith("Session-ID:"):
                    self.remember(bytes.fromhex(session[11:]), bytes.fromhex(master.removeprefix("Master-Key:")))
                    self.lines += 1
        except ValueError:
            return  # A line with something else than hex; RFC 9850 section 2 has readers step over it.

    def _add(self, label: str, name: bytes, secret: bytes) -> None:
        if label in (_MASTER, _PRE_MASTER, _RSA) and len(secret) != 48:
            return
        table = {_MASTER: self._masters, _PRE_MASTER: self._pre_masters, _RSA: self._encrypted}.get(label)
        if table is not None:
            table[name] = secret
        elif label.endswith(("_TRAFFIC_SECRET", "_TRAFFIC_SECRET_0")):
            self._tls13.add(name)
        else:
            return
        self.lines += 1


class Expected:
    """What the user says the server's certificate must hold against; without it a capture says nothing of trust."""

    def __init__(self, trust: TrustStore, host: str) -> None:
        self.trust, self.host = trust, host


def read_key_log(path: str | Path) -> str:
    """The text of a key log file. CaptureError if it holds none of the lines, OSError if there is no such file."""
    data = _read(path)
    text = data.decode("utf-8-sig", "replace")
    probe = Secrets()
    probe.add_log(text)
    if not probe.lines:
        raise CaptureError(
            f"{Path(path).name} is no key log: no line is CLIENT_RANDOM <64 hex digits> <96 hex digits> or like it"
        )
    return text


def read_key(path: str | Path) -> RSAPrivateKey:
    """The RSA private key of a PEM or DER file. CaptureError if there is none in it, OSError if there is no file."""
    data = _read(path)
    load = load_pem_private_key if b"-----BEGIN" in data else load_der_private_key
    try:
        key = load(data, None)
    except TypeError:
        raise CaptureError(
            f"{Path(path).name} is encrypted: decrypt it first, with openssl pkey -in .. -out .."
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise CaptureError(
            f"{Path(path).name} holds no private key that can be read (PEM or DER, unencrypted)"
        ) from None
    if not isinstance(key, RSAPrivateKey):
        raise CaptureError(
            f"{Path(path).name} holds {kind_of_key(key)}, but only RSA keys decrypt anything: others "
            "sign, and the secret comes from (EC)DHE"
        )
    return key


def _read(path: str | Path) -> bytes:
    if Path(path).stat().st_size > MAX_FILE:
        raise CaptureError(f"{Path(path).name} has more than {MAX_FILE >> 20} MiB, so it is neither key nor key log")
    return Path(path).read_bytes()
