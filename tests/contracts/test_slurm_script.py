"""The guide's script for Slurm, where `srun`, `ray` and the like only tell how they are called."""

import os
import re
import subprocess
from pathlib import Path

import pytest

GUIDE = (Path(__file__).parents[2] / "docs" / "clusters.md").read_text(encoding="utf-8")
PLAYED = """
scontrol() {{ printf '%s\\n' {hosts}; }}
sleep() {{ :; }}
srun() {{ echo "srun $*" >> calls; case "$*" in *hostname*) echo 10.0.0.1 10.0.0.9;; esac; }}
pareto-search() {{ test -s "$RAY_AUTH_TOKEN_PATH"; echo "pareto-search $*" >> calls; }}
"""


@pytest.fixture
def play(tmp_path):
    """Runs the script on so many nodes; gives back the calls it made."""
    (script,) = [
        block for block in re.findall(r"```sh\n(.*?)```", GUIDE, flags=re.DOTALL)
        if "#SBATCH" in block
    ]  # fmt: skip

    def run(nodes, **variables):
        played = PLAYED.format(hosts=" ".join(f"n{i}" for i in range(nodes)))
        done = subprocess.run(
            ["bash", "-eu", "-c", played + script + "\nwait"], cwd=tmp_path, text=True,
            capture_output=True, timeout=60, check=False,
            env={
                "PATH": os.environ["PATH"], "SLURM_SUBMIT_DIR": str(tmp_path),
                "SLURM_JOB_ID": "7", "SLURM_JOB_NODELIST": "n[0-3]",
                "SLURM_NNODES": str(nodes), "SLURM_CPUS_PER_TASK": "16", **variables,
            },
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert not list(tmp_path.glob(".ray-token*"))
        return (tmp_path / "calls").read_text().splitlines()

    return run


def test_the_first_node_is_the_head_and_all_others_join_it(play):
    calls = play(4, SLURM_GPUS_ON_NODE="2")
    (head,) = [call for call in calls if "--head" in call]
    (others,) = [call for call in calls if "ray start --block" in call]
    assert "-w n0" in head
    assert "--node-ip-address 10.0.0.1 --port 6379" in head
    assert "--nodes=3 --ntasks=3" in others
    assert "-x n0" in others
    assert "--address 10.0.0.1:6379" in others
    for call in (head, others):
        assert "--cpus-per-task=16 " in call
        assert call.endswith("--num-cpus 16 --num-gpus 2")
    assert any(call.startswith("pareto-search run recipe.yaml --address 10.0.0.1:6379")
               for call in calls)  # fmt: skip


def test_one_node_without_gpus_is_a_head_that_nobody_joins(play):
    calls = play(1)
    starts = [call for call in calls if "ray start" in call]
    assert len(starts) == 1
    assert starts[0].endswith("--num-cpus 16 --num-gpus 0")
