"""What the report says, as data, before it is a page."""

import pytest
from generated import make_sweep

from pareto_search.figures.material import load_material
from pareto_search.figures.report.answer import answer_of, listed, versus_baseline
from pareto_search.figures.report.failures import failures_of
from pareto_search.figures.report.question import question_of
from pareto_search.figures.report.reproduction import reproduction_of
from pareto_search.figures.report.runs import run_cell
from pareto_search.fronts.front import beating_baseline, front_of
from pareto_search.objective import Objective
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.journal import Proposal, TrialRecord

PAIR = (Objective(name="f1", reference=1.0), Objective(name="f2", reference=1.0))


def ended(index, f1, f2, baseline=False, state=TrialState.COMPLETE):
    return TrialRecord(Proposal(index, {}, baseline), state, {"f1": f1, "f2": f2})


def rows(table):
    return [[cell.text for cell in row] for row in table.rows]


def test_the_question_names_the_trainable_and_every_objective_with_its_direction(material):
    sentence = question_of(material).sentence
    assert "5 parameters" in sentence
    assert "some.module:train" in sentence
    assert "interior_error (smaller is better) and boundary_error (smaller is better)" in sentence


def test_the_space_is_told_with_range_scale_and_condition(material):
    found = {row[0]: row[1:] for row in rows(question_of(material).space)}
    assert found["warmup"] == ["real", "0 to 1", ""]
    assert found["width_mm"] == ["real", "0.5 to 4, searched in the logarithm", ""]
    assert found["depth"] == ["whole", "2 to 5", ""]
    assert found["loss.tau"][2] == "loss.kind is consistent"
    assert found["loss.kind"][1].startswith("plain, consistent, ")


def test_data_fixed_parameters_and_budget_are_told(material):
    question = question_of(material)
    assert ["data_digest", "4d42f7"] in rows(question.data)
    assert ["data.root", "somewhere"] in rows(question.fixed)
    search = dict(rows(question.search))
    assert "trials 1000" in search["budget"]
    assert search["constraints"] == "peak_gib <= 9"


def test_the_answer_counts_the_front_and_names_who_beats_the_baseline(material):
    answer = answer_of(material)
    records, objectives = material.records, material.objectives
    front = front_of(records, objectives)
    better = beating_baseline(records, objectives)
    assert better
    assert answer.headline.startswith(f"{len(front)} of {len(records)} ended trials")
    assert f"{len(better)} trials beat the baseline (t0000)" in answer.headline
    names = [row[0] for row in rows(answer.front)]
    assert set(names) == {member.uid for member in front.members} | {"t0000"}


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([ended(0, 0.5, 0.5)], "No baseline was given"),
        ([ended(0, 0.5, 0.5, True, TrialState.STOPPED)], "The baseline is not complete"),
        ([ended(0, 0.5, 0.5, True), ended(1, 0.4, 0.4)], "1 trial beats the baseline (t0000) on"),
        ([ended(0, 0.5, 0.5, True), ended(1, 0.4, 0.6)],
         "No trial beats the baseline (t0000) on every objective, and it is on the front."),
        ([ended(0, 0.5, 0.5, True), ended(1, 0.5, 0.4)],
         "No trial beats the baseline (t0000) on every objective."),
        ([ended(0, 0.5, 0.5, True), ended(1, 0.6, 0.4, True), ended(2, 0.45, 0.45)],
         "No trial beats all 2 baselines on every objective, and t0001 are on the front."),
    ],
)  # fmt: skip
def test_one_sentence_says_whether_the_baseline_was_beaten(records, said):
    assert said in versus_baseline(records, PAIR)


def test_a_sweep_without_a_front_has_no_answer(tmp_path):
    answer = answer_of(load_material(make_sweep(tmp_path, trials=0)))
    assert answer.headline == "No trial is complete yet, so there is no answer."
    assert answer.front.rows == ()


def test_with_several_seeds_a_mean_has_its_error_and_a_probability(tmp_path):
    sweep = make_sweep(tmp_path, trials=0, seeds={"repeats": 2})
    for index, repeat in enumerate([0, 1, 0, 1]):
        point = {"warmup": 0.1 * (index // 2), "width_mm": 1.0, "depth": 2, "loss.kind": "plain"}
        values = {"interior_error": 0.2 + 0.01 * index, "boundary_error": 0.4 - 0.03 * index}
        proposal = Proposal(index, point, repeat=repeat)
        sweep.journal.append(TrialRecord(proposal, TrialState.COMPLETE, values, step=1))
    answer = answer_of(load_material(sweep))
    assert answer.front.columns[3:5] == ("trials", "P(front)")
    assert rows(answer.front)[0][1] == "0.205 ±0.005"
    assert "mean of 2 seeds" in answer.sentences[-1]


def test_errors_that_differ_in_numbers_alone_are_one_kind(material):
    failures = failures_of(material)
    failed = [r for r in material.records if r.state is TrialState.FAILED]
    ((count, kind, message, names),) = rows(failures.errors)
    assert count == str(len(failed))
    assert kind == "infeasible"
    assert message.endswith("at index 8 of https://me:***@server")
    assert names.startswith("t0008, t0017")


def test_stops_are_counted_by_step_and_constraints_by_who_broke_them(material):
    failures = failures_of(material)
    stopped = sum(r.state is TrialState.STOPPED for r in material.records)
    assert rows(failures.stops) == [["2", str(stopped)]]
    broken = [r.violations[0] for r in material.records if r.is_constrained]
    missing = sum(v == float("inf") for v in broken)
    assert rows(failures.constraints) == [["peak_gib <= 9", str(len(broken)), str(missing)]]
    assert f"{stopped} were stopped early" in failures.sentence
    assert f"{len(broken)} completed but break a constraint" in failures.sentence


def test_of_a_sweep_in_which_nothing_failed_that_is_said(tmp_path):
    failures = failures_of(load_material(make_sweep(tmp_path, trials=3)))
    assert failures.sentence == "Of 3 ended trials none failed, none was stopped early."
    assert failures.errors.rows == failures.stops.rows == failures.constraints.rows == ()


def test_trials_that_began_and_did_not_end_are_counted(tmp_path):
    sweep = make_sweep(tmp_path, trials=3)
    sweep.journal.append(Proposal(3, {}))
    assert "1 more began and have not ended" in failures_of(load_material(sweep)).sentence


def test_how_it_was_run_is_told_with_commit_and_versions(material):
    again = reproduction_of(material)
    facts = dict(rows(again.facts))
    assert again.command == "pareto-search run made-up.yaml"
    assert facts["commit"].endswith("a with changes that were not committed")
    assert ["torch", "2.13.0"] in rows(again.packages)
    assert all(material.name in command for command in again.next_commands)


def test_a_long_list_of_trials_is_cut_with_a_count():
    assert listed([f"t{at}" for at in range(10)]).endswith("t7 and 2 more")
    assert listed(["t1", "t2"]) == "t1, t2"


@pytest.mark.parametrize(
    ("uri", "link"),
    [
        ("http://host:5000/", "http://host:5000/#/experiments/7/runs/0123456789"),
        ("sqlite:///mlflow.db", ""),
        ("https://me:***@server", ""),
    ],
)
def test_a_run_leads_to_its_page_where_a_server_can_be_reached(uri, link):
    found = run_cell({"tracking_uri": uri, "experiment_id": "7"}, "0123456789")
    assert (found.text, found.link) == ("01234567", link)
    assert run_cell({}, None).text == ""
