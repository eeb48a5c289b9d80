import pytest
import torch

from trainables.errors import ParameterError
from trainables.fuzzy import FuzzyConfig, fuzzy_label, membership_profile

PHI = torch.tensor([[[-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]]])
DEEP = torch.full_like(PHI, 8.0)


@pytest.mark.parametrize("profile", ["smoothstep", "linear", "cosine"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_profile_reaches_zero_and_one_exactly_rises_and_is_antisymmetric(profile, dtype):
    u = torch.linspace(-1, 1, 201, dtype=dtype)
    s = membership_profile(u, profile)
    assert s[0] == 0
    assert s[100] == 0.5
    assert s[-1] == 1
    assert (s.diff() > 0).all()
    torch.testing.assert_close(membership_profile(-u, profile), 1 - s)


def test_the_smoothstep_is_flat_where_the_band_ends():
    u = torch.tensor([-1.0, 1.0], requires_grad=True)
    membership_profile(u).sum().backward()
    assert u.grad is not None
    assert u.grad.tolist() == [0.0, 0.0]


def test_a_label_by_hand():
    config = FuzzyConfig(width_mm=2.0, strength=0.5, hesitation=1.0, profile="linear")
    found = fuzzy_label(PHI > 0, PHI, DEEP, [1.0], config)
    assert found.coordinate[0, 0].tolist() == [-1.0, -0.75, -0.25, 0.25, 0.75, 1.0]
    assert found.membership[0, 0, 3] == 0.5 * 1 + 0.5 * 0.625
    mu = 0.8125
    pi = 2 * mu * (1 - mu)
    assert found.weight[0, 0, 3] == pytest.approx(1 - pi)
    assert found.target[0, 0, 3] == pytest.approx((mu - pi / 2) / (1 - pi))


def test_the_loss_of_a_hesitant_label_is_that_of_membership_and_non_membership():
    found = fuzzy_label(PHI > 0, PHI.double(), DEEP, [1.0], FuzzyConfig(hesitation=0.8))
    pi, p = 1 - found.weight, torch.full_like(found.target, 0.3)
    member, non_member = found.membership - pi / 2, 1 - found.membership - pi / 2
    entropy = -(found.target * p.log() + (1 - found.target) * (1 - p).log())
    expected = -(member * p.log() + non_member * (1 - p).log())
    torch.testing.assert_close(found.weight * entropy, expected)


def test_the_cap_narrows_the_band_of_a_shallow_lesion_alone():
    shallow = torch.tensor([[[8.0, 8.0, 8.0, 0.5, 1.5, 1.5]]])
    found = fuzzy_label(PHI > 0, PHI, shallow, [1.0], FuzzyConfig(width_mm=4.0))
    assert found.membership[0, 0, 3] == 1.0
    assert found.membership[0, 0, 4] == 1.0
    assert 0 < found.membership[0, 0, 2] < 0.5


def test_the_coordinate_keeps_the_band_where_the_label_is_crisp():
    found = fuzzy_label(PHI > 0, PHI, DEEP, [1.0], FuzzyConfig(strength=0.0))
    assert torch.equal(found.membership, (PHI > 0).float())
    assert found.coordinate.abs()[0, 0].tolist() == pytest.approx([1, 1, 1 / 3, 1 / 3, 1, 1])


def test_each_case_of_a_batch_may_have_its_own_spacing():
    phi = torch.tensor([-1.5, -0.5, 0.5, 1.5]).expand(2, 1, 4)
    depth, config = torch.full_like(phi, 8.0), FuzzyConfig(width_mm=1.0)
    both = fuzzy_label(phi > 0, phi, depth, torch.tensor([[1.0], [2.0]]), config)
    assert both.membership[0, 0, 2] < 1
    assert both.membership[1, 0, 2] == 1


def test_nothing_waits_for_the_device_when_the_spacing_is_on_the_cpu():
    """Tensors on the meta device hold no values: reading one would fail."""
    phi = torch.empty(2, 3, 4, 4, 4, device="meta")
    spacing = torch.ones(2, 3)
    found = fuzzy_label(phi > 0, phi, phi, spacing, FuzzyConfig(), nested=True)
    assert found.target.device.type == "meta"
    assert found.target.shape == phi.shape


def test_a_label_changes_nothing_it_was_given():
    phi, depth, label = PHI.clone(), DEEP.clone(), PHI > 0
    fuzzy_label(label, phi, depth, [1.0], FuzzyConfig(), nested=True)
    assert torch.equal(phi, PHI)
    assert torch.equal(depth, DEEP)
    assert torch.equal(label, PHI > 0)


def test_only_the_parameter_of_the_chosen_complement_has_effect():
    others = {"hesitation": 0.9, "sugeno_lambda": 3.0, "yager_alpha": 0.4}
    owner = {"symmetric": "hesitation", "sugeno": "sugeno_lambda", "yager": "yager_alpha"}
    for complement, own in owner.items():
        usual = fuzzy_label(PHI > 0, PHI, DEEP, [1.0], FuzzyConfig(complement=complement))
        for name, value in others.items():
            config = FuzzyConfig(complement=complement, **{name: value})
            found = fuzzy_label(PHI > 0, PHI, DEEP, [1.0], config)
            assert torch.equal(found.membership, usual.membership)
            assert torch.equal(found.target, usual.target) == (name != own)


def test_the_mend_of_nestedness_keeps_a_small_inner_lesions_certain_core():
    phi = torch.tensor([[[-0.5, 0.5, 1.5, 2.5], [-0.5, 0.5, -0.5, -1.5]]])
    depth = torch.tensor([[[2.5] * 4, [0.5] * 4]])
    config = FuzzyConfig(width_mm=2.0)
    apart = fuzzy_label(phi > 0, phi, depth, [1.0], config).membership[0]
    mended = fuzzy_label(phi > 0, phi, depth, [1.0], config, nested=True).membership[0]
    assert apart[1, 1] > apart[0, 1]
    assert mended[0, 1] == mended[1, 1] == 1


def nested_case():
    """Three regions whose widths break their nestedness; no two of them have one coordinate."""
    phi = torch.tensor([[-0.7, 0.5, 1.6, 2.3], [-0.9, 0.4, -0.6, -1.5], [-1.1, 0.3, -0.8, -1.7]])
    depth = torch.tensor([[2.3] * 4, [0.9] * 4, [0.6] * 4])
    return phi.double()[None], depth.double()[None]


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("profile", ["smoothstep", "cosine"])  # linear has a kink at the band's end
@pytest.mark.parametrize("complement", ["symmetric", "sugeno", "yager"])
def test_a_signed_distance_may_require_a_gradient_which_is_that_of_differences(
    complement, profile, nested
):
    phi, depth = nested_case()
    config = FuzzyConfig(width_mm=2.0, complement=complement, profile=profile)

    def target(phi):
        return fuzzy_label(phi > 0, phi, depth, [1.0], config, nested=nested).target

    assert torch.autograd.gradcheck(target, phi.requires_grad_(), raise_exception=True)


@pytest.mark.parametrize("profile", ["smoothstep", "linear", "cosine"])
@pytest.mark.parametrize("alpha", [0.25, 0.5, 1.0])
def test_where_a_yager_label_ends_its_gradient_is_finite(profile, alpha):
    phi = torch.tensor([[[-2.0, -1.5, -0.5, 0.5, 1.5, 2.0]]], requires_grad=True)
    config = FuzzyConfig(complement="yager", yager_alpha=alpha, profile=profile)
    label = fuzzy_label(phi > 0, phi, torch.full_like(phi, 8.0), [1.0], config)
    (label.target.sum() + label.weight.sum()).backward()
    assert phi.grad.isfinite().all()


def test_a_gradient_that_is_asked_for_changes_no_bit_of_a_nested_label():
    phi, depth = nested_case()
    plain = fuzzy_label(phi > 0, phi, depth, [1.0], FuzzyConfig(width_mm=2.0), nested=True)
    phi.requires_grad_()
    found = fuzzy_label(phi > 0, phi, depth, [1.0], FuzzyConfig(width_mm=2.0), nested=True)
    for name in ("target", "weight", "membership", "coordinate"):
        assert torch.equal(getattr(found, name), getattr(plain, name))
    assert (plain.coordinate[:, 0] > (phi / depth)[:, 0].clamp(-1, 1)).any()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("width_mm", -1.0),
        ("width_mm", float("inf")),
        ("strength", 1.5),
        ("lesion_cap", 0.0),
        ("hesitation", float("nan")),
        ("profile", "gaussian"),
        ("complement", "zadeh"),
        ("sugeno_lambda", -0.1),
        ("sugeno_lambda", float("inf")),
        ("yager_alpha", 0.0),
        ("yager_alpha", 1.1),
        ("widht_mm", 1.0),
    ],
)
def test_a_parameter_out_of_range_is_refused_by_name(field, value):
    with pytest.raises(ParameterError, match=field):
        FuzzyConfig(**{field: value})


def test_shapes_that_differ_and_a_spacing_of_zero_are_refused():
    with pytest.raises(ParameterError, match="one shape"):
        fuzzy_label(PHI > 0, PHI[..., 1:], DEEP, [1.0], FuzzyConfig())
    with pytest.raises(ParameterError, match="`spacing_mm` should be a finite number, above 0"):
        fuzzy_label(PHI > 0, PHI, DEEP, [0.0], FuzzyConfig())
