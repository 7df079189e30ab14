"""A real browser for the tests of the page: Chromium by playwright, and axe-core to judge what a reader can use.

Both are skips with a reason where they are missing, and failures when `CI` is set.
"""

from __future__ import annotations

import importlib.util
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.peers import absent, require_program

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@contextmanager
def chromium() -> Iterator[Any]:
    """A running browser; `browser.new_page(...)` opens a page."""
    path = require_program("chromium")
    if importlib.util.find_spec("playwright") is None:
        absent("playwright is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def axe_script(directory: Path) -> str:
    """The text of axe-core: from a Python package that carries it, else from npm into `directory`."""
    package = importlib.util.find_spec("axe_playwright_python")
    if package is not None and package.origin:
        return (Path(package.origin).parent / "axe.min.js").read_text(encoding="utf-8")
    npm = require_program("npm")
    command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(directory), "axe-core@4"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    script = directory / "node_modules" / "axe-core" / "axe.min.js"
    if done.returncode or not script.exists():
        absent(f"npm cannot install axe-core: {done.stderr[-300:]}")
    return script.read_text(encoding="utf-8")
