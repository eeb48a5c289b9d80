"""What signed distances, component depths and fuzzy labels promise, on any mask."""

from itertools import combinations

import pytest
import torch
from drawn import between, part_that
from hypothesis import example, given, settings
from hypothesis import strategies as st
from volumes import components, has_several_depths, nested_masks

from trainables.components import component_depth
from trainables.curriculum import CurriculumConfig, admission, shell_index
from trainables.distance import signed_distance
from trainables.fuzzy import FuzzyConfig, fuzzy_label
from trainables.losses import shell_losses

CLAIM = settings(max_examples=25, deadline=None, derandomize=True)
SPACINGS = st.sampled_from([(1.0, 1.0, 1.0), (3.0, 1.0, 1.0), (0.7, 0.5, 2.0), (2.0, 0.9, 0.7)])


def configs(**parameters):
    """Mostly useful parameters, a quarter of the time any, the ends of their ranges first."""
    parameters["profile"] = st.sampled_from(["smoothstep", "linear", "cosine"])
    parameters["hesitation"] = st.floats(0, 1)
    useful = {"width_mm": between(1, 4), "strength": between(0.3, 1), "lesion_cap": between(0.5, 1)}
    ends = {
        "width_mm": st.floats(0, 6),
        "strength": st.floats(0, 1),
        "lesion_cap": st.floats(0.1, 1),
    }
    return st.sampled_from([useful, useful, useful, ends]).flatmap(
        lambda ranges: st.builds(FuzzyConfig, **ranges, **parameters)
    )


SYMMETRIC = configs()
CONFIGS = configs(
    complement=st.sampled_from(["symmetric", "sugeno", "yager"]),
    sugeno_lambda=st.floats(0, 10),
    yager_alpha=st.floats(0.25, 1),
)
"""Any complement: the membership never depends on it, and what is said of targets holds for all."""


@st.composite
def volumes(draw):
    """Three nested regions (3, *spatial) in two or three dimensions, and the spacing, mm."""
    masks = draw(nested_masks(count=3))
    return torch.from_numpy(masks), draw(SPACINGS)[1 - masks.ndim :]


def lesion_at_the_rim():
    """A one-voxel inner region on the rim of a deep outer one, (2, X, 1, 1)."""
    masks = torch.zeros(2, 9, 1, 1, dtype=torch.bool)
    masks[0, 2:8], masks[1, 2] = True, True
    return masks, (1.0, 1.0, 1.0)


def soften(volume, config, nested=False, capped=True):
    """The fuzzy label of a batch of one, with its signed distance and depth."""
    masks, spacing = volume
    phi = signed_distance(masks, spacing).double()
    depth = component_depth(masks, phi, spacing) if capped else torch.full_like(phi, 8.0)
    return fuzzy_label(masks[None], phi[None], depth[None], spacing, config, nested), phi, depth


def soft_voxels(case):
    membership = soften(*case)[0].membership
    return int(((membership > 0) & (membership < 1)).sum())


def are_nested(label):
    return bool((label.membership.diff(dim=1) <= 0).all())


def every_component_has_one(kept, masks):
    """Whether each component of each region holds a True voxel of `kept` (1, C, *spatial)."""
    return all(
        set(components(mask)[core & mask]) == set(components(mask)[mask])
        for mask, core in zip(masks.numpy(), kept[0].numpy(), strict=True)
    )


def loses_its_core_uncapped(case):
    label, _, _ = soften(*case, capped=False)
    return not every_component_has_one(label.membership == 1, case[0][0])


@pytest.mark.parametrize(
    ("holds", "least"),
    [
        (lambda case: soft_voxels(case) > 0, 0.3),
        (lambda case: soft_voxels(case) >= 20, 0.15),
        (lambda case: any(map(has_several_depths, case[0][0].numpy())), 0.3),
        (loses_its_core_uncapped, 0.4),
        (lambda case: not are_nested(soften(*case)[0]), 0.2),
        (lambda case: case[0][0].ndim == 3, 0.1),
        (lambda case: case[0][0].ndim == 4, 0.1),
        (lambda case: any(mask.all() or not mask.any() for mask in case[0][0]), 0.01),
    ],
    ids=["soft", "20 soft", "depths", "cap needed", "mend needed", "2-D", "3-D", "empty or full"],
)
def test_a_fair_part_of_the_volumes_is_what_the_claims_below_are_about(holds, least):
    assert part_that(holds, st.tuples(volumes(), CONFIGS)) >= least


@CLAIM
@given(volume=volumes(), config=CONFIGS, part=st.sampled_from([None, 1.0, 0.99, 0.5, 0.0]))
def test_without_strength_or_width_the_membership_is_the_label_exactly(volume, config, part):
    """Up to half the smallest spacing there is no width, and no voxel lies nearer."""
    masks, spacing = volume
    change = {"strength": 0.0} if part is None else {"width_mm": part * min(spacing) / 2}
    label, _, _ = soften(volume, config.model_copy(update=change))
    assert torch.equal(label.membership[0], masks.float())
    assert torch.equal(label.target, label.membership)
    assert torch.equal(label.weight, torch.ones_like(label.weight))


@CLAIM
@given(volume=volumes(), config=SYMMETRIC)
def test_without_hesitation_the_target_is_the_membership_and_every_weight_is_one(volume, config):
    label, _, _ = soften(volume, config.model_copy(update={"hesitation": 0.0}))
    assert torch.equal(label.target, label.membership)
    assert torch.equal(label.weight, torch.ones_like(label.weight))


@CLAIM
@given(volume=volumes(), config=CONFIGS)
def test_beyond_the_local_half_width_a_label_is_certain(volume, config):
    masks, spacing = volume
    label, phi, depth = soften(volume, config)
    width = (config.lesion_cap * depth).clamp(min=min(spacing) / 2).clamp(max=config.width_mm)
    beyond = phi.abs() >= width + 1e-5
    assert torch.equal(label.membership[0][beyond], masks.float()[beyond])
    assert (label.coordinate[0][beyond].abs() == 1).all()


@CLAIM
@given(volume=volumes(), config=CONFIGS)
def test_the_complement_at_equal_depth_has_the_complementary_membership(volume, config):
    masks, spacing = volume
    label, phi, depth = soften(volume, config)
    other = fuzzy_label(~masks[None], -phi[None], depth[None], spacing, config)
    torch.testing.assert_close(other.membership, 1 - label.membership)
    if config.complement == "symmetric":
        torch.testing.assert_close(other.target, 1 - label.target)
        torch.testing.assert_close(other.weight, label.weight)


@CLAIM
@given(depth=st.floats(0.5, 8), config=CONFIGS)
def test_membership_and_target_rise_with_the_distance(depth, config):
    phi = torch.cat((torch.linspace(-8, -0.5, 200), torch.linspace(0.5, 8, 200))).double()
    phi = phi.view(1, 1, -1)
    label = fuzzy_label(phi > 0, phi, torch.full_like(phi, depth), [1.0], config)
    assert (label.membership.diff() >= -1e-12).all()
    assert (label.target.diff() >= -1e-12).all()


@CLAIM
@given(volume=volumes(), config=CONFIGS, nested=st.booleans())
def test_more_than_half_a_membership_is_exactly_the_label(volume, config, nested):
    label, _, _ = soften(volume, config, nested)
    assert torch.equal(label.membership[0] > 0.5, volume[0])
    if config.complement == "symmetric":
        assert torch.equal(label.target[0] > 0.5, volume[0])


@pytest.mark.parametrize(
    ("complement", "grown"),
    [
        ({"complement": "symmetric", "hesitation": 1.0}, 0),
        ({"complement": "sugeno", "sugeno_lambda": 3.0}, 6 * 49),
        ({"complement": "yager", "yager_alpha": 0.5}, 6 * 49 + 12 * 7),
    ],
    ids=["symmetric", "sugeno", "yager"],
)
def test_only_an_asymmetric_complement_makes_a_lesion_grow(complement, grown):
    """A cube of 7: Sugeno's and Yager's turn voxels beside its faces (and edges) into targets."""
    mask = torch.zeros(1, 13, 13, 13, dtype=torch.bool)
    mask[0, 3:10, 3:10, 3:10] = True
    label, _, _ = soften((mask, (1.0, 1.0, 1.0)), FuzzyConfig(width_mm=3.5, **complement))
    assert int((label.membership > 0.5).sum()) == 343
    assert int((label.target > 0.5).sum()) == 343 + grown


@CLAIM
@given(
    volume=volumes(),
    config=CONFIGS,
    nested=st.booleans(),
    shells=st.sampled_from([2, 3, 5]),
    progress=st.floats(0, 1),
)
@example(lesion_at_the_rim(), FuzzyConfig(width_mm=2.0), True, 2, 0.0)
def test_every_component_keeps_a_certain_voxel_that_is_admitted_at_every_time(
    volume, config, nested, shells, progress
):
    label, _, _ = soften(volume, config, nested)
    admitted = admission(progress, CurriculumConfig(warmup=1.0, shells=shells))
    kept = (label.membership == 1) & (admitted[shell_index(label.coordinate, shells)] == 1)
    assert every_component_has_one(kept, volume[0])


@CLAIM
@given(volume=volumes(), config=CONFIGS)
def test_nested_regions_have_nested_memberships_and_targets(volume, config):
    label, _, _ = soften(volume, config, nested=True)
    assert are_nested(label)
    assert (label.target.diff(dim=1) <= 1e-6).all()


def test_per_lesion_widths_break_nestedness_where_it_is_not_mended():
    apart, _, _ = soften(lesion_at_the_rim(), FuzzyConfig(width_mm=2.0))
    assert (apart.membership[0, 1] > apart.membership[0, 0]).any()


@CLAIM
@given(volume=volumes(), config=CONFIGS, number=st.integers(0, 2))
def test_a_flip_of_the_volume_flips_the_label(volume, config, number):
    masks, spacing = volume
    axis = number % len(spacing)
    label, phi, depth = soften(volume, config)
    flipped, flipped_phi, flipped_depth = soften((masks.flip(axis + 1), spacing), config)
    torch.testing.assert_close(flipped_phi, phi.flip(axis + 1))
    torch.testing.assert_close(flipped_depth, depth.flip(axis + 1))
    torch.testing.assert_close(flipped.target, label.target.flip(axis + 2), atol=1e-5, rtol=0)


@CLAIM
@given(volume=volumes(), config=CONFIGS, number=st.integers(0, 2))
def test_a_quarter_turn_of_the_volume_and_its_spacing_turns_the_label(volume, config, number):
    masks, spacing = volume
    planes = list(combinations(range(len(spacing)), 2))
    a, b = planes[number % len(planes)]
    turned_spacing = list(spacing)
    turned_spacing[a], turned_spacing[b] = spacing[b], spacing[a]
    label, phi, depth = soften(volume, config)
    turned, turned_phi, turned_depth = soften(
        (masks.rot90(1, (a + 1, b + 1)), turned_spacing), config
    )
    torch.testing.assert_close(turned_phi, phi.rot90(1, (a + 1, b + 1)))
    torch.testing.assert_close(turned_depth, depth.rot90(1, (a + 1, b + 1)))
    expected = label.target.rot90(1, (a + 2, b + 2))
    torch.testing.assert_close(turned.target, expected, atol=1e-5, rtol=0)


def single_voxel(shape=(5, 4, 3)):
    mask = torch.zeros(1, *shape, dtype=torch.bool)
    mask[0, 0, -1].view(-1)[0] = True
    return mask


def border_slab(shape=(5, 4, 3)):
    mask = torch.zeros(1, *shape, dtype=torch.bool)
    mask[0, :2] = True
    return mask


@pytest.mark.parametrize(
    "mask",
    [
        torch.zeros(1, 5, 4, 3, dtype=torch.bool),
        torch.ones(1, 5, 4, 3, dtype=torch.bool),
        single_voxel(),
        border_slab(),
        torch.ones(1, 1, 1, 1, dtype=torch.bool),
        single_voxel((5, 4)),
        border_slab((5, 4)),
    ],
    ids=[
        "empty",
        "full",
        "one voxel in a corner",
        "slab at the border",
        "volume of one voxel",
        "one pixel in a corner",
        "stripe at the border",
    ],
)
@given(config=CONFIGS)
@example(config=FuzzyConfig(width_mm=0.0))
@CLAIM
def test_odd_regions_have_defined_labels_losses_and_gradients(mask, config):
    label, phi, depth = soften((mask, (1.0, 1.0, 2.5)[: mask.ndim - 1]), config)
    logits = torch.linspace(-3, 3, mask.numel()).view_as(label.target).requires_grad_()
    losses = shell_losses(logits, label, shell_index(label.coordinate, 3), 3)
    losses.sum().backward()
    assert logits.grad is not None
    for tensor in (phi, depth, label.target, label.weight, label.coordinate, losses, logits.grad):
        assert tensor.isfinite().all()
    if mask.all() or not mask.any():
        assert torch.equal(label.target[0], mask.float())
