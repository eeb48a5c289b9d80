"""What the rows say: means and spreads, differences to plain training seed by seed, a figure."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from runs import Row
from scipy import stats

OBJECTIVES = ("interior_error", "boundary_error")
SIMILARITIES = ("dice", "band_dice")
"""Not searched for; the highest is the best."""

NOISE = ("diagnostics/probe/noise/interior", "diagnostics/probe/noise/boundary")
CLAIMS = {
    "log10 noise, interior, early": f"early/{NOISE[0]}",
    "log10 noise, boundary, early": f"early/{NOISE[1]}",
    "log10 noise, interior": NOISE[0],
    "log10 noise, boundary": NOISE[1],
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
    """Tables of `rows`, at the chosen `rates` and over all, as Markdown; a figure beside."""
    lines = ["# Ablation of the method's parts", "", _explanation(rows), ""]
    for data, steps in sorted({(row["data"], row["steps"]) for row in rows}):
        part = [row for row in rows if (row["data"], row["steps"]) == (data, steps)]
        tried = sorted({row["rate"] for row in part})
        chosen = {v: rate for (d, n, v), rate in rates.items() if (d, n) == (data, steps)}
        best = [row for row in part if row["rate"] == chosen[row["variant"]]]
        lines += [f"## {data}, {steps} steps", "", *_table(best, chosen), ""]
        if len(tried) > 1:
            names = ", ".join(f"{rate:g}" for rate in tried)
            lines += [f"Mean over the rates {names}:", "", *_differences(over_rates(part)), ""]
        lines += [*_claims(over_rates(part)), ""]
    out.write_text("\n".join(lines))
    draw(rows, out.with_suffix(".png"))


def group_of(row: Row) -> Group:
    return row["data"], row["steps"], row["variant"]


def over_rates(rows: Sequence[Row]) -> list[Row]:
    """A row for each variant and seed: the means of its runs over all rates that were tried.

    Nothing is selected, and each is the mean of several trainings: a steadier comparison than that
    at chosen rates. Noise is averaged, and kept, as its decimal logarithm.
    """
    runs: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in rows:
        runs[row["variant"], row["seed"]].append(row)
    keys = [f"test/{name}" for name in (*OBJECTIVES, *SIMILARITIES)]
    return [
        {"variant": variant, "seed": seed}
        | {key: np.mean([run.get(key, _missing(key)) for run in group]) for key in keys}
        | {key: np.mean([_probed(run, key) for run in group]) for key in CLAIMS.values()}
        for (variant, seed), group in runs.items()
    ]


def _probed(row: Row, key: str) -> float:
    value = row.get(key, _missing(key))
    return float(np.log10(value)) if key.endswith(NOISE) else value


def _explanation(rows: Sequence[Row]) -> str:
    seeds = sorted({row["seed"] for row in rows})
    return (
        f"Test cases, {len(seeds)} seeds: mean ± standard deviation over seeds (each has data, "
        f"split and weights of its own), then the mean difference to `{BASELINE}` at the same "
        f"seed with its {CONFIDENCE:.0%} interval (Student's t), and at how many seeds it was "
        "better. Errors are in [0, 1], lower is better; Dice the other way round. **Bold**: the "
        "interval leaves out 0. First at the rate that validation cases chose for each variant, "
        "then over all rates, each seed's runs averaged first. The last table is what was probed "
        "of the plain loss on fixed patches, over all rates, at the end or (early) at a quarter "
        f"of training; bold where it differs from `{BASELINE}` in the same way."
    )


def _table(rows: Sequence[Row], rates: dict[str, float]) -> list[str]:
    head = "| variant | rate | interior error | difference | wins | boundary error | difference | "
    head += "wins | Dice | difference | Dice in the band | difference |"
    lines = [head, "|" + "---|" * 12]
    base = _by_seed(rows, BASELINE)
    for variant in dict.fromkeys(row["variant"] for row in rows):
        mine = _by_seed(rows, variant)
        cells = [variant, f"{rates[variant]:g}"]
        for name in OBJECTIVES:
            cells += [_spread(mine, f"test/{name}"), *_compare(mine, base, f"test/{name}")]
        for name in SIMILARITIES:
            cells += [_spread(mine, f"test/{name}"), _compare(mine, base, f"test/{name}")[0]]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _differences(rows: Sequence[Row]) -> list[str]:
    head = "| variant | interior error | wins | boundary error | wins | Dice | Dice in the band |"
    lines = [head, "|" + "---|" * 7]
    base = _by_seed(rows, BASELINE)
    for variant in dict.fromkeys(row["variant"] for row in rows if row["variant"] != BASELINE):
        mine = _by_seed(rows, variant)
        cells = [variant]
        for name in OBJECTIVES:
            cells += _compare(mine, base, f"test/{name}")
        cells += [_compare(mine, base, f"test/{name}")[0] for name in SIMILARITIES]
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
    return f"{np.mean(values):.4f} ± {np.std(values, ddof=1) if len(values) > 1 else 0:.4f}"


def _missing(key: str) -> float:
    """What a run that diverged scores: the worst; what it was probed at nobody knows."""
    return float(not key.endswith(SIMILARITIES)) if key.startswith("test/") else float("nan")


def _compare(mine: dict[int, Row], base: dict[int, Row], key: str) -> tuple[str, str]:
    """The mean paired difference with its interval, and the share of seeds won."""
    if mine is base or mine == base:
        return "", ""
    apart = _apart(mine, base, key)
    won = apart > 0 if key.endswith(SIMILARITIES) else apart < 0
    wins = f"{int(np.sum(won))}/{len(apart)}"
    mean, half = apart.mean(), _half_interval(apart)
    text = f"{mean:+.4f} [{mean - half:+.4f}, {mean + half:+.4f}]"
    return (f"**{text}**" if abs(mean) > half else text), wins


def _apart(mine: dict[int, Row], base: dict[int, Row], key: str) -> np.ndarray:
    """Differences at the seeds that both have, (S,)."""
    worst = _missing(key)
    both = sorted(mine.keys() & base.keys())
    return np.array([mine[s].get(key, worst) - base[s].get(key, worst) for s in both])


def _half_interval(values: np.ndarray) -> float:
    """Of the mean of `values`, by Student's t; of a single one it is not known."""
    if len(values) < 2:
        return float("nan")
    return float(stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1) * stats.sem(values))


def draw(rows: Sequence[Row], file: Path) -> None:
    """Differences to the baseline over all rates, a panel for each data set and training length."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    panels = sorted({(row["data"], row["steps"]) for row in rows})
    variants = [v for v in dict.fromkeys(row["variant"] for row in rows) if v != BASELINE]
    columns = min(3, len(panels))
    lines = -(-len(panels) // columns)
    size = (4.2 * columns, 3.6 * lines + 0.6)
    figure, axes = plt.subplots(lines, columns, figsize=size, squeeze=False)
    for axis in axes.flat[len(panels) :]:
        axis.set_axis_off()
    for axis, (data, steps) in zip(axes.flat, panels, strict=False):
        part = over_rates([r for r in rows if (r["data"], r["steps"]) == (data, steps)])
        axis.axhline(0, color="0.6", linewidth=0.8)
        axis.axvline(0, color="0.6", linewidth=0.8)
        for number, variant in enumerate(variants):
            mine, base = _by_seed(part, variant), _by_seed(part, BASELINE)
            if mine:
                apart = [_apart(mine, base, f"test/{name}") for name in OBJECTIVES]
                _draw_cross(axis, apart, variant, f"C{number}")
        axis.set(title=f"{data}, {steps} steps", xlabel="interior error, difference")
    for axis in axes[:, 0]:
        axis.set_ylabel("boundary error, difference")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    title = f"Against {BASELINE} at the same seed, mean over rates; {CONFIDENCE:.0%} intervals"
    figure.suptitle(f"{title} (below and left of 0: better on both)", fontsize=10)
    figure.legend(handles, labels, loc="lower center", ncols=len(labels), frameon=False)
    figure.tight_layout(rect=(0, 0.05, 1, 1))
    figure.savefig(file, dpi=110)


def _draw_cross(axis, apart, label, colour) -> None:
    """The means of both differences, with their intervals."""
    x, y = (values.mean() for values in apart)
    half_x, half_y = (_half_interval(values) for values in apart)
    axis.errorbar(x, y, half_y, half_x, fmt="o", color=colour, label=label, capsize=2)
