"""Part two of grading: whole conversations with a program that connects, or that listens.

First those that must succeed, held by minitls itself; then those that must be refused, held by a scripted peer with one
thing wrong (`scripts.py`). A refusal counts only once some conversation has worked: who refuses everything refuses
nothing in particular.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ...pki import demo
from .conversation import Conversation, failed
from .grade import FAILED, NOT_ATTEMPTED, PASSED, Mark, Score
from .live_client import ClientGrader
from .live_server import ServerGrader

#: Areas, and what to do when one of them is the next.
CONVERSATIONS = {
    "client_works": "finish a handshake, send a line, print what comes, exit with 0",
    "client_refuses": "send a fatal alert and exit with another status (RFC 5246 section 7.2.2)",
    "server_works": "finish a handshake and send back each line",
    "server_refuses": "send a fatal alert and close the connection (RFC 5246 section 7.2.2)",
}


#: So many conversations in a row may end by waiting in vain; whoever is silent for so long is not asked again.
PATIENCE = 3


def grade_live(
    client_command: str | None = None,
    server_command: str | None = None,
    *,
    only: Iterable[str] = (),
    timeout: float = 5.0,
    progress: Callable[[Mark], None] | None = None,
) -> Score:
    """Talk TLS with a client ("... {host} {port} {ca}"), a server ("... {port} {cert} {key}"), or both.

    `only`: names of CONVERSATIONS; `timeout`: seconds for each conversation. ValueError for a name that is none, or a
    command that cannot be started. Nothing is left running.
    """
    chosen = set(only) or set(CONVERSATIONS)
    if unknown := chosen - set(CONVERSATIONS):
        raise ValueError(f"there is no area {min(unknown)!r}; there are {', '.join(CONVERSATIONS)}")
    marks: list[Mark] = []
    with tempfile.TemporaryDirectory() as directory:
        files = {name: Path(directory) / name for name in ("root.pem", "server.pem", "server.key")}
        for name, path in files.items():
            path.write_bytes(demo.text_of(name))
        graders: list[tuple[str, ClientGrader | ServerGrader]] = []
        if client_command:
            graders.append(("client", ClientGrader(client_command, files["root.pem"], timeout)))
        if server_command:
            graders.append(("server", ServerGrader(server_command, files["server.pem"], files["server.key"], timeout)))
        for side, grader in graders:
            for mark in _marks(side, grader, chosen):
                marks.append(mark)
                if progress:
                    progress(mark)
    return Score(tuple(marks))


def _marks(side: str, grader: ClientGrader | ServerGrader, chosen: set[str]) -> Iterator[Mark]:
    worked = False
    waited = 0
    for conversation in grader.working():
        if waited == PATIENCE:
            mark = Mark(f"{side}_works", conversation.name, NOT_ATTEMPTED, "given up on: nothing but waiting so far")
        else:
            mark = _held(f"{side}_works", conversation)
            waited = waited + 1 if mark.state == FAILED and mark.seconds >= grader.timeout else 0
        worked = worked or mark.state == PASSED
        if f"{side}_works" in chosen:
            yield mark
        elif worked:
            break  # The refusals alone were asked for, and it is known now that they mean something.
    if f"{side}_refuses" in chosen:
        for conversation in grader.refusals():
            if worked:
                yield _held(f"{side}_refuses", conversation)
            else:
                yield Mark(f"{side}_refuses", conversation.name, NOT_ATTEMPTED, "no conversation has worked yet")


def _held(area: str, conversation: Conversation) -> Mark:
    begin = time.perf_counter()
    try:
        verdict = conversation.hold()
    except OSError as fault:
        verdict = failed(f"the connection broke: {fault.strerror or fault}")
    return Mark(area, conversation.name, verdict.state, verdict.message, time.perf_counter() - begin)
