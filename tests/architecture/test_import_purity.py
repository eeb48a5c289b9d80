"""Each package imports without the other's heavy libraries, proved by blocking them.

Looking at `sys.modules` would not do: MONAI imports mlflow by itself where it is installed.
"""

import json
import subprocess
import sys
import textwrap

import pytest

SEARCH_ONLY = ["ray", "mlflow", "optuna", "pymoo", "moocore", "pareto_search"]
TRAINING_ONLY = ["torch", "monai", "nibabel", "trainables"]

WALK = textwrap.dedent("""
    import importlib, json, pkgutil, sys

    package, blocked = sys.argv[1], set(json.loads(sys.argv[2]))
    doors = json.loads(sys.argv[3])

    class Blocker:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in blocked:
                raise ModuleNotFoundError(f"{name} is blocked", name=name)

    sys.meta_path.insert(0, Blocker())
    root = importlib.import_module(package)
    names = [package]
    for module in pkgutil.walk_packages(root.__path__, package + "."):
        if not module.name.endswith("__main__") and module.name not in doors:
            importlib.import_module(module.name)
            names.append(module.name)
    assert not blocked & {name.partition(".")[0] for name in sys.modules}
    print(json.dumps(names))
""")

BLOCKED = textwrap.dedent("""
    import importlib, json, sys

    names, blocked = json.loads(sys.argv[1]), set(json.loads(sys.argv[2]))

    class Blocker:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in blocked:
                raise ModuleNotFoundError(f"{name} is blocked", name=name)

    sys.meta_path.insert(0, Blocker())
    for name in names:
        importlib.import_module(name)
    print(json.dumps(names))
""")

HELP = textwrap.dedent("""
    import importlib, json, sys
    from typer.testing import CliRunner

    app = importlib.import_module(sys.argv[1]).app
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0, result.output
    print(json.dumps(sorted(set(json.loads(sys.argv[2])) & set(sys.modules))))
""")


@pytest.mark.parametrize(
    ("package", "blocked", "known", "doors"),
    [
        ("trainables", SEARCH_ONLY, "trainables.evaluation", []),
        # Gaussian processes are fitted with torch: who searches with them imports these modules
        (
            "pareto_search",
            TRAINING_ONLY,
            "pareto_search.space",
            [
                f"pareto_search.searchers.gp_{part}"
                for part in ("model", "acquisition", "candidates", "gains")
            ],
        ),
    ],
)
def test_every_module_imports_without_the_other_packages_libraries(package, blocked, known, doors):
    assert known in run(WALK, package, blocked, doors)


def test_only_pictures_of_predictions_need_matplotlib():
    modules = ["trainables.training", "trainables.commands.evaluating"]
    assert run(BLOCKED, modules, ["matplotlib"]) == modules


@pytest.mark.parametrize("package", ["trainables", "pareto_search"])
def test_help_imports_nothing_heavy(package):
    heavy = ["torch", "monai", "ray", "mlflow", "optuna", "pymoo", "scipy", "matplotlib", "pandas"]
    assert run(HELP, f"{package}.cli", heavy) == []


def run(program, *arguments):
    texts = [a if isinstance(a, str) else json.dumps(a) for a in arguments]
    done = subprocess.run(
        [sys.executable, "-c", program, *texts], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
