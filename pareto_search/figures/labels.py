"""Names beside points that cover neither each other nor another point."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from pareto_search.figures import style
from pareto_search.figures.front_view import Mark

_CORNERS = ((1, 1), (1, -1), (-1, 1), (-1, -1))
"""Where a name may stand, in units of the better direction: first where no trial got to."""


def place_labels(
    axes: Axes, wanted: Sequence[Mark], points: Sequence[Mark], better: tuple[int, int]
) -> None:
    """Write the name of each mark in `wanted`, the first ones first, where there is room.

    A name covers none of the `points`; a mark without room beside it gets no name. `better` is the
    direction (-1 or 1) in which either axis gets better.
    """
    figure = axes.get_figure(root=True)
    if figure is None:
        return
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]  # the layout settles where points lie
    taken = [_around(axes, mark) for mark in points]
    frame = axes.get_window_extent()
    for mark in {mark.uid: mark for mark in wanted}.values():
        for corner in _CORNERS:
            text = _write(axes, mark, corner[0] * better[0], corner[1] * better[1])
            box = text.get_window_extent(canvas.get_renderer())  # type: ignore[no-untyped-call]
            if _is_inside(box, frame) and not box.count_overlaps(taken):
                taken.append(box)
                break
            text.remove()


def _write(axes: Axes, mark: Mark, right: int, up: int) -> Annotation:
    return axes.annotate(
        mark.uid, (mark.x, mark.y), (8 * right, 6 * up), textcoords="offset points", fontsize=11,
        color=style.TEXT, ha="left" if right > 0 else "right", va="bottom" if up > 0 else "top",
        zorder=6,
    )  # fmt: skip


def _around(axes: Axes, mark: Mark, radius: float = 6.0) -> Bbox:
    x, y = (float(v) for v in axes.transData.transform((mark.x, mark.y)))
    return Bbox.from_extents(x - radius, y - radius, x + radius, y + radius)


def _is_inside(box: Bbox, frame: Bbox) -> bool:
    return all(frame.contains(x, y) for x, y in (box.p0, box.p1))
