"""Manifests as tests look at them: every overlay and the sensible combinations, of real recipes."""

import sys
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

from pareto_search.cli import main
from pareto_search.manifests.objects import containers, pod_templates
from pareto_search.manifests.rendering import render
from pareto_search.manifests.request import Request
from pareto_search.recipe.loading import load_recipe
from pareto_search.recipe.writing import recipe_under

EXPERIMENTS = Path(__file__).parents[1] / "experiments"
OVERLAYS = ("cpu", "gpu", "spot", "kueue", "s3-data", "external-mlflow")
COMBINATIONS = (
    *((name,) for name in OVERLAYS),
    ("gpu", "spot"),
    ("gpu", "kueue"),
    ("spot", "external-mlflow"),
    ("gpu", "spot", "kueue", "s3-data", "external-mlflow"),
)
# what of each is rendered: overlays, recipe, settings
CASES = tuple(
    (overlays, recipe, settings)
    for overlays in COMBINATIONS
    for recipe in ("toy.yaml", "quickstart.yaml")
    for settings in ((), ("resources.gpu=0.5",))
    if "gpu" in overlays or not settings
)


@cache
def rendered(overlays=("cpu",), recipe="toy.yaml", settings=(), name=None, **options):
    """What `k8s render` makes of a recipe; the same every time, so not to be changed."""
    path = EXPERIMENTS / recipe
    config = load_recipe(path, settings, name=name)
    text = recipe_under(path, settings, name)
    return render(config, text, Request(overlays=overlays, **options))


def say_render(monkeypatch, capsys, *arguments, recipe="toy.yaml"):
    """Run `k8s render` of a recipe there is; gives back exit code, stdout and stderr."""
    words = ["pareto-search", "k8s", "render", str(EXPERIMENTS / recipe), *arguments]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    stdout, stderr = capsys.readouterr()
    return ended.value.code or 0, stdout, stderr


def case_name(case):
    overlays, recipe, settings = case
    return "-".join([*overlays, recipe.removesuffix(".yaml"), *settings])


def all_pods(objects):
    """Every pod template of `objects`: what owns it, where it is in that, the template."""
    return [(o, path, template) for o in objects for path, template in pod_templates(o)]


def all_containers(objects):
    """Every container, with its name, and that of KubeRay's autoscaler, which is in no template."""
    found = [
        (f"{o['kind']}.{path}.{container['name']}", container)
        for o, path, template in all_pods(objects)
        for container in containers(template)
    ]
    for job in (o for o in objects if o["kind"] == "RayJob"):
        cluster = job["spec"]["rayClusterSpec"]
        if "autoscalerOptions" in cluster:
            found.append(("RayJob.autoscaler", cluster["autoscalerOptions"]))
    return found


def every_mapping(node):
    """Every mapping anywhere in `node`."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        yield from chain.from_iterable(map(every_mapping, node))
