"""Kustomize's files are understood for what ours use of them, and nothing is passed over."""

import pytest
import yaml

from pareto_search.errors import RecipeError
from pareto_search.manifests.kustomization import compose

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "labels": {"app": "x"}}}
PATCH = [{"op": "add", "path": "/spec", "value": {}}]


def test_a_patch_changes_its_targets_alone(tmp_path):
    write(tmp_path, {"target": {"kind": "Pod", "name": "a"}}, PATCH)
    first, second = compose(("one",), tmp_path)
    assert (first.get("spec"), second.get("spec")) == ({}, None)


@pytest.mark.parametrize("target", [{"name": "a"}, {"labelSelector": "app=x"}, {"name": "a|c"}])
def test_objects_are_meant_by_kind_name_and_label(tmp_path, target):
    write(tmp_path, {"target": target}, {"$patch": "delete"})
    assert [item["metadata"]["name"] for item in compose(("one",), tmp_path)] == ["b"]


@pytest.mark.parametrize(
    ("more", "patch", "words"),
    [
        ({"target": {"kind": "Job"}}, PATCH, "A patch should have a target. Nothing matches"),
        ({"target": {"group": "apps"}}, PATCH, "patches.0.target.group: A kustomization should"),
        ({"target": {}, "options": {}}, PATCH, "patches.0.options: A kustomization should hold"),
        ({"target": {}}, {"spec": {"a": 1}}, "should be a list of JSON 6902 operations"),
        (
            {"target": {"name": "a"}},
            [{"op": "replace", "path": "/spec/a", "value": 1}],
            "A patch should fit its target. Found",
        ),
        (
            {"target": {"name": "a"}},
            [{"op": "test", "path": "/kind", "value": "Job"}],
            "A patch should fit its target. Found",
        ),
        ({"target": {}}, [{"op": "put", "path": "/a"}], "A patch should fit its target. Found"),
    ],
)
def test_what_is_not_understood_is_an_error_in_its_file(tmp_path, more, patch, words):
    write(tmp_path, more, patch)
    with pytest.raises(RecipeError) as caught:
        compose(("one",), tmp_path)
    assert words in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("key", ["namespace", "namePrefix", "configMapGenerator", "images"])
def test_a_key_of_kustomize_that_is_not_understood_is_an_error(tmp_path, key):
    write(tmp_path, {"target": {}}, PATCH, **{key: "x"})
    with pytest.raises(RecipeError, match=rf"kustomization.yaml: {key}: A kustomization should"):
        compose(("one",), tmp_path)


def test_an_unknown_overlay_is_refused_with_the_nearest_known(tmp_path):
    write(tmp_path, {"target": {}}, PATCH)
    with pytest.raises(RecipeError, match=r"--overlay: .*Found `noe`. Did you mean `one`\?"):
        compose(("noe",), tmp_path)


def test_a_patch_of_what_an_anchor_repeats_spares_the_repetition(tmp_path):
    write(tmp_path, {"target": {"name": "a"}}, [{"op": "add", "path": "/one/-", "value": 2}])
    (tmp_path / "base" / "a.yaml").write_text(yaml.safe_dump(POD) + "one: &list [1]\ntwo: *list\n")
    first, _ = compose(("one",), tmp_path)
    assert (first["one"], first["two"]) == ([1, 2], [1])


def write(root, more, patch, **base):
    """A tree of one base of two pods, and one overlay of one component with one patch."""
    put(root / "base" / "a.yaml", POD)
    put(root / "base" / "b.yaml", {**POD, "metadata": {"name": "b"}})
    put(
        root / "base" / "kustomization.yaml",
        {"apiVersion": "v1", "kind": "Kustomization", "resources": ["a.yaml", "b.yaml"], **base},
    )
    put(
        root / "overlays" / "one" / "kustomization.yaml",
        {
            "apiVersion": "v1",
            "kind": "Kustomization",
            "resources": ["../../base"],
            "components": ["../../components/one"],
        },
    )
    put(
        root / "components" / "one" / "kustomization.yaml",
        {"apiVersion": "v1", "kind": "Component", "patches": [{"path": "patch.yaml", **more}]},
    )
    put(root / "components" / "one" / "patch.yaml", patch)


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content))
