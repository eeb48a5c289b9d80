"""The cache fills once, whoever else fills it, and where it cannot, training goes on."""

import errno
import logging
import pickle
import resource
import shutil
import signal
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

import pytest
from preparing import entries_of, same, write_data

from trainables.data import stored_cases
from trainables.data.filling import fill, prepare_all
from trainables.data.preprocessing import prepare
from trainables.data.stored_cases import StoredCases, Unit
from trainables.errors import DataError


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_data(tmp_path_factory.mktemp("phantom"), cases=6)


@pytest.fixture
def entries(root, tmp_path):
    return entries_of(root, tmp_path / "cache")


@pytest.fixture(scope="module")
def fresh(root, tmp_path_factory):
    """What every case is without a cache."""
    return prepare_all([e.recipe for e in entries_of(root, tmp_path_factory.mktemp("other"))])


def kept(entries):
    return StoredCases(Unit(entry, 0) for entry in entries)


def assert_whole(entries, fresh):
    """Every entry is there, once and right, and nothing else is."""
    assert all(entry.is_kept() for entry in entries)
    assert all(same(*pair) for pair in zip(kept(entries), fresh, strict=True))
    files = {file.name for file in entries[0].cache.cases.iterdir()}
    assert files == {entry.file(0).name for entry in entries}


def test_what_is_missing_is_prepared_and_nothing_twice(entries, fresh, monkeypatch):
    made = []
    monkeypatch.setattr(stored_cases, "prepare", lambda r: made.append(r) or prepare(r))
    for _ in range(2):
        assert fill(entries) == {}
    assert len(made) == len(entries)
    entries[2].file(0).unlink()
    assert fill(entries, workers=1) == {}
    assert made[-1] == entries[2].recipe
    assert len(made) == len(entries) + 1
    assert_whole(entries, fresh)


FILL = textwrap.dedent("""
    import pickle, sys, time
    from pathlib import Path
    from trainables.data import filling, stored_cases
    entries = pickle.loads(Path(sys.argv[1]).read_bytes())
    made, prepare = [], stored_cases.prepare

    def slowly(recipe):
        made.append(recipe.case.case_id)
        time.sleep(float(sys.argv[2]))
        return prepare(recipe)

    stored_cases.prepare = slowly
    print("ready", flush=True)
    input()
    assert filling.fill(entries, workers=2) == {}
    print(" ".join(made))
""")


def start(entries, tmp_path, delay_s=0.2):
    handed = tmp_path / "entries"
    handed.write_bytes(pickle.dumps(entries))
    command = [sys.executable, "-c", FILL, str(handed), str(delay_s)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)


def test_processes_that_fill_at_once_share_the_work_and_leave_whole_entries(
    entries, fresh, tmp_path
):
    running = [start(entries, tmp_path) for _ in range(3)]
    for process in running:
        assert process.stdout.readline() == "ready\n"
    for process in running:  # only now: all go at once
        process.stdin.write("\n")
        process.stdin.flush()
    made = [process.communicate(timeout=120)[0].split() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    names = [name for names in made for name in names]
    assert sorted(names) == [entry.recipe.case.case_id for entry in entries]
    assert_whole(entries, fresh)


def test_writers_without_locks_leave_whole_entries_all_the_same(entries, fresh, tmp_path):
    """On a file system without locks every process prepares what it finds missing."""
    locks = entries[0].cache.folder / "locks"
    locks.parent.mkdir()
    locks.touch()  # no folder, so no lock can be made in it
    running = [start(entries, tmp_path) for _ in range(3)]
    for process in running:
        process.stdout.readline()
    for process in running:
        process.stdin.write("\n")
        process.stdin.flush()
    made = [process.communicate(timeout=120)[0].split() for process in running]
    assert sum(len(names) for names in made) > len(entries)
    assert_whole(entries, fresh)


def test_a_process_that_is_killed_leaves_the_rest_to_the_next(entries, fresh, tmp_path):
    process = start(entries, tmp_path, delay_s=1.0)
    process.stdout.readline()
    process.stdin.write("\n")
    process.stdin.flush()
    while not any(entry.is_kept() for entry in entries):
        assert process.poll() is None
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not all(entry.is_kept() for entry in entries)
    assert fill(entries) == {}
    for half in entries[0].cache.cases.glob(
        "*.partial"
    ):  # it counts for nothing, and goes in a day
        half.unlink()
    assert_whole(entries, fresh)


def test_a_case_that_cannot_be_read_ends_the_work_with_its_reason(tmp_path):
    root = write_data(tmp_path / "data", cases=3)
    entries = entries_of(root, tmp_path / "cache")
    image = entries[1].recipe.case.images[0]
    image.write_bytes(image.read_bytes()[:100])
    with pytest.raises(DataError, match=str(image.name)):
        fill(entries)


def test_a_file_that_changes_before_it_is_read_is_not_kept_under_its_old_name(tmp_path):
    root = write_data(tmp_path / "data", cases=3)
    entries = entries_of(root, tmp_path / "cache")
    label = entries[1].recipe.case.label
    shutil.copy(entries[0].recipe.case.label, label)
    with pytest.raises(DataError, match="should stay as they are while they are trained on"):
        fill(entries)
    assert not entries[1].is_kept()


@pytest.fixture
def a_file(entries):
    """Where the folder should be: true for root too, whom no permission stops."""
    entries[0].cache.folder.touch()


@pytest.fixture
def small_files():
    """What a full disk does: a write ends in its middle."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("trouble", ["a_file", "small_files"])
def test_where_nothing_can_be_kept_one_warning_says_so_and_memory_serves(
    trouble, entries, fresh, request
):
    request.getfixturevalue(trouble)
    with pytest.warns(UserWarning, match=r"`data\.cache` .*: .*held in memory") as said:
        held = fill(entries)
    assert len(said) == 1
    assert all(same(held[entry.key][0], case) for entry, case in zip(entries, fresh, strict=True))
    folder = entries[0].cache.cases
    assert not folder.is_dir() or not list(folder.iterdir())


def test_a_folder_that_can_only_be_read_is_read(entries, fresh, monkeypatch):
    fill(entries)
    entries[0].file(0).unlink()

    def refuse(*_):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.warns(UserWarning, match="Read-only file system"):
        held = fill(entries)
    assert list(held) == [entries[0].key]
    assert same(held[entries[0].key][0], fresh[0])


def test_the_log_says_where_and_how_far(entries, caplog):
    caplog.set_level(logging.INFO, logger="trainables")
    fill(entries)
    first, *_, last, size = caplog.messages
    assert first == f"preparing 6 cases, to be kept in {entries[0].cache.folder}"
    assert last.startswith("prepared 6 of 6 cases")
    taken = sum(file.stat().st_size for file in entries[0].cache.cases.iterdir())
    assert size == f"6 prepared cases take {taken / 1e9:.3g} GB"
    voxels = sum(case.label[0].numel() for case in kept(entries))
    assert taken == pytest.approx(25 * voxels, rel=0.1)  # besides, the points to sample at
    caplog.clear()
    with warnings.catch_warnings():
        fill(entries)
    assert caplog.messages == []
