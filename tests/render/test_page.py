"""The page, in a real browser: every byte is there and explained, one can walk it, and everybody can use it."""

from __future__ import annotations

import io
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from minitls.cli.trace import command
from minitls.render.page.page import LIMIT, render_html
from minitls.render.reproduce import ShellLines
from minitls.render.stepper.plain import plain
from minitls.trace.explain import annotate
from minitls.trace.explain.annotate import AnnotatedField
from minitls.trace.file.events import Derive, Elided, Record
from minitls.trace.file.jsonl import Trace, read_trace, write_trace
from minitls.trace.record import Recording
from minitls.trace.story.story import Story
from tests.helpers import client_config, new_client, new_server, server_config
from tests.trace.browser import axe_script, chromium
from tests.trace.conversations import FLAVOURS, carry, recorded, refused

WIDTHS = (320, 390, 768, 1024, 1280, 1920)
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture
def address(tmp_path: Path) -> str:
    return written(tmp_path, recorded("client auth", "AES128-GCM-SHA256"))


def written(directory: Path, trace: Trace) -> str:
    page = directory / "page.html"
    page.write_text(render_html(trace), encoding="utf-8")
    return page.as_uri()


def opened(browser: Any, address: str, viewport: dict[str, int] = DESKTOP, **how: Any) -> Any:
    """A page whose console must stay silent and which must ask for nothing but itself."""
    page = browser.new_page(viewport=viewport, **how)
    page.faults = []
    page.on("console", lambda message: page.faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("request", lambda request: page.faults.append(request.url) if request.url.startswith("http") else None)
    page.goto(address)
    return page


def bytes_shown(page: Any, block: str) -> str:
    pieces = page.eval_on_selector_all(f"{block} .bytes .f", "all => all.map(each => each.textContent)")
    return "".join(pieces).replace(" ", "")


@pytest.mark.parametrize(("how", "suite", "ems", "etm"), FLAVOURS)
def test_every_byte_of_every_record_is_on_the_page(
    browser: Any, tmp_path: Path, how: str, suite: str, ems: bool, etm: bool
) -> None:
    trace = recorded(how, suite, ems, etm)
    page = opened(browser, written(tmp_path, trace))
    travelled = {
        (event.sender, event.number): event.header.hex() + event.fragment.hex()
        for event in trace.events
        if isinstance(event, Record) and not isinstance(event.header, Elided) and not isinstance(event.fragment, Elided)
    }
    titles = page.eval_on_selector_all(".block", "all => all.map(each => [each.id, each.getAttribute('data-title')])")
    shown = {}
    for block, title in titles:
        found = re.fullmatch(r"Record (\d+) of the (\w+), as it travelled", title)
        if found:
            shown[found[2], int(found[1])] = bytes_shown(page, f"#{block}")
    assert shown == travelled
    assert not page.faults


def test_what_was_decrypted_and_derived_is_on_the_page(browser: Any, address: str) -> None:
    page = opened(browser, address)
    trace = recorded("client auth", "AES128-GCM-SHA256")
    text = page.inner_text("main")
    for event in trace.events:
        if isinstance(event, Derive):
            assert isinstance(event.output, bytes)
            assert event.output.hex() in text.replace("\n", ""), event.name


def test_next_and_previous_walk_the_whole_handshake(browser: Any, address: str) -> None:
    page = opened(browser, address)
    steps = page.eval_on_selector_all(".card", "all => all.map(each => each.id)")
    assert len(steps) == len(Story(recorded("client auth", "AES128-GCM-SHA256")).steps)
    current = "() => document.querySelector('.card.now').id"
    walked = [page.evaluate(current)]
    for _ in steps[1:]:
        page.keyboard.press("ArrowRight")
        walked.append(page.evaluate(current))
    assert walked == steps
    assert page.is_disabled("#next")
    for _ in steps[1:]:
        page.click("#prev")
    assert page.evaluate(current) == steps[0]
    assert not page.faults


def test_a_deep_link_opens_its_card_and_its_field(browser: Any, address: str) -> None:
    page = opened(browser, f"{address}#step-9")
    assert page.get_attribute(".card.now", "id") == "step-9"
    assert page.get_attribute(".ladder a[aria-current]", "href") == "#step-9"
    top = page.eval_on_selector("#step-9", "card => card.getBoundingClientRect().top")
    assert 0 <= top < DESKTOP["height"] / 2
    page = opened(browser, f"{address}#s1b0f6")
    assert page.inner_text("#i-name") == "ClientHello.random"


def test_a_byte_lights_its_field_and_a_field_its_bytes(browser: Any, address: str) -> None:
    page = opened(browser, address)
    lit = "all => all.map(each => each.textContent)"
    page.hover("#s1b0 .bytes [data-f='1']")
    assert page.eval_on_selector_all("#s1b0 .fields .lit .name", lit) == ["version"]
    assert page.inner_text("#i-name") == "Record.version"
    assert "RFC 5246" in page.inner_text("#i-section")
    page.mouse.move(5, 5)
    assert page.locator(".lit").count() == 0
    page.focus("#s1b0 .bytes [data-f='0']")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.eval_on_selector_all("#s1b0 .fields .lit .name", lit) == ["length"]
    page.focus("#s1b0f6")
    page.keyboard.press("Enter")
    assert len(bytes.fromhex("".join(page.eval_on_selector_all("#s1b0 .bytes .lit", lit)))) == 32
    page.keyboard.press("Escape")
    assert page.is_hidden("#inspector")


def test_every_field_is_explained_where_it_stands(browser: Any, address: str) -> None:
    page = opened(browser, address)
    unexplained = page.evaluate("""() => [...document.querySelectorAll('.fields button')].filter((line) => {
        const kind = document.getElementById('k' + line.dataset.k)?.closest('section');
        return !kind || ['what', 'why', 'without'].some((part) => !kind.querySelector('.x-' + part).textContent);
    }).map((line) => line.textContent)""")
    assert unexplained == []
    assert page.locator(".fields button").count() > 100


def test_the_machines_and_the_secrets_follow_the_steps(browser: Any, address: str) -> None:
    page = opened(browser, address)
    story = Story(recorded("client auth", "AES128-GCM-SHA256"))
    names = "all => all.map(each => each.textContent)"
    for step in (story.steps[0], story.steps[len(story.steps) // 2], story.steps[-1]):
        page.goto(f"{address}#step-{step.number}")
        lit = page.eval_on_selector_all(".node.on", "all => all.map(each => each.dataset.state)")
        assert sorted(lit) == sorted(f"{side} {state}" for side, state in step.states.items())
        for viewer in ("server", "eavesdropper"):
            page.click(f"[data-viewer={viewer}]")
            known = {secret.name for secret in step.knows[viewer]}  # type: ignore[index]  # one of the viewers
            told = set(page.eval_on_selector_all("#knows div:not(.nothing) dt", names))
            assert told == known


@pytest.mark.parametrize(("viewport", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
def test_axe_finds_nothing_serious(
    browser: Any, address: str, tmp_path: Path, viewport: dict[str, int], scheme: str
) -> None:
    page = opened(browser, f"{address}#s1b0f6", viewport, color_scheme=scheme, bypass_csp=True)
    page.add_script_tag(content=axe_script(tmp_path))
    found = page.evaluate("axe.run()")["violations"]
    serious = [
        f"{each['id']} ({each['impact']}): {each['nodes'][0]['html'][:200]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
    assert serious == []


@pytest.mark.parametrize("trace", [recorded("client auth", "AES128-GCM-SHA256"), recorded("full", "AES256-SHA256"),
                                   refused()], ids=["client auth", "long names", "refused"])  # fmt: skip
def test_nothing_is_wider_than_the_screen(browser: Any, tmp_path: Path, trace: Trace) -> None:
    page = opened(browser, written(tmp_path, trace))
    for opens in (False, True):
        page.evaluate("(all) => document.querySelectorAll('details').forEach((each) => { each.open = all; })", opens)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") == width
            wide = page.evaluate("""() => [...document.querySelectorAll('main *, .toc *, .intro *, .top *')]
                .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll, td'))
                .map((e) => e.outerHTML.slice(0, 90))""")
            assert wide == [], width


def test_a_phone_shows_first_what_this_is(browser: Any, address: str) -> None:
    page = opened(browser, address, PHONE)
    assert page.is_visible(".lead") and page.is_hidden(".ladder")
    assert page.eval_on_selector("#step-1", "card => card.getBoundingClientRect().top") < PHONE["height"]
    page.click("#toc summary")
    assert page.is_visible(".ladder")


def test_a_tapped_field_and_its_explanation_are_both_on_the_phones_screen(browser: Any, address: str) -> None:
    page = opened(browser, address, PHONE, has_touch=True)
    for field in ("#s1b0f6", "#s3b0f5", "#s12b0f6", "#s2b0 .bytes [data-f='9']"):
        page.locator(field).first.tap()
        box, field_box = page.locator("#inspector").bounding_box(), page.locator(field).first.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= PHONE["height"]
        assert page.locator("#i-what").is_visible()
        assert page.locator(".top").bounding_box()["height"] <= field_box["y"] < box["y"]


def test_the_field_shown_belongs_to_the_step_shown(browser: Any, address: str) -> None:
    page = opened(browser, f"{address}#s1b0f6")
    current = "document.querySelector('.card.now').id"
    page.keyboard.press("ArrowRight")
    assert page.evaluate(current) == "step-2" and page.is_hidden("#inspector")
    page.evaluate("document.getElementById('s5b0f5').click()")
    assert page.evaluate(current) == "step-5" and page.is_visible("#inspector")
    page.click("#prev")
    assert page.evaluate(current) == "step-4" and page.is_hidden("#inspector")
    page.evaluate("document.getElementById('s3b0f5').click()")
    page.wait_for_timeout(800)  # A jump is on its way, during which scrolling changes nothing.
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_function("document.querySelector('.card.now').id !== 'step-3'")
    assert page.is_hidden("#inspector")


def test_paper_has_all_cards_and_explanations_on_few_sheets(browser: Any, address: str, tmp_path: Path) -> None:
    page = opened(browser, address)
    sheets = len(re.findall(rb"/Type /Page\b(?!s)", page.pdf(format="A4", print_background=False)))
    assert 3 < sheets <= 12
    page.emulate_media(media="print")
    assert page.is_hidden(".top") and page.is_hidden("#panel")
    for each in ("#step-1 .bytes", "#step-4 .checks", ".glossary .x-why", ".glossary .x-without"):
        assert page.locator(each).first.is_visible(), each
    style = "(e) => [getComputedStyle(e).breakInside, getComputedStyle(e).printColorAdjust]"
    for arrow in (".toc", ".flow"):
        assert page.eval_on_selector(arrow, style) == ["avoid", "exact"]


def test_projecting_shows_one_step_a_screen_in_large_type(browser: Any, address: str) -> None:
    page = opened(browser, address, {"width": 1280, "height": 800})
    page.keyboard.press("p")
    count = page.locator(".card").count()
    for number in range(count):
        assert page.eval_on_selector_all(".card", "all => all.filter((e) => e.offsetParent).map((e) => e.id)") == [
            page.get_attribute(".card.now", "id")
        ]
        size, fits = page.eval_on_selector(
            ".card.now", "(e) => [parseFloat(getComputedStyle(e).fontSize), e.scrollHeight <= e.clientHeight]"
        )
        assert size > 18 and fits, f"step {number + 1}: {size} px"
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Home")
    page.goto(f"{address}#step-1")
    page.keyboard.press("b")
    assert page.is_visible("#step-1 .bytes")
    page.keyboard.press("Escape")
    assert page.locator(".card >> visible=true").count() == count
    assert not page.faults


def test_the_search_finds_names_values_bytes_and_explanations(browser: Any, address: str) -> None:
    page = opened(browser, address)

    def search(text: str) -> list[str]:
        page.keyboard.press("/")
        page.fill("#q", text)
        found = page.eval_on_selector_all("#hits a", "all => all.map((each) => each.textContent)")
        assert isinstance(found, list)
        return found

    trace = recorded("client auth", "AES128-GCM-SHA256")
    master = next(e.output for e in trace.events if isinstance(e, Derive) and e.name == "master_secret")
    assert isinstance(master, bytes)
    assert any("master_secret" in hit for hit in search(master.hex()[10:30]))
    assert any("Heartbleed" not in hit and "in its explanation" in hit for hit in search("Heartbleed"))
    assert any("signature_algorithms" in hit for hit in search("ecdsa_secp256r1"))
    assert any("these bytes" in hit for hit in search("00 00 09 6c 6f 63 61 6c"))
    assert search("no such thing anywhere") == [] and "Nothing" in page.inner_text("#hits")
    at = next(n for n, hit in enumerate(search("Bleichenbacher")) if "in its explanation" in hit)
    for _ in range(at + 1):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.is_hidden("#hits") and page.is_visible("#inspector")
    assert "Bleichenbacher" in page.inner_text("#inspector")
    assert not page.faults


def test_each_derivation_has_its_commands_whole_and_they_can_be_copied(browser: Any, address: str) -> None:
    page = opened(browser, address)
    story = Story(recorded("client auth", "AES128-GCM-SHA256"))
    commands = ShellLines(story)
    for step in story.steps:
        shown = page.eval_on_selector_all(f"#step-{step.number} pre", "all => all.map((each) => each.textContent)")
        assert shown == [command.line for command in commands.of(step)]
    number = next(step.number for step in story.steps if step.title == "session_hash")
    page.click(f"#step-{number} .run summary")
    page.click(f"#step-{number} .run .copy")
    page.wait_for_function("document.querySelector('#told').textContent === 'copied'")
    page.focus("#q")
    page.keyboard.press("Control+V")
    assert page.input_value("#q") == commands.of(story.steps[number - 1])[0].line
    value = page.eval_on_selector(f"#step-{number} .inputs [data-copy]", "e => e.textContent")
    assert len(value) > 2000 and not value.endswith("..")
    assert not page.faults


def test_without_scripts_everything_is_there_and_no_dead_control(browser: Any, address: str) -> None:
    page = opened(browser, address, java_script_enabled=False)
    for each in ("#step-1 .bytes", "#step-1 .fields", ".glossary .x-why", ".ladder", "noscript p"):
        assert page.locator(each).first.is_visible(), each
    for each in (".walk", ".find", "#project", "#viewers"):
        assert page.is_hidden(each), each


def test_what_is_told_in_another_language_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 'lang="de"' not in render_html(recorded("full"))
    monkeypatch.setenv("MINITLS_LANG", "de")
    page = render_html(recorded("full"))
    assert page.count('<p class="what" lang="de">') >= 5
    assert '<html lang="en">' in page
    assert re.search(r'<p class="what">The client opens', page), "what is not translated stays English"


NESTED = [
    AnnotatedField(("Certificate", "certificate_list", 0, "tbsCertificate", *more), at, at + 1, kind, str(at), "", "")
    for kind in ["Certificate.certificate_list"]
    for at, more in enumerate([("version",), *(("issuer", part) for part in range(8)), ("validity", "notAfter")])
]


def test_a_deep_structure_is_closed_until_somebody_wants_to_see_it(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nested fields as such: what nests in which message is for other tests."""
    monkeypatch.setattr(annotate, "opaque_record", lambda header, fragment: NESTED)
    monkeypatch.setattr(annotate, "record", lambda header, fragment, *more: NESTED)
    trace = recorded("full")
    kept = [event for event in trace.events if event.event in ("record", "message")][:4]
    page = opened(browser, written(tmp_path, Trace(trace.header, tuple(kept))))
    assert page.locator("#s1b0 .fields button >> visible=true").count() == 0
    page.click("#s1b0 .branch summary")
    assert page.locator("#s1b0 .fields button >> visible=true").count() == 0
    page.locator("#s1b0 .branch .branch summary").first.click()
    assert page.locator("#s1b0 .branch .branch summary >> visible=true").count() >= 1
    page.reload()
    page.click("#s1b0 .bytes [data-f='9']")
    assert page.is_visible("#s1b0f9"), "a byte opens the way to its field"
    page.reload()
    page.keyboard.press("/")
    page.fill("#q", "notAfter")
    page.keyboard.press("Enter")
    assert page.is_visible("#s1b0f9")
    assert not page.faults


def test_a_refused_certificate_shows_the_rule_that_was_broken(browser: Any, tmp_path: Path) -> None:
    page = opened(browser, written(tmp_path, refused()))
    broken = page.inner_text(".checks tr.bad")
    assert "example.org" in broken
    assert "RFC" in broken
    assert not page.faults


def test_what_a_peer_chose_is_only_text(browser: Any, tmp_path: Path) -> None:
    """A certificate's name, a host name or data may hold anything; nothing of it may become part of the page."""
    trace = recorded("full")
    evil = b"</script><script>document.title = 'taken'</script><img src=x onerror=alert(1)>"
    events = []
    for event in trace.events:
        if event.event in ("protect", "unprotect") and getattr(event, "type", 0) == 23:
            import dataclasses

            event = dataclasses.replace(event, plaintext=evil)  # type: ignore[call-arg]  # both kinds have one
        events.append(event)
    page = opened(browser, written(tmp_path, Trace(trace.header, tuple(events))))
    assert page.title().startswith("A TLS connection")
    assert page.locator("main img, main script").count() == 0
    assert "document.title" in page.inner_text("main")


def test_the_page_is_small_and_a_long_trace_is_folded() -> None:
    trace = recorded("client auth", "AES128-SHA")
    assert len(render_html(trace).encode()) < LIMIT
    assert 'id="folded"' not in render_html(trace)


def test_a_long_trace_is_folded_and_says_so(browser: Any, tmp_path: Path) -> None:
    recording = Recording(("client", "server"))
    client = new_client(client_config(observer=recording.observer("client")))
    server = new_server(server_config(observer=recording.observer("server")))
    carry(client, server)
    for _ in range(400):
        client.send_data(bytes(4000))
        carry(client, server)
    page = written(tmp_path, recording.close())
    assert (tmp_path / "page.html").stat().st_size < LIMIT
    shown = opened(browser, page)
    assert "late steps" in shown.inner_text("#folded")
    assert shown.locator(".card").count() >= 60
    assert not shown.faults


@pytest.mark.slow
def test_an_edited_trace_is_drawn_without_a_stumble(tmp_path: Path) -> None:
    """Whatever the reader lets through: other texts, shorter bytes, missing inputs, rules that do not exist."""
    write_trace(recorded("client auth", "AES128-SHA"), tmp_path / "t.jsonl")
    lines = (tmp_path / "t.jsonl").read_bytes().splitlines(keepends=True)
    chance = random.Random(5)
    read = 0
    for _ in range(60):
        at = chance.randrange(1, len(lines) - 1)
        told = json.loads(lines[at])
        key = chance.choice([each for each in told if each not in ("n", "event")])
        value = told[key]
        if isinstance(value, str | list):
            told[key] = value[: len(value) // 4 * 2]
        elif isinstance(value, dict):
            told[key] = {}
        else:
            told[key] = chance.choice((0, 1, 255))
        edited = [*lines[:at], json.dumps(told).encode() + b"\n", *lines[at + 1 :]]
        trace = read_trace(io.BytesIO(b"".join(edited)))
        read += len(trace.events)
        assert render_html(trace).endswith("</html>")
        assert list(plain(Story(trace))) or not trace.events
    assert read > 60 * 20


def test_the_command_writes_a_private_page(tmp_path: Path) -> None:
    write_trace(recorded("full"), tmp_path / "t.jsonl")
    page = tmp_path / "page.html"
    done = CliRunner().invoke(command, ["html", str(tmp_path / "t.jsonl"), "-o", str(page)])
    assert done.exit_code == 0, done.output
    assert page.stat().st_mode & 0o777 == 0o600
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_cut_trace_gives_the_page_of_what_is_there_and_says_so(tmp_path: Path) -> None:
    write_trace(recorded("full"), tmp_path / "t.jsonl")
    lines = (tmp_path / "t.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "cut.jsonl").write_bytes(b"".join(lines[:30]))
    page = tmp_path / "page.html"
    done = CliRunner().invoke(command, ["html", str(tmp_path / "cut.jsonl"), "-o", str(page)])
    assert done.exit_code == 1
    assert "line 31" in done.output
    assert "could not be read to its end" in page.read_text(encoding="utf-8")
