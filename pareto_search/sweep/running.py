"""Run a sweep, or carry one on: wires the ledger, Ray Tune, the recorder and the display."""

import json
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir, closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from pareto_search.errors import Problem, RecipeError, UnreachableError
from pareto_search.execution import runtime
from pareto_search.execution.asking import ProcessAsker
from pareto_search.execution.reaching import check_address
from pareto_search.recipe.config import SweepConfig
from pareto_search.schedulers import make_scheduler
from pareto_search.searchers import make_searcher, problem_of, with_searcher
from pareto_search.searchers.prefetch import Prefetch
from pareto_search.searchers.process import SearcherProcess
from pareto_search.storage.directory import WARM_START, SweepDirectory, find_sweep
from pareto_search.storage.lock import writing
from pareto_search.storage.warm_start import write_known
from pareto_search.sweep.hints import command, interrupted
from pareto_search.sweep.interrupt import listen
from pareto_search.sweep.progress import Progress
from pareto_search.sweep.provenance import gather_facts
from pareto_search.sweep.venue import Venue
from pareto_search.sweep.watching import Ending, Watch
from pareto_search.tracking import store
from pareto_search.tracking.recorder import Recorder
from pareto_search.trials.fixed import fixed_by
from pareto_search.trials.judging import Judge
from pareto_search.trials.ledger import Ledger
from pareto_search.trials.preflight import check_sweep, resolve_trainable
from pareto_search.trials.warm_start import gather

if TYPE_CHECKING:  # it imports Ray, which reads the environment then
    from pareto_search.execution.nodes import Nodes


def start_sweep(config: SweepConfig, recipe: Path, venue: Venue) -> tuple[SweepDirectory, Ending]:
    """Check everything, make the sweep's directory and run it to its end at `venue`.

    Raises:
        RecipeError: the trainable or its data cannot be used, or the sweep has begun before;
            nothing was started.
        SweepBusyError: another process runs a sweep of that name.
        UnreachableError: the storage directory cannot be written, or the cluster not be reached.
    """
    _prepare_environment(venue.address)
    console = venue.console
    described = check_sweep(config)
    asked, (config, reason) = config.searcher, with_searcher(config)
    if reason:
        console.print(f"searcher {reason}", highlight=False, markup=False, soft_wrap=True)
    storage = Path(config.storage or "results").resolve()
    known, told = gather(config, described, storage)
    for line in told:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    facts = gather_facts(config, described)
    facts["searcher"] = {"asked": asked.model_dump(mode="json"), "reason": reason}
    facts["fixed"] = list(fixed_by(resolve_trainable(config.trainable)))
    check_address(venue.address)  # before anything is written
    directory = _make_directory(config)
    with writing(directory, venue.patience_s):
        _refuse_begun(directory)
        shutil.copyfile(recipe, directory.path / "recipe.yaml")
        directory.write_json("facts.json", facts)
        if known:
            write_known(directory.path / WARM_START, known)
        _write_config(directory, config)
        return directory, _run(directory, config, venue)


def resume_sweep(
    storage: Path, name: str, venue: Venue, config: SweepConfig | None = None
) -> tuple[SweepDirectory, Ending]:
    """Carry the sweep `name` on at `venue`: finished trials are kept, unfinished ones go on.

    `config` takes the place of its configuration: the same but for what a resume may change.
    Relative paths of its recipe, and a trainable beside it, are looked for where it was started.

    Raises:
        SweepNotFoundError: there is none of that name.
        RecipeError: its trainable or data cannot be used any more, or are other data.
        SweepBusyError: another process runs it.
    """
    _prepare_environment(venue.address)
    directory = find_sweep(storage, name)
    config = config or directory.config()
    with chdir(directory.started_in()), writing(directory, venue.patience_s):
        described = check_sweep(config)
        _check_same_data(directory, described)
        directory.write_json("facts.json", {**directory.facts(), "trainable": described})
        _write_config(directory, config)
        return directory, _run(directory, config, venue)


def _run(directory: SweepDirectory, config: SweepConfig, venue: Venue) -> Ending:
    _keep_address(directory, venue.address)
    asked, storage = venue.tracking_uri, directory.storage
    uri = store.resolve_tracking_uri(asked, config.tracking.uri, storage)
    make = partial(make_searcher, config.searcher, problem_of(config), config.seeds.sweep)
    ahead = Prefetch(config.searcher.prefetch)
    with closing(SearcherProcess(make)) as searcher:  # imports while Ray starts
        ledger = Ledger(directory, config, ProcessAsker(searcher, ahead))
        ledger.restore()
        return _recorded(ledger, ahead, Recorder(directory, config, uri), venue)


def _recorded(ledger: Ledger, ahead: Prefetch, recorder: Recorder, venue: Venue) -> Ending:
    directory, console = ledger.directory, venue.console
    _tell_budget(directory, "", console)  # what ended it before ends it no more, or will again
    try:
        with (
            listen(interrupted(directory)) as interrupt,
            Progress(ledger, recorder.notice, interrupt, console),
        ):
            _import_ray()  # before the recorder's thread imports: Ray alters sys.path meanwhile
            recorder.start()
            watch = Watch(ledger, interrupt)
            ending = _tune(watch, ahead, venue)
        _tell_budget(directory, watch.used_up, console)
    finally:
        with console.status("MLflow: recording the rest"):  # shown on a terminal alone
            is_recorded = recorder.close()
        if not is_recorded:
            console.print(
                f"MLflow: {recorder.notice()}. Nothing is lost: "
                f"`{command('sync', directory)}` records the rest.",
                markup=False,
                soft_wrap=True,
            )
        elif recorder.warning():
            console.print(f"MLflow: {recorder.warning()}", markup=False, soft_wrap=True)
    return ending


def _keep_address(directory: SweepDirectory, address: str | None) -> None:
    """Where it runs, for who is told how to carry it on."""
    facts = directory.facts()
    if facts.get("address") != address:
        directory.write_json("facts.json", {**facts, "address": address})


def _write_config(directory: SweepDirectory, config: SweepConfig) -> None:
    content = json.loads(config.model_dump_json(by_alias=True))
    if directory.read_json("sweep.json") != content:
        directory.write_json("sweep.json", content)


def _write_figures(directory: SweepDirectory) -> None:
    from pareto_search.figures.reporting import write_figures

    write_figures(directory)


def _import_ray() -> None:
    import pareto_search.execution.tuning  # noqa: F401


def _import_figures() -> None:
    """What draws takes a second to import: matplotlib, plotly, Optuna."""
    import pareto_search.figures.reporting  # noqa: F401


def _check_same_data(directory: SweepDirectory, described: Mapping[str, Any]) -> None:
    """One front of trials on two data sets would compare what cannot be compared."""
    before = directory.facts().get("trainable", {})
    problems = [
        Problem(
            key=key,
            rule="should be what it was when the sweep was started.",
            found=f"Was {before[key]}, is {described.get(key)}.",
            hint="Put the data back, or start a new sweep under another --name.",
        )
        for key in before
        if key.endswith("_digest") and before[key] != described.get(key)
    ]
    if problems:
        raise RecipeError(problems)


def _prepare_environment(address: str | None) -> None:
    """Before the trainable is imported, which may import Ray or MLflow by itself (MONAI does)."""
    runtime.prepare_environment(address)
    store.prepare_environment()


def _tune(watch: Watch, ahead: Prefetch, venue: Venue) -> Ending:
    """Let Ray Tune run what the ledger proposes, until there is no more or a reason to stop.

    Then the figures are drawn.
    """
    # these import Ray, which reads the environment then
    from pareto_search.execution.capacity import check_capacity
    from pareto_search.execution.nodes import Nodes
    from pareto_search.execution.tuning import run_trials

    ledger = watch.ledger
    if ended := watch.ending():
        _write_figures(ledger.directory)
        return ended
    judge = _make_judge(ledger)
    with ThreadPoolExecutor(1) as aside:
        with runtime.ray_runtime(venue.address):
            watch.interrupt.install()  # Ray has put its own handlers there
            check_capacity(ledger.config.resources, venue.grow_to)
            aside.submit(_import_figures)
            with Nodes(ledger.config, ledger.directory.path, venue.say) as nodes:
                if venue.address:
                    nodes.check()
                run_trials(ledger, judge, ahead, _make_stop(watch, nodes, venue), venue.grow_to)
            if nodes.error:
                venue.say(interrupted(ledger.directory))
                raise nodes.error
            ending = _ended(watch)
            drawing = aside.submit(_write_figures, ledger.directory)  # while Ray shuts down
        drawing.result()
    return ending


def _make_stop(watch: Watch, nodes: "Nodes", venue: Venue) -> Callable[[], bool]:
    """Whether trials are to end: the sweep has a reason, or a node of the cluster is unfit."""
    if venue.address is None:
        return lambda: watch.ending() is not None
    return lambda: watch.ending() is not None or nodes.are_unfit()


def _ended(watch: Watch) -> Ending:
    """Why it ended; trials that ran until then are stopped, or left to be carried on."""
    ending = watch.ending() or Ending.DONE
    if ending is not Ending.INTERRUPTED:
        for uid in list(watch.ledger.running):
            watch.ledger.finish(uid, is_stopped=True)
    return ending


def _make_judge(ledger: Ledger) -> Judge:
    """What stops trials early, as it was before a resume; ends those it had stopped by then."""
    config = ledger.config
    names = [objective.name for objective in config.objectives]
    scheduler = make_scheduler(config.scheduler, names) if config.scheduler else None
    judge = Judge(scheduler, config.objectives)
    for uid in judge.restore(ledger.directory):
        ledger.finish(uid, is_stopped=True)
    return judge


def _tell_budget(directory: SweepDirectory, used_up: str, console: Console) -> None:
    """Say and keep what ended the sweep before its last trial, and how to carry it on."""
    facts = directory.facts()
    if used_up != facts.get("used_up", ""):
        directory.write_json("facts.json", {**facts, "used_up": used_up})
    if used_up:
        key = used_up.partition(":")[0]
        more = "null" if key == "budget.stagnation" else "MORE"
        line = command("resume", directory, "--set", f"{key}={more}")
        console.print(
            f"{used_up} `{line}` carries it on.", markup=False, highlight=False, soft_wrap=True
        )


def _make_directory(config: SweepConfig) -> SweepDirectory:
    directory = SweepDirectory(Path(config.storage or "results").resolve() / config.name)
    try:
        directory.path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnreachableError(f"The storage directory cannot be written: {error}") from error
    return directory


def _refuse_begun(directory: SweepDirectory) -> None:
    """A sweep that never began a trial may be replaced; one that did is kept."""
    if directory.proposals():
        raise RecipeError(
            [
                Problem(
                    key="name",
                    rule="should be new under the storage directory.",
                    found=f"A sweep `{directory.name}` of another configuration lies in "
                    f"{directory.path}.",
                    hint=f"Carry it on with `{command('resume', directory)}`, or give another "
                    "--name.",
                )
            ]
        )
