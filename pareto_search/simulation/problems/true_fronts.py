"""True fronts of the analytic problems, and their hypervolume: what no search can exceed.

Closed forms where the front is a known surface: the hypervolume up to r is the box of r without
what lies below the front. For the others the front is sampled from pymoo's own functions at the
smallest distance, and the hypervolume is that of the sample, which is a little too small: by less
than 1e-4 of the box with two objectives and 1 % of it with three; by 1 % in MW9, MW12 and MW13,
parts of whose feasible fronts are single points.
"""

import math
from functools import cache

import moocore
import numpy as np
import numpy.typing as npt

from pareto_search.simulation.problems.analytic import AnalyticProblem, Values, make_analytic

_FINE, _COARSE = 20_001, 201
"""Points a side of a sampled front of two objectives, and of three."""
_SPHERES = ("dtlz2", "dtlz3", "dtlz4", "wfg4", "wfg5", "wfg6", "wfg7", "wfg8", "wfg9")
_BEST = {
    **dict.fromkeys(("dtlz6", "dtlz7"), (0.0, 0.0)),
    **dict.fromkeys(("mw1", "mw9", "mw12"), (2 / 3, 5 / 6)),
    **dict.fromkeys(("mw2", "mw6", "mw10", "mw13"), (1 / 3, 2 / 3)),
    "mw4": (3 / 4, 7 / 8),
    "mw8": (1 / 2, 3 / 4),
}
"""The parameters of distance at the smallest one, in the dimension that is sampled."""
_ZDT6_LEFT = 0.2807753191
"""The smallest f0 of ZDT6."""


def true_hypervolume(problem: AnalyticProblem) -> float:
    """Hypervolume of the true front of `problem` up to its reference point.

    Raises:
        ValueError: the reference is better than the worst of the front on some objective, where
            a closed form does not hold; or the front is not known (WFG3, DTLZ5 and DTLZ6 of more
            than two or three objectives, which are not the curves they were meant to be).
    """
    below = _below(problem)
    box = math.prod(problem.reference)
    if below is not None:
        return box - below
    return float(moocore.hypervolume(true_front(problem), ref=np.asarray(problem.reference)))


def true_front(problem: AnalyticProblem) -> Values:
    """Nondominated points (N x M) of the true front of `problem`, dense and feasible.

    Raises:
        ValueError: the front is not known, see `true_hypervolume`.
    """
    return _front(problem.name, problem.num_objectives).copy()


def _below(problem: AnalyticProblem) -> float | None:
    """The volume from 0 to the reference that the front leaves undominated, in closed form."""
    name, m = problem.name, problem.num_objectives
    if name in ("zdt1", "zdt4"):
        return _checked(problem, (1.0, 1.0), 1 / 3)
    if name == "zdt2":
        return _checked(problem, (1.0, 1.0), 2 / 3)
    if name == "zdt6":
        left = _ZDT6_LEFT
        under = left * problem.reference[1] + (1 - left) - (1 - left**3) / 3
        return _checked(problem, (1.0, 1 - left**2), under)
    if name in ("dtlz1", "mw2", "mw4"):
        side = 0.5 if name == "dtlz1" else 1.0
        return _checked(problem, (side,) * m, side**m / math.factorial(m))
    if name in _SPHERES:
        radii = [2.0 * n for n in range(1, m + 1)] if name.startswith("wfg") else [1.0] * m
        ball = math.pi ** (m / 2) / math.gamma(m / 2 + 1)
        return _checked(problem, radii, math.prod(radii) * ball / 2**m)
    return None


def _checked(
    problem: AnalyticProblem, nadir: "tuple[float, ...] | list[float]", value: float
) -> float:
    if any(r < worst for r, worst in zip(problem.reference, nadir, strict=True)):
        raise ValueError(
            f"The reference of `{problem.name}` should be no better than its front's worst, "
            f"{nadir}. Found {problem.reference}."
        )
    return value


@cache
def _front(name: str, m: int) -> Values:
    if name == "zdt5":
        points = _zdt5()
    elif name == "mw5":
        points = _mw5()
    elif name.startswith("mw") and m == 2:
        points = _feasible_2d(name)
    else:
        points = _surface(name, m)
    return np.asarray(points[moocore.is_nondominated(points)])


def _zdt5() -> Values:
    """The 31 points where each short string is full, for any number of them."""
    problem = make_analytic("zdt5")
    points = [{"x0": n} | {f"x{k}": 5 for k in range(1, problem.dimension)} for n in range(31)]
    return np.asarray([list(problem.evaluate(point, 1, 0).values()) for point in points])


def _mw5() -> Values:
    """The lower edge of what two of the constraints allow, in polar coordinates.

    It touches the circle in single points, which a grid would miss.
    """
    angle = np.linspace(0.0, np.pi / 2, 1_000_001)
    wave = np.sin(6 * (np.pi / 2 - 2 * np.abs(angle - np.pi / 4)) ** 3)
    radius = np.maximum(1 + 0.5 * wave, 1 - 0.45 * wave)
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.asarray(points[_is_near_front(points, 0.0)])


def _surface(name: str, m: int) -> Values:
    """The feasible part of the surface of the smallest distance, over a grid of its positions."""
    problem = make_analytic(name, _sampled_dimension(name, m), m)
    losses, violations = problem.pymoo.evaluate(
        _nearest(name, _positions(name, m), problem), return_values_of=["F", "G"]
    )
    if name.startswith("wfg"):  # the best distance is 0, which rounding raises to 0.06 in WFG1
        losses = losses - losses.min(axis=0)
    return np.asarray(losses[(violations <= 0).all(axis=1)])


def _positions(name: str, m: int) -> Values:
    """The shares of the M - 1 positions that are sampled, N x M-1."""
    is_curve = name in ("dtlz5", "dtlz6")
    if m > 3 or (name == "wfg3" and m > 2):
        raise ValueError(f"The front of `{name}` is known for fewer objectives. Found {m}.")
    if m == 3 and is_curve:
        return np.column_stack([np.linspace(0.0, 1.0, _FINE), np.full(_FINE, 0.5)])
    side = np.linspace(0.0, 1.0, _FINE if m == 2 else _COARSE)
    return np.stack(np.meshgrid(*[side] * (m - 1)), axis=-1).reshape(-1, m - 1)


def _sampled_dimension(name: str, m: int) -> int:
    """As few parameters as the problem can have: the front is the same for any number."""
    return 6 if name.startswith("wfg") else m + 1


def _nearest(name: str, positions: Values, problem: AnalyticProblem) -> Values:
    """Points (N x D) of the given positions (N x M-1) at the smallest distance to the front."""
    num_positions = positions.shape[1]
    if name.startswith("wfg"):
        shares = np.repeat(positions, problem.pymoo.k // num_positions, axis=1)
        shares = shares**50 if name == "wfg1" else shares  # which takes the 50th root of them
        rest = np.full((len(shares), problem.dimension - shares.shape[1]), 0.35)
        return np.asarray(np.hstack([shares, rest]) * problem.pymoo.xu)
    columns = positions * problem.pymoo.xu[:num_positions]
    if name == "mw14":
        first = 1 - (columns[:, -1] - 0.5) ** 2
        return np.column_stack([columns, first, 1 - (first - 0.5) ** 2])
    best = _BEST.get(name, (0.5,) * 2 if name.startswith("dtlz") else (0.0,) * 2)
    return np.hstack(
        [columns, np.tile(best[: problem.dimension - num_positions], (len(columns), 1))]
    )


def _feasible_2d(name: str) -> Values:
    """Feasible points of MW with two objectives near the front, by a grid that is refined there.

    Both objectives and all constraints are functions of a position and a distance, for any
    dimension. Each pass keeps what is within `margin` of the front and makes a 5 x 5 grid of it.
    """
    problem = make_analytic(name, 3).pymoo
    spacing = np.asarray([problem.xu[0] / 800, 1 / 400])
    grid = np.stack(np.meshgrid(np.arange(801), np.arange(401)), axis=-1).reshape(-1, 2) * spacing
    for margin in (0.1, 0.01, 0.0):
        with np.errstate(invalid="ignore"):  # sqrt(1 - 1) of MW5, 6, 7 and 11, rounded below 0
            points = _at_distance(name, grid)
            losses, violations = problem.evaluate(points, return_values_of=["F", "G"])
        is_kept = (violations <= 0).all(axis=1)
        is_kept[is_kept] = _is_near_front(losses[is_kept], margin)
        if not margin:
            break
        spacing = spacing / 5
        grid = _refined(grid[is_kept], spacing, problem.xu[0])
    return np.asarray(losses[is_kept])


def _is_near_front(losses: Values, margin: float) -> npt.NDArray[np.bool_]:
    """Which of `losses` (N x 2) no other dominates by more than `margin` on both objectives."""
    order = np.lexsort((losses[:, 1], losses[:, 0]))
    lowest = np.minimum.accumulate(losses[order, 1])
    left_of = np.searchsorted(losses[order, 0], losses[:, 0] - margin, side="right") - 1
    return (left_of < 0) | (lowest[left_of] >= losses[:, 1] - margin)


def _refined(grid: Values, spacing: Values, right: float) -> Values:
    """Each point (N x 2) as the middle of 5 x 5 points that far apart, within the bounds."""
    steps = np.stack(np.meshgrid(np.arange(-2, 3), np.arange(-2, 3)), axis=-1).reshape(-1, 2)
    points = (grid[:, None] + steps * spacing).reshape(-1, 2)
    return np.clip(points, 0.0, [right, 1.0])


def _at_distance(name: str, grid: Values) -> Values:
    """Points (N x 3) of MW: a position, and a share of the way from the smallest distance to 0."""
    position, left = grid[:, 0], 1 - np.sqrt(grid[:, 1])
    if name in ("mw3", "mw7", "mw11"):
        first = (1 - (position - 0.5) ** 2) * left
        return np.column_stack([position, first, 1 - (first - 0.5) ** 2])
    return np.column_stack([position, *(best * left for best in _BEST[name])])
