"""How the losses of the shells become one, all methods under one interface.

A weighted sum, the Pareto-consistent family, or weights from the shells' gradients.
"""

from trainables.balance.config import LossConfig
from trainables.balance.gradient_side import GradientBalance
from trainables.balance.pareto_consistent import ParetoConsistentBalance
from trainables.balance.plain import PlainBalance
from trainables.balance.protocol import Balance, Gramian
from trainables.ranges import check_whole

__all__ = [
    "Balance",
    "GradientBalance",
    "Gramian",
    "LossConfig",
    "ParetoConsistentBalance",
    "PlainBalance",
    "make_balance",
]


def make_balance(config: LossConfig, num_shells: int) -> Balance:
    """The balance that `config` asks for, over `num_shells` (K, at least 1) losses.

    Raises:
        ParameterError: the number of shells is no whole number of at least 1.

    >>> import torch
    >>> balance = make_balance(LossConfig(kind="plain"), 2)
    >>> balance(torch.tensor([1.0, 3.0]), torch.tensor([1.0, 0.5]))
    tensor(2.5000)
    """
    check_whole("num_shells", num_shells, ge=1)
    if config.kind == "plain":
        return PlainBalance(num_shells)
    if config.kind == "pareto_consistent":
        return ParetoConsistentBalance(config, num_shells)
    return GradientBalance(config, num_shells)
