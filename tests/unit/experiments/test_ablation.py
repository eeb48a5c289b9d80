"""What the ablation promises: nothing is run twice, rates are tuned alike, spreads are honest."""

import importlib
import json
import sys

import pytest

from trainables.config import load_train_config


@pytest.fixture(scope="module")
def scripts(repository):
    """The modules of the ablation, imported as the script does: from its own folder."""
    folder = str(repository / "experiments" / "ablation")
    names = ("runs", "summary", "cases", "first")
    sys.path.insert(0, folder)
    try:
        yield {name: importlib.import_module(name) for name in names}
    finally:
        sys.path.remove(folder)
        for name in names:
            sys.modules.pop(name, None)


def row(variant="plain", seed=0, rate=0.01, steps=200, **metrics):
    head = {"data": "rater", "variant": variant, "steps": steps, "rate": rate, "seed": seed}
    return head | {f"test/{name}": value for name, value in metrics.items()}


def test_every_variant_is_a_configuration_and_one_is_the_defaults(scripts):
    variants = scripts["first"].VARIANTS
    loaded = {
        name: load_train_config({"data": {"root": "."}} | dict(changes))
        for name, changes in variants.items()
    }
    assert loaded["fuzzy+pareto"] == load_train_config({"data": {"root": "."}})
    assert len({config.model_dump_json() for config in loaded.values()}) == len(variants)
    plain = loaded["plain"]
    assert (plain.fuzzy.strength, plain.curriculum.warmup, plain.loss.kind) == (0, 0, "plain")
    for name, section in {"fuzzy": "fuzzy", "curriculum": "curriculum", "pareto": "loss"}.items():
        changed = {part for part in ("fuzzy", "curriculum", "loss")
                   if getattr(loaded[name], part) != getattr(plain, part)}  # fmt: skip
        assert changed == {section}
        assert getattr(loaded[name], section) == getattr(loaded["all"], section)


def test_runs_that_have_a_row_are_not_run_again_and_a_torn_row_is(scripts, tmp_path, monkeypatch):
    runs = scripts["runs"]
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(row(seed=0)) + "\n" + json.dumps(row(seed=1))[:-9])
    ran = []

    class Pool:
        """Runs at once, in this process."""

        def __init__(self, *_, **__):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return False

        def submit(self, _, job, __):
            ran.append(job.seed)
            return job

    class Done:
        def __init__(self, job):
            self._job = job

        def result(self):
            return row(seed=self._job.seed)

    monkeypatch.setattr(runs, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(runs, "as_completed", lambda jobs: [Done(job) for job in jobs])
    jobs = [runs.Job("rater", "plain", 200, 0.01, seed) for seed in (0, 1, 2)]
    runs.run_jobs(jobs, runs.Setting(tmp_path, tmp_path, {}), file, processes=1)
    assert ran == [1, 2]
    assert [found["seed"] for found in runs.read_rows(file)] == [0, 1, 2]


def test_the_rate_is_chosen_by_validation_and_for_each_variant_and_length_by_itself(scripts):
    choose_rates = scripts["first"].choose_rates
    rates = (0.001, 0.003, 0.01)
    errors = {
        ("plain", 200): (0.3, 0.2, 0.4),
        ("plain", 800): (0.1, 0.2, 0.4),
        ("all", 200): (0.9, 0.9, 0.0),
    }
    rows = []
    for (variant, steps), values in errors.items():
        for rate, error in zip(rates, values, strict=True):
            on_test = {"interior_error": 1 - error, "boundary_error": 1 - error}
            tuned = row(variant, rate=rate, steps=steps, **on_test)
            rows.append(tuned | {"interior_error": error, "boundary_error": error})
    chosen = choose_rates(rows)
    assert chosen == {("rater", n, v): rate for (v, n), rate
                      in zip(errors, (0.003, 0.001, 0.01), strict=True)}  # fmt: skip
    failed = [row(rate=0.003)]  # diverged: it has no score
    kept = [found for found in rows if found["rate"] != 0.003]
    assert choose_rates(failed + kept)["rater", 200, "plain"] == 0.001


def cells_of(table, variant, which=0):
    """The cells of the line of `variant` in the table number `which` that has one."""
    lines = [line for line in table.read_text().splitlines() if line.startswith(f"| {variant} |")]
    return [cell.strip() for cell in lines[which].strip("|").split("|")]


def test_a_difference_is_told_from_the_noise_of_seeds(scripts, tmp_path):
    rows = []
    for seed in range(8):
        noise = 0.01 * (seed % 4)
        plain = {"interior_error": 0.2 + noise, "boundary_error": 0.2, "dice": 0.8}
        rows.append(row("plain", seed, **plain))
        better = 0.1 + noise + 0.001 * (seed % 2)
        unclear = 0.2 + 0.01 * (-1) ** seed
        scores = {"interior_error": better, "boundary_error": unclear, "dice": 0.9}
        rows.append(row("all", seed, rate=0.03, **scores))
    rates = {("rater", 200, "plain"): 0.01, ("rater", 200, "all"): 0.03}
    scripts["summary"].write_summary(rows, rates, tmp_path / "table.md")
    cells = cells_of(tmp_path / "table.md", "all")
    assert cells[1] == "0.03"
    assert cells[3].startswith("**-0.0995 [")
    assert cells[4] == "8/8"
    assert cells[6].startswith("+0.0000 [-")
    assert cells[9] == "**+0.1000 [+0.1000, +0.1000]**"
    assert (tmp_path / "table.png").stat().st_size > 0


def test_over_rates_the_runs_of_a_seed_count_as_one(scripts, tmp_path):
    rates = {("rater", 200, variant): 0.01 for variant in ("plain", "all")}
    rows = []
    for seed, shift in enumerate((0.0, 0.02, 0.04)):
        for rate, gain in ((0.01, 0.1), (0.03, -0.04)):
            plain = {"interior_error": 0.4 + shift, "boundary_error": 0.4, "dice": 0.8}
            rows.append(row("plain", seed, rate, **plain))
            mine = plain | {"interior_error": 0.4 - gain + shift * (1 + rate)}
            rows.append(row("all", seed, rate, **mine))
    scripts["summary"].write_summary(rows, rates, tmp_path / "table.md")
    at_chosen, over_rates = (cells_of(tmp_path / "table.md", "all", n) for n in (0, 1))
    assert at_chosen[3].startswith("**-0.0998")
    assert over_rates[1].startswith("**-0.0296 [")
    assert over_rates[2] == "3/3"
    noise = "diagnostics/probe/noise/interior"
    for number, found in enumerate(rows):
        found[noise] = 10.0 ** (number // 2 % 2)
    (first, *_) = scripts["summary"].over_rates(rows)
    assert first[noise] == 0.5


def test_a_run_that_diverged_counts_as_the_worst(scripts, tmp_path):
    rows = [row("plain", seed, interior_error=0.2, boundary_error=0.2, dice=0.8) for seed in (0, 1)]
    rows += [row("all", seed) for seed in (0, 1)]
    rates = {("rater", 200, variant): 0.01 for variant in ("plain", "all")}
    scripts["summary"].write_summary(rows, rates, tmp_path / "table.md")
    cells = cells_of(tmp_path / "table.md", "all")
    assert cells[2] == cells[5] == "1.0000 ± 0.0000"
    assert cells[8] == cells[10] == "0.0000 ± 0.0000"
