"""What must be alike before the fronts of several sweeps say anything about each other."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from pareto_search.comparison.contestants import Contestant, Run, common_trials
from pareto_search.comparison.differences import differing_within, differing_yardstick, value_at
from pareto_search.errors import Problem, RecipeError, SweepFailedError

_ANYWAY = "--anyway compares all the same, and says so."


def check_fair(contestants: Sequence[Contestant], anyway: bool = False) -> list[str]:
    """Refuse what cannot be compared; with `anyway`, tell what was passed over, a sentence each.

    All runs must have one trainable, reference point, data and split (every ``..._digest`` among
    their facts), and the same parameters wherever the trainable fixes them: by these, trials are
    judged. Runs of one contestant may differ in their seed, which they must, and in how long they
    went. `anyway` passes over all that, but never over different objectives.

    Raises:
        RecipeError: they do not compare; holds every difference.
        SweepFailedError: a run has no front, or none yet after as many trials as the shortest has.
    """
    runs = [run for contestant in contestants for run in contestant.runs]
    if len(runs) < 2:
        rule = "A comparison should have two sweeps or more."
        raise RecipeError([Problem(rule, f"Found {len(runs)}.", hint="Name another one.")])
    if problems := list(_differing(runs, "objectives", _objectives, hint="")):
        raise RecipeError(problems)
    for run in runs:
        _refuse_without_front(run)
    common = common_trials(contestants)
    for run in runs:
        _refuse_late_front(run, common)
    problems = [*_other_measures(runs), *_mixed(contestants)]
    if problems and not anyway:
        raise RecipeError(problems)
    return [f"Compared anyway: {problem.rule} {problem.found}" for problem in problems]


def _other_measures(runs: Sequence[Run]) -> Iterator[Problem]:
    yield from _differing(runs, "trainable", lambda run: run.config.trainable)
    yield from _differing(runs, "reference point", _reference)
    for key in sorted({key for run in runs for key in _digests(run)}):
        yield from _differing(runs, key, partial(_digest, key=key))
    for key in differing_yardstick(runs):
        yield from _differing(runs, key, partial(value_at, key=key))


def _mixed(contestants: Sequence[Contestant]) -> Iterator[Problem]:
    for contestant in contestants:
        for key in differing_within(contestant):
            yield from _differing(
                contestant.runs, key, partial(value_at, key=key), contestant.label
            )
        seeds = [run.config.seeds.sweep for run in contestant.runs]
        if len(set(seeds)) < len(seeds):
            yield Problem(
                rule=f"Each sweep of {contestant.label} should have a seed of its own.",
                found=f"Found seeds {', '.join(map(str, seeds))}.",
                hint=_ANYWAY,
            )


def _differing(
    runs: Sequence[Run],
    what: str,
    tell: Callable[[Run], str],
    whose: str = "a comparison",
    hint: str = _ANYWAY,
) -> Iterator[Problem]:
    """A problem where `tell` does not say the same of all `runs`: who has what."""
    said: dict[str, list[str]] = {}
    for run in runs:
        said.setdefault(tell(run), []).append(run.name)
    if len(said) > 1:
        found = "; ".join(f"{text} in {_listed(names)}" for text, names in said.items())
        rule = f"All sweeps of {whose} should have the same {what}."
        yield Problem(rule, f"Found {found}.", hint=hint)


def _listed(names: Sequence[str], most: int = 4) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def _objectives(run: Run) -> str:
    return ", ".join(sorted(f"{o.name} ({o.direction})" for o in run.config.objectives))


def _reference(run: Run) -> str:
    return ", ".join(sorted(f"{o.name} {o.reference:g}" for o in run.config.objectives))


def _digest(run: Run, key: str) -> str:
    return _digests(run).get(key, "none")


def _digests(run: Run) -> dict[str, str]:
    described = run.facts.get("trainable", {})
    return {key: str(described[key])[:12] for key in described if key.endswith("_digest")}


def _refuse_without_front(run: Run) -> None:
    if not len(run.front(run.config.objectives)):
        raise SweepFailedError(
            f"A sweep to compare should have a front. Found no complete trial in `{run.name}`. "
            f"`pareto-search status {run.name}` says what became of its trials."
        )


def _refuse_late_front(run: Run, common: int) -> None:
    if not len(run.front(run.config.objectives, common)):
        raise SweepFailedError(
            f"Sweeps are compared after equal numbers of trials, here {common}. Found no front in "
            f"that many first trials of `{run.name}`. Leave out the sweep with the fewest trials, "
            f"or carry it on with `pareto-search resume`."
        )
