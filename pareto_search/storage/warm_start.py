"""What a sweep took over from earlier ones: a copy, so that those may be removed or go on."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pareto_search.searchers.protocol import Outcome, TrialState
from pareto_search.space import Scalar


@dataclass(frozen=True, slots=True)
class Known:
    """Trial `uid` of `sweep`, at `point` of the present space, ended in `outcome`."""

    sweep: str
    uid: str
    point: Mapping[str, Scalar]
    outcome: Outcome


def write_known(path: Path, known: Iterable[Known]) -> None:
    """Put `known` into the file at `path`, in order, as JSON lines."""
    path.write_text("".join(json.dumps(asdict(one)) + "\n" for one in known), encoding="utf-8")


def read_known(path: Path) -> list[Known]:
    """What was put there, in order; empty where there is no such file."""
    if not path.exists():
        return []
    return [_parse(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _parse(line: str) -> Known:
    fields = json.loads(line)
    told = fields["outcome"]
    told["state"] = TrialState(told["state"])
    for name in ("losses", "violations", "standard_errors"):
        told[name] = None if told[name] is None else tuple(told[name])
    return Known(fields["sweep"], fields["uid"], fields["point"], Outcome(**told))
