"""The benchmarks measure what they say: the work is done and verified, by each implementation, before it is counted.

Nothing here looks at how fast anything is. `python -m tests.benchmarks` does, and is no test.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from minitls.benchmark.adapter import Adapter, Terms
from minitls.benchmark.credentials import Credentials
from minitls.benchmark.measures import CBC, GCM, MEASURES, OtherWork, connected
from minitls.benchmark.ours import OurAdapter
from minitls.benchmark.spread import Spread, figures, ratios
from minitls.trace.file.events import Message
from minitls.trace.file.jsonl import read_trace
from tests.benchmarks.adapters import NAMES, adapter_named
from tests.benchmarks.alone import ALONE, decoding
from tests.benchmarks.captures import SMALL
from tests.benchmarks.chart import draw
from tests.benchmarks.curves import Curve
from tests.benchmarks.flights import turns
from tests.benchmarks.report import report
from tests.benchmarks.results import document, text
from tests.benchmarks.servers import handshakes, idle
from tests.peers import ROOT, absent

DATA = bytes(range(256)) * 4
MACHINE = {
    "date": "2026-11-28",
    "processor": "Abacus",
    "cores": "2",
    "python": "3.11.7",
    "ssl": "OpenSSL 3",
    "libcrypto": "OpenSSL 4",
}


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    return Credentials.make(tmp_path_factory.mktemp("benchmark"))


@pytest.fixture(params=NAMES)
def kind(request: pytest.FixtureRequest) -> type[Adapter]:
    try:
        return adapter_named(request.param)
    except ImportError as missing:
        absent(str(missing))


class Overheard:
    """One end of a connection, and what it sends."""

    def __init__(self, engine: Any, wire: bytearray) -> None:
        self._engine, self._wire = engine, wire

    def feed(self, data: bytes) -> bytes:
        flight: bytes = self._engine.feed(data)
        self._wire += flight
        return flight

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[bytearray]:
    """Everything that the ends of any implementation send to each other."""
    heard = bytearray()
    for side in ("client", "server"):
        for kind in [adapter_named(name) for name in ("minitls", "ssl", *_there("pyopenssl"))]:
            make = getattr(kind, side)

            def overheard(self: Any, *given: Any, make: Any = make) -> Overheard:
                return Overheard(make(self, *given), heard)

            monkeypatch.setattr(kind, side, overheard)
    for _ in _there("tlslite"):
        from tests.benchmarks.adapters.tlslite_ng import MemorySocket

        def sent(self: MemorySocket, data: bytes) -> int:
            heard.extend(data)
            self.peer.buffer += data
            return len(data)

        monkeypatch.setattr(MemorySocket, "send", sent)
        monkeypatch.setattr(MemorySocket, "sendall", sent)
    yield heard


def _there(name: str) -> tuple[str, ...]:
    try:
        adapter_named(name)
    except ImportError:
        return ()
    return (name,)


class TestAdapter:
    @pytest.mark.parametrize("terms", [GCM, CBC], ids=["GCM", "CBC"])
    def test_it_agrees_on_what_is_measured_and_data_arrives(
        self, kind: type[Adapter], terms: Terms, credentials: Credentials
    ) -> None:
        pair = connected(kind(credentials, terms))
        assert pair.agreed == terms
        assert [pair.send(DATA), pair.send(b"x"), pair.send(bytes(16384))] == [DATA, b"x", bytes(16384)]
        pair.close()

    def test_it_resumes_when_it_says_so(self, kind: type[Adapter], credentials: Credentials, wire: bytearray) -> None:
        """What travels tells: the server's certificate goes by in a full handshake alone."""
        leaf = x509.load_pem_x509_certificate(credentials.leaf.read_bytes()).public_bytes(Encoding.DER)
        adapter = kind(credentials, GCM)
        pair = adapter.connect()
        session = pair.session
        pair.close()
        full = bytes(wire)
        wire.clear()
        again = adapter.connect(session)
        assert (pair.resumed, again.resumed) == (False, True)
        assert again.send(DATA) == DATA
        again.close()
        if full:  # The floor sends nothing at all.
            assert full.count(leaf) == 1 and leaf not in wire
            assert 0 < len(wire) < len(full)

    def test_it_refuses_another_host(self, kind: type[Adapter], credentials: Credentials) -> None:
        with pytest.raises(Exception, match=r"(?i)verif|host|name|subject"):
            kind(credentials, GCM, "other.test").connect()

    def test_it_refuses_an_unknown_root(self, kind: type[Adapter], credentials: Credentials, tmp_path: Path) -> None:
        other = Credentials.make(tmp_path)
        other.root.write_bytes(credentials.root.read_bytes())
        with pytest.raises(Exception, match=r"(?i)verif|issuer|candidates"):
            kind(other, GCM).connect()

    def test_a_stream_may_be_cut_and_joined(self, kind: type[Adapter], credentials: Credentials) -> None:
        pair: Any = connected(kind(credentials, GCM))
        if not kind.streams:
            assert not hasattr(pair, "seal")
            return
        sealed = pair.seal(DATA) + pair.seal(b"more")
        assert DATA not in sealed
        parts = [pair.open(sealed[at : at + 7]) for at in range(0, len(sealed), 7)]
        assert b"".join(parts) == DATA + b"more"

    def test_after_close_nothing_is_sent(self, kind: type[Adapter], credentials: Credentials) -> None:
        if kind is adapter_named("floor"):
            return  # It has no states.
        pair = connected(kind(credentials, GCM))
        pair.close()
        with pytest.raises(Exception, match=r"."):
            assert pair.send(b"late") == b"late"
            pytest.fail("data arrived after close_notify")


class TestMeasures:
    @pytest.mark.parametrize("name", MEASURES)
    def test_each_gives_a_rate(self, name: str, credentials: Credentials) -> None:
        measure = MEASURES[name]
        rate = measure.sample(OurAdapter(credentials, measure.terms), 0.0)
        assert rate is not None and 0 < rate < math.inf

    @pytest.mark.parametrize("name", [name for name in ALONE if not name.startswith("decode")])
    def test_each_of_our_own_gives_a_figure(self, name: str, credentials: Credentials) -> None:
        figure = ALONE[name].sample(OurAdapter(credentials, GCM), 0.0)
        assert figure is not None and 0 < figure < math.inf

    def test_other_work_is_not_measured(self, credentials: Credentials) -> None:
        adapter = OurAdapter(credentials, GCM)
        adapter.terms = CBC
        with pytest.raises(OtherWork, match="AES_128_GCM"):
            MEASURES["full"].sample(adapter, 0.0)

    def test_a_chain_asked_anew_is_judged_each_time(self, credentials: Credentials) -> None:
        adapter = OurAdapter(credentials, GCM)
        connected(adapter)
        adapter.forget()
        assert not adapter.trust.verdicts
        connected(adapter)
        assert len(adapter.trust.verdicts) == 1

    def test_each_turn_of_a_handshake_is_timed(self, credentials: Credentials) -> None:
        adapter = OurAdapter(credentials, GCM)
        session = connected(adapter).session
        assert [len(turns(adapter, each)) for each in (None, session)] == [5, 4]

    def test_a_capture_is_decoded_to_the_last_record(self, credentials: Credentials, tmp_path: Path) -> None:
        decoding(OurAdapter(credentials, GCM), tmp_path, 5_000, SMALL)()
        trace = read_trace(tmp_path / "t.jsonl")
        assert [each.type for each in trace.events if isinstance(each, Message)][-1] == "Alert"
        # 100 bytes, 29 of the record, 54 of the frame and 16 of the file: 199 each.
        assert sum(type(each).__name__ == "Data" for each in trace.events) == math.ceil(5_000 / 199)


@pytest.mark.slow
class TestServers:
    def test_each_style_is_shaken_hands_with(self, credentials: Credentials) -> None:
        names = ["minitls", *_there("tlslite")]
        samples = handshakes(
            ["server", "asyncio"], names, credentials.folder, ROOT, rounds=1, budget=0.0, tell=lambda *_: None
        )
        assert samples["server"].keys() == set(names) and samples["asyncio"].keys() == {"minitls"}

    def test_idle_connections_are_counted_by_the_server(self, credentials: Credentials) -> None:
        asked: list[int] = []
        grown = idle("minitls", [1, 40], credentials.folder, ROOT, asked.append)
        assert asked == [1, 40] and len(grown) == 2


class TestFigures:
    def test_the_middle_half(self) -> None:
        assert Spread.of([5, 1, 4, 2, 3]) == (2, 3, 4)
        assert Spread.of([7]) == (7, 7, 7)

    def test_ratios_go_round_by_round(self) -> None:
        """A round in which the machine was three times as slow disturbs both alike."""
        assert ratios([2.0, 4.0, 6.0], [1.0, 2.0, 3.0]) == (2, 2, 2)
        with pytest.raises(ValueError):
            ratios([1.0], [1.0, 2.0])

    @pytest.mark.parametrize(
        ("value", "text"), [(1302.7, "1,303"), (13.04, "13.0"), (1.3, "1.30"), (0.0641, "0.064"), (0.00021, "0.0002")]
    )
    def test_digits(self, value: float, text: str) -> None:
        assert figures(value) == text

    @pytest.mark.parametrize(("power", "once"), [(1, 0), (2, 0), (1, 3), (2, 3)])
    def test_an_exponent_is_fitted_where_what_is_paid_once_no_longer_hides_it(self, power: int, once: float) -> None:
        sizes = [1, 10, 100, 1_000, 10_000]
        curve = Curve("", "", "", sizes, [once + 2.0 * size**power for size in sizes])
        assert curve.exponent == pytest.approx(power, abs=0.01)


def made_up() -> Any:
    """A run with round numbers."""
    samples = {
        "full": {"minitls": [130.0, 140.0], "ssl": [100.0, 100.0], "tlslite": [6.0, 6.0], "floor": [170.0, 170.0]},
        "memory": {"minitls": [15.0], "ssl": [36.0]},
        "trace-file": {"minitls": [3.5, 3.5]},
    }
    curves = {"idle": Curve("idle connections", "connections", "MB", [1, 10, 100], [0.1, 1.0, 10.0])}
    return json.loads(text(document(samples, curves, MACHINE, 2, 7)))


class TestTold:
    def test_the_tables_fit_and_say_what_falls_short(self) -> None:
        lines = "\n".join(report(made_up())).replace("\x1b[0m", "").splitlines()
        text = "\n".join(lines)
        assert max(len(line) for line in lines) <= 90  # Some of that is colour.
        for part in ("1.35", "0.060", "1.70", "15.0", "36.0", "3.50 ms", "2026-11-28", "goal 1.4", "goal 3,"):
            assert part in text
        assert "memory of an open pair: " not in text  # It reaches its goal.

    def test_the_picture_says_it_all_in_words_too(self) -> None:
        picture = ElementTree.fromstring(draw(made_up()))
        text = " ".join(picture.itertext())
        assert "minitls, times Python's ssl: full handshake 1.35" in text
        for part in ("0.060", "2026-11-28", "Abacus", "prefers-color-scheme: dark"):
            assert part in text
        assert {"nan", "inf"}.isdisjoint(text.split())

    def test_the_readme_shows_what_was_measured(self) -> None:
        """The picture is drawn from the figures beside it."""
        pictures = ROOT / "demo" / "pictures"
        told = json.loads((pictures / "benchmarks.json").read_text())
        assert (pictures / "benchmarks.svg").read_text() == draw(told)
        assert "demo/pictures/benchmarks.svg" in (ROOT / "README.md").read_text()


class TestCommand:
    def test_pytest_finds_nothing_to_run_in_it(self) -> None:
        assert [path for path in (ROOT / "tests" / "benchmarks").rglob("*.py") if path.name.startswith("test")] == []

    @pytest.mark.slow
    def test_it_measures_and_writes(self, tmp_path: Path) -> None:
        chosen = ("--measure", "full,trace-size", "--implementation", "minitls,ssl", "--quick", "--rounds", "1")
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks", *chosen, "-o", str(tmp_path)],
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        told = json.loads((tmp_path / "benchmarks.json").read_text())
        assert told["measures"].keys() == {"full"} and told["curves"].keys() == {"trace-size"}
        assert "full handshake" in done.stdout
        assert (tmp_path / "benchmarks.svg").read_text() == draw(told)

    def test_what_is_not_there_is_a_usage_error(self) -> None:
        from click.testing import CliRunner

        from tests.benchmarks.__main__ import main

        done = CliRunner().invoke(main, ["--measure", "fulll"])
        assert done.exit_code == 2 and "fulll: there are full, anew" in done.output
