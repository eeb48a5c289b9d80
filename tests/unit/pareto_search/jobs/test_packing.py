"""Code goes to the cluster; data, results and secrets do not."""

import subprocess
import zipfile
from pathlib import Path

import pytest

from pareto_search.errors import RecipeError
from pareto_search.jobs.packing import LIMIT_MIB, choose


@pytest.fixture
def make(tmp_path):
    """Puts files, given by their paths, into a project's folder with a recipe in it."""

    def make_files(*names, size=1):
        for name in ("recipe.yaml", *names):
            place = tmp_path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(b"x" * size)
        return tmp_path

    return make_files


def packed(folder, *excluded, recipe="recipe.yaml"):
    return {str(file) for file in choose(folder, folder / recipe, excluded).files}


def test_code_and_recipes_are_packed(make):
    folder = make("train.py", "package/data/reading.py", "experiments/other.yaml")
    assert packed(folder) == {
        "recipe.yaml", "train.py", "package/data/reading.py", "experiments/other.yaml",
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        ".env", ".git/config", ".venv/bin/python", ".ssh/id_rsa", "tls/server.key", "ca.pem",
        "ray-token", "ray.token", "auth_token", "deep/token",
        "data/case.txt", "results/toy/journal.jsonl", "mlflow.db", "a/__pycache__/b.pyc",
        "scans/case.nii.gz", "scans/case.nii", "model.safetensors", "weights/last.pt", "old.zip",
    ],
)  # fmt: skip
def test_secrets_data_results_and_weights_are_not(make, name):
    assert packed(make(name)) == {"recipe.yaml"}


def test_code_about_tokens_is_code(make):
    code = {"tokenizer.py", "tokens/special_tokens.py", "token.py", "merge_token.py"}
    assert packed(make(*code)) == {"recipe.yaml", *code}


@pytest.mark.parametrize("as_caller_says", ["notes.txt", "../outside/link"])
def test_the_file_that_holds_rays_token_is_not_whatever_it_is_called(
    make, monkeypatch, as_caller_says
):
    folder = make("project/train.py", "project/notes.txt", "project/recipe.yaml") / "project"
    (folder.parent / "outside").mkdir()
    (folder.parent / "outside" / "link").symlink_to(folder / "notes.txt")
    monkeypatch.chdir(folder)
    assert packed(folder) == {"recipe.yaml", "train.py", "notes.txt"}
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", as_caller_says)
    chosen = choose(folder, folder / "recipe.yaml")
    assert {str(file) for file in chosen.files} == {"recipe.yaml", "train.py"}
    assert [str(place) for place in chosen.skipped] == ["notes.txt"]


def test_what_a_pattern_names_is_left_out_too(make):
    folder = make("a.csv", "deep/b.csv", "notes/c.txt", "deep/notes/d.txt")
    assert packed(folder, "*.csv", "/notes") == {"recipe.yaml", "deep/notes/d.txt"}


def test_what_git_ignores_is_left_out(make):
    folder = make("train.py", "secret.txt", "deep/build.txt")
    (folder / ".gitignore").write_text("secret.txt\n")
    (folder / "deep" / ".gitignore").write_text("build.txt\n")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    assert packed(folder) == {"recipe.yaml", "train.py"}


def test_the_recipe_is_packed_whatever_the_patterns_say(make):
    assert packed(make("data/own.yaml"), "*.yaml", recipe="data/own.yaml") == {"data/own.yaml"}


def test_the_outermost_places_that_were_left_out_are_told(make):
    folder = make(".venv/bin/python", ".venv/lib/a.py", "data/a.txt", "train.py")
    chosen = choose(folder, folder / "recipe.yaml")
    assert [str(place) for place in chosen.skipped] == [".venv", "data"]


def test_too_much_is_refused_before_it_is_sent_and_the_largest_files_are_named(make):
    folder = make("small.py")
    with (folder / "volume.raw").open("wb") as sparse:
        sparse.truncate((LIMIT_MIB + 1) * 2**20)
    with pytest.raises(RecipeError, match=r"the largest: volume\.raw \(51\.0 MiB\)\. "):
        choose(folder, folder / "recipe.yaml").check()
    choose(folder, folder / "recipe.yaml", ["*.raw"]).check()


def test_the_same_files_make_the_same_archive_which_is_then_sent_once(make, tmp_path):
    folder = make("train.py")
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    choose(folder, folder / "recipe.yaml").write(first)
    (folder / "train.py").touch()
    choose(folder, folder / "recipe.yaml", ["*.zip"]).write(second)
    assert first.read_bytes() == second.read_bytes()
    assert zipfile.ZipFile(first).read("train.py") == b"x"


def test_a_recipe_outside_the_folder_is_refused(make, tmp_path):
    folder = make("a/b.py") / "a"
    with pytest.raises(RecipeError, match=r"--working-dir: should hold the recipe\. "):
        choose(folder, tmp_path / "recipe.yaml")


def test_a_whole_home_is_never_sent(make, monkeypatch):
    folder = make("train.py")
    monkeypatch.setattr(Path, "home", lambda: folder)
    with pytest.raises(RecipeError, match="--working-dir: should be a project's folder"):
        choose(folder, folder / "recipe.yaml")
