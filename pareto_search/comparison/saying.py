"""The sentences of a comparison: who is better where, or that nobody is, and whether it is luck."""

from collections.abc import Sequence

from pareto_search.comparison.comparing import Comparison
from pareto_search.comparison.leads import Lead
from pareto_search.comparison.pairs import Pair
from pareto_search.comparison.significance import SIGNIFICANT, Significance
from pareto_search.objective import Objective

_MOST_PLACES = 3
"""More places than that are told as parts of the range."""


def verdict(comparison: Comparison) -> str:
    """Of which trials all is said, who is ahead where, and whether anybody is overall.

    Of a single contestant, only the first.
    """
    told = [which_trials(comparison)]
    if len(comparison.standings) < 2:
        told.append("One contestant: what its sweeps attain is shown, nothing is compared.")
    else:
        two = len(comparison.objectives) == 2
        told += [_where(comparison) if two else _held(comparison), _overall(comparison)]
    return " ".join(filter(None, told))


def which_trials(comparison: Comparison) -> str:
    """That only the first trials count, where numbers of trials differ; else nothing."""
    if comparison.is_even:
        return ""
    count = comparison.common
    first = f"first {count} count" if count > 1 else "first counts"
    return f"Numbers of trials differ: of each sweep only the {first}, in the picture too."


def tested_line(pair: Pair) -> str:
    """What the test of a pair found, in one line."""
    found = pair.significance
    line = f"{pair.first} - {pair.second}: hypervolume {pair.apart:+.4g}; {found.method}"
    if found.p is None or found.corrected is None:
        return line
    corrected = f", corrected (Holm) {found.corrected:.2g}" if found.corrected != found.p else ""
    return f"{line}: p = {found.p:.2g}{corrected}"


def _where(comparison: Comparison) -> str:
    if not comparison.leads:
        return "Nobody gets better than the reference point on both objectives."
    led = [lead for lead in comparison.leads if lead.leader is not None]
    if not led:
        return "Nobody is ahead anywhere: the fronts attain the same."
    places: dict[int, list[Lead]] = {}
    for lead in led:
        places.setdefault(lead.leader or 0, []).append(lead)
    tell = _range if len(led) > _MOST_PLACES else _places
    axis = comparison.objectives[0]
    told = [
        f"{comparison.standings[leader].label} is ahead {tell(own, comparison.leads, axis)}"
        for leader, own in places.items()
    ]
    several = any(len(one.sweeps) > 1 for one in comparison.standings)
    level = "; elsewhere nobody is" if len(led) < len(comparison.leads) else ""
    return f"{'On average, ' * several}{'; '.join(told)}{level}."


def _places(own: Sequence[Lead], leads: Sequence[Lead], axis: Objective) -> str:
    if len(leads) == 1:
        return "throughout"
    return "for " + " and ".join(_place(lead, leads, axis) for lead in own)


def _place(lead: Lead, leads: Sequence[Lead], axis: Objective) -> str:
    """A part of the `axis`; the first one begins, and the last one ends, where anybody gets."""
    start, end = axis.loss(lead.start), axis.loss(lead.end)
    better, worse = ("below", "above") if axis.direction == "minimize" else ("above", "below")
    if lead is leads[0]:
        return f"{axis.name} {better} {end:.3g}"
    if lead is leads[-1]:
        return f"{axis.name} {worse} {start:.3g}"
    low, high = sorted((start, end))
    return f"{axis.name} from {low:.3g} to {high:.3g}"


def _range(own: Sequence[Lead], leads: Sequence[Lead], axis: Objective) -> str:
    whole = leads[-1].end - leads[0].start
    part = sum(lead.end - lead.start for lead in own) / whole
    count = len(own)
    return f"over {part:.0%} of the range of {axis.name}, in {count} place{'s' * (count > 1)}"


def _held(comparison: Comparison) -> str:
    held = ", ".join(f"{one.label} {one.held}" for one in comparison.standings)
    return f"Of {comparison.joint} points on the front of all, these hold: {held}."


def _overall(comparison: Comparison) -> str:
    tested = [pair for pair in comparison.pairs if pair.significance.p is not None]
    count = comparison.common
    after = "" if comparison.is_even else f", after {count} trial{'s' * (count > 1)} each"
    if not tested:
        alone = [one.label for one in comparison.standings if len(one.sweeps) == 1]
        return f"With one sweep of {' and of '.join(alone)}, nothing tells whether that is luck."
    clear = [pair for pair in tested if pair.significance.is_significant]
    if not clear:
        return f"Overall{after}, no difference is beyond luck: {_clearest(tested)}."
    return f"Overall{after}, {'; '.join(_ahead(pair) for pair in clear)}."


def _ahead(pair: Pair) -> str:
    better, worse = (pair.first, pair.second) if pair.apart > 0 else (pair.second, pair.first)
    by = f"by {abs(pair.apart):.3g} in hypervolume"
    return f"{better} is ahead of {worse} {by} ({_p(pair.significance)})"


def _p(found: Significance) -> str:
    of_trials = " over the seeds of trials; another search may find otherwise"
    return f"p = {found.corrected:.2g}{of_trials * found.is_over_trials}"


def _clearest(tested: Sequence[Pair]) -> str:
    """The pair nearest to a difference, and whether so few sweeps could have shown one."""
    pair = min(tested, key=lambda pair: pair.significance.corrected or 0.0)
    found = pair.significance
    which = ", the clearest," if len(tested) > 1 else ""
    text = f"{pair.first} and {pair.second}{which} differ by {abs(pair.apart):.3g} in hypervolume"
    text += f" ({_p(found)})"
    if found.least is not None and found.least > SIGNIFICANT:
        text += f"; so few sweeps could not show more (p is at least {found.least:.2g})"
    return text
