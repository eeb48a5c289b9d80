"""What we register is loaded as data by a module of ours: nothing in the folder is code."""

import yaml
from recording import MLFLOW_WARNINGS

from pareto_search.tracking.model_store import Model
from pareto_search.tracking.pyfunc_folder import describe_pyfunc

pytestmark = MLFLOW_WARNINGS
SERVING = {
    "loader": "trainables.serving",
    "inputs": {"dtype": "float32", "shape": [4, -1, -1, -1]},
    "outputs": {"dtype": "float32", "shape": [3, -1, -1, -1]},
    "params": {"axes": "RAS"},
}


def test_the_folder_names_an_installed_module_and_holds_neither_code_nor_a_pickle(tmp_path):
    describe_pyfunc(tmp_path, SERVING, Model("m-0123", "knee", is_ready=True), "0" * 32)
    flavor = yaml.safe_load((tmp_path / "MLmodel").read_text())["flavors"]["python_function"]
    assert flavor["loader_module"] == "trainables.serving"
    assert "code" not in flavor
    assert "python_model" not in flavor
    names = {path.name for path in tmp_path.rglob("*")}
    assert names == {"MLmodel", "requirements.txt", "python_env.yaml"}
