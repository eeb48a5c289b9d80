"""A view of MLflow's runs page that shows a sweep's trials as a front, shared by a link.

The page keeps such a view as a tag of the experiment, compressed JSON in a format of its own that
is documented nowhere: it is read off the page of MLflow 3.17 and pinned by the browser tests.
MLflow draws the first hundred runs, so they come in the order of their places, the best first.
"""

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from pareto_search.recipe.config import SweepConfig
from pareto_search.space import Choice, Space
from pareto_search.tracking.naming import legal_key
from pareto_search.tracking.session import SWEEP_ID, Session
from pareto_search.tracking.standing import PLACE

TAG = "mlflow.sharedViewState."
MAX_LENGTH = 5000
"""Of an experiment's tag in older servers; 20 000 in newer ones."""

_MAX_AXES = 12
_SECTION = "pareto-search"
_COMMON = {"isGenerated": False, "deleted": False, "runsCountToCompare": 1000}


def put_view(session: Session, config: SweepConfig) -> str:
    """Write the view of a sweep, in place of an earlier one; its key.

    Raises:
        Exception: whatever MLflow raises.
    """
    key = f"pareto-{session.parent.tags[SWEEP_ID]}"
    tag = view_tag(config, session.parent.id, session.parent.start_ms)
    session.client.set_experiment_tag(session.experiment_id, TAG + key, tag)
    return key


def view_tag(config: SweepConfig, parent_run_id: str, time_ms: int) -> str:
    """The value of the tag: the charts of the runs below `parent_run_id`.

    With a great many parameters some are left out, so that the tag fits.
    """
    space = shown(config.space)
    for limit in range(len(space), -1, -1):
        state = make_state(config, parent_run_id, dict(list(space.items())[:limit]))
        view = {
            "name": f"{config.name}: front",
            "createdAt": time_ms,
            "updatedAt": time_ms,
            "state": compress(state),
        }
        tag = json.dumps(view)
        if len(tag) <= MAX_LENGTH:
            break
    return tag


def shown(space: Space) -> Space:
    """The parameters that every trial has, by name; who lacks one would not be drawn at all."""
    return {key: space[key] for key in sorted(space) if not space[key].when}


def make_state(config: SweepConfig, parent_run_id: str, space: Space) -> dict[str, Any]:
    """What the page is to show: sorting, columns and charts."""
    metrics = [legal_key(objective.name) for objective in config.objectives]
    params = [legal_key(key) for key in space]
    columns = [PLACE, *metrics]
    return {
        "searchFilter": f"tags.`mlflow.parentRunId` = '{parent_run_id}'",
        "orderByKey": _column("metrics", PLACE),
        "orderByAsc": True,
        "selectedColumns": [
            *(_column("metrics", key) for key in columns),
            *(_column("params", key) for key in params),
            _column("tags", "pareto.state"),
        ],
        "runsHiddenMode": "SHOW_ALL",
        "isAccordionReordered": True,
        "compareRunSections": [
            {
                "uuid": _SECTION,
                "name": "Front",
                "display": True,
                "isReordered": True,
                "columns": 2,
                "cardHeight": 420,
            }
        ],
        "compareRunCharts": _charts(metrics, params, _numeric(space)),
    }


def compress(state: Mapping[str, Any]) -> str:
    """`state` as the page packs it."""
    packed = zlib.compress(json.dumps(state).encode(), 9)
    return f"deflate;{base64.b64encode(packed).decode()}"


def _charts(
    metrics: Sequence[str], params: Sequence[str], numeric: Sequence[str]
) -> list[dict[str, Any]]:
    scatter = {"type": "SCATTER", "xaxis": _metric(metrics[0]), "yaxis": _metric(metrics[1])}
    parallel = {
        "type": "PARALLEL",
        "selectedParams": list(params[: _MAX_AXES - len(metrics)]),
        "selectedMetrics": list(metrics),
        "showAllRuns": False,
    }
    charts: list[dict[str, Any]] = [scatter, parallel, *_contours(metrics, numeric)]
    return [
        {"uuid": f"{_SECTION}-{at}", "metricSectionId": _SECTION, **_COMMON, **chart}
        for at, chart in enumerate(charts)
    ]


def _contours(metrics: Sequence[str], numeric: Sequence[str]) -> list[dict[str, Any]]:
    """Either objective over two parameters; with fewer, one parameter over the objectives."""
    if len(numeric) >= 2:
        x, y = (_param(key) for key in numeric[:2])
        return [
            {"type": "CONTOUR", "xaxis": x, "yaxis": y, "zaxis": _metric(key)}
            for key in metrics[:2]
        ]
    z = _param(numeric[0]) if numeric else _metric(PLACE)
    x, y = (_metric(key) for key in metrics[:2])
    return [{"type": "CONTOUR", "xaxis": x, "yaxis": y, "zaxis": z}]


def _numeric(space: Space) -> list[str]:
    return [legal_key(key) for key, one in space.items() if not isinstance(one, Choice)]


def _metric(key: str) -> dict[str, str]:
    return {"key": key, "type": "METRIC"}


def _param(key: str) -> dict[str, str]:
    return {"key": key, "type": "PARAM"}


def _column(kind: str, key: str) -> str:
    return f"{kind}.`{key}`"
