from pareto_search.storage.reports import Reports


def test_the_reports_of_some_trials_come_by_step_and_others_are_left_out(tmp_path):
    reports = Reports(tmp_path / "reports.jsonl")
    for uid, step in [("t0001", 2), ("t0002", 1), ("t0001", 1), ("t0003", 1)]:
        reports.append(uid, step, {"f": float(step)})
    found = reports.of(["t0001", "t0002", "t0009"])
    assert {uid: [line.step for line in lines] for uid, lines in found.items()} == {
        "t0001": [1, 2], "t0002": [1], "t0009": [],
    }  # fmt: skip


def test_of_a_step_reported_twice_the_first_counts_and_a_torn_line_is_passed_over(tmp_path):
    file = tmp_path / "reports.jsonl"
    reports = Reports(file)
    reports.append("t0001", 1, {"f": 0.1})
    with file.open("a") as stream:
        stream.write('{"uid": "t0001", "step": 2, "met\n')
    reports.append("t0001", 1, {"f": 0.9})
    (line,) = reports.of(["t0001"])["t0001"]
    assert line.metrics == {"f": 0.1}


def test_of_a_sweep_that_reported_nothing_there_are_none(tmp_path):
    assert Reports(tmp_path / "reports.jsonl").of(["t0001"]) == {"t0001": []}
