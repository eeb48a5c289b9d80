"""Data in a bucket of an S3-compatible server: on each node once, whole, and of one state."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from serving import PASSWORD, Bucket, free_port
from sweeping import call, environment, wait_for

from trainables.data.buckets.address import parse_address
from trainables.data.buckets.fetching import refuse_names
from trainables.data.buckets.mirror import mirror
from trainables.data.buckets.store import Object
from trainables.data.phantom import write_phantom
from trainables.errors import DataError
from trainables.segmentation import train

pytestmark = pytest.mark.integration

FETCH = """
import sys
from pathlib import Path
from trainables.data.buckets.address import parse_address
from trainables.data.buckets.mirror import mirror
print(mirror(parse_address(sys.argv[1]), Path(sys.argv[2])).root)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    bucket = Bucket(tmp_path_factory.mktemp("s3"))
    yield bucket
    bucket.close()


@pytest.fixture
def bucket(server, monkeypatch):
    """The server, as this process's environment names it."""
    for name, value in keys(server).items():
        monkeypatch.setenv(name, value)
    return server


def keys(server):
    given = {name: value for name, value in server.variables.items() if name.startswith("AWS")}
    return {**given, "AWS_ENDPOINT_URL_S3": server.variables["MLFLOW_S3_ENDPOINT_URL"]}


def fill(bucket, prefix, count=5, size=1000):
    """So many files below `prefix`, each of its own bytes."""
    names = [f"case-{n}/t1.nii" for n in range(count)]
    for number, name in enumerate(names):
        bucket.put(f"{prefix}/{name}", bytes([number]) * size)
    return names


def at(prefix):
    return parse_address(f"s3://sweeps/{prefix}")


def start_fetching(bucket, prefix, cache):
    return subprocess.Popen(
        [sys.executable, "-c", FETCH, f"s3://sweeps/{prefix}", str(cache)],
        env={**environment(), **keys(bucket)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip


def test_the_copy_holds_the_very_files_in_a_folder_of_the_same_name(bucket, tmp_path):
    names = fill(bucket, "whole/brats")
    bucket.put("whole/brats/deeper/", b"")  # a folder, as some tools write one
    root = mirror(at("whole/brats"), tmp_path).root
    assert root.name == "brats"
    found = sorted(path for path in root.rglob("*") if path.is_file())
    assert [str(path.relative_to(root)) for path in found] == names
    assert [path.read_bytes() for path in found] == [bytes([n]) * 1000 for n in range(5)]


def test_eight_processes_that_begin_at_once_fetch_each_file_once(bucket, tmp_path):
    names = fill(bucket, "eight", count=12, size=200_000)
    processes = [start_fetching(bucket, "eight", tmp_path) for _ in range(8)]
    ends = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0] * 8, ends
    assert len({out for out, _ in ends}) == 1
    requests = bucket.requests("eight")
    assert {name: requests[f"eight/{name}"] for name in names} == dict.fromkeys(names, 1)


def test_what_was_fetched_before_a_kill_is_kept_and_no_file_is_half(bucket, tmp_path):
    names = fill(bucket, "killed", count=60, size=1_000_000)
    process = start_fetching(bucket, "killed", tmp_path)
    wait_for(lambda: len(list(tmp_path.rglob("*.nii"))) > 5 or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept = list(tmp_path.rglob("*.nii"))
    assert 5 < len(kept) < 60, "it was killed in the midst"
    assert {path.stat().st_size for path in kept} == {1_000_000}
    assert not list(tmp_path.rglob("*.record"))
    root = mirror(at("killed"), tmp_path).root
    requests = bucket.requests("killed")
    before = {str(path.relative_to(root)) for path in kept}
    assert {requests[f"killed/{name}"] for name in before} == {1}
    assert {str(path.relative_to(root)) for path in root.rglob("*.nii")} == set(names)


def test_a_trial_asks_the_server_nothing_where_the_copy_is_there(bucket, tmp_path):
    fill(bucket, "asked")
    version = mirror(at("asked"), tmp_path).version
    before = bucket.requests("asked")
    assert before["LIST"] == 1
    assert mirror(at("asked"), tmp_path, version).version == version
    assert bucket.requests("asked") == before


def test_of_a_changed_bucket_only_what_changed_is_fetched_and_the_old_copy_stays(bucket, tmp_path):
    names = fill(bucket, "changed")
    old = mirror(at("changed"), tmp_path)
    bucket.put(f"changed/{names[0]}", b"another")
    new = mirror(at("changed"), tmp_path)
    assert new.version != old.version
    assert (new.root / names[0]).read_bytes() == b"another"
    assert (old.root / names[0]).read_bytes() == bytes([0]) * 1000
    requests = bucket.requests("changed")
    assert [requests[f"changed/{name}"] for name in names] == [2, 1, 1, 1, 1]
    assert all((new.root / n).samefile(old.root / n) for n in names[1:])
    assert mirror(at("changed"), tmp_path, old.version) == old


def test_a_node_without_the_state_that_the_sweep_began_with_refuses_another(bucket, tmp_path):
    names = fill(bucket, "pinned")
    version = mirror(at("pinned"), tmp_path / "one").version
    bucket.put(f"pinned/{names[1]}", b"another")
    with pytest.raises(DataError, match="what it did when the sweep began"):
        mirror(at("pinned"), tmp_path / "two", version)
    assert not list((tmp_path / "two").rglob("*.nii"))


def test_a_copy_that_somebody_removed_a_file_of_is_made_whole(bucket, tmp_path):
    names = fill(bucket, "mended")
    found = mirror(at("mended"), tmp_path)
    (found.root / names[2]).unlink()
    assert mirror(at("mended"), tmp_path, found.version) == found
    assert (found.root / names[2]).read_bytes() == bytes([2]) * 1000


def test_names_that_lead_out_of_the_folder_are_refused():
    with pytest.raises(DataError, match=r"names that are paths. Found 'p/\.\./x'"):
        refuse_names([Object("p/../x", "../x", 1, "e")])


WRONG = {
    "no such bucket": ("s3://nowhere/brats", {}, "no bucket of that name"),
    "no such prefix": ("s3://sweeps/nothing", {}, "should hold files"),
    "no credentials": (
        "s3://sweeps/brats",
        {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
        "no credentials: set AWS_ACCESS_KEY_ID",
    ),
    "no such name": ("s3://a_b c/brats", {}, "a name that no bucket may have"),
}


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_with_a_bucket_is_said_in_one_sentence_without_a_secret(
    tmp_path, monkeypatch, wrong
):
    url, variables, message = WRONG[wrong]
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    for name, value in variables.items():
        monkeypatch.delenv(name) if not value else monkeypatch.setenv(name, value)
    with pytest.raises(DataError, match=message) as caught:
        mirror(parse_address(url), tmp_path)
    assert len(caught.value.problems) == 1
    assert PASSWORD not in str(caught.value)


@pytest.mark.usefixtures("bucket")
def test_a_server_that_does_not_answer_is_named_without_the_password_in_its_address(
    tmp_path, monkeypatch
):
    port = free_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://me:{PASSWORD}@127.0.0.1:{port}")
    with pytest.raises(DataError, match=rf"no answer from 127\.0\.0\.1:{port}: is it up") as caught:
        mirror(at("brats"), tmp_path)
    assert PASSWORD not in str(caught.value)


def test_without_the_package_the_extra_is_named(tmp_path):
    program = "import sys; sys.modules['boto3'] = sys.modules['botocore.exceptions'] = None\n"
    done = subprocess.run(
        [sys.executable, "-c", program + FETCH, "s3://sweeps/brats", str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr.splitlines()[-1].endswith("install pareto-search with the extra `s3`.")


@pytest.fixture(scope="module")
def phantom(server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantom")
    write_phantom(folder, 5, seed=0, size=(24, 24, 20), spacing_mm=(6.0, 6.0, 7.0), raters=1)
    server.put_folder(folder, "scans/phantom")
    return folder


class Host:
    """What a sweep hands to a trial: `described` of its start."""

    def __init__(self, described):
        self.described, self.reports = described, []

    def __call__(self, _metrics, step, _save=None):
        self.reports.append(step)


def params_of(root, cache):
    network, size = {"filters": 2, "levels": 2}, [12, 12, 12]
    data = {"root": str(root), "cache": str(cache)}
    return {
        "data": data, "network": network, "patch_size": size, "epochs": 1, "steps_per_epoch": 1,
        "device": "cpu", "diagnostics": {"enabled": False},
    }  # fmt: skip


def test_trials_train_on_a_bucket_as_on_the_folder_and_each_node_fetches_it_once(
    bucket, phantom, tmp_path
):
    params = params_of("s3://sweeps/scans/phantom/", tmp_path / "driver")
    assert train.check(params) == []
    described = train.describe(params)
    local = train.describe(params_of(phantom, tmp_path / "local"))
    assert described["data_name"] == "phantom"
    assert described["data_digest"] == local["data_digest"]
    assert described["split_digest"] == local["split_digest"]
    before = bucket.requests("scans/phantom")
    node = params_of("s3://sweeps/scans/phantom", tmp_path / "node")
    for _ in range(2):
        host = Host(described)
        train(node, host)
        assert host.reports == [1]
    fetched = bucket.requests("scans/phantom") - before
    assert set(fetched.values()) == {1}
    assert len(fetched) == 1 + sum(path.is_file() for path in phantom.rglob("*"))


def test_a_trial_whose_data_are_others_than_the_sweeps_is_refused(phantom, tmp_path):
    with pytest.raises(DataError, match="those that the search began with"):
        train(params_of(phantom, tmp_path), Host({"data_digest": "another"}))


def test_what_a_trial_reads_is_its_folder_or_nothing_that_nodes_must_share(phantom, tmp_path):
    assert train.reads(params_of(phantom, tmp_path)) == [str(phantom)]
    assert train.reads(params_of("s3://sweeps/scans/phantom", tmp_path)) == []
    assert train.reads({"data": {"root": "scans"}, "epoch": 1}) == []


@pytest.mark.usefixtures("bucket", "phantom")
def test_the_command_line_takes_the_address_of_a_bucket(tmp_path, monkeypatch):
    monkeypatch.setenv("TRAINABLES_CACHE", str(tmp_path / "cache"))
    done = call(tmp_path, "check", "s3://sweeps/scans/phantom", module="trainables")
    assert done.returncode == 0, done.stderr
    assert "cases     5 (5 with a label)" in done.stdout
    assert "fetched data: " in done.stderr
    wrong = call(tmp_path, "check", "s3://sweeps/scans/none", module="trainables")
    assert wrong.returncode == 2
    assert wrong.stderr == (
        "error: s3://sweeps/scans/none should hold files. Found none that begin so.\n"
    )
    assert not any(Path(tmp_path).glob("s3*"))
    assert os.environ["AWS_SECRET_ACCESS_KEY"] == PASSWORD not in done.stderr + done.stdout
