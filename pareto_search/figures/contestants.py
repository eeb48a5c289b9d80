"""What tells contestants apart in a figure: colour and shape, both, for readers without colours.

The colours are those of `style` (Okabe and Ito, *Color Universal Design*, 2008), the darker ones
first. Seven colours and six shapes give 42 pairs before one comes again.
"""

from dataclasses import dataclass

from pareto_search.figures import style

_COLOURS = (
    style.FRONT, style.BASELINE, style.KNEE, style.CONSTRAINED, "#E69F00", "#56B4E9", "#000000",
)  # fmt: skip
_SHAPES = (
    ("o", "circle"), ("s", "square"), ("^", "triangle-up"), ("D", "diamond"),
    ("v", "triangle-down"), ("P", "cross"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """How a contestant is drawn: `marker` is matplotlib's name of the shape, `symbol` plotly's."""

    colour: str
    marker: str
    symbol: str


def look_of(place: int) -> Look:
    """The look of the contestant at `place`, from 0."""
    return Look(_COLOURS[place % len(_COLOURS)], *_SHAPES[place % len(_SHAPES)])
