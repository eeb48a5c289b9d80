import importlib.util

import pytest


@pytest.fixture(scope="session")
def load_benchmark(repository):
    """A script of experiments/benchmarks as a module, by its name."""

    def load(name):
        file = repository / "experiments" / "benchmarks" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(f"{name}_benchmark", file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load
