"""The live form of `diagnose`: minitls plays the peer, and when the handshake fails it says which mistake it was."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ...errors import DecryptError, PeerAlert, TLSError, Truncated
from ...handshake.config import ClientConfig, ServerConfig
from ...handshake.credential import Credential
from ...observe import KeysChanged, MessageSeen, Noted, Observation, RecordProtected, RecordSeen, SecretDerived, Side
from ...pki import TrustStore, demo
from ...trace.file.events import Derive, Event, Hex, Keys, Message, Record, Unprotect
from ...trace.file.jsonl import Trace
from ...transport.blocking import wrap_socket
from .diagnose import Diagnosis
from .handshake_log import HandshakeLog


@dataclass(frozen=True)
class Outcome:
    """How a conversation went: the fault that ended it, None if all went well, and the diagnosis if there is one."""

    fault: TLSError | None
    diagnosis: Diagnosis | None

    @property
    def sentence(self) -> str:
        """What happened, in one line."""
        match self.fault:
            case None:
                return "the handshake is right, and so was every record"
            case PeerAlert():
                return f"your side gave up: {self.fault}"
            case _:
                return str(self.fault)


def demo_credential() -> Credential:
    """The demo server's chain and key."""
    return Credential(tuple(demo.server_chain()), load_pem_private_key(demo.server_key(), None))


def from_trace(trace: Trace) -> Outcome:
    """How a recorded connection went, seen from where it failed. ValueError if the trace tells too little."""
    vantages: list[tuple[Side, str]] = [(side, by) for side in ("server", "client") for by in (side, "observer")]
    vantages = [(side, by) for side, by in vantages if by in trace.header.by]
    outcomes = [_replayed(trace, side, by) for side, by in vantages]
    if not any(outcome.diagnosis or outcome.fault is None for outcome in outcomes):
        raise ValueError("the trace holds no Finished, nor a record where it should be: there is nothing to judge")
    return next((one for one in outcomes if one.diagnosis and one.diagnosis.wrong), outcomes[0])


def _replayed(trace: Trace, side: Side, by: str) -> Outcome:
    """The events of one endpoint, told again to a log."""
    own = any(event.bytes == demo_credential().message for event in trace.events if isinstance(event, Message))
    key = demo_credential().private_key
    log = HandshakeLog(side, key if own and side == "server" and isinstance(key, RSAPrivateKey) else None)
    for event in trace.events:
        if event.by == by:
            log(_observation(event))
    diagnosis = None if _complete(log) and not log.waiting else log.diagnosis()
    fault = DecryptError(f"what the {log.peer} sent last is wrong") if diagnosis and diagnosis.wrong else None
    if diagnosis is None and not _complete(log):
        fault = DecryptError("the handshake was not completed, and no wrong value was sent before its end")
    return Outcome(fault, diagnosis)


def _observation(event: Event) -> Observation:
    """What an observer was told when the event was recorded, as far as a log listens."""

    def whole(data: Hex) -> bytes:
        return data if isinstance(data, bytes) else b""

    match event:
        case Message():
            return MessageSeen(event.sender, event.type, whole(event.bytes), event.records)
        case Derive():
            return SecretDerived(event.name, event.formula, {}, whole(event.output))
        case Record():
            return RecordSeen(event.sender, event.number, whole(event.header), whole(event.fragment))
        case Keys():
            parts = (whole(part) for part in (event.mac_key, event.key, event.fixed_iv))
            return KeysChanged(event.direction, event.suite, event.encrypt_then_mac, *parts)
        case Unprotect():
            sender: Side = "client" if event.by == "server" else "server"
            return RecordProtected(sender, event.record, True, event.sequence, event.type, whole(event.plaintext))
    return Noted("passed over", {})


def listen_once(listener: socket.socket, timeout: float) -> Outcome:
    """Accept one connection with the demo certificate, echo what comes, and say how it went. `timeout` in seconds."""
    credential = demo_credential()
    assert isinstance(credential.private_key, RSAPrivateKey)
    log = HandshakeLog("server", credential.private_key)
    config = ServerConfig(credentials=(credential,), observer=log)
    sock, _ = listener.accept()
    sock.settimeout(timeout)
    return _converse(sock, config, log)


def connect_once(host: str, port: int, timeout: float, trust: TrustStore | None = None) -> Outcome:
    """Connect, send a line, and say how it went. OSError if nobody listens."""
    log = HandshakeLog("client")
    config = ClientConfig(observer=log, trust=trust or TrustStore.builtin())
    sock = socket.create_connection((host, port), timeout)
    return _converse(sock, config, log, host)


def _converse(
    sock: socket.socket, config: ClientConfig | ServerConfig, log: HandshakeLog, host: str | None = None
) -> Outcome:
    try:
        with wrap_socket(sock, config, server_side=host is None, server_name=host) as tls:
            if host is not None:
                tls.sendall(b"hello from minitls diagnose\n")
                tls.recv(65536)
            else:
                while data := tls.recv(65536):
                    tls.sendall(data)
    except Truncated as fault:
        ended = _complete(log)
        return Outcome(None if ended else fault, None if ended else log.diagnosis())
    except TLSError as fault:
        return Outcome(fault, log.diagnosis())
    except OSError as broken:
        if not _complete(log):
            return Outcome(Truncated(f"the connection broke: {broken.strerror or broken}"), log.diagnosis())
    finally:
        with contextlib.suppress(OSError):
            sock.close()
    return Outcome(None, None)


def _complete(log: HandshakeLog) -> bool:
    """Both Finished have been exchanged: a peer that then just leaves has shown all that is asked here."""
    return sum(message[0] == 20 for message in log.messages) == 2
