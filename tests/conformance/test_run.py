"""The runner: what is right passes, one wrong digit anywhere fails, and a file that does not fit is named."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from minitls.conformance.vectors.areas import AREAS
from minitls.conformance.vectors.run import outcomes_of, run
from minitls.conformance.vectors.vector_files import BadVectorFile, load, parse, shipped

FILES = shipped()


@pytest.fixture(scope="module")
def documents() -> dict[str, Any]:
    return {path.name: json.loads(path.read_bytes()) for path in FILES}


def test_every_shipped_case_passes() -> None:
    reports = run()
    assert [
        f"{report.path.name} {failed.case} {failed.difference}" for report in reports for failed in report.failures
    ] == []
    assert sum(report.seconds for report in reports) < 20


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to every string that ends in a hex digit."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    elif isinstance(value, str) and value and value[-1] in "0123456789abcdef" and " " not in value[-2:]:
        yield path


@pytest.mark.slow
@pytest.mark.parametrize("name", [path.name for path in FILES])
def test_one_wrong_digit_fails_its_case_and_no_other(name: str, documents: dict[str, Any]) -> None:
    document = documents[name]
    chance = random.Random(name)
    for case in chance.sample(document["cases"], min(6, len(document["cases"]))):
        paths = [
            path for path in leaves(case["expect"]) if path[0] not in ("name", "alert", "rule", "error", "messages")
        ]
        for path in chance.sample(paths, min(6, len(paths))):
            changed = copy.deepcopy(document)
            place = next(each for each in changed["cases"] if each["id"] == case["id"])["expect"]
            for key in path[:-1]:
                place = place[key]
            at = len(place[path[-1]]) - 1
            place[path[-1]] = place[path[-1]][:at] + f"{int(place[path[-1]][at], 16) ^ 1:x}"
            others = [each for each in changed["cases"] if each["id"] == case["id"]]
            others += chance.sample(document["cases"], min(3, len(document["cases"])))
            changed["cases"] = list({each["id"]: each for each in reversed(others)}.values())
            file = parse(Path(name), changed)
            failed = {o.case: o.difference for o in outcomes_of(file.cases, AREAS[file.area]) if not o.ok}
            assert list(failed) == [case["id"]], path
            difference = failed[case["id"]]
            assert difference is not None and difference.name == path[0]


class TestBadFiles:
    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(BadVectorFile, match="cannot be read: No such file"):
            load(tmp_path / "none.json")

    def test_no_json(self, tmp_path: Path) -> None:
        (tmp_path / "bad.json").write_text("{")
        with pytest.raises(BadVectorFile, match=r"bad\.json: this is no JSON"):
            load(tmp_path / "bad.json")

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            (lambda d: d["cases"][2]["given"].update(secret="xyz"), r"case .*-31-master, field given\.secret: 'xyz'"),
            (lambda d: d["cases"][0].pop("id"), "case number 1: 'id' is a required"),
            (lambda d: d["cases"][0]["given"].pop("label"), r"case .*, field given: 'label' is a required"),
            (lambda d: d.update(area="tea"), r"field area: 'tea' is not one of"),
            (lambda d: d["cases"].append(d["cases"][0]), "the id stands twice"),
            (lambda d: d["cases"].clear(), "field cases: .* non-empty"),
        ],
    )
    def test_what_does_not_fit_is_named(self, change: Any, told: str, documents: dict[str, Any]) -> None:
        document = copy.deepcopy(documents["01-prf.json"])
        change(document)
        with pytest.raises(BadVectorFile, match=told):
            parse(Path("f.json"), document)
