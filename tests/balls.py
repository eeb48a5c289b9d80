"""Cases that training learns in seconds, for its tests: nested balls that the image shows."""

import torch

from trainables.data.distances import compact_distances
from trainables.data.labels import LabelMap, find_label_map
from trainables.data.preparing import Prepared
from trainables.data.preprocessing import PreparedCase, normalise
from trainables.data.sampling_points import find_points
from trainables.data.split import Split

NESTED = find_label_map("brats2018")
APART = LabelMap.of({"WT": {1}, "TC": {2}, "ET": {3}})
MODALITIES = ("t1", "t1ce", "t2", "flair")

SMALL = {
    "data": {"root": "nowhere"},
    "network": {"filters": 4, "levels": 2},
    "patch_size": [12, 12, 12],
    "epochs": 3,
    "steps_per_epoch": 4,
    "optimiser": {"learning_rate": 0.02},
    "device": "cpu",
    "compute": {"precision": "float32"},  # auto is bfloat16 where the processor has tiles of it
}
"""Parameters of a run of a second."""


def make_case(number):
    """Three nested balls of 5, 4 and 3 mm that the image shows, in noise."""
    generator = torch.Generator().manual_seed(number)
    centre = torch.randint(6, 10, (3, 1, 1, 1), generator=generator)
    radius = (torch.stack(torch.meshgrid(*[torch.arange(16)] * 3, indexing="ij")) - centre).float()
    label = torch.stack([radius.norm(dim=0) < size for size in (5, 4, 3)])
    image = label.float().sum(0) + 0.3 * torch.randn(4, 16, 16, 16, generator=generator)
    return prepared_case(f"case-{number}", image, label, (1.0, 1.0, 1.0))


def prepared_case(case_id, image, label, spacing_mm):
    """A case of this image (M, X, Y, Z) and label (C, X, Y, Z)."""
    phi, depth = compact_distances(label, spacing_mm)
    points = find_points(label, phi, spacing_mm)
    return PreparedCase(case_id, normalise(image), label, phi, depth, spacing_mm, points)


def make_data():
    """Two cases to train on, one to validate with and one to test with."""
    return prepared([make_case(number) for number in range(4)])


def prepared(cases, is_nested=True):
    """`cases` as data: the last to test with, the one before to validate with."""
    parts = (tuple(cases[:-2]), (cases[-2],), (cases[-1],))
    split = Split(*(tuple(case.case_id for case in part) for part in parts))
    labels = NESTED if is_nested else APART
    return Prepared(*parts, split, "digest", labels, MODALITIES)
