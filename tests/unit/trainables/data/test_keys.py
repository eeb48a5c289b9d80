"""Whatever an entry depends on is in its name, and nothing else is."""

import os
import shutil
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from types import FunctionType, ModuleType

import pytest
from folders import cases_of
from preparing import LABELS, write_data

from trainables import boxes, compact, components, distance
from trainables.data import (
    cases,
    distances,
    entries,
    geometry,
    keys,
    labels,
    preprocessing,
    resampling,
    sampling_points,
)
from trainables.data.case_files import digest_cases
from trainables.data.keys import PREPARING, code_version, entry_key
from trainables.data.labels import LabelMap
from trainables.data.preprocessing import Recipe


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_data(tmp_path_factory.mktemp("phantom"), cases=1)


@pytest.fixture
def recipe(root):
    return Recipe(cases_of(root)[0], LABELS, None, "float32", 1)


def key_of(recipe):
    return entry_key(recipe, digest_cases([recipe.case]), "code")


def test_each_setting_has_a_name_of_its_own(recipe):
    case = recipe.case
    changes = [
        {"spacing_mm": (1.0, 1.0, 1.0)},
        {"spacing_mm": (1.0, 1.0, 1.0000001)},
        {"image_type": "float16"},
        {"blocks": 2},
        {"labels": LabelMap.of({"WT": {1, 2, 4}, "TC": {1, 4}})},
        {"labels": LabelMap.of({"WT": {1, 2, 4}, "TC": {1, 4}, "ET": {1}})},
        {"case": replace(case, case_id="other")},
        {"case": replace(case, images=case.images[::-1])},
        {"case": replace(case, images=case.images[:3], modalities=case.modalities[:3])},
        {"case": replace(case, channels=(0, 0, 0, 0))},
        {"case": replace(case, label=None)},
        {"case": replace(case, label=case.images[0])},
    ]
    names = {key_of(recipe), *(key_of(replace(recipe, **change)) for change in changes)}
    assert len(names) == len(changes) + 1


def test_a_changed_file_has_another_name_and_another_place_has_not(root, tmp_path, recipe):
    before = key_of(recipe)
    copy = shutil.copytree(root, tmp_path / "copy")
    (case,) = cases_of(copy)
    assert key_of(replace(recipe, case=case)) == before
    for file in (case.images[2], case.label):
        whole = file.read_bytes()
        file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        assert key_of(replace(recipe, case=case)) != before
        file.write_bytes(whole)
    assert key_of(replace(recipe, case=case)) == before


CODE = (
    *(boxes.grow_box, distance.squared_distance, components.component_depth, compact.to_steps),
    *(cases.load_image, geometry.to_working_grid, resampling.resample, preprocessing.normalise),
    *(distances.compact_distances, sampling_points.find_points, entries.write_entry),
    keys.entry_key,
)


@pytest.mark.parametrize("function", CODE, ids=lambda f: f"{f.__module__}.{f.__name__}")
def test_a_changed_function_of_the_code_has_another_name(monkeypatch, function):
    module = sys.modules[function.__module__]
    constants = (*function.__code__.co_consts, "changed")
    changed = FunctionType(function.__code__.replace(co_consts=constants), vars(module))
    before = code_version()
    monkeypatch.setattr(module, function.__name__, changed)
    assert code_version() != before


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        *((boxes, "WORTH_CUTTING"), (distance, "_SLACK"), (components, "_TIE_MM2")),
        *((compact, "LIMIT_MM"), (preprocessing, "BLOCK_MARGIN_MM")),
        *((geometry, "SAME_SPACING"), (sampling_points, "MOST_VOXELS")),
    ],
)
def test_a_changed_constant_of_the_code_has_another_name(monkeypatch, owner, name):
    before = code_version()
    monkeypatch.setattr(owner, name, getattr(owner, name) * 1.5)
    assert code_version() != before


def test_a_changed_method_has_another_name(monkeypatch):
    before = code_version()
    monkeypatch.setattr(labels.LabelMap, "to_regions", LabelMap.to_codes)
    assert code_version() != before


def test_every_module_of_ours_that_takes_part_is_told_by_its_code():
    """Those left out refuse wrong arguments, or write bytes: they compute nothing that is kept."""
    owners = {
        value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
        for module in PREPARING
        for value in vars(module).values()
    }
    taking_part = {name for name in owners if str(name).startswith("trainables.")}
    left_out = {"trainables.errors", "trainables.ranges", "trainables.spacing"}
    left_out |= {"trainables.data.whole_files"}
    assert taking_part - left_out == {module.__name__ for module in PREPARING}


EDIT_AFTER_IMPORT = textwrap.dedent("""
    import sys
    from pathlib import Path

    sys.path.insert(0, sys.argv[1])
    from trainables.data import keys

    for name in sys.argv[2].split():
        with (Path(sys.argv[1]) / "trainables" / name).open("a") as file:
            print("CHANGED = True", file=file)
    assert keys.__file__.startswith(sys.argv[1])
    print(keys.code_version())
""")


def test_source_that_is_edited_after_import_is_named_by_the_next_process_alone(tmp_path):
    """A pull under a running sweep: what the old code computes must not pass for the new code's.

    The copy lies elsewhere and its process has another order of sets: neither has a part.
    """
    package = Path(keys.__file__).parents[1]
    shutil.copytree(package, tmp_path / "trainables", ignore=shutil.ignore_patterns("__pycache__"))
    edited = ["distance.py", "data/geometry.py"]
    versions = [version_after_editing(tmp_path, names, n) for n, names in enumerate([edited, []])]
    assert versions[0] == code_version()
    assert versions[1] != code_version()


def version_after_editing(root, names, seed):
    # coverage would ask for the copy's source when it is gone
    environment = {name: v for name, v in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-c", EDIT_AFTER_IMPORT, str(root), " ".join(names)],
        env={**environment, "PYTHONHASHSEED": str(seed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
