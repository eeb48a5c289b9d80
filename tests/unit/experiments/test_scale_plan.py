"""The plan for 1 000 workers runs, tells the same story twice, and names what gives way first."""

import importlib
import json
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def plan(repository):
    """The plan's parts as modules, by name."""
    folder = str(repository / "experiments" / "benchmarks")
    sys.path.insert(0, folder)
    names = ("counting", "measured", "report", "resources", "stretch", "training")
    try:
        yield {name: importlib.import_module(f"planning.{name}") for name in names}
    finally:
        sys.path.remove(folder)
        for name in [n for n in sys.modules if n.split(".")[0] in ("driving", "planning")]:
            del sys.modules[name]


def row(**changes):
    """A stretch in which nothing is short of anything."""
    plain = {
        "part": "stretch", "workers": 1000, "epoch_s": 60.0, "ended": 9000, "code": "now",
        "every": 1, "interval_s": 2.0, "results_a_s": 1.0, "starts_a_s": 0.01, "ends_a_s": 0.01,
        "loop_share": 0.01, "recorder_share": 0.01, "requests_a_s": 1.0, "metrics_a_s": 31.0,
        "busy_share": 0.1, "falling_a_s": 0.0, "event_mean_ms": 0.2, "load": 1.0,
        "bytes_a_s": {"journal": 10.0, "reports": 900.0},
        "cycle": {"p50_ms": 2100.0, "p99_ms": 2200.0, "max_ms": 2200.0},
        "flush_cpu": {"p50_ms": 5.0, "p99_ms": 9.0, "max_ms": 9.0},
    }  # fmt: skip
    return {**plain, **changes}


def test_a_quick_run_leaves_rows_and_table_and_measures_nothing_again(repository, tmp_path):
    script = repository / "experiments" / "benchmarks" / "scale_plan.py"
    command = [sys.executable, str(script), "--quick", "--out", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, cwd=repository)
    rows = [json.loads(line) for line in (tmp_path / "scale_plan.jsonl").read_text().splitlines()]
    assert {r["part"] for r in rows} == {"disk", "drop", "whole", "stretch", "mended"}
    whole = next(r for r in rows if r["part"] == "whole")
    assert whole["syncs"] == 1 + 2 * whole["trials"]  # the session, and two lines a trial
    text = (tmp_path / "scale_plan.md").read_text()
    assert "first to give way" in text
    subprocess.run(command, check=True, capture_output=True, cwd=repository)
    assert len((tmp_path / "scale_plan.jsonl").read_text().splitlines()) == len(rows)


def test_the_same_stretch_tells_the_same_story_and_loses_no_report(plan):
    case = plan["stretch"].Case(16, 5.0, 30, 12.0, 0.01, 0.0001)
    first, second = plan["stretch"].stretch(case), plan["stretch"].stretch(case)
    told = ("virtual_s", "results_a_s", "starts_a_s", "ends_a_s", "bytes_a_s", "requests_a_s",
            "metrics_a_s", "busy_share", "flushes")  # fmt: skip
    assert [first[key] for key in told] == [second[key] for key in told]
    assert first["results_a_s"] == pytest.approx(16 / 5.0, rel=0.25)


def test_a_stretch_sends_every_metric_of_every_report_once(plan):
    loop_only = plan["stretch"].Case(8, 2.0, 10, 20.0, 0.0, 0.0, interval_s=0.5)
    found = plan["stretch"].stretch(loop_only)
    metrics = found["results_a_s"] * len(plan["training"].METRICS)
    # those of the last half second are not sent yet, and the recorder adds its own of trials
    assert metrics * 0.9 < found["metrics_a_s"] < metrics * 1.1


def test_a_recorder_that_a_server_is_too_slow_for_falls_behind(plan):
    slow = plan["stretch"].Case(16, 1.0, 10, 30.0, 0.05, 0.02)
    found = plan["stretch"].stretch(slow)
    assert found["falling_a_s"] > 0.5 * found["results_a_s"]
    assert found["busy_share"] > 0.8


def test_reporting_every_fifth_epoch_asks_for_a_fifth(plan):
    each = plan["stretch"].stretch(plan["stretch"].Case(32, 1.0, 10, 20.0, 0.001, 0.0))
    fifth = plan["stretch"].stretch(plan["stretch"].Case(32, 1.0, 10, 20.0, 0.001, 0.0, every=5))
    assert fifth["results_a_s"] == pytest.approx(each["results_a_s"] / 5, rel=0.2)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"loop_share": 0.99, "ends_a_s": 50.0}, "event loop of Ray Tune"),
        ({"recorder_share": 1.5}, "driver's interpreter"),
        ({"requests_a_s": 500.0, "workers": 30_000, "results_a_s": 5.0}, "tracking server"),
        ({"results_a_s": 20.0}, "checkpoints of 150 MB"),
    ],
)
def test_what_is_used_beyond_its_capacity_is_first_to_give_way_and_has_a_remedy(
    plan, changes, name
):
    text = plan["report"].describe([row(**changes)])
    (first,) = [line for line in text.splitlines() if "first to give way" in line]
    assert name in first.partition(";")[0]
    assert any(line.startswith("- ") and name in line for line in text.splitlines())


def test_where_all_is_well_nothing_is_to_be_done(plan):
    assert "what to do" not in plan["report"].describe([row()])


def test_requests_are_counted_as_the_projects_own_client_batches_them(plan):
    from pareto_search.tracking.client import Measurement

    client = plan["counting"].CountingClient("http://nobody.invalid")
    run = client.create_run("1", "t0000", 0, {"pareto.uid": "t0000"})
    client.write(run, [Measurement(f"m{n}", 0.5, 0, 0) for n in range(1601)])
    client.end(run, "FINISHED", 1)
    assert (client.mlflow.requests, client.mlflow.metrics) == (1 + 3 + 1, 1601)
    assert [found.id for found in client.search("1", {"pareto.uid": "t0000"})] == [run.id]


def test_the_cost_of_a_batch_is_a_line_through_the_least_of_each_size(plan):
    rows = [
        {"part": "server", "clients": 1, "reports": n, "server_ms": 5.0 + 3.1 * n + more,
         "client_ms": 2.0}
        for n in (0, 1, 10)
        for more in (0.0, 7.0)
    ]  # fmt: skip
    request_s, metric_s = plan["measured"].serving_s(rows)
    assert request_s == pytest.approx(0.005, rel=1e-6)
    assert metric_s == pytest.approx(0.0001, rel=1e-6)
