"""The notice that a machine will vanish: given whatever Ray says, refused where it has no name."""

import pytest
from serving import free_port

from pareto_search.commands.leaving import leave_machine
from pareto_search.errors import RecipeError, UnreachableError
from pareto_search.execution.notice import NOTICE_VARIABLE, is_leaving


def test_a_machine_without_a_name_for_its_notice_never_leaves_and_says_what_to_set(monkeypatch):
    monkeypatch.delenv(NOTICE_VARIABLE, raising=False)
    assert not is_leaving()
    with pytest.raises(RecipeError, match=f"{NOTICE_VARIABLE}: should name a file"):
        leave_machine(5.0)


def test_trials_are_told_to_leave_even_where_ray_does_not_answer(monkeypatch, tmp_path):
    monkeypatch.setenv(NOTICE_VARIABLE, str(tmp_path / "notices" / "mine"))
    monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{free_port()}")
    assert not is_leaving()
    with pytest.raises(UnreachableError, match=r"should answer\. Found none at 127\.0\.0\.1:"):
        leave_machine(5.0)
    assert is_leaving()


def test_kuberays_variables_say_where_the_head_is(monkeypatch, tmp_path):
    monkeypatch.setenv(NOTICE_VARIABLE, str(tmp_path / "mine"))
    monkeypatch.setenv("RAY_ADDRESS", "http://head:8265")  # of the Jobs API
    monkeypatch.setenv("FQ_RAY_IP", "127.0.0.1")
    monkeypatch.setenv("RAY_PORT", str(port := free_port()))
    with pytest.raises(UnreachableError, match=rf"Found none at 127\.0\.0\.1:{port}"):
        leave_machine(5.0)
