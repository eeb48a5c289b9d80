"""From a configuration to a network with fresh weights."""

from importlib import import_module

from torch import nn

from trainables.networks.config import NetworkConfig
from trainables.networks.cpu_convolutions import make_fast


def make_network(config: NetworkConfig, in_channels: int, out_channels: int) -> nn.Module:
    """The network (B, in_channels, X, Y, Z) -> logits (B, out_channels, X, Y, Z).

    X, Y and Z must be multiples of ``config.strides``, see `check_patch_size`. Initial weights are
    drawn from torch's global generator, as MONAI does.

    In training mode, with I = `deep_supervision` above 1, it answers with a list of I logits
    instead, finest first, output i of X / 2^i voxels and so on (fewer halvings along thick
    slices). In evaluation mode it never does.

    Each kind has the module of its name, whose `build` takes what this takes. They are imported
    when asked for: MONAI's parts take a second. A few convolutions are then replaced by equal ones
    that processors compute sooner, see `make_fast`.
    """
    module = import_module(f"trainables.networks.{config.kind.removesuffix('_ds')}")
    return make_fast(module.build(config, in_channels, out_channels), in_channels)
