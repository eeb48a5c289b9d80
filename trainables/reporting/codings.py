"""What the codes of predictions mean, where they say so themselves."""

from collections.abc import Iterable
from pathlib import Path

from trainables.data.labels import LabelMap
from trainables.errors import DataError
from trainables.prediction_source import predicted_labels, read_stamp


def find_prediction_labels(paths: Iterable[Path], otherwise: LabelMap) -> LabelMap:
    """The coding of the predicted labels at `paths`.

    Those of `trainables predict` have the codes of the model that they are from, which need not be
    those of the data: code 1 may be oedema in one and necrosis in the other.

    Args:
        paths: Of one folder or several; only their headers are read.
        otherwise: The coding of labels that do not say which they have.

    Raises:
        DataError: two of them have different codings, or the file beside them that says which
            they have is damaged.
    """
    places: dict[tuple[Path, str], Path] = {}
    for path in paths:
        places.setdefault((path.parent, read_stamp(path).models), path)
    found = {
        predicted_labels(folder, digest) or otherwise: path
        for (folder, digest), path in places.items()
    }
    if len(found) > 1:
        shown = [f"{labels.as_mapping()} of {path}" for labels, path in list(found.items())[:2]]
        raise DataError(
            [f"Predictions should have one coding. Found {' and '.join(shown)}: evaluate a folder "
             "for each, or say by `--prediction-labels` what their codes mean."]
        )  # fmt: skip
    return next(iter(found), otherwise)
