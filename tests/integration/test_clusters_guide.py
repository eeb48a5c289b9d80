"""The guide's way to a cluster on one machine, command by command as it stands there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sweeping import environment

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "clusters.md").read_text(encoding="utf-8")
NEEDS_NAMESPACES = "needs to make network and process namespaces, as root may"
ISOLATED = ["unshare", "--net", "--pid", "--mount-proc", "--fork", "--kill-child"]
"""So that `ray stop` ends no Ray but its own, and all of it is gone when the shell is."""


@pytest.fixture
def isolated():
    if not shutil.which("unshare") or subprocess.run([*ISOLATED, "true"], check=False).returncode:
        pytest.skip(NEEDS_NAMESPACES)
    return [*ISOLATED, "bash", "-e", "-o", "pipefail", "-c"]


def test_its_commands_lead_from_nothing_to_a_front(isolated, tmp_path):
    done, place = _follow(isolated, tmp_path / "first")
    if "timed out during startup" in done.stdout + done.stderr:  # Ray gives a node 30 s
        done, place = _follow(isolated, tmp_path / "second")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Sweep toy: done. 60 of 60 trials complete" in done.stdout
    assert "Sweep job: done. 4 of 4 trials complete" in done.stdout
    assert re.search(r"job +job-\d{8}-\d{6}", done.stdout)  # of `status`
    assert done.stdout.count("best f1") >= 2  # progress, in the log of the job
    assert done.stdout.endswith("THE END\n")
    assert (place / "home" / ".config/pareto-search/ray-token").stat().st_mode & 0o077 == 0


def _follow(isolated, place):
    """Every command of the guide, in a shell of its own in the folder `place`."""
    shutil.copytree(ROOT / "experiments", place / "experiments", ignore=_but_toy)
    blocks = re.findall(r"```bash\n(.*?)```", GUIDE, flags=re.DOTALL)
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    clean = {key: value for key, value in environment().items() if not key.startswith("RAY_AUTH")}
    home = place / "home"
    home.mkdir()
    done = subprocess.run(
        [*isolated, "\n".join(["ip link set lo up", *blocks, "echo THE END"])], cwd=place,
        env={**clean, "PATH": programs, "RAY_TMPDIR": "/tmp", "HOME": str(home)},
        capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    return done, place


def _but_toy(_, names):
    return set(names) - {"toy.yaml", "recipe.schema.json"}
