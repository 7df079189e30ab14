"""No change makes a handshake, a record or an import dearer without saying so.

`tests/budget.json` is what they may cost, function by function (`tests/budget.py` says what is counted). Whoever means
to spend more writes the new budget (`python -m tests.budget --write`) and says in the commit what for.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests import budget

BUDGETS: dict[str, Any] = json.loads(budget.FILE.read_text())
#: What a change elsewhere may add here and there, in per cent of the whole.
ALLOWANCE = 1
WHAT = ("opcodes", "Python calls")

Rows = dict[str, list[int]]


def totals(rows: Rows) -> list[int]:
    return [sum(each) for each in zip(*rows.values(), strict=True)]


def overspent(name: str, now: Rows, then: Rows) -> str:
    """Why `now` is over the budget `then`, function by function; "" if it is not."""
    spent, allowed = totals(now), totals(then)
    over = [i for i in (0, 1) if spent[i] > allowed[i] * (1 + ALLOWANCE / 100)]
    if not over:
        return ""
    grown = {each: [now[each][i] - then.get(each, [0, 0])[i] for i in (0, 1)] for each in now}
    worst = sorted((each for each in grown if max(grown[each]) > 0), key=lambda each: grown[each], reverse=True)
    lines = [f"{name}: " + ", ".join(f"{spent[i]:,} {WHAT[i]}, {allowed[i]:,} are budgeted" for i in over)]
    lines += [f"    {grown[each][0]:+5d} opcodes {grown[each][1]:+3d} calls  {each}" for each in worst[:12]]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    if budget.VERSION not in BUDGETS:
        known = ", ".join(BUDGETS)
        pytest.skip(f"opcodes differ between versions of Python; there are budgets for {known}, not {budget.VERSION}")
    command = [sys.executable, "-m", "tests.budget"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=budget.ROOT)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_handshakes_and_records_cost_no_more(measured: dict[str, Any]) -> None:
    then = BUDGETS[budget.VERSION]["counted"]
    assert measured["counted"].keys() == then.keys()
    assert [said for name, now in measured["counted"].items() if (said := overspent(name, now, then[name]))] == []


def test_an_import_loads_no_more(measured: dict[str, Any]) -> None:
    for name, then in BUDGETS[budget.VERSION]["modules"].items():
        assert sorted(set(measured["modules"][name]) - set(then)) == [], f"{name} loads what it did not"


def test_who_is_over_the_budget_is_told_by_which_function() -> None:
    then = {"a.py f": [100, 2], "b.py g": [900, 8]}
    assert overspent("it", then, then) == overspent("it", {"a.py f": [110, 2], "b.py g": [900, 8]}, then) == ""
    assert overspent("it", {"a.py f": [90, 2], "b.py g": [900, 8], "c.py h": [40, 0]}, then) == (
        "it: 1,030 opcodes, 1,000 are budgeted\n      +40 opcodes  +0 calls  c.py h"
    )
    assert overspent("it", {"a.py f": [100, 5], "b.py g": [900, 8]}, then) == (
        "it: 13 Python calls, 10 are budgeted\n       +0 opcodes  +3 calls  a.py f"
    )


@pytest.mark.parametrize("version", BUDGETS)
def test_the_goals_of_a_resumed_handshake(version: str) -> None:
    """What the budget itself must keep, both sides together; bare code without flows takes 6,173 and 228."""
    opcodes, calls = totals(BUDGETS[version]["counted"]["a resumed handshake"])
    assert opcodes <= 10_200 and calls <= 370
