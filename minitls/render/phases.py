"""The headings of a handshake: which part of the conversation a step belongs to."""

from __future__ import annotations

from ..handshake.tls12.derivations import KEY_BLOCK, PKCS1_BLOCK
from ..trace.story.step import Step
from ..wire.messages import ClientKeyExchange


def phase_of(step: Step, before: str) -> str:
    """The heading under which a step stands; headings follow each other as the conversation does."""
    if step.title == "ClientHello":
        return "The hellos: what the two can do, and what they agree on"
    if step.title == "Certificate" and step.side == "server":
        return "Who is the server?"
    if step.title in (PKCS1_BLOCK.name, ClientKeyExchange.__name__) or (
        step.title == "Certificate" and step.side == "client"
    ):
        return "The key exchange: one secret for two"
    if step.title == KEY_BLOCK.name and "hellos" in before:
        return "New keys from the old master secret"
    if step.title == "ChangeCipherSpec" and "Finished" not in before:
        return "Finished: do both have the same keys, and did both see the same?"
    if step.kind == "data":
        return "Application data, protected"
    return "The end" if step.alert is not None else before
