import re

from hypothesis import given
from hypothesis import strategies as st

from pareto_search.manifests.naming import is_job_name, job_name

SWEEPS = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,62}\Z")


@given(SWEEPS)
def test_every_name_of_a_sweep_has_a_name_that_kuberay_takes(sweep):
    name = job_name(sweep)
    assert len(name) <= 47
    assert re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", name)


@given(SWEEPS)
def test_a_name_that_can_stay_stays(sweep):
    assert (job_name(sweep) == sweep) == is_job_name(sweep)


@given(SWEEPS, SWEEPS)
def test_two_sweeps_are_two_jobs(one, other):
    assert (job_name(one) == job_name(other)) == (one == other)


def test_sweeps_that_differ_in_case_or_signs_alone_are_two_jobs():
    names = {job_name(s) for s in ("my-sweep", "My-Sweep", "my.sweep", "my_sweep", "my-sweep-")}
    assert len(names) == 5
