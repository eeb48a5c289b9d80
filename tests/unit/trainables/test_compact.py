import pytest
import torch
from drawn import part_that
from hypothesis import given, settings
from hypothesis import strategies as st
from volumes import components, has_several_depths, nested_masks

from trainables.compact import LIMIT_MM, STEP_MM, to_mm, to_steps
from trainables.components import component_depth
from trainables.distance import signed_distance
from trainables.errors import ParameterError
from trainables.fuzzy import FuzzyConfig, fuzzy_label

CLAIM = settings(max_examples=40, deadline=None, derandomize=True)
MASKS = nested_masks(count=2).map(torch.from_numpy)
SPACINGS = st.sampled_from([(1.0, 1.0, 1.0), (0.1, 0.1, 0.3), (0.7, 0.5, 2.0), (0.03, 0.02, 1.0)])
CONFIGS = st.builds(
    FuzzyConfig,
    width_mm=st.floats(0, 12),
    strength=st.floats(0.1, 1),
    lesion_cap=st.floats(0.1, 1),
    hesitation=st.floats(0, 1),
)


@CLAIM
@given(values=st.lists(st.floats(-30, 30).filter(bool), min_size=1))
def test_a_distance_comes_back_to_half_a_step_its_order_and_its_sign(values):
    distances = torch.tensor(sorted(values), dtype=torch.float64)
    found = to_mm(to_steps(distances))
    far = distances.abs() > LIMIT_MM
    near = distances.abs() < STEP_MM / 2
    assert ((found - distances).abs() <= STEP_MM / 2 + 1e-9)[~far & ~near].all()
    assert (found.abs() == LIMIT_MM)[far].all()
    assert (found.abs() == STEP_MM)[near & (distances != 0)].all()
    assert torch.equal(found > 0, distances > 0)
    assert (found.diff() >= 0).all()


def test_many_masks_have_lesions_of_different_depth():
    assert part_that(lambda masks: any(map(has_several_depths, masks.numpy())), MASKS) >= 0.3


@CLAIM
@given(masks=MASKS, spacing=SPACINGS, config=CONFIGS)
def test_labels_from_kept_distances_keep_what_labels_promise(masks, spacing, config):
    """The side of every voxel, certainty off the band, and a certain voxel in every component."""
    spacing = spacing[: masks.ndim - 1]
    exact = signed_distance(masks, spacing, LIMIT_MM)
    depth = to_mm(to_steps(component_depth(masks, exact, spacing, LIMIT_MM)))[None]
    phi = to_mm(to_steps(exact))[None]
    label = fuzzy_label(masks[None], phi, depth, spacing, config)
    assert torch.equal(phi[0] > 0, masks)
    assert torch.equal(label.membership > 0.5, masks[None])
    assert torch.equal(label.membership == 1, (label.coordinate == 1))
    for mask, membership in zip(masks.numpy(), label.membership[0].numpy(), strict=True):
        numbers = components(mask)
        assert set(numbers[membership == 1]) == set(numbers[mask])


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.7, 0.5, 2.0), (0.9, 0.9, 3.0)])
def test_without_width_or_strength_the_label_stays_crisp_to_the_bit(spacing):
    """Half of 0.9 mm is no whole number of steps: what is kept may lie nearer than that."""
    masks = torch.rand(1, 6, 6, 6, generator=torch.Generator().manual_seed(0)) > 0.6
    phi = to_mm(to_steps(signed_distance(masks, spacing)))[None]
    for change in ({"strength": 0.0}, {"width_mm": min(spacing) / 2}):
        config = FuzzyConfig(hesitation=0.0, **change)
        label = fuzzy_label(masks[None], phi, phi.abs(), spacing, config)
        assert torch.equal(label.target, masks[None].float())


def test_the_complement_has_the_opposite_steps():
    distances = torch.linspace(-9, 9, 1000, dtype=torch.float64)
    assert torch.equal(to_steps(-distances), -to_steps(distances))


def test_it_is_a_byte_and_comes_back_as_float32():
    steps = to_steps(torch.ones(2, 3, dtype=torch.float64))
    assert steps.dtype == torch.int8
    assert to_mm(steps).dtype == torch.float32


def test_millimetres_are_not_taken_for_steps():
    with pytest.raises(
        ParameterError, match=r"`steps` should be torch\.int8\. Found torch\.float32"
    ):
        to_mm(torch.ones(3))
