"""LCBench: training curves of small networks on 34 tables of data, by the surrogate of YAHPO Gym.

Zimmer, Lindauer and Hutter (2021), Auto-PyTorch Tabular, doi:10.1109/TPAMI.2021.3067763;
Pfisterer, Schneider, Moosbauer, Binder and Bischl (2022), YAHPO Gym, PMLR 188, arXiv:2109.03670.
The surrogate is an ONNX network, which this module alone opens; the data are not ours to ship.
"""

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NoReturn

import numpy as np
import numpy.typing as npt

from pareto_search.errors import Problem, RecipeError
from pareto_search.objective import Objective
from pareto_search.space import Float, Int, Point, Space, digest

Pair = Literal["accuracy", "time"]

EPOCHS = 52
_INPUTS = (
    "batch_size",
    "learning_rate",
    "momentum",
    "weight_decay",
    "num_layers",
    "max_units",
    "max_dropout",
)
"""The network's inputs after the epoch, in its order."""
_OUTPUTS = (
    "time_s",
    "accuracy_percent",
    "cross_entropy",
    "balanced_accuracy",
    "test_cross_entropy",
    "test_balanced_accuracy",
)
"""Its outputs, in its order: seconds of training so far, then what validation and test find."""
_REFERENCES: Mapping[Pair, tuple[Objective, ...]] = {
    "accuracy": (
        Objective(name="accuracy_percent", direction="maximize", reference=0.0),
        Objective(name="cross_entropy", reference=3.0),
    ),
    "time": (
        Objective(name="balanced_error", reference=1.0),
        Objective(name="time_s", reference=3000.0),
    ),
}
"""Reference points that hold what any of the tasks reports, apart from its slowest configurations.

The networks of a few large tasks (189354 and others) train for longer than 3000 s: there `time_s`
counts where it is less.
"""


@dataclass(frozen=True)
class LCBench:
    """The task of that number, reported after each of 52 epochs; `pair` names its objectives.

    - ``accuracy``: validation accuracy in percent and cross entropy, much alike;
    - ``time``: validation error, balanced over classes, against seconds of training: a trade-off.

    A trial takes the seconds that the surrogate tells, so a cheap configuration is cheap to try.
    The surrogate's time is not quite rising with the epoch; here it is, by its largest so far.
    """

    task: str
    pair: Pair
    space: Space = field(repr=False)
    _curves: "_Curves" = field(repr=False, compare=False)
    steps: int = EPOCHS
    constraints: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """``lcbench-TASK-PAIR``."""
        return f"lcbench-{self.task}-{self.pair}"

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """The two of the pair."""
        return _REFERENCES[self.pair]

    def evaluate(self, point: Point, step: int, seed: int) -> dict[str, float]:  # noqa: ARG002
        """All outputs at epoch `step`, and `balanced_error`; without noise."""
        row = self._curves.at(point)[step - 1]
        metrics = {key: float(value) for key, value in zip(_OUTPUTS, row, strict=True)}
        return metrics | {"balanced_error": 1.0 - metrics["balanced_accuracy"]}

    def duration_s(self, point: Point, step: int, seed: int) -> float:  # noqa: ARG002
        """Seconds of training up to epoch `step`."""
        return float(self._curves.at(point)[step - 1, 0])


def make_lcbench(folder: Path, task: str, pair: Pair = "accuracy") -> LCBench:
    """The problem of the surrogate in `folder` for the OpenML task of number `task`.

    Raises:
        RecipeError: the folder, the task or onnxruntime is not there.
    """
    for name in ("model.onnx", "encoding.json", "config_space.json"):
        if not (folder / name).is_file():
            _refuse(f"A folder of LCBench should hold `{name}`.", f"Found none in {folder}.")
    known = _known(folder)
    tasks = known["OpenML_task_id"]["choices"]
    if task not in tasks:
        hint = f"There are {', '.join(tasks)}."
        _refuse("A task of LCBench should be one of its 34.", f"Found `{task}`.", hint)
    code = json.loads((folder / "encoding.json").read_text())["OpenML_task_id"][task]
    space = {name: _parameter(known[name]) for name in _INPUTS}
    return LCBench(task, pair, space, _Curves(_session(folder), code))


class _Curves:
    """Holds the network, and the curves of the points last asked for."""

    _MOST = 4096

    def __init__(self, session: Any, code: int) -> None:  # noqa: ANN401  no types in onnxruntime
        self._session, self._code = session, code
        self._known: dict[str, npt.NDArray[np.float64]] = {}

    def at(self, point: Point) -> npt.NDArray[np.float64]:
        """Every output (columns) after every epoch (rows)."""
        key = digest(point)
        if key not in self._known:
            if len(self._known) == self._MOST:
                self._known.pop(next(iter(self._known)))
            self._known[key] = self._curve(point)
        return self._known[key]

    def _curve(self, point: Point) -> npt.NDArray[np.float64]:
        inputs = np.empty((EPOCHS, 1 + len(_INPUTS)), dtype=np.float32)
        inputs[:, 0] = np.arange(1, EPOCHS + 1)
        inputs[:, 1:] = [float(point[name]) for name in _INPUTS]
        task = np.full((EPOCHS, 1), self._code, dtype=np.int32)
        (outputs,) = self._session.run(["output"], {"x_cat": task, "x_cont": inputs})
        curve = np.asarray(outputs, dtype=np.float64)
        curve[:, 0] = np.maximum.accumulate(curve[:, 0])
        return curve


def _known(folder: Path) -> dict[str, dict[str, Any]]:
    """What the surrogate was made for: the task, the epoch and each parameter, by name."""
    content = json.loads((folder / "config_space.json").read_text())
    return {known["name"]: known for known in content["hyperparameters"]}


def _parameter(given: Mapping[str, Any]) -> Float | Int:
    bounds = {"low": given["lower"], "high": given["upper"], "log": given["log"]}
    if given["type"] == "uniform_int":
        return Int(type="int", **bounds)
    return Float(type="float", **bounds)


def _session(folder: Path) -> Any:  # noqa: ANN401
    """The network on one core: simulations run beside each other."""
    try:
        onnxruntime = importlib.import_module("onnxruntime")
    except ModuleNotFoundError:
        hint = "Install it with `pip install 'pareto-search[lcbench]'`."
        _refuse("LCBench needs onnxruntime.", "Found none.", hint)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(
        str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
    )


def _refuse(rule: str, found: str, hint: str = "") -> NoReturn:
    raise RecipeError([Problem(rule, found, key="lcbench", hint=hint)])
