"""What the sampler promises: one size, everything flipped alike, repeatable, lesions seen."""

import os
from dataclasses import replace

import numpy as np
import pytest
import torch

from trainables.data.augmentation.record import Augmentation
from trainables.data.distances import compact_distances
from trainables.data.patches import PatchSampler
from trainables.data.place import Place
from trainables.data.preprocessing import PreparedCase
from trainables.data.sampling import SamplingConfig
from trainables.data.sampling_points import find_points

SPACING_MM = (1.0, 1.0, 2.0)


def make_case(shape=(20, 18, 16), corner=(3, 5, 2)):
    """One lesion of 4 x 3 x 2 voxels off the centre; image channel 0 is the label, 1 is phi."""
    label = torch.zeros(1, *shape, dtype=torch.bool)
    box = tuple(slice(c, c + n) for c, n in zip(corner, (4, 3, 2), strict=True))
    label[(0, *box)] = True
    phi, depth = compact_distances(label, SPACING_MM)
    return prepared("a", torch.cat((label.float(), phi.float())), label, phi, depth)


def prepared(name, image, label, phi, depth):
    points = find_points(label, phi, SPACING_MM)
    return PreparedCase(name, image, label, phi, depth, SPACING_MM, points)


def make_sampler(case=None, size=(8, 8, 8), seed=0, **settings):
    config = SamplingConfig(**{"foreground": 1.0, **settings})
    return PatchSampler([case or make_case()], size, 4, config, seed)


def test_flips_keep_image_label_phi_and_depth_aligned():
    sampler = make_sampler(foreground=0.5)
    orientations = set()
    for _ in range(20):
        batch = sampler.draw()
        assert torch.equal(batch.image[:, :1], batch.label.float())
        assert torch.equal(batch.image[:, 1:], batch.phi)
        assert torch.equal(batch.phi > 0, batch.label)
        assert (batch.depth[batch.label] >= batch.phi[batch.label]).all()
        orientations |= {tuple(phi.flatten().tolist()) for phi in batch.phi}
    assert len(orientations) > 20


def test_a_patch_of_the_whole_case_is_seen_in_all_eight_orientations():
    case = make_case(shape=(8, 8, 8))
    sampler = make_sampler(case)
    seen = {tuple(label.flatten().tolist()) for _ in range(40) for label in sampler.draw().label}
    axes = [[a for a in (1, 2, 3) if (n >> a - 1) & 1] for n in range(8)]
    assert seen == {tuple(case.label.flip(flips).flatten().tolist()) for flips in axes}


def test_distances_inside_a_patch_are_those_of_the_whole_case():
    phi = make_sampler(size=(2, 2, 2)).draw().phi
    assert set(phi.flatten().tolist()) <= set(make_case().phi.flatten().tolist())


def test_centred_patches_hold_lesion_and_others_lie_anywhere():
    centred, anywhere = make_sampler(size=(4, 4, 4)), make_sampler(size=(4, 4, 4), foreground=0.0)
    assert all(label.any() for _ in range(20) for label in centred.draw().label)
    assert not all(label.any() for _ in range(20) for label in anywhere.draw().label)


def test_a_small_region_is_drawn_as_often_as_a_large_one():
    case = make_case(shape=(40, 8, 8))
    label = torch.zeros(2, 40, 8, 8, dtype=torch.bool)
    label[0, :16], label[1, 36, 4, 4] = True, True
    tensors = (label.float(), label, case.phi.expand(2, -1, -1, -1), label.float())
    sampler = make_sampler(prepared("b", *tensors), size=(2, 2, 2))
    drawn = [bool(p[1].any()) for _ in range(50) for p in sampler.draw().label]
    assert 0.35 < sum(drawn) / len(drawn) < 0.65


def test_a_case_without_a_lesion_is_drawn_from_anywhere():
    case = make_case()
    empty = torch.zeros_like(case.label)
    far = torch.full_like(case.phi, -127)
    sampler = make_sampler(prepared("c", case.image, empty, far, -far))
    assert not sampler.draw().label.any()


def test_a_case_smaller_than_the_patch_is_padded_with_certain_background():
    batch = make_sampler(make_case(shape=(8, 8, 5), corner=(0, 1, 1)), size=(8, 16, 16)).draw()
    assert batch.image.shape == (4, 2, 8, 16, 16)
    assert all(int(label.sum()) == 24 for label in batch.label)
    assert torch.equal(batch.phi > 0, batch.label)
    assert (batch.phi == -127).sum() >= 4 * 8 * 16 * 11
    assert torch.equal(batch.spacing_mm, torch.tensor([SPACING_MM] * 4))


@pytest.mark.parametrize("foreground", [0.0, 0.67, 1.0])
@pytest.mark.parametrize(("prefetch", "then"), [(0, 0), (0, 3), (3, 0), (2, 3)])
def test_a_saved_state_gives_the_same_patches_again_made_ahead_or_not(foreground, prefetch, then):
    settings = {"foreground": foreground, "boundary": (1 - foreground) / 2, "jitter": 0.5}
    sampler = make_sampler(prefetch=prefetch, **settings)
    sampler.draw()
    state = sampler.state()
    wanted = [sampler.draw() for _ in range(3)]
    other = make_sampler(prefetch=then, seed=99, **settings)
    other.draw()
    other.load_state(state)
    assert torch.equal(other.state(), state)
    for batch in wanted:
        found = other.draw()
        assert torch.equal(found.phi, batch.phi)
        assert torch.equal(found.image, batch.image)
    assert torch.equal(other.state(), sampler.state())


def test_the_same_places_make_the_same_batch():
    sampler = make_sampler()
    places = sampler.draw_places()
    first, again = sampler.cut(places), sampler.cut(places)
    assert torch.equal(first.image, again.image)
    other = make_sampler()
    assert torch.equal(other.draw().image, first.image)
    assert torch.equal(other.state(), sampler.state())


def test_an_error_in_the_thread_that_works_ahead_is_raised_where_the_batch_is_drawn():
    case = make_case()
    sampler = make_sampler(replace(case, depth=case.depth[0]), prefetch=2)
    with pytest.raises(IndexError):
        sampler.draw()


def test_nothing_of_a_case_is_read_but_where_patches_lie(tmp_path):
    """A map of a file far larger than memory would do."""
    file = tmp_path / "image.raw"
    file.touch()
    os.truncate(file, 2**42)
    mapped = np.memmap(file, np.float32, "r+", shape=(1, 2**20, 2**10, 2**10))
    label = torch.zeros(1, 1, 1, 1, dtype=torch.bool).expand(1, *mapped.shape[1:])
    place = Place(0, (-2, 500, 7), (4, 8, 8), Augmentation())
    assert torch.equal(place.cut(torch.from_numpy(mapped), 3.0)[0, :2], torch.full((2, 8, 8), 3.0))
    assert not place.cut(label, beyond=True)[0, 2:].any()


def test_seeds_differ_and_repeat():
    first, again, other = (make_sampler(seed=seed).draw().image for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
