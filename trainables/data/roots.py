"""Where the data are on this node, which a recipe need not know: as named, or a bucket's copy."""

from pathlib import Path

from trainables.data.buckets.address import is_in_bucket, parse_address
from trainables.data.buckets.mirror import mirror
from trainables.data.cache import cache_folder, default_folder
from trainables.data.config import DataConfig


def locate(config: DataConfig, version: str | None = None) -> tuple[DataConfig, str | None]:
    """`config` with a root on this node, and the version of the bucket that it is a copy of.

    Args:
        config: Whose root may be in a bucket; another is left as it is, and has no version.
        version: The state of the bucket that is wanted; the present one where None.

    Raises:
        DataError: the bucket cannot be read or copied, or is in another state.
    """
    if not is_in_bucket(config.root):
        return config, None
    found = mirror(parse_address(config.root), cache_folder(config), version)
    return config.model_copy(update={"root": str(found.root)}), found.version


def local_root(root: Path) -> Path:
    """`root`, or this node's copy of it where it is the address of a bucket.

    Raises:
        DataError: the bucket cannot be read or copied.
    """
    if not is_in_bucket(str(root)):
        return root
    return mirror(parse_address(str(root)), default_folder()).root
