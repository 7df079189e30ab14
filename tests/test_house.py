"""The house rules, proved over the source: imports point one way, files tell one idea and say which.

    errors, observe, prose < wire < crypto < pki < record_layer < handshake < events, connection < transport
        < minitls itself < trace < conformance, benchmark < labs < cli

Every import statement counts, at whatever depth it stands: one that hides in a function still makes a lower room
depend on a higher one. `minitls/__init__.py` is a room of its own: it offers everything up to transport.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from minitls.__main__ import EXTRA_OF
from tests.peers import ROOT

PACKAGE = ROOT / "minitls"

#: From the ground up; rooms in one row may import each other.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("errors", "observe", "prose"),
    ("wire",),
    ("crypto",),
    ("pki",),
    ("record_layer",),
    ("handshake",),
    ("events", "connection"),
    ("transport",),
    ("",),
    ("trace",),
    ("capture", "render"),
    ("conformance", "benchmark"),
    ("labs",),
    ("cli", "__main__"),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

#: The lowest floor that may use a library; every other library starts at `trace`.
LIBRARIES = {"cryptography": "crypto", "certifi": "pki"}
#: What only people need: the libraries that come with an extra.
HEAVY = tuple(EXTRA_OF)

#: A comment that silences a tool, and what is said after it.
EXCEPTION = re.compile(r"# (?:type: ignore(?:\[[^]]*\])?|noqa(?:: [A-Z]+\d+(?:, [A-Z]+\d+)*)?)(?P<reason>.*)")

MODULES = sorted(PACKAGE.rglob("*.py"))
#: A guideline made firm where it hurts: above it a module needs its reason. Cohesion is the test, not size.
MAX_LINES = 400
#: Longer modules, each with its reason.
LONGER = {
    "connection.py": "one class: what arrives, what is sent and how it ends depend on one another at every turn",
    "wire/grammar.py": "the whole of RFC 5246 section 4, a class for each of its constructs and Struct to join them",
}

#: Names of more than one type, each with its reason.
SHARED = {
    "Certificate": "the message of RFC 5246, and the certificate of RFC 5280 that it carries",
    "Event": "what a connection tells its user, and a line of a trace: users import both, each from its room",
    "Random": "an event of a trace bears the name of what it tells of: where random bytes come from",
    "Record": "an event of a trace bears the name of what it tells of: a record as it travels",
    "State": "an event of a trace bears the name of what it tells of: a state of the handshake",
}


def name_of(path: Path) -> str:
    """The dotted name of a module file, relative to the package: "" for minitls itself."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path) for path in MODULES}


def room_of(name: str) -> str:
    return name.split(".")[0]


def imports(path: Path, depth: bool = True) -> Iterator[tuple[int, str]]:
    """(line, absolute dotted name) of every import; with `depth` false of those alone that run at import time."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = ["minitls", *name_of(path).split(".")] if name_of(path) else ["minitls"]
    if path.name != "__init__.py":
        package.pop()
    for node in ast.walk(tree) if depth else at_import_time(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*base, *(node.module.split(".") if node.module else [])])
            for alias in node.names:
                full = f"{origin}.{alias.name}"
                # `from .. import errors` names a module, `from .grammar import uint` something inside one.
                yield node.lineno, full if full.removeprefix("minitls.") in NAMES else origin


def at_import_time(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those inside functions and under ``if TYPE_CHECKING``."""
    for node in ast.iter_child_nodes(tree):
        lazy = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if lazy or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
            continue
        yield node
        yield from at_import_time(node)


def inner(full: str) -> str | None:
    """The name relative to the package of a module of ours, None for anybody else's."""
    if full == "minitls":
        return ""
    return full.removeprefix("minitls.") if full.startswith("minitls.") else None


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
class TestModule:
    def test_it_stands_in_a_known_room(self, path: Path) -> None:
        assert room_of(name_of(path)) in FLOOR, f"{path} belongs to no floor of the house"

    def test_it_imports_only_from_its_own_floor_and_below(self, path: Path) -> None:
        own = FLOOR[room_of(name_of(path))]
        wrong = [
            f"line {line}: {full}"
            for line, full in imports(path)
            if (name := inner(full)) is not None and FLOOR[room_of(name)] > own
        ]
        assert not wrong, f"{path.relative_to(ROOT)} looks upwards: {wrong}"

    def test_it_uses_no_library_below_the_floor_where_that_belongs(self, path: Path) -> None:
        own = FLOOR[room_of(name_of(path))]
        wrong = []
        for line, full in imports(path):
            root = full.split(".")[0]
            if root in sys.stdlib_module_names or root == "minitls":
                continue
            if own < FLOOR.get(LIBRARIES.get(root, "trace"), 0):
                wrong.append(f"line {line}: {full}")
        assert not wrong, f"{path.relative_to(ROOT)} uses {wrong}"

    def test_it_opens_with_a_docstring(self, path: Path) -> None:
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert docstring and docstring.strip(), f"{path.relative_to(ROOT)} does not say its idea"

    def test_it_is_short(self, path: Path) -> None:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        name = path.relative_to(PACKAGE).as_posix()
        if name in LONGER:
            assert lines > MAX_LINES, f"{name} has {lines} lines and needs its exception no longer"
        else:
            assert lines <= MAX_LINES, f"{name} has {lines} lines, {MAX_LINES} allowed; split it or tell the reason"

    def test_it_names_no_path_of_the_machine_it_was_written_on(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        assert [word for word in ("/work/", "/opt/", "/home/") if word in text] == []

    def test_every_exception_from_a_tool_tells_its_reason(self, path: Path) -> None:
        bare = [
            f"line {number}"
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
            if (told := EXCEPTION.search(line)) and len(told["reason"].split()) < 3
        ]
        assert bare == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_files_that_a_docstring_names_are_there(path: Path) -> None:
    """`name.py` in a module's opening words: a reader goes and looks."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    there = {each.name for each in PACKAGE.rglob("*.py")} | {each.name for each in (ROOT / "tests").rglob("*.py")}
    assert {name for name in re.findall(r"\b[a-z_]+\.py\b", docstring) if name not in there} == set()


def types_of(path: Path) -> Iterator[str]:
    """The public classes and type aliases of a module."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name[0].isupper() and not name.isupper() and "_" not in name:
                yield name


def test_a_type_has_a_name_of_its_own() -> None:
    places: dict[str, list[str]] = {}
    for path in MODULES:
        for name in types_of(path):
            places.setdefault(name, []).append(name_of(path))
    shared = {name: modules for name, modules in places.items() if len(modules) > 1}
    assert {name: modules for name, modules in shared.items() if name not in SHARED} == {}
    assert SHARED.keys() - shared.keys() == set(), "an exception that is needed no longer"


def test_no_module_needs_itself_to_be_imported() -> None:
    graph = {
        name_of(path): {name for _, full in imports(path, depth=False) if (name := inner(full)) is not None}
        for path in MODULES
    }
    for name, needed in graph.items():
        needed.discard(name)
    order = list(TopologicalSorter(graph).static_order())  # CycleError names the circle.
    assert set(order) >= NAMES


def test_the_layers_are_told_apart() -> None:
    """The checker itself: it sees relative, absolute and lazy imports for what they are."""
    seen = dict.fromkeys(full for _, full in imports(PACKAGE / "wire" / "messages.py"))
    assert {"minitls.errors", "minitls.wire.grammar", "minitls.wire.key_exchange_messages"} <= set(seen)
    eager = {full for _, full in imports(PACKAGE / "wire" / "messages.py", depth=False)}
    assert "minitls.wire.key_exchange_messages" not in eager
    assert "minitls.wire.grammar" in eager


def loaded_by(statement: str) -> set[str]:
    """The modules in a fresh interpreter after `statement`."""
    code = f"import json, sys; {statement}; print(json.dumps(sorted(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(json.loads(told.stdout))


def test_import_minitls_loads_nothing_that_only_people_need() -> None:
    loaded = loaded_by("import minitls; [getattr(minitls, name) for name in getattr(minitls, '__all__', ())]")
    assert "minitls" in loaded
    assert loaded & set(HEAVY) == set()
    assert {
        name for name in loaded if name.startswith(("minitls.trace", "minitls.cli", "minitls.conformance"))
    } == set()


def test_importing_the_core_loads_nothing_that_only_people_need() -> None:
    core = [f"minitls.{name}" for name in sorted(NAMES) if name and FLOOR[room_of(name)] <= FLOOR["transport"]]
    loaded = loaded_by(f"import {', '.join(core)}")
    assert set(core) <= loaded
    assert loaded & set(HEAVY) == set()


def test_rare_messages_are_loaded_when_asked_for() -> None:
    assert "minitls.wire.key_exchange_messages" not in loaded_by("import minitls.wire.messages")
