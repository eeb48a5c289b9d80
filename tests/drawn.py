"""Examples drawn by a seed, and how many of them a claim could fail on.

Hypothesis gives most entries of an array one common value. A claim about soft voxels, lesions of
different depth or gradients in conflict then says nothing of nearly every example. Here each entry
has a value of its own, and `part_that` measures whether the examples are what a claim is about.
"""

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

RNGS = st.integers(0, 2**32 - 1).map(np.random.default_rng)


def between(low, high):
    """Numbers spread evenly; `st.floats` likes ends and halves, which claims need besides."""
    return RNGS.map(lambda rng: float(rng.uniform(low, high)))


def part_that(holds, strategy, draws=100):
    """The part of `draws` examples of `strategy` that `holds` is true of.

    Hypothesis repeats itself, so it moves by a quarter with whatever else is imported.
    """
    seen = []

    @settings(max_examples=draws, deadline=None, derandomize=True, phases=[Phase.generate])
    @given(strategy)
    def look(example):
        seen.append(bool(holds(example)))

    look()
    return sum(seen) / len(seen)
