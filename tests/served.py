"""A trainable whose models MLflow can load, without torch: a model is one factor."""

import json
from pathlib import Path

import numpy as np

REQUIREMENT = "numpy>=1.26"


def train(_params, _report, _checkpoint):
    raise AssertionError("a model is exported without training")


def export(checkpoint, params, out):
    state = json.loads((checkpoint / "state.json").read_text())
    (out / "model.json").write_text(json.dumps({"factor": state["factor"], "x0": params["x0"]}))


def serving(bundle):
    assert (bundle / "model.json").is_file()
    return {
        "loader": __name__,
        "inputs": {"dtype": "float32", "shape": [2, -1, -1, -1]},
        "outputs": {"dtype": "float32", "shape": [2, -1, -1, -1]},
        "params": {"offset": 0.0, "signs": [1.0, 1.0], "mode": "add", "count": 1, "loud": False},
        "requirements": [REQUIREMENT],
        "metadata": {"modalities": ["a", "b"]},
    }


train.export = export
train.serving = serving


def alone(_params, _report, _checkpoint):
    """Exports, but does not say how its models are called."""


alone.export = export


class Factor:
    """What MLflow calls."""

    def __init__(self, factor):
        self.factor = factor

    def predict(self, model_input, params=None):
        return self.factor * model_input + np.float32(params["offset"])


def _load_pyfunc(path):
    return Factor(json.loads((Path(path) / "model.json").read_text())["factor"])
