"""A cache saves time and changes nothing."""

import pytest
from folders import cases_of
from preparing import write_data

from trainables.checkpoint import WEIGHTS
from trainables.data import preparing, stored_cases
from trainables.segmentation import train

pytestmark = pytest.mark.integration

PARAMS = {
    "network": {"filters": 4, "levels": 2},
    "patch_size": [12, 12, 12],
    "epochs": 2,
    "steps_per_epoch": 3,
    "device": "cpu",
    "threads": 1,
}


class Kept:
    """Keeps the reports of a run, and the bytes of its last weights."""

    def __init__(self, folder):
        self.folder, self.rows = folder, []

    def __call__(self, metrics, step, save=None):
        self.rows.append({name: value for name, value in metrics.items() if "seconds" not in name})
        folder = self.folder / str(step)
        folder.mkdir(parents=True)
        save(folder)
        self.weights = (folder / WEIGHTS).read_bytes()


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_data(tmp_path_factory.mktemp("phantom"), cases=5)


@pytest.mark.parametrize("blocks", [1, 2])
def test_training_is_the_same_bit_for_bit_with_a_cold_a_warm_and_no_cache(
    root, tmp_path, monkeypatch, blocks
):
    made = []
    prepare = stored_cases.prepare
    monkeypatch.setattr(stored_cases, "prepare", lambda r: made.append(r) or prepare(r))
    found = {}
    for name, cache in (("none", "memory"), ("cold", "cache"), ("warm", "cache")):
        preparing._prepare_all.cache_clear()
        stored_cases._open.cache_clear()
        found[name] = Kept(tmp_path / name)
        folder = cache if cache == "memory" else str(tmp_path / cache)
        train(
            {**PARAMS, "data": {"root": str(root), "cache": folder, "blocks": blocks}}, found[name]
        )
    assert len(made) == len(cases_of(root))  # by the cold one
    assert len(found["none"].rows) == 2
    for name in ("cold", "warm"):
        assert found[name].rows == found["none"].rows
        assert found[name].weights == found["none"].weights


def test_the_digest_recorded_is_that_of_the_bytes_however_it_is_found(root, tmp_path):
    params = {"root": str(root)}
    folders = ("memory", str(tmp_path), str(tmp_path))
    facts = [train.describe({**PARAMS, "data": {**params, "cache": f}}) for f in folders]
    assert facts[0] == facts[1] == facts[2]
    assert len(facts[0]["data_digest"]) == 64
