"""From a picked trial to a folder that stands alone: the model, and where it comes from."""

import tempfile
from pathlib import Path

from pareto_search.errors import Problem, RecipeError
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import TrialRecord
from pareto_search.storage.placing import placing
from pareto_search.trials.exporting import PICK_FILE, checkpoint_of, write_bundle


def export_trial(
    directory: SweepDirectory,
    record: TrialRecord,
    out: Path,
    reason: str,
    *,
    overwrite: bool = False,
) -> Path:
    """Write the bundle of the trial `record` of the sweep in `directory` to the folder `out`.

    See `write_bundle` for what is in it. `out` appears whole or not at all; `overwrite` replaces
    an earlier bundle, and nothing else.

    Returns:
        `out`, resolved.

    Raises:
        RecipeError: `out` holds something that may not be replaced, or cannot be written.
        ParetoSearchError: the trial left no checkpoint, or the trainable could not export it.
    """
    out = out.resolve()
    with placing("--export", out, "folder"):
        _check_free(out, overwrite)
        checkpoint_of(directory, record)  # before anything is made
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as workshop:
            bundle = Path(workshop) / "new"
            bundle.mkdir()
            write_bundle(directory, record, bundle, reason)
            if out.exists():
                out.rename(Path(workshop) / "old")
            bundle.rename(out)
    return out


def _check_free(out: Path, overwrite: bool) -> None:
    """Refuse an `out` that holds anything but, with `overwrite`, an earlier bundle."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    is_bundle = (out / PICK_FILE).is_file()
    if is_bundle and overwrite:
        return
    hint = "Name another, or add --overwrite." if is_bundle else "Name another."
    what = "an earlier bundle" if is_bundle else "something else"
    raise RecipeError(
        [
            Problem(
                key="--export",
                rule="should name a new or an empty folder.",
                found=f"Found {what} in {out}.",
                hint=hint,
            )
        ]
    )
