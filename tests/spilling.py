"""Whether a secret lies in any file below a folder."""

import base64
import sqlite3
from contextlib import closing
from pathlib import Path


def holding(folder: Path, secret: str) -> list[str]:
    """The files below `folder` whose name or content has `secret` in it, as it is or encoded."""
    forms = [secret.encode(), base64.b64encode(secret.encode()).rstrip(b"=")]
    return [
        str(file.relative_to(folder))
        for file in sorted(folder.rglob("*"))
        if secret in file.name or (file.is_file() and _has(file, forms))
    ]


def rows_of(store: Path) -> int:
    """How many rows the SQLite file `store` has, so that a search of it did not search nothing."""
    with closing(sqlite3.connect(store)) as database:
        names = [
            name
            for (name,) in database.execute("select name from sqlite_master where type='table'")
        ]
        return sum(
            database.execute(f'select count(*) from "{name}"').fetchone()[0] for name in names
        )


def _has(file: Path, forms: list[bytes]) -> bool:
    content = file.read_bytes()
    return any(form in content for form in forms)
