"""The cases that a command line names: folders of one case, or data sets of many."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from trainables.data.cases import Case, missing_files
from trainables.data.layouts import AUTO, find_layout
from trainables.data.modalities import select_modalities
from trainables.errors import DataError


def collect_cases(folders: Sequence[Path]) -> list[Case]:
    """Every case of `folders`, complete or not, in order and once each.

    Raises:
        DataError: a folder holds no case, or two cases share an id; all findings at once.
    """
    found = dict.fromkeys(case for folder in folders for case in _cases_of(folder.resolve()))
    times = Counter(case.case_id for case in found)
    twice = [name for name, count in times.items() if count > 1]
    if twice:
        raise DataError([f"Case {name} should be there once. Found it twice." for name in twice])
    return list(found)


def complete_cases(
    cases: Sequence[Case], modalities: Sequence[str]
) -> tuple[list[Case], list[str]]:
    """The `cases` that have the `modalities`, with these in this order.

    And a sentence for each thing that any other case lacks.
    """
    complete, problems = [], []
    for case in cases:
        try:
            chosen = select_modalities(case, modalities)
        except DataError as error:
            problems += [f"Case {case.case_id}: {problem}" for problem in error.problems]
            continue
        missing = missing_files(chosen, [chosen])
        problems += missing
        if not missing:
            complete.append(chosen)
    return complete, problems


def _cases_of(folder: Path) -> Sequence[Case]:
    is_case = folder.is_dir() and any(folder.glob(f"{folder.name}[-_. ]*.nii*"))
    root = folder.parent if is_case else folder
    cases = find_layout(AUTO, root).list_cases(root)
    if not is_case:
        return cases
    cases = [case for case in cases if case.case_id == folder.name]
    if not cases:
        raise DataError(
            [f"Folder {folder} should not begin with a dot or an underscore. Found that it does."]
        )
    return cases
