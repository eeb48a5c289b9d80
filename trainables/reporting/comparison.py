"""Two models over the same cases: how far apart they are, and whether that can be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from trainables.evaluation.measures import COMPARED, MEASURES, Better, Rows
from trainables.reporting.statistics import bootstrap_interval, holm, signed_rank_p

LEVEL = 0.05
"""A corrected p below it counts as a difference."""

_DIGITS = 12
"""Decimals of a difference: what lies beyond is rounding, and would break ties."""

Winner = Literal["A", "B", "neither"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure of model A less that of model B, over the cases that both have.

    `mean` and `interval` (95 %, None for one case) are in the measure's unit, positive where A's
    is larger. `wins`, `ties` and `losses` count cases in which A is better, alike or worse.
    `p` is that of the Wilcoxon signed-rank test, `p_holm` the same after Holm's correction over
    the measures of the same region; `winner` is told from it.
    """

    key: str
    num_cases: int
    mean: float
    interval: tuple[float, float] | None
    wins: int
    ties: int
    losses: int
    p: float
    p_holm: float
    winner: Winner


def compare(a: Rows, b: Rows, regions: Sequence[str], seed: int = 0) -> list[Difference]:
    """Differences of the mean over `regions` first, then of each region if there are several.

    Only cases in both count, and of measures those of `COMPARED`. A winner needs
    ``p_holm < LEVEL``, and a mean difference on the same side as most of the ranks.

    Args:
        a: measures of model A, by case id.
        b: measures of model B, by case id.
        regions: names of the regions.
        seed: of the bootstrap.

    Raises:
        ValueError: no case is in both.
    """
    common = sorted(a.keys() & b.keys())
    if not common:
        raise ValueError("Two models should share at least one case. Found none.")
    found = []
    parts = [f"/{region}" for region in regions] if len(regions) > 1 else []
    for part in ("", *parts):
        keys = [f"{name}{part}" for name in COMPARED]
        columns = {key: _differences(a, b, common, key) for key in keys}
        found += _family({k: d for k, d in columns.items() if len(d)}, seed)
    return found


def verdict(differences: Sequence[Difference], a: str = "A", b: str = "B") -> str:
    """One sentence on who is better in what, over the mean of all regions, or that none is.

    Args:
        differences: those of `compare`.
        a: what to call model A.
        b: what to call model B.
    """
    overall = [d for d in differences if "/" not in d.key]
    most, least = max(d.num_cases for d in overall), least_cases(len(overall))
    if most < least:
        return (
            f"Too few cases to tell: with {most} of them no signed-rank test can reach p < {LEVEL} "
            f"corrected for {len(overall)} measures, whatever they show; it takes {least}."
        )
    better = {
        name: [MEASURES[d.key].title for d in overall if d.winner == side]
        for side, name in (("A", a), ("B", b))
    }
    said = [f"{name} is better in {_listed(titles)}" for name, titles in better.items() if titles]
    rest = len(overall) - sum(map(len, better.values()))
    tested = f"over {most} cases (signed-rank test, p < {LEVEL} after Holm's correction)"
    if not said:
        return f"Neither is shown to be better in any of {len(overall)} measures {tested}."
    left = f"; the other {rest} of {len(overall)} measures do not tell them apart" if rest else ""
    return f"{', and '.join(said)} {tested}{left}."


def least_cases(num_tests: int) -> int:
    """The fewest pairs with which one of `num_tests` measures can be told apart at all.

    The smallest two-sided p of a signed-rank test of n pairs is 2 / 2^n, and Holm's correction
    takes the smallest of m values m times.

    >>> least_cases(1), least_cases(6)
    (6, 8)
    """
    return next(n for n in range(1, 100) if num_tests * 2 / 2**n < LEVEL)


def _differences(a: Rows, b: Rows, common: Sequence[str], key: str) -> npt.NDArray[np.float64]:
    """A less B over the cases in which both have the measure; rounding is a tie."""
    pairs = [(a[i][key], b[i][key]) for i in common if key in a[i] and key in b[i]]
    apart: npt.NDArray[np.float64] = np.array([x - y for x, y in pairs], dtype=np.float64)
    return apart.round(_DIGITS)


def _family(columns: Mapping[str, npt.NDArray[np.float64]], seed: int) -> list[Difference]:
    """Differences of one region, corrected over its measures."""
    p_values = [signed_rank_p(apart) for apart in columns.values()]
    corrected = holm(p_values)
    return [
        _describe(key, apart, p, p_holm, seed)
        for (key, apart), p, p_holm in zip(columns.items(), p_values, corrected, strict=True)
    ]


def _describe(
    key: str, apart: npt.NDArray[np.float64], p: float, p_holm: float, seed: int
) -> Difference:
    better = MEASURES[key.partition("/")[0]].better
    up, down = int(np.sum(apart > 0)), int(np.sum(apart < 0))
    wins, losses = (up, down) if better == "higher" else (down, up)
    return Difference(
        key=key,
        num_cases=len(apart),
        mean=float(apart.mean()),
        interval=bootstrap_interval(apart, seed),
        wins=wins,
        ties=len(apart) - up - down,
        losses=losses,
        p=p,
        p_holm=p_holm,
        winner=_winner(apart, better) if p_holm < LEVEL else "neither",
    )


def _winner(apart: npt.NDArray[np.float64], better: Better) -> Winner:
    """Who is better, where the mean and most of the ranks say the same."""
    ranks = float(np.sum(np.sign(apart) * rankdata(np.abs(apart))))
    if ranks * float(apart.mean()) <= 0:
        return "neither"
    return "A" if (ranks > 0) == (better == "higher") else "B"


def _listed(titles: Sequence[str]) -> str:
    return f"{', '.join(titles[:-1])} and {titles[-1]}" if len(titles) > 1 else titles[0]
