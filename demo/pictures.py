"""Remakes every picture of the READMEs: `python demo/pictures.py`.

    demo/pictures/ladder.svg       minitls demo, by rich's own export
    demo/pictures/stepper.svg      minitls trace step, by Textual's own export
    demo/pictures/page.png         minitls trace html, by Chromium; page-dark.png and page-phone.png besides

The handshake is a real one in memory, with a fixed clock and a fixed source of randomness, so that the pictures change
only when the program does.
"""

from __future__ import annotations

import asyncio
import io
import random
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from rich.console import Console

import minitls
from minitls.pki import demo
from minitls.render.ladder.ladder import render_ladder
from minitls.render.page.page import render_html
from minitls.render.stepper.app import Stepper
from minitls.trace.file.jsonl import Trace
from minitls.trace.record import Recording
from minitls.trace.story.story import Story

if TYPE_CHECKING:
    from playwright.sync_api import ViewportSize

OUT = Path(__file__).resolve().parent / "pictures"
NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
SUITE = "AES128-SHA256"
#: Name, fragment, width and height, dark.
PAGES = (
    ("page.png", "#step-10", 1440, 900, False),
    ("page-dark.png", "#s1b0f6", 1440, 900, True),
    ("page-phone.png", "#step-10", 390, 844, False),
)


def handshake() -> Trace:
    """A client and a server in memory, one line each way."""
    ticks = count()
    recording = Recording(("client", "server"), clock=lambda: next(ticks) / 10_000, started=NOW)
    trust = minitls.TrustStore.load("demo")
    client = minitls.ClientConnection(
        minitls.ClientConfig(
            cipher_suites=(SUITE,),
            trust=trust,
            random=random.Random(1).randbytes,
            now=lambda: NOW,
            observer=recording.observer("client"),
        ),
        "localhost",
    )
    key = load_pem_private_key(demo.server_key(), None)
    server = minitls.ServerConnection(
        minitls.ServerConfig(
            cipher_suites=(SUITE,),
            credentials=(minitls.Credential(tuple(demo.server_chain()), key),),
            random=random.Random(2).randbytes,
            now=lambda: NOW,
            observer=recording.observer("server"),
        )
    )
    carry(client, server)
    client.send_data(b"What is the meaning of a record?\n")
    carry(client, server)
    server.send_data(b"Ask the one who has the key.\n")
    carry(client, server)
    client.close()
    carry(client, server)
    return recording.close()


def carry(client: minitls.ClientConnection, server: minitls.ServerConnection) -> None:
    """Bytes both ways until nobody has any."""
    while True:
        to_server, to_client = client.data_to_send(), server.data_to_send()
        if not to_server and not to_client:
            return
        if to_server:
            server.receive_data(to_server)
        if to_client:
            client.receive_data(to_client)


def ladder(trace: Trace) -> None:
    """The ladder as `minitls demo` prints it."""
    console = Console(record=True, width=80, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    render_ladder(trace, console)
    console.save_svg(str(OUT / "ladder.svg"), title="minitls demo")


def stepper(trace: Trace) -> None:
    """The stepper at the client's Finished."""
    story = Story(trace)
    at = next(step.number - 1 for step in story.steps if step.title == "Finished")

    async def run() -> str:
        app = Stepper(story)
        async with app.run_test(size=(120, 42)) as pilot:
            app.show(app.view.at(at).move(3))
            await pilot.pause()
            return app.export_screenshot(title="minitls trace step")

    (OUT / "stepper.svg").write_text(asyncio.run(run()), encoding="utf-8")


def pages(trace: Trace) -> str:
    """The page, in a browser; a reason if there is none."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None or find_spec("playwright") is None:
        return "no Chromium or no playwright here: the pictures of the page were not made"
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        page = Path(directory) / "page.html"
        page.write_text(render_html(trace), encoding="utf-8")
        running = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        for name, fragment, width, height, dark in PAGES:
            viewport: ViewportSize = {"width": width, "height": height}
            shown = running.new_page(viewport=viewport, color_scheme="dark" if dark else "light")
            shown.goto(page.as_uri() + fragment)
            shown.screenshot(path=OUT / name)
        running.close()
    return ""


def main() -> int:
    OUT.mkdir(exist_ok=True)
    trace = handshake()
    ladder(trace)
    stepper(trace)
    missing = pages(trace)
    print(missing or f"all pictures are in {OUT.name}/", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
