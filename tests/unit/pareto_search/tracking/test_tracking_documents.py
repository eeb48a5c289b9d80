"""Documents are uploaded without passwords, and otherwise as they are."""

import json

from pareto_search.tracking.documents import redacted_text

URI = "http://me:hunter2@127.0.0.1:5000"


def test_json_stays_json_though_it_was_written_without_spaces(tmp_path):
    content = {"tracking": {"uri": URI}, "server": "http://127.0.0.1:1", "mail": "a@b", "n": [1]}
    (tmp_path / "sweep.json").write_text(json.dumps(content, separators=(",", ":")))
    found = json.loads(redacted_text(tmp_path / "sweep.json"))
    assert found == {**content, "tracking": {"uri": "http://me:***@127.0.0.1:5000"}}


def test_a_recipe_keeps_its_comments(tmp_path):
    (tmp_path / "recipe.yaml").write_text(f"# ours\ntracking:\n  uri: {URI}  # the clinic's\n")
    assert redacted_text(tmp_path / "recipe.yaml") == (
        "# ours\ntracking:\n  uri: http://me:***@127.0.0.1:5000  # the clinic's\n"
    )


def test_no_password_of_a_damaged_file_is_left(tmp_path):
    (tmp_path / "facts.json").write_bytes(b'{"command": ["' + URI.encode() + b" \xff")
    assert "hunter2" not in redacted_text(tmp_path / "facts.json")
