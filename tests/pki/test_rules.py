"""The table of rules: an id is taken once, and a rule that breaks down has not been kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from minitls.errors import AlertDescription
from minitls.pki import checks, rules
from minitls.pki.certificate import Certificate, read_certificate
from minitls.pki.rules import RULES, Comparison, Place, Purpose, Question, Role, Stage, printable, rule
from tests.helpers import NOW, pem, trust


@pytest.fixture
def table() -> Iterator[None]:
    """The table as it was, afterwards."""
    assert checks.__doc__  # Importing them has filled the table.
    before = dict(RULES)
    yield
    RULES.clear()
    RULES.update(before)
    rules.forget_steps()


def test_two_rules_of_one_name(table: None) -> None:
    taken = next(iter(RULES))
    with pytest.raises(ValueError, match=f"two rules are called {taken}"):
        rule(taken, "RFC", stage=Stage.leaf, role=Role.leaf)(lambda place: [])


def test_a_rule_that_breaks_down_refuses(table: None) -> None:
    """Whatever the library raises for a certificate of any shape must not let it through."""

    @rule("breaks", "RFC", stage=Stage.leaf, role=Role.leaf)
    def breaks(place: Place) -> Iterator[Comparison]:
        yield True, {"first": "fine"}
        raise RuntimeError("an odd\x1b certificate")

    rules.forget_steps()
    leaf = read_certificate(pem("server")[0][0])
    assert isinstance(leaf, Certificate)
    place = Place(Question(trust(), None, Purpose.server, frozenset(), "web", ()), (leaf,), 0)
    told = [step for step in rules.steps_at(place, Stage.leaf, NOW) if step.rule == "breaks"]
    assert [step.ok for step in told] == [True, False]
    assert told[1].values == {"could not be checked": "an odd\\x1b certificate"}


def test_every_rule_knows_its_alert(table: None) -> None:
    assert RULES and all(isinstance(each.alert, AlertDescription) for each in RULES.values())


def test_what_a_certificate_says_is_safe_to_print() -> None:
    assert printable("a\x1b[31mred\nline") == "a\\x1b[31mred\\nline"
    assert printable("grün") == "grün"
    assert printable("x" * 401) == "x" * 400 + "... (401 characters)"


def test_what_is_no_algorithm_is_said_to_be_none() -> None:
    from minitls.pki.checks.form import named

    assert named("ff") == named("") == "not an algorithm"
