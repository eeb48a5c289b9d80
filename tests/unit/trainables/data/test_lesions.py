"""Lesions are counted as touching voxels, by an independent search."""

import numpy as np
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from trainables.data.lesions import lesion_sizes


def by_search(region):
    """Sizes of the lesions of `region`, found by going from voxel to neighbouring voxel."""
    left = {tuple(place) for place in np.argwhere(region)}
    sizes = []
    while left:
        waiting, size = [left.pop()], 0
        while waiting:
            place = waiting.pop()
            size += 1
            near = {p for p in left if max(abs(a - b) for a, b in zip(p, place, strict=True)) == 1}
            left -= near
            waiting += near
        sizes.append(size)
    return tuple(sorted(sizes))


@settings(deadline=None)
@given(hnp.arrays(bool, hnp.array_shapes(min_dims=3, max_dims=3, max_side=5)))
def test_lesions_are_what_a_search_from_neighbour_to_neighbour_finds(region):
    assert lesion_sizes(region) == by_search(region)
