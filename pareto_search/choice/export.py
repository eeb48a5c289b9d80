"""From a picked trial to a folder that stands alone: the model, and where it comes from."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from pareto_search.errors import ParetoSearchError, Problem, RecipeError
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import TrialRecord
from pareto_search.trials.params import trial_params
from pareto_search.trials.resolving import resolve_trainable

PICK_FILE = "pick.json"
README = "README.md"


@runtime_checkable
class Exports(Protocol):
    """A trainable that knows which files of a checkpoint make a model."""

    def export(self, checkpoint: Path, params: dict[str, Any], out: Path) -> None:
        """Write the model of `checkpoint`, trained with `params`, into the empty folder `out`."""
        ...


def export_trial(
    directory: SweepDirectory,
    record: TrialRecord,
    out: Path,
    reason: str,
    *,
    overwrite: bool = False,
) -> Path:
    """Write the bundle of the trial `record` of the sweep in `directory` to the folder `out`.

    A trainable that `Exports` is called with the nested parameters of the trial, else the
    checkpoint is copied. `pick.json` says where the model comes from, and so does `README.md`
    unless the trainable wrote its own. `out` appears whole or not at all; `overwrite` replaces an
    earlier bundle, and nothing else.

    Returns:
        `out`, resolved.

    Raises:
        RecipeError: `out` holds something that may not be replaced.
        ParetoSearchError: the trial left no checkpoint, or the trainable could not export it.
    """
    out = out.resolve()
    _check_free(out, overwrite)
    checkpoint = checkpoint_of(directory, record)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as workshop:
        bundle = Path(workshop) / "new"
        bundle.mkdir()
        _write_model(directory, record, checkpoint, bundle)
        origin = origin_of(directory, record, reason)
        (bundle / PICK_FILE).write_text(json.dumps(origin, indent=2) + "\n")
        if not (bundle / README).exists():
            (bundle / README).write_text(_readme(origin))
        if out.exists():
            out.rename(Path(workshop) / "old")
        bundle.rename(out)
    return out


def checkpoint_of(directory: SweepDirectory, record: TrialRecord) -> Path:
    """Where the last checkpoint of the trial `record` lies.

    Raises:
        ParetoSearchError: it saved none, or it was removed.
    """
    if record.checkpoint is None:
        raise ParetoSearchError(
            f"Trial {record.uid} left no checkpoint to export. Pass `save` to `report` in the "
            "trainable and run the sweep again."
        )
    place = directory.path / record.checkpoint  # an absolute one stays as it is
    if not place.exists():
        raise ParetoSearchError(
            f"The checkpoint of trial {record.uid} should lie at {place}. Found nothing there. "
            "Put it back, or pick another trial with --where."
        )
    return place


def origin_of(directory: SweepDirectory, record: TrialRecord, reason: str) -> dict[str, Any]:
    """Where a model comes from, as JSON values: sweep, trial, numbers, reason, versions."""
    config, facts = directory.config(), directory.facts()
    return {
        "sweep": directory.name,
        "trial": record.uid,
        "reason": reason,
        "objectives": {
            o.name: {"value": record.values[o.name], "direction": o.direction}
            for o in config.objectives
        },
        "metrics": {k: v if abs(v) < float("inf") else None for k, v in record.metrics.items()},
        "step": record.step,
        "trainable": config.trainable,
        "point": dict(record.proposal.point),
        "params": trial_params(config, record.proposal.point, record.proposal.repeat),
        "mlflow_run": directory.runs().get(record.uid),
        # a bundle is given to others, whom this machine's folders and commands do not concern
        "facts": {key: fact for key, fact in facts.items() if key not in ("cwd", "command")},
    }


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


def _write_model(
    directory: SweepDirectory, record: TrialRecord, checkpoint: Path, bundle: Path
) -> None:
    config = directory.config()
    trainable: object = resolve_trainable(config.trainable)
    if not isinstance(trainable, Exports):
        if checkpoint.is_dir():
            shutil.copytree(checkpoint, bundle, dirs_exist_ok=True)
        else:
            shutil.copy2(checkpoint, bundle)
        return
    try:
        params = trial_params(config, record.proposal.point, record.proposal.repeat)
        trainable.export(checkpoint, params, bundle)
    except Exception as error:
        raise ParetoSearchError(
            f"The trainable {config.trainable} could not export the checkpoint {checkpoint}: "
            f"{type(error).__name__}: {error}"
        ) from error


def _readme(origin: dict[str, Any]) -> str:
    numbers = [
        *(f"| {name} ({o['direction']}) | {o['value']:.6g} |"
          for name, o in origin["objectives"].items()),
        *(f"| {name} | {'not finite' if value is None else f'{value:.6g}'} |"
          for name, value in origin["metrics"].items()),
    ]  # fmt: skip
    point = [f"| {key} | {value} |" for key, value in origin["point"].items()]
    return "\n".join(
        [
            f"# Trial {origin['trial']} of sweep {origin['sweep']}",
            "",
            origin["reason"],
            "",
            f"Written by `pareto-search pick` from `{origin['trainable']}` after step "
            f"{origin['step']}; everything about its origin is in `{PICK_FILE}`.",
            "",
            "| reported | value |",
            "| --- | --- |",
            *numbers,
            "",
            "| parameter | value |",
            "| --- | --- |",
            *point,
            "",
        ]
    )
