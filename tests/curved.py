"""A sweep written by hand whose front is curved, with stopped and failed trials behind it."""

from pathlib import Path

from recording import BEGAN, HandSweep

from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.journal import Proposal, TrialRecord

OBJECTIVES = ("interior_error", "boundary_error")
PARAMS = ("curriculum.warmup", "fuzzy.width_mm", "loss.tau")
UNIT = {"type": "float", "low": 0, "high": 1}
NUM_TRIALS = 60


def curved_sweep(storage: Path) -> HandSweep:
    """Sixty trials: a tenth failed without a number, another was stopped, one is a baseline."""
    sweep = HandSweep(
        storage,
        name="curved",
        objectives=[{"name": name, "reference": 1.0} for name in OBJECTIVES],
        space=dict.fromkeys(PARAMS, UNIT),
        baselines=[],
        budget={"trials": NUM_TRIALS},
    )
    for index in range(NUM_TRIALS):
        _add_trial(sweep, index)
    return sweep


def _add_trial(sweep: HandSweep, index: int) -> None:
    point = {key: index * k % 61 / 60 for key, k in zip(PARAMS, (7, 23, 11), strict=True)}
    if index == 0:
        point = dict.fromkeys(PARAMS, 0.5)
    proposal = Proposal(index, point, baseline=index == 0, proposed_at=BEGAN + 60 * index)
    sweep.directory.journal.append(proposal)
    state = {9: TrialState.FAILED, 4: TrialState.STOPPED}.get(index % 10, TrialState.COMPLETE)
    step = {TrialState.FAILED: 0, TrialState.STOPPED: 1}.get(state, 3)
    values: dict[str, float] = {}
    for at in range(1, step + 1):
        values = _values(point, at)
        sweep.directory.reports.append(proposal.uid, at, values)
    error = "CUDA out of memory" if state is TrialState.FAILED else None
    record = TrialRecord(
        proposal, state, values, step=step or -1, elapsed_s=50.0, ended_at=BEGAN + 60 * index + 50,
        error=error,
    )  # fmt: skip
    sweep.directory.journal.append(record)


def _values(point: dict[str, float], step: int) -> dict[str, float]:
    along, away = point["curriculum.warmup"], point["fuzzy.width_mm"]
    worse = 0.2 * away + 0.3 * (3 - step)
    return {
        "interior_error": 0.1 + 0.4 * along**2 + worse,
        "boundary_error": 0.1 + 0.4 * (1 - along) ** 2 + worse,
    }
