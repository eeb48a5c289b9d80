"""Only what a cluster can install by itself is asked of it."""

import pytest

from pareto_search.errors import RecipeError
from pareto_search.jobs.requirements import read_requirements


def test_comments_and_blank_lines_are_no_requirements(tmp_path):
    file = tmp_path / "requirements.txt"
    file.write_text("# all of it\n\neinops>=0.7  # axes\nmonai[all]==1.6.1 ; python_version>'3'\n")
    assert read_requirements(file) == ["einops>=0.7", "monai[all]==1.6.1 ; python_version>'3'"]


@pytest.mark.parametrize("line", ["-r other.txt", "-e .", "./wheels/a.whl", "-c pins.txt"])
def test_a_file_of_this_machine_is_refused(tmp_path, line):
    file = tmp_path / "requirements.txt"
    file.write_text(f"einops\n{line}\n")
    with pytest.raises(RecipeError, match="should name packages, not files") as caught:
        read_requirements(file)
    assert line in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(RecipeError, match="--requirements: should be a readable text file"):
        read_requirements(tmp_path / "none.txt")
