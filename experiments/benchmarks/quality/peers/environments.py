"""Environments of the peers: each library with what it needs, at pinned versions, and no more."""

import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).parents[4]
TORCH = "torch==2.13.0"  # named, so that the build that constraints.txt means is taken
REQUIREMENTS: Mapping[str, Sequence[str]] = {
    "optuna": ("optuna==5.0.0", "scipy", TORCH),
    "ray": ("ray[tune]==2.60.0", "optuna==5.0.0"),
    "pymoo": ("pymoo==0.6.2",),
    # BoTorch 0.18 refuses the reference point of Syne Tune's EHVI, which is of another precision
    "syne_tune": ("syne-tune==0.16.0", "botorch==0.16.1", TORCH),
    "ax": ("ax-platform==1.3.1", TORCH),
}


def python_of(name: str, folder: Path | None) -> str:
    """The interpreter of the environment `name` under `folder`, made where it is not there yet.

    Without a folder it is this process's own interpreter, which has Optuna, Ray and pymoo.
    """
    if folder is None:
        return sys.executable
    place = folder / name
    python = place / "bin" / "python"
    wanted = "\n".join(REQUIREMENTS[name]) + "\n"
    done = place / "requirements.txt"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f"{name}.lock"):
        if not done.exists() or done.read_text() != wanted:
            _make(place, python, REQUIREMENTS[name])
            done.write_text(wanted)
    return str(python)


def _make(place: Path, python: Path, requirements: Sequence[str]) -> None:
    print(f"Making the environment {place} ...", file=sys.stderr)
    venv.create(place, clear=True, with_pip=True)
    pip = [str(python), "-m", "pip", "install", "--quiet"]
    constraints = ["--constraint", str(ROOT / "constraints.txt")]
    subprocess.run([*pip, *constraints, *requirements], check=True)
