"""The command line that a job runs on the cluster, and what is never put into one."""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pareto_search.errors import Problem, RecipeError
from pareto_search.storage.redaction import redact

JOB_VARIABLE = "PARETO_SEARCH_JOB"
"""Holds the job's id in the environment of every process of it."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of `run` on the cluster: `recipe` by its path in the working directory."""

    recipe: str
    storage: str
    name: str | None = None
    tracking_uri: str | None = None
    settings: Sequence[str] = ()
    grow_to: int = 0
    resume: str = "auto"

    def words(self) -> list[str]:
        """What the cluster's Python is given.

        It is a module, not a script: a script of the image would not see what a runtime
        environment has installed. A sweep that began before is carried on.
        """
        words = ["-m", "pareto_search", "run", self.recipe]
        words += ["--address", "auto", "--resume", self.resume, "--storage", self.storage]
        words += ["--grow-to", str(self.grow_to)] if self.grow_to else []
        for flag, value in (("--name", self.name), ("--tracking-uri", self.tracking_uri)):
            words += [flag, value] if value is not None else []
        for setting in self.settings:
            words += ["--set", setting]
        return words

    def command(self) -> str:
        """The command line, quoted for a shell.

        >>> Call("toy.yaml", "/mnt/sweeps", settings=["budget.trials=8"]).command()
        'python -m pareto_search run toy.yaml --address auto --resume auto --storage /mnt/sweeps \
--set budget.trials=8'
        """
        return shlex.join(["python", *self.words()])


def check_no_secret(texts: Iterable[tuple[str, str]]) -> None:
    """See that none of `texts`, each with the flag or file it comes from, holds a password.

    Everybody who may look at the cluster's jobs can read them.

    Raises:
        RecipeError: one does.
    """
    problems = [
        Problem(
            key=where,
            rule="should hold no password: whoever looks at the cluster's jobs can read it.",
            found=f"Found `{redact(text)}`.",
            hint="Leave it out here, and let the cluster's own environment hold it: for MLflow "
            "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or a whole "
            "MLFLOW_TRACKING_URI, from a Secret.",
        )
        for where, text in texts
        if redact(text) != text
    ]
    if problems:
        raise RecipeError(problems)
