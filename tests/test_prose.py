"""The prose: whole, without leftovers, read only when asked for, and a second language is a folder."""

from __future__ import annotations

import ast
import json
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from minitls import prose
from minitls.conformance.diagnose.mistakes import CATALOGUE
from minitls.pki.checks import RULES
from minitls.trace.explain.meanings import say
from minitls.trace.story.step import StepKind
from minitls.trace.story.story import Story
from minitls.wire.codes import HandshakeType
from tests.peers import ROOT
from tests.trace.conversations import FLAVOURS, recorded

PACKAGE = ROOT / "minitls"
WORDS = {"what", "why", "section"}
#: The parts that every row of a topic has, and those that some have.
PARTS: dict[str, tuple[set[str], set[str]]] = {
    "fields": ({"what"}, {"why", "without", "section", "says"}),
    "der": ({"what"}, {"why", "without", "section"}),
    "messages": (WORDS, set()),
    "derivations": (WORDS, {"shared"}),
    "steps": (WORDS, set()),
    "notes": (WORDS, set()),
    "rules": ({"holds", "fails", "attack", "remedy"}, set()),
    "advice": ({"do"}, set()),
    "hints": ({"do"}, set()),
    "mistakes": ({"if", "fix"}, set()),
    "readers": ({"end", "both"}, set()),
    "reasons": ({"missing", "reason"}, {"more"}),
}
FILES = sorted(prose.FOLDER.glob("*/*.json"))


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def constants(path: Path) -> set[str]:
    """Every string that stands in the code of a module."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


class TestFiles:
    @pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
    def test_a_file_is_written_in_the_one_way_that_makes_small_diffs(self, path: Path) -> None:
        """One sentence a line. It also shows a key that stands twice, of which JSON would quietly keep the second."""
        read = json.loads(path.read_text(encoding="utf-8"))
        assert path.read_text(encoding="utf-8") == json.dumps(read, indent=1, ensure_ascii=False) + "\n"

    @pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
    def test_no_language_says_what_english_does_not(self, path: Path) -> None:
        """Another language may lack anything; a topic, key, part or placeholder that English has not is a slip."""
        english = prose.rows(path.stem, prose.ENGLISH)
        for key, row in json.loads(path.read_text(encoding="utf-8")).items():
            assert set(row) <= set(english[key]), key
            for part, sentence in row.items():
                assert sentence.strip(), (key, part)
                if path.stem == "reasons":
                    assert placeholders(sentence) == placeholders(english[key][part]), (key, part)

    def test_english_has_every_topic_and_every_part(self) -> None:
        assert {path.stem for path in (prose.FOLDER / prose.ENGLISH).iterdir()} == set(PARTS)
        for topic, (always, sometimes) in PARTS.items():
            for key, row in prose.rows(topic, prose.ENGLISH).items():
                assert always <= set(row) <= always | sometimes, (topic, key)


class TestNothingIsMissingAndNothingIsLeftOver:
    """Fields have a test of their own, over every declared struct: trace/test_annotate.py."""

    steps = tuple(step for flavour in FLAVOURS for step in Story(recorded(*flavour)).steps)

    def test_of_rules(self) -> None:
        assert set(prose.rows("rules")) == set(RULES)

    def test_of_mistakes(self) -> None:
        assert list(prose.rows("mistakes")) == [mistake.name for mistake in CATALOGUE]

    def test_of_messages(self) -> None:
        declared = {member.name.title().replace("_", "") for member in HandshakeType} | {"ChangeCipherSpec", "Alert"}
        seen = {step.title for step in self.steps if step.kind == "message"}
        assert seen <= set(prose.rows("messages")) <= declared

    def test_of_derivations(self) -> None:
        assert set(prose.rows("derivations")) == {step.title for step in self.steps if step.kind == "derive"}

    def test_of_other_steps(self) -> None:
        assert set(prose.rows("steps")) == set(get_args(StepKind)) - {"message", "derive", "note"}

    def test_of_notes(self) -> None:
        """A note without a paragraph of its own has the one of "other"."""
        in_code = {text for path in PACKAGE.rglob("*.py") for text in constants(path)}
        assert set(prose.rows("notes")) <= in_code

    def test_of_reasons(self) -> None:
        used = dict(self.reasons_given())
        assert set(used) == set(prose.rows("reasons"))
        for key, (more, values) in used.items():
            row = prose.row("reasons", key)
            assert set().union(*map(placeholders, row.values())) == values, key
            assert ("more" in row) == more, key

    def reasons_given(self) -> Iterator[tuple[str, tuple[bool, set[str]]]]:
        """Each reason that code gives: its key, whether more may be said, and the values that it fills in."""
        for node in ast.walk(ast.parse((PACKAGE / "capture" / "reasons.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_reason":
                names = {str(keyword.arg) for keyword in node.keywords}
                yield ast.literal_eval(node.args[0]), ("more" in names, names - {"more"})

    def test_of_what_fields_always_say(self) -> None:
        for key, row in prose.rows("fields").items():
            if "says" in row:
                assert row["says"] in say(key, bytes(8))[1], key


class TestAnotherLanguage:
    @pytest.fixture(autouse=True)
    def two_languages(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """English with two rows, and a German that knows one of them, and of that only a part."""
        files = {
            "en/fields": {"A.one": {"what": "A one.", "why": "Because."}, "A.two": {"what": "A two.", "why": "So."}},
            "en/rules": {"ca": {"holds": "it is a CA"}},
            "de/fields": {"A.one": {"what": "Eine Eins."}},
        }
        for name, rows in files.items():
            path = tmp_path / f"{name}.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(rows), encoding="utf-8")
        monkeypatch.setattr(prose, "FOLDER", tmp_path)
        monkeypatch.delenv("MINITLS_LANG", raising=False)

    def test_a_part_that_is_missing_is_told_in_english(self) -> None:
        assert prose.row("fields", "A.one", "de") == {"what": "Eine Eins.", "why": "Because."}

    def test_so_is_a_row_a_file_and_a_language(self) -> None:
        assert prose.row("fields", "A.two", "de") == {"what": "A two.", "why": "So."}
        assert prose.row("rules", "ca", "de") == {"holds": "it is a CA"}
        assert prose.rows("fields", "eo") == prose.rows("fields", "en") == prose.rows("fields")

    def test_the_environment_chooses_and_an_argument_overrules_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MINITLS_LANG", "de")
        assert prose.row("fields", "A.one")["what"] == "Eine Eins."
        assert prose.row("fields", "A.one", "en")["what"] == "A one."
        monkeypatch.setenv("MINITLS_LANG", "")
        assert prose.row("fields", "A.one")["what"] == "A one."

    def test_who_asks_for_words_is_told_in_the_language_chosen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        (prose.FOLDER / "de" / "rules.json").write_text('{"ca": {"holds": "es ist eine CA"}}', encoding="utf-8")
        monkeypatch.setenv("MINITLS_LANG", "de")
        assert RULES["ca"].holds == "es ist eine CA"

    def test_a_key_that_english_lacks_is_a_gap(self) -> None:
        with pytest.raises(KeyError):
            prose.row("fields", "A.three", "de")


def files_opened_by(statements: str) -> set[str]:
    """The files of prose that a fresh interpreter opens for these statements."""
    code = (
        "import json, sys\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, given: event == 'open' and opened.append(str(given[0])))\n"
        f"{statements}\n"
        "print(json.dumps(opened))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    folder = str(prose.FOLDER / prose.ENGLISH)
    return {Path(name).name for name in json.loads(done.stdout) if name.startswith(folder)}


def test_an_accepted_chain_reads_no_prose_and_a_refused_one_only_its_own() -> None:
    judge = (
        "from minitls.pki.faults.gallery import fault\n"
        "verdict = fault('expired').{}.verdict()\n"
        "assert verdict.ok is {}, verdict.sentence\n"
    )
    assert files_opened_by("import minitls") == set()
    assert files_opened_by(judge.format("twin", True)) == set()
    assert files_opened_by(judge.format("wrong", False) + "verdict.sentence") == {"rules.json"}


def test_the_catalogue_of_mistakes_reads_no_prose_until_one_is_told() -> None:
    catalogue = "from minitls.conformance.diagnose.mistakes import CATALOGUE\n"
    assert files_opened_by(catalogue) == set()
    assert files_opened_by(catalogue + "CATALOGUE[0].fix") == {"mistakes.json"}
