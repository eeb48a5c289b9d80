"""Pictures of many cases in a folder, and their contact sheet."""

from collections.abc import Callable, Mapping
from pathlib import Path

from trainables.evaluation.measures import Rows
from trainables.reporting.pairing import Pair
from trainables.reporting.pictures.overlay import save_case
from trainables.reporting.pictures.sheet import choose_cases, save_sheet
from trainables.reporting.pictures.slices import cut_case
from trainables.reporting.reading import Coding


def draw_album(
    pairs: Mapping[str, Pair],
    rows: Rows,
    coding: Coding,
    folder: Path,
    advance: Callable[[str], None],
) -> Path:
    """Write ``FOLDER/CASE.png`` of every pair and the contact sheet; returns the sheet.

    Args:
        pairs: by case id, at least one.
        rows: measures of each.
        coding: what label codes mean.
        folder: made where it is missing; pictures of the same names are replaced.
        advance: called with a line after each case.

    Raises:
        DataError: a file cannot be read or lies on another grid.
    """
    folder.mkdir(parents=True, exist_ok=True)
    regions = coding.reference.names
    chosen = choose_cases(rows)
    on_sheet = {case_id for cases in chosen.values() for case_id in cases}
    cuts = {}
    for case_id, pair in pairs.items():
        cut = cut_case(pair, coding)
        save_case(cut, case_id, rows[case_id], regions, folder)
        if case_id in on_sheet:
            cuts[case_id] = cut
        advance(f"{case_id} drawn")
    return save_sheet(cuts, chosen, rows, regions, folder)
