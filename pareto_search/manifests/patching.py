"""Patches of Kustomize, for what is used of them: JSON 6902, and ``$patch: delete``."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jsonpatch
from jsonpointer import JsonPointerException
from pydantic import BaseModel, ConfigDict

from pareto_search.errors import Problem, RecipeError
from pareto_search.manifests.objects import Manifest


class Target(BaseModel):
    """The objects a patch is for: those that match everything given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = ""
    name: str = ""
    labelSelector: str = ""  # noqa: N815 - Kustomize's own key

    def matches(self, item: Manifest) -> bool:
        """Whether `item` is meant; kind and name are whole regular expressions to Kustomize."""
        metadata = item["metadata"]
        labels = metadata.get("labels", {}).items()
        return (
            bool(re.fullmatch(self.kind or ".*", item["kind"]))
            and bool(re.fullmatch(self.name or ".*", metadata["name"]))
            and (not self.labelSelector or tuple(self.labelSelector.split("=")) in labels)
        )


@dataclass(frozen=True, slots=True)
class Patch:
    """What `content`, read from the file `source`, does to the objects of `target`."""

    content: Any
    target: Target
    source: str

    def apply(self, objects: Sequence[Manifest]) -> list[Manifest]:
        """`objects` after it.

        Raises:
            RecipeError: it is of no kind that is understood here, no object is its target, or
                what it looks for in one is not there.
        """
        if not any(map(self.target.matches, objects)):
            raise self._error("A patch should have a target.", f"Nothing matches {self.target!r}.")
        if isinstance(self.content, list):
            return [self._changed(item) if self.target.matches(item) else item for item in objects]
        if isinstance(self.content, dict) and self.content.get("$patch") == "delete":
            return [item for item in objects if not self.target.matches(item)]
        raise self._error(
            "A patch should be a list of JSON 6902 operations, or `$patch: delete`.",
            "Found something else (strategic merge replaces the lists of a RayJob).",
        )

    def _changed(self, item: Manifest) -> Manifest:
        try:
            changed: Manifest = jsonpatch.apply_patch(item, self.content)
        except (jsonpatch.JsonPatchException, JsonPointerException) as error:
            rule = "A patch should fit its target."
            raise self._error(rule, f"Found: {error}.") from error
        return changed

    def _error(self, rule: str, found: str) -> RecipeError:
        return RecipeError([Problem(rule, found, where=self.source)])
