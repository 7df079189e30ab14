"""What a side does between messages, as lines of text: derivations, new keys, verdicts, notes."""

from __future__ import annotations

import textwrap

from rich.text import Text

from ...errors import counted
from ...handshake.tls12.derivations import PKCS1_BLOCK, PRE_MASTER_SECRET, declared
from ...pki.verdict import RuleResult, Verdict
from ...trace.file.events import Elided
from ...trace.story.step import Step
from ..theme import BAD, DIM, GOOD, SECRET, Glyphs, hexed, length, printable
from ..verdict import summary

_NAME = 28


class Actions:
    """Writes steps in lines of at most `width`."""

    def __init__(self, width: int, glyphs: Glyphs) -> None:
        self.width, self.glyphs = width, glyphs

    def lines(self, step: Step) -> list[Text]:
        """What was done in this step."""
        width = self.width
        if step.derive is not None:
            return self._derivation(step, width)
        if step.keys is not None:
            keys = step.keys
            parts = [("key", keys.key), ("MAC key", keys.mac_key), ("IV", keys.fixed_iv)]
            values = ", ".join(f"{name} {hexed(value, 4)}" for name, value in parts if length(value))
            order = ", encrypt-then-MAC" if keys.encrypt_then_mac else ""
            own = keys.direction == step.side
            doing = (
                "protects what it sends from here on" if own else f"opens what the {keys.direction} sends from here on"
            )
            return [Text(doing), Text.assemble(("with ", DIM), (values, SECRET), order)]
        if step.verdict is not None:
            verdict = Verdict(tuple(RuleResult(c.place, c.certificate, c.rule, c.ok, c.values) for c in step.checks))
            accepted = step.verdict.accepted
            name = step.verdict.inputs.get("name")
            whose = f"is this {name}?" if name else "whose certificate is this?"
            if accepted and not verdict.verified:
                outcome = ("NOT VERIFIED", BAD)
            else:
                outcome = (f"{self.glyphs.good} accepted", GOOD) if accepted else (f"{self.glyphs.bad} refused", BAD)
            try:
                checks = summary(verdict, width)
            except (KeyError, TypeError, ValueError) as wrong:
                # An edited trace may name a rule that does not exist, or values that no rule would give.
                checks = [Text(printable(f"its checks cannot be told: {wrong}")[:width], BAD)]
            return [Text.assemble(f"{whose} ", outcome), *checks]
        return self._note(step, width)

    def _derivation(self, step: Step, width: int) -> list[Text]:
        derive = step.derive
        assert derive is not None
        size = counted(length(derive.output), "byte")
        row = declared(derive.name, derive.inputs)
        secret = row is None or row.exposure == "secret"
        if step.same_as is not None:
            verified = (
                "matches, verified"
                if row is not None and row.exposure == "protected"
                else f"the same as in {step.same_as}"
            )
            return [Text.assemble(f"{derive.name:<{_NAME}}", (f"{self.glyphs.good} {verified}", GOOD))]
        value = (hexed(derive.output, 12), SECRET if secret else "")
        lines = []
        if row is PKCS1_BLOCK and not isinstance(derive.output, Elided):
            # The secret itself is no derivation, so it is told where it is used first.
            drawn = (hexed(derive.output[-48:], 12), SECRET)
            lines.append(Text.assemble(f"{PRE_MASTER_SECRET.name:<{_NAME}}", drawn, (" 48 bytes", DIM)))
            lines.append(Text("= client_version + 46 random bytes", DIM))
        lines.append(Text.assemble(f"{derive.name:<{_NAME}}", value, (f" {size}", DIM)))
        formula = textwrap.wrap(derive.formula, width, initial_indent="= ", subsequent_indent="  ")
        return lines + [Text(line, DIM) for line in formula]

    def _note(self, step: Step, width: int) -> list[Text]:
        note = step.note
        if note is None:
            # An edited trace may begin with an alert or a check that belongs to nothing.
            return []
        match note.id:
            case "resumed":
                by = note.values.get("by")
                return [Text(f"resumes by {by}: it knows the master secret already")]
            case "failure":
                reason = str(note.values.get("reason") or note.values.get("error"))
                return [Text(line, BAD) for line in textwrap.wrap(printable(reason), width)]
        values = note.values.get("reason") or ", ".join(f"{name} {value}" for name, value in note.values.items())
        return [Text(line) for line in textwrap.wrap(printable(f"{note.id.replace('_', ' ')}: {values}"), width)]
