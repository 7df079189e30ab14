"""The intermediates of every derivation, by its name: what a learner compares with their own numbers.

Pure: from the inputs alone, so that the recorder writes them and `check` computes them again.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..crypto.prf import prf_steps
from ..crypto.suites import suite_named
from .events import Computed

Values = Mapping[str, bytes]
Parameters = Mapping[str, object]

#: Name of the derived value to (secret, label, seeds in order): its PRF (RFC 5246 sections 5, 6.3, 7.4.9, 8.1).
PRF_OF: dict[str, tuple[str, bytes, tuple[str, ...]]] = {
    "master_secret": ("pre_master_secret", b"master secret", ("client_random", "server_random")),
    "extended_master_secret": ("pre_master_secret", b"extended master secret", ("session_hash",)),
    "key_block": ("master_secret", b"key expansion", ("server_random", "client_random")),
    "client_verify_data": ("master_secret", b"client finished", ("handshake_hash",)),
    "server_verify_data": ("master_secret", b"server finished", ("handshake_hash",)),
}


def intermediates(name: str, parameters: Parameters, inputs: Values, output: bytes) -> tuple[Computed, ...]:
    """Every value on the way from `inputs` to `output`, in order; empty for a derivation of one step."""
    used = prf_of(name, inputs)
    if used is not None:
        secret, label, seeds = used
        seed = b"".join(inputs[each] for each in seeds)
        hmacs = prf_steps(str(parameters["hash"]), inputs[secret], label, seed, len(output))
        steps = tuple(Computed(step.name, step.input, step.output) for step in hmacs)
        return steps + (key_block_slices(str(parameters["suite"]), output) if name == "key_block" else ())
    if name == "pkcs1_block":
        return pkcs1_slices(output, len(inputs["pre_master_secret"]))
    if name == "pre_master_secret":
        return pre_master_slices(output)
    return ()


def prf_of(name: str, inputs: Values) -> tuple[str, bytes, tuple[str, ...]] | None:
    """Which PRF gives the value `name`; None if it is no PRF's. RFC 7627 is told by its input."""
    return PRF_OF.get("extended_master_secret" if name == "master_secret" and "session_hash" in inputs else name)


def key_block_slices(suite_name: str, block: bytes) -> tuple[Computed, ...]:
    """The key block cut as in RFC 5246 section 6.3; slices of no length are left out."""
    suite = suite_named(suite_name)
    sizes = (("MAC_key", suite.mac_length), ("key", suite.key_length), ("IV", suite.fixed_iv_length))
    names = [(f"{side}_write_{part}", size) for part, size in sizes for side in ("client", "server")]
    return cut(block, names)


def pkcs1_slices(block: bytes, message: int) -> tuple[Computed, ...]:
    """00 02 | padding | 00 | client_version | random (RFC 8017 section 7.2.1, RFC 5246 section 7.4.7.1)."""
    sizes = [("block type", 2), ("padding", len(block) - message - 3), ("separator", 1)]
    return cut(block, [*sizes, ("client_version", 2), ("random", message - 2)])


def pre_master_slices(secret: bytes) -> tuple[Computed, ...]:
    """client_version (2) | random (46)."""
    return cut(secret, [("client_version", 2), ("random", len(secret) - 2)])


def cut(data: bytes, sizes: list[tuple[str, int]]) -> tuple[Computed, ...]:
    """`data` cut into named pieces from its start, those of no length left out."""
    pieces, at = [], 0
    for name, size in sizes:
        if size > 0:
            pieces.append(Computed(name, None, data[at : at + size]))
            at += size
    return tuple(pieces)
