"""Faults of Ray Tune's own scheduling: B5, B15 and B20; the others: test_plain_glue_search.py.

What Tune forgets of its scheduler in a snapshot, and that it has no best of several objectives, is
shown by a real run in tests/faults/test_plain_glue_sweeps.py.

=== ===========================================================================================
B5  test_rungs_after_a_restore
B15 test_several_objectives_for_scheduler_and_best_result
B20 test_brackets_are_drawn_from_the_global_generator
=== ===========================================================================================
"""

import numpy as np
import pytest
from ray.tune.schedulers import AsyncHyperBandScheduler

from pareto_search.fronts.front import front_of
from pareto_search.objective import Objective
from pareto_search.recipe.scheduling import SchedulerConfig
from pareto_search.schedulers import Verdict, make_scheduler
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import Proposal, TrialRecord
from pareto_search.trials.judging import Judge

pytestmark = pytest.mark.integration
OBJECTIVES = [Objective(name="f1", reference=1.0), Objective(name="f2", reference=1.0)]
ASHA = SchedulerConfig(objective="f1", grace=1, reduction=2, max_steps=10)


class Named:
    """All that Ray's scheduler reads of a trial."""

    def __init__(self, trial_id):
        self.trial_id = trial_id


def make_judge():
    return Judge(make_scheduler(ASHA, ["f1", "f2"]), OBJECTIVES)


def test_rungs_after_a_restore(tmp_path):
    directory = SweepDirectory(tmp_path)
    before = make_judge()
    for place in range(8):
        metrics = {"f1": place / 10, "f2": 0.5}
        directory.reports.append(f"t{place:04d}", 1, metrics)
        before.judge(f"t{place:04d}", 1, metrics)
    newcomer = "t0008", 1, {"f1": 0.5, "f2": 0.5}
    resumed = make_judge()
    resumed.restore(directory)
    assert resumed.judge(*newcomer) is before.judge(*newcomer) is Verdict.STOP
    assert make_judge().judge(*newcomer) is Verdict.CONTINUE  # with empty rungs, as Tune's are


def test_several_objectives_for_scheduler_and_best_result():
    with pytest.raises(AssertionError, match="mode"):
        AsyncHyperBandScheduler(metric=["f1", "f2"], mode=["min", "min"])

    scheduler = make_scheduler(ASHA, ["f1", "f2"])
    assert scheduler.judge("t0000", 1, (0.1, 0.9)) is Verdict.CONTINUE
    values = [(0.1, 0.9), (0.9, 0.1), (0.9, 0.9)]
    records = [
        TrialRecord(Proposal(i, {}), TrialState.COMPLETE, dict(zip(("f1", "f2"), f, strict=True)))
        for i, f in enumerate(values)
    ]
    assert [member.uid for member in front_of(records, OBJECTIVES).members] == ["t0000", "t0001"]


def brackets(seed):
    np.random.seed(seed)  # noqa: NPY002  the very thing
    plain = AsyncHyperBandScheduler(metric="f1", mode="min", brackets=3, max_t=81)
    for place in range(20):
        plain.on_trial_add(None, Named(str(place)))
    return [plain._brackets.index(plain._trial_info[str(place)]) for place in range(20)]


def test_brackets_are_drawn_from_the_global_generator():
    assert brackets(0) == brackets(0)
    assert brackets(0) != brackets(1)  # whatever else drew from it moves every later trial

    verdicts = []
    for seed in (0, 1):
        np.random.seed(seed)  # noqa: NPY002
        ours = make_scheduler(ASHA, ["f1", "f2"])
        losses = np.random.default_rng(3).random(20)
        verdicts.append([ours.judge(f"t{i}", 1, (loss, 0.0)) for i, loss in enumerate(losses)])
    assert verdicts[0] == verdicts[1]
