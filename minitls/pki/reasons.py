"""What the library says when it refuses something, for people: its reasons are written for those who program in it."""

from __future__ import annotations

import re

#: How cryptography's parser names what it stumbled over, and where: names of its own types, in Rust.
_PARSER = re.compile(r"ParseError \{ kind: (\w+)(?:[^\[\]]*)?(?:, location: \[([^\]]*)\])? \}")
#: The dump of a value, which tells nothing that our own rules do not.
_DUMP = re.compile(r":? ?\b[A-Z]\w+ \{.*", re.DOTALL)


def reason_of(fault: Exception, otherwise: str = "the library gives no reason") -> str:
    """Why the library refused, without the names of classes; `otherwise` if it does not say."""
    text = _PARSER.sub(_told, str(fault)).partition(" (encountered processing")[0]
    return _DUMP.sub("", text) or otherwise


def _told(found: re.Match[str]) -> str:
    kind = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", found[1]).lower()
    where = (found[2] or "").replace('"', "").replace("::", ".")
    return f"{kind}, in {where}" if where else kind
