"""Weights from the shells' gradients, by MGDA, UPGrad or CAGrad."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from trainables.balance.cagrad import cagrad_weights
from trainables.balance.config import LossConfig
from trainables.balance.mgda import mgda_weights
from trainables.balance.protocol import Gramian, LooksAt, check_keys, check_shells
from trainables.balance.root import Matrix, Vector
from trainables.balance.upgrad import upgrad_weights
from trainables.errors import ParameterError
from trainables.ranges import check_choice, check_whole


class GradientBalance:
    """Weighs the shells by their gradients; holds the last weights, for logging.

    With w the method's weights for the n shells that have a say, ``omega = n w``: the methods
    give something like a mean, plain training is the sum, and so their steps compare. Where no
    two gradients conflict UPGrad is exactly plain training.

    A shell has a say if it is admitted and its gradient is not 0. It is exactly 0 where a batch
    holds no voxel of the shell; to MGDA that would be a stationary point, and nothing would be
    trained. A shell with admission a in (0, 1) has a say for the part a of the step::

        omega = integral over s from 0 to 1 of  omega(the shells with a_k > s)

    This is linear between not admitted and admitted, and for plain training it is a_k. To scale
    the gradient by a_k instead would turn MGDA, which goes by the shortest gradient, to what is
    hardly admitted: with a = 0.01 its step would be a hundredth of plain training's.

    The preference l (`boundary_preference` on shells 1 and up, 1 on shell 0) weighs the mean of
    UPGrad, and that of CAGrad, which a large c may undo; MGDA has none. A Gramian that is 0 or not
    finite gives ``omega = a l``, so that gradients which are not finite reach whoever looks for
    them.

    The loss has the value ``sum_k omega_k F_k`` and omega is a constant in it: no objective whose
    values compare from step to step stands behind these methods.

    F are the losses (K,), a the admission (K,) in [0, 1], omega the weights (K,), each at least 0,
    and the Gramian G (K, K) holds ``<g_j, g_k>`` of the losses' gradients.

    Source: the methods' own, see `mgda_weights`, `upgrad_weights` and `cagrad_weights`; that they
    join shells, how admission enters, and the scale n are our reading of arXiv 2601.19365.
    """

    looks_at: LooksAt = "gradients"

    def __init__(self, config: LossConfig, num_shells: int) -> None:
        """Join `num_shells` losses by the method ``config.kind``.

        Raises:
            ParameterError: the method is none of gradients, or there is no shell.
        """
        methods: Mapping[str, Callable[[Matrix, Vector], Vector]] = {
            "mgda": lambda gramian, _: mgda_weights(gramian),
            "upgrad": upgrad_weights,
            "cagrad": lambda gramian, mean: cagrad_weights(gramian, mean, config.caution),
        }
        check_choice("loss.kind", config.kind, methods)
        check_whole("num_shells", num_shells, ge=1)
        self._method = methods[config.kind]
        self._name = config.kind
        self._preference = np.array([1.0] + [config.boundary_preference] * (num_shells - 1))
        self.weights = torch.ones(num_shells)

    def __call__(self, losses: Tensor, admission: Tensor, gramian: Gramian | None = None) -> Tensor:
        """The weighted sum; it needs `gramian`.

        Raises:
            ParameterError: there is no `gramian`, or a shape is not that of K shells.
        """
        check_shells(losses, admission, len(self._preference))
        if gramian is None:
            raise ParameterError(
                f"Parameter `gramian` should be given where `loss.kind = {self._name}`. Found None."
            )
        inner = gramian()
        if inner.shape != (*losses.shape, *losses.shape):
            raise ParameterError(
                f"Parameter `gramian` should answer with a shape of {(*losses.shape,) * 2}. "
                f"Found {tuple(inner.shape)}."
            )
        weights = self._weigh(_to_numpy(inner), _to_numpy(admission))
        self.weights = torch.from_numpy(weights).to(losses)
        return (self.weights * losses).sum()

    def state_dict(self) -> dict[str, Tensor]:
        """Nothing: the weights are those of one step."""
        return {}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Accept the empty state."""
        check_keys(state, set())

    def _weigh(self, gramian: Matrix, admission: Vector) -> Vector:
        """The weights omega (K,): the integral is a sum over the levels of admission."""
        admitted = np.flatnonzero(admission > 0)
        is_heard = (admission > 0) & (np.diag(gramian) != 0)
        is_finite = np.isfinite(gramian[np.ix_(admitted, admitted)]).all()
        if not (is_finite and is_heard.any()):
            return np.asarray(admission * self._preference)
        weights = np.zeros_like(admission)
        levels = np.unique(admission[is_heard])
        for below, level in zip(np.append(0.0, levels), levels, strict=False):
            heard = np.flatnonzero(is_heard & (admission >= level))
            weights[heard] += (level - below) * self._step(gramian, heard)
        return weights

    def _step(self, gramian: Matrix, heard: npt.NDArray[np.intp]) -> Vector:
        """The weights (n,) of the n shells `heard`, fully admitted."""
        inner = gramian[np.ix_(heard, heard)]
        return self._method(inner / np.trace(inner), self._preference[heard]) * len(heard)


def _to_numpy(tensor: Tensor) -> Vector:
    return np.asarray(tensor.detach().cpu().double().numpy())
