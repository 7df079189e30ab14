"""What minitls promises to answer to what a peer may do: one row a behaviour, with the rule that asks for it.

A row is played by the independent peer. `steps` are words for `Peer.say`, or functions that make bytes; `expected` is
the name of the fatal alert that must come, or SERVED: the handshake completes and data is echoed (warnings that must
have come are in `warned`), or CLOSED: the connection ends without an alert of ours.

Each file holds the rows of one area. The table of them all is run against the sans-IO connection and over TCP
(`test_behaviours.py`), and it is what the README sums up.
"""

from __future__ import annotations

from tests.handshake.behaviours import alerts, certificates, client_hellos, key_exchange, order, records, server_hellos
from tests.handshake.behaviours.steps import CLOSED, SERVED, Row, made

__all__ = ["CLOSED", "ROWS", "SERVED", "Row", "made", "summary"]

_AREAS = (client_hellos, server_hellos, key_exchange, order, records, alerts, certificates)
ROWS: tuple[Row, ...] = tuple(row for area in _AREAS for row in area.ROWS)
assert len({(row.side, row.id) for row in ROWS}) == len(ROWS), "two rows of one name"


def summary() -> list[tuple[str, int, tuple[str, ...]]]:
    """(answer, number of rows, their rules) for each answer, the most frequent first: what a README can quote."""
    answers: dict[str, list[Row]] = {}
    for row in ROWS:
        answers.setdefault(row.expected, []).append(row)
    return [
        (answer, len(rows), tuple(sorted({row.section for row in rows})))
        for answer, rows in sorted(answers.items(), key=lambda item: -len(item[1]))
    ]
