"""The file ``dataset.json`` that describes a data set of the Decathlon or of nnU-Net."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainables.errors import DataError

NAME = "dataset.json"
Description = Mapping[str, Any]


def home_of(root: Path) -> tuple[Path, str]:
    """The folder of the whole data set and the part of it that `root` means: ``Tr`` or ``Ts``.

    `root` is the folder of the data set, which means the part to train on, or its ``imagesTr`` or
    ``imagesTs``.

    >>> home_of(Path("Task01_BrainTumour/imagesTs"))
    (PosixPath('Task01_BrainTumour'), 'Ts')
    """
    if root.name in ("imagesTr", "imagesTs"):
        return root.parent, root.name.removeprefix("images")
    return root, "Tr"


def has_description(root: Path) -> bool:
    """Whether the data set of `root` has a description, sound or not."""
    return (home_of(root)[0] / NAME).is_file()


def read_description(root: Path) -> Description:
    """The description of the data set of `root`.

    Raises:
        DataError: there is none, or it is no JSON object.
    """
    file = home_of(root)[0] / NAME
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise DataError([f"Data folder {root} should hold {NAME}. Found none."]) from error
    except (OSError, ValueError) as error:
        raise DataError([f"File {file} should be JSON. Found: {error}."]) from error
    if not isinstance(content, dict):
        raise DataError([f"File {file} should be a JSON object. Found {type(content).__name__}."])
    return content


def channel_names(root: Path, key: str) -> tuple[str, ...]:
    """Names of the image channels, which stand below `key` by their numbers from 0.

    Raises:
        DataError: they are not there, or not numbered so.
    """
    found = read_description(root).get(key)
    numbers = [str(number) for number in range(len(found))] if isinstance(found, dict) else []
    if not isinstance(found, dict) or not found or set(found) != set(numbers):
        raise DataError(
            [
                f"Key `{key}` of {home_of(root)[0] / NAME} should name the image channels, as in "
                f'{{"0": "FLAIR", "1": "T1w"}}. Found {found}.'
            ]
        )
    return tuple(str(found[number]) for number in numbers)
