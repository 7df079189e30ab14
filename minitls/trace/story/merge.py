"""Two endpoints' sequences of steps into one, keeping the order of each: steps that both tell of tie them together.

Threads decide whose event is recorded first, so the numbers alone would put a server's derivations behind messages
that the client sent without waiting for them. What is known for sure is the order within each endpoint; of the orders
that respect both, this takes the one in which a step comes as early as possible, by its first event number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def merge(chains: Sequence[Sequence[T]], key: Callable[[T], int]) -> list[T]:
    """All items of `chains`, each once; an item of several chains (the same object) comes where all of them stand.

    If two chains hold shared items in opposite orders (alerts that crossed), the smaller `key` goes first.
    """
    chains_of: dict[int, int] = {}
    for chain in chains:
        for item in chain:
            chains_of[id(item)] = chains_of.get(id(item), 0) + 1
    at = [0] * len(chains)
    done: set[int] = set()
    merged: list[T] = []
    while True:
        heads: list[T] = []
        for index, chain in enumerate(chains):
            while at[index] < len(chain) and id(chain[at[index]]) in done:
                at[index] += 1
            if at[index] < len(chain):
                heads.append(chain[at[index]])
        if not heads:
            return merged
        ready = [head for head in heads if sum(other is head for other in heads) == chains_of[id(head)]]
        chosen = min(ready or heads, key=key)
        done.add(id(chosen))
        merged.append(chosen)
