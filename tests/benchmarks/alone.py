"""What only minitls does, so that there is nobody to compare it with: explain, check, decode, judge step by step."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from minitls.benchmark.adapter import Adapter, Terms
from minitls.benchmark.measures import GCM, OtherWork, Work, cost
from minitls.benchmark.ours import OurAdapter
from minitls.capture.connections import Capture
from minitls.capture.secrets import Secrets, read_key
from minitls.pki import demo, search
from minitls.pki.certificate import read_certificate
from minitls.pki.path import verify_chain
from minitls.pki.trust import TrustStore
from minitls.trace.check import check
from minitls.trace.explain import annotate
from minitls.trace.file.events import Message
from minitls.trace.file.jsonl import open_private

from .captures import RECORD, SMALL, capture

#: The sizes of the captures, in bytes: what one sample decodes at least once.
FULL_SIZE, SMALL_SIZE = 1 << 19, 1 << 16


class Alone(NamedTuple):
    """One row: the time that one operation takes, or with `size` MB/s of it."""

    name: str
    words: str
    unit: str
    prepare: Callable[[OurAdapter, Path], Work]
    size: int = 0
    terms: Terms = GCM

    def sample(self, adapter: Adapter, budget: float) -> float | None:
        """MB/s where there is a size, else the unit that it says; None for whatever is not minitls."""
        if not isinstance(adapter, OurAdapter):
            return None
        with tempfile.TemporaryDirectory() as folder:
            seconds = cost(self.prepare(adapter, Path(folder)), budget)
        return self.size / 1e6 / seconds if self.size else seconds * {"ms": 1e3, "us": 1e6}[self.unit]


def _annotate(adapter: OurAdapter, _folder: Path) -> Work:
    trace = adapter.recorded()
    told = [each for each in trace.events if isinstance(each, Message)]
    wire = [(each.bytes, each.type) for each in told if isinstance(each.bytes, bytes)]

    def annotated() -> None:
        for data, kind in wire:
            annotate.message(data, kind, trace.key_exchange)

    return annotated


def _check(adapter: OurAdapter, _folder: Path) -> Work:
    trace = adapter.recorded()
    if not check(trace).true:
        raise OtherWork("the trace does not derive again")
    return lambda: check(trace)


def decoding(adapter: OurAdapter, folder: Path, size: int, record: int) -> Work:
    """Decrypt a capture into the file of a trace, as `trace from-capture --key` does."""
    recorded = capture(folder / "c.pcap", adapter, size, record)
    # To load an RSA key, which is checked on the way, takes as long as a megabyte of capture, and is no part of that.
    key = read_key(adapter.credentials.key)

    def decode() -> None:
        (found,) = Capture(recorded, Secrets(key), out=lambda number: open_private(folder / "t.jsonl")).read()
        if not found.listener.complete or found.listener.keys.reason:
            raise OtherWork("the capture was not decrypted")

    return decode


def judging(chain: list[bytes], trust: TrustStore, name: str, *, cold: bool) -> Work:
    """Judge a chain and tell every step. A cold one was never seen; of a warm one all but the answer is remembered."""
    now = datetime.now(UTC)

    def judge() -> None:
        if cold:
            search.forget()
            read_certificate.cache_clear()
        trust.verdicts.clear()
        verdict = verify_chain(chain, trust=trust, now=now, name=name)
        if not verdict.ok:
            raise OtherWork(verdict.sentence)
        for step in verdict.steps:
            step.sentence  # noqa: B018 -- the sentence is made when it is asked for

    return judge


def _explain_cold(_adapter: OurAdapter, _folder: Path) -> Work:
    return judging(demo.server_chain(), TrustStore.load("demo"), "localhost", cold=True)


def _explain_warm(_adapter: OurAdapter, _folder: Path) -> Work:
    return judging(demo.server_chain(), TrustStore.load("demo"), "localhost", cold=False)


def _library(_adapter: OurAdapter, _folder: Path) -> Work:
    """The same chain, cold, and nothing but yes or no."""
    leaf, *others = demo.server_chain()
    trusted = Store([x509.load_der_x509_certificate(demo.root())])

    def verify() -> None:
        verifier = PolicyBuilder().store(trusted).build_server_verifier(x509.DNSName("localhost"))
        read = [x509.load_der_x509_certificate(each) for each in others]
        verifier.verify(x509.load_der_x509_certificate(leaf), read)

    return verify


ALONE = {
    each.name: each
    for each in (
        Alone("annotate", "annotate the messages of a handshake", "ms", _annotate),
        Alone("check", "derive a whole trace again", "ms", _check),
        Alone(
            "decode-full",
            "decode a capture, full segments",
            "MB/s",
            lambda adapter, folder: decoding(adapter, folder, FULL_SIZE, RECORD),
            FULL_SIZE,
        ),
        Alone(
            "decode-small",
            "decode a capture, 100-byte records",
            "MB/s",
            lambda adapter, folder: decoding(adapter, folder, SMALL_SIZE, SMALL),
            SMALL_SIZE,
        ),
        Alone("chain-cold", "judge a chain of 3, never seen, in words", "us", _explain_cold),
        Alone("chain-warm", "judge it again, in words", "us", _explain_warm),
        Alone("chain-library", "cryptography's yes or no on it", "us", _library),
    )
}
