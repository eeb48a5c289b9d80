"""What `k8s render` refuses, before anything is printed."""

from functools import partial

import pytest
from rendered import say_render


@pytest.fixture
def say(monkeypatch, capsys):
    """Runs `k8s render` of a recipe there is; gives back exit code, stdout and stderr."""
    return partial(say_render, monkeypatch, capsys)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--overlay", "gup"], "--overlay: should be one of the overlays there are. Found `gup`."),
        (["--set", "resources.gpu=1"], "resources.gpu: should be 0 where no worker has a GPU."),
        (["--overlay", "gpu", "--set", "resources.gpu=1.5"], "should be a part of one GPU"),
        (["--image", "a:latest"], "--image: should have a tag that stays what it is"),
        (["--mlflow-uri", "http://x"], "--mlflow-uri: should be given with --overlay external-ml"),
        (["--queue", "q"], "--queue: should be given with --overlay kueue, and only with it."),
        (["--overlay", "s3-data", "--data-claim", "x"], "--data-claim: should be left out where"),
        (["--namespace", "A_B"], "--namespace: should be lower case letters"),
        (["--operator-namespace", "a" * 64], "--operator-namespace: should be lower case letters"),
        (["--storage", "s3://b/x"], "--storage: should be an absolute path in the pods"),
        (["--data", "/"], "--data: should be an absolute path in the pods"),
        (["--data", "/tmp/x"], "--data: should be a path of its own in the pods. Found `/tmp/x`"),
        (["--data", "/sweeps/"], "--data: should be another path than --storage."),
        (["--data", "//tmp/x"], "--data: should be a path of its own in the pods."),
        (["--data", "/a:ro"], "--data: should be an absolute path in the pods, without a colon"),
        *(
            (["--storage", f"/{taken}/x"], "--storage: should be a path of its own in the pods.")
            for taken in ("bin", "lib", "lib64", "run", "sbin")
        ),
        (["--storage", "/data/sweeps"], "--data: should not lie in --storage, nor --storage in it"),
        (["--data", "/sweeps/data"], "Found `/sweeps/data` and `/sweeps`. Name two paths side by"),
        (["--operator-namespace", "a b"], "--operator-namespace: should be lower case letters"),
        (["--overlay", "kueue", "--queue", "Bad Queue"], "--queue: should be lower case letters"),
        (["--overlay", "kueue", "--queue", "q" * 64], "--queue: should be lower case letters"),
        (["--storage-claim", "X Y"], "--storage-claim: should be lower case letters, digits, das"),
        (["--data-claim", "x..y"], "--data-claim: should be lower case letters, digits, dashes"),
        (["--storage-class", "a b"], "--storage-class: should be lower case letters, digits, das"),
        (["--storage-class", ""], "at both ends, 253 characters at most. Found ``."),
        (["--image", "r/p:1 x"], "--image: should read [HOST[:PORT]/]REPOSITORY:TAG, or @sha256"),
        (["--image", "host/Path:1"], "--image: should read"),
        (["--image", f"a:{'t' * 129}"], "--image: should read"),
        (["--image", f"a@sha256:{'0' * 63}"], "--image: should read"),
        (
            ["--set", "params.data.root=s3://scans/brats"],
            "params.data.root: should be a path where pods have a volume of data: they reach no "
            "bucket. Found `s3://scans/brats`. Add --overlay s3-data.",
        ),
        (
            ["--set", "space.root={type: choice, values: [a, 'S3:/b/c']}"],
            "space.root.values.1: should be a path where pods have a volume of data",
        ),
        (["--set", "budget.trails=1"], "Did you mean `trials`?"),
        (["--set", "tracking.uri=http://a"], "tracking.uri: should be left to these manifests"),
        (
            ["--overlay", "external-mlflow", "--set", "tracking.uri=http://a", "--mlflow-uri", "x"],
            "--mlflow-uri: should be left out where the recipe names a server",
        ),
        (["--trials-per-pod", "0"], "--trials-per-pod"),
        (
            ["--overlay", "external-mlflow", "--mlflow-uri", "ml.example.org"],
            "--mlflow-uri: should be the address of a server on Kubernetes: https://HOST:PORT.",
        ),
        (
            ["--overlay", "external-mlflow", "--mlflow-uri", "http://ml.example.org:high"],
            "--mlflow-uri: should be the address of a server on Kubernetes",
        ),
        (
            ["--overlay", "external-mlflow", "--set", "tracking.uri=sqlite:///mlflow.db"],
            "tracking.uri: should be the address of a server on Kubernetes",
        ),
    ],
)
def test_what_cannot_be_used_is_said_before_anything_is_printed(say, arguments, words):
    code, text, stderr = say(*arguments)
    assert (code, text) == (2, "")
    assert words in stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--overlay", "external-mlflow", "--mlflow-uri", "https://me:hunter2@ml.example.org"],
        ["--overlay", "external-mlflow", "--set", "tracking.uri=https://me:hunter2@ml.example.org"],
        ["--set", "params={db: 'postgresql://me:hunter2@db/x'}"],
    ],
)
def test_a_password_gets_into_no_manifest_and_no_message(say, arguments):
    code, text, stderr = say(*arguments)
    assert (code, text) == (2, "")
    assert "should hold no password" in stderr
    assert "hunter2" not in stderr
