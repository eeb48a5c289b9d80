"""Files that others wrote are read as data: nothing in either package can run what lies in one."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "pareto_search").rglob("*.py"), *(ROOT / "trainables").rglob("*.py")])
RUNS_CODE = {
    "pickle": {"load", "loads", "Unpickler"}, "cloudpickle": {"load", "loads"},
    "joblib": {"load"}, "dill": {"load", "loads"}, "shelve": {"open"}, "marshal": {"load", "loads"},
    "yaml": {"unsafe_load", "full_load", "unsafe_load_all", "full_load_all"},
    "os": {"system", "popen"},
}  # fmt: skip
NUMPY = {"np", "numpy"}


def findings(source):
    """What in `source` runs what it reads, as ``line: call``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _runs_code(node):
            yield f"{node.lineno}: {ast.unparse(node)}"


def _runs_code(call):
    name = ast.unparse(call.func)
    module, _, function = name.rpartition(".")
    keywords = {word.arg: ast.unparse(word.value) for word in call.keywords}
    return (
        name in ("eval", "exec")
        or function in RUNS_CODE.get(module, ())
        or (name == "torch.load" and keywords.get("weights_only") != "True")
        or (module in NUMPY and function == "load" and keywords.get("allow_pickle") == "True")
        or (name == "yaml.load" and "Loader" not in keywords)
        or keywords.get("shell") == "True"
    )


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_runs_what_it_reads(path):
    assert list(findings(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    ["pickle.load(f)", "torch.load(f)", "torch.load(f, weights_only=False)", "yaml.load(t)",
     "np.load(f, allow_pickle=True)", "eval(t)", "subprocess.run(t, shell=True)"],
)  # fmt: skip
def test_what_would_is_found(source):
    assert len(list(findings(source))) == 1


@pytest.mark.parametrize(
    "source",
    ["json.load(f)", "torch.load(f, weights_only=True)", "np.load(f)", "yaml.safe_load(t)"],
)
def test_what_reads_data_is_not(source):
    assert list(findings(source)) == []
