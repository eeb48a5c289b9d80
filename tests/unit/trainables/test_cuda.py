"""What is computed on an accelerator is what the CPU computes, there where it was asked for.

In double precision where anything is convolved: convolutions in single precision are of another
one on an accelerator (TF32), and what differs by rounding would hide what differs by mistake.
"""

import math
import time
from dataclasses import fields, replace
from functools import partial

import psutil
import pytest
import torch
from balls import SMALL, make_case, make_data

from trainables.balance import LossConfig, make_balance
from trainables.components import component_depth
from trainables.config import load_train_config
from trainables.curriculum import shell_index
from trainables.data.augmentation.config import AugmentationConfig
from trainables.data.patches import Batch, PatchSampler
from trainables.data.phantom import write_phantom
from trainables.data.sampling import SamplingConfig
from trainables.diagnostics import Diagnostics, DiagnosticsConfig
from trainables.distance import signed_distance
from trainables.errors import LostRankError
from trainables.fuzzy import FuzzyConfig, FuzzyLabel, fuzzy_label
from trainables.gramian import gradient_gramian
from trainables.losses import shell_losses
from trainables.probe import Probe
from trainables.segmentation import train
from trainables.training import make_run, make_state, train_epochs
from trainables.updates.step import train_step

SPACING_MM = (1.0, 0.7, 2.5)
KINDS = ("plain", "pareto_consistent", "mgda", "upgrad", "cagrad")


def random_mask(seed=0):
    """Many lesions, few, and none."""
    generator = torch.Generator().manual_seed(seed)
    shares = torch.tensor([0.3, 0.01, 0.0]).view(3, 1, 1, 1)
    return torch.rand(3, 24, 20, 12, generator=generator) < shares


def distances_on(device):
    mask = random_mask().to(device)
    phi = signed_distance(mask, SPACING_MM)
    return mask, phi, component_depth(mask, phi, SPACING_MM)


def test_distances_and_depths_are_those_of_the_cpu(cuda):
    for found, expected in zip(distances_on(cuda), distances_on("cpu"), strict=True):
        assert found.device.type == cuda
        torch.testing.assert_close(found.cpu(), expected)


def label_on(device, is_nested=False, **settings):
    """Of a batch of two, whose spacings stay on the CPU as in training."""
    tensors = [torch.stack((t, t.flip(1))).to(device) for t in distances_on("cpu")]
    spacing = torch.tensor([SPACING_MM, (2.0, 2.0, 2.0)])
    return fuzzy_label(*tensors, spacing, FuzzyConfig(**settings), is_nested)


@pytest.mark.parametrize("is_nested", [False, True])
@pytest.mark.parametrize("complement", ["symmetric", "sugeno", "yager"])
@pytest.mark.parametrize("profile", ["smoothstep", "linear", "cosine"])
def test_a_fuzzy_label_is_that_of_the_cpu(cuda, profile, complement, is_nested):
    settings = {"profile": profile, "complement": complement, "width_mm": 3.0, "strength": 0.8}
    found, expected = (label_on(device, is_nested, **settings) for device in (cuda, "cpu"))
    for field in fields(FuzzyLabel):
        tensor = getattr(found, field.name)
        assert tensor.device.type == cuda
        torch.testing.assert_close(tensor.cpu(), getattr(expected, field.name))
    assert torch.equal(
        shell_index(found.coordinate, 3).cpu(), shell_index(found.coordinate.cpu(), 3)
    )


def losses_on(device, dice):
    """The losses of three shells and the gradient of a weighted sum of them."""
    label = label_on("cpu")
    shells = shell_index(label.coordinate, 3).to(device)
    label = FuzzyLabel(*(getattr(label, field.name).to(device) for field in fields(label)))
    noise = torch.randn(label.target.shape, generator=torch.Generator().manual_seed(1))
    logits = noise.to(device).requires_grad_()
    losses = shell_losses(logits, label, shells, 3, gamma=0.7, dice=dice, smoothing=0.5)
    (losses * torch.tensor([1.0, 2.0, 4.0], device=device)).sum().backward()
    return losses.detach(), logits.grad


@pytest.mark.parametrize("dice", ["squared", "semimetric"])
def test_losses_and_their_gradient_are_those_of_the_cpu(cuda, dice):
    for found, expected in zip(losses_on(cuda, dice), losses_on("cpu", dice), strict=True):
        assert found.device.type == cuda
        torch.testing.assert_close(found.cpu(), expected, rtol=1e-5, atol=1e-8)


def descent_on(device, kind):
    """Losses, joined losses, weights and gradients of four steps down three parabolas."""
    settings = {"tau": 0.3, "normalisation": 0.5, "reference_steps": 2, "reference_delay": 1}
    balance = make_balance(LossConfig(kind=kind, boundary_preference=2.0, **settings), 3)
    centres = torch.tensor([[1.0, 0.0], [0.0, 2.0], [-3.0, 1.0]], dtype=torch.float64).to(device)
    x, seen = torch.zeros(2, dtype=torch.float64, device=device, requires_grad=True), []
    for admitted in (0.0, 0.4, 1.0, 1.0):
        losses = (x - centres).square().sum(dim=1) / 2
        admission = torch.tensor([1.0, 1.0, admitted]).to(device)
        joined = balance(losses, admission, partial(gradient_gramian, losses, [x]))
        (gradient,) = torch.autograd.grad(joined, x)
        seen += [losses.detach(), joined.detach(), balance.weights.detach(), gradient]
        x = (x - 0.1 * gradient).detach().requires_grad_()
    assert all(value.device.type == "cpu" for value in balance.state_dict().values())
    return seen


@pytest.mark.parametrize("kind", KINDS)
def test_every_balance_goes_the_way_that_it_goes_on_the_cpu(cuda, kind):
    for found, expected in zip(descent_on(cuda, kind), descent_on("cpu", kind), strict=True):
        assert found.device.type == cuda
        torch.testing.assert_close(found.cpu(), expected, rtol=1e-4, atol=1e-6)


def diagnosed_on(device):
    """What three steps tell that end with a probe, in double precision."""
    torch.manual_seed(0)
    layers = torch.nn.Conv3d(2, 3, 3, padding=1), torch.nn.Tanh(), torch.nn.Conv3d(3, 3, 1)
    network = torch.nn.Sequential(*layers).double().to(device)
    generator = torch.Generator().manual_seed(1)
    image = torch.randn(2, 2, 24, 20, 12, generator=generator, dtype=torch.float64).to(device)
    label, _, _ = (torch.stack((t, t.flip(1))).to(device) for t in distances_on("cpu"))
    soft = label_on(device)
    watched = Diagnostics(DiagnosticsConfig(every=2), list(network[2].parameters()))
    for scale in (1.0, 0.7, 0.4):
        shells = shell_index(soft.coordinate, 3)
        losses = shell_losses(scale * network(image), soft, shells, 3)
        watched.observe(losses, torch.ones(3, device=device))
    phi = torch.stack([signed_distance(one, SPACING_MM) for one in label])
    return watched.metrics() | Probe(image, label, phi, 1.5).metrics(network, 0.1)


def test_diagnostics_and_probe_tell_what_they_tell_on_the_cpu(cuda):
    found, expected = diagnosed_on(cuda), diagnosed_on("cpu")
    assert {"diagnostics/progress_balance", "diagnostics/last_layer/gap", "sharpness"} <= set(found)
    assert found == pytest.approx(expected, rel=1e-4)


def step_on(device, params):
    """What two steps tell, and the weights that they leave, in double precision."""
    device = torch.device(device)
    config = load_train_config({**SMALL, "curriculum": {"warmup": 0.5, "softness": 1}, **params})
    state = make_state(config, make_data(), device)
    state.network.double()
    run = make_run(config, make_data(), state)
    told = []
    for progress in (0.0, 0.1):
        batch = state.sampler.draw().to(device)
        batch = replace(batch, image=batch.image.double())
        told.append(train_step(state, run, [batch], progress))
    assert all(p.device.type == device.type for p in state.network.parameters())
    weights = torch.cat([p.detach().flatten().cpu() for p in state.network.parameters()])
    return told, weights, state.diagnostics.metrics()


DEEP = {"kind": "segresnet_ds", "filters": 4, "levels": 3, "deep_supervision": 2}


@pytest.mark.parametrize(
    "params",
    [
        *({"loss": {"kind": kind}} for kind in KINDS),
        {"network": DEEP},
        {"curriculum": {"advance": "signal"}},
    ],
    ids=[*KINDS, "deep-supervision", "signal"],
)
def test_two_steps_leave_the_weights_that_they_leave_on_the_cpu(cuda, params):
    (told, weights, seen), (expected, wanted, known) = (
        step_on(device, params) for device in (cuda, "cpu")
    )
    for found, row in zip(told, expected, strict=True):
        assert found == pytest.approx(row, rel=1e-4, abs=1e-6)
    torch.testing.assert_close(weights, wanted, rtol=1e-4, atol=2e-5)  # a step is 2e-2 wide
    assert seen == pytest.approx(known, rel=1e-3, abs=1e-6)


def epochs_on(device, folder, checkpoint=None, **settings):
    """The reports of a run as it is by default; the state of epoch n is in ``folder/n``."""
    reports = {}

    def report(metrics, step, save):
        reports[step] = dict(metrics)
        (folder / str(step)).mkdir(parents=True)
        save(folder / str(step))

    config = load_train_config({**SMALL, "epochs": 2, "device": device, **settings})
    train_epochs(config, make_data(), report, checkpoint)
    return reports


def test_a_run_trains_reports_and_resumes_there(cuda, tmp_path):
    found, expected = (epochs_on(device, tmp_path / device) for device in (cuda, "cpu"))
    for step, metrics in expected.items():
        assert set(found[step]) == set(metrics)
        assert all(math.isfinite(value) for value in found[step].values())
        assert found[step]["train_loss"] == pytest.approx(metrics["train_loss"], rel=0.2)
    resumed = epochs_on(cuda, tmp_path / "resumed", tmp_path / cuda / "1")
    assert list(resumed) == [2]
    assert resumed[2]["train_loss"] == pytest.approx(found[2]["train_loss"], rel=0.05)
    elsewhere = epochs_on("cpu", tmp_path / "elsewhere", tmp_path / cuda / "1")
    assert elsewhere[2]["train_loss"] == pytest.approx(found[2]["train_loss"], rel=0.2)


def test_two_processes_with_a_device_each_report_what_one_does(two_cuda, tmp_path):
    size = {"size": (28, 28, 24), "spacing_mm": (5.0, 5.0, 6.0)}
    write_phantom(tmp_path / "cases", 5, seed=3, raters=1, **size)
    params = {
        **SMALL,
        "data": {"root": str(tmp_path / "cases")},
        "patch_size": [16, 16, 16],
        "device": two_cuda,
        "epochs": 2,
        "optimiser": {"kind": "sgd", "learning_rate": 0.05, "momentum": 0.9},
    }
    rows = {}
    for processes in (1, 2):
        compute = {"precision": "float32", "tf32": False, "processes": processes}
        rows[processes] = []
        train({**params, "compute": compute}, lambda row, *_, to=rows[processes]: to.append(row))
    for found, expected in zip(rows[2], rows[1], strict=True):
        for name in ("train_loss", "interior_error", "boundary_error"):
            assert found[name] == pytest.approx(expected[name], abs=1e-2)


def test_a_lost_process_ends_the_other_that_waits_for_it_on_its_device(two_cuda, tmp_path):
    size = {"size": (28, 28, 24), "spacing_mm": (5.0, 5.0, 6.0)}
    write_phantom(tmp_path / "cases", 5, seed=3, raters=1, **size)
    params = {**SMALL, "data": {"root": str(tmp_path / "cases")}, "patch_size": [16, 16, 16]}
    params |= {"device": two_cuda, "epochs": 1000, "compute": {"processes": 2}}
    killed = []

    def kill(*_):
        (companion,) = psutil.Process().children()
        companion.kill()
        killed.append(time.monotonic())

    with pytest.raises(LostRankError, match="SIGKILL"):
        train(params, kill)
    assert time.monotonic() - killed[0] < 60


def whole_case(device):
    """One case as a batch."""
    case = make_case(0)
    parts = (part[None] for part in (case.image, case.label, case.phi, case.depth))
    return Batch(*parts, torch.tensor([case.spacing_mm])).to(device)


@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("network", [SMALL["network"], DEEP], ids=["unet", "deep-supervision"])
def test_losses_and_products_of_gradients_stay_in_single_precision_under_autocast(
    cuda, half, network
):
    device = torch.device(cuda)
    config = load_train_config({**SMALL, "network": network})
    state, batch = make_state(config, make_data(), device), whole_case(device)
    run = make_run(config, make_data(), state)
    expected = replace(run, precision=torch.float32).losses(batch)
    losses = replace(run, precision=half).losses(batch)
    gramian = gradient_gramian(losses, list(state.network.parameters()))
    assert not torch.equal(losses, expected)
    assert losses.dtype == gramian.dtype == torch.float32
    assert gramian.isfinite().all()
    torch.testing.assert_close(losses, expected, rtol=0.05, atol=0.01)


@pytest.mark.parametrize("prefetch", [0, 2])
def test_augmented_patches_are_made_where_training_is_as_the_cpu_makes_them(cuda, prefetch):
    """All but noise, whose numbers are the device's own."""
    cases = [make_case(number) for number in range(2)]
    changes = ("affine", "elastic", "blur", "brightness", "contrast", "gamma", "bias_field")
    settings = {**dict.fromkeys((*changes, "low_resolution"), 1.0), "quarter_turns": True}
    found, expected = (
        PatchSampler(
            cases,
            (12, 12, 12),
            2,
            SamplingConfig(prefetch=prefetch),
            0,
            augmentation=AugmentationConfig(**settings),
            device=torch.device(device),
        )
        for device in (cuda, "cpu")
    )
    for _ in range(3):
        one, other = found.draw(), expected.draw()
        assert one.image.device.type == one.label.device.type == cuda
        torch.testing.assert_close(one.image.cpu(), other.image, rtol=1e-3, atol=1e-3)
        assert (one.label.cpu() != other.label).float().mean() < 1e-3
        assert (one.phi.cpu().int() - other.phi.int()).abs().float().mean() < 0.1
