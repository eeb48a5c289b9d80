"""`pick --register`: a picked trial's model into MLflow's model registry."""

import json
from dataclasses import dataclass

from pareto_search.errors import ParetoSearchError, UnreachableError
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import TrialRecord
from pareto_search.storage.redaction import redact
from pareto_search.tracking.client import Run, TrackingClient
from pareto_search.tracking.logged_models import LoggedModels, not_served
from pareto_search.tracking.session import SWEEP, SWEEP_ID, UID, open_experiment, sweep_id
from pareto_search.trials.exporting import checkpoint_of, is_served


@dataclass(frozen=True, slots=True)
class Registered:
    """Version `version` of the registered model `name`, which `alias` means, in the store `uri`."""

    name: str
    version: int
    alias: str
    uri: str

    @property
    def address(self) -> str:
        """What `mlflow.pyfunc.load_model` takes."""
        return f"models:/{self.name}@{self.alias}"


def register_trial(
    directory: SweepDirectory,
    record: TrialRecord,
    uri: str,
    name: str,
    alias: str,
    reason: str,
    sync: str,
) -> Registered:
    """Register the model of the trial `record` as a new version of `name` in the store at `uri`.

    It is the logged model that the end of the sweep made, given its weights where it has none.
    `sync` is the command that records the sweep in that store.

    Raises:
        ParetoSearchError: the trial has no model that MLflow could load, or no run in the store.
        UnreachableError: the store does not answer, or refuses.
    """
    if not is_served(directory):
        raise not_served(directory)
    checkpoint_of(directory, record)
    try:
        return _register(directory, record, uri, name, alias, reason, sync)
    except ParetoSearchError:
        raise
    except Exception as error:
        raise UnreachableError(
            f"The model registry at {redact(uri)} should take the model. Found "
            f"{type(error).__name__}: {redact(str(error))}"
        ) from error


def _register(
    directory: SweepDirectory,
    record: TrialRecord,
    uri: str,
    name: str,
    alias: str,
    reason: str,
    sync: str,
) -> Registered:
    client = TrackingClient(uri)
    experiment_id = open_experiment(client, directory, directory.config(), uri)
    run = _run_of(client, experiment_id, directory, record, uri, sync)
    models = LoggedModels(client, experiment_id, run.tags[SWEEP_ID], directory)
    model = models.with_weights(record, run, reason)
    tags = {
        SWEEP: directory.name,
        SWEEP_ID: run.tags[SWEEP_ID],
        UID: record.uid,
        "pareto.reason": reason,
        "pareto.objectives": json.dumps(dict(record.values)),
    }
    version = models.store.register(name, model, run, tags, reason, alias)
    return Registered(name, version, alias, redact(uri))


def _run_of(
    client: TrackingClient,
    experiment_id: str,
    directory: SweepDirectory,
    record: TrialRecord,
    uri: str,
    sync: str,
) -> Run:
    """The run of the trial: the one that was written to, else the oldest that bears its tags."""
    tags = {SWEEP_ID: sweep_id(directory.proposals()[0]), UID: record.uid}
    found = client.search(experiment_id, tags)
    if not found:
        raise ParetoSearchError(
            f"Trial {record.uid} should be recorded before its model is registered. Found no run "
            f"of it in {redact(uri)}: `{sync}` records it."
        )
    known = directory.runs().get(record.uid)
    return next((run for run in found if run.id == known), found[0])
