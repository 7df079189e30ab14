"""Grading by questions: minitls itself gets full marks, a skeleton none, and no program can do harm."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from minitls.conformance.grade.grade import FAILED, NOT_ATTEMPTED, PASSED, RESTARTS, Score, grade
from minitls.conformance.grade.operations import NAMES, questions
from minitls.conformance.grade.scoreboard import scoreboard
from minitls.conformance.grade.subject import MAX_LINE
from minitls.conformance.reference import answer
from minitls.conformance.vectors.running import CannotStart
from tests.peers import ROOT, require_program

pytestmark = pytest.mark.slow

PYTHON = sys.executable
SKELETON = (ROOT / "demo" / "grade_me" / "mine.py").read_text()

#: What a learner writes, function by function.
SOLUTIONS = {
    "prf": """
    import hmac
    seed = label.encode() + seed
    a, output = seed, b""
    while len(output) < length:
        a = hmac.digest(secret, a, hash)
        output += hmac.digest(secret, a + seed, hash)
    return output[:length]""",
    "premaster_block": """
    return b"\\0\\2" + padding + b"\\0" + client_version.to_bytes(2, "big") + random""",
    "master_secret": """
    return prf(hash, pre_master_secret, "master secret", client_random + server_random, 48)""",
    "extended_master_secret": """
    return prf(hash, pre_master_secret, "extended master secret", session_hash, 48)""",
    "key_block": """
    return prf(hash, master_secret, "key expansion", server_random + client_random, length)""",
    "verify_data": """
    import hashlib
    digest = hashlib.new(hash, handshake_messages).digest()
    return prf(hash, master_secret, sender + " finished", digest, 12)""",
    "encode_client_hello": """
    def vector(size, body):
        return len(body).to_bytes(size, "big") + body
    body = client_version.to_bytes(2, "big") + random + vector(1, session_id)
    body += vector(2, b"".join(suite.to_bytes(2, "big") for suite in cipher_suites))
    body += vector(1, bytes(compression_methods))
    if extensions is not None:
        body += vector(2, b"".join(n.to_bytes(2, "big") + vector(2, data) for n, data in extensions))
    return b"\\1" + vector(3, body)""",
}


def filled(names: list[str]) -> str:
    """The skeleton with some functions written."""
    text = SKELETON
    for name in names:
        start = text.index(f"\ndef {name}(")
        at = text.index("    raise NotImplementedError", start)
        text = text[:at] + SOLUTIONS[name].lstrip("\n") + text[at + len("    raise NotImplementedError") :]
    return text


def program(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "mine.py"
    path.write_text(text)
    return [PYTHON, str(path)]


def states(score: Score, area: str) -> set[str]:
    return {mark.state for mark in score.areas[area]}


def test_minitls_itself_gets_full_marks() -> None:
    score = grade([PYTHON, "-m", "minitls.conformance.reference"], timeout=30)
    assert [mark for mark in score.marks if mark.state != PASSED] == []
    assert score.perfect and score.percent == 100
    assert tuple(score.areas) == NAMES
    assert min(len(marks) for marks in score.areas.values()) >= 5


def test_the_score_of_the_skeleton_rises_step_by_step(tmp_path: Path) -> None:
    last = grade(program(tmp_path, SKELETON))
    assert last.percent == 0 and {mark.state for mark in last.marks} == {NOT_ATTEMPTED}
    done: list[str] = []
    for name in SOLUTIONS:
        done.append(name)
        score = grade(program(tmp_path, filled(done)))
        assert {area for area in score.areas if states(score, area) == {PASSED}} == set(done)
        assert score.percent > last.percent
        last = score


def test_the_skeleton_in_javascript_runs() -> None:
    node = require_program("node")
    score = grade([node, str(ROOT / "demo" / "grade_me" / "mine.js")])
    assert score.percent == 0 and {mark.state for mark in score.marks} == {NOT_ATTEMPTED}


def test_a_miss_is_diagnosed(tmp_path: Path) -> None:
    text = filled(["prf", "master_secret", "key_block", "verify_data"])
    text = text.replace("server_random + client_random, length", "client_random + server_random, length")
    text = text.replace('sender + " finished"', '"server finished"')
    score = grade(program(tmp_path, text), only=["key_block", "verify_data"])
    for area, fault in (("key_block", "has the client's random first"), ("verify_data", "the other side's Finished")):
        messages = [mark.message for mark in score.areas[area] if mark.state == FAILED]
        assert messages and any(fault in message for message in messages)
    assert all(len(line) <= 80 for _, line in scoreboard(score))
    assert any(line.startswith("next: key_block") for _, line in scoreboard(score))


def test_errors_that_tell_an_attacker_something_are_missed(tmp_path: Path) -> None:
    body = (
        "told = answer(request)\n    told = {**told, 'error': 'bad padding'} if 'error' in told else told\n"
        "    print(json.dumps(told), flush=True)\n    continue"
    )
    score = grade(misbehaving(tmp_path, body), only=["open"], timeout=20)
    refused = [mark for mark in score.marks if mark.state == FAILED]
    assert len(refused) > 50
    assert all("one and the same error for every fault" in mark.message for mark in refused)


ANSWER = """
import json, os, subprocess, sys, time
sys.path.insert(0, {root!r})
from minitls.conformance.reference import answer
for line in sys.stdin:
    request = json.loads(line)
    {body}
    print(json.dumps(answer(request)), flush=True)
"""


def misbehaving(tmp_path: Path, body: str) -> list[str]:
    """The reference solution with a flaw of behaviour."""
    return program(tmp_path, ANSWER.format(root=str(ROOT), body=body))


FLAWS = {
    "crash": ("if request['id'] == '3': sys.exit(7)", "ended with status 7"),
    "traceback": ("if request['id'] == '3': raise RuntimeError('oh dear')", "oh dear"),
    "signal": ("if request['id'] == '3': os.kill(os.getpid(), 11)", "was ended by signal SIGSEGV"),
    "hang": ("if request['id'] == '3': time.sleep(60)", "did not answer within 5 s"),
    "rubbish": ("if request['id'] == '3': print('hello there\\n' * 40, flush=True)", "no JSON, such as 'hello there'"),
    "endless": ("while request['id'] == '3': os.write(1, b'x' * 65536)", f"more than {MAX_LINE:,} bytes"),
    "other id": ("if request['id'] == '3': request['id'] = '99'", "answered with id '99'"),
    "twice": ("if request['id'] == '3': print(json.dumps(answer(request)), flush=True)", "twice"),
    "closes": ("if request['id'] == '3': os.close(1); time.sleep(60)", "closed its output"),
    "no result": ("if request['id'] == '3': print(json.dumps({'id': request['id']}), flush=True); continue", "neither"),
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_bad_behaviour_costs_its_question_alone(flaw: str, tmp_path: Path) -> None:
    body, told = FLAWS[flaw]
    begin = time.monotonic()
    score = grade(misbehaving(tmp_path, body), only=["prf"], timeout=5)
    failed = [mark for mark in score.marks if mark.state == FAILED]
    assert len(failed) == 1 and told in failed[0].message, failed
    assert time.monotonic() - begin < 60


def test_noise_between_the_answers_is_passed_over(tmp_path: Path) -> None:
    score = grade(misbehaving(tmp_path, "print('thinking...', flush=True)"), only=["prf"])
    assert score.perfect


def test_a_program_that_never_answers_is_not_graded(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"mine\.py: it ended with status 1: 'no'"):
        grade(program(tmp_path, "raise SystemExit('no')"))


def test_a_command_that_does_not_exist() -> None:
    with pytest.raises(CannotStart, match=r"^\./there-is-no-such-program: it cannot be started: No such file"):
        grade(["./there-is-no-such-program"], only=["prf"])


@pytest.mark.parametrize("area", ["prf", "key_block"])
def test_a_crash_in_one_function_costs_that_area_alone(area: str, tmp_path: Path) -> None:
    """Also if it is the very first."""
    body = f"if request['operation'] == {area!r}: os.kill(os.getpid(), 11)"
    score = grade(misbehaving(tmp_path, body), only=["prf", "master_secret", "key_block", "verify_data"], timeout=20)
    assert states(score, area) == {FAILED}
    assert all(states(score, other) == {PASSED} for other in score.areas if other != area)
    messages = [mark.message for mark in score.areas[area]]
    assert sum("SIGSEGV" in message for message in messages) == min(RESTARTS + 1, len(messages))
    assert all("SIGSEGV" in message or "given up on" in message for message in messages)


def test_named_mistakes_come_first_and_the_largest_group_first(tmp_path: Path) -> None:
    """Two mistakes by turns and nonsense once: each is told with how many cases it explains."""
    body = (
        "told = answer(request)\n    count = globals().setdefault('count', []); count.append(1)\n"
        "    from tests.conformance.make import independent as i\n"
        "    h, s = request['hash'], bytes.fromhex(request['pre_master_secret'])\n"
        "    c, r = (bytes.fromhex(request[n]) for n in ('client_random', 'server_random'))\n"
        "    seed = c if len(count) in (2, 4) else r + c\n"
        "    out = bytes(48) if len(count) == 1 else i.prf(h, s, b'master secret', seed, 48)\n"
        "    print(json.dumps({**told, 'result': out.hex()}), flush=True)\n    continue"
    )
    score = grade(misbehaving(tmp_path, body), only=["master_secret"], timeout=20)
    groups = score.groups("master_secret")
    total = len(score.marks)
    assert [(len(group.cases), group.named) for group in groups] == [(total - 3, True), (2, True), (1, False)]
    lines = [line for _, line in scoreboard(score)]
    shown = [line for line in lines if line.startswith("  ") and " case" in line]
    assert [line.split()[0] for line in shown] == [str(total - 3), "2", "1"]
    assert all(len(line) <= 80 for line in lines)
    assert [len(reason["cases"]) for reason in score.as_dict()["reasons"]] == [total - 3, 2, 1]


def test_a_wrong_prf_is_diagnosed_at_once(tmp_path: Path) -> None:
    """It is the first function that one writes."""
    text = filled(["prf"]).replace("output += hmac.digest(secret, a + seed, hash)", "output += a")
    (group,) = grade(program(tmp_path, text), only=["prf"]).groups("prf")
    assert group.named and "the A(i) themselves are joined" in group.message and len(group.cases) > 5


def test_children_are_killed_too(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    body = (
        f"if not os.path.exists({str(note)!r}):\n"
        "        child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"        open({str(note)!r}, 'w').write(str(child.pid)); time.sleep(60)"
    )
    score = grade(misbehaving(tmp_path, body), only=["prf"], timeout=5)
    assert [mark.state for mark in score.marks].count(FAILED) == 1
    stat = Path(f"/proc/{note.read_text()}/stat")
    # A killed child is a zombie until its adopter has taken note of it.
    assert not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


def test_requests_and_answers_are_as_the_schema_says() -> None:
    schema = json.loads((ROOT / "minitls" / "conformance" / "grade" / "grade.schema.json").read_bytes())
    request, answer_ = (Draft202012Validator({**schema, "$ref": f"#/$defs/{name}"}) for name in ("request", "answer"))
    for number, question in enumerate(questions()):
        asked = {"id": str(number), "operation": question.operation, **question.inputs}
        request.validate(asked)
        answer_.validate(answer(asked))


def test_an_unknown_area_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no operation 'tea'; there are prf,"):
        grade(["true"], only=["tea"])


def test_json_and_the_requests_are_what_the_readme_says() -> None:
    request = {"id": "1", "operation": "make_coffee"}
    told = subprocess.run(
        [PYTHON, "-m", "minitls.conformance.reference"],
        input=json.dumps(request) + "\n",
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert json.loads(told.stdout) == {"id": "1", "unsupported": True}


GRADE_ME = ROOT / "demo" / "grade_me"


def printed_commands(folder: Path) -> list[str]:
    """The commands of a README that can be run as they are: no "./client" to be written, no port to wait on."""
    text = (folder / "README.md").read_text().replace("\\\n", " ")
    found = re.findall(r"^    (minitls .*)$", text, re.M) + re.findall(r"`(minitls [^`]* -- [^`]*)`", text)
    return [command for command in found if not any(part in command for part in ("./client", "./server", "diagnose -"))]


@pytest.mark.parametrize("command", printed_commands(GRADE_ME))
def test_the_commands_of_its_readme_run_as_printed(command: str) -> None:
    if "node" in command:
        require_program("node")
    if "openssl" in command:
        require_program("openssl")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    told = subprocess.run(
        ["bash", "-c", command], cwd=GRADE_ME, env={**os.environ, "PATH": path}, capture_output=True, text=True
    )
    full = "openssl" in command or "reference" in command
    assert told.returncode == (0 if full else 1), told.stdout + told.stderr
    assert not told.stderr
    if full:
        assert "100.0 %" in told.stdout
    elif "grade" in command:
        assert "not attempted" in told.stdout
    else:
        assert "master-randoms-swapped" in told.stdout


def test_what_its_readme_prints_is_what_is_printed(tmp_path: Path) -> None:
    swapped = "server_random + client_random, 48"
    text = filled(["prf", "master_secret"]).replace("client_random + server_random, 48", swapped)
    lines = [line for _, line in scoreboard(grade(program(tmp_path, text), only=["master_secret"]))]
    start = lines.index("master_secret: 8 missed")
    printed = "".join(f"    {line}\n" for line in lines[start : start + 5])
    assert printed in (GRADE_ME / "README.md").read_text()
