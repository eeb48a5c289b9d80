"""What the cache promises: never another label's distances, whatever lies in the folder."""

import errno
import os
import shutil
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FunctionType, ModuleType

import numpy as np
import pytest
import torch

from trainables import boxes, compact, components, distance
from trainables.data import distance_cache
from trainables.data.distance_cache import cache_key, compact_distances

SPACING_MM = (1.0, 1.0, 3.0)


def make_label(seed=0, shape=(3, 20, 22, 12)):
    generator = torch.Generator().manual_seed(seed)
    label = torch.zeros(shape, dtype=torch.bool)
    label[:, 8:12, 9:12, 4:7] = torch.rand(shape[0], 4, 3, 3, generator=generator) > 0.4
    return label


def same(first, second):
    return all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache" / "of labels"


@pytest.fixture
def computed(monkeypatch):
    """The labels that distances were computed for, one by one."""
    labels = []
    compute = distance_cache._compute

    def record(label, spacing_mm):
        labels.append(label)
        return compute(label, spacing_mm)

    monkeypatch.setattr(distance_cache, "_compute", record)
    return labels


@pytest.mark.parametrize("kind", ["lesions", "empty", "full", "at the border"])
def test_what_is_kept_is_what_is_computed_and_is_computed_once(folder, computed, kind):
    label = make_label()
    if kind in ("empty", "full"):
        label = torch.full_like(label, kind == "full")
    elif kind == "at the border":
        label[:, 0, 0, 0] = label[:, -1, -1, -1] = True
    fresh = compact_distances(label, SPACING_MM)
    assert same(compact_distances(label, SPACING_MM, folder), fresh)
    assert same(compact_distances(label, SPACING_MM, folder), fresh)
    assert len(computed) == 2
    assert len(list(folder.iterdir())) == 1


def test_another_label_shape_or_spacing_has_another_name():
    label = make_label()
    turned = label.transpose(1, 2)
    moved = label.clone()
    moved[0, 0, 0, 0] = True
    keys = {
        cache_key(label, SPACING_MM),
        cache_key(moved, SPACING_MM),
        cache_key(turned, SPACING_MM),
        cache_key(label.reshape(3, 22, 20, 12), SPACING_MM),
        cache_key(label, (1.0, 1.0, 3.0000001)),
        cache_key(label, (3.0, 1.0, 1.0)),
    }
    assert len(keys) == 6
    assert cache_key(label.clone(), list(SPACING_MM)) == cache_key(label, SPACING_MM)


def test_another_limit_has_another_name(monkeypatch):
    before = cache_key(make_label(), SPACING_MM)
    monkeypatch.setattr(distance_cache, "LIMIT_MM", 7.0)
    assert cache_key(make_label(), SPACING_MM) != before


CODE = {
    "boxes": boxes.grow_box,
    "distance": distance.squared_distance,
    "components": components.component_depth,
    "compact": compact.to_steps,
    "distance_cache": distance_cache._compute,
}


@pytest.mark.parametrize("function", CODE.values(), ids=CODE)
def test_a_changed_function_in_any_of_the_code_has_another_name(monkeypatch, function):
    module = sys.modules[function.__module__]
    constants = (*function.__code__.co_consts, "changed")
    changed = FunctionType(function.__code__.replace(co_consts=constants), vars(module))
    before = cache_key(make_label(), SPACING_MM)
    monkeypatch.setattr(module, function.__name__, changed)
    assert cache_key(make_label(), SPACING_MM) != before


@pytest.mark.parametrize(
    ("module", "name"), [(boxes, "WORTH_CUTTING"), (distance, "_SLACK"), (components, "_TIE_MM2")]
)
def test_a_changed_constant_of_the_code_has_another_name(monkeypatch, module, name):
    before = cache_key(make_label(), SPACING_MM)
    monkeypatch.setattr(module, name, 1.5)
    assert cache_key(make_label(), SPACING_MM) != before


def test_every_module_of_ours_that_takes_part_is_told_by_its_code(monkeypatch):
    """Those left out refuse wrong arguments, or tell versions: they compute no distance."""
    told = []
    monkeypatch.setattr(distance_cache, "code_digest", lambda modules: told.extend(modules) or "")
    cache_key(make_label(), SPACING_MM)
    owners = {
        value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
        for module in told
        for value in vars(module).values()
    }
    taking_part = {name for name in owners if str(name).startswith("trainables.")}
    left_out = {"trainables.errors", "trainables.ranges", "trainables.spacing"}
    left_out |= {"trainables.data.loaded_code"}
    assert taking_part - left_out == {module.__name__ for module in told}


EDIT_AFTER_IMPORT = textwrap.dedent("""
    import sys
    from pathlib import Path

    sys.path.insert(0, sys.argv[1])
    import torch
    from trainables.data import distance_cache
    from trainables.data.distance_cache import cache_key

    for name in sys.argv[2].split():
        with (Path(sys.argv[1]) / "trainables" / name).open("a") as file:
            print("CHANGED = True", file=file)
    assert distance_cache.__file__.startswith(sys.argv[1])
    print(cache_key(torch.ones(1, 2, 3, 4, dtype=torch.bool), (1.0, 1.0, 3.0)))
""")


def test_source_that_is_edited_after_import_is_named_by_the_next_process_alone(tmp_path):
    """A pull under a running sweep: what the old code computes must not pass for the new code's.

    The copy lies elsewhere and its process has another order of sets: neither has a part.
    """
    package = Path(distance_cache.__file__).parents[1]
    shutil.copytree(package, tmp_path / "trainables", ignore=shutil.ignore_patterns("__pycache__"))
    own = cache_key(torch.ones(1, 2, 3, 4, dtype=torch.bool), SPACING_MM)
    edited = ["distance.py", "data/distance_cache.py"]
    keys = [key_after_editing(tmp_path, names, seed) for seed, names in enumerate([edited, []])]
    assert keys[0] == own
    assert keys[1] != own


def key_after_editing(root, names, seed):
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


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9])
def test_a_torn_file_is_made_anew(folder, computed, part):
    label = make_label()
    fresh = compact_distances(label, SPACING_MM, folder)
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * part)])
    assert same(compact_distances(label, SPACING_MM, folder), fresh)
    assert same(compact_distances(label, SPACING_MM, folder), fresh)
    assert len(computed) == 2


def test_bits_that_flip_on_disk_are_noticed(folder):
    label = make_label()
    fresh = compact_distances(label, SPACING_MM, folder)
    (file,) = folder.iterdir()
    whole = bytearray(file.read_bytes())
    for place in range(0, len(whole), max(1, len(whole) // 40)):
        file.write_bytes(bytes([*whole[:place], whole[place] ^ 255, *whole[place + 1 :]]))
        assert same(compact_distances(label, SPACING_MM, folder), fresh)


def test_another_labels_entry_under_this_name_is_not_believed(folder):
    label, other = make_label(0), make_label(1)
    compact_distances(other, SPACING_MM, folder)
    (file,) = folder.iterdir()
    file.rename(folder / f"{cache_key(label, SPACING_MM)}.npz")
    fresh = compact_distances(label, SPACING_MM)
    assert same(compact_distances(label, SPACING_MM, folder), fresh)


def test_a_file_that_was_not_written_here_is_never_opened_as_an_archive(folder, monkeypatch):
    """What is not sealed is not parsed: nothing in it can run."""
    label = make_label()
    key = cache_key(label, SPACING_MM)
    folder.mkdir(parents=True)
    np.savez(folder / f"{key}.npz", box=np.array([object()]), phi=1, depth=1)
    monkeypatch.setattr(distance_cache.np, "load", lambda *_, **__: pytest.fail("was opened"))
    assert same(compact_distances(label, SPACING_MM, folder), compact_distances(label, SPACING_MM))


def test_writers_at_the_same_time_leave_whole_entries(folder):
    labels = [make_label(seed) for seed in range(3)] * 4
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda label: compact_distances(label, SPACING_MM, folder), labels))
    assert len(list(folder.glob("*.npz"))) == 3
    assert not list(folder.glob("*.partial"))
    for label in labels[:3]:
        kept = compact_distances(label, SPACING_MM, folder)
        assert same(kept, compact_distances(label, SPACING_MM))


def test_a_folder_that_cannot_be_written_to_is_told_and_nothing_fails(tmp_path):
    """A file where the folder should be: true for root too, whom no permission stops."""
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.warns(UserWarning, match=r"`data\.distance_cache`.*computed each time"):
        kept = compact_distances(make_label(), SPACING_MM, blocked)
    assert same(kept, compact_distances(make_label(), SPACING_MM))


def test_a_folder_that_can_only_be_read_is_read(folder, computed, monkeypatch):
    """Shared entries serve who may not write; what is missing is computed, nothing left behind."""
    known, unknown = make_label(0), make_label(1)
    fresh = compact_distances(known, SPACING_MM, folder)

    def refuse(*_):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "replace", refuse)
    assert same(compact_distances(known, SPACING_MM, folder), fresh)
    with pytest.warns(UserWarning, match=r"Read-only file system\. They"):
        found = compact_distances(unknown, SPACING_MM, folder)
    assert len(computed) == 2
    assert same(found, compact_distances(unknown, SPACING_MM))
    assert len(list(folder.iterdir())) == 1


def test_an_entry_of_three_regions_is_small(folder):
    """A box of 0.1 million voxels in 8.9 million: what lies off it is not kept."""
    label = torch.zeros(3, 240, 240, 155, dtype=torch.bool)
    for region, radius in zip(label, (20, 14, 8), strict=True):
        region[120 - radius : 120 + radius, 90 : 90 + radius, 70 : 70 + radius // 2] = True
    compact_distances(label, SPACING_MM, folder)
    (file,) = folder.iterdir()
    assert file.stat().st_size < 250_000


@pytest.mark.parametrize("shape", [(3, 9), (3, 7, 8)])
def test_volumes_of_other_dimensions_are_kept_as_well(folder, shape):
    label = torch.zeros(shape, dtype=torch.bool)
    label[:, 3:6] = True
    spacing = (1.0,) * (len(shape) - 1)
    fresh = compact_distances(label, spacing)
    assert same(compact_distances(label, spacing, folder), fresh)
    assert same(compact_distances(label, spacing, folder), fresh)
    assert len(list(folder.iterdir())) == 1
