"""Every proposal of every searcher lies in its space, whatever the space."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from searching import NAMES, VARIANTS, few, is_slow, lighten, searcher_of

from pareto_search.searchers.protocol import Outcome, TrialState
from pareto_search.space import Choice, Float, Int, contains


@st.composite
def spaces(draw):
    kinds = st.sampled_from(["float", "int", "choice"])
    space = {}
    for place in range(draw(st.integers(1, 4))):
        when = {}
        if "p0" in space and draw(st.booleans()) and isinstance(space["p0"], Choice):
            when = {"p0": draw(st.sampled_from(space["p0"].values))}
        space[f"p{place}"] = draw(_parameter(draw(kinds), when))
    return space


def _parameter(kind, when):
    if kind == "choice":
        values = st.lists(st.sampled_from(["a", "b", 1, 2.5, True, False]), min_size=1, unique=True)
        return values.map(lambda v: Choice(type="choice", values=tuple(v), when=when))
    build, numbers = (Int, st.integers) if kind == "int" else (Float, _floats)
    log = st.booleans()
    return log.flatmap(
        lambda is_log: st.tuples(*[numbers(1 if is_log else -1000, 1000)] * 2).map(
            lambda pair: build(type=kind, low=min(pair), high=max(pair), log=is_log, when=when)
        )
    )


def _floats(low, high):
    return st.floats(low, high, allow_subnormal=False)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(space=spaces(), seed=st.integers(0, 2**31))
@pytest.mark.parametrize("variant", VARIANTS, ids=NAMES)
def test_every_proposal_is_of_any_space(variant, space, seed):
    searcher = searcher_of(variant, space, seed, population=4, startup=5 if is_slow(variant) else 2)
    with pytest.MonkeyPatch.context() as patch:
        if is_slow(variant):
            lighten(patch.setattr)
        for index in range(few(variant, 12)):
            point = searcher.ask(index)
            assert contains(space, point)
            searcher.tell(index, _ending(index))


def _ending(index):
    if index % 4 == 3:
        return Outcome(TrialState.FAILED)
    return Outcome(TrialState.COMPLETE, (index / 7 % 1.0, index / 5 % 1.0))
