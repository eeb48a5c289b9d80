"""``trainables train``: one network, without any search around it."""

import shlex
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import typer
from rich.table import Table

from trainables.commands.console import (
    Advance,
    log_on_stderr,
    make_table,
    print_json,
    progress_bar,
    progress_console,
    results_console,
)
from trainables.commands.exit_codes import INTERRUPTED
from trainables.commands.parameters import load_parameters
from trainables.commands.run_folder import RunFolder, replaced_folder
from trainables.compute.device import find_device
from trainables.config import load_train_config
from trainables.errors import DataError
from trainables.evaluation import METRICS
from trainables.ranks import joined_ranks
from trainables.report import Save
from trainables.segmentation import train


def train_network(
    path: Path, settings: Sequence[str], out: Path | None, resume: bool, as_json: bool
) -> None:
    """Train with the parameters of the file at `path` and print the last epoch's metrics.

    Of several processes that torchrun started, the first does all that is seen.

    Raises:
        ParameterError: the parameters or the folder `out` cannot be used.
        DataError: the data cannot be used.
        typer.Exit: the run was interrupted; its state is saved.
    """
    params = load_parameters(path, settings)
    config = load_train_config(params)
    folder = RunFolder(out or Path("trained") / path.stem)
    with ExitStack() as held:
        with joined_ranks(find_device(config.device).type) as ranks:
            if not ranks.is_first:
                train(params, _say_nothing, ranks.from_first(None))
                return
            _refuse_problems(params)
            held.enter_context(folder.held())
            checkpoint = ranks.from_first(folder.begin(params, resume))
            try:
                _train(folder, params, config.epochs, checkpoint)
            except KeyboardInterrupt:
                _say_how_to_resume(folder, path, settings)
                raise typer.Exit(INTERRUPTED) from None
        _export(folder, params)
        _print_end(folder, as_json)


def _refuse_problems(params: Mapping[str, object]) -> None:
    problems = train.check(params)
    if problems:
        raise DataError(problems)


def _train(
    folder: RunFolder, params: Mapping[str, object], num_epochs: int, checkpoint: Path | None
) -> None:
    with (
        sigterm_as_interrupt(),
        log_on_stderr(),
        progress_bar("training", num_epochs, folder.saved_epoch()) as advance,
    ):
        train(params, FolderReport(folder, num_epochs, advance), checkpoint)


def _say_nothing(metrics: Mapping[str, float], step: int, save: Save | None = None) -> None:
    """Is never called: the first process reports."""


@contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
    """Within the block SIGTERM, like Ctrl-C, raises KeyboardInterrupt."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class FolderReport:
    """A `Report` that writes to a run's folder and says one line per epoch.

    Holds the folder, the number of epochs, where lines go, and when the last epoch ended.
    """

    def __init__(self, folder: RunFolder, num_epochs: int, advance: Advance) -> None:
        """Write to `folder`; call `advance` with the line of each of `num_epochs` epochs."""
        self._folder = folder
        self._num_epochs = num_epochs
        self._advance = advance
        self._since = time.perf_counter()

    def __call__(self, metrics: Mapping[str, float], step: int, save: Save | None = None) -> None:
        """Record `metrics` and the state behind them, then say so."""
        self._folder.record(metrics, step, save)
        now = time.perf_counter()
        elapsed_s, self._since = now - self._since, now
        shown = [f"{text} {metrics[name]:.4f}" for name, text in _SHOWN.items() if name in metrics]
        width = len(str(self._num_epochs))
        epoch = f"epoch {step:>{width}}/{self._num_epochs}"
        self._advance("  ".join([epoch, *shown, f"{elapsed_s:.1f} s"]))


_SHOWN = {
    "train_loss": "loss",
    "interior_error": "interior error",
    "boundary_error": "boundary error",
    "dice": "Dice",
}
"""What the line of an epoch shows of its metrics, and how it is called there."""


def _say_how_to_resume(folder: RunFolder, path: Path, settings: Sequence[str]) -> None:
    console = progress_console()
    if folder.checkpoint() is None:
        console.print("interrupted before the first epoch ended: nothing was saved", markup=False)
        return
    options = "".join(f" --set {shlex.quote(setting)}" for setting in settings)
    console.print("interrupted; the last whole epoch is saved. Carry on with:")
    console.print(f"  trainables train {path}{options} --out {folder.path}", markup=False)


def _export(folder: RunFolder, params: Mapping[str, object]) -> None:
    checkpoint = folder.checkpoint()
    if checkpoint is not None:
        with replaced_folder(folder.model) as model:
            train.export(checkpoint, params, model)


def _print_end(folder: RunFolder, as_json: bool) -> None:
    last = dict(folder.rows()[-1])
    epoch = int(last.pop("epoch"))
    if as_json:
        print_json({"model": str(folder.model), "epoch": epoch, "metrics": last})
        return
    console = results_console()
    console.print(_metrics_table(f"after epoch {epoch}", last))
    console.print(f"model  {folder.model}", soft_wrap=True, markup=False)


def _metrics_table(title: str, metrics: Mapping[str, float]) -> Table:
    """Validation means, their value in each region, and the means on the test cases."""
    regions = [name.removeprefix("dice/") for name in metrics if name.startswith("dice/")]
    rows = []
    for name in METRICS:
        keys = [name, *(f"{name}/{region}" for region in regions), f"test/{name}"]
        values = [metrics.get(key) for key in keys]
        digits = 1 if name == "hd95" else 4
        rows.append([name, *("" if v is None else f"{v:.{digits}f}" for v in values)])
    return make_table(title, ["metric", "validation", *regions, "test"], rows)
