"""A comparison as tables and lines on a terminal, readable at 100 columns."""

from collections.abc import Iterator, Sequence

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

_MOST_KEYS = 8


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Everything that is said of `comparison`; the sentence comes last."""
    console.print(standings_table(comparison))
    if comparison.pairs:
        console.print(pairs_table(comparison))
        for pair in comparison.pairs:
            _say(console, tested_line(pair))
        _say(console, f"what differs: {_listed(comparison.differing)}")
    for note in comparison.notes:
        _say(console, note)
    _say(console, f"\n{verdict(comparison)}")


def standings_table(comparison: Comparison) -> Table:
    """A row for each contestant."""
    reference = ", ".join(f"{o.name} {o.reference:g}" for o in comparison.objectives)
    table = Table(title=f"hypervolume up to {reference}", box=SIMPLE_HEAD)
    table.padding = (0, 1, 0, 0)
    table.caption = _intervals(comparison)
    table.add_column("contestant", overflow="fold")
    heads = ["sweeps", "trials\neach", "front", "hypervolume", "95 %\ninterval"]
    if not comparison.is_even:
        heads.append(f"after {comparison.common}\ntrials each")
    if comparison.pairs:
        heads += [f"of {comparison.joint} on the\nfront of all", "lost\nwithout"]
    for head in [*heads, "work"]:
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


def _cells(one: Standing, comparison: Comparison) -> Iterator[str]:
    yield from (one.label, str(len(one.sweeps)), _span(one.trials))
    yield _span([len(front) for front in one.fronts])
    yield f"{one.volume.mean:.4g}"
    yield _interval(one.volume)
    if not comparison.is_even:
        yield f"{one.fair.mean:.4g}"
    if comparison.pairs:
        yield from (str(one.held), f"{one.lost:.3g}")
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
    found = dict.fromkeys(one.volume.basis for one in comparison.standings if one.volume.basis)
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


def _listed(keys: Sequence[str]) -> str:
    more = len(keys) - _MOST_KEYS
    return (", ".join(keys[:_MOST_KEYS]) or "nothing but the seed") + (
        f" and {more} more" if more > 0 else ""
    )


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, soft_wrap=True)
