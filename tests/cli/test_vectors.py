"""`minitls vectors`, as somebody uses it."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from minitls.cli.vectors import command
from tests.peers import ROOT

REFERENCE = [sys.executable, "-m", "minitls.conformance.reference"]


def vectors(*words: str) -> Result:
    return CliRunner().invoke(command, words, prog_name="minitls vectors")


def broken(tmp_path: Path) -> Path:
    """A vector file with one wrong expected value."""
    path = tmp_path / "broken.json"
    document = json.loads((ROOT / "vectors" / "01-prf.json").read_bytes())
    case = document["cases"][1]
    case["id"] = "the wrong one"
    case["expect"]["A(2)"] = "00" * 32
    path.write_text(json.dumps(document))
    return path


@pytest.mark.slow
def test_the_table_names_every_file_and_fits() -> None:
    told = vectors()
    assert told.exit_code == 0
    lines = told.output.splitlines()
    assert lines[0].split() == ["file", "area", "cases", "passed", "failed", "time"]
    assert [line.split()[0] for line in lines[1:-1]] == [p.name for p in sorted((ROOT / "vectors").glob("[0-9]*.json"))]
    _, cases, passed, failed, _ = lines[-1].split()
    assert int(cases) == int(passed) >= 400 and failed == "0"
    assert all(len(line) <= 80 for line in lines)


def test_a_failing_case_shows_the_first_value_that_differs(tmp_path: Path) -> None:
    told = vectors(str(broken(tmp_path)))
    assert told.exit_code == 1
    assert "broken.json: the wrong one" in told.output
    assert "A(2): expected 00000000000000000000000000000000..00000000 (64 digits), computed " in told.output


def test_json_tells_every_case(tmp_path: Path) -> None:
    told = vectors("run", "--json", str(broken(tmp_path)))
    assert told.exit_code == 1
    document = json.loads(told.output)
    assert document["ok"] is False
    (file,) = document["files"]
    assert file["passed"] == len(file["cases"]) - 1
    (wrong,) = [case for case in file["cases"] if not case["ok"]]
    assert (wrong["id"], wrong["difference"]["name"]) == ("the wrong one", "A(2)")


def test_junit_is_well_formed_and_counts(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    assert vectors("run", "--junit", str(report), str(broken(tmp_path))).exit_code == 1
    (suite,) = ElementTree.parse(report).getroot()
    assert suite.attrib["failures"] == "1" and int(suite.attrib["tests"]) == len(suite) >= 10
    (failure,) = suite.iter("failure")
    assert failure.attrib["message"].startswith("A(2): expected")


def test_a_file_that_is_none_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"minitls_vectors": 2}')
    for path, told in ((tmp_path / "none.json", "cannot be read"), (tmp_path / "x.json", "x.json: ")):
        result = vectors(str(path))
        assert result.exit_code == 2 and told in result.output and "Traceback" not in result.output


@pytest.mark.slow
def test_grading_the_reference() -> None:
    told = vectors("grade", "--only", "prf", "--only", "seal", "--timeout", "30", "--", *REFERENCE)
    assert told.exit_code == 0
    assert "100.0 %" in told.output and "next" not in told.output
    assert all(len(line) <= 80 for line in told.output.splitlines())


@pytest.mark.slow
def test_grading_the_skeleton(tmp_path: Path) -> None:
    shutil.copy(ROOT / "demo" / "grade_me" / "mine.py", tmp_path)
    junit = tmp_path / "report.xml"
    told = vectors("grade", "--junit", str(junit), "--", sys.executable, str(tmp_path / "mine.py"))
    assert told.exit_code == 1
    assert "0.0 %" in told.output and "next: prf: P_hash" in told.output
    suites = list(ElementTree.parse(junit).getroot())
    assert len(suites) == 11 and all(suite.attrib["skipped"] == suite.attrib["tests"] for suite in suites)


def test_grading_tells_json(tmp_path: Path) -> None:
    program = (
        "import json\nwhile True: print(json.dumps({'id': json.loads(input())['id'], 'result': '00'}), flush=True)"
    )
    told = vectors("grade", "--only", "prf", "--json", "--", sys.executable, "-c", program)
    assert told.exit_code == 1
    document = json.loads(told.output)
    assert document["percent"] == 0 and document["areas"]["prf"]["failed"] == len(document["missed"])
    assert sum(len(reason["cases"]) for reason in document["reasons"]) == len(document["missed"])


@pytest.mark.parametrize(
    "words",
    [
        ["--", "./there-is-none"],
        ["--", sys.executable, "there-is-none.py"],
        ["--json", "--", sys.executable, "-c", "raise SystemExit('no')"],
        ["--client-command", "./there-is-none {host} {port} {ca}"],
        ["--server-command", "./there-is-none {port}"],
    ],
)
def test_a_command_that_cannot_start_says_so_in_one_line(words: list[str]) -> None:
    told = vectors("grade", *words)
    assert told.exit_code == 2
    (line,) = told.output.splitlines()
    assert line.startswith("Error: ") and any(text in line for text in ("cannot be started", "ended with status"))


def test_grading_nothing_or_an_unknown_area_is_a_usage_error() -> None:
    assert "say what to grade" in vectors("grade").output
    told = vectors("grade", "--only", "tea", "--", "true")
    assert told.exit_code == 2 and "there is no area 'tea'; there are prf," in " ".join(told.output.split())


def test_help_has_examples_and_fits() -> None:
    for words in (["--help"], ["run", "--help"], ["grade", "--help"]):
        told = vectors(*words)
        assert told.exit_code == 0 and "minitls vectors" in told.output
        assert all(len(line) <= 80 for line in told.output.splitlines())
