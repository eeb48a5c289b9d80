"""Files and folders that a person asked for, at a path that person typed."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pareto_search.errors import Problem, RecipeError


@contextmanager
def placing(option: str, path: Path, kind: str = "file") -> Iterator[None]:
    """While a `kind` is written to `path`, say an error of the file system of `option` and `path`.

    Raises:
        RecipeError: something could not be read, made or written in the block.
    """
    try:
        yield
    except OSError as error:
        raise RecipeError(
            [
                Problem(
                    key=option,
                    rule=f"should name a {kind} that can be written.",
                    found=f"Found `{path}`: {_why(error)}.",
                    hint=f"Name another place with {option}.",
                )
            ]
        ) from error


def put(path: Path, content: bytes) -> Path:
    """Make the file at `path` hold `content`, and its folder where there is none.

    Whole or not at all, and nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except OSError:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise
    return path


def _why(error: OSError) -> str:
    """What stands in the way, without the names of files that only the writing has."""
    if isinstance(error, FileExistsError | NotADirectoryError):
        return "a file lies where a folder is needed"
    if isinstance(error, IsADirectoryError):
        return "a folder lies there"
    return error.strerror or str(error)
