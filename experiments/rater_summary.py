"""What the scores of rater_agreement.py say, as Markdown tables and a figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
import numpy.typing as npt
import torch
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from trainables.complement import symmetric_target
from trainables.data.labels import find_label_map
from trainables.fuzzy import FuzzyConfig, membership_profile

REGIONS = find_label_map("brats2018").names
DEFAULT = FuzzyConfig()

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Group:
    """P patients that are reported together; V variants of the label, W widths, R raters.

    `score` (P, V, W, R, C): Brier scores; the first width is 0, the crisp label, and the first
    variant is the one that is shown region by region. `bound` (P, C): the least score that any
    function of phi reaches. `curve` (C, 2, bins): by bins of one's own distance its mean, mm, and
    the mean of the others' labels.
    """

    name: str
    variants: Sequence[str]
    widths_mm: Sequence[float]
    score: Array
    bound: Array
    curve: Array

    def relative(self) -> Array:
        """Brier as a part of the crisp label's, (P, V, W, C): means over pairs of raters."""
        mean = self.score.mean(axis=3)
        return mean / mean[:, :1, :1]

    def units(self) -> Array:
        """The first variant's, (U, W, C + 1), by patient; by rater if there is but one patient."""
        one = self.score[0, 0].swapaxes(0, 1)
        return _with_mean(one / one[:, :1] if len(self.score) == 1 else self.relative()[:, 0])

    @property
    def unit(self) -> str:
        """What spreads and counts are over."""
        return "raters" if len(self.score) == 1 else "patients"


def write_summary(groups: Sequence[Group], explanation: str, out: Path) -> None:
    """`rater_agreement.md` and `.png` in the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    lines = ["# Fuzzy labels against other raters", "", explanation]
    for group in groups:
        patients, raters = len(group.score), group.score.shape[3]
        lines += ["", f"## {group.name}: patients {patients}, raters {raters}", ""]
        lines += [*_width_table(group), "", _best_widths(group), "", *_variant_table(group)]
    (out / "rater_agreement.md").write_text("\n".join([*lines, ""]))
    draw(groups, out / "rater_agreement.png")


def _with_mean(values: Array) -> Array:
    """Values (..., C) with the mean of the regions that are there as one more column."""
    return np.concatenate([values, np.nanmean(values, axis=-1, keepdims=True)], axis=-1)


def _width_table(group: Group) -> list[str]:
    """The first variant by width and region, and the least any function of phi reaches."""
    heads = ["width, mm", *REGIONS, "mean"]
    lines = [_row(heads), _row(["---:"] * len(heads))]
    means = np.nanmean(_with_mean(group.relative()[:, 0]), axis=0)
    spread = np.nanstd(group.units(), axis=0, ddof=1)
    for width, values, spreads in zip(group.widths_mm, means, spread, strict=True):
        cells = [f"{v:.3f} ± {s:.3f}" for v, s in zip(values, spreads, strict=True)]
        lines.append(_row([f"{width:g}", *(cells if width else ["1"] * len(cells))]))
    crisp = group.score[:, 0, 0].mean(axis=1)
    bound = np.nanmean(_with_mean(group.bound / crisp), axis=0)
    return [*lines, _row(["calibrated", *(f"{value:.3f}" for value in bound)])]


def _best_widths(group: Group) -> str:
    best = group.units()[..., -1].argmin(axis=1).tolist()
    found = (f"{group.widths_mm[i]:g} mm for {best.count(i)}" for i in sorted(set(best)))
    return f"Best width by mean of the regions, of {len(best)} {group.unit}: {', '.join(found)}."


def _variant_table(group: Group) -> list[str]:
    """Each variant, mean of regions and patients: at the default width, at its best, and where."""
    heads = ["label", f"at {DEFAULT.width_mm:g} mm", "at its best", "best width, mm"]
    lines = [_row(heads), _row(["---", "---:", "---:", "---:"])]
    means = np.nanmean(_with_mean(group.relative())[..., -1], axis=0)
    usual = group.widths_mm.index(DEFAULT.width_mm)
    for name, values in zip(group.variants, means, strict=True):
        best = int(values.argmin())
        cells = (f"{values[usual]:.3f}", f"{values[best]:.3f}", f"{group.widths_mm[best]:g}")
        lines.append(_row([name, *cells]))
    return lines


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def draw(groups: Sequence[Group], path: Path) -> None:
    """A column for each group: relative Brier by width above, the calibrated membership below."""
    figure, axes = plt.subplots(
        2, len(groups), figsize=(5 * len(groups), 7.5), squeeze=False, sharey="row",
        layout="constrained",
    )  # fmt: skip
    for group, (above, below) in zip(groups, axes.T, strict=True):
        _draw_widths(group, above)
        _draw_calibration(group, below)
    axes[0, 0].set_ylabel("Brier score / crisp label's")
    axes[1, 0].set_ylabel("mean of the others' labels")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _draw_widths(group: Group, axes: Axes) -> None:
    widths = group.widths_mm
    means = np.nanmean(_with_mean(group.relative()[:, 0]), axis=0)
    for region, values in zip(REGIONS, means.T, strict=False):
        axes.plot(widths, values, marker=".", linewidth=1.2, label=region)
    mean, spread = means[:, -1], np.nanstd(group.units()[..., -1], axis=0, ddof=1)
    axes.plot(widths, mean, color="black", linewidth=2.2, label="mean")
    axes.fill_between(
        widths, mean - spread, mean + spread,
        color="black", alpha=0.12, linewidth=0, label=f"± sd over {group.unit}",
    )  # fmt: skip
    axes.axhline(1, color="grey", linewidth=0.8)
    axes.axvline(DEFAULT.width_mm, color="grey", linewidth=0.8, linestyle=":")
    title = f"{group.name}: {group.variants[0]}"
    axes.set(title=title, xlabel=f"half-width, mm (default {DEFAULT.width_mm:g}, dotted)")
    axes.legend(frameon=False, fontsize=9)


def _draw_calibration(group: Group, axes: Axes) -> None:
    for region, (distances, values) in zip(REGIONS, group.curve, strict=True):
        seen = np.isfinite(values)
        axes.plot(distances[seen], values[seen], marker=".", linewidth=1.2, label=region)
    phi = torch.linspace(-4, 4, 201)
    mu = membership_profile((phi / DEFAULT.width_mm).clamp(-1, 1))
    q, _ = symmetric_target(mu, DEFAULT.hesitation)
    axes.plot(phi, mu, color="black", linewidth=1, label=f"membership, {DEFAULT.width_mm:g} mm")
    axes.plot(
        phi, q, color="black", linewidth=1, linestyle="--",
        label=f"its target, hesitation {DEFAULT.hesitation:g}",
    )  # fmt: skip
    axes.set(xlim=(-4, 4), xlabel="one rater's signed distance, mm")
    axes.legend(frameon=False, fontsize=9, loc="upper left")
