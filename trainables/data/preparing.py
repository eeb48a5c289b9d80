"""From a data section to cases that can be trained on: kept in the cache, and dealt out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from trainables.data.cache import Cache, find_cache
from trainables.data.case_files import data_digest, digest_cases
from trainables.data.cases import Case
from trainables.data.config import DataConfig
from trainables.data.datasets import open_dataset
from trainables.data.filling import fill, prepare_all
from trainables.data.keys import code_version, entry_key
from trainables.data.labels import LabelMap
from trainables.data.preprocessing import PreparedCase, Recipe, block_ids
from trainables.data.split import Split, split_patients
from trainables.data.stored_cases import Entry, StoredCases, Unit


@dataclass(frozen=True, slots=True)
class Prepared:
    """The three parts of a data set, with the digests that name its content and its split.

    `labels` are the C regions that labels hold and `modalities` the M channels of images. Where
    the cases are kept in the cache, parts open them when asked, and pickle to a few bytes a case.
    """

    train: Sequence[PreparedCase]
    validation: Sequence[PreparedCase]
    test: Sequence[PreparedCase]
    split: Split
    digest: str
    labels: LabelMap
    modalities: tuple[str, ...]

    @property
    def regions(self) -> tuple[str, ...]:
        """Names of the C regions."""
        return self.labels.names

    @property
    def is_nested(self) -> bool:
        """Whether each region holds the next one."""
        return self.labels.is_nested


def prepare_cases(config: DataConfig) -> Prepared:
    """Every case below ``config.root``, prepared and dealt out.

    What ``config.cache`` keeps is not prepared again; what it lacks is, and kept. The last answer
    also stays in the process, so that a worker looks once for many trials; it does not look again
    where files change. It belongs to the folder that a relative root means at the time, not to its
    spelling.

    Raises:
        DataError: a case cannot be read, has no label, or there are too few patients.
    """
    return _prepare_all(config.anchored())


def split_units(cases: Sequence[Case], config: DataConfig) -> Split:
    """The split of `cases`, or of their blocks, by id; reads no file.

    Raises:
        DataError: there are fewer than 3 patients (or blocks).
    """
    units = {case.case_id: case.patient_id for case in cases}
    if config.blocks > 1:
        names = [name for case in cases for name in block_ids(case.case_id, config.blocks)]
        units = dict(zip(names, names, strict=True))
    return split_patients(units, config.split_seed, config.fractions)


@lru_cache(maxsize=1)
def _prepare_all(config: DataConfig) -> Prepared:
    dataset = open_dataset(config)
    cases, labels = dataset.cases, dataset.labels
    split = split_units(cases, config)
    recipes = [_recipe(case, labels, config) for case in cases]
    cache = find_cache(config)
    digests = digest_cases(cases, cache)
    if cache is None:
        units: list[Unit | PreparedCase] = [*prepare_all(recipes, config.workers)]
    else:
        code = code_version()
        keys = [entry_key(recipe, digests, code) for recipe in recipes]
        units = _keep_all(recipes, keys, cache, config.workers)
    names = [name for recipe in recipes for name in recipe.unit_ids]
    by_name = dict(zip(names, units, strict=True))
    train, validation, test = (
        StoredCases(by_name[name] for name in part)
        for part in (split.train, split.validation, split.test)
    )
    digest = data_digest(cases, digests)
    return Prepared(train, validation, test, split, digest, labels, dataset.modalities)


def _recipe(case: Case, labels: LabelMap, config: DataConfig) -> Recipe:
    settings = config.preprocessing
    return Recipe(case, labels, settings.spacing_mm, settings.image_type, config.blocks)


def _keep_all(
    recipes: Sequence[Recipe], keys: Sequence[str], cache: Cache, workers: int | None
) -> list[Unit | PreparedCase]:
    """What `recipes` make, in their order: kept, or in memory where that fails."""
    entries = [Entry(recipe, cache, key) for recipe, key in zip(recipes, keys, strict=True)]
    held = fill(entries, workers)
    units: list[Unit | PreparedCase] = []
    for entry in entries:
        kept = [Unit(entry, number) for number in range(len(entry.recipe.unit_ids))]
        units += held.get(entry.key, kept)
    return units
