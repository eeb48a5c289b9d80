"""What the rows say: means and spreads, differences to plain training seed by seed, a figure."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from runs import Row
from scipy import stats

OBJECTIVES = ("interior_error", "boundary_error")
CLAIMS = {
    "noise, interior, early": "early/diagnostics/probe/noise/interior",
    "noise, boundary, early": "early/diagnostics/probe/noise/boundary",
    "noise, interior": "diagnostics/probe/noise/interior",
    "noise, boundary": "diagnostics/probe/noise/boundary",
    "conflict cosine": "diagnostics/probe/conflict_cosine",
    "gap": "diagnostics/probe/gap",
    "sharpness": "diagnostics/probe/sharpness",
}
"""What the paper says of training, as it is probed: always of the plain loss, of all weights."""

Group = tuple[str, int, str]
"""Data, training steps, variant."""

BASELINE = "plain"
CONFIDENCE = 0.95


def write_summary(rows: Sequence[Row], rates: dict[Group, float], out: Path) -> None:
    """Tables of `rows` (final runs at the chosen `rates`) as Markdown, and a figure beside."""
    lines = ["# Ablation of the method's parts", "", _explanation(rows), ""]
    for data in sorted({row["data"] for row in rows}):
        for steps in sorted({row["steps"] for row in rows if row["data"] == data}):
            part = [row for row in rows if row["data"] == data and row["steps"] == steps]
            chosen = {v: rate for (d, n, v), rate in rates.items() if (d, n) == (data, steps)}
            lines += [f"## {data}, {steps} steps", "", *_table(part, chosen), ""]
            lines += [*_claims(part), ""]
    out.write_text("\n".join(lines))
    draw(rows, out.with_suffix(".png"))


def _explanation(rows: Sequence[Row]) -> str:
    seeds = sorted({row["seed"] for row in rows})
    return (
        f"Test cases, {len(seeds)} seeds: mean ± standard deviation over seeds (each has data, "
        f"split and weights of its own), then the mean difference to `{BASELINE}` at the same "
        f"seed with its {CONFIDENCE:.0%} interval (Student's t), and at how many seeds it was "
        "lower. Errors are in [0, 1], lower is better. **Bold**: the interval leaves out 0. "
        "The second table is what was probed of the plain loss on fixed patches, at the end or "
        "(early) at a quarter of training; bold where it differs from "
        f"`{BASELINE}` in the same way."
    )


def _table(rows: Sequence[Row], rates: dict[str, float]) -> list[str]:
    head = "| variant | rate | interior error | difference | wins | boundary error | difference | "
    lines = [head + "wins | Dice |", "|" + "---|" * 9]
    base = _by_seed(rows, BASELINE)
    for variant in dict.fromkeys(row["variant"] for row in rows):
        mine = _by_seed(rows, variant)
        cells = [variant, f"{rates.get(variant, float('nan')):g}"]
        for name in OBJECTIVES:
            cells += [_spread(mine, f"test/{name}"), *_compare(mine, base, f"test/{name}")]
        cells.append(_spread(mine, "test/dice"))
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _claims(rows: Sequence[Row]) -> list[str]:
    lines = ["| variant | " + " | ".join(CLAIMS) + " |", "|" + "---|" * (len(CLAIMS) + 1)]
    base = _by_seed(rows, BASELINE)
    for variant in dict.fromkeys(row["variant"] for row in rows):
        mine = _by_seed(rows, variant)
        cells = [variant]
        for key in CLAIMS.values():
            is_apart = "**" in _compare(mine, base, key)[0]
            cells.append(f"**{_spread(mine, key)}**" if is_apart else _spread(mine, key))
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _by_seed(rows: Sequence[Row], variant: str) -> dict[int, Row]:
    return {row["seed"]: row for row in rows if row["variant"] == variant}


def _spread(rows: dict[int, Row], key: str) -> str:
    values = [row.get(key, _missing(key)) for row in rows.values()]
    return f"{np.mean(values):.3f} ± {np.std(values, ddof=1) if len(values) > 1 else 0:.3f}"


def _missing(key: str) -> float:
    """What a run that diverged scores: the worst; what it was probed at nobody knows."""
    return float(key != "test/dice") if key.startswith("test/") else float("nan")


def _compare(mine: dict[int, Row], base: dict[int, Row], key: str) -> tuple[str, str]:
    """The mean paired difference with its interval, and the share of seeds won."""
    if mine is base or mine == base:
        return "", ""
    both = sorted(mine.keys() & base.keys())
    worst = _missing(key)
    apart = np.array([mine[s].get(key, worst) - base[s].get(key, worst) for s in both])
    wins = f"{int(np.sum(apart < 0))}/{len(apart)}"
    if len(apart) < 2:
        return f"{apart.mean() if len(apart) else float('nan'):+.3f}", wins
    error = stats.sem(apart)
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(apart) - 1) * error)
    text = f"{apart.mean():+.3f} [{apart.mean() - half:+.3f}, {apart.mean() + half:+.3f}]"
    return (f"**{text}**" if abs(apart.mean()) > half else text), wins


def draw(rows: Sequence[Row], file: Path) -> None:
    """Interior against boundary error, one panel for each data set and training length."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    panels = sorted({(row["data"], row["steps"]) for row in rows})
    variants = list(dict.fromkeys(row["variant"] for row in rows))
    colours = dict(zip(variants, plt.get_cmap("tab10").colors, strict=False))
    width = 4.2 * len(panels)
    figure, axes = plt.subplots(1, len(panels), figsize=(width, 4.4), squeeze=False)
    for axis, (data, steps) in zip(axes[0], panels, strict=True):
        part = [row for row in rows if (row["data"], row["steps"]) == (data, steps)]
        for variant in variants:
            points = [
                [row.get(f"test/{name}", 1.0) for name in OBJECTIVES]
                for row in part
                if row["variant"] == variant
            ]
            if points:
                _draw_cross(axis, np.array(points), variant, colours[variant])
        axis.set(title=f"{data}, {steps} steps", xlabel="interior error")
    axes[0, 0].set_ylabel("boundary error")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=len(labels), frameon=False)
    figure.tight_layout(rect=(0, 0.07, 1, 1))
    figure.savefig(file, dpi=110)


def _draw_cross(axis, points, label, colour) -> None:
    """The mean, with standard errors."""
    mean = points.mean(0)
    error = points.std(0, ddof=1) / len(points) ** 0.5 if len(points) > 1 else np.zeros(2)
    axis.errorbar(*mean, error[1], error[0], fmt="o", color=colour, label=label, capsize=2)
