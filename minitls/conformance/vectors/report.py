"""Results that a machine reads: JUnit XML, which every CI system shows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from xml.etree import ElementTree

#: What XML 1.0 cannot hold, even escaped.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Result(NamedTuple):
    """One case: where it belongs, whether it went well, what to say if not; `attempted` false counts as skipped."""

    group: str
    name: str
    ok: bool
    message: str = ""
    seconds: float = 0.0
    attempted: bool = True


def junit(suite: str, results: Iterable[Result]) -> str:
    """The results as a JUnit XML document."""
    root = ElementTree.Element("testsuites")
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.group, []).append(result)
    for group, members in groups.items():
        element = ElementTree.SubElement(
            root,
            "testsuite",
            name=f"{suite}: {group}",
            tests=str(len(members)),
            failures=str(sum(not member.ok and member.attempted for member in members)),
            skipped=str(sum(not member.attempted for member in members)),
            time=f"{sum(member.seconds for member in members):.3f}",
        )
        for member in members:
            case = ElementTree.SubElement(
                element, "testcase", classname=group, name=member.name, time=f"{member.seconds:.4f}"
            )
            message = _UNPRINTABLE.sub("?", member.message)
            if not member.attempted:
                ElementTree.SubElement(case, "skipped", message=message or "not attempted")
            elif not member.ok:
                ElementTree.SubElement(case, "failure", message=message.split("\n")[0]).text = message
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"
