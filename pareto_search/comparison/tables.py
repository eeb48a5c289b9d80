"""A comparison as tables and lines on a terminal, readable at 100 columns."""

from collections.abc import Iterator, Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pareto_search.comparison.comparing import Comparison
from pareto_search.comparison.pairs import Pair, Peak
from pareto_search.comparison.saying import tested_line, verdict
from pareto_search.comparison.standing import Standing
from pareto_search.comparison.volumes import Volume
from pareto_search.objective import Objective

_MOST_KEYS = 6
"""Keys of recipes that are shown with their values."""


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Everything that is said of `comparison`; the sentence comes last."""
    console.print(standings_table(comparison))
    if comparison.pairs:
        console.print(pairs_table(comparison))
        for pair in comparison.pairs:
            _say(console, tested_line(pair))
        _say(console, _differences(comparison.differing))
    for note in comparison.notes:
        _say(console, note)
    _say(console, f"\n{verdict(comparison)}")


def standings_table(comparison: Comparison) -> Table:
    """A row for each contestant."""
    table = Table(title=_title(comparison), box=SIMPLE_HEAD)
    table.padding = (0, 1, 0, 0)
    table.caption = _intervals(comparison)
    table.add_column("contestant", overflow="fold")
    heads = ["sweeps", "trials", "front", "hypervolume", "95 % interval"]
    if not comparison.is_even:
        heads.append("of all\ntrials")
    if comparison.pairs:
        heads += [f"joint front\n({comparison.joint})", "lost\nwithout"]
    if _has_worked(comparison):
        heads.append("work")
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    for one in comparison.standings:
        table.add_row(*map(Text, _cells(one, comparison)))
    return table


def pairs_table(comparison: Comparison) -> Table:
    """Two rows for each pair: one of either against the other."""
    table = Table(title="against each other", box=SIMPLE_HEAD)
    table.padding = (0, 1, 0, 0)
    has_attainment = len(comparison.objectives) == 2
    table.add_column("who", overflow="fold")
    table.add_column("covers", justify="right")
    table.add_column("all, if\nbetter by", justify="right")
    if has_attainment:
        table.add_column("attains more\noften in", justify="right")
        table.add_column("most of all", overflow="fold")
        table.caption = "of the other's front; of the way to the reference; of all that is attained"
    for pair in comparison.pairs:
        for side in (0, 1):
            cells = _pair_cells(pair, side, comparison.objectives)
            table.add_row(*map(Text, cells if has_attainment else cells[:3]))
    return table


def _title(comparison: Comparison) -> str:
    reference = ", ".join(f"{o.name} {o.reference:g}" for o in comparison.objectives)
    count = comparison.common
    after = "" if comparison.is_even else f", after {count} trial{'s' * (count > 1)} each"
    return f"hypervolume up to {reference}{after}"


def _cells(one: Standing, comparison: Comparison) -> Iterator[str]:
    yield from (one.label, str(len(one.sweeps)), _span(one.trials))
    yield _span([len(front) for front in one.fronts])
    yield f"{one.fair.mean:.4g}"
    yield _interval(one.fair)
    if not comparison.is_even:
        yield f"{one.volume.mean:.4g}"
    if comparison.pairs:
        yield from (str(one.held), f"{one.lost:.3g}")
    if _has_worked(comparison):
        yield _duration(one.worked_s)


def _pair_cells(pair: Pair, side: int, objectives: Sequence[Objective]) -> list[str]:
    names = (pair.first, pair.second)
    return [
        f"{names[side]} over {names[1 - side]}",
        f"{pair.covers[side]:.0%}",
        f"{max(0.0, pair.shifts[side]):.1%}",
        f"{pair.more[side]:.1%}",
        _peak(pair.peaks[side], objectives),
    ]


def _peak(peak: Peak | None, objectives: Sequence[Objective]) -> str:
    if peak is None:
        return "-"
    ends = zip(objectives, peak.low, peak.high, strict=True)
    places = [(o.name, sorted((o.loss(low), o.loss(high)))) for o, low, high in ends]
    where = ", ".join(f"{name} {low:.3g} to {high:.3g}" for name, (low, high) in places)
    return f"by {peak.share:.0%}: {where}"


def _intervals(comparison: Comparison) -> str:
    """What the intervals are made from, each once."""
    found = dict.fromkeys(one.fair.basis for one in comparison.standings if one.fair.basis)
    return f"95 % intervals: {'; '.join(found)}" if found else "one sweep each: no interval"


def _interval(volume: Volume) -> str:
    return f"{volume.low:.4g} to {volume.high:.4g}" if volume.basis else "-"


def _span(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    return str(low) if low == high else f"{low} to {high}"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f}s"
    minutes = round(seconds / 60)
    return f"{minutes // 60}h{minutes % 60:02d}m" if minutes >= 60 else f"{minutes}m"


def _has_worked(comparison: Comparison) -> bool:
    """Whether it is worth a column: trials that are over at once have no work to speak of."""
    return any(one.worked_s >= 1 for one in comparison.standings)


def _differences(differing: Mapping[str, Sequence[str]]) -> str:
    """Each key with what each contestant has there; only the keys, where they are many."""
    if not differing:
        return "what differs: nothing but the seed"
    more = len(differing) - _MOST_KEYS
    if more > 0:
        keys = list(differing)[:_MOST_KEYS]
        return f"what differs: {', '.join(keys)} and {more} more"
    told = [f"{key} ({' | '.join(texts)})" for key, texts in differing.items()]
    return f"what differs: {', '.join(told)}"


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, soft_wrap=True)
