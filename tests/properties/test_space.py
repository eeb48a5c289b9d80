"""Laws of the search space, over arbitrary spaces with conditions."""

import itertools
import math

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pareto_search.space import (
    Choice,
    Float,
    Int,
    active,
    contains,
    digest,
    is_active,
    nest,
    parents_first,
)
from pareto_search.trials.preflight import probing_points

KEYS = ("a", "b.c", "b.d", "e.f.g", "h")
NUMBERS = st.integers(-5, 5)


@st.composite
def parameters(draw, when):
    kind = draw(st.sampled_from(["float", "int", "choice"]))
    if kind == "choice":
        values = draw(st.lists(st.sampled_from(["x", "y", 0, 1, True]), min_size=1, unique_by=repr))
        return Choice(type="choice", values=tuple(values), when=when)
    low, high = sorted((draw(NUMBERS), draw(NUMBERS)))
    return {"float": Float, "int": Int}[kind](type=kind, low=low, high=high, when=when)


def values_of(parameter):
    if isinstance(parameter, Choice):
        return st.sampled_from(parameter.values)
    if isinstance(parameter, Int):
        return st.integers(parameter.low, parameter.high)
    return st.floats(parameter.low, parameter.high)


@st.composite
def spaces(draw):
    """Spaces in which any parameter may depend on those drawn before it, in any written order."""
    space = {}
    for key in draw(st.lists(st.sampled_from(KEYS), min_size=1, unique=True)):
        parents = draw(st.lists(st.sampled_from(list(space)), max_size=2)) if space else []
        when = {parent: draw(values_of(space[parent])) for parent in parents}
        space[key] = draw(parameters(when))
    return dict(draw(st.permutations(list(space.items()))))


@st.composite
def spaces_and_values(draw):
    space = draw(spaces())
    return space, {key: draw(values_of(parameter)) for key, parameter in space.items()}


@given(spaces_and_values())
def test_what_is_active_is_contained(drawn):
    space, values = drawn
    assert contains(space, active(space, values))


@given(spaces_and_values())
def test_active_keeps_exactly_the_keys_whose_conditions_hold(drawn):
    space, values = drawn
    point = active(space, values)
    assert set(point) == {key for key in space if is_active(space[key], point)}
    assert active(space, point) == point


@given(spaces_and_values(), st.data())
def test_a_point_with_a_key_more_or_less_is_not_contained(drawn, data):
    space, values = drawn
    point = active(space, values)
    key = data.draw(st.sampled_from(list(point)))
    assert not contains(space, {k: v for k, v in point.items() if k != key})
    assert not contains(space, {**point, "zzz": 1})
    inactive = set(values) - set(point)
    assert not any(contains(space, {**point, k: values[k]}) for k in inactive)


@given(spaces())
def test_parents_come_first_and_every_key_once(space):
    order = parents_first(space)
    assert sorted(order) == sorted(space)
    assert all(order.index(p) < order.index(key) for key in space for p in space[key].when)


@given(spaces())
@settings(max_examples=50)
def test_probing_points_are_contained_and_hold_all_ends_of_free_parameters(space):
    points = probing_points(space)
    for key, parameter in space.items():
        if not parameter.when:
            seen = {repr(point[key]) for point in points}
            wanted = getattr(parameter, "values", None) or (parameter.low, parameter.high)
            assert seen >= {repr(value) for value in wanted}
    assert all(a != b or repr(a) != repr(b) for a, b in itertools.combinations(points, 2))
    assert all(contains(space, point) for point in points)


SCALARS = st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(max_size=3)
POINTS = st.dictionaries(st.sampled_from(KEYS), SCALARS)


def flatten(node, prefix=""):
    flat = {}
    for key, value in node.items():
        flat |= (
            flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
        )
    return flat


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first draw, on a busy machine
@given(POINTS)
def test_nesting_loses_nothing(point):
    assert flatten(nest(point)) == point


@given(POINTS, POINTS)
def test_a_point_wins_over_the_base_and_leaves_the_rest(point, base):
    nested_base = nest(base)
    assert flatten(nest(point, nested_base)) == {**base, **point}
    assert nested_base == nest(base)


def is_same(a, b):
    return set(a) == set(b) and all(
        a[key] == b[key] and isinstance(a[key], bool) == isinstance(b[key], bool) for key in a
    )


@given(POINTS, st.data())
def test_digest_ignores_the_order_of_keys(point, data):
    shuffled = dict(data.draw(st.permutations(list(point.items()))))
    assert digest(shuffled) == digest(point)


@given(
    st.dictionaries(
        st.sampled_from("ab"), st.sampled_from([0, 0.0, -0.0, 1, 1.0, True, False, "1", 0.1])
    ),
    st.data(),
)
def test_digests_are_equal_exactly_when_points_are(a, data):
    values = st.sampled_from([0, 0.0, 1, 1.0, True, "1", 0.1, math.nextafter(0.1, 1)])
    b = {key: data.draw(values) for key in a}
    assert (digest(a) == digest(b)) == is_same(a, b)
