"""Whether two checkpoints hold the same numbers, to the bit."""

from collections.abc import Mapping

import torch
from safetensors.torch import load_file

from trainables.checkpoint import STATE, WEIGHTS


def assert_same(folder, other):
    """The two checkpoints hold the same numbers: weights and average, and all of the state."""
    first, second = (load_file(place / WEIGHTS) for place in (folder, other))
    states = (torch.load(place / STATE, weights_only=True) for place in (folder, other))
    expected, found = (
        dict(leaves({"state": state, "weights": weights}))
        for state, weights in zip(states, (first, second), strict=True)
    )
    assert expected.keys() == found.keys()
    different = [name for name, value in expected.items() if not same(value, found[name])]
    assert not different


def leaves(value, name=""):
    """Every value within mappings and sequences, by its dotted name."""
    if isinstance(value, Mapping):
        pairs = value.items()
    elif isinstance(value, list | tuple):
        pairs = enumerate(value)
    else:
        yield name, value
        return
    for key, entry in pairs:
        yield from leaves(entry, f"{name}.{key}")


def same(value, other):
    return torch.equal(value, other) if isinstance(value, torch.Tensor) else value == other
