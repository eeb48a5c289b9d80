"""What turns and flips promise: exactness, in distances too, and every way round as likely."""

from collections import Counter

import pytest
import torch
from scipy import stats

from trainables.data.augmentation.config import AugmentationConfig
from trainables.data.augmentation.orientation import Orientation, draw_flips, draw_turns
from trainables.data.distances import compact_distances

TURNED = AugmentationConfig(quarter_turns=True)
CUBE = torch.arange(27).view(1, 3, 3, 3)


def draw(spacing_mm, config, generator):
    turns = draw_turns(spacing_mm, config, generator)
    return Orientation(turns, draw_flips(config, generator))


@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0, 1.0), (0.7, 1.2, 3.0)])
@pytest.mark.parametrize("seed", range(6))
def test_distances_of_a_turned_label_are_the_turned_distances(spacing_mm, seed):
    """Of any turn, also in planes that are never drawn, because spacings go along."""
    generator = torch.Generator().manual_seed(seed)
    label = torch.rand(2, 9, 8, 7, generator=generator) > 0.9
    orientation = draw((1, 1, 1), TURNED, generator)
    spacing_after = orientation.after(spacing_mm)
    found = compact_distances(orientation.apply(label), spacing_after)
    for steps, wanted in zip(found, compact_distances(label, spacing_mm), strict=True):
        assert torch.equal(steps, orientation.apply(wanted))


def test_lengths_go_along_with_the_axes_there_and_back():
    generator = torch.Generator().manual_seed(0)
    for _ in range(50):
        orientation = draw((1, 1, 1), TURNED, generator)
        turned = orientation.apply(torch.zeros(1, 2, 3, 4))
        assert orientation.after((2, 3, 4)) == tuple(turned.shape[1:])
        assert orientation.before(orientation.after((2, 3, 4))) == (2, 3, 4)


@pytest.mark.parametrize(("flips", "ways"), [(True, 48), (False, 24)])
def test_every_way_round_is_drawn_and_without_flips_none_that_mirrors(flips, ways):
    generator = torch.Generator().manual_seed(0)
    config = AugmentationConfig(quarter_turns=True, flips=flips)
    drawn = [draw((1, 1, 1), config, generator) for _ in range(60 * ways)]
    seen = Counter(tuple(o.apply(CUBE).flatten().tolist()) for o in drawn)
    assert len(seen) == ways


def test_only_planes_of_equal_spacings_are_turned():
    generator = torch.Generator().manual_seed(0)
    drawn = [draw_turns((1.0, 2.0, 1.0001), TURNED, generator) for _ in range(400)]
    counts = Counter(turns[0][2] if turns else 0 for turns in drawn)
    assert {turn[:2] for turns in drawn for turn in turns} == {(1, 3)}
    assert stats.chisquare([counts[k] for k in range(4)]).pvalue > 1e-3
    assert draw_turns((1.0, 2.0, 3.0), TURNED, generator) == ()


def test_what_is_off_draws_nothing():
    generator = torch.Generator().manual_seed(0)
    before = generator.get_state()
    assert draw((1, 1, 1), AugmentationConfig(flips=False), generator) == Orientation()
    assert torch.equal(generator.get_state(), before)
