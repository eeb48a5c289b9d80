"""Small data sets in a cache of their own, for its tests."""

import torch
from folders import cases_of

from trainables.data.cache import find_cache
from trainables.data.case_files import digest_cases
from trainables.data.config import DataConfig
from trainables.data.keys import code_version, entry_key
from trainables.data.labels import LABEL_MAPS
from trainables.data.phantom import write_phantom
from trainables.data.preprocessing import Recipe
from trainables.data.stored_cases import Entry

LABELS = LABEL_MAPS["brats2018"]
VOLUMES = ("image", "label", "phi", "depth")


def write_data(root, cases=4):
    write_phantom(root, cases, seed=0, size=(24, 24, 20), spacing_mm=(6.0, 6.0, 7.0))
    return root


def entries_of(root, folder, blocks=1):
    """The entry of every case below `root`, in the cache `folder`."""
    cache = find_cache(DataConfig(root=str(root), cache=str(folder)))
    cases = cases_of(root)
    digests, code = digest_cases(cases), code_version()
    recipes = [Recipe(c, LABELS, None, "float32", blocks) for c in cases]
    return [Entry(recipe, cache, entry_key(recipe, digests, code)) for recipe in recipes]


def same(first, second):
    """Whether two cases are equal, bit for bit."""
    volumes = all(torch.equal(getattr(first, n), getattr(second, n)) for n in VOLUMES)
    ones, others = first.points.to_tensors(), second.points.to_tensors()
    points = all(torch.equal(ones[name], others[name]) for name in ones)
    facts = (first.case_id, first.spacing_mm) == (second.case_id, second.spacing_mm)
    return volumes and points and facts
