"""Weights from the shells' gradients: MGDA, UPGrad and CAGrad, from the Gramian alone."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import minimize, nnls
from torch import Tensor

from trainables.balance.config import LossConfig
from trainables.balance.protocol import Gramian, check_keys
from trainables.errors import ParameterError

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]


def mgda_weights(gramian: Matrix) -> Vector:
    """The shortest convex combination of the gradients: ``min w'Gw``, ``sum w = 1``, ``w >= 0``.

    For two gradients ``w_I = clip((G_BB - G_IB) / (G_II + G_BB - 2 G_IB), 0, 1)``. Found for any
    number by one non-negative least squares ``min |g(z)|² + (sum z - 1)²``, whose z is w but for
    its length. The direction ``d = g(w)`` has ``<d, g_k> >= |d|²``; it is 0 where the point is
    Pareto-stationary.

    Args:
        gramian: G (K, K), positive semi-definite.

    Source: Désidéri (2012), arXiv 1810.04650.

    >>> mgda_weights(np.array([[1.0, 0.0], [0.0, 3.0]])).round(6).tolist()
    [0.75, 0.25]
    """
    root = np.vstack((_root(gramian), np.ones(len(gramian))))
    found, _ = nnls(root, np.append(np.zeros(len(gramian)), 1.0))
    return np.asarray(found / found.sum(), dtype=np.float64)


def upgrad_weights(gramian: Matrix) -> Vector:
    """The mean of the gradients, each moved as little as takes it into conflict with none.

    Gradient i becomes ``g(v)``, the shortest with ``v >= e_i``: its projection onto the directions
    that lower no other loss's descent. For two gradients it is half of PCGrad: where ``G_IB < 0``,
    ``g_I`` loses its part along ``g_B`` and the other way about. ``<d, g_k> >= 0`` always.

    Args:
        gramian: G (K, K), positive semi-definite.

    Source: arXiv 2406.16232 (UPGrad); arXiv 2001.06782 (PCGrad).

    >>> upgrad_weights(np.array([[1.0, -0.5], [-0.5, 1.0]])).round(6).tolist()
    [0.75, 0.75]
    """
    root = _root(gramian)
    moved = [row + nnls(root, -root @ row)[0] for row in np.eye(len(gramian))]
    return np.asarray(np.mean(moved, axis=0), dtype=np.float64)


def cagrad_weights(gramian: Matrix, caution: float) -> Vector:
    """The step within ``c |g_0|`` of the mean gradient g_0 that serves the worst-off loss best.

    ``max_d min_k <g_k, d>`` with ``|d - g_0| <= c |g_0|`` is solved by the dual's w on the
    simplex, least for ``<g_w, g_0> + c |g_0| |g_w|``, and ``d = g_0 + c |g_0| g_w / |g_w|``.
    With c = 0 it is the mean. Where ``g_w = 0`` the point is Pareto-stationary, and it is the mean.

    Args:
        gramian: G (K, K), positive semi-definite.
        caution: c in [0, 1).

    Source: arXiv 2110.14048.

    >>> cagrad_weights(np.eye(2), 0.0).tolist()
    [0.5, 0.5]
    """
    count = len(gramian)
    mean = np.full(count, 1 / count)
    radius = caution * math.sqrt(max(float(mean @ gramian @ mean), 0.0))
    if radius == 0:
        return mean

    def dual(w: Vector) -> tuple[float, Vector]:
        length = math.sqrt(max(float(w @ gramian @ w), 1e-30))
        slope = gramian @ mean + radius * (gramian @ w) / length
        return float(w @ gramian @ mean + radius * length), slope

    found = minimize(
        dual, mean, jac=True, method="SLSQP", bounds=[(0, 1)] * count,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones(len(w))},
        options={"ftol": 1e-14, "maxiter": 500},
    ).x  # fmt: skip
    worst = np.clip(np.asarray(found, dtype=np.float64), 0, None)
    worst /= worst.sum()
    length = math.sqrt(max(float(worst @ gramian @ worst), 0.0))
    return mean if length < 1e-9 else mean + radius / length * worst


class GradientBalance:
    """Weighs the shells by their gradients; holds the last weights, for logging.

    With admission a, preference l (`boundary_preference` on shells 1 and up, 1 on shell 0) and
    ``c_k = a_k l_k``, the method sees the gradients ``c_k g_k`` of the shells with c_k > 0 and
    gives w; then ``omega_k = A c_k w_k`` with ``A = sum c``. So a shell that fades in does so in
    proportion, a shell that is not admitted has no say, and where no two gradients conflict
    UPGrad is exactly the plain sum. A Gramian that is 0 or not finite gives the plain sum.

    The loss has the value ``sum_k omega_k F_k`` and omega is a constant in it: no objective whose
    values compare from step to step stands behind these methods.
    """

    def __init__(self, config: LossConfig, num_shells: int) -> None:
        """Join `num_shells` losses by the method ``config.kind``."""
        methods: Mapping[str, Callable[[Matrix], Vector]] = {
            "mgda": mgda_weights,
            "upgrad": upgrad_weights,
            "cagrad": partial(cagrad_weights, caution=config.caution),
        }
        self._method = methods[config.kind]
        self._name = config.kind
        preferences = [1.0] + [config.boundary_preference] * (num_shells - 1)
        self._preference = np.array(preferences)
        self.weights = torch.ones(num_shells)

    def __call__(self, losses: Tensor, admission: Tensor, gramian: Gramian | None = None) -> Tensor:
        """The weighted sum; it needs `gramian`."""
        if gramian is None:
            raise ParameterError(
                f"Parameter `gramian` should be given where `loss.kind = {self._name}`. Found None."
            )
        scale = admission.detach().cpu().double().numpy() * self._preference
        weights = self._weigh(gramian().detach().cpu().double().numpy(), scale)
        self.weights = torch.from_numpy(weights).to(losses)
        return (self.weights * losses).sum()

    def state_dict(self) -> dict[str, Tensor]:
        """Nothing: the weights are those of one step."""
        return {}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Accept the empty state."""
        check_keys(state, set())

    def _weigh(self, gramian: Matrix, scale: Vector) -> Vector:
        """The weights omega (K,)."""
        seen = np.flatnonzero(scale > 0)
        scaled: Any = (gramian * np.outer(scale, scale))[np.ix_(seen, seen)]
        size = np.trace(scaled)
        if not (np.isfinite(scaled).all() and size > 0):
            return scale.copy()
        weights = np.zeros_like(scale)
        weights[seen] = self._method(scaled / size)
        return np.asarray(scale.sum() * scale * weights, dtype=np.float64)


def _root(gramian: Matrix) -> Matrix:
    """R with ``R'R = G``; what rounding made negative of G's spectrum counts as 0."""
    values, vectors = np.linalg.eigh(gramian)
    return np.asarray(np.sqrt(np.clip(values, 0, None))[:, None] * vectors.T, dtype=np.float64)
