"""The intermediates of every derivation, by its row: what a learner compares with their own numbers.

Pure: from the inputs alone, so that the recorder writes them and `check` computes them again.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...handshake.derivation import Derivation, Value
from ...handshake.tls12.derivations import declared
from ..file.events import Computed

Values = Mapping[str, bytes]
Parameters = Mapping[str, str | int]


def intermediates(name: str, parameters: Parameters, inputs: Values, output: bytes) -> tuple[Computed, ...]:
    """Every value on the way from `inputs` to `output`, in order; empty for a derivation of one step."""
    row = declared(name, inputs)
    if row is None:
        return ()
    values: dict[str, Value] = {**parameters, **inputs}
    steps = tuple(Computed(step.name, step.input, step.output) for step in row.steps(values))
    return steps + slices(row, values, output)


def slices(row: Derivation, inputs: Mapping[str, Value], output: bytes) -> tuple[Computed, ...]:
    """The pieces that a value is cut into, those of no length left out; none for a value that stays whole."""
    pieces, at = [], 0
    for name, length in row.slices(inputs, output) if row.slices is not None else ():
        if length > 0:
            pieces.append(Computed(name, None, output[at : at + length]))
            at += length
    return tuple(pieces)
