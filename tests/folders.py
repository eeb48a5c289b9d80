"""What lies in a folder of scans, in one call."""

from trainables.data.config import DataConfig
from trainables.data.datasets import list_dataset, open_dataset


def cases_of(root, **settings):
    """Every case below `root`, all complete."""
    return list(open_dataset(DataConfig(root=str(root), **settings)).cases)


def listed(root, **settings):
    """Every case below `root`, complete or not."""
    return list(list_dataset(DataConfig(root=str(root), **settings)).cases)
