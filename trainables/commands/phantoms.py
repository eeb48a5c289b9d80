"""``trainables phantom``: a data set made from a seed."""

from pathlib import Path

from trainables.commands.console import progress_bar
from trainables.commands.out_folder import check_empty, check_out_folder
from trainables.data.phantom import write_phantom


def write_phantoms(
    out: Path,
    cases: int,
    seed: int,
    size: tuple[int, int, int],
    spacing_mm: tuple[float, float, float],
    raters: int,
    overwrite: bool,
) -> None:
    """Write the cases below `out`, one line of progress each, and print their folders.

    Raises:
        ParameterError: a number is out of its range, `out` cannot be written to, or it holds
            something and `overwrite` is not set.
    """
    check_out_folder(out)
    if not overwrite:
        check_empty(out)
    with progress_bar("phantoms", cases) as advance:
        folders = write_phantom(
            out,
            cases,
            seed,
            size,
            spacing_mm,
            raters,
            progress=lambda done, total: advance(f"case {done}/{total} written"),
        )
    for folder in folders:
        print(folder)  # noqa: T201  stdout is where results go
