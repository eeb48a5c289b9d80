"""The picture of one case: the slice, its lesions near by, and the uncertainty."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from trainables.reporting.pictures.panels import (
    draw_contours,
    legend_lines,
    look_into,
    show_image,
    write_directions,
)
from trainables.reporting.pictures.slices import CaseSlice, Grey, whole_slice

_PANEL_INCHES = 3.6
_PLANES = ("sagittal", "coronal", "axial")


def draw_case(
    cut: CaseSlice, case_id: str, row: Mapping[str, float], regions: Sequence[str]
) -> Figure:
    """Panels of `cut` side by side, with the scores of `row` under them.

    The first shows the whole slice, the second the part around the lesions, and the third, where
    there is a map, the uncertainty of that part.
    """
    count = 2 if cut.uncertainty is None else 3
    figure = Figure(figsize=(_PANEL_INCHES * count, _PANEL_INCHES + 0.95), layout="constrained")
    panels = list(figure.subplots(1, count))
    show_image(panels[0], cut.whole, cut)
    panels[0].set_title(f"{cut.names[0]}, {_PLANES[cut.view.axis]} slice", fontsize=9)
    write_directions(panels[0], cut)
    draw_contours(panels[0], cut, width=0.6)
    frame = cut.frame
    corner = (frame.left, frame.bottom)
    look_into(panels[0], whole_slice(cut.whole.shape, cut.pixel_mm))
    panels[0].add_patch(
        Rectangle(corner, frame.side, frame.side, fill=False, edgecolor="white", linewidth=0.6)
    )
    show_image(panels[1], cut.near, cut)
    panels[1].set_title(f"{cut.names[1]}, {frame.side:.0f} mm across", fontsize=9)
    draw_contours(panels[1], cut, width=1.0)
    if cut.uncertainty is not None:
        _show_uncertainty(figure, panels[2], cut.uncertainty, cut)
    for panel in panels[1:]:
        look_into(panel, frame)
    figure.suptitle(case_id, fontsize=11, fontweight="bold")
    figure.legend(
        handles=legend_lines(regions),
        loc="outside lower center",
        ncols=len(regions) + 2,
        fontsize=8,
        frameon=False,
        title=caption(row, regions),
        title_fontsize=8,
    )
    return figure


def save_case(
    cut: CaseSlice, case_id: str, row: Mapping[str, float], regions: Sequence[str], folder: Path
) -> Path:
    """Write the picture of `draw_case` to ``FOLDER/CASE.png``."""
    path = folder / f"{case_id}.png"
    draw_case(cut, case_id, row, regions).savefig(path, dpi=150)
    return path


def caption(row: Mapping[str, float], regions: Sequence[str]) -> str:
    """The scores of a case in one line or two.

    >>> caption({"dice/WT": 0.9, "interior_error": 0.1, "boundary_error": 0.2, "hd95": 3}, ["WT"])
    'Dice WT 0.900     interior error 0.100   boundary error 0.200   HD95 3.0 mm'
    """
    dice = "   ".join(f"{region} {row[f'dice/{region}']:.3f}" for region in regions)
    return (
        f"Dice {dice}     interior error {row['interior_error']:.3f}   "
        f"boundary error {row['boundary_error']:.3f}   HD95 {row['hd95']:.1f} mm"
    )


def _show_uncertainty(figure: Figure, panel: Axes, uncertainty: Grey, cut: CaseSlice) -> None:
    image = show_image(panel, uncertainty, cut)
    image.set_cmap("magma")
    panel.set_title("uncertainty", fontsize=9)
    draw_contours(panel, cut, width=0.6)
    figure.colorbar(image, ax=panel, fraction=0.045, pad=0.02).ax.tick_params(labelsize=7)
