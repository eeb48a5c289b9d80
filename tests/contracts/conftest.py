"""What the suites of all seams share."""

import pytest
from searching import lighten


@pytest.fixture(autouse=True)
def light_processes(request, monkeypatch):
    """Gaussian processes whose acquisition is searched less thoroughly, so that tests are quick."""
    if any(name in request.node.name for name in ("optuna-gp", "mixed-portfolio")):
        lighten(monkeypatch.setattr)
