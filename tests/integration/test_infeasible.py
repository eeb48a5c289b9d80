"""Parameters that diverge or do not fit into memory are no fault of the sweep that tried them."""

import pytest
from sweeping import call, write_recipe

from pareto_search.storage.directory import SweepDirectory
from trainables.data.phantom import write_phantom

pytestmark = pytest.mark.integration

# a patch of 5e15 bytes: more than a process can even address, so nothing is used up on the way
LIMITED = """
from trainables.segmentation import train as segmentation

def train(params, report, checkpoint):
    if params["seed"] == 1:
        params = {**params, "patch_size": [65536] * 3, "window_size": [16] * 3}
    segmentation(params, report, checkpoint)
"""


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """A sweep of three trials: one that is sound, one too large, and one too hot."""
    folder = tmp_path_factory.mktemp("infeasible")
    cases = folder / "cases"
    write_phantom(cases, 3, seed=3, size=(28, 28, 24), spacing_mm=(5.0, 5.0, 6.0), raters=1)
    (folder / "limited.py").write_text(LIMITED)
    recipe = {
        "name": "limited",
        "trainable": "limited:train",
        "objectives": [
            {"name": name, "reference": 1.0} for name in ("interior_error", "boundary_error")
        ],
        "params": {
            "data": {"root": str(cases)},
            "network": {"filters": 4, "levels": 2},
            "patch_size": [16, 16, 16],
            "epochs": 1,
            "steps_per_epoch": 3,
            "device": "cpu",
            "threads": 1,
        },
        "space": {
            "seed": {"type": "int", "low": 0, "high": 1},
            "optimiser.learning_rate": {"type": "float", "low": 1e-4, "high": 1e30, "log": True},
        },
        "baselines": [
            {"seed": 0, "optimiser.learning_rate": 0.01},
            {"seed": 1, "optimiser.learning_rate": 0.01},
            {"seed": 0, "optimiser.learning_rate": 1e30},
        ],
        "budget": {"trials": 3, "concurrent": 1},
        "failures": {"tolerate": 0.0},
    }
    done = call(folder, "run", write_recipe(folder, recipe))
    return done, SweepDirectory(folder / "results" / "limited")


def test_the_sweep_is_sound_and_has_a_front(ended):
    done, directory = ended
    assert done.returncode == 0, done.stderr
    assert [record.state.value for record in directory.records()] == [
        "complete",
        "failed",
        "failed",
    ]


def test_what_does_not_fit_says_so_with_the_way_out(ended):
    _, large, _ = ended[1].records()
    assert large.error.startswith("OutOfMemoryError: Training should fit into memory. Found ")
    assert "lower `batch_size`" in large.error
    assert large.infeasible


def test_what_diverges_says_so_with_the_way_out(ended):
    _, _, hot = ended[1].records()
    assert hot.error.startswith("DivergenceError: ")
    assert "lower `optimiser.learning_rate`" in hot.error
    assert hot.infeasible
