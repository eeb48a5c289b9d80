"""What all tests share: real scans, an accelerator, and that nothing skips unnoticed in CI."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"
NEEDS_DATA = f"needs the real scans of {SHARED_DATA.relative_to(ROOT.parent)} beside the project"
SHARED_CRDS = ROOT.parent / "shared" / "crds"
NEEDS_CRDS = f"needs the schemas of {SHARED_CRDS.relative_to(ROOT.parent)} beside the project"
NEEDS_KUBECTL = "needs kubectl 1.21 or newer, the first whose Kustomize knows components"

NEEDS_CUDA = "needs a CUDA device"
NEEDS_TWO = "needs two CUDA devices"


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


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """No test reads or leaves anything in the user's own cache of prepared cases."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRAINABLES_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def cuda():
    """The accelerator; skips, with the reason, where there is none."""
    if not _num_cuda():
        pytest.skip(NEEDS_CUDA)
    return "cuda"


@pytest.fixture(scope="session")
def two_cuda():
    """As `cuda`, but of several accelerators."""
    if _num_cuda() < 2:
        pytest.skip(NEEDS_TWO)
    return "cuda"


def pytest_collection_modifyitems(items):
    """What takes longest comes first: so the processes of `make test` end at about one time."""
    items.sort(key=lambda item: item.get_closest_marker("integration") is None)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    """In CI a skip is a failure, unless what it is for really is absent."""
    if os.environ.get("CI") != "true" or exitstatus != 0:
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    wrong = [report.nodeid for report in skipped if not _is_due(str(report.longrepr))]
    if wrong:
        reporter.write_line(f"skipped in CI, where it should have run: {wrong}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _is_due(reason):
    """Whether a test was right to skip for `reason`."""
    lacks_scans = NEEDS_DATA in reason and not SHARED_DATA.is_dir()
    lacks_schemas = NEEDS_CRDS in reason and not SHARED_CRDS.is_dir()
    lacks_kubectl = NEEDS_KUBECTL in reason and not has_kubectl()
    lacks_cuda = NEEDS_CUDA in reason and not _num_cuda()
    lacks_two = NEEDS_TWO in reason and _num_cuda() < 2
    return lacks_scans or lacks_schemas or lacks_kubectl or lacks_cuda or lacks_two


def has_kubectl():
    """Whether kubectl is here, in a version that can compose what k8s/ holds."""
    if shutil.which("kubectl") is None:
        return False
    asked = ["kubectl", "version", "--client", "--output=json"]
    answer = json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)
    known = answer["clientVersion"]
    return (int(known["major"]), int(known["minor"].rstrip("+"))) >= (1, 21)


def _num_cuda():
    import torch  # not at the top: most tests need no torch, and it takes seconds

    return torch.cuda.device_count()
