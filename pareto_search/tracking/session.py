"""The runs of one sweep in an open store: found by their tags, made where there are none.

A run is named by tags that follow from the sweep's files alone (`pareto.sweep_id`, `pareto.uid`),
so after a restart, or when a request was carried out and its answer lost, the same run is found
again instead of a second one being made.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pareto_search.fronts.colours import RUNNING
from pareto_search.recipe.config import SweepConfig
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import Proposal
from pareto_search.tracking.client import Run, TrackingClient
from pareto_search.tracking.documents import put_documents
from pareto_search.tracking.facts import data_set, fact_params, fact_tags, read_facts
from pareto_search.tracking.naming import params_of, to_ms
from pareto_search.tracking.standing import COLOUR
from pareto_search.tracking.store import artifact_location

SWEEP = "pareto.sweep"
SWEEP_ID = "pareto.sweep_id"
UID = "pareto.uid"
STATE = "pareto.state"
STATUS = "pareto.status"
PARENT = "mlflow.parentRunId"

_DESCRIBED = "pareto.described"
_SECTIONS = ("trainable", "searcher", "budget", "resources", "failures", "seeds", "params")


@dataclass(frozen=True, slots=True)
class Session:
    """An open store with the sweep's parent run and `children`, the run of each trial by uid.

    Of those in `complete` the params are in the store too.
    """

    client: TrackingClient
    experiment_id: str
    parent: Run
    children: dict[str, Run]
    complete: set[str] = field(default_factory=set)

    def add_child(self, proposal: Proposal) -> bool:
        """Make the run of a trial, or complete it; False where it was there and complete."""
        if proposal.uid in self.complete:
            return False
        run, params = self.children.get(proposal.uid), params_of(proposal.point)
        if run is not None and all(key in run.params for key in params):
            self.complete.add(proposal.uid)
            return False
        if run is None:
            run = self.client.create_run(
                self.experiment_id,
                proposal.uid,
                to_ms(proposal.proposed_at),
                self._child_tags(proposal),
            )
            self.children[proposal.uid] = run
        self.client.write(run, params=params)
        self.complete.add(proposal.uid)
        return True

    def set_status(self, status: str) -> None:
        """Say on the parent run how the sweep stands, where it says otherwise."""
        if self.parent.tags.get(STATUS) != status:
            self.client.write(self.parent, tags={STATUS: status})

    def delete_duplicates(self) -> None:
        """Delete runs of trials that are not the ones written to.

        A server that dies between making a run and saying so can leave one: MLflow's client
        sends the request again by itself.
        """
        ours = {run.id for run in self.children.values()}
        for run in _search_children(self.client, self.experiment_id, self.parent):
            if run.tags.get(UID) in self.children and run.id not in ours:
                self.client.delete(run)

    def _child_tags(self, proposal: Proposal) -> dict[str, str]:
        return {
            PARENT: self.parent.id,
            SWEEP: self.parent.tags[SWEEP],
            SWEEP_ID: self.parent.tags[SWEEP_ID],
            UID: proposal.uid,
            STATE: "running",
            COLOUR: RUNNING,
            "pareto.baseline": "true" if proposal.baseline else "false",
            "pareto.repeat": str(proposal.repeat),
        }


def open_session(
    client: TrackingClient,
    directory: SweepDirectory,
    config: SweepConfig,
    first: Proposal,
    experiment_id: str,
    known: Iterable[str] = (),
) -> Session:
    """Find or make the parent run of the sweep whose first trial is `first`, and find the others.

    Where several runs bear the tags of one, a `known` run id is preferred, then the oldest.
    """
    keep = set(known)
    tags = {SWEEP: config.name, SWEEP_ID: sweep_id(first)}
    parent = _find_parent(client, experiment_id, tags, keep)
    if parent is None:
        client.create_run(experiment_id, config.name, to_ms(first.proposed_at), tags)
        parent, *extra = _parents(client, experiment_id, tags)
        for run in extra:  # see `delete_duplicates`
            client.delete(run)
    if _DESCRIBED not in parent.tags:
        _describe(client, parent, directory, config)
    children = _by_uid(_search_children(client, experiment_id, parent), keep)
    return Session(client, experiment_id, parent, children)


def open_experiment(
    client: TrackingClient, directory: SweepDirectory, config: SweepConfig, uri: str
) -> str:
    """The id of the sweep's experiment: the recipe's, or one named like the sweep."""
    name = config.tracking.experiment or config.name
    return client.experiment(name, artifact_location(uri, directory.storage, name))


def sweep_id(first: Proposal) -> str:
    """Twelve digits that tell a sweep from an earlier one of the same name.

    They follow from the journal's first line, which never changes.
    """
    text = json.dumps([first.index, dict(first.point), first.proposed_at], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _find_parent(
    client: TrackingClient, experiment_id: str, tags: Mapping[str, str], keep: set[str]
) -> Run | None:
    found = _parents(client, experiment_id, tags)
    return next((run for run in found if run.id in keep), found[0] if found else None)


def _parents(client: TrackingClient, experiment_id: str, tags: Mapping[str, str]) -> list[Run]:
    return [run for run in client.search(experiment_id, tags) if PARENT not in run.tags]


def _search_children(client: TrackingClient, experiment_id: str, parent: Run) -> list[Run]:
    return client.search(experiment_id, {PARENT: parent.id})


def _by_uid(runs: list[Run], keep: set[str]) -> dict[str, Run]:
    found: dict[str, Run] = {}
    for run in sorted(runs, key=lambda run: run.id not in keep):
        if UID in run.tags:
            found.setdefault(run.tags[UID], run)
    return found


def _describe(
    client: TrackingClient, parent: Run, directory: SweepDirectory, config: SweepConfig
) -> None:
    resolved, facts = json.loads(config.model_dump_json(by_alias=True)), read_facts(directory)
    directions = {o.name: o.direction for o in config.objectives}
    references = {o.name: o.reference for o in config.objectives}
    tags = {
        "pareto.objectives": json.dumps(directions),
        "pareto.reference": json.dumps(references),
        **fact_tags(facts),
    }
    params = params_of({key: resolved[key] for key in _SECTIONS}) | fact_params(facts)
    client.write(parent, params=params, tags=tags)
    if data := data_set(facts, config.name):
        client.put_dataset(parent, *data)
    put_documents(client, parent, directory)
    client.write(parent, tags={_DESCRIBED: "true"})
