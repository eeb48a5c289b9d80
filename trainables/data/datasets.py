"""A data set: its cases, the names of their image channels, and what their labels mean."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from trainables.data.cases import Case, missing_files
from trainables.data.config import DataConfig
from trainables.data.labels import LabelMap, find_label_map
from trainables.data.layouts import AUTO, find_layout
from trainables.data.modalities import select_modalities
from trainables.errors import DataError


@dataclass(frozen=True, slots=True)
class Dataset:
    """Cases by id, each with `modalities` as its image channels, and the meaning of their labels.

    Raises:
        DataError: two cases share an id.
    """

    cases: tuple[Case, ...]
    modalities: tuple[str, ...]
    labels: LabelMap

    def __post_init__(self) -> None:
        places: dict[str, list[Path]] = {}
        for case in self.cases:
            places.setdefault(case.case_id, []).append(case.images[0])
        problems = [
            f"Case {name} should be there once. Found it {len(found)} times: {found[0]} and "
            f"{found[1]}: rename one, or leave it out."
            for name, found in places.items()
            if len(found) > 1
        ]
        if problems:
            raise DataError(problems)

    def select(self, modalities: Sequence[str]) -> "Dataset":
        """The same cases with these modalities only, in this order.

        A modality may have another name here, see `trainables.data.modalities`.

        Raises:
            DataError: one is not there.
        """
        cases = tuple(select_modalities(case, modalities) for case in self.cases)
        return replace(self, cases=cases, modalities=tuple(modalities))


def open_dataset(config: DataConfig) -> Dataset:
    """The data set that `config` describes; looks at names of files and reads none of them.

    Raises:
        DataError: the folder is missing or laid out in no known way, a modality is missing, or
            an id comes twice; all findings at once.
    """
    dataset = list_dataset(config)
    problems = [problem for case in dataset.cases for problem in missing_files(case, dataset.cases)]
    if problems:
        raise DataError(problems)
    return dataset


def list_dataset(config: DataConfig) -> Dataset:
    """What `open_dataset` gives, also where modalities of cases are missing.

    Raises:
        DataError: the folder is missing, empty or laid out in no known way, or an id comes twice.
    """
    root = Path(config.root)
    layout = find_layout(config.layout, root)
    cases = layout.list_cases(root)
    if not cases:
        raise DataError([f"Folder {root} should hold a case. Found none."])
    labels = layout.propose_labels(root) if config.labels == AUTO else find_label_map(config.labels)
    dataset = Dataset(tuple(cases), cases[0].modalities, labels)
    return dataset if config.modalities is None else dataset.select(config.modalities)
