"""Our forward passes compute what MONAI's own do, with the same weights."""

import pytest
import torch
from monai.networks.nets.dynunet import DynUNet
from monai.networks.nets.mednext import create_mednext
from monai.networks.nets.swin_unetr import SwinTransformer
from torch.nn.functional import interpolate, layer_norm

from trainables.gramian import gradient_gramian
from trainables.networks import NetworkConfig, make_network, plan_kernels, plan_strides

FLAT = (1.0, 1.0, 3.0)


@pytest.mark.parametrize("residual", [0, 1])
def test_dynunet_computes_what_monais_does_without_its_stacking(residual):
    torch.manual_seed(0)
    options = {"levels": 4, "filters": 4, "deep_supervision": 3, "spacing_mm": FLAT}
    config = NetworkConfig(kind="dynunet", residual_units=residual, **options)
    ours = make_network(config, 2, 3).train()
    strides = plan_strides(4, FLAT)
    theirs = DynUNet(
        3,
        2,
        3,
        kernel_size=plan_kernels(4, FLAT),
        strides=strides,
        upsample_kernel_size=strides[1:],
        filters=[4, 8, 16, 32],
        deep_supervision=True,
        deep_supr_num=2,
        res_block=residual > 0,
    ).train()
    missing, unexpected = theirs.load_state_dict(ours.state_dict(), strict=False)
    assert unexpected == []
    assert all(name.startswith("skip_layers.") for name in missing)  # the same blocks once more
    image = torch.randn(1, 2, *config.smallest_patch)
    stacked = theirs(image).unbind(dim=1)
    for one, other in zip(ours(image), stacked, strict=True):
        torch.testing.assert_close(interpolate(one, other.shape[2:]), other)
    assert torch.equal(ours.eval()(image), theirs.eval()(image))


def test_dropout_of_dynunet_spares_the_logits():
    torch.manual_seed(0)
    config = NetworkConfig(kind="dynunet", filters=4, levels=3, deep_supervision=2, dropout=0.9)
    for logits in make_network(config, 1, 1).train()(torch.randn(1, 1, 16, 16, 16)):
        assert (logits == 0).float().mean() < 0.01


def test_mednext_computes_what_monais_does():
    torch.manual_seed(0)
    theirs = create_mednext("S", 3, 2, 3, kernel_size=3, deep_supervision=True)
    config = NetworkConfig(kind="mednext", deep_supervision=5)
    ours = make_network(config, 2, 3)
    weights = {}
    for name, value in theirs.state_dict().items():
        part, _, rest = name.partition(".")
        number, _, leaf = rest.partition(".")
        # their heads begin with the coarsest
        ours_is = f"heads.{3 - int(number)}.{leaf}" if part == "out_blocks" else name
        weights[ours_is] = value
    ours.load_state_dict(weights)
    image = torch.randn(1, 2, *config.smallest_patch)
    for one, other in zip(ours.train()(image), theirs.train()(image), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("variant", ["S", "B", "M", "L"])
@pytest.mark.parametrize("kernel_size", [3, 5])
def test_variants_of_mednext_are_those_of_the_paper(variant, kernel_size):
    config = NetworkConfig(kind="mednext", variant=variant, kernel_size=kernel_size)
    with torch.device("meta"):
        ours = make_network(config, 4, 3)
        theirs = create_mednext(variant, 3, 4, 3, kernel_size=kernel_size)
    shapes = [{n: v.shape for n, v in net.state_dict().items()} for net in (ours, theirs)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(
    "config",
    [
        NetworkConfig(kind="mednext", filters=2, deep_supervision=2, checkpointing=True),
        NetworkConfig(
            kind="swinunetr", filters=12, attention_depth=1, dropout=0.1, checkpointing=True
        ),
    ],
    ids=lambda config: config.kind,
)
def test_checkpointing_changes_neither_outputs_nor_gradients_nor_what_methods_see(config):
    plain = NetworkConfig(**{**config.model_dump(), "checkpointing": False})
    image, found = torch.randn(1, 1, *config.smallest_patch), []
    for each in (config, plain):
        torch.manual_seed(0)
        network = make_network(each, 1, 1).train()
        outputs = network(image)
        logits = outputs if isinstance(outputs, torch.Tensor) else outputs[0]
        losses = torch.stack((logits.square().mean(), logits.sin().mean()))
        gramian = gradient_gramian(losses, network.parameters())  # two passes, and one more below
        losses.sum().backward()
        grads = [w.grad for w in network.parameters() if w.grad is not None]
        found.append([logits, gramian, *grads])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)


def test_axes_are_permuted_for_the_transformer_as_its_patterns_say():
    """MONAI's `proj_out` is a layer norm over channels."""
    make_network(NetworkConfig(kind="swinunetr", filters=12, attention_depth=1), 1, 1)
    features = torch.randn(2, 5, 3, 4, 6)
    expected = layer_norm(features.movedim(1, -1), [5]).movedim(-1, 1)
    torch.testing.assert_close(SwinTransformer.proj_out(None, features, normalize=True), expected)
