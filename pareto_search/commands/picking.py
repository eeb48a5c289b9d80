"""`pick`: one trial of a front, why, and what is made of its model."""

import re
from collections.abc import Sequence
from contextlib import chdir
from dataclasses import asdict, dataclass, field
from pathlib import Path

import typer

from pareto_search.choice.constraint import bad_flag
from pareto_search.choice.export import export_trial
from pareto_search.choice.pick import Choice, pick
from pareto_search.choice.weights import parse_numbers
from pareto_search.commands.tracking import tracking_uri_of
from pareto_search.fronts.front import front_of
from pareto_search.fronts.rows import front_rows, to_json
from pareto_search.storage.directory import SweepDirectory, find_sweep
from pareto_search.storage.journal import TrialRecord
from pareto_search.storage.redaction import redact
from pareto_search.sweep.hints import command
from pareto_search.tracking.registering import Registered, register_trial

_MODEL = re.compile(r"[^/:'\"\\]+")
_ALIAS = re.compile(r"(?!latest$|[vV]\d+$)[\w-]+")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: by which criterion, and into which folder or registered model.

    `prefer` and `reference` are as they were typed.
    """

    knee: bool = False
    prefer: str | None = None
    reference: str | None = None
    where: Sequence[str] = field(default_factory=tuple)
    export: Path | None = None
    overwrite: bool = False
    register: str | None = None
    alias: str | None = None
    tracking_uri: str | None = None


def pick_trial(storage: Path, name: str, request: Request, as_json: bool) -> None:
    """Pick one trial of the sweep `name`, say why, and export or register its model."""
    _check_names(request)
    directory = find_sweep(storage.resolve(), name)
    records = directory.records()
    choice = _choose(directory, records, request)
    # a repeated configuration is known by its means, but a model is that of one trial
    trial = next(record for record in records if record.uid == choice.record.uid)
    bundle = _exported(directory, trial, choice, request)
    registered = _registered(directory, trial, choice, request)
    if as_json:
        _print_json(directory, records, choice, bundle, registered)
        return
    typer.echo(choice.reason)
    if bundle is not None:
        typer.echo(f"Exported to {bundle}; how to use it: {bundle / 'README.md'}")
    if registered is not None:
        typer.echo(
            f"Registered as version {registered.version} of {registered.name}, alias "
            f"{registered.alias}. In Python, with MLFLOW_TRACKING_URI={registered.uri}:\n"
            f'  mlflow.pyfunc.load_model("{registered.address}")'
        )


def _check_names(request: Request) -> None:
    """Refuse what MLflow would, before anything is made."""
    if request.register is not None and not _MODEL.fullmatch(request.register):
        raise bad_flag(
            "--register",
            "should name a model without / : quotes and backslashes.",
            f"Found `{request.register}`.",
            "For example --register glioma.",
        )
    if request.alias is not None and request.register is None:
        raise bad_flag("--alias", "belongs to --register.", "Found none.", "Add --register MODEL.")
    if request.alias is not None and not _ALIAS.fullmatch(request.alias):
        raise bad_flag(
            "--alias",
            "should be letters, digits, _ and -, and not `latest` or a version such as `v1`.",
            f"Found `{request.alias}`.",
            "For example --alias champion.",
        )


def _choose(directory: SweepDirectory, records: Sequence[TrialRecord], request: Request) -> Choice:
    numbers = {
        flag: parse_numbers(f"--{flag}", text, kind) if text is not None else None
        for flag, text, kind in (
            ("prefer", request.prefer, "WEIGHT"),
            ("reference", request.reference, "VALUE"),
        )
    }
    front = front_of(records, directory.config().objectives)
    return pick(front, knee=request.knee, where=request.where, **numbers)


def _exported(
    directory: SweepDirectory, trial: TrialRecord, choice: Choice, request: Request
) -> Path | None:
    if request.export is None:
        return None
    out = request.export.resolve()
    with chdir(directory.started_in()):
        return export_trial(directory, trial, out, choice.reason, overwrite=request.overwrite)


def _registered(
    directory: SweepDirectory, trial: TrialRecord, choice: Choice, request: Request
) -> Registered | None:
    if request.register is None:
        return None
    uri = tracking_uri_of(directory, request.tracking_uri)
    alias = request.alias or f"pareto-{choice.criterion}"
    store = ("--tracking-uri", redact(request.tracking_uri)) if request.tracking_uri else ()
    sync = command("sync", directory, *store)  # from here, not from where the sweep was started
    with chdir(directory.started_in()):
        return register_trial(directory, trial, uri, request.register, alias, choice.reason, sync)


def _print_json(
    directory: SweepDirectory,
    records: Sequence[TrialRecord],
    choice: Choice,
    bundle: Path | None,
    registered: Registered | None,
) -> None:
    rows = front_rows(records, directory.config().objectives, directory.runs())
    row = next(row for row in rows if row["trial"] == choice.record.uid)
    made = {**asdict(registered), "address": registered.address} if registered else None
    story = {"reason": choice.reason, "criterion": choice.criterion, "bundle": str(bundle or "")}
    typer.echo(to_json([{**row, **story, "registered": made}]))
