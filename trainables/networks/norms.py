"""Norms in MONAI's words."""

import math
from typing import Any

from trainables.networks.config import NetworkConfig


def monai_norm(config: NetworkConfig, *channels: int) -> tuple[str, dict[str, Any]]:
    """The norm of `config` for layers whose numbers of channels are multiples of one of `channels`.

    All have a learned scale and shift. Group norm has 8 groups, or as many as divide all channels.
    """
    if config.norm_name == "group":
        return "group", {"num_groups": math.gcd(8, *channels)}
    return config.norm_name, {"affine": True}
