"""What is kept is what is computed, is mapped and not read, and is never believed when damaged."""

import json
import pickle
import shutil
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from preparing import VOLUMES, entries_of, same, write_data

from trainables.data import stored_cases
from trainables.data.entries import read_entry, write_entry
from trainables.data.preprocessing import prepare
from trainables.data.sampling_points import find_points
from trainables.data.stored_cases import StoredCases, Unit
from trainables.errors import DataError


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_data(tmp_path_factory.mktemp("phantom"), cases=2)


@pytest.fixture
def entry(root, tmp_path):
    """An entry that is kept in a folder of its own."""
    stored_cases._open.cache_clear()
    (entry, _) = entries_of(root, tmp_path / "cache")
    entry.keep(prepare(entry.recipe))
    return entry


def opened(entry):
    return StoredCases([Unit(entry, 0)])[0]


def test_what_is_kept_is_what_is_computed(entry):
    (fresh,) = prepare(entry.recipe)
    assert entry.is_kept()
    assert same(opened(entry), fresh)


def test_blocks_are_kept_one_by_one(root, tmp_path):
    (entry, _) = entries_of(root, tmp_path, blocks=3)
    fresh = prepare(entry.recipe)
    entry.keep(fresh)
    kept = StoredCases(Unit(entry, number) for number in range(3))
    assert len(kept) == 3
    assert all(same(*pair) for pair in zip(kept, fresh, strict=True))
    entry.file(1).unlink()
    assert not entry.is_kept()


def test_volumes_are_pages_of_the_file(entry):
    case = opened(entry)
    ranges = [
        [int(end, 16) for end in line.split()[0].split("-")]
        for line in Path("/proc/self/maps").read_text().splitlines()
        if line.endswith(entry.file(0).name)
    ]
    for name in VOLUMES:
        tensor = getattr(case, name)
        first, last = tensor.data_ptr(), tensor.data_ptr() + tensor.nbytes
        assert any(start <= first and last <= end for start, end in ranges), name
    descriptors = [f.readlink() for f in Path("/proc/self/fd").iterdir() if f.exists()]
    assert entry.file(0) not in descriptors


PAGES = textwrap.dedent("""
    import json, pickle, sys
    from pathlib import Path
    case = pickle.loads(Path(sys.argv[1]).read_bytes())[0]
    print(float(case.image.double().sum()), flush=True)
    input()
    smaps = Path("/proc/self/smaps").read_text().split(sys.argv[2])[1].split("VmFlags")[0]
    sizes = [line.split() for line in smaps.splitlines() if line.endswith(" kB")]
    print(json.dumps({name.rstrip(":"): int(size) for name, size, _ in sizes}))
""")


def test_two_processes_share_its_pages(entry, tmp_path):
    """Both have read all of it; the kernel then counts half of it to each, and none as private."""
    handed = tmp_path / "handed"
    handed.write_bytes(pickle.dumps(StoredCases([Unit(entry, 0)])))
    command = [sys.executable, "-c", PAGES, str(handed), entry.file(0).name]
    pipe = subprocess.PIPE
    running = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(2)]
    sums = [float(process.stdout.readline()) for process in running]
    found = json.loads(running[0].communicate("\n", timeout=60)[0])  # the other still maps it
    running[1].communicate("\n", timeout=60)
    (case,) = prepare(entry.recipe)
    assert sums == [float(case.image.double().sum())] * 2
    assert found["Rss"] * 1024 >= case.image.nbytes
    assert found["Private_Dirty"] == 0
    assert found["Pss"] <= 0.75 * found["Rss"]


def test_what_is_written_to_a_case_stays_out_of_the_file(entry):
    before = entry.file(0).read_bytes()
    opened(entry).image.zero_()
    assert entry.file(0).read_bytes() == before


def test_cases_pickle_to_a_few_names(entry):
    cases = StoredCases([Unit(entry, 0)] * 2)
    handed = pickle.dumps(cases)
    assert len(handed) < 5000
    assert same(pickle.loads(handed)[1], cases[0])


@pytest.mark.parametrize("part", [0.0, 0.01, 0.5, 0.999])
def test_a_torn_entry_is_made_anew(entry, part):
    (fresh,) = prepare(entry.recipe)
    whole = entry.file(0).read_bytes()
    entry.file(0).write_bytes(whole[: int(len(whole) * part)])
    assert not entry.is_kept()
    assert same(opened(entry), fresh)
    assert entry.is_kept()


def test_a_byte_that_is_changed_anywhere_is_noticed(entry):
    """The file's time tells that it was written to; all of it is read then."""
    whole = entry.file(0).read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 60)):
        entry.file(0).write_bytes(bytes([*whole[:place], whole[place] ^ 1, *whole[place + 1 :]]))
        assert not entry.is_kept()


def test_an_entry_that_is_copied_without_its_times_is_believed_after_one_look(entry, monkeypatch):
    entry.file(0).write_bytes(entry.file(0).read_bytes())
    assert entry.is_kept()
    monkeypatch.setattr("trainables.data.entries._content_digest", lambda _: "not looked")
    assert entry.is_kept()


def test_another_entry_under_this_name_is_not_believed(root, tmp_path):
    one, other = entries_of(root, tmp_path)
    other.keep(prepare(other.recipe))
    shutil.copy2(other.file(0), one.file(0))
    assert not one.is_kept()
    assert other.is_kept()


def test_the_first_to_write_wins(entry):
    """Who mapped its file shares pages with all who follow."""
    inode = entry.file(0).stat().st_ino
    entry.keep(prepare(entry.recipe))
    assert entry.file(0).stat().st_ino == inode


def test_a_cache_that_is_removed_under_a_run_is_made_anew(entry):
    cases = StoredCases([Unit(entry, 0)])
    (fresh,) = prepare(entry.recipe)
    case = cases[0]
    shutil.rmtree(entry.cache.folder)
    assert same(case, fresh)  # what is mapped stays
    stored_cases._open.cache_clear()
    assert same(cases[0], fresh)
    assert entry.is_kept()


def test_what_was_removed_is_not_made_from_other_files(root, tmp_path):
    copy = shutil.copytree(root, tmp_path / "copy")
    stored_cases._open.cache_clear()
    entry, other = entries_of(copy, tmp_path / "cache")
    shutil.copy(other.recipe.case.label, entry.recipe.case.label)
    with pytest.raises(DataError, match="should stay as they are while they are trained on"):
        opened(entry)


def test_a_file_that_is_no_entry_is_none(tmp_path):
    (tmp_path / "a").write_bytes(b"8 bytes.{}")
    assert read_entry(tmp_path / "a", "key") is None
    assert read_entry(tmp_path / "nothing", "key") is None


def test_half_precision_and_empty_regions_are_kept(entry, tmp_path):
    (case,) = prepare(entry.recipe)
    empty, far = torch.zeros_like(case.label), torch.full_like(case.phi, -127)
    points = find_points(empty, far, case.spacing_mm)
    odd = replace(case, image=case.image.half(), label=empty, phi=far, points=points)
    write_entry(tmp_path / "odd", "key", odd)
    assert same(read_entry(tmp_path / "odd", "key"), odd)
    assert time.time() - (tmp_path / "odd").stat().st_mtime < 60
