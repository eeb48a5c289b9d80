"""The files of ``k8s/`` composed to objects, as ``kubectl kustomize`` does, without kubectl.

Only what these files use is understood: resources, components and patches. Anything else is an
error, not ignored. That both compositions are equal is tested.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from pareto_search.errors import Problem, RecipeError
from pareto_search.manifests.objects import Manifest
from pareto_search.manifests.patching import Patch, Target
from pareto_search.nearest import nearest_hint
from pareto_search.recipe.document import Plain

ROOT = Path(__file__).parent / "k8s"
"""``k8s/`` of the repository, or its copy in an installed package."""

_T = TypeVar("_T")


class PatchFile(BaseModel):
    """A file of patches, and what they are for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    target: Target


class Kustomization(BaseModel):
    """A file ``kustomization.yaml``, of an overlay or a component."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    apiVersion: str  # noqa: N815 - Kustomize's own key
    kind: Literal["Kustomization", "Component"]
    resources: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    patches: tuple[PatchFile, ...] = ()


def overlay_names(root: Path = ROOT) -> list[str]:
    """The overlays there are."""
    return sorted(file.parent.name for file in (root / "overlays").glob("*/kustomization.yaml"))


def compose(overlays: Sequence[str], root: Path = ROOT) -> list[Manifest]:
    """The objects of the base under all of `overlays`, each laid over the one before.

    Raises:
        RecipeError: there is no such overlay, or a file holds what is not understood here.
    """
    folders = [root / "overlays" / _known(name, root) for name in overlays]
    files = [_read_kustomization(folder) for folder in folders]
    pairs = list(zip(folders, files, strict=True))
    objects: list[Manifest] = []
    for base in _once((folder / r).resolve() for folder, file in pairs for r in file.resources):
        objects += _resources(base)
    for part in _once((folder / c).resolve() for folder, file in pairs for c in file.components):
        objects = _under(part, objects)
    return objects


def _known(name: str, root: Path) -> str:
    known = overlay_names(root)
    if name in known:
        return name
    raise RecipeError(
        [
            Problem(
                key="--overlay",
                rule="should be one of the overlays there are.",
                found=f"Found `{name}`.",
                hint=nearest_hint(name, known),
            )
        ]
    )


def _resources(path: Path) -> list[Manifest]:
    """What a resource holds: a file one object, a folder those of its kustomization."""
    if path.is_file():
        return [_plain(path)]
    file = _read_kustomization(path)
    objects = [item for name in file.resources for item in _resources(path / name)]
    return _patched(path, file, objects)


def _under(folder: Path, objects: Sequence[Manifest]) -> list[Manifest]:
    """`objects` with the component in `folder` laid over them."""
    file = _read_kustomization(folder)
    more = [item for name in file.resources for item in _resources(folder / name)]
    return _patched(folder, file, [*objects, *more])


def _patched(folder: Path, file: Kustomization, objects: list[Manifest]) -> list[Manifest]:
    for entry in file.patches:
        source = folder / entry.path
        objects = Patch(_plain(source), entry.target, str(source)).apply(objects)
    return objects


def _read_kustomization(folder: Path) -> Kustomization:
    source = folder / "kustomization.yaml"
    try:
        return Kustomization.model_validate(_plain(source))
    except ValidationError as error:
        rule = "A kustomization should hold only what is understood here."
        problems = [
            Problem(
                rule, f"{found['msg']}.", key=".".join(map(str, found["loc"])), where=str(source)
            )
            for found in error.errors()
        ]
        raise RecipeError(problems) from error


def _plain(path: Path) -> Plain:
    """The content of a YAML file. Anchors are spelt out: patches of one copy spare the others."""
    return json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8"))))


def _once(items: Iterable[_T]) -> Iterator[_T]:
    """`items` in their order, each only where it comes first."""
    return iter(dict.fromkeys(items))
