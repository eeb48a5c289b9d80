"""What the README shows: a short training on phantoms, and phantoms that it never saw."""

import json

import pytest

from trainables.data.phantom import write_phantom

pytestmark = pytest.mark.integration


def test_a_minute_of_training_finds_the_whole_tumour_in_phantoms_it_never_saw(
    run, tmp_path, repository
):
    seen, unseen, size = tmp_path / "seen", tmp_path / "unseen", (80, 80, 64)
    write_phantom(seen, 16, seed=0, size=size, raters=1)
    write_phantom(unseen, 8, seed=1000, size=size, raters=1)
    recipe = repository / "experiments" / "train.yaml"
    settings = ["--set", f"data.root={seen}", "--set", "epochs=24"]
    assert run("train", recipe, *settings, "--out", tmp_path / "run").code == 0
    model = ["--model", tmp_path / "run" / "model", "--out", tmp_path / "predicted"]
    assert run("predict", unseen, *model).code == 0
    scores = json.loads(run("evaluate", tmp_path / "predicted", unseen, "--json").out)
    assert len(scores["cases"]) == 8
    assert scores["mean"]["dice/WT"] > 0.8
