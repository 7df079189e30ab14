"""One paragraph for each kind of step: what happens, why, and the section that says so.

The paragraphs stand in `prose/en/` (messages, derivations, notes, steps), keyed by the name of a message or of a
derived value, never by its place or its bytes, so nothing there can drift away from what is shown. Fields have their
own table (`trace.explain`), certificate rules theirs (`pki.rules`).
"""

from __future__ import annotations

from typing import NamedTuple

from .. import prose
from ..errors import alert_name
from ..handshake.tls12.derivations import PKCS1_BLOCK, PRE_MASTER_SECRET, declared
from ..pki.verdict import RuleResult
from ..trace.story.readers import reader_of
from ..trace.story.step import Step
from ..trace.story.story import Story


class Words(NamedTuple):
    """What a step does, and why it is there."""

    what: str
    why: str
    section: str
    language: str = prose.ENGLISH


def rule_words(step: RuleResult) -> Words:
    """What a certificate check says, what an attacker could do without it, and the section; any rule may be named."""
    from ..pki.checks import RULES

    rule = RULES.get(step.rule)
    if rule is None:
        return Words(f"{step.rule}: a rule that is not known here", "", "")
    language = prose.language_of("rules", step.rule)
    return Words(rule.holds if step.ok else rule.fails, rule.attack, rule.section, language)


def words_for(step: Step) -> Words:
    """What to say of a step."""
    match step.kind:
        case "message":
            return _find("messages", step.title) or _words("steps", "record")
        case "derive":
            return _derivation_words(step)
        case "note":
            return _find("notes", step.title) or _words("notes", "other")
    return _words("steps", step.kind)


def who_else(story: Story) -> str:
    """Who can read the whole connection besides the two sides."""
    return prose.row("readers", reader_of(story.steps[-1]))["end"]


def _derivation_words(step: Step) -> Words:
    """Of both sides it speaks where both have the value, of others by what they know at this step."""
    if step.title not in prose.rows("derivations"):
        return _words("steps", "record")
    found, language = dict(prose.row("derivations", step.title)), prose.language_of("derivations", step.title)
    shared = found.pop("shared", "")
    if step.same_as is None or not shared:
        return Words(**found, language=language)
    if is_secret(step.title):
        shared += " " + prose.row("readers", reader_of(step, step.title))["both"]
    return Words(shared, found["why"], found["section"], language)


def _find(topic: str, key: str) -> Words | None:
    return _words(topic, key) if key in prose.rows(topic) else None


def _words(topic: str, key: str) -> Words:
    return Words(**prose.row(topic, key), language=prose.language_of(topic, key))


def title_of(step: Step) -> str:
    """What a step is called."""
    if step.alert is not None:
        return f"Alert: {alert_name(step.alert.description)}"
    match step.kind:
        case "data":
            return "Application data"
        case "keys" if step.keys is not None:
            own = step.keys.direction == step.side
            return "New keys for sending" if own else "New keys for receiving"
        case "verdict":
            return "Is this certificate to be trusted?"
        case "record":
            return "A closed record"
        case "note":
            return step.title.replace("_", " ").capitalize()
        case "derive" if step.title == PKCS1_BLOCK.name:
            # Nothing tells of the secret before; this is where it comes from.
            return f"{PRE_MASTER_SECRET.name}, padded"
    return step.title


def is_secret(name: str) -> bool:
    """Whether a derived value is one that a listener must not learn."""
    row = declared(name)
    return row is None or row.exposure == "secret"
