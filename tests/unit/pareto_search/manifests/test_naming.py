import re

from hypothesis import given
from hypothesis import strategies as st

from pareto_search.manifests.naming import is_job_name, job_name, reads_as_made

SWEEPS = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,62}\Z")
CHANGES = (
    str.lower,
    str.upper,
    job_name,  # what another sweep's job is called is a sweep's name too
    lambda sweep: job_name(job_name(sweep)),
    lambda sweep: sweep.replace("_", "-").replace(".", "-"),
    lambda sweep: f"{sweep}-"[:63],
    lambda sweep: f"sweep-{sweep}"[:63],
    lambda sweep: sweep[:47],
    lambda sweep: sweep[:40],
)
NEAR = st.tuples(SWEEPS, st.sampled_from(CHANGES)).map(lambda pair: (pair[0], pair[1](pair[0])))


@given(SWEEPS)
def test_every_name_of_a_sweep_has_a_name_that_kuberay_takes(sweep):
    name = job_name(sweep)
    assert len(name) <= 47
    assert re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", name)


@given(SWEEPS)
def test_a_name_that_can_stay_stays(sweep):
    assert (job_name(sweep) == sweep) == (is_job_name(sweep) and not reads_as_made(sweep))


@given(NEAR | st.tuples(SWEEPS, SWEEPS))
def test_two_sweeps_are_two_jobs(pair):  # but for hashes that begin alike, 1 pair in 16 million
    one, other = pair
    assert (job_name(one) == job_name(other)) == (one == other)


@given(SWEEPS)
def test_no_job_that_kept_its_sweeps_name_reads_as_one_that_did_not(sweep):
    assert reads_as_made(job_name(sweep)) == (job_name(sweep) != sweep)


def test_sweeps_that_differ_in_case_or_signs_alone_are_two_jobs():
    names = {job_name(s) for s in ("my-sweep", "My-Sweep", "my.sweep", "my_sweep", "my-sweep-")}
    assert len(names) == 5
