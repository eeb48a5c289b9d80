import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pareto_search.recipe.document import parse_document, parse_value
from pareto_search.recipe.loading import load_recipe
from pareto_search.recipe.writing import recipe_under, write_plain

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"))),
    st.sampled_from(["no", "1e3", "1_000", "0o17", "12:30", "~", "2024-01-31", ".5", "<<", "a\nb"]),
)
PLAIN = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text("abcdef", min_size=1), inner)
)


@given(PLAIN)
def test_what_is_written_is_what_our_reader_reads(data):
    assert parse_value(write_plain(data)) == data


@given(PLAIN)
def test_what_is_written_is_what_a_reader_of_yaml_1_1_reads(data):
    assert yaml.safe_load(write_plain(data)) == data


def test_an_untouched_recipe_keeps_its_own_words(repository):
    path = repository / "experiments" / "quickstart.yaml"
    assert recipe_under(path, (), None) == path.read_text()


@pytest.mark.parametrize("recipe", ["toy.yaml", "quickstart.yaml", "brats2018.yaml"])
def test_a_changed_recipe_runs_as_the_flags_would_have_it(repository, tmp_path, recipe):
    path = repository / "experiments" / recipe
    settings = ["budget.trials=7", "resources.memory_gib=1e1", "params.note='no'"]
    written = tmp_path / "sweep.yaml"
    written.write_text(recipe_under(path, settings, "other"))
    assert load_recipe(written) == load_recipe(path, settings, name="other")


def test_a_changed_recipe_says_what_was_changed(repository):
    path = repository / "experiments" / "toy.yaml"
    text = recipe_under(path, ["budget.trials=7"], "other")
    assert text.startswith("# toy.yaml with\n#   --set budget.trials=7\n#   --name other\n")
    assert parse_document(text, "").data["budget"] == {"trials": 7}
