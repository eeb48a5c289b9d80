"""Training, validation and test parts of a data set, never with one patient in two of them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from trainables.errors import DataError, ParameterError

PARTS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Split:
    """Ids of the units (cases) in each part, sorted."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal: equal exactly for equal splits."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def split_patients(
    units: Mapping[str, str], seed: int, fractions: tuple[float, float, float] = (0.6, 0.2, 0.2)
) -> Split:
    """Deal the patients of `units` (unit id to patient id) out to three parts.

    Patients are ordered by a hash of `seed` and their id, so the split depends on nothing else:
    not on the order of `units`, not on a library's version. Each part has at least one patient.

    Args:
        units: patient of each unit; a patient's units stay together.
        seed: any whole number.
        fractions: parts of the patients for training, validation and test; above 0, sum 1.

    Raises:
        DataError: there are fewer than 3 patients.
        ParameterError: the fractions are not above 0 or do not sum to 1.

    >>> split_patients({"a1": "a", "a2": "a", "b1": "b", "c1": "c"}, seed=0).test
    ('a1', 'a2')
    """
    if min(fractions) <= 0 or abs(sum(fractions) - 1) > 1e-6:
        raise ParameterError(
            "Parameter `fractions` should be above 0 and sum to 1. "
            f"Found `fractions = {tuple(fractions)}`."
        )
    patients = sorted(
        set(units.values()), key=lambda p: hashlib.sha256(f"{seed}/{p}".encode()).digest()
    )
    if len(patients) < len(PARTS):
        raise DataError(
            [
                "A split into training, validation and test should have at least 3 patients. "
                f"Found {len(patients)}: add cases of other patients to the data folder."
            ]
        )
    num_validation, num_test = (max(1, round(f * len(patients))) for f in fractions[1:])
    num_train = max(1, len(patients) - num_validation - num_test)
    num_validation = min(num_validation, len(patients) - num_train - 1)
    ends = (num_train, num_train + num_validation)
    dealt = (patients[: ends[0]], patients[ends[0] : ends[1]], patients[ends[1] :])
    return Split(*(tuple(sorted(u for u, p in units.items() if p in set(part))) for part in dealt))
