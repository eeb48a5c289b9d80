"""The path of the quickstart on one real glioma, by changing the data lines of the recipe."""

import nibabel
import pytest
import yaml
from sweeping import call

from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.directory import SweepDirectory

pytestmark = [pytest.mark.integration, pytest.mark.data]


def test_the_recipe_differs_from_the_quickstart_in_its_data_only(repository):
    quickstart, brats = (
        yaml.safe_load((repository / "experiments" / f"{name}.yaml").read_text())
        for name in ("quickstart", "brats2018")
    )
    for recipe in (quickstart, brats):
        del recipe["name"], recipe["params"]["data"]
        recipe["params"].pop("evaluation", None)
    assert quickstart == brats


def test_a_sweep_on_the_real_glioma_ends_in_a_model_that_predicts_on_its_grid(
    shared_data, repository, tmp_path
):
    root = shared_data / "brats2018"
    settings = (
        f"params.data.root={root}", "budget.trials=1", "params.epochs=1", "params.steps_per_epoch=2"
    )  # fmt: skip
    flags = [part for setting in settings for part in ("--set", setting)]
    ended = call(tmp_path, "run", repository / "experiments" / "brats2018.yaml", *flags)
    assert ended.returncode == 0, ended.stderr
    directory = SweepDirectory(tmp_path / "results" / "brats2018")
    assert [record.state for record in directory.records()] == [TrialState.COMPLETE]
    assert len(directory.facts()["trainable"]["data_digest"]) == 64
    picked = call(tmp_path, "pick", "brats2018", "--knee", "--export", tmp_path / "model")
    assert picked.returncode == 0, picked.stderr
    case = next(root.iterdir())
    predicted = call(
        tmp_path, "predict", "--model", "model", case, "--out", "out", module="trainables"
    )
    assert predicted.returncode == 0, predicted.stderr
    source = nibabel.load(case / f"{case.name}_t1.nii.gz")
    for name, shape in (
        ("seg", source.shape),
        ("uncertainty", source.shape),
        ("prob", (*source.shape, 3)),
    ):
        written = nibabel.load(tmp_path / "out" / f"{case.name}_{name}.nii.gz")
        assert written.shape == shape
        assert (written.affine == source.affine).all()
