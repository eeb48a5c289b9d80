"""How files are named: one module a layout, each with the same four names; see `Layout`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from trainables.data.cases import Case
from trainables.data.labels import LabelMap
from trainables.data.layouts import brats, brats2023, msd, nnunet, path_table
from trainables.data.layouts.missing import say_what_is_missing
from trainables.errors import DataError

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Layout:
    """One way to lay cases out below a folder.

    `wanted` ends the sentence "The data folder should hold ...". `is_there` looks at names only.
    `list_cases` gives every case, by id, each with the same modalities, whether or not its files
    are there. `propose_labels` is what codes mean where nobody says so.
    """

    name: str
    wanted: str
    is_there: Callable[[Path], bool]
    list_cases: Callable[[Path], list[Case]]
    propose_labels: Callable[[Path], LabelMap]

    @classmethod
    def of(cls, name: str, module: ModuleType) -> "Layout":
        """The layout that `module` describes."""
        return cls(name, module.WANTED, module.is_there, module.list_cases, module.propose_labels)


_MODULES = {
    "brats": brats,
    "brats2023": brats2023,
    "msd": msd,
    "nnunet": nnunet,
    "csv": path_table,
}
LAYOUTS = {name: Layout.of(name, module) for name, module in _MODULES.items()}


def find_layout(name: str, root: Path) -> Layout:
    """The layout called `name`; where that is ``auto``, the one in which `root` is laid out.

    Raises:
        DataError: there is no folder `root`, nothing in it is laid out in that way, or ``auto``
            finds no layout, or more than one.
    """
    is_table = root.is_file() and root.suffix.lower() == ".csv"
    if not root.is_dir() and not is_table:
        raise DataError([f"Data folder {root} should exist. Found no folder of that name."])
    asked = list(LAYOUTS.values()) if name == AUTO else [LAYOUTS[name]]
    usable = [layout for layout in asked if layout.name == "csv" or not is_table]
    found = [layout for layout in usable if layout.is_there(root)]
    if not found:
        raise DataError([_none_found(root, asked)])
    if len(found) > 1:
        raise DataError(
            [
                f"Data folder {root} should be laid out in one way. Found "
                f"{' and '.join(layout.name for layout in found)}: say which by `data.layout`."
            ]
        )
    return found[0]


def _none_found(root: Path, asked: list[Layout]) -> str:
    """What `root` should look like and what it does."""
    wanted = {layout.name: f"{layout.wanted} ({layout.name})" for layout in asked}
    return say_what_is_missing(
        root,
        [*wanted.values()],
        lambda folder: any(layout.is_there(folder) for layout in asked),
        any_names=wanted.get("csv", ""),
    )
