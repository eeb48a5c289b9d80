"""A comparison as JSON values, for programs."""

import math
from typing import Any

from pareto_search.comparison.comparing import Comparison
from pareto_search.comparison.leads import Lead
from pareto_search.comparison.pairs import Pair, Peak
from pareto_search.comparison.saying import verdict
from pareto_search.comparison.standing import Standing
from pareto_search.comparison.volumes import Volume
from pareto_search.objective import Objective


def as_json(comparison: Comparison) -> dict[str, Any]:
    """All of `comparison`, in the objectives' own directions; what is not known is null."""
    objectives = comparison.objectives
    return {
        "objectives": [objective.model_dump() for objective in objectives],
        "contestants": [_standing(one) for one in comparison.standings],
        "pairs": [_pair(pair, objectives) for pair in comparison.pairs],
        "joint_front": comparison.joint,
        "common_trials": comparison.common,
        "compared": _compared(comparison),
        "leads": [_lead(lead, comparison) for lead in comparison.leads],
        "differing": {key: list(texts) for key, texts in comparison.differing.items()},
        "notes": list(comparison.notes),
        "verdict": verdict(comparison),
    }


def _compared(comparison: Comparison) -> dict[str, Any]:
    """Of which trials fronts, pairs, leads and verdict are: the first so many of each sweep."""
    return {"first_trials_of_each": comparison.common, "is_all": comparison.is_even}


def _standing(one: Standing) -> dict[str, Any]:
    return {
        "label": one.label,
        "sweeps": list(one.sweeps),
        "trials": list(one.trials),
        "front": [len(front) for front in one.fronts],
        "hypervolume": _volume(one.volume),
        "hypervolume_at_common_trials": _volume(one.fair),
        "held_of_joint_front": one.held,
        "hypervolume_lost_without": one.lost,
        "worked_s": one.worked_s,
    }


def _volume(volume: Volume) -> dict[str, Any]:
    return {
        "values": volume.values.tolist(),
        "mean": volume.mean,
        "low": _number(volume.low),
        "high": _number(volume.high),
        "interval": volume.basis or None,
    }


def _pair(pair: Pair, objectives: tuple[Objective, ...]) -> dict[str, Any]:
    found = pair.significance
    return {
        "first": pair.first,
        "second": pair.second,
        "covers": list(pair.covers),
        "shift_to_cover": list(pair.shifts),
        "hypervolume_apart": pair.apart,
        "attains_more_often": list(pair.more) if pair.difference else None,
        "most_often": [_peak(peak, objectives) for peak in pair.peaks] if pair.difference else None,
        "test": {
            "method": found.method,
            "p": found.p,
            "p_holm": found.corrected,
            "least_p": found.least,
            "significant": found.is_significant,
        },
    }


def _peak(peak: Peak | None, objectives: tuple[Objective, ...]) -> dict[str, Any] | None:
    if peak is None:
        return None
    ends = zip(objectives, peak.low, peak.high, strict=True)
    place = {o.name: sorted((o.loss(low), o.loss(high))) for o, low, high in ends}
    return {"share": peak.share, "between": place}


def _lead(lead: Lead, comparison: Comparison) -> dict[str, Any]:
    axis = comparison.objectives[0]
    label = None if lead.leader is None else comparison.standings[lead.leader].label
    ends = sorted((axis.loss(lead.start), axis.loss(lead.end)))
    return {"leader": label, "objective": axis.name, "between": ends, "gain": lead.gain}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
