"""What the curriculum promises at every time."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trainables.curriculum import CurriculumConfig, admission, pace

CLAIM = settings(max_examples=50, deadline=None, derandomize=True)
PACES = st.sampled_from(
    ["linear", "quadratic", "root", "exponential", "logarithmic", "cosine", "step"]
)
TIMES = st.floats(0, 1)
CONFIGS = st.builds(
    CurriculumConfig,
    warmup=st.floats(0, 1),
    start=st.floats(0, 1),
    pace=PACES,
    shells=st.sampled_from([2, 3, 5]),
    softness=st.floats(0.01, 2),
)


@CLAIM
@given(config=CONFIGS, times=st.lists(TIMES, min_size=2, max_size=20))
def test_the_pace_and_every_admission_never_fall_and_stay_between_zero_and_one(config, times):
    times = sorted(times)
    paces = torch.tensor([pace(t, config) for t in times], dtype=torch.float64)
    admissions = torch.stack([admission(t, config) for t in times])
    for course in (paces, admissions):
        assert ((course >= 0) & (course <= 1)).all()
        assert (course.diff(dim=0) >= -1e-7).all()


@CLAIM
@given(config=CONFIGS, later=TIMES)
def test_from_the_end_of_the_warm_up_on_everything_is_admitted(config, later):
    for time in (config.warmup, max(config.warmup, later), 1.0):
        assert pace(time, config) == 1.0
        assert torch.equal(admission(time, config), torch.ones(config.shells))


@CLAIM
@given(config=CONFIGS, time=TIMES, without=st.sampled_from([{"warmup": 0.0}, {"start": 1.0}]))
def test_without_warm_up_or_from_a_full_start_there_is_no_curriculum(config, time, without):
    admitted = admission(time, config.model_copy(update=without))
    assert torch.equal(admitted, torch.ones(config.shells))


@CLAIM
@given(config=CONFIGS, time=TIMES)
def test_the_certain_voxels_are_always_admitted(config, time):
    assert admission(time, config)[0] == 1


@CLAIM
@given(kind=PACES, warmup=st.floats(0.01, 1))
def test_without_a_start_the_pace_begins_at_zero(kind, warmup):
    assert pace(0.0, CurriculumConfig(warmup=warmup, pace=kind)) == 0.0


@CLAIM
@given(kind=PACES.filter(lambda kind: kind != "step"), warmup=st.floats(0.01, 1))
def test_every_pace_but_the_step_arrives_at_one_without_a_jump(kind, warmup):
    config = CurriculumConfig(warmup=warmup, pace=kind)
    assert pace(warmup * (1 - 1e-6), config) > 1 - 1e-4
