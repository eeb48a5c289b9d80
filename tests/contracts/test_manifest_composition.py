"""Our composition of k8s/ is Kustomize's, for every overlay and every combination of them."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from conftest import NEEDS_KUBECTL, has_kubectl
from rendered import COMBINATIONS, OVERLAYS

from pareto_search.manifests.kustomization import ROOT, compose, overlay_names


def test_these_are_the_overlays():
    assert overlay_names() == sorted(OVERLAYS)


@pytest.mark.parametrize("overlays", COMBINATIONS, ids="-".join)
def test_it_is_what_kubectl_kustomize_makes(overlays, tmp_path):
    if not has_kubectl():
        pytest.skip(NEEDS_KUBECTL)
    folder = both(overlays, tmp_path)
    done = subprocess.run(
        ["kubectl", "kustomize", str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert by_name(yaml.safe_load_all(done.stdout)) == by_name(compose(overlays))


def test_the_order_of_overlays_does_not_matter():
    assert by_name(compose(COMBINATIONS[-1])) == by_name(compose(COMBINATIONS[-1][::-1]))


def test_every_file_is_used_and_holds_one_object():
    used = {ROOT / "README.md"}
    for file in sorted(ROOT.rglob("kustomization.yaml")):
        content = yaml.safe_load(file.read_text())
        used |= {file, *(file.parent / name for name in content.get("resources", []))}
        used |= {file.parent / patch["path"] for patch in content.get("patches", [])}
        for name in content.get("resources", []):
            if (file.parent / name).is_file():
                assert isinstance(yaml.safe_load((file.parent / name).read_text()), dict), name
    assert {file for file in ROOT.rglob("*") if file.is_file()} <= used


def test_an_overlay_is_the_base_and_components_and_holds_nothing_itself():
    for name in OVERLAYS:
        content = yaml.safe_load((ROOT / "overlays" / name / "kustomization.yaml").read_text())
        assert set(content) <= {"apiVersion", "kind", "resources", "components"}


def test_the_base_names_the_versions_of_this_checkout(repository):
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    ray = re.search(r"^ray==(.*)$", (repository / "constraints.txt").read_text(), re.MULTILINE)[1]
    objects = by_name(compose(("cpu",)))
    job = objects["RayJob", "sweep"]
    assert job["spec"]["rayClusterSpec"]["rayVersion"] == ray
    texts = "".join(file.read_text() for file in ROOT.rglob("*.yaml"))
    assert set(re.findall(r"image: (pareto-search:\S+)", texts)) == {
        f"pareto-search:{project['version']}"
    }
    assert set(re.findall(r"value: (pareto-search:\S+)", texts)) == {
        f"pareto-search:{project['version']}-cuda"
    }


def both(overlays, folder: Path):
    """A copy of k8s/ with one overlay more, which is all of `overlays`."""
    shutil.copytree(ROOT, folder / "k8s")
    content = {"resources": ["../../base"]}
    if parts := [name for name in overlays if name != "cpu"]:
        content["components"] = [f"../../components/{name}" for name in parts]
    place = folder / "k8s" / "overlays" / "both"
    place.mkdir()
    (place / "kustomization.yaml").write_text(yaml.safe_dump(content))
    return place


def by_name(objects):
    return {(o["kind"], o["metadata"]["name"]): o for o in objects}
