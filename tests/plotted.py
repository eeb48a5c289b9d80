"""What plotly has drawn on a page of MLflow, read from the page itself."""

from typing import NamedTuple

SCATTERS = """() => [...document.querySelectorAll('.js-plotly-plot')].flatMap(plot =>
    (plot.data || []).filter(trace => trace.type === 'scatter' && trace.mode === 'markers')
        .map(trace => ({
            contour: plot.data.some(other => other.type === 'contour'),
            names: (trace.customdata || []).map(row => row[1]),
            x: [...trace.x].map(Number), y: [...trace.y].map(Number),
            drawn: [...plot.querySelectorAll('.scatterlayer path.point')]
                .map(point => point.style.fill),
        })))"""


class Point(NamedTuple):
    """A trial as it is drawn."""

    x: float
    y: float
    colour: str


def drawn_front(page, count: int) -> dict[str, Point]:
    """The points of the scatter chart by trial, once `count` are drawn."""
    page.wait_for_function(
        f"count => ({SCATTERS})().some(s => !s.contour && s.drawn.length >= count)", arg=count
    )
    (chart,) = (chart for chart in page.evaluate(SCATTERS) if not chart["contour"])
    assert len(chart["drawn"]) == len(chart["names"])
    rows = zip(chart["names"], chart["x"], chart["y"], map(_hex, chart["drawn"]), strict=True)
    return {name: Point(x, y, colour) for name, x, y, colour in rows}


def _hex(style: str) -> str:
    """`rgb(0, 114, 178)` as #0072B2."""
    parts = style.removeprefix("rgb(").removesuffix(")").split(",")
    return "#" + "".join(f"{int(part):02X}" for part in parts)
