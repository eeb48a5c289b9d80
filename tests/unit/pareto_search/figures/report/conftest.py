"""One made-up sweep, reported once for all tests that read its page."""

import pytest
from generated import make_sweep

from pareto_search.figures.album import make_album
from pareto_search.figures.material import load_material
from pareto_search.figures.report import report_page


@pytest.fixture(scope="session")
def material(tmp_path_factory):
    return load_material(make_sweep(tmp_path_factory.mktemp("report")))


@pytest.fixture(scope="session")
def page(material):
    return report_page(material, make_album(material)).decode()
