"""No secret in a manifest: it is read by whoever may list objects, and kept in shells and logs."""

import re
from collections.abc import Iterator, Sequence

from pareto_search.errors import Problem
from pareto_search.manifests.objects import Manifest, containers, pod_templates, titled
from pareto_search.recipe.document import Plain
from pareto_search.storage.redaction import redact

_SECRET_NAME = re.compile(r"PASSWORD|SECRET|TOKEN|ACCESS_KEY|CREDENTIAL")


def broken_by_secrets(objects: Sequence[Manifest]) -> Iterator[Problem]:
    """Where `objects` hold a secret in clear: a password in a URI, a variable, a Secret."""
    for item in objects:
        if item["kind"] == "Secret":
            rule = "A Secret should be made in the cluster, and only be named here."
            yield Problem(rule, "Found one with its content.", where=titled(item))
        for path, text in _texts(item, ""):
            if redact(text) != text:
                yield Problem(
                    where=titled(item),
                    key=path,
                    rule="should hold no password.",
                    found=f"Found `{_shown(text)}`.",
                    hint="Keep it in the Secret mlflow-client.",
                )
        yield from _variables(item)


def _variables(item: Manifest) -> Iterator[Problem]:
    for path, template in pod_templates(item):
        for container in containers(template):
            for entry in container.get("env", []):
                if _SECRET_NAME.search(entry["name"]) and entry.get("value"):
                    yield Problem(
                        where=titled(item),
                        key=f"{path}.spec.containers.{container['name']}.env.{entry['name']}",
                        rule="should come from a Secret (`valueFrom.secretKeyRef`).",
                        found="Found its value.",
                    )


def _texts(node: Plain, path: str) -> Iterator[tuple[str, str]]:
    """Every text below `node`, with the dotted path to it."""
    if isinstance(node, str):
        yield path, node
    pairs: Plain = node.items() if isinstance(node, dict) else ()
    pairs = enumerate(node) if isinstance(node, list) else pairs
    for key, value in pairs:
        yield from _texts(value, f"{path}.{key}".lstrip("."))


def _shown(text: str) -> str:
    """The first line of `text` with a password in it, without the password."""
    line = next(line for line in text.splitlines() if redact(line) != line)
    return redact(line).strip()
