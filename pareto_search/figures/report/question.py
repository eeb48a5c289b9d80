"""What a sweep asked: objectives, space, fixed parameters, data and the way it searched."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pareto_search.figures.material import Material
from pareto_search.figures.report.table import Table, flat, make_table
from pareto_search.objective import Objective
from pareto_search.recipe.config import SweepConfig
from pareto_search.space import Choice, Parameter
from pareto_search.storage.redaction import redact_all


@dataclass(frozen=True, slots=True)
class Question:
    """The question in one sentence, and the tables that make it exact."""

    sentence: str
    objectives: Table
    space: Table
    search: Table
    data: Table
    fixed: Table


def question_of(material: Material) -> Question:
    """The question of the sweep."""
    config = material.config
    described: Mapping[str, Any] = material.facts.get("trainable", {})
    fixed = redact_all(flat(config.params))
    return Question(
        sentence=_sentence(config),
        objectives=make_table(
            ("objective", "better is", "reference point"),
            ((o.name, _better(o), o.reference) for o in config.objectives),
        ),
        space=make_table(
            ("parameter", "kind", "values", "only where"),
            (_parameter(key, parameter) for key, parameter in config.space.items()),
        ),
        search=make_table(("", ""), _search(material).items()),
        data=make_table(("", ""), described.items()),
        fixed=make_table(("parameter", "value"), fixed.items() if isinstance(fixed, dict) else ()),
    )


def _sentence(config: SweepConfig) -> str:
    names = [f"{o.name} ({_better(o)} is better)" for o in config.objectives]
    count = len(config.space)
    settings = f"{count} parameters" if count > 1 else "one parameter"
    return (
        f"Which settings of {settings} give {config.trainable} the best trade-offs between "
        f"{', '.join(names[:-1])} and {names[-1]}?"
    )


def _better(objective: Objective) -> str:
    return "smaller" if objective.direction == "minimize" else "larger"


def _parameter(key: str, parameter: Parameter) -> tuple[str, str, str, str]:
    when = "; ".join(f"{name} is {_either(wanted)}" for name, wanted in parameter.when.items())
    if isinstance(parameter, Choice):
        return key, "choice", ", ".join(map(str, parameter.values)), when
    kind = "real" if parameter.type == "float" else "whole"
    scale = ", searched in the logarithm" if parameter.log else ""
    return key, kind, f"{parameter.low:g} to {parameter.high:g}{scale}", when


def _either(wanted: object) -> str:
    return " or ".join(map(str, wanted)) if isinstance(wanted, list) else str(wanted)


def _search(material: Material) -> dict[str, object]:
    """How it was searched; what is off or unlimited is left out."""
    config, reason = material.config, material.facts.get("searcher", {}).get("reason", "")
    budget = config.budget.model_dump(mode="json", by_alias=True, exclude_none=True)
    scheduler = config.scheduler.model_dump(mode="json") if config.scheduler else {}
    found: dict[str, object] = {
        "searcher": f"{config.searcher.kind}" + (f" ({reason})" if reason else ""),
        "budget": _listed(flat(budget)),
        "early stopping": _listed(flat(scheduler)) if scheduler else "none",
        "seeds a configuration": config.seeds.repeats,
    }
    if config.constraints:
        found["constraints"] = "; ".join(config.constraints)
    if config.warm_start:
        found["knew from the start"] = ", ".join(config.warm_start)
    return found


def _listed(values: Mapping[str, object]) -> str:
    return ", ".join(f"{key} {value}" for key, value in values.items())
