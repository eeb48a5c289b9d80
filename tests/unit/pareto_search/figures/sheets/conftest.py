"""One made-up sweep that all tests of sheets read."""

import pytest
from generated import make_sweep

from pareto_search.figures.material import load_material


@pytest.fixture(scope="session")
def material(tmp_path_factory):
    return load_material(make_sweep(tmp_path_factory.mktemp("sheets")))
