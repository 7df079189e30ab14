"""The operations that `grade` asks for, in the order in which one implements TLS, and the questions for each.

A request is a line of JSON: {"id", "operation", ...inputs}, bytes as hex. The answer is one line: {"id", "result"}, or
{"id", "error"} for an input that must be refused, or {"id", "unsupported": true}. The questions are the vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ...crypto.protection import DirectionKeys
from ...crypto.suites import SUITES, suite_named
from ...handshake.tls12.derivations import KEY_BLOCK, MASTER_SECRET, PKCS1_BLOCK, PRE_MASTER_SECRET, SESSION_HASH
from ..diagnose.mistakes.facts import Facts
from ..diagnose.mistakes.prf_call import PRFCall
from ..diagnose.mistakes.recipe import OUTPUT
from ..vectors.vector_files import DIRECTORY, Case, load

#: Questions of one kind are enough in this number; the vectors hold many more.
MANY = 40


@dataclass(frozen=True)
class GradedQuestion:
    """One request, and what the answer must be."""

    operation: str
    case: str
    inputs: Mapping[str, Any]
    result: Any
    """None: the input must be refused with an error."""
    facts: Facts | None = None
    """For the diagnosis of a wrong answer."""
    value: str = ""
    """What `diagnose` calls the answer."""
    alert: str = ""
    """The one error that a refusal must name, where telling faults apart would be a fault of its own."""


@dataclass(frozen=True)
class Operation:
    """What an implementation is asked to do."""

    name: str
    todo: str
    """What to write next, and where it is told."""
    questions: Callable[[], Iterator[GradedQuestion]]


def _cases(file: str) -> tuple[Case, ...]:
    return load(DIRECTORY / file).cases


def _prf() -> Iterator[GradedQuestion]:
    for case in _cases("01-prf.json"):
        given = case.given
        call = PRFCall(given["label"].encode(), bytes.fromhex(given["seed"]), given["length"], given["hash"])
        facts = _calling(call, given["secret"])
        yield GradedQuestion("prf", case.id, given, case.expect["output"], facts, OUTPUT)


def _calling(call: PRFCall, secret: str) -> Facts:
    """A call of the PRF by itself; of the suite only its hash matters."""
    suite = suite_named("AES256-GCM-SHA384" if call.hash == "sha384" else "AES128-SHA")
    return Facts(suite, call=call, call_secret=bytes.fromhex(secret))


def _premaster_block() -> Iterator[GradedQuestion]:
    for case in _cases("02-premaster.json"):
        if "padding" in case.given:
            inputs = {name: case.given[name] for name in ("client_version", "random", "padding")}
            version, block = case.given["client_version"], case.expect[PKCS1_BLOCK.name]
            secret = version.to_bytes(2, "big") + bytes.fromhex(case.given["random"])
            facts = Facts(
                SUITES[0], client_version=version, pre_master=secret, modulus_length=len(bytes.fromhex(block))
            )
            yield GradedQuestion("premaster_block", case.id, inputs, block, facts, PKCS1_BLOCK.name)


def _master_secret() -> Iterator[GradedQuestion]:
    for case in _cases("03-master-secret.json"):
        given = case.given
        if "client_random" in given:
            facts = Facts(
                suite_named("AES256-GCM-SHA384" if given["hash"] == "sha384" else "AES128-SHA"),
                client_random=bytes.fromhex(given["client_random"]),
                server_random=bytes.fromhex(given["server_random"]),
                pre_master=bytes.fromhex(given[PRE_MASTER_SECRET.name]),
            )
            yield GradedQuestion(
                MASTER_SECRET.name, case.id, given, case.expect[MASTER_SECRET.name], facts, MASTER_SECRET.name
            )


def _extended_master_secret() -> Iterator[GradedQuestion]:
    for case in _cases("03-master-secret.json"):
        given = case.given
        if "client_random" in given:
            continue
        session_hash = given.get(SESSION_HASH.name) or case.expect[SESSION_HASH.name]
        inputs = {
            "hash": given["hash"],
            PRE_MASTER_SECRET.name: given[PRE_MASTER_SECRET.name],
            SESSION_HASH.name: session_hash,
        }
        call = PRFCall(b"extended master secret", bytes.fromhex(session_hash), 48, given["hash"])
        facts = _calling(call, given[PRE_MASTER_SECRET.name])
        yield GradedQuestion("extended_master_secret", case.id, inputs, case.expect[MASTER_SECRET.name], facts, OUTPUT)


def _key_block() -> Iterator[GradedQuestion]:
    for case in _cases("04-key-block.json"):
        given = case.given
        length = len(case.expect[KEY_BLOCK.name]) // 2
        suite = suite_named(given["suite"]) if "suite" in given else None
        hash_name = suite.prf_hash if suite else given["hash"]
        names = (MASTER_SECRET.name, "client_random", "server_random")
        inputs = {"hash": hash_name, "length": length, **{name: given[name] for name in names}}
        facts = Facts(
            suite or suite_named("AES256-GCM-SHA384" if hash_name == "sha384" else "AES128-SHA"),
            master=bytes.fromhex(given[MASTER_SECRET.name]),
            client_random=bytes.fromhex(given["client_random"]),
            server_random=bytes.fromhex(given["server_random"]),
            key_block_length=length,
        )
        yield GradedQuestion(KEY_BLOCK.name, case.id, inputs, case.expect[KEY_BLOCK.name], facts, KEY_BLOCK.name)


def _verify_data() -> Iterator[GradedQuestion]:
    for case in _cases("05-finished.json"):
        given = case.given
        suite = suite_named(given["suite"])
        messages = tuple(map(bytes.fromhex, given["messages"]))
        facts = Facts(suite, master=bytes.fromhex(given[MASTER_SECRET.name]), messages=messages, sender=given["sender"])
        inputs = {
            "hash": suite.prf_hash,
            MASTER_SECRET.name: given[MASTER_SECRET.name],
            "sender": given["sender"],
            "handshake_messages": "".join(given["messages"]),
        }
        yield GradedQuestion("verify_data", case.id, inputs, case.expect["verify_data"], facts, "verify_data")


def _seal() -> Iterator[GradedQuestion]:
    for case in _cases("06-records.json"):
        given = case.given
        if "plaintext" in given and len(given["plaintext"]) < 4096:
            explicit = given.get("iv") or given["sequence"].to_bytes(8, "big").hex()
            record = case.expect["header"] + case.expect["fragment"]
            facts = Facts(
                suite_named(given["suite"]),
                encrypt_then_mac=given["encrypt_then_mac"],
                sequence=given["sequence"],
                content_type=given["type"],
                plaintext=bytes.fromhex(given["plaintext"]),
                iv=bytes.fromhex(explicit),
                keys=DirectionKeys(*(bytes.fromhex(given[name]) for name in ("mac_key", "key", "fixed_iv"))),
            )
            yield GradedQuestion("seal", case.id, {**given, "iv": explicit}, record, facts, "record")


def _open() -> Iterator[GradedQuestion]:
    opened = [case for case in _cases("06-records.json") if len(case.given.get("record", "x" * 9999)) < 9000]
    opened += _cases("07-padding.json")[::13]
    for case in opened:
        # JSON numbers above 2^53 are not exact in every language.
        if case.given["sequence"] < 2**53:
            yield GradedQuestion(
                "open", case.id, case.given, case.expect.get("plaintext"), alert=case.expect.get("error", "")
            )


def _hellos(kind: str) -> list[Case]:
    """Well-formed ones, of our making and of real programs, and malformed ones."""
    return [case for case in _cases("08-messages.json") if case.given["message"].startswith(kind)]


def _encode_client_hello() -> Iterator[GradedQuestion]:
    for case in [case for case in _hellos("01") if "fields" in case.expect][:MANY]:
        fields = dict(case.expect["fields"])
        if fields["extensions"] is not None:
            fields["extensions"] = raw_extensions(case.given["message"])
        yield GradedQuestion("encode_client_hello", case.id, fields, case.given["message"])


def _parse_server_hello() -> Iterator[GradedQuestion]:
    for case in _hellos("02"):
        result = None
        if "fields" in case.expect:
            result = dict(case.expect["fields"])
            if result["extensions"] is not None:
                result["extensions"] = raw_extensions(case.given["message"])
        elif case.id.endswith("not-empty"):
            continue  # Whether an extension's body is well-formed is no matter of this operation.
        yield GradedQuestion("parse_server_hello", case.id, {"message": case.given["message"]}, result)


def raw_extensions(message: str) -> list[list[Any]]:
    """[number, body as hex] of each extension of a well-formed hello (hex, header included) that has some."""
    data = bytes.fromhex(message)
    at = 38 + 1 + data[38]
    if data[0] == 1:
        at += 2 + int.from_bytes(data[at : at + 2], "big")
        at += 1 + data[at]
    else:
        at += 3
    at += 2
    found = []
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at + 2 : at + 4], "big")
        found.append([int.from_bytes(data[at : at + 2], "big"), data[at + 4 : end].hex()])
        at = end
    return found


def _verify_chain() -> Iterator[GradedQuestion]:
    for case in _cases("09-certificates.json"):
        accepted = True if case.expect["accepted"] else None
        yield GradedQuestion("verify_chain", case.id, case.given, accepted)


OPERATIONS: tuple[Operation, ...] = (
    Operation("prf", "P_hash with the hash of the suite: RFC 5246 section 5", _prf),
    Operation(
        "premaster_block", "the PKCS #1 block around the pre-master secret: RFC 8017 section 7.2.1", _premaster_block
    ),
    Operation(
        MASTER_SECRET.name, 'PRF(pre_master_secret, "master secret", randoms): RFC 5246 section 8.1', _master_secret
    ),
    Operation("extended_master_secret", "the same over the session hash: RFC 7627 section 4", _extended_master_secret),
    Operation(KEY_BLOCK.name, 'PRF(master_secret, "key expansion", randoms swapped): RFC 5246 section 6.3', _key_block),
    Operation("verify_data", 'PRF(master_secret, "client finished", hash): RFC 5246 section 7.4.9', _verify_data),
    Operation("seal", "MAC, padding, IV and encryption: RFC 5246 section 6.2.3, RFC 5288, RFC 7366", _seal),
    Operation("open", "the same backwards, and one bad_record_mac for every fault: RFC 5246 section 6.2.3", _open),
    Operation("encode_client_hello", "write a ClientHello: RFC 5246 section 7.4.1.2", _encode_client_hello),
    Operation("parse_server_hello", "read a ServerHello, strictly: RFC 5246 section 7.4.1.3", _parse_server_hello),
    Operation("verify_chain", "whose certificate is this: RFC 5280 section 6, RFC 6125", _verify_chain),
)
NAMES = tuple(operation.name for operation in OPERATIONS)


@lru_cache(maxsize=1)
def questions() -> tuple[GradedQuestion, ...]:
    """Every question, in order."""
    return tuple(question for operation in OPERATIONS for question in operation.questions())
