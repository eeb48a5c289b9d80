"""What a job needs beside what is installed on the cluster: lines of a requirements file."""

from pathlib import Path

from pareto_search.errors import Problem, RecipeError

_FILES = ("-r", "-c", "-e", "--requirement", "--constraint", "--editable", ".", "/", "file:")
"""What a line that names a file of this machine begins with."""


def read_requirements(path: Path) -> list[str]:
    """The requirements in the file at `path`, without comments.

    Raises:
        RecipeError: it cannot be read, or a line names another file, which the cluster has not.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        found = f"Found `{path}`: {getattr(error, 'strerror', None) or 'no UTF-8 text'}."
        raise RecipeError(
            [Problem("should be a readable text file.", found, "--requirements")]
        ) from error
    wanted = [line.partition(" #")[0].strip() for line in lines]
    wanted = [line for line in wanted if line and not line.startswith("#")]
    problems = [
        Problem(
            rule="should name packages, not files of this machine.",
            found=f"Found `{line}`.",
            hint="Write its lines here; code that is in the working directory needs none.",
            where=str(path),
        )
        for line in wanted
        if line.startswith(_FILES)
    ]
    if problems:
        raise RecipeError(problems)
    return wanted
