"""The bars that were set for search quality, each met, missed or not run yet."""

from collections.abc import Iterator, Sequence

import numpy as np

from quality.methods import DEFAULT, PEERS
from quality.runs import Row
from quality.statistics import Comparison, compare, values

SHARE = 0.8
"""Of problems on which the default should be best, or tied with the best peer."""
STEADY = {"ours-pymoo-nsga2": "hand-pymoo-nsga2", "ours-pymoo-smsemoa": "hand-pymoo-smsemoa"}
MODELS = ("loop-optuna-tpe", "ours-optuna-tpe")


def judged(rows: Sequence[Row], workers: int) -> Iterator[str]:
    """A line for each bar."""
    yield _reaches(rows, workers, "zdt1", 0.95)
    yield _reaches(rows, workers, "zdt3", 0.80)
    for evaluations in (50, 100):
        for peer in MODELS:
            yield from _no_worse(rows, workers, evaluations, DEFAULT, peer)
    for ours, peer in STEADY.items():
        yield from _no_worse(rows, workers, 300, ours, peer)
    for evaluations in (50, 100, 300):
        yield from _against_all(rows, workers, evaluations)


def losing(comparisons: Sequence[Comparison]) -> list[str]:
    """The cases that are lost, named."""
    return [
        f"{c.problem} against {c.peer}: {c.difference:+.3f} (p = {c.p:.2g}, {c.pairs} seeds)"
        for c in comparisons
        if c.verdict == "worse"
    ]


def best_or_tied(comparisons: Sequence[Comparison]) -> dict[str, bool]:
    """For each problem, whether no peer is significantly better."""
    problems = sorted({c.problem for c in comparisons})
    return {
        name: all(c.verdict != "worse" for c in comparisons if c.problem == name)
        for name in problems
    }


def _reaches(rows: Sequence[Row], workers: int, problem: str, bar: float) -> str:
    found = values(rows, workers, 100).get((problem, DEFAULT), {})
    claim = f"default on {problem} at 100 evaluations: at least {bar:.2f} of the true hypervolume"
    if not found:
        return f"not run: {claim}"
    mean = float(np.mean(list(found.values())))
    return f"{_word(mean >= bar)}: {claim}. Found {mean:.3f} ({len(found)} seeds)."


def _no_worse(
    rows: Sequence[Row], workers: int, evaluations: int, ours: str, peer: str
) -> Iterator[str]:
    cells = values(rows, workers, evaluations)
    mine = {key: cell for key, cell in cells.items() if key[0] in ("dtlz2", "wfg4")}
    found = {c.problem: c for c in compare(mine, ours, [peer])}
    for problem in ("dtlz2", "wfg4"):
        claim = f"{ours} no worse than {peer} on {problem} at {evaluations}"
        if problem not in found:
            yield f"not run: {claim}"
            continue
        c = found[problem]
        fact = f"{c.difference:+.3f}, p = {c.p:.2g}, {c.pairs} seeds"
        yield f"{_word(c.verdict != 'worse')}: {claim}. Found {c.verdict} ({fact})."


def _against_all(rows: Sequence[Row], workers: int, evaluations: int) -> Iterator[str]:
    comparisons = compare(values(rows, workers, evaluations), DEFAULT, list(PEERS))
    claim = f"default best or tied on {SHARE:.0%} of problems at {evaluations}, worse on none"
    if not comparisons:
        yield f"not run: {claim}"
        return
    good = best_or_tied(comparisons)
    lost = losing(comparisons)
    share = sum(good.values()) / len(good)
    fact = f"Found {share:.0%} of {len(good)}, and {len(lost)} lost comparisons."
    yield f"{_word(share >= SHARE and not lost)}: {claim}. {fact}"
    yield from (f"  lost: {case}" for case in lost)


def _word(is_met: bool) -> str:
    return "met" if is_met else "MISSED"
