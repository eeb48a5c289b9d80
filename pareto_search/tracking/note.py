"""The note on a sweep's parent run: what came out, as Markdown that MLflow's UI renders.

The page shows the first three lines or so of it, until a click: there the links are.
"""

from collections import Counter
from collections.abc import Sequence

from pareto_search.fronts.front import Front
from pareto_search.fronts.tables import short_names
from pareto_search.searchers.protocol import TrialState
from pareto_search.space import Scalar
from pareto_search.storage.journal import TrialRecord
from pareto_search.tracking.pages import Pages

MAX_ROWS = 20
MAX_PARAMETERS = 5
MAX_LENGTH = 4900
"""A note is a tag: 5000 characters in older servers, 8000 in newer ones."""

DRAWN = 100
"""Runs that MLflow's page loads at a time, and so draws; the shared view has the best first."""

COLOURS = (
    "front blue, its knee green, dominated grey, baselines vermilion, stopped orange, "
    "failed black, running light blue, breaking a constraint pink"
)
"""What `fronts.colours` says, in words."""


def front_rows(front: Front) -> tuple[list[str], list[list[Scalar | None]]]:
    """Columns and rows of `front`: trial, objectives, then every key of the members' points.

    A key that is inactive in a trial is None there.
    """
    names = [objective.name for objective in front.objectives]
    keys = sorted({key for member in front.members for key in member.proposal.point})
    rows: list[list[Scalar | None]] = [
        [
            member.uid,
            *(member.values[name] for name in names),
            *(member.proposal.point.get(key) for key in keys),
        ]
        for member in front.members
    ]
    return ["trial", *names, *keys], rows


def make_opening_note(pages: Pages) -> str:
    """The note of a sweep while it runs."""
    text = "Running. What came out, with figures and the next commands, will be told here."
    return "\n\n".join(part for part in (_links(pages), text) if part) + "\n"


def make_note(
    name: str,
    front: Front,
    records: Sequence[TrialRecord],
    artifacts: Sequence[str],
    pages: Pages,
) -> str:
    """The note of the sweep `name` whose trials ended so, at most `MAX_LENGTH` characters long.

    The table has at most `MAX_ROWS` rows, and fewer where they are long; of the parameters it has
    the first that vary on the front, as a wide table would push the rest of the page aside.
    """
    for limit in range(min(MAX_ROWS, len(front)), -1, -1):
        note = _note(name, front, records, artifacts, pages, limit)
        if len(note) <= MAX_LENGTH:
            return note
    return note[:MAX_LENGTH]


def _note(
    name: str,
    front: Front,
    records: Sequence[TrialRecord],
    artifacts: Sequence[str],
    pages: Pages,
    limit: int,
) -> str:
    directions = ", ".join(f"{o.name} ({o.direction})" for o in front.objectives)
    states = Counter(record.state for record in records)
    counts = ", ".join(f"{states[state]} {state.value}" for state in TrialState if states[state])
    parts = [
        _links(pages),
        f"{len(records)} trials ended{f' ({counts})' if counts else ''}; "
        f"**{len(front)} are on the front** of {directions}.",
        _table(front, limit),
        f"Colours: {COLOURS}." + _more(len(records)) if pages.view else "",
        "Artifacts: " + ", ".join(f"`{path}`" for path in artifacts) if artifacts else "",
        f"```\npareto-search front {name}\npareto-search pick {name} --knee --export model\n"
        f"pareto-search ui {name}\n```",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _links(pages: Pages) -> str:
    links = {"Trials as coloured points": pages.view, "The front by itself": pages.plot}
    return " · ".join(f"[{text}]({page})" for text, page in links.items() if page)


def _more(trials: int) -> str:
    if trials <= DRAWN:
        return ""
    return (
        f" MLflow draws the {DRAWN} best trials; *Load more*, below their table, adds the others."
    )


def _table(front: Front, limit: int) -> str:
    if not limit:
        return ""
    columns, rows = front_rows(front)
    fixed = 1 + len(front.objectives)
    varying = [at for at in range(fixed, len(columns)) if len({repr(r[at]) for r in rows}) > 1]
    shown = [*range(fixed), *varying[:MAX_PARAMETERS]]
    names = [*columns[:fixed], *short_names([columns[at] for at in shown[fixed:]])]
    lines = [_line(names), _line(["---"] * len(names))]
    lines += [_line([_cell(row[at]) for at in shown]) for row in rows[:limit]]
    rest = f"\n\nand {len(rows) - limit} more." if limit < len(rows) else ""
    return "\n".join(lines) + rest


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(value: Scalar | None) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value).replace("|", "\\|").replace("\n", " ")
