"""The data that a sweep is about, as an MLflow data set of its parent run.

A trainable that answers `describe` with a ``data_digest`` is searched over data of that content;
whatever else it says of them (sizes, the split) goes along. Runs of all sweeps over the same data
are found by it: ``dataset.digest = '...'`` in MLflow's search.
"""

import json

from pareto_search.recipe.config import SweepConfig
from pareto_search.storage.directory import SweepDirectory
from pareto_search.tracking.client import Run, TrackingClient

NAME = "data"
DIGEST = "data_digest"


def put_data_set(
    client: TrackingClient, parent: Run, directory: SweepDirectory, config: SweepConfig
) -> None:
    """Make the data an input of `parent`; nothing where the trainable does not say what they are.

    A second call changes nothing.
    """
    described = directory.facts().get("trainable", {})
    if described.get(DIGEST):
        source = {"tags": {"mlflow.source.name": config.trainable}}
        client.put_data_set(
            parent, NAME, str(described[DIGEST]), json.dumps(source), json.dumps(described)
        )
