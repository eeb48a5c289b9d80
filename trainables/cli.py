"""The command line `trainables`: options, errors and exit codes; the work is done elsewhere.

Results go to stdout, progress and messages to stderr. Heavy modules are imported by the command
that needs them, so that ``--help`` answers at once.

Exit codes: 0 done; 1 problems found by `check`, cases that `predict` could not read, a training run
that diverged, or an unexpected error; 2 wrong usage, parameters or data; 130 interrupted.
"""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from trainables.commands.plain_warnings import plain_warnings
from trainables.errors import DataError, ParameterError, TrainablesError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Labels = Annotated[
    str,
    typer.Option(
        help="What label codes mean: a coding's name, or WT=1,2,4;TC=1,4;ET=4; auto asks the data.",
        metavar="CODING",
    ),
]
Data = Annotated[
    Path, typer.Argument(help="Folder of cases, or a CSV file of their paths.", metavar="DATA")
]
_state = {"debug": False}


class Against(StrEnum):
    """What predictions are compared with."""

    SEG = "seg"
    TRUTH = "truth"


class Missing(StrEnum):
    """What becomes of cases without a prediction."""

    SKIP = "skip"
    WORST = "worst"


class LayoutChoice(StrEnum):
    """How the files of a data folder are named."""

    AUTO = "auto"
    BRATS = "brats"
    BRATS2023 = "brats2023"
    MSD = "msd"
    NNUNET = "nnunet"
    CSV = "csv"


class Device(StrEnum):
    """What to compute on."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
) -> None:
    """Train, evaluate and run uncertainty-aware segmentation networks, one at a time."""
    _state["debug"] = debug


@app.command()
def phantom(
    out: Annotated[Path, typer.Argument(help="Folder to write the cases to.", metavar="OUT")],
    cases: Annotated[int, typer.Option(help="Number of patients.")] = 12,
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 0,
    size: Annotated[
        tuple[int, int, int], typer.Option(help="Voxels along X, Y, Z.", metavar="X Y Z")
    ] = (64, 64, 64),
    spacing: Annotated[
        tuple[float, float, float], typer.Option(help="Voxel size in mm.", metavar="X Y Z")
    ] = (1.0, 1.0, 1.0),
    raters: Annotated[int, typer.Option(help="Raters who label each patient.")] = 4,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace cases of the same names in OUT.")
    ] = False,
) -> None:
    """Write phantom patients: four modalities, label, latent truth and raters, as NIfTI."""
    from trainables.commands.phantoms import write_phantoms

    write_phantoms(out, cases, seed, size, spacing, raters, overwrite)


@app.command()
def check(
    data: Data,
    labels: Labels = "auto",
    layout: Annotated[LayoutChoice, typer.Option(help="How files are named.")] = LayoutChoice.AUTO,
    as_json: AsJson = False,
) -> None:
    """Read every case, say what a data folder holds and all that is wrong; exit code 1 if any."""
    from trainables.commands.checking import check_data

    raise typer.Exit(check_data(data, labels, layout.value, as_json))


@app.command()
def train(
    params: Annotated[Path, typer.Argument(help="Parameters, a YAML file.", metavar="PARAMS.yaml")],
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="Override a key: fuzzy.width_mm=2. May be repeated.", metavar="KEY=VALUE"
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of this run; trained/PARAMS by default.", metavar="DIR"),
    ] = None,
    resume: Annotated[
        bool, typer.Option(help="Carry on from the last epoch of DIR, or start anew.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Train one network and export it to DIR/model."""
    from trainables.commands.training import train_network

    train_network(params, settings or [], out, resume, as_json)


@app.command()
def evaluate(
    predictions: Annotated[
        Path,
        typer.Argument(
            help="Folder of CASE_seg.nii.gz or CASE.nii.gz files.", metavar="PREDICTIONS"
        ),
    ],
    data: Data,
    against: Annotated[
        Against, typer.Option(help="seg: the label; truth: what is there (phantoms).")
    ] = Against.SEG,
    labels: Labels = "auto",
    layout: Annotated[
        LayoutChoice, typer.Option(help="How files of DATA are named.")
    ] = LayoutChoice.AUTO,
    prediction_labels: Annotated[
        str | None,
        typer.Option(help="The same of predictions; those of predict say it.", metavar="CODING"),
    ] = None,
    suffix: Annotated[
        str | None,
        typer.Option(help="What follows CASE in names of predictions.", metavar="_TEXT.nii.gz"),
    ] = None,
    missing: Annotated[
        Missing, typer.Option(help="Cases without a prediction: skip, or worst: score as empty.")
    ] = Missing.SKIP,
    versus: Annotated[
        Path | None,
        typer.Option(help="Predictions of another model, compared pair by pair.", metavar="DIR"),
    ] = None,
    raters: Annotated[
        bool, typer.Option("--raters", help="Compare with every rater of CASE/raters as well.")
    ] = False,
    band_mm: Annotated[float, typer.Option(help="Half-width of the boundary band, mm.")] = 2.0,
    tolerance_mm: Annotated[float, typer.Option(help="Tolerance of surface Dice, mm.")] = 1.0,
    lesion_overlap: Annotated[
        float, typer.Option(help="A lesion is found above this part of it; 0: by one voxel.")
    ] = 0.0,
    workers: Annotated[
        int | None,
        typer.Option(help="Cases at a time; one a processor by default, 8 at most.", min=1),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Write metrics.csv, summary.json and pictures there.", metavar="DIR"),
    ] = None,
    pictures: Annotated[
        Path | None, typer.Option(help="Draw every case and a contact sheet.", metavar="DIR")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, one row per case.")] = False,
    as_json: AsJson = False,
) -> None:
    """Score predictions of any tool: interior, boundary, Dice, HD95, lesions, calibration."""
    from trainables.commands.evaluating import Request, evaluate_predictions
    from trainables.evaluation import EvaluationConfig

    if as_csv and as_json:
        raise ParameterError("Options --csv and --json exclude each other. Found both: give one.")
    request = Request(
        predictions=predictions,
        data=data,
        against=against.value,
        labels=labels,
        layout=layout.value,
        prediction_labels=prediction_labels,
        suffix=suffix,
        missing=missing.value,
        versus=versus,
        raters=raters,
        config=EvaluationConfig(band_mm=band_mm, tolerance_mm=tolerance_mm),
        lesion_overlap=lesion_overlap,
        workers=workers,
        out=out,
        pictures=pictures,
        output="json" if as_json else "csv" if as_csv else "table",
    )
    evaluate_predictions(request)


@app.command()
def predict(
    cases: Annotated[
        list[Path],
        typer.Argument(
            help="Folder of a case, or of many, or a table; labels are not needed.", metavar="CASE"
        ),
    ],
    model: Annotated[
        list[Path],
        typer.Option(help="Folder of an exported model; several are averaged.", metavar="DIR"),
    ],
    out: Annotated[Path, typer.Option(help="Folder to write to.", metavar="DIR")],
    layout: Annotated[LayoutChoice, typer.Option(help="How files are named.")] = LayoutChoice.AUTO,
    mirror: Annotated[
        bool, typer.Option("--mirror", help="Average over mirror images too: 8 times as long.")
    ] = False,
    device: Annotated[Device, typer.Option(help="auto: an accelerator if there is one.")] = (
        Device.AUTO
    ),
    batch_size: Annotated[int, typer.Option(min=1, help="Windows at a time.")] = 1,
    probabilities: Annotated[
        bool, typer.Option(help="Write the probability of each region, the largest file.")
    ] = True,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Predict again what is there already.")
    ] = False,
) -> None:
    """Segment cases: labels, probabilities and uncertainty on the grid of the input.

    What is there already is not predicted again. Exit code 1 if a case could not be read.
    """
    from trainables.commands.predicting import Request, predict_folders

    request = Request(
        folders=tuple(cases),
        models=tuple(model),
        out=out,
        layout=layout.value,
        mirror=mirror,
        device=device.value,
        overwrite=overwrite,
        with_probabilities=probabilities,
        batch_size=batch_size,
    )
    raise typer.Exit(predict_folders(request))


def main() -> None:
    """Run the command line; every error ends with one message and its exit code."""
    try:
        with plain_warnings(lambda: _state["debug"]):
            app()
    except TrainablesError as error:
        if _state["debug"]:
            raise
        for line in str(error).splitlines():
            typer.echo(f"error: {line}", err=True)
        sys.exit(2 if isinstance(error, ParameterError | DataError) else 1)
    except Exception as error:  # the last resort: one line instead of a traceback
        if _state["debug"]:
            raise
        typer.echo(f"error: unexpected {type(error).__name__}: {error}", err=True)
        typer.echo("`trainables --debug ...` shows where. Please report it.", err=True)
        sys.exit(1)
