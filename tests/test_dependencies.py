"""Dependencies by use: the library needs cryptography and certifi; every other library comes with the extra for it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from minitls.__main__ import EXTRA_OF, EXTRAS
from tests.peers import ROOT
from tests.test_house import MODULES, imports

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OPTIONAL = PROJECT["optional-dependencies"]


def names(requirements: list[str]) -> set[str]:
    """What is required, without versions."""
    return {re.match(r"[\w-]+(\[[\w,]+\])?", each)[0] for each in requirements}  # type: ignore[index]  # all begin so


def without(libraries: tuple[str, ...], code: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """`code` run where `libraries` cannot be imported."""
    absent = f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.modules.update(dict.fromkeys({libraries!r})); "
    return subprocess.run([sys.executable, "-c", absent + code], capture_output=True, text=True, cwd=cwd)


def test_the_library_needs_two_libraries() -> None:
    assert names(PROJECT["dependencies"]) == {"cryptography", "certifi"}


def test_an_extra_for_each_use() -> None:
    assert {extra: names(OPTIONAL[extra]) for extra in EXTRAS} == {
        extra: set(libraries) for extra, libraries in EXTRAS.items()
    }
    assert names(OPTIONAL["all"]) == {"minitls[cli,capture]"}
    assert "minitls[all]" in names(OPTIONAL["test"])


def test_every_library_that_is_imported_is_declared() -> None:
    roots = {full.partition(".")[0] for path in MODULES for _, full in imports(path)}
    foreign = roots - set(sys.stdlib_module_names) - {"minitls", "__future__", "_typeshed"}
    assert foreign == names(PROJECT["dependencies"]) | set(EXTRA_OF)


TRACED = """
import minitls
from pathlib import Path
from minitls.pki import demo
from minitls.trace.check import check
from minitls.trace.file.jsonl import open_private, read_trace
from minitls.trace.record import Recording
from minitls.trace.story.story import Story

own = minitls.Credential.load(Path(demo.__file__).parent / "server.pem", Path(demo.__file__).parent / "server.key")
recording = Recording(("client", "server"), open_private("t.jsonl"))
client = minitls.ClientConnection(minitls.ClientConfig(observer=recording.observer("client")), "localhost")
server = minitls.ServerConnection(minitls.ServerConfig(credentials=(own,), observer=recording.observer("server")))
for _ in range(2):
    server.receive_data(client.data_to_send())
    client.receive_data(server.data_to_send())
client.send_data(b"hello")
assert server.receive_data(client.data_to_send()) == [minitls.DataReceived(b"hello")]
recording.close()
trace = read_trace("t.jsonl")
report = check(trace)
assert Story(trace).steps
print(report.intact, report.true)
"""


def test_the_library_talks_traces_and_checks_without_the_extras(tmp_path: Path) -> None:
    done = without(tuple(EXTRA_OF), f"exec({TRACED!r})", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "True True\n"


@pytest.mark.parametrize("arguments", [(), ("--version",), ("demo",)])
def test_the_command_says_what_to_install(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = without(EXTRAS["cli"], f"sys.argv[1:] = {arguments!r}; import minitls.__main__ as it; it.main()", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "minitls: this needs click, which is not installed: pip install 'minitls[cli]'\n"


@pytest.mark.parametrize(
    ("library", "arguments"),
    [
        ("scapy", ("trace", "from-capture", "some.pcap", "-o", "t.jsonl")),
        ("jsonschema", ("vectors",)),
        ("rich", ("demo",)),
    ],
)
def test_a_command_says_what_it_lacks(library: str, arguments: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "some.pcap").write_bytes(b"")
    done = without((library,), f"sys.argv[1:] = {arguments!r}; import minitls.__main__ as it; it.main()", tmp_path)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert done.stderr == (
        f"minitls: this needs {library}, which is not installed: pip install 'minitls[{EXTRA_OF[library]}]'\n"
    )
    assert not (tmp_path / "t.jsonl").exists()


def test_any_other_missing_module_is_a_bug_and_shows_where(tmp_path: Path) -> None:
    done = without(("minitls.cli.main",), "import minitls.__main__ as it; it.main()", tmp_path)
    assert done.returncode == 1 and "Traceback" in done.stderr
