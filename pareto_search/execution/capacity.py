"""Whether a trial fits where it is to run; Ray itself would wait for ever."""

import ray

from pareto_search.errors import Problem, RecipeError
from pareto_search.recipe.config import ResourcesConfig


def check_capacity(config: ResourcesConfig) -> None:
    """Refuse resources that no living node of the running Ray has.

    Raises:
        RecipeError: no node holds one trial, so none would ever start.
    """
    alive = ray.nodes()  # type: ignore[no-untyped-call]
    nodes = [node["Resources"] for node in alive if node["Alive"]]
    asked = {"CPU": config.cpu, "GPU": config.gpu, "memory": (config.memory_gib or 0) * 2**30}
    if any(all(node.get(key, 0) >= n for key, n in asked.items()) for node in nodes):
        return
    there = "; ".join(
        f"{node.get('CPU', 0):g} cores, {node.get('GPU', 0):g} GPUs, "
        f"{node.get('memory', 0) / 2**30:.1f} GiB"
        for node in nodes
    )
    raise RecipeError(
        [
            Problem(
                key="resources",
                rule="One trial should fit on one node.",
                found=f"Asked are {config.cpu:g} cores, {config.gpu:g} GPUs and "
                f"{config.memory_gib or 0:g} GiB; the nodes have {there}.",
                hint="Lower resources.cpu, resources.gpu or resources.memory_gib.",
            )
        ]
    )
