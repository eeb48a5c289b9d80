"""Digests are those of the bytes, whatever is remembered; and what is remembered is not read."""

import hashlib
import os
import time

import pytest

from trainables.data import file_digests
from trainables.data.file_digests import digest_files
from trainables.errors import DataError


@pytest.fixture
def settled(monkeypatch):
    """Files count as settled at once, as they do after two seconds."""
    monkeypatch.setattr(file_digests, "_SETTLED_NS", -(10**12))


@pytest.fixture
def read(monkeypatch):
    """Names of the files that were read, in any order."""
    names = []
    digest = file_digests._digest
    monkeypatch.setattr(file_digests, "_digest", lambda p: names.append(p.name) or digest(p))
    return names


@pytest.fixture
def files(tmp_path):
    made = [tmp_path / "data" / name for name in "abc"]
    made[0].parent.mkdir()
    for number, file in enumerate(made):
        file.write_bytes(bytes([number]) * 100)
    return made


def expected(files):
    return {file: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.mark.usefixtures("settled")
def test_a_file_is_read_once(files, tmp_path, read):
    memo = tmp_path / "memo"
    for _ in range(3):
        assert digest_files([*files, files[0]], memo) == expected(files)
    assert sorted(read) == ["a", "b", "c"]


@pytest.mark.usefixtures("settled")
def test_a_file_that_changes_is_read_again_also_where_its_times_are_put_back(files, tmp_path, read):
    memo, times = tmp_path / "memo", files[1].stat()
    digest_files(files, memo)
    read.clear()
    files[1].write_bytes(b"x" * 100)
    os.utime(files[1], ns=(times.st_atime_ns, times.st_mtime_ns))
    assert digest_files(files, memo) == expected(files)
    assert read == ["b"]


def test_a_file_that_was_just_written_is_not_remembered(files, tmp_path, read):
    """It could change again within one tick of the clock, and look the same."""
    memo = tmp_path / "memo"
    for _ in range(2):
        assert digest_files(files, memo) == expected(files)
    assert len(read) == 6
    time.sleep(2.1)
    for _ in range(2):
        digest_files(files, memo)
    assert len(read) == 9


@pytest.mark.usefixtures("settled")
def test_a_damaged_memo_costs_time_alone(files, tmp_path, read):
    memo = tmp_path / "memo"
    digest_files(files, memo)
    memo.write_bytes(memo.read_bytes().replace(b"100", b"101"))
    assert digest_files(files, memo) == expected(files)
    assert len(read) == 6


@pytest.mark.usefixtures("settled")
def test_a_memo_that_cannot_be_written_costs_time_alone(files, tmp_path):
    (tmp_path / "file").touch()
    assert digest_files(files, tmp_path / "file" / "memo") == expected(files)


@pytest.mark.usefixtures("settled")
def test_two_copies_under_one_path_are_both_remembered(files, tmp_path):
    """Nodes may each have a copy of their own there, with its own times."""
    memo, digests = tmp_path / "memo", []
    for content in (b"x" * 100, b"y" * 100):
        files[0].write_bytes(content)
        digests.append(digest_files(files[:1], memo))
    assert len(file_digests._remembered(memo)[str(files[0])]) == 2
    assert digests[0] != digests[1]


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"File .*nothing should be readable. Found: No such file"):
        digest_files([tmp_path / "nothing"])
