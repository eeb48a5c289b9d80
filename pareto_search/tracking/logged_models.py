"""The trials of a front as MLflow's logged models: each with its objectives, most with weights.

A logged model is named by the tags of its trial's run, so it is found again after a restart, by a
`sync` or a `pick`, and is never made twice. One that is not ready was cut short and is made anew.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from pareto_search.errors import ParetoSearchError
from pareto_search.fronts.front import front_of
from pareto_search.objective import Objective
from pareto_search.recipe.config import SweepConfig
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import TrialRecord
from pareto_search.tracking.client import Measurement, Run, TrackingClient
from pareto_search.tracking.documents import redacted_text
from pareto_search.tracking.model_store import EXTERNAL, Model, ModelStore
from pareto_search.tracking.naming import legal_key, params_of
from pareto_search.tracking.pyfunc_folder import DATA, describe_pyfunc
from pareto_search.tracking.session import SWEEP, SWEEP_ID, UID, Session
from pareto_search.tracking.standing import ON_FRONT, ended_ms
from pareto_search.trials.exporting import PICK_FILE, is_served, serving_of, write_bundle

_TAGS = (SWEEP, SWEEP_ID, UID)


class LoggedModels:
    """Holds the logged models of a sweep by trial, as they stand in an open store."""

    def __init__(
        self, client: TrackingClient, experiment_id: str, sweep: str, directory: SweepDirectory
    ) -> None:
        """Look for those of the sweep whose runs bear the id `sweep`."""
        self._store = ModelStore(client, experiment_id)
        self._directory = directory
        self._objectives = directory.config().objectives
        self._known: dict[str, Model] = {}
        for model in self._store.search({SWEEP_ID: sweep}):
            uid = model.tags.get(UID, "")
            if model.is_ready:
                self._known.setdefault(uid, model)
            else:  # cut short, or made a second time by a repeated request
                self._store.delete(model)

    @property
    def store(self) -> ModelStore:
        """The store they are in."""
        return self._store

    def without_weights(self, record: TrialRecord, run: Run) -> Model:
        """The logged model of a trial; where there is none, one of its objectives alone."""
        model = self._known.get(record.uid)
        if model is None:
            model = self._create(record, run)
            self._store.tag(model, {EXTERNAL: "true"})
            self._finish(record, run, model)
        return model

    def with_weights(self, record: TrialRecord, run: Run, reason: str) -> Model:
        """The logged model of a trial, with its bundle, which `mlflow.pyfunc` loads.

        Raises:
            ParetoSearchError: the trainable serves no models, the trial left no checkpoint, or it
                could not be exported; nothing was written then.
        """
        model = self._known.get(record.uid)
        if model is not None and model.has_weights:
            return model
        with tempfile.TemporaryDirectory(prefix="pareto-search-") as temporary:
            folder = Path(temporary)
            (folder / DATA).mkdir()
            write_bundle(self._directory, record, folder / DATA, reason)
            story = folder / DATA / PICK_FILE
            story.write_text(redacted_text(story))
            serving = serving_of(self._directory, folder / DATA)
            if serving is None:
                raise not_served(self._directory)
            made = model or self._create(record, run)
            try:
                describe_pyfunc(folder, serving, made, run.id)
            except ParetoSearchError:
                if model is None:
                    self._store.delete(made)
                raise
            self._store.upload(made, folder)
        if model is None:
            self._finish(record, run, made)
        return made

    def mark(self, members: Sequence[TrialRecord]) -> None:
        """Say of each logged model whether its trial is one of the front's `members`."""
        uids = {record.uid for record in members}
        for uid, model in self._known.items():
            self._store.tag(model, {ON_FRONT: "true" if uid in uids else "false"})

    def _create(self, record: TrialRecord, run: Run) -> Model:
        tags = {key: run.tags[key] for key in _TAGS}
        return self._store.create(record.uid, run, tags, params_of(record.proposal.point))

    def _finish(self, record: TrialRecord, run: Run, model: Model) -> None:
        self._store.measure(run, model, _measured(self._store, record, run, self._objectives))
        self._store.finish(run, model, record.step)
        self._known[record.uid] = model


def log_front(
    session: Session,
    directory: SweepDirectory,
    config: SweepConfig,
    records: Sequence[TrialRecord],
) -> list[str]:
    """Make each member of the front of `records` a logged model, as ``tracking.models`` says.

    Of a configuration that was run several times it is the model of its first trial. Where weights
    cannot be had, the objectives are kept without them. Members that left the front since are kept
    and marked.

    Returns:
        Why weights could not be had, a sentence each.

    Raises:
        Exception: whatever MLflow raises.
    """
    if config.tracking.models == "none":
        return []
    sweep = session.parent.tags[SWEEP_ID]
    models = LoggedModels(session.client, session.experiment_id, sweep, directory)
    by_index = sorted(records, key=lambda record: record.proposal.index)
    front = front_of(by_index, config.objectives)
    members = [configuration.trials[0] for configuration in front.configurations]
    problems: list[str] = []
    has_weights = config.tracking.models == "front" and _is_served(directory, problems)
    for record in members:
        run = session.children[record.uid]
        try:
            if has_weights and record.checkpoint is not None:
                models.with_weights(record, run, _reason(record, len(members)))
        except ParetoSearchError as error:
            problems.append(str(error))
        models.without_weights(record, run)
    models.mark(members)
    return problems


def _is_served(directory: SweepDirectory, problems: list[str]) -> bool:
    try:
        return is_served(directory)
    except ParetoSearchError as error:
        problems.append(str(error))
        return False


def not_served(directory: SweepDirectory) -> ParetoSearchError:
    """The error for a trainable whose models nobody could load from MLflow."""
    return ParetoSearchError(
        "A registered model should be one that MLflow can load. Found that "
        f"{directory.config().trainable} does not offer `export` and `serving`: its model would "
        "be numbers without weights. Add them, or use --export."
    )


def _measured(
    store: ModelStore, record: TrialRecord, run: Run, objectives: Sequence[Objective]
) -> list[Measurement]:
    """The objectives, just as the run has them: the same time too, so that no row comes twice."""
    rows = []
    for objective in objectives:
        key, value = legal_key(objective.name), float(record.values[objective.name])
        time_ms = store.time_of(run, key, record.step)
        time_ms = ended_ms(record) if time_ms is None else time_ms
        rows.append(Measurement(key, value, time_ms, record.step))
    return rows


def _reason(record: TrialRecord, count: int) -> str:
    others = "it is the only one" if count == 1 else f"one of {count}"
    return f"Trial {record.uid} is on the front of its sweep: {others} there."
