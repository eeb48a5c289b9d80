"""Label codes of a data set and the nested regions that networks predict."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trainables.errors import DataError, ParameterError


@dataclass(frozen=True, slots=True)
class LabelMap:
    """Which label codes (1 to 255; 0 is background) make up each region.

    `regions` are ordered from the outermost to the innermost; their order is the order of the
    channels C.

    >>> LABEL_MAPS["brats2018"].names
    ('WT', 'TC', 'ET')
    """

    regions: tuple[tuple[str, frozenset[int]], ...]

    @classmethod
    def of(cls, regions: Mapping[str, set[int]]) -> "LabelMap":
        """A map from region names to sets of codes.

        Raises:
            ParameterError: there is no region, one is empty, or a code is outside 1..255.
        """
        if not regions:
            raise ParameterError("Parameter `regions` should name at least one region. Found none.")
        for name, codes in regions.items():
            if not codes or not all(0 < code < 256 for code in codes):
                raise ParameterError(
                    f"Region `{name}` should have label codes from 1 to 255. Found {sorted(codes)}."
                )
        return cls(tuple((name, frozenset(codes)) for name, codes in regions.items()))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the regions, in the order of the channels."""
        return tuple(name for name, _ in self.regions)

    @property
    def codes(self) -> tuple[int, ...]:
        """Every code a label may hold, background included, ascending."""
        return tuple(sorted({0}.union(*(codes for _, codes in self.regions))))

    def to_regions(
        self, codes: npt.NDArray[np.generic], source: str = "label"
    ) -> npt.NDArray[np.bool_]:
        """The masks (C x X x Y x Z) of a label of any numeric type (X x Y x Z).

        `source` names the label in errors.

        Raises:
            DataError: the label holds a value that is no code of this map.
        """
        problem = self.problem(codes, source)
        if problem is not None:
            raise DataError([problem])
        table = np.zeros((len(self.regions), 256), np.bool_)
        for row, (_, members) in zip(table, self.regions, strict=True):
            row[sorted(members)] = True
        whole = codes.astype(np.uint8)
        return np.stack([row[whole] for row in table])

    def to_codes(self, regions: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
        """The label (X x Y x Z) of masks (C x X x Y x Z): the inverse of `to_regions`.

        Where predicted masks are not nested, the innermost region that holds a voxel decides:
        an enhancing voxel outside the core becomes enhancing, and with that part of the core.

        >>> masks = np.array([[1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 1, 0]]) > 0
        >>> LABEL_MAPS["brats2018"].to_codes(masks)
        array([2, 1, 4, 0], dtype=uint8)
        """
        label = np.zeros(regions.shape[1:], np.uint8)
        for mask, code in zip(regions, self._own_codes(), strict=True):
            label[mask] = code
        return label

    def problem(self, codes: npt.NDArray[np.generic], source: str) -> str | None:
        """What is wrong with a label's values, as a sentence; None where nothing is."""
        with np.errstate(invalid="ignore"):
            whole = codes.astype(np.uint8)
        present = np.bincount(whole[whole == codes], minlength=256).nonzero()[0]
        foreign = [f"{value:g}" for value in np.unique(codes[whole != codes])[:5].tolist()]
        foreign += [str(value) for value in present.tolist() if value not in self.codes]
        if not foreign:
            return None
        return (
            f"{source} should hold only the codes {list(self.codes)}. Found {', '.join(foreign)}."
        )

    def _own_codes(self) -> list[int]:
        """The code of each region that no region further in has."""
        found = []
        for position, (name, members) in enumerate(self.regions):
            own = members.difference(*(inner for _, inner in self.regions[position + 1 :]))
            if len(own) != 1:
                raise ParameterError(
                    f"Region `{name}` should have exactly one code that no region after it has, "
                    f"so that masks become labels again. Found {sorted(own)}."
                )
            found.append(next(iter(own)))
        return found


LABEL_MAPS: Mapping[str, LabelMap] = {
    "brats2018": LabelMap.of({"WT": {1, 2, 4}, "TC": {1, 4}, "ET": {4}}),
}
"""Known codings. BraTS 2018 to 2021: 1 core without enhancement, 2 oedema, 4 enhancing."""


def find_label_map(name: str) -> LabelMap:
    """The coding called `name`.

    Raises:
        ParameterError: there is none of that name.
    """
    if name not in LABEL_MAPS:
        raise ParameterError(
            f"Parameter `labels` should be one of {sorted(LABEL_MAPS)}. Found `labels = {name}`."
        )
    return LABEL_MAPS[name]
