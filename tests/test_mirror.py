"""The house rules of the tests: they mirror the modules, and what takes long says so.

A module of the core has a test module of its name: `minitls/wire/grammar.py` is tested by `tests/wire/test_grammar.py`.
Whoever changes one knows where to look, and a module without tests is seen.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers import ROOT

TESTS = ROOT / "tests"
PACKAGE = ROOT / "minitls"

#: The rooms of the core; one name is a folder or a module.
CORE = ("errors", "observe", "wire", "crypto", "pki", "handshake", "record_layer", "events", "connection", "transport")

#: Modules that need none of their own, each with its reason.
EXCEPTIONS = {
    "events": "declarations alone: what each event says is tested where it arises, in test_connection.py",
    "observe": "declarations alone: what each fact says is tested where it arises, in trace/test_record.py",
    "handshake.negotiated": "declarations alone, filled by the handshake and tested with it",
    "pki.faults.exhibit": "the form of the gallery's manifest, tested in pki/faults/test_gallery.py with every exhibit",
    "pki.faults.issue": "makes the gallery's certificates, which pki/faults/test_gallery.py judges",
    "pki.faults.issuers": "recipes for the gallery, tested in pki/faults/test_gallery.py",
    "pki.faults.leaves": "recipes for the gallery, tested in pki/faults/test_gallery.py",
    "pki.faults.recipes": "recipes for the gallery, tested in pki/faults/test_gallery.py",
    "pki.second_opinion": "another verifier's answer, compared with ours in pki/test_differential.py",
}


def modules() -> Iterator[str]:
    """The dotted names of the core's modules, relative to the package; packages themselves hold no code to speak of."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] in CORE and parts[-1] != "__init__":
            yield ".".join(parts)


MODULES = tuple(modules())


def mirror_of(module: str) -> Path:
    """Where the tests of a module stand."""
    *folders, name = module.split(".")
    return TESTS.joinpath(*folders, f"test_{name}.py")


@pytest.mark.parametrize("module", MODULES)
def test_a_module_of_the_core_has_a_test_module_of_its_name(module: str) -> None:
    mirror = mirror_of(module)
    if module in EXCEPTIONS:
        assert not mirror.exists(), f"{module} has its tests now: strike it out of the list"
    else:
        assert mirror.exists(), f"{module} wants {mirror.relative_to(ROOT)}"


def test_the_exceptions_are_modules_that_are_there() -> None:
    assert EXCEPTIONS.keys() <= set(MODULES)
    assert all(len(reason.split()) > 2 for reason in EXCEPTIONS.values())


@pytest.mark.parametrize("room", ["wire", "crypto", "record_layer", "connection", "transport"])
def test_of_these_rooms_every_module_has_its_tests(room: str) -> None:
    assert not {module for module in EXCEPTIONS if module.split(".")[0] == room}


# What takes long.


def marked_slow(decorated: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    return any(ast.unparse(each) == "pytest.mark.slow" for each in decorated.decorator_list)


def needs_a_browser(function: ast.AST) -> bool:
    """Whether the function starts one itself: by `chromium()`, or by the program's name."""
    return any(
        (isinstance(node, ast.Name) and node.id == "chromium")
        or (isinstance(node, ast.Constant) and node.value == "chromium")
        for node in ast.walk(function)
    )


def browser_users() -> Iterator[tuple[str, bool]]:
    """(test or fixture, whether those who use it are slow) for each function of a test module that starts a browser."""
    for path in sorted(TESTS.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if "chromium" not in text or path == Path(__file__):
            continue
        tree = ast.parse(text)
        whole = any(ast.unparse(node) == "pytestmark = pytest.mark.slow" for node in tree.body)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and needs_a_browser(node):
                # `conftest.py` marks whatever uses a fixture of the name `browser`.
                yield f"{path.name}::{node.name}", whole or marked_slow(node) or node.name == "browser"


def test_what_needs_a_browser_is_slow() -> None:
    users = dict(browser_users())
    assert {"test_page.py::browser", "test_web.py::test_chromium_opens_a_page"} <= users.keys()
    assert [name for name, slow in users.items() if not slow] == []


def test_what_is_exhaustive_is_slow_too(request: pytest.FixtureRequest) -> None:
    """A -m on the command line replaces the one of pyproject.toml, so "not slow" must leave out both."""
    for item in request.session.items:
        if item.get_closest_marker("exhaustive") or "browser" in getattr(item, "fixturenames", ()):
            assert item.get_closest_marker("slow"), item.nodeid
