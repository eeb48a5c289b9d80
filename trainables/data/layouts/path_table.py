"""Any other layout, by a table of paths: a CSV file, or a folder with a file ``cases.csv``.

::

    case,patient,t1,flair,label,rater_1
    A-1,A,scans/a1_t1.nii.gz,scans/a1_flair.nii.gz,masks/a1.nii.gz,masks/a1_by_1.nii.gz

`patient` (told by the case's id where there is no such column), `label`, `truth` and columns that
begin with `rater` are optional and may be empty; every other column is a modality. Paths are
relative to the table's folder. Columns may also be separated by semicolons.
"""

import csv
from collections.abc import Sequence
from pathlib import Path

from trainables.data.cases import Case
from trainables.data.labels import LabelMap, find_label_map
from trainables.data.layouts.patients import patient_of
from trainables.errors import DataError

WANTED = "a table cases.csv with the columns case, label and one for each modality"
NAME = "cases.csv"
_OTHERS = ("case", "patient", "label", "truth")
Row = dict[str, str]


def is_there(root: Path) -> bool:
    """Whether `root` is a table or holds one."""
    return _table(root).is_file()


def list_cases(root: Path) -> list[Case]:
    """The cases of the table, by id, whether or not their files are there.

    Raises:
        DataError: a column is missing, or a row lacks its case or a modality.
    """
    table = _table(root)
    columns, rows = _read(table)
    modalities = tuple(c for c in columns if c not in _OTHERS and not c.startswith("rater"))
    _require_columns(table, columns, modalities)
    problems = [
        f"Line {line} of {table} should fill the column {column}. Found it empty."
        for line, row in enumerate(rows, start=2)
        for column in ("case", *modalities)
        if not row[column]
    ]
    if problems:
        raise DataError(problems)
    cases = [_read_row(row, modalities, table.parent) for row in rows]
    return sorted(cases, key=lambda case: case.case_id)


def propose_labels(_root: Path) -> LabelMap:
    """One region of code 1: a table says nothing of codes."""
    return find_label_map("lesion")


def _table(root: Path) -> Path:
    return root if root.suffix.lower() == ".csv" else root / NAME


def _read(table: Path) -> tuple[list[str], list[Row]]:
    try:
        text = table.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError([f"Table {table} should be readable text. Found: {error}."]) from error
    lines = [line for line in text.splitlines() if line.strip()]
    joint = ";" if lines and ";" in lines[0] and "," not in lines[0] else ","
    cells = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=joint)]
    heads = cells[0] if cells else []
    columns = [name.lower() if name.lower() in _OTHERS else name for name in heads]
    uneven = [n for n, row in enumerate(cells, start=1) if len(row) != len(columns)]
    if uneven:
        rule = f"should have {len(columns)} columns, as its first line has"
        raise DataError([f"Line {n} of {table} {rule}. Found {len(cells[n - 1])}." for n in uneven])
    return columns, [dict(zip(columns, row, strict=True)) for row in cells[1:]]


def _require_columns(table: Path, columns: Sequence[str], modalities: Sequence[str]) -> None:
    found = ", ".join(columns) or "none"
    rules = {
        "have a column `case`": "case" in columns,
        "have a column for each modality, such as `t1`": bool(modalities),
        "name each column once": len(set(columns)) == len(columns),
    }
    broken = [rule for rule, holds in rules.items() if not holds]
    problems = [f"Table {table} should {rule}. Found {found}." for rule in broken]
    if problems:
        raise DataError(problems)


def _read_row(row: Row, modalities: tuple[str, ...], folder: Path) -> Case:
    label, truth = (folder / row[n] if row.get(n) else None for n in ("label", "truth"))
    raters = [folder / path for name, path in row.items() if name.startswith("rater") and path]
    return Case(
        row["case"],
        row.get("patient") or patient_of(row["case"]),
        tuple(folder / row[modality] for modality in modalities),
        modalities,
        label,
        truth,
        tuple(raters),
    )
