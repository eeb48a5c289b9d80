"""Which patches a network can take."""

from collections.abc import Sequence

from trainables.errors import ParameterError
from trainables.networks.config import NetworkConfig


def check_patch_size(name: str, size: Sequence[int], config: NetworkConfig) -> None:
    """Refuse a patch that does not halve evenly at every level, or has one voxel at the last.

    One voxel would be its own mean, and norms divide by the deviation from that.

    Raises:
        ParameterError: naming the parameter `name` and the nearest size that fits.
    """
    strides = config.strides
    fitting = [
        max(1, round(edge / stride)) * stride for edge, stride in zip(size, strides, strict=True)
    ]
    if fitting == list(strides):
        fitting = [2 * edge for edge in fitting]
    if list(size) != fitting:
        multiples = str(strides[0]) if len(set(strides)) == 1 else str(list(strides))
        raise ParameterError(
            f"Parameter `{name}` should hold multiples of {multiples}, at least twice that along "
            f"one axis, with {config.in_words}. "
            f"Found `{name} = {list(size)}`; the nearest that fits is {fitting}."
        )
