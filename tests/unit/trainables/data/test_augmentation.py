"""What augmented patches promise: replays, streams that go on, and no corner left empty."""

from dataclasses import replace

import pytest
import torch
from balls import make_case, prepared_case

from trainables.compact import to_mm
from trainables.data.augmentation.config import PRESETS, AugmentationConfig
from trainables.data.patches import PatchSampler
from trainables.data.sampling import SamplingConfig
from trainables.errors import ParameterError
from trainables.fuzzy import FuzzyConfig, fuzzy_label

ALWAYS = {
    **dict.fromkeys(("affine", "elastic", "noise", "blur", "brightness", "contrast"), 1.0),
    **dict.fromkeys(("gamma", "bias_field", "low_resolution"), 1.0),
    "quarter_turns": True,
}
CASES = [make_case(number) for number in range(2)]
EMPTY = prepared_case("empty", CASES[0].image, torch.zeros_like(CASES[0].label), (1.0, 1.0, 2.0))


def make_sampler(cases=CASES, size=(12, 10, 8), seed=0, batch_size=2, prefetch=0, **settings):
    sampling = SamplingConfig(lesion=0.3, jitter=0.5, prefetch=prefetch)
    return PatchSampler(
        cases, size, batch_size, sampling, seed, augmentation=AugmentationConfig(**settings)
    )


def same(first, second):
    names = ("image", "label", "phi", "depth", "spacing_mm")
    return all(torch.equal(getattr(first, name), getattr(second, name)) for name in names)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"quarter_turns": True},
        {"affine": 1},
        {"elastic": 1},
        {"noise": 1, "flips": False},
        ALWAYS,
    ],
    ids=lambda settings: "-".join(settings) if len(settings) < 5 else "always",
)
@pytest.mark.parametrize("cases", [CASES, [EMPTY]], ids=["lesions", "empty"])
def test_labels_are_where_distances_are_above_0_and_fuzzy_labels_agree(settings, cases):
    sampler = make_sampler(cases, **settings)
    for _ in range(4):
        batch = sampler.draw()
        assert batch.image.shape == (2, 4, 12, 10, 8)
        assert batch.image.isfinite().all()
        assert torch.equal(batch.phi > 0, batch.label)
        assert (batch.depth[batch.label] >= batch.phi[batch.label]).all()
        assert (batch.label[:, 1:] <= batch.label[:, :-1]).all()
        fuzzy = fuzzy_label(
            batch.label, to_mm(batch.phi), to_mm(batch.depth), batch.spacing_mm, FuzzyConfig(), True
        )
        assert torch.equal(fuzzy.membership > 0.5, batch.label)


def test_the_same_places_make_the_same_batch_and_say_all_that_is_done():
    sampler = make_sampler(**ALWAYS)
    places = sampler.draw_places()
    batch = sampler.cut(places)
    assert same(sampler.cut(places), batch)
    assert same(make_sampler(seed=5, **ALWAYS).cut(places), batch)
    assert same(make_sampler(**ALWAYS).draw(), batch)
    assert not same(make_sampler(seed=5, **ALWAYS).draw(), batch)


@pytest.mark.parametrize(("prefetch", "then"), [(0, 0), (2, 0), (0, 2), (3, 1)])
def test_a_saved_state_goes_on_with_the_same_batches_made_ahead_or_not(prefetch, then):
    sampler = make_sampler(prefetch=prefetch, **ALWAYS)
    sampler.draw()
    state = sampler.state()
    wanted = [sampler.draw() for _ in range(3)]
    other = make_sampler(prefetch=then, seed=9, **ALWAYS)
    other.draw()
    other.load_state(state)
    assert all(same(other.draw(), batch) for batch in wanted)


def test_what_is_done_to_patches_does_not_move_them():
    """So that augmentation is compared on the same patches, by the same seed."""
    first, second = (
        make_sampler(**settings) for settings in ({"noise": 1}, {**ALWAYS, "quarter_turns": False})
    )
    for _ in range(5):
        for one, other in zip(first.draw_places(), second.draw_places(), strict=True):
            assert (one.number, one.corner, one.size) == (other.number, other.corner, other.size)
            assert one.augmentation.orientation == other.augmentation.orientation


def test_no_corner_of_a_bent_patch_is_empty():
    case = prepared_case(
        "full", torch.randn(1, 40, 40, 40), torch.ones(1, 40, 40, 40) > 0, (1.0,) * 3
    )
    ones = torch.ones(1, 40, 40, 40)
    case = replace(case, image=ones)
    settings = {"affine": 1, "elastic": 1, "rotation_degrees": 45, "elastic_shift_mm": 2}
    sampler = PatchSampler(
        [case], (14, 12, 10), 1, SamplingConfig(), 0, augmentation=AugmentationConfig(**settings)
    )
    places = [
        p for _ in range(200) for p in sampler.draw_places() if all(10 <= c <= 18 for c in p.corner)
    ]
    assert len(places) > 1
    for place in places:
        torch.testing.assert_close(sampler.cut([place]).image, torch.ones(1, 1, 14, 12, 10))


def test_turned_patches_of_unequal_edges_are_whole_parts_of_the_case():
    """Every value of the patch is one of the case, at the right place: its neighbours are, too."""
    case = CASES[0]
    values = torch.arange(16.0**3).view(1, 16, 16, 16) + 1
    case = replace(case, image=values)
    sampler = make_sampler([case], size=(14, 9, 4), quarter_turns=True)
    shapes = set()
    for _ in range(20):
        for place, image in zip(
            places := sampler.draw_places(), sampler.cut(places).image, strict=True
        ):
            shapes.add(place.size)
            voxels = image[0].long() - 1
            found = torch.stack((voxels // 256, voxels // 16 % 16, voxels % 16))
            low = found.flatten(1).min(dim=1).values
            assert tuple(low.tolist()) == place.corner
            assert tuple((found.flatten(1).max(dim=1).values - low + 1).tolist()) == place.size
            steps = [found.diff(dim=axis + 1).abs().sum(dim=0) for axis in range(3)]
            assert all((step == 1).all() for step in steps)
    assert len(shapes) == 6


def test_one_process_makes_its_share_of_what_all_draw():
    whole = make_sampler(batch_size=4, **ALWAYS)
    shares = []
    for rank in range(2):
        sampler = PatchSampler(
            CASES,
            (12, 10, 8),
            4,
            SamplingConfig(lesion=0.3, jitter=0.5, prefetch=rank),
            0,
            augmentation=AugmentationConfig(**ALWAYS),
            share=lambda places, rank=rank: places[rank::2],
        )
        shares.append([sampler.draw() for _ in range(2)])
    for batch, *parts in zip([whole.draw(), whole.draw()], *shares, strict=True):
        for rank, part in enumerate(parts):
            assert torch.equal(part.image, batch.image[rank::2])


def test_a_preset_is_what_is_not_given():
    strong = AugmentationConfig(preset="strong", noise=0.0)
    for name, value in PRESETS["strong"].items():
        assert getattr(strong, name) == (0.0 if name == "noise" else value)
    assert AugmentationConfig.model_validate(strong.model_dump()) == strong
    assert AugmentationConfig() == AugmentationConfig(preset="flips")
    with pytest.raises(ParameterError, match=r"`preset` should be 'flips' or 'strong'"):
        AugmentationConfig(preset="weak")
