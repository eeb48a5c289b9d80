"""The moving average of a network's weights, which is judged and exported in its stead."""

from collections.abc import Mapping
from typing import Any, final

from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from trainables.ranges import check_number


@final
class WeightAverage:
    """It holds the averaged network, and how many updates it has seen.

    Training goes on with the raw weights; after each step of the optimiser comes ``update``::

        average = WeightAverage(network, config.optimiser.ema_decay)
        ...
        optimiser.step()
        average.update(network)
        ...
        evaluate(average.network)

    Make it from the plain network, before that is wrapped or compiled, and update it with that one.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        """A copy of `network`, on its device, in evaluation mode and never trained itself.

        Args:
            network: Any whose weights do not change their number.
            decay: At least 0 and below 1; the average forgets a step within about 1 / (1 - decay).

        Raises:
            ParameterError: the decay is out of its range.
        """
        check_number("ema_decay", decay, ge=0, lt=1)
        self._decay = decay
        self._average = AveragedModel(network)
        self._average.requires_grad_(requires_grad=False).eval()

    @property
    def network(self) -> nn.Module:
        """The averaged network: what is to be evaluated and exported."""
        return self._average.module

    def update(self, network: nn.Module) -> None:
        """Take in the weights that `network` has now.

        The first update takes them as they are: the initial weights never count. Update number
        t + 1 keeps the part `decay_after(t, decay)` of the average. Buffers (the running
        statistics of batch norm) are averages already, and copied.
        """
        # Counted on the CPU: to read it holds no accelerator up.
        decay = decay_after(int(self._average.n_averaged), self._decay)
        average = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
        self._average.multi_avg_fn = average
        self._average.update_parameters(network)

    def state_dict(self) -> dict[str, Any]:
        """All that the next update depends on: tensors by name, ``module.`` before the weights'."""
        return self._average.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` returned, to the bit."""
        self._average.load_state_dict(state)


def decay_after(updates: int, decay: float) -> float:
    """The part of the average that is kept at the next update, after this many.

    ``min(decay, (1 + updates) / (10 + updates))``: while training is young, and the weights far
    from where they will be, the average looks back over a tenth of the updates or so.

    Source: the rule of TensorFlow's `ExponentialMovingAverage(num_updates=)`.

    >>> [decay_after(updates, 0.9) for updates in (1, 10, 71, 1000)]
    [0.18181818181818182, 0.55, 0.8888888888888888, 0.9]
    """
    return min(decay, (1 + updates) / (10 + updates))
