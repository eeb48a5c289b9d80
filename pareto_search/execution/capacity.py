"""Whether a trial fits where it is to run (Ray itself would wait for ever), and how many do."""

import time
from collections.abc import Callable, Mapping

import ray

from pareto_search.errors import Problem, RecipeError
from pareto_search.recipe.config import ResourcesConfig


def check_capacity(config: ResourcesConfig, grow_to: int = 0) -> None:
    """Refuse resources that no living node of the running Ray has.

    Where it may grow (to hold `grow_to` trials), a node that is to come may have them.

    Raises:
        RecipeError: no node holds one trial, so none would ever start.
    """
    nodes = _nodes()
    if grow_to or any(slots_on(node, config) for node in nodes):
        return
    there = "; ".join(
        f"{node.get('CPU', 0):g} cores, {node.get('GPU', 0):g} GPUs, "
        f"{node.get('memory', 0) / 2**30:.1f} GiB{_custom(node, config)}"
        for node in nodes
    )
    raise RecipeError(
        [
            Problem(
                key="resources",
                rule="One trial should fit on one node.",
                found=f"Asked are {config.cpu:g} cores, {config.gpu:g} GPUs and "
                f"{config.memory_gib or 0:g} GiB{_custom(config.custom, config)}; the nodes have "
                f"{there}.",
                hint="Lower what `resources` asks for; where an "
                "autoscaler adds nodes, say with --grow-to how many trials they will hold.",
            )
        ]
    )


def _custom(there: Mapping[str, float], config: ResourcesConfig) -> str:
    return "".join(f", {there.get(name, 0):g} {name}" for name in config.custom)


def make_slots(
    config: ResourcesConfig, at_least: int = 0, interval_s: float = 5.0
) -> Callable[[], int]:
    """How many trials the living nodes hold at once, looked at every `interval_s` at most.

    Or `at_least` so many, where that is more.
    """
    known, looked_at = 0, -float("inf")

    def slots() -> int:
        nonlocal known, looked_at
        if time.monotonic() - looked_at > interval_s:
            known, looked_at = sum(slots_on(node, config) for node in _nodes()), time.monotonic()
            known = max(known, at_least)
        return known

    return slots


def _nodes() -> list[dict[str, float]]:
    """What each living node has."""
    nodes = ray.nodes()  # type: ignore[no-untyped-call]
    return [node["Resources"] for node in nodes if node["Alive"]]


def slots_on(node: dict[str, float], config: ResourcesConfig) -> int:
    """How many trials `node` holds at once."""
    asked = {"CPU": config.cpu, "GPU": config.gpu, "memory": (config.memory_gib or 0) * 2**30}
    asked |= config.custom
    return int(min(node.get(key, 0) / n for key, n in asked.items() if n > 0) + 1e-9)
