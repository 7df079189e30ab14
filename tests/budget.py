"""What minitls may cost, counted so that no busy machine disturbs it: opcodes and Python calls, and modules loaded.

    python -m tests.budget            print what is measured, as JSON
    python -m tests.budget --write    make it the budget of this Python version, in tests/budget.json

Counted are the functions of minitls and those that it has made (structs, named tuples); those of Python and of
cryptography are not ours to answer for, and differ from one release to the next. `test_budget.py` compares. It runs in
a process of its own: it takes the interpreter's tracing for itself, and an import can be measured once.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "tests" / "budget.json"
PACKAGE = str(ROOT / "minitls")
VERSION = ".".join(map(str, sys.version_info[:2]))
#: Before a count: what is compiled on first use, or remembered, has been by then.
WARMING = 5
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
#: (cipher suite, whether encrypt_then_mac is wanted) by what is measured.
WAYS = {
    "GCM": ("AES128-GCM-SHA256", False),
    "CBC, MAC then encrypt": ("AES128-SHA", False),
    "CBC, encrypt then MAC": ("AES128-SHA", True),
}


def counted(operation: Callable[[], Any]) -> dict[str, list[int]]:
    """[opcodes, calls] of each function of ours that runs while `operation` does."""
    opcodes: Counter[CodeType] = Counter()
    calls: Counter[CodeType] = Counter()
    for _ in range(WARMING):
        operation()
    (_monitored if hasattr(sys, "monitoring") else _traced)(operation, opcodes, calls)
    found: dict[str, list[int]] = {}
    for code in calls:
        file = code.co_filename
        if file.startswith(PACKAGE) or (file.startswith("<") and not file.startswith("<frozen")):
            row = found.setdefault(f"{file.removeprefix(PACKAGE + '/')} {code.co_qualname}", [0, 0])
            row[0] += opcodes[code]
            row[1] += calls[code]
    return dict(sorted(found.items()))


def _traced(operation: Callable[[], Any], opcodes: Counter[CodeType], calls: Counter[CodeType]) -> None:
    """By `sys.settrace`: the way until Python 3.11."""

    def begun(frame: FrameType, event: str, _argument: Any) -> Any:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        calls[frame.f_code] += 1

        def inside(_frame: FrameType, event: str, _argument: Any) -> Any:
            if event == "opcode":
                opcodes[frame.f_code] += 1
            return inside

        return inside

    sys.settrace(begun)
    try:
        operation()
    finally:
        sys.settrace(None)


def _monitored(operation: Callable[[], Any], opcodes: Counter[CodeType], calls: Counter[CodeType]) -> None:
    """By `sys.monitoring`: the way since Python 3.12, where tracing loses opcodes."""
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined, unused-ignore]  # Python 3.11 has none.
    tool, events = monitoring.PROFILER_ID, monitoring.events
    monitoring.use_tool_id(tool, "budget")
    monitoring.register_callback(tool, events.INSTRUCTION, lambda code, _offset: opcodes.update((code,)))
    for event in (events.PY_START, events.PY_RESUME):
        monitoring.register_callback(tool, event, lambda code, _offset: calls.update((code,)))
    monitoring.set_events(tool, events.INSTRUCTION | events.PY_START | events.PY_RESUME)
    try:
        operation()
    finally:
        monitoring.set_events(tool, 0)
        monitoring.free_tool_id(tool)


def conversations() -> dict[str, dict[str, list[int]]]:
    """Handshakes and records, both sides in memory, by what is measured."""
    import minitls
    from minitls.pki import demo

    folder = Path(demo.__file__).parent
    own = minitls.Credential.load(folder / "server.pem", folder / "server.key")
    trust = minitls.TrustStore.load("demo")

    def configurations(
        suite: str, encrypt_then_mac: bool, resumed: bool = False
    ) -> tuple[minitls.ClientConfig, minitls.ServerConfig]:
        common: dict[str, Any] = {
            "cipher_suites": (suite,),
            "encrypt_then_mac": encrypt_then_mac,
            "tickets": False,
            "now": lambda: NOW,
        }
        client = minitls.ClientConfig(trust=trust, sessions=minitls.SessionCache() if resumed else None, **common)
        return client, minitls.ServerConfig(credentials=(own,), **common)

    def connected(client_config: minitls.ClientConfig, server_config: minitls.ServerConfig) -> tuple[Any, Any]:
        client = minitls.ClientConnection(client_config, "localhost")
        server = minitls.ServerConnection(server_config)
        flight = client.data_to_send()
        while flight:
            server.receive_data(flight)
            answer = server.data_to_send()
            if answer:
                client.receive_data(answer)
            flight = client.data_to_send()
        return client, server

    def pair(*configs: Any) -> None:
        client, server = connected(*configs)
        client.close()
        server.receive_data(client.data_to_send())
        client.receive_data(server.data_to_send())
        assert client.closed and server.closed

    measured = {}
    for name, resumed in (("a full handshake", False), ("a resumed handshake", True)):
        configs = configurations(*WAYS["GCM"], resumed)
        measured[name] = counted(partial(pair, *configs))
        assert connected(*configs)[0].negotiated.resumed == resumed
    for name, way in WAYS.items():
        client, server = connected(*configurations(*way))

        waiting = [_sealed(client) for _ in range(WARMING + 1)]
        measured[f"sealing a record, {name}"] = counted(partial(_sealed, client))
        measured[f"opening a record, {name}"] = counted(lambda: server.receive_data(waiting.pop(0)))  # noqa: B023 - now.
    return measured


def _sealed(client: Any) -> bytes:
    client.send_data(bytes(100))
    record: bytes = client.data_to_send()
    return record


def modules(statement: str) -> list[str]:
    """What `statement` loads into a fresh interpreter: our modules, and the libraries of others."""
    code = f"import sys; before = set(sys.modules); {statement}; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    names = done.stdout.split()
    roots = {name.partition(".")[0] for name in names} - sys.stdlib_module_names
    own = {name for name in names if name.startswith("minitls.")}
    return sorted(own | {root for root in roots if not root.startswith("_")})


#: What is imported: the package, and every name that it offers but asyncio's.
IMPORTS = {
    "import minitls": "import minitls",
    "import of every public name but asyncio's": "import minitls; [getattr(minitls, name) for name in minitls.__all__ "
    "if not name.startswith(('open_', 'start_'))]",
}


def measure() -> dict[str, Any]:
    """Everything that has a budget."""
    return {"counted": conversations(), "modules": {name: modules(code) for name, code in IMPORTS.items()}}


if __name__ == "__main__":
    now = measure()
    if "--write" in sys.argv:
        budgets = json.loads(FILE.read_text()) if FILE.exists() else {}
        budgets[VERSION] = now
        FILE.write_text(json.dumps(dict(sorted(budgets.items())), indent=1) + "\n")
    totals = {name: [sum(each) for each in zip(*rows.values(), strict=True)] for name, rows in now["counted"].items()}
    print(json.dumps({**now, "totals": totals}))
