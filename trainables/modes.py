"""Looking at a network as it predicts, and leaving it as it was."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Every module of `network` in evaluation mode, and in its own earlier mode afterwards.

    In evaluation mode dropout draws no random number, batch norm moves no running mean, and a
    network with deep supervision gives its one full output. ``network.train()`` would not do to go
    back: it also wakes the modules that were kept in evaluation mode.

    >>> network = nn.Sequential(nn.Dropout(), nn.BatchNorm1d(2).eval())
    >>> with evaluating(network):
    ...     [module.training for module in network]
    [False, False]
    >>> [module.training for module in network]
    [True, False]
    """
    before = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, was_training in before:
            module.training = was_training
