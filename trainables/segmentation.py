"""The segmentation trainable: ``trainables.segmentation:train``.

Importing it costs nothing: torch, MONAI and nibabel enter with the first call.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, final

from trainables.errors import DataError, ParameterError
from trainables.report import Expects, Report

if TYPE_CHECKING:
    from trainables.config import TrainConfig
    from trainables.data.config import DataConfig
    from trainables.data.preparing import Prepared

Params = Mapping[str, Any]


@final
class Segmentation:
    """Trains one network on segmented cases, and answers a host's questions about doing so.

    Example::

        train({"data": {"root": "demo/phantom"}, "epochs": 2}, report=print, checkpoint=None)

    `fixed` is what no search may vary: it says on what, and by what, a trial is judged, and how
    much of a machine it has.
    """

    fixed: ClassVar = ("data", "evaluation", "compute.processes")

    def __call__(self, params: Params, report: Report, checkpoint: Path | None = None) -> None:
        """Train as `params` (see `TrainConfig`) say and report after every epoch.

        Every report has `interior_error` and `boundary_error`; see `train_epochs`. With
        ``compute.processes`` above 1 others train along, see `trainables.companions`.

        Raises:
            ParameterError: the parameters or the checkpoint cannot be used.
            DataError: the data cannot be used, or are others than the host `Expects`.
            DivergenceError: the loss is not finite any more.
            OutOfMemoryError: it does not fit into memory.
            LostRankError: one of several processes has ended.
        """
        from trainables.companions import companions
        from trainables.config import load_train_config
        from trainables.training import train_epochs

        config = load_train_config(params)
        expected = dict(report.described) if isinstance(report, Expects) else {}
        place = None if checkpoint is None else str(checkpoint)
        job = {"params": params, "checkpoint": place, "described": expected}
        with companions(config.compute.processes, config.device, config.threads, job) as company:
            data = prepare(config, expected)
            company.gather()
            train_epochs(config, data, report, checkpoint)

    def check(self, params: Params) -> list[str]:
        """Everything wrong with `params`, else with the data they name; one sentence each.

        The data are looked at once a process for each data section.
        """
        from trainables.config import load_train_config

        try:
            config = load_train_config(params)
        except ParameterError as error:
            return str(error).splitlines()
        return list(_check_data(config.data.anchored()))

    def describe(self, params: Params) -> dict[str, str | int]:
        """Facts that make a run reproducible: name and digests of the data, sizes of its parts.

        `data_version` is the state of the bucket, where the data lie in one.

        `device` and `precision` are what ``auto`` means on this machine; workers may have others.

        Raises:
            ParameterError: the parameters cannot be used.
            DataError: the cases cannot be found or split.
        """
        from trainables.compute.device import find_device
        from trainables.compute.precision import name_precision
        from trainables.config import load_train_config

        config = load_train_config(params)
        device = config.device if config.device != "auto" else find_device("auto").type
        facts = _describe_data(config.data.anchored())
        precision = name_precision(config.compute, device, config.patch_size)
        return {**facts, "device": device, "precision": precision}

    def reads(self, params: Params) -> list[str]:
        """Paths that a run with `params` reads, which all machines that run it should have.

        The data; the files that a table names are not looked for. None where they lie in a bucket,
        which every machine copies for itself; none where the parameters cannot be used.
        """
        from trainables.config import load_train_config
        from trainables.data.buckets.address import is_in_bucket

        try:
            root = load_train_config(params).data.root
        except ParameterError:
            return []
        return [] if is_in_bucket(root) else [root]

    def export(self, checkpoint: Path, params: Params, out: Path) -> None:
        """Write the model of `checkpoint` to the folder `out`; see `trainables.bundle`.

        Raises:
            ParameterError: the parameters or the checkpoint cannot be used.
        """
        from trainables.bundle import write_bundle
        from trainables.config import load_train_config

        write_bundle(checkpoint, load_train_config(params), out)

    def serving(self, bundle: Path) -> dict[str, Any]:
        """How MLflow loads and calls the exported model in `bundle`; see `trainables.serving`.

        Raises:
            ParameterError: the folder holds no model.
        """
        from trainables.serving import describe_serving

        return describe_serving(bundle)


train = Segmentation()


def prepare(config: "TrainConfig", expected: Mapping[str, object]) -> "Prepared":
    """The data of a run, which are those that its host expects.

    Raises:
        DataError: they cannot be used, or are others.
    """
    from trainables.data.preparing import prepare_cases
    from trainables.data.roots import locate

    version = expected.get("data_version")
    data, _ = locate(config.data, None if version is None else str(version))
    prepared = prepare_cases(data)
    _refuse_other_data(prepared.digest, expected)
    return prepared


def _refuse_other_data(digest: str, expected: Mapping[str, object]) -> None:
    """Else a search would compare trials of different data, where a machine has others."""
    if expected.get("data_digest", digest) != digest:
        raise DataError(
            [
                "The data of every trial should be those that the search began with. Found others "
                "on this machine: put the same files there, or have all read one folder or bucket."
            ]
        )


@lru_cache(maxsize=8)
def _check_data(config: "DataConfig") -> tuple[str, ...]:
    from trainables.data.datasets import open_dataset
    from trainables.data.passed_checks import check_once
    from trainables.data.preparing import split_units
    from trainables.data.roots import locate

    try:
        config, _ = locate(config)
        problems = check_once(config)
        if problems:
            return tuple(problems)
        split_units(open_dataset(config).cases, config)
    except DataError as error:
        return error.problems
    return ()


@lru_cache(maxsize=8)
def _describe_data(config: "DataConfig") -> dict[str, str | int]:
    from trainables.data.cache import find_cache
    from trainables.data.case_files import data_digest, digest_cases
    from trainables.data.datasets import open_dataset
    from trainables.data.preparing import split_units
    from trainables.data.roots import locate

    name = Path(config.root).name
    config, version = locate(config)
    cases = open_dataset(config).cases
    split = split_units(cases, config)
    return {
        "data_name": name,
        **({} if version is None else {"data_version": version}),
        "data_digest": data_digest(cases, digest_cases(cases, find_cache(config))),
        "split_digest": split.digest,
        "n_train": len(split.train),
        "n_validation": len(split.validation),
        "n_test": len(split.test),
    }
