"""`submit`: a recipe as a job of a cluster."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from pareto_search.commands.jobs import follow_job, next_commands
from pareto_search.errors import Problem, RecipeError, SweepBusyError
from pareto_search.jobs.dashboard import STORAGE, SWEEP, Dashboard
from pareto_search.jobs.entrypoint import JOB_VARIABLE, Call, check_no_secret
from pareto_search.jobs.packing import Package, choose
from pareto_search.jobs.requirements import read_requirements
from pareto_search.recipe.config import SweepConfig
from pareto_search.recipe.loading import load_recipe

STOP_S = 60
"""What a job gets to stop in before it is killed; Ray's 3 s are too short to record the rest."""

_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Submission:
    """What is to be submitted where, as it was asked for."""

    recipe: Path
    address: str
    settings: Sequence[str] = ()
    name: str | None = None
    storage: Path | None = None
    tracking_uri: str | None = None
    working_dir: Path | None = None
    excluded: Sequence[str] = ()
    requirements: Path | None = None
    wait: bool = True
    grow_to: int = 0
    resume: str = "auto"

    def folder(self) -> Path:
        """What is uploaded: the working directory, as for `run`, if the recipe lies in it."""
        if self.working_dir is not None:
            return self.working_dir.resolve()
        here, recipe = Path.cwd(), self.recipe.resolve()
        return here if recipe.is_relative_to(here) else recipe.parent


def submit_recipe(asked: Submission) -> int:
    """Submit the sweep of a recipe, or carry it on, and follow it; returns the exit code.

    What can be told from the recipe alone is checked here, before anything is sent; its trainable
    and its data are checked by the job, for they may be on the cluster only. A job that is waited
    for gives the sweep's own exit code.

    Raises:
        RecipeError: the recipe or a flag cannot be used.
        SweepBusyError: a job of that name is running there.
        UnreachableError: the cluster does not answer, or not to this caller.
    """
    config, package, requirements = prepare(asked)
    console = Console(stderr=True, highlight=False)
    dashboard = Dashboard(asked.address)
    _refuse_running(dashboard, config.name)
    job_id = _send(dashboard, asked, config, package, requirements, console)
    if asked.wait:
        return follow_job(dashboard, job_id, config.name)
    print_next(dashboard, config.name)
    return 0


def prepare(asked: Submission) -> tuple[SweepConfig, Package, list[str]]:
    """The recipe checked, what is uploaded with it, and what is installed for it.

    Raises:
        RecipeError: the recipe or a flag cannot be used.
    """
    storage = None if asked.storage is None else str(asked.storage)
    config = load_recipe(asked.recipe, asked.settings, name=asked.name, storage=storage)
    _check_storage(config)
    requirements = read_requirements(asked.requirements) if asked.requirements else []
    check_no_secret(
        [
            ("--tracking-uri", asked.tracking_uri or ""),
            ("tracking.uri", config.tracking.uri or ""),
            *(("--set", setting) for setting in asked.settings),
            *(("--requirements", line) for line in requirements),
        ]
    )
    package = choose(asked.folder(), asked.recipe.resolve(), asked.excluded)
    package.check()
    return config, package, requirements


def print_next(dashboard: Dashboard, sweep: str) -> None:
    """The commands that look further at a job nobody waits for, on stdout."""
    Console(highlight=False).print(next_commands(dashboard, sweep), markup=False, soft_wrap=True)


def _check_storage(config: SweepConfig) -> None:
    """The job runs in a copy of the working directory, which goes with it."""
    if not Path(str(config.storage)).is_absolute():
        raise RecipeError(
            [
                Problem(
                    key="--storage",
                    rule="should be an absolute path to a directory that every node shares.",
                    found=f"Found `{config.storage}`.",
                    hint="Name it as the nodes see it: --storage /mnt/sweeps.",
                )
            ]
        )


def _refuse_running(dashboard: Dashboard, sweep: str) -> None:
    running = next((job for job in dashboard.jobs_of(sweep) if not job.has_ended), None)
    if running is not None:
        raise SweepBusyError(
            f"Sweep `{sweep}` is being run by job {running.id} already. Give another --name, or\n"
            f"{next_commands(dashboard, sweep)}"
        )


def _send(
    dashboard: Dashboard,
    asked: Submission,
    config: SweepConfig,
    package: Package,
    requirements: Sequence[str],
    console: Console,
) -> str:
    job_id = f"{config.name}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}"
    storage = str(config.storage)
    call = make_call(asked, config, package)
    console.print(_told(package), markup=False, soft_wrap=True)
    with tempfile.TemporaryDirectory() as place, console.status("uploading"):
        archive = Path(place) / "working_dir.zip"
        package.write(archive)
        dashboard.submit(
            job_id,
            call.command(),
            {SWEEP: config.name, STORAGE: storage},
            archive,
            {JOB_VARIABLE: job_id, "RAY_JOB_STOP_WAIT_TIME_S": str(STOP_S)},
            requirements,
        )
    console.print(
        f"Submitted sweep {config.name} to {dashboard.address} as job {job_id}; its results go to "
        f"{storage}/{config.name} there.",
        markup=False,
        soft_wrap=True,
    )
    return job_id


def make_call(asked: Submission, config: SweepConfig, package: Package) -> Call:
    """The call of `run` on the cluster that `asked` comes to."""
    recipe = asked.recipe.resolve().relative_to(package.folder).as_posix()
    return Call(
        recipe,
        str(config.storage),
        asked.name,
        asked.tracking_uri,
        asked.settings,
        asked.grow_to,
        asked.resume,
    )


def _told(package: Package) -> str:
    """What is uploaded, and what is not though it lies there."""
    count = len(package.files)
    files = f"{count} file{'s' * (count != 1)} ({max(1, package.size // 1024)} KiB)"
    skipped = ", ".join(str(place) for place in package.skipped[:_SHOWN])
    more = ", ..." if len(package.skipped) > _SHOWN else ""
    left = f"; left out: {skipped}{more}" if skipped else ""
    return f"Uploading {files} of {package.folder}{left}"
