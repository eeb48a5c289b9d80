"""Ray's own joins to Optuna and MLflow, as shipped: what ours is compared with."""

from ray import tune
from ray.tune.search.optuna import OptunaSearch

OBJECTIVES = {"metric": ["f1", "f2"], "mode": ["min", "min"]}


def make_search(space=None, **settings):
    """OptunaSearch with two objectives, as Tune hands it its space."""
    search = OptunaSearch(**OBJECTIVES, seed=0, **settings)
    space = space or {key: tune.uniform(0.0, 1.0) for key in ("x0", "x1")}
    search.set_search_properties(None, None, space)
    return search


def first_end(ledger, metrics):
    """The next trial of `ledger`, run to its end with `metrics`."""
    proposal = ledger.propose()
    ledger.report(proposal.uid, 1, metrics, None)
    return ledger.finish(proposal.uid)
