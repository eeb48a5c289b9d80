"""No password in a recipe: it is copied into the sweep, sent to MLflow and kept in repositories."""

import re
from collections.abc import Iterator

from pareto_search.errors import Problem
from pareto_search.recipe.document import Document, KeyPath, Plain

_PASSWORD = re.compile(
    r"(?i)://[^:/?#\s]*:(?!\*+@)[^\s]+@"  # scheme://user:password@host
    r"|[?&](?:\w*password|\w*token|\w*secret)=(?!\*+)[^&\s]+"
)
_HINTS: dict[tuple[str, ...], str] = {
    ("tracking", "uri"): "Leave it out of the address: a tracking server's is taken from "
    "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, PostgreSQL's from PGPASSWORD.",
}
_HINT = "Let the environment hold it, and the trainable read it there."


def passwords(document: Document) -> list[Problem]:
    """A problem for each text of `document` that is an address with a password; none shows it."""
    return [_problem(document, path) for path in _texts(document.data, ()) if _has(document, path)]


def _has(document: Document, path: KeyPath) -> bool:
    return bool(_PASSWORD.search(str(document.get(path))))


def _problem(document: Document, path: KeyPath) -> Problem:
    where = document.where(path)
    return Problem(
        "A recipe should hold no password.",
        f"Found one in `{'.'.join(map(str, path))}`.",
        hint=_HINTS.get(tuple(map(str, path)), _HINT),
        where=where.partition(" ")[0] if _PASSWORD.search(where) else where,
    )


def _texts(node: Plain, path: KeyPath) -> Iterator[KeyPath]:
    if isinstance(node, str):
        yield path
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _texts(value, (*path, key))
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from _texts(value, (*path, i))
