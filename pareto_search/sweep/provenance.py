"""What a sweep must record to be reproducible: versions, commit, machine, data."""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from pareto_search.jobs.entrypoint import JOB_VARIABLE
from pareto_search.recipe.config import SweepConfig
from pareto_search.storage.redaction import redact

_PACKAGES = (
    "pareto-search", "ray", "optuna", "pymoo", "moocore", "mlflow", "numpy", "torch", "monai",
)  # fmt: skip


def gather_facts(config: SweepConfig, described: Mapping[str, Any]) -> dict[str, Any]:
    """Everything of facts.json; `described` is what the trainable says of its data.

    The command is kept without passwords: facts go wherever the models go. The working directory
    of a job is not: the next one unpacks its own.
    """
    job = os.environ.get(JOB_VARIABLE)
    changes = _git("status", "--porcelain", "--untracked-files=no")
    return {
        "started_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "command": [redact(argument) for argument in sys.argv],
        **({"job": job} if job else {"cwd": str(Path.cwd())}),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: version for name in _PACKAGES if (version := _version(name))},
        "git_commit": _git("rev-parse", "HEAD"),
        "git_dirty": None if changes is None else bool(changes),
        "reference_point": {o.name: o.reference for o in config.objectives},
        "seeds": config.seeds.model_dump(),
        "trainable": dict(described),
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _git(*arguments: str) -> str | None:
    try:
        answer = subprocess.run(
            ["git", *arguments], capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
