"""`run` and `resume`."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from pareto_search.commands.console import results_console
from pareto_search.commands.ending import print_ending
from pareto_search.errors import Problem, RecipeError
from pareto_search.recipe.config import SearcherConfig, SweepConfig
from pareto_search.recipe.duration import seconds_of
from pareto_search.recipe.loading import CHANGEABLE, change_config, load_recipe
from pareto_search.storage.directory import SweepDirectory, find_sweep
from pareto_search.sweep.running import resume_sweep, start_sweep
from pareto_search.sweep.venue import Venue


def run_recipe(
    recipe: Path,
    settings: Sequence[str],
    name: str | None,
    storage: Path | None,
    resume: str,
    venue: Venue,
) -> int:
    """Start the sweep of `recipe`, or carry it on; prints its front; returns the exit code.

    Raises:
        RecipeError: the recipe, its trainable or its data cannot be used, or `resume` is never
            (or the configuration another) and a sweep of that name exists.
    """
    if resume not in ("auto", "never"):
        raise RecipeError(
            [Problem(key="--resume", rule="should be auto or never.", found=f"Found {resume}.")]
        )
    config = load_recipe(
        recipe, settings, name=name, storage=str(storage) if storage is not None else None
    )
    directory = SweepDirectory(Path(str(config.storage)).resolve() / config.name)
    if resume == "auto" and _is_same(directory, config):
        venue.console.print(f"Sweep {config.name} is there already and the same: carrying it on.")
        config = directory.config().model_copy(update={k: getattr(config, k) for k in CHANGEABLE})
        directory, ending = resume_sweep(directory.storage, directory.name, venue, config)
    else:
        directory, ending = start_sweep(config, recipe, venue)
    return print_ending(directory, ending, results_console())


def resume_by_name(storage: Path, name: str, settings: Sequence[str], venue: Venue) -> int:
    """Carry on the sweep `name` under `settings`; prints its front; returns the exit code.

    Raises:
        RecipeError: `settings` change what has to stay, or cannot be used.
    """
    config = change_config(find_sweep(storage.resolve(), name).config(), settings)
    directory, ending = resume_sweep(storage.resolve(), name, venue, config)
    return print_ending(directory, ending, results_console())


def make_venue(tracking_uri: str | None, address: str | None, grow_to: int, wait: str) -> Venue:
    """Where to run and record, as the options say.

    Raises:
        RecipeError: `wait` is no duration, `address` none of a Ray that trials can run on, or
            `grow_to` is said of no cluster.
    """
    if grow_to and address is None:
        hint = "Leave it out, or name a cluster with --address."
        raise RecipeError([Problem("is of a cluster.", "Found no --address.", "--grow-to", hint)])
    patience_s = seconds_of(wait)
    if patience_s is None:
        hint = "Write 30s, 10m or 1h."
        raise RecipeError([Problem("should be a duration.", f"Found `{wait}`.", "--wait", hint)])
    if address is not None and address.startswith(("http://", "https://", "ray://")):
        rule = "should be auto, HOST:PORT or, of `run`, ray://HOST:PORT."
        verb = "run" if address.startswith("ray://") else "submit"
        hint = f"`pareto-search {verb} RECIPE --address {address}` starts it, or carries it on."
        raise RecipeError([Problem(rule, f"Found `{address}`.", "--address", hint)])
    return Venue(Console(stderr=True), tracking_uri, address, grow_to, patience_s)


def _is_same(directory: SweepDirectory, config: SweepConfig) -> bool:
    """Whether that sweep exists with this configuration, wherever it was moved to since.

    What a resume may change may differ.
    """
    if not (directory.path / "sweep.json").exists():
        return False
    known, facts = directory.config(), directory.facts()
    changes = {key: getattr(config, key) for key in ("storage", *CHANGEABLE)}
    if "searcher" in facts:  # what the recipe said, where the searcher was chosen from that
        changes["searcher"] = SearcherConfig.model_validate(facts["searcher"]["asked"])
    return known.model_copy(update=changes) == config
