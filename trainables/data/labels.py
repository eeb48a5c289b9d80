"""Label codes of a data set and the nested regions that networks predict."""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

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

    TOLERANCE: ClassVar[float] = 1e-3
    """How far a voxel may be from a whole code: labels stored as scaled or single-precision."""

    regions: tuple[tuple[str, frozenset[int]], ...]

    @classmethod
    def of(cls, regions: Mapping[str, Collection[int]]) -> "LabelMap":
        """A map from region names, the outermost first, to their codes.

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
    def is_nested(self) -> bool:
        """Whether each region holds the next one."""
        return all(inner <= outer for (_, outer), (_, inner) in pairwise(self.regions))

    @property
    def codes(self) -> tuple[int, ...]:
        """Every code a label may hold, background included, ascending."""
        return tuple(sorted({0}.union(*(codes for _, codes in self.regions))))

    def as_mapping(self) -> dict[str, list[int]]:
        """The regions as `of` takes them, with ascending codes."""
        return {name: sorted(codes) for name, codes in self.regions}

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
        whole = np.rint(codes).astype(np.uint8)
        return np.stack([row[whole] for row in table])

    def to_codes(self, regions: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
        """The label (X x Y x Z) of masks (C x X x Y x Z), for which `to_regions` is undone.

        Of codes with the same regions, the lowest. Where no code has just the regions of a voxel,
        the narrowest of them decides: an enhancing voxel outside the core becomes enhancing, and
        with that part of the core.

        >>> masks = np.array([[1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 1, 0]]) > 0
        >>> LABEL_MAPS["brats2018"].to_codes(masks)
        array([2, 1, 4, 0], dtype=uint8)
        """
        label = np.zeros(regions.shape[1:], np.uint8)
        for place, code in self._brushes():
            label[regions[place]] = code
        for code, members in self._crossings():
            label[(regions == members.reshape(-1, *[1] * label.ndim)).all(axis=0)] = code
        return label

    def problem(self, codes: npt.NDArray[np.generic], source: str) -> str | None:
        """What is wrong with a label's values, as a sentence; None where nothing is."""
        with np.errstate(invalid="ignore"):
            whole = np.rint(codes).astype(np.uint8)
            is_code = np.abs(np.subtract(codes, whole, dtype=np.float32)) <= self.TOLERANCE
        present = np.bincount(whole[is_code], minlength=256).nonzero()[0]
        foreign = [f"{value:g}" for value in np.unique(codes[~is_code])[:5].tolist()]
        foreign += [str(value) for value in present.tolist() if value not in self.codes]
        if not foreign:
            return None
        return (
            f"{source} should hold only the codes {list(self.codes)}. Found {', '.join(foreign)}."
        )

    def _brushes(self) -> list[tuple[int, int]]:
        """Regions in the order in which they are painted, widest first, each with its code.

        That is the code of the fewest regions, the most typical of it.
        """
        shared = Counter(code for _, codes in self.regions for code in codes)
        order = sorted(range(len(self.regions)), key=lambda place: -len(self.regions[place][1]))
        return [
            (place, min(self.regions[place][1], key=lambda code: (shared[code], code)))
            for place in order
        ]

    def _crossings(self) -> list[tuple[int, npt.NDArray[np.bool_]]]:
        """Codes that painting does not give back, as where regions overlap, and their regions."""
        members = {
            code: np.array([code in codes for _, codes in self.regions])
            for code in reversed(self.codes[1:])
        }
        painted = {c: [code for p, code in self._brushes() if m[p]][-1] for c, m in members.items()}
        return [(c, m) for c, m in members.items() if (members[painted[c]] != m).any()]


LABEL_MAPS: Mapping[str, LabelMap] = {
    "brats2018": LabelMap.of({"WT": {1, 2, 4}, "TC": {1, 4}, "ET": {4}}),
    "brats2023": LabelMap.of({"WT": {1, 2, 3}, "TC": {1, 3}, "ET": {3}}),
    "brats2024": LabelMap.of({"WT": {1, 2, 3}, "TC": {1, 3}, "ET": {3}, "RC": {4}}),
    "mets": LabelMap.of({"WT": {1, 2, 3}, "TC": {1, 3}, "ET": {3}}),
    "msd_brats": LabelMap.of({"WT": {1, 2, 3}, "TC": {2, 3}, "ET": {3}}),
    "lesion": LabelMap.of({"lesion": {1}}),
}
"""Known codings.

- BraTS 2018 to 2021: 1 core without enhancement, 2 oedema, 4 enhancing.
- BraTS 2023 on, and its metastases: 1 core without enhancement, 2 oedema, 3 enhancing.
- BraTS 2024, gliomas after treatment: the same, and 4 resection cavity.
- Medical Segmentation Decathlon, Task 1: 1 oedema, 2 core without enhancement, 3 enhancing.
- Any lesion, as of multiple sclerosis: 1.
"""

Codes = str | tuple[tuple[str, tuple[int, ...]], ...]
"""A coding by its name, or its regions with their codes, which is a mapping that hashes."""


def find_label_map(coding: Codes) -> LabelMap:
    """The coding of that name, or of those regions.

    Raises:
        ParameterError: there is none of that name, or a code is outside 1..255.
    """
    if not isinstance(coding, str):
        return LabelMap.of(dict(coding))
    if coding not in LABEL_MAPS:
        raise ParameterError(
            f"Parameter `labels` should be auto, one of {sorted(LABEL_MAPS)}, or a mapping from "
            f"regions to codes such as {{WT: [1, 2, 4]}}. Found `labels = {coding}`."
        )
    return LABEL_MAPS[coding]


def parse_coding(text: str) -> Codes:
    """The coding that a command line gives: a name, or regions as in ``WT=1,2,4;TC=1,4;ET=4``.

    Raises:
        ParameterError: it is neither, or names a region twice.

    >>> parse_coding("brats2018"), parse_coding("WT=1,2;ET=2")
    ('brats2018', (('WT', (1, 2)), ('ET', (2,))))
    """
    if "=" not in text:
        return text
    regions: list[tuple[str, tuple[int, ...]]] = []
    for part in filter(None, text.split(";")):
        name, _, codes = (piece.strip() for piece in part.partition("="))
        if not name or not re.fullmatch(r"\d+(\s*,\s*\d+)*", codes):
            raise ParameterError(
                f"Option `--labels` should read WT=1,2,4;TC=1,4;ET=4. Found `{part.strip()}`."
            )
        if any(name == known for known, _ in regions):
            raise ParameterError(
                f"Option `--labels` should name each region once. Found {name} again."
            )
        regions.append((name, tuple(int(code) for code in codes.split(","))))
    return tuple(regions)
