"""How well searchers search: every one of ours, the default, and peers as they are shipped.

    python experiments/benchmarks/search_quality.py --processes 2

Each method searches each problem with 4, 8 and 32 simulated workers and 20 seeds, under the same
virtual clock and with the same durations of trials. A peer lives in an environment of its own,
which is made under `--environments` when it is first wanted; it is asked and told through a pipe.

Every run is a line of `search_quality.jsonl` beside this file, and runs that are there are not
run again: stop it and start it as you like, run slices by `--methods`, `--problems`, `--workers`,
`--seeds`. The table `search_quality.md` and the figures `search_quality_N_workers.png` are made
from those lines alone; `--only-tables` does just that. All of it takes days on two cores, most of
it for the models of Ax and of Optuna's Gaussian process.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer
from quality.due import missing
from quality.methods import PEERS, our_methods
from quality.plots import draw
from quality.problems import ANALYTIC, PROBLEMS
from quality.runs import read_rows, run_all
from quality.tables import describe

HERE = Path(__file__).parent


def main(
    methods: Annotated[str, typer.Option(help="Names with commas; ours, peers or all.")] = "all",
    problems: Annotated[str, typer.Option(help="Names with commas, analytic or all.")] = "analytic",
    workers: Annotated[str, typer.Option(help="Simulated workers, with commas.")] = "4,8,32",
    seeds: Annotated[int, typer.Option(help="Seeds from 0.")] = 20,
    trials: Annotated[int, typer.Option(help="Evaluations of each run.")] = 300,
    processes: Annotated[int, typer.Option(help="Runs at once.")] = 1,
    environments: Annotated[Path, typer.Option(help="Folder of the peers' environments.")] = Path(
        "~/.cache/pareto-search/peers"
    ),
    lcbench: Annotated[
        Path | None, typer.Option(help="Folder of LCBench's surrogate: its problems too.")
    ] = None,
    here: Annotated[bool, typer.Option(help="Peers in this environment, if it has them.")] = False,
    only_tables: Annotated[bool, typer.Option(help="Run nothing.")] = False,
    quick: Annotated[bool, typer.Option(help="Tiny and here, to see that it runs.")] = False,
    out: Annotated[Path, typer.Option(help="Folder of rows, table and figures.")] = HERE,
) -> None:
    """Run what is missing, then make table and figures of all there is."""
    file = out / "search_quality.jsonl"
    if quick:
        methods, problems, workers = "default,ours-pymoo-nsga2,loop-optuna-tpe", "dtlz2", "4"
        seeds, trials, here = 2, 50, True
    if not only_tables:
        chosen = (_chosen(methods, "methods"), _chosen(problems, "problems"))
        counts = [int(n) for n in workers.split(",")]
        works = missing(read_rows(file), *chosen, counts, range(seeds), trials, lcbench)
        folder = None if here else environments.expanduser()
        run_all(works, folder, processes, file)
    rows = read_rows(file)
    (out / "search_quality.md").write_text(describe(rows))
    for count in sorted({row["workers"] for row in rows}):
        draw(rows, count, out / f"search_quality_{count}_workers.png")
    print(describe(rows))


def _chosen(text: str, what: str) -> list[str]:
    groups = {
        "methods": {"all": [*our_methods(), *PEERS], "ours": our_methods(), "peers": list(PEERS)},
        "problems": {"all": list(PROBLEMS), "analytic": list(ANALYTIC)},
    }[what]
    names = [name for part in text.split(",") for name in groups.get(part, [part])]
    unknown = sorted(set(names) - set(groups["all"]))
    if unknown:
        sys.exit(f"--{what} should name {', '.join(groups['all'])}. Found {', '.join(unknown)}.")
    return list(dict.fromkeys(names))


if __name__ == "__main__":
    typer.run(main)
