"""What the raw rows say: hypervolume over evaluations and time, and paired comparisons by seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.stats import wilcoxon

from pareto_search.fronts.hypervolume import hypervolume, hypervolume_history
from quality.problems import true_hypervolume
from quality.runs import Row

LEVEL = 0.05
"""Of a significant difference, after Holm's correction."""


@dataclass(frozen=True)
class Comparison:
    """The default against a peer on one problem, paired by seed.

    `difference` is the mean of the default's normalised hypervolume less the peer's; `p` is that
    of Wilcoxon's signed-rank test, two-sided, corrected by Holm over all comparisons of a table.
    """

    problem: str
    peer: str
    difference: float
    p: float
    pairs: int

    @property
    def verdict(self) -> str:
        """better, worse or tied."""
        if not self.p < LEVEL:
            return "tied"
        return "better" if self.difference > 0 else "worse"


def value_at(row: Row, evaluations: float) -> float:
    """Hypervolume of a run after so many evaluations."""
    return _last(row, 0, evaluations)


def value_by(row: Row, seconds: float) -> float:
    """The same at a time of the virtual clock."""
    return _last(row, 1, seconds)


def wholes(rows: Sequence[Row]) -> dict[str, float]:
    """The hypervolume of each problem's true front, or of what all runs together found of it."""
    found = {}
    for name in {row["problem"] for row in rows}:
        mine = [row for row in rows if row["problem"] == name]
        losses = [entry[2:] for row in mine for entry in row["improvements"]]
        found[name] = true_hypervolume(name) or hypervolume(losses, mine[0]["reference"])
    return found


def values(
    rows: Sequence[Row], workers: int, evaluations: int
) -> dict[tuple[str, str], dict[int, float]]:
    """(problem, method) to seed to hypervolume, as a part of the whole.

    Runs that were shorter are left out; of longer ones the one of the smallest budget counts, since
    the default chooses by it.
    """
    whole = wholes(rows)
    found: dict[tuple[str, str], dict[int, float]] = {}
    for row in sorted(rows, key=lambda row: -row["trials"]):
        if row["workers"] == workers and row["trials"] >= evaluations:
            cell = found.setdefault((row["problem"], row["method"]), {})
            cell[row["seed"]] = value_at(row, evaluations) / whole[row["problem"]]
    return found


def compare(
    cells: Mapping[tuple[str, str], Mapping[int, float]], ours: str, peers: Sequence[str]
) -> list[Comparison]:
    """`ours` against each of `peers` on each problem, where both ran at least five same seeds."""
    found = []
    for problem, method in sorted(cells):
        mine, theirs = cells.get((problem, ours), {}), cells[problem, method]
        seeds = sorted(mine.keys() & theirs.keys())
        if method in peers and len(seeds) >= 5:
            gaps = np.asarray([mine[seed] - theirs[seed] for seed in seeds])
            p = float(wilcoxon(gaps).pvalue) if gaps.any() else 1.0
            found.append(Comparison(problem, method, float(gaps.mean()), p, len(seeds)))
    corrected = holm([comparison.p for comparison in found])
    return [
        Comparison(c.problem, c.peer, c.difference, p, c.pairs)
        for c, p in zip(found, corrected, strict=True)
    ]


def holm(ps: Sequence[float]) -> list[float]:
    """Each of `ps` corrected by Holm (1979): the k-th smallest of n times n - k + 1, never falling.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    corrected, largest = [0.0] * len(ps), 0.0
    for place, at in enumerate(sorted(range(len(ps)), key=lambda n: ps[n])):
        largest = max(largest, min(1.0, ps[at] * (len(ps) - place)))
        corrected[at] = largest
    return corrected


def _last(row: Row, column: int, limit: float) -> float:
    places, history = _history(
        tuple(row["reference"]), tuple(tuple(entry) for entry in row["improvements"])
    )
    count = int(np.searchsorted(places[:, column], limit, side="right"))
    return float(history[count - 1]) if count else 0.0


@lru_cache(maxsize=100_000)
def _history(
    reference: tuple[float, ...], improvements: tuple[tuple[float, ...], ...]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """When each improvement came (count, seconds), and the hypervolume with it."""
    table = np.asarray(improvements).reshape(len(improvements), 2 + len(reference))
    return table[:, :2], hypervolume_history(table[:, 2:], reference)
