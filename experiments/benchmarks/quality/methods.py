"""What is compared: every searcher of ours by name, and the peers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers.registry import SEARCHERS
from pareto_search.simulation.problem import SimulatedProblem

DEFAULT = "default"
"""Our choice by budget, dimension and kinds of parameters, ``kind: auto``."""
POPULATION = 16
"""Of ours by default, and of the peers that have no other default of their own."""


@dataclass(frozen=True)
class PeerMethod:
    """A peer: the environment it lives in, its loop beside `peers.worker`, and what it is told.

    `most_trials` is where it gets too slow to go on.
    """

    environment: str
    loop: str
    options: Mapping[str, Any] = field(default_factory=dict)
    most_trials: int | None = None


PEERS: Mapping[str, PeerMethod] = {
    "ray-optunasearch": PeerMethod("ray", "ray_loop"),
    "loop-optuna-tpe": PeerMethod("optuna", "optuna_loop", {"kind": "tpe"}),
    "loop-optuna-tpe-multivariate": PeerMethod(
        "optuna", "optuna_loop", {"kind": "tpe-multivariate"}
    ),
    "loop-optuna-nsga2": PeerMethod("optuna", "optuna_loop", {"kind": "nsga2"}),
    "loop-optuna-gp": PeerMethod("optuna", "optuna_loop", {"kind": "gp"}, most_trials=100),
    "hand-pymoo-nsga2": PeerMethod(
        "pymoo", "pymoo_loop", {"kind": "nsga2", "population": POPULATION}
    ),
    "hand-pymoo-smsemoa": PeerMethod(
        "pymoo", "pymoo_loop", {"kind": "smsemoa", "population": POPULATION}
    ),
    "syne-tune-morea": PeerMethod(
        "syne_tune", "syne_tune_loop", {"kind": "morea", "population": POPULATION}
    ),
    "syne-tune-ehvi": PeerMethod("syne_tune", "syne_tune_loop", {"kind": "ehvi"}, most_trials=50),
    "ax": PeerMethod("ax", "ax_loop", most_trials=50),
}


def our_methods() -> list[str]:
    """The default, then each searcher of the registry as ``ours-ENGINE-KIND``."""
    return [DEFAULT, *(f"ours-{engine}-{kind}" for engine, kind in SEARCHERS)]


def searcher_config(method: str, problem: SimulatedProblem) -> SearcherConfig:
    """The configuration of one of `our_methods`."""
    if method == DEFAULT:
        return SearcherConfig(kind="auto")
    _, engine, kind = method.split("-")
    given: dict[str, Any] = {"engine": engine, "kind": kind}
    if kind == "rnsga2":  # the middle of what counts: it looks for one part of the front only
        given["aspiration"] = (tuple(o.reference / 2 for o in problem.objectives),)
    return SearcherConfig(**given)


def most_trials(method: str, trials: int) -> int:
    """How many of `trials` the method is given."""
    peer = PEERS.get(method)
    slow = {"ours-optuna-gp": 100}
    most = peer.most_trials if peer else slow.get(method)
    return min(trials, most or trials)
