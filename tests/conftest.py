"""What all tests share: where the real scans lie, and that nothing skips unnoticed in CI."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"
NEEDS_DATA = f"needs the real scans of {SHARED_DATA.relative_to(ROOT.parent)} beside the project"


@pytest.fixture(scope="session")
def repository():
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real scans; skips, with the reason, where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(NEEDS_DATA)
    return SHARED_DATA


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    """In CI a skip is a failure, unless it is for the scans and they really are absent."""
    if os.environ.get("CI") != "true" or exitstatus != 0:
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    wrong = [
        report.nodeid
        for report in skipped
        if SHARED_DATA.is_dir() or NEEDS_DATA not in str(report.longrepr)
    ]
    if wrong:
        reporter.write_line(f"skipped in CI, where it should have run: {wrong}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
