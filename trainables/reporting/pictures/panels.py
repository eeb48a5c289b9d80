"""What is drawn into one panel: a grey slice, contours, directions, uncertainty."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patheffects import Normal, Stroke

from trainables.reporting.pictures.slices import CaseSlice, Frame, Grey
from trainables.surfaces import Mask

COLOURS = ("#56B4E9", "#E69F00", "#F0E442", "#009E73", "#CC79A7", "#D55E00")
"""Of the regions, the outermost first: told apart by the colour-blind too (Okabe and Ito)."""
Style = Literal["-"] | tuple[float, Sequence[float]]
SOLID: Style = "-"
DASHED: Style = (0.0, (2.6, 1.6))


def show_image(axes: Axes, image: Grey, cut: CaseSlice) -> AxesImage:
    """Draw `image` (rows x columns in [0, 1]) in mm, upright."""
    axes.set(xticks=[], yticks=[], facecolor="black")
    axes.spines[:].set_visible(False)
    return axes.imshow(
        image,
        cmap="gray",
        vmin=0,
        vmax=1,
        origin="lower",
        extent=extent_of(cut),
        interpolation="bilinear",
    )


def extent_of(cut: CaseSlice) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of the slice, mm."""
    rows, columns = cut.whole.shape
    width, height = cut.pixel_mm
    return 0.0, columns * width, 0.0, rows * height


def draw_contours(axes: Axes, cut: CaseSlice, width: float) -> None:
    """Contours of every region: the reference solid, the prediction dashed, both in its colour.

    The outer of two regions has the wider line, so that it shows where their outlines are one.
    """
    inside = len(cut.reference)
    for number, (wanted, predicted) in enumerate(zip(cut.reference, cut.prediction, strict=True)):
        colour = COLOURS[number % len(COLOURS)]
        inside -= 1
        draw_contour(axes, wanted, cut, colour, SOLID, width * (1 + 0.6 * inside))
        draw_contour(axes, predicted, cut, colour, DASHED, width * (1 + 0.6 * inside))


def draw_contour(
    axes: Axes, mask: Mask, cut: CaseSlice, colour: str, style: Style, width: float
) -> None:
    """The outline of `mask` (rows x columns), half-way between its voxels and those outside."""
    if not mask.any():
        return
    padded = np.pad(mask, 1).astype(np.float32)  # an outline closes at the edge of the slice
    across, up = (
        (np.arange(size) - 0.5) * mm
        for size, mm in zip(padded.shape[::-1], cut.pixel_mm, strict=True)
    )
    lines = axes.contour(
        across, up, padded, levels=[0.5], colors=[colour], linestyles=[style], linewidths=width
    )
    if style != SOLID:  # a dark rim, so that dashes show on a solid line of their colour
        lines.set_path_effects([Stroke(linewidth=width + 0.9, foreground="black"), Normal()])


def look_into(axes: Axes, frame: Frame) -> None:
    """Show `frame` alone."""
    axes.set_xlim(frame.left, frame.left + frame.side)
    axes.set_ylim(frame.bottom, frame.bottom + frame.side)


def write_directions(axes: Axes, cut: CaseSlice) -> None:
    """The patient's directions at the four sides."""
    places = ((0.02, 0.5), (0.98, 0.5), (0.5, 0.98), (0.5, 0.02))
    sides = (("left", "center"), ("right", "center"), ("center", "top"), ("center", "bottom"))
    for letter, (x, y), (ha, va) in zip(cut.view.letters, places, sides, strict=True):
        text = axes.text(x, y, letter, transform=axes.transAxes, color="white", ha=ha, va=va)
        text.set_fontsize(8)
        text.set_path_effects([Stroke(linewidth=2, foreground="black"), Normal()])


def legend_lines(regions: Sequence[str]) -> list[Line2D]:
    """An entry for each region, one for the reference and one for the prediction."""
    entries = [
        Line2D([], [], color=COLOURS[number % len(COLOURS)], linewidth=3, label=region)
        for number, region in enumerate(regions)
    ]
    for label, style in (("reference", SOLID), ("prediction", DASHED)):
        entries.append(Line2D([], [], color="black", linestyle=style, linewidth=1.3, label=label))
    return entries
