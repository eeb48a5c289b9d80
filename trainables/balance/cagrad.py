"""CAGrad: near the mean gradient, the step that serves the worst-off loss best."""

import math

import numpy as np
from scipy.optimize import minimize

from trainables.balance.root import RIDGE, Matrix, Vector, check_preference
from trainables.ranges import check_number


def cagrad_weights(gramian: Matrix, preference: Vector, caution: float) -> Vector:
    """The step within ``c |g_0|`` of the mean gradient ``g_0 = mean_k l_k g_k`` best for the worst.

    ``max_d min_k <g_k, d>`` with ``|d - g_0| <= c |g_0|`` is solved by the dual's z on the
    simplex, least for ``<g_z, g_0> + c |g_0| |g_z|``, and ``d = g_0 + c |g_0| g_z / |g_z|``; in
    both, ``|g_z|²`` has RIDGE tr(G) added, so that near a Pareto-stationary point, where g_z
    vanishes, d goes to g_0 and no weight to infinity. With c = 0 it is the mean.

    Args:
        gramian: G (K, K), positive semi-definite; best with a trace of about 1.
        preference: l (K,), above 0.
        caution: c in [0, 1).

    Returns:
        w (K,), each at least l_k / K.

    Raises:
        ParameterError: c is out of range, or a preference is not above 0.

    Source: arXiv 2110.14048.

    >>> cagrad_weights(np.eye(2), np.ones(2), caution=0.0).tolist()
    [0.5, 0.5]
    """
    check_number("caution", caution, ge=0, lt=1)
    check_preference(preference)
    mean = preference / len(gramian)
    radius = caution * math.sqrt(max(float(mean @ gramian @ mean), 0.0))
    if radius == 0:
        return mean
    worst = _worst_off(gramian, mean, radius)
    return mean + radius / _length(gramian, worst) * worst


def _worst_off(gramian: Matrix, mean: Vector, radius: float) -> Vector:
    """The dual's z: a convex function of few numbers, smooth by the ridge."""
    count = len(gramian)

    def dual(z: Vector) -> tuple[float, Vector]:
        length = _length(gramian, z)
        slope = gramian @ mean + radius * (gramian @ z) / length
        return float(z @ gramian @ mean + radius * length), slope

    found = minimize(
        dual, np.full(count, 1 / count), jac=True, method="SLSQP", bounds=[(0, 1)] * count,
        constraints={"type": "eq", "fun": lambda z: z.sum() - 1, "jac": lambda z: np.ones(len(z))},
        options={"ftol": 1e-14, "maxiter": 500},
    ).x  # fmt: skip
    found = np.clip(np.asarray(found, dtype=np.float64), 0, None)
    return np.asarray(found / found.sum())


def _length(gramian: Matrix, z: Vector) -> float:
    return math.sqrt(max(float(z @ gramian @ z), 0.0) + RIDGE * float(np.trace(gramian)))
