"""Conformance: minitls checked, anybody's implementation graded, and the mistake behind a wrong value named.

run          minitls against vector files, our own and those of others (vectors/run.py)
grade        a program that answers questions, in any language (grade.py, operations.py, subject.py)
grade_live   a program that connects or listens (live.py, live_client.py, live_server.py, scripts.py)
diagnose     which mistake makes this value (diagnose.py, mistakes/), `read_question` from JSON (question.py)
listen_once, connect_once, from_trace   the same for a connection, live or recorded (diagnose/live.py)
"""

from __future__ import annotations

from .diagnose.diagnose import Diagnosis, Explanation, Finding, diagnose
from .diagnose.live import Outcome, connect_once, from_trace, listen_once
from .diagnose.mistakes import CATALOGUE
from .diagnose.mistakes.facts import Facts
from .diagnose.question import from_document as read_question
from .grade.grade import Mark, Score, grade
from .grade.live import grade_live
from .vectors.run import FileReport, run
from .vectors.vector_files import BadVectorFile

__all__ = [
    "CATALOGUE",
    "BadVectorFile",
    "Diagnosis",
    "Explanation",
    "Facts",
    "FileReport",
    "Finding",
    "Mark",
    "Outcome",
    "Score",
    "connect_once",
    "diagnose",
    "from_trace",
    "grade",
    "grade_live",
    "listen_once",
    "read_question",
    "run",
]
