"""What a conversation with somebody else's program was worth, in a state and a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ...errors import PeerAlert, TLSError
from ..diagnose.handshake_log import HandshakeLog
from ..diagnose.telling import sentence
from .grade import FAILED, PASSED
from .peer import Ended, Peer, Silent
from .scripts import Inapplicable


class Grade(NamedTuple):
    """How a conversation went."""

    state: str
    message: str = ""


GOOD = Grade(PASSED)

#: After these the other side has seen the whole handshake; whoever ends it earlier has refused something else.
AFTER_HANDSHAKE = ("tampered record", "wrong MAC", "bad padding", "oversized record", "truncated close")


class Conversation(NamedTuple):
    """One conversation, by name, ready to be held."""

    name: str
    hold: Callable[[], Grade]


def failed(message: str) -> Grade:
    """A conversation that went wrong."""
    return Grade(FAILED, message)


def explained(fault: TLSError, log: HandshakeLog) -> str:
    """Why a conversation that should have worked did not, with the mistake if it can be named."""
    text = f"it gave up: {fault}" if isinstance(fault, PeerAlert) else str(fault)
    diagnosis = log.diagnosis()
    for finding in diagnosis.findings if diagnosis else ():
        for explanation in finding.explanations:
            fixes = "; ".join(mistake.fix for mistake in explanation.mistakes)
            return f"{text}: {sentence(finding, explanation)}. Fix: {fixes}"
    return text


def after_fault(peer: Peer, fault: str, script: Callable[[], None]) -> Grade:
    """Run a script with a fault in it, and see whether the other side ends the conversation, as it should."""
    done = False
    try:
        script()
        done = True
        while True:
            content_type, plaintext = peer.next_record()
            if content_type == 23 and plaintext:
                return failed("it went on and sent data")
    except Ended as ended:
        if fault in AFTER_HANDSHAKE and not done:
            return failed(f"it ended the conversation before there was anything to refuse, by {ended.how}")
        return Grade(PASSED, ended.how)
    except Silent:
        return failed("it neither sent an alert nor closed the connection" if done else "it stopped talking")
    except Inapplicable as fault_:
        return failed(str(fault_))
    except (TLSError, ValueError) as wrong:
        return failed(str(wrong))
