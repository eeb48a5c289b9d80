"""The Pareto-consistent loss: smooth Tchebycheff over the shells, with capped weights."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from trainables.balance.config import LossConfig
from trainables.balance.protocol import Gramian, LooksAt, check_shells
from trainables.references import FrozenMeans

_LARGE_TAU = 1e8
"""Above it the loss is the weighted sum as far as float64 tells, and tau times rounding is not."""


class ParetoConsistentBalance:
    """Smooth Tchebycheff scalarisation; holds the shells' reference losses and their counts.

    With admission a, preference l (`boundary_preference` on shells 1 and up, 1 on shell 0),
    ``c_k = a_k l_k``, ``A = sum c`` and ``f_k = F_k / R_k``::

        L = A tau (logsumexp_k(log c_k + f_k / tau) - log A)
          = max over x of  sum_k c_k x_k f_k - tau sum_k c_k x_k log x_k,   sum_k c_k x_k = A

    and the gradient is ``sum_k omega_k grad F_k`` with ``omega_k = c_k x_k / R_k >= 0``. The
    maximum's x is ``A softmax(log c + f / tau) / c``. The cap `max_ratio` is one more constraint
    of that maximum, ``x_j <= max_ratio x_k``. So what is trained remains one convex function of
    the losses, its gradients remain non-negative combinations of theirs (every stationary point
    is Pareto-stationary), and ``sum c f <= L <= A max f``, falling in tau, hold with the cap.
    Where the cap does not bind, L is the first line; ``L -> A max f`` as tau -> 0 needs it off.

    ``R_k`` is the mean of F_k over `reference_steps` steps, raised to `normalisation` and scaled
    to mean(1/R) = 1; before it is known it is 1, and afterwards it is frozen. Steps count where
    shell k is admitted and its loss is finite and not 0, and the first `reference_delay` are left
    out: what the interior loses in them is the far background, which is easy and vanishes fast,
    so dividing by it would starve the interior for ever. Call it at training steps only.

    Source: arXiv 2402.19078 (smooth Tchebycheff); the shells, the references and the cap are our
    reading of arXiv 2601.19365.

    >>> config = LossConfig(tau=1.0, boundary_preference=1.0)
    >>> balance = ParetoConsistentBalance(config, num_shells=2)
    >>> balance(torch.tensor([0.0, 1.0]), torch.ones(2)), balance.weights
    (tensor(1.2402), tensor([0.5379, 1.4621]))
    """

    looks_at: LooksAt = "losses"

    def __init__(self, config: LossConfig, num_shells: int) -> None:
        """Join `num_shells` losses as `config` says."""
        self._config = config
        self._references = FrozenMeans(num_shells, config.reference_steps, config.reference_delay)
        preferences = [1.0] + [config.boundary_preference] * (num_shells - 1)
        self._preference = torch.tensor(preferences, dtype=torch.float64)
        self.weights = torch.ones(num_shells)

    def __call__(
        self,
        losses: Tensor,
        admission: Tensor,
        gramian: Gramian | None = None,  # noqa: ARG002
    ) -> Tensor:
        """Join `losses`; the small sums of K numbers are taken in float64."""
        check_shells(losses, admission, len(self._preference))
        values = losses.detach().double()
        admitted = admission.to(values)
        self._references.observe(values, admitted > 0)
        inverse = self._inverse_references()
        scale = admitted * self._preference.to(values)
        if self._config.tau > _LARGE_TAU:
            self.weights = (scale * inverse).to(losses)
            return (self.weights * losses).sum()
        factors, entropy = self._maximise(values * inverse, scale)
        self.weights = (scale * factors * inverse).to(losses)
        joined = (self.weights * losses).sum()
        return joined - (self._config.tau * entropy).to(losses)

    def state_dict(self) -> dict[str, Tensor]:
        """The references so far and how many steps made them."""
        return self._references.state_dict()

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Take up the references of a balance over as many shells."""
        self._references.load_state_dict(state)

    def _inverse_references(self) -> Tensor:
        """1 / R, (K,), with mean 1 over the shells that have a reference; 1 for the others."""
        known = self._references.is_known
        means = torch.where(known, self._references.values, 1.0)
        powers = means**-self._config.normalisation
        mean = torch.where(known, powers, 0.0).sum() / known.sum().clamp(min=1)
        return torch.where(known, powers / mean, 1.0)

    def _maximise(self, relative: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
        """The maximising x (K,) for losses f (K,) and c (K,), and its sum_k c_k x_k log x_k."""
        exponents = relative / self._config.tau
        largest = torch.where(scale > 0, exponents, -math.inf).max()
        exponents = torch.where(scale > 0, exponents - largest, 0.0)
        if math.isfinite(self._config.max_ratio):
            exponents = _confine(exponents, scale, math.log(self._config.max_ratio))
        logs = exponents + scale.sum().log() - torch.logsumexp(scale.log() + exponents, dim=0)
        factors = logs.exp()
        return factors, (scale * factors * logs).sum()


def _confine(exponents: Tensor, scale: Tensor, width: float) -> Tensor:
    """Clip t (K,) to the window [v, v + width] that keeps x ~ exp(clipped t) optimal.

    Differentiating the maximum by v gives ``sum_k c_k exp(clip(t_k)) (t_k - clip(t_k)) = 0``. By
    exp(v), that is a falling piecewise linear function of v with knots at t_k and t_k - width:
    its zero lies between two neighbouring knots and is found exactly. Where all t_k fit into the
    window it is 0 over an interval, and the clip changes nothing.
    """
    knots = torch.cat((exponents, exponents - width)).sort().values
    below = (exponents - knots[:, None]).clamp(max=0)
    above = (exponents - knots[:, None] - width).clamp(min=0)
    pull = (scale * (below + math.exp(width) * above)).sum(dim=1)
    left = ((pull >= 0).sum() - 1).clamp(0, len(knots) - 2)
    fall = pull[left] - pull[left + 1]
    share = torch.where(fall > 0, pull[left] / fall, 0.0)
    start = knots[left] + share * (knots[left + 1] - knots[left])
    return torch.clamp(exponents, start, start + width)
