"""The cases that a command line names: folders of one case, or data sets of many."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from trainables.commands.console import log_on_stderr
from trainables.data.cases import Case, missing_files
from trainables.data.layouts import AUTO, find_layout
from trainables.data.modalities import select_modalities
from trainables.data.roots import local_root
from trainables.errors import DataError


def collect_cases(folders: Sequence[Path], layout: str = AUTO) -> list[Case]:
    """Every case of `folders`, complete or not, in order and once each.

    Args:
        folders: Of one case or of many, or tables of paths.
        layout: How their files are named, see `trainables.data.layouts`.

    Raises:
        DataError: a folder holds no case, two cases share an id, or an id cannot name a file; all
            findings at once.
    """
    with log_on_stderr():
        roots = [local_root(folder).resolve() for folder in folders]
    found = dict.fromkeys(
        case for root in roots for case in find_layout(layout, root).list_cases(root)
    )
    times = Counter(case.case_id for case in found)
    problems = [
        f"Case {name} should be there once. Found it twice."
        for name, count in times.items()
        if count > 1
    ]
    problems += [
        f"Case {name!r} should have an id that can begin a file's name: no slash, no dot first."
        for name in times
        if name.startswith(".") or not name.isprintable() or set(name) & set("/\\")
    ]
    if problems:
        raise DataError(problems)
    return list(found)


def complete_cases(
    cases: Sequence[Case], modalities: Sequence[str]
) -> tuple[list[Case], list[str]]:
    """The `cases` that have the `modalities`, with these in this order.

    And a sentence for each thing that any other case lacks.
    """
    chosen, problems = [], []
    for case in cases:
        try:
            chosen.append(select_modalities(case, modalities))
        except DataError as error:
            problems += [f"Case {case.case_id}: {problem}" for problem in error.problems]
    missing = {case: missing_files(case, chosen) for case in chosen}
    problems += [problem for found in missing.values() for problem in found]
    return [case for case in chosen if not missing[case]], problems
