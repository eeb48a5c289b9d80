"""Where in a bucket data lie: ``s3://BUCKET/PREFIX``."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from trainables.errors import ParameterError

_SCHEME = re.compile("s3:/+", re.IGNORECASE)  # a Path has made one slash of the two


@dataclass(frozen=True, slots=True)
class Address:
    """What is below `prefix` of `bucket`, without slashes at its ends; all of it where empty.

    `table` is the name of a CSV file there whose paths are those of the cases, or empty.
    """

    bucket: str
    prefix: str
    table: str = ""

    @property
    def folder(self) -> str:
        """What every key begins with."""
        return f"{self.prefix}/" if self.prefix else ""

    @property
    def name(self) -> str:
        """The last part: what the folder is called."""
        return PurePosixPath(self.prefix).name or self.bucket

    @property
    def url(self) -> str:
        """As it is written."""
        return "/".join(part for part in (f"s3://{self.bucket}", self.prefix, self.table) if part)


def is_in_bucket(root: str) -> bool:
    """Whether `root` is the address of a bucket and no path.

    >>> is_in_bucket("s3://scans/brats"), is_in_bucket("scans/brats")
    (True, False)
    """
    return bool(_SCHEME.match(root))


def parse_address(root: str) -> Address:
    """The address that `root` is.

    Raises:
        ParameterError: it names no bucket.

    >>> parse_address("s3://scans/brats/cases.csv")
    Address(bucket='scans', prefix='brats', table='cases.csv')
    """
    parts = [part for part in _SCHEME.sub("", root).split("/") if part]
    if not parts or not is_in_bucket(root):
        raise ParameterError(
            "Parameter `root` should read s3://BUCKET/PREFIX to name data in a bucket. "
            f"Found `root = {root}`."
        )
    bucket, *path = parts
    table = path.pop() if path and path[-1].lower().endswith(".csv") else ""
    return Address(bucket, "/".join(path), table)
