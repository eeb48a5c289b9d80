"""A sweep on a cluster of several nodes: real processes, each node with its own address.

MLflow's store is a real PostgreSQL and its artifacts lie in a bucket, as on Kubernetes.
"""

import subprocess

import pytest
from cluster_sweeps import (
    CODE,
    RECIPE,
    STEPS,
    TRIALS,
    ask,
    finished_runs,
    front_at,
    most_at_once,
    nodes_of,
    number,
    overlap,
    points_at,
    printed,
    reported,
)
from clusters import Cluster
from recording import MLFLOW_WARNINGS
from serving import Bucket, MlflowServer, Postgres
from sweeping import call, command, record_counts, steps_of, wait_for, write_recipe

from pareto_search.storage.directory import SweepDirectory

pytestmark = [pytest.mark.integration, MLFLOW_WARNINGS]


@pytest.fixture(scope="module")
def cluster():
    """A head that runs no trial, two nodes of processors, and one with a "GPU"."""
    made = Cluster()
    try:
        made.start_head()
        made.workers = [made.add_worker(cpus=2), made.add_worker(cpus=2)]
        made.with_gpu = made.add_worker(cpus=2, gpus=1)
        yield made
    finally:
        made.close()


@pytest.fixture
def project(tmp_path):
    """A folder with the trainable; recipes and their storage go into it."""
    (tmp_path / "cluster_trial.py").write_text(CODE)
    return tmp_path


@pytest.fixture(scope="module")
def tracking(tmp_path_factory):
    """An MLflow server on PostgreSQL, and the bucket in which its artifacts lie."""
    folder = tmp_path_factory.mktemp("tracking")
    postgres, bucket = Postgres(), Bucket(folder)
    server = MlflowServer(
        folder / "server", postgres.uri, "--artifacts-destination", bucket.uri, **bucket.variables
    )
    try:
        server.start()
        yield server, bucket
    finally:
        server.kill()
        bucket.close()
        postgres.close()


def test_a_submitted_sweep_outlives_a_node_takes_a_new_one_and_is_stopped_and_carried_on(
    cluster, project, tracking
):
    server, bucket = tracking
    gate = project / "gate"
    gate.write_text("2")  # the last step that a trial may take
    recipe = write_recipe(project, base=RECIPE, params={"steps": STEPS, "gate": str(gate)})
    directory = SweepDirectory(project / "results" / "toy")
    submit = ["submit", recipe, "--address", cluster.dashboard, "--tracking-uri", server.uri]
    follower = subprocess.Popen(
        command(*submit), cwd=project, env=cluster.client, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    lost = cluster.workers.pop(0)
    wait_for(lambda: follower.poll() is not None or reported(directory, 2) == 6)
    assert follower.poll() is None, follower.communicate()
    cluster.kill_worker(lost)
    cluster.workers.append(cluster.add_worker(cpus=2))
    gate.write_text("3")
    wait_for(lambda: reported(directory, 3) == 6)
    stopped = ask(cluster, project, "stop", "toy", "--address", cluster.dashboard)
    assert stopped.returncode == 0, stopped.stderr
    said = follower.communicate(timeout=60)
    assert follower.returncode == 130, said
    assert not directory.records()
    gate.write_text(str(STEPS))
    again = ask(cluster, project, *submit)
    assert again.returncode == 0, (again.stdout, again.stderr)
    assert f"{TRIALS} of {TRIALS} trials complete, 0 stopped, 0 failed" in again.stdout
    trials = [f"t{i:04d}" for i in range(TRIALS)]
    assert record_counts(directory) == dict.fromkeys(trials, 1)
    steps = {uid: sorted(set(reported)) for uid, reported in steps_of(directory).items()}
    assert steps == {uid: list(range(1, STEPS + 1)) for uid in trials}
    moved = [nodes for nodes in nodes_of(directory).values() if nodes[0] == number(lost)]
    assert [nodes[1] for nodes in moved] == [number(lost)] * 2, "step 2 was not taken again"
    assert number(lost) not in {node for nodes in moved for node in nodes[2:]}
    assert finished_runs(server.uri) == [*trials, "toy"]
    assert any(name.endswith("front_table.json") for name in bucket.names())


ALONE = {
    **RECIPE,
    "params": {"steps": 2},
    "searcher": {"kind": "nsga2", "population": 4},
    "budget": {"trials": 16, "concurrent": 1},
}


@pytest.fixture(scope="module")
def single_machine(tmp_path_factory):
    """Where this machine alone ran the recipe `ALONE`, and one with other results."""
    folder = tmp_path_factory.mktemp("single")
    (folder / "cluster_trial.py").write_text(CODE)
    run = ["run", write_recipe(folder, base=ALONE), "--storage"]
    for place, changes in (("here", []), ("other", ["--set", "params.steps=1"])):
        done = call(folder, *run, folder / place, *changes)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("kind", ["address", "client_address"])
def test_with_one_worker_and_one_seed_the_front_is_that_of_a_single_machine(
    cluster, project, single_machine, kind
):
    run = ["run", write_recipe(project, base=ALONE), "--address", getattr(cluster, kind)]
    there = ask(cluster, project, *run, "--storage", project / "there")
    assert there.returncode == 0, there.stderr
    front = front_at(project / "there")
    assert front == front_at(single_machine / "here")
    assert len(front) >= 3
    learned = points_at(single_machine / "here") != points_at(single_machine / "other")
    assert learned, "what is proposed depends on results"


def test_trials_share_a_gpu_on_the_one_node_that_has_it(cluster, project):
    recipe = write_recipe(
        project,
        base=RECIPE,
        resources={"gpu": 0.5},
        budget={"trials": 4},
        name="shared",
        params={"steps": STEPS, "sleep_s": 0.3},
    )
    done = ask(cluster, project, "run", recipe, "--address", cluster.address)
    assert done.returncode == 0, (done.stdout, done.stderr)
    directory = SweepDirectory(project / "results" / "shared")
    assert {n for on in nodes_of(directory).values() for n in on} == {number(cluster.with_gpu)}
    assert overlap(directory), "two at once"
    assert printed(directory) == {"GPUs 0"}


def test_a_trial_takes_several_gpus_of_one_node_as_soon_as_one_has_them(cluster, project):
    recipe = write_recipe(
        project, base=RECIPE, resources={"gpu": 2}, budget={"trials": 2}, name="several"
    )
    run = ["run", recipe, "--address", cluster.address]
    refused = ask(cluster, project, *run)
    assert refused.returncode == 2
    assert "One trial should fit on one node." in refused.stderr
    node = cluster.add_worker(cpus=1, gpus=2)
    try:
        done = ask(cluster, project, *run)
        assert done.returncode == 0, (done.stdout, done.stderr)
    finally:
        cluster.kill_worker(node)
    assert printed(SweepDirectory(project / "results" / "several")) == {"GPUs 0,1"}


def test_a_node_without_the_storage_or_the_data_is_named_before_the_first_trial(cluster, project):
    apart = project / "mounted"
    apart.mkdir()
    (apart / "scans").mkdir()
    node = cluster.add_worker(cpus=1, unshared=apart)
    try:
        recipe = write_recipe(project, base=RECIPE)
        run = ["run", recipe, "--address", cluster.address]
        unshared = ask(cluster, project, *run, "--storage", apart)
        unread = ask(cluster, project, *run, "--set", f"params.root={apart / 'scans'}")
    finally:
        cluster.kill_worker(node)
    assert unshared.returncode == 4
    assert f"node {node} cannot write {apart}/toy" in unshared.stderr
    assert unread.returncode == 2
    assert f"Node {node} cannot read {apart / 'scans'}." in unread.stderr
    assert not SweepDirectory(project / "results" / "toy").records()


def test_a_node_that_joins_without_the_storage_ends_no_trial_and_stops_the_sweep(cluster, project):
    gate = project / "gate"
    gate.write_text("2")
    recipe = write_recipe(project, base=RECIPE, params={"steps": STEPS, "gate": str(gate)})
    directory = SweepDirectory(project / "results" / "toy")
    run = ["run", recipe, "--address", cluster.address]
    running = subprocess.Popen(
        command(*run), cwd=project, env=cluster.client, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    wait_for(lambda: running.poll() is not None or reported(directory, 2) == 6)
    node = cluster.add_worker(cpus=1, unshared=project / "results")
    try:
        _, said = running.communicate(timeout=120)
    finally:
        cluster.kill_worker(node)
    assert running.returncode == 4, said
    assert f"node {node} cannot write" in said
    assert f"resume toy --storage results --address {cluster.address}" in said
    assert not directory.records()
    gate.write_text(str(STEPS))
    again = ask(cluster, project, *run)
    assert again.returncode == 0, (again.stdout, again.stderr)
    assert record_counts(directory) == {f"t{i:04d}": 1 for i in range(TRIALS)}


def test_a_cluster_grows_from_nothing_to_what_the_sweep_can_use(project):
    gate = project / "gate"
    gate.write_text("1")  # a trial on each of two nodes, or none goes on
    recipe = write_recipe(
        project, base=RECIPE, budget={"trials": 6}, params={"steps": STEPS, "gate": str(gate)}
    )
    directory = SweepDirectory(project / "results" / "toy")
    made = Cluster()
    try:
        made.start_head(
            dashboard=False, grows={"resources": {"CPU": 1}, "min_workers": 0, "max_workers": 2}
        )
        run = ["run", recipe, "--address", made.address]
        refused = ask(made, project, *run)
        assert refused.returncode == 2
        assert "--grow-to" in refused.stderr
        running = subprocess.Popen(
            command(*run, "--grow-to", "2"), cwd=project, env=made.client, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        wait_for(lambda: running.poll() is not None or reported(directory, 1) == 2)
        gate.write_text(str(STEPS))
        said = running.communicate(timeout=120)
    finally:
        made.close()
    assert running.returncode == 0, said
    assert record_counts(directory) == {f"t{i:04d}": 1 for i in range(6)}
    assert overlap(directory), "two nodes were at work at once"


def test_what_a_node_was_started_with_is_asked_for_by_name_and_memory_packs(cluster, project):
    needs = {"custom": {"scanner": 1}, "memory_gib": 0.5}
    recipe = write_recipe(project, base=RECIPE, resources=needs, budget={"trials": 4})
    run = ["run", recipe, "--address", cluster.address]
    refused = ask(cluster, project, *run)
    assert refused.returncode == 2
    assert "0 scanner" in refused.stderr
    directory = SweepDirectory(project / "results" / "toy")
    assert not directory.proposals()
    node = cluster.add_worker(cpus=4, resources={"scanner": 4}, memory_gib=1)
    try:
        done = ask(cluster, project, *run, "--set", "params.sleep_s=0.3")
    finally:
        cluster.kill_worker(node)
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert {n for on in nodes_of(directory).values() for n in on} == {number(node)}
    assert most_at_once(directory) == 2, "as its memory holds, though there are cores for 4"
