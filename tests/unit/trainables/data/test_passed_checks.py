"""A check that was passed is not repeated, unless anything changed."""

import pytest
from folders import cases_of
from preparing import write_data

from trainables.data import file_digests, one_grid, passed_checks
from trainables.data.checks import check_cases
from trainables.data.config import DataConfig
from trainables.data.passed_checks import check_once


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setattr(file_digests, "_SETTLED_NS", -(10**12))
    return DataConfig(root=str(write_data(tmp_path / "data")), cache=str(tmp_path / "cache"))


@pytest.fixture
def looks(monkeypatch):
    """The configurations that data were read for."""
    made = []
    monkeypatch.setattr(passed_checks, "check_cases", lambda c: made.append(c) or check_cases(c))
    return made


def test_data_that_passed_are_not_read_again(config, looks):
    for _ in range(3):
        assert check_once(config) == []
    assert len(looks) == 1


def test_a_changed_file_is_looked_at_and_its_problem_told_each_time(config, looks, tmp_path):
    check_once(config)
    (case, *_) = cases_of(tmp_path / "data")
    case.images[0].write_bytes(case.images[0].read_bytes()[:200])
    for _ in range(2):
        (problem,) = check_once(config)
        assert case.images[0].name in problem
    assert len(looks) == 3


def test_another_file_case_or_meaning_of_labels_is_looked_at(config, looks, tmp_path):
    check_once(config)
    (case, *_) = cases_of(tmp_path / "data")
    assert check_once(config.model_copy(update={"labels": (("WT", (1, 2, 4)),)})) == []
    assert len(looks) == 2
    case.label.unlink()
    assert len(check_once(config)) == 1
    case.images[1].unlink()
    assert len(check_once(config)) == 2
    assert len(looks) == 4


def test_changed_checks_look_again(config, looks, monkeypatch):
    check_once(config)
    monkeypatch.setattr(one_grid, "AFFINE_TOLERANCE_MM", 1e-4)
    check_once(config)
    assert len(looks) == 2


def test_without_a_cache_every_check_looks(config, looks, tmp_path):
    (tmp_path / "file").touch()
    for cache in ("memory", str(tmp_path / "file")):
        for _ in range(2):
            assert check_once(config.model_copy(update={"cache": cache})) == []
    assert len(looks) == 4
