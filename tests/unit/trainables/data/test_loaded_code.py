"""What the version of code is made of: all that it does, and nothing of where it came from."""

import os
import subprocess
import sys
from types import ModuleType

import pytest

from trainables.data.loaded_code import code_digest

SOURCE = '''"""A module."""
import math
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

LIMIT = 2.0
TABLE = {"a": (1, None, ...), "b": [lambda x: x + 1]}
Side = tuple[slice, ...]

def measure(x, start=0, *, scale=1.0):
    """Measure."""
    def inner(y):
        try:
            return y * LIMIT + start
        except ValueError:
            return x in {"red", "green", "blue", 7, None}
    return [inner(y) * scale for y in math.floor(x)]

@lru_cache
def kept(n):
    return n - 3

class Grid(list):
    edge = 5

    def __init__(self):
        super().__init__()

    @property
    def size(self):
        return self.edge ** 2

    @classmethod
    def make(cls):
        return cls()

    @staticmethod
    def zero():
        return 0

@dataclass(frozen=True, slots=True)
class Place:
    where: tuple[int, ...] = (1, 2)
    grids: int | None = None
    kinds: dict = field(default_factory=lambda: {"a": 1})

    def show(self):
        return self.where[0]

HOME = Place((3, 4))
NAMES = re.compile("a+b")
'''


def loaded(source=SOURCE, path="here.py"):
    module = ModuleType("code")
    exec(compile(source, path, "exec"), vars(module))
    return module


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 2.0", "LIMIT = 2"),
        ("LIMIT = 2.0", "LIMIT = 2.0000000000000004"),
        ("LIMIT = 2.0", "OTHER = LIMIT = 2.0"),
        ("None, ...", "..., None"),
        ("x + 1", "x + 2"),
        ("[slice, ...]", "[int, ...]"),
        ("start=0", "start=1"),
        ("scale=1.0", "scale=1.5"),
        ("*, scale", "scale"),
        ("y * LIMIT", "y + LIMIT"),
        ("+ start", "+ x"),
        ("ValueError", "TypeError"),
        ('"green"', '"grey"'),
        ("math.floor", "math.ceil"),
        ("from pathlib import Path", "from pathlib import PurePath as Path"),
        ("import math", "import cmath as math"),
        ("n - 3", "n - 4"),
        ("Grid(list)", "Grid(dict)"),
        ("edge = 5", "edge = 6"),
        ("self.edge ** 2", "self.edge ** 3"),
        ("return cls()", "return [cls()]"),
        ("return 0", "return 1"),
        ("@staticmethod", "@classmethod"),
        ("(1, 2)", "(1, 3)"),
        ("grids: int", "grid: int"),
        ("frozen=True, ", ""),
        ('lambda: {"a": 1}', 'lambda: {"a": 2}'),
        ("self.where[0]", "self.where[1]"),
        ("Place((3, 4))", "Place((3, 5))"),
        ('"a+b"', '"a+c"'),
        ('"a+b"', '"a+b", re.I'),
    ],
)
def test_a_change_of_what_the_code_does_changes_its_version(old, new):
    assert old in SOURCE
    assert code_digest([loaded(SOURCE.replace(old, new))]) != code_digest([loaded()])


def test_the_place_of_a_file_its_lines_and_comments_do_not():
    moved = "# a comment\n\n\n" + SOURCE.replace("LIMIT = 2.0", "LIMIT = 2.0  # mm")
    assert code_digest([loaded(moved, "/else/where.py")]) == code_digest([loaded()])


def test_having_run_does_not():
    """An interpreter may rewrite the bytecode of a loop that runs often."""
    source = "def total(n):\n    s = 0\n    for i in range(n):\n        s = s + i\n    return s\n"
    module = loaded(source)
    before = code_digest([module])
    assert [module.total(1000) for _ in range(100)] == [499500] * 100
    assert code_digest([module]) == before


def test_what_a_decorated_function_does_is_seen_within_its_wrapper():
    source = "from contextlib import contextmanager\n@contextmanager\ndef held():\n    yield 1\n"
    other = source.replace("yield 1", "yield 2")
    assert code_digest([loaded(source)]) != code_digest([loaded(other)])


@pytest.mark.parametrize("source", ["class Thing:\n    size = object()\n", "thing = object()\n"])
def test_what_could_change_unseen_is_refused(source):
    with pytest.raises(TypeError, match=r"^Module `code` should define functions and plain"):
        code_digest([loaded(source)])


def test_the_order_of_sets_which_differs_from_process_to_process_has_no_part():
    program = (
        "import sys; from types import ModuleType; from trainables.data.loaded_code import "
        "code_digest; m = ModuleType('code'); exec(sys.argv[1], vars(m)); print(code_digest([m]))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program, SOURCE],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in range(4)
    }
    assert found == {code_digest([loaded()])}
