"""The Ray runtime a sweep runs on: its environment, its start and its end."""

import gc
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from pareto_search.errors import UnreachableError
from pareto_search.execution.admission import choose_authentication
from pareto_search.execution.reaching import ADVICE, check_address

_ENVIRONMENT = {
    "RAY_AIR_NEW_OUTPUT": "0",  # Ray's own tables
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # the coming default; without it Ray warns
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",  # what Ray says of nodes would be among results, on stdout
    "RAY_CHDIR_TO_TRIAL_DIR": "0",  # relative data paths of a recipe stay valid in workers
    "RAY_USAGE_STATS_ENABLED": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # nearly half of the time of a short trial
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # ours keeps running trials resumable
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",  # else one silent trial ends the whole sweep
    "TUNE_GLOBAL_CHECKPOINT_S": "3600",  # the journal is the truth, Tune's snapshot is not read
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",  # the ledger tells; a trial that moves is no error
    "TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S": "0",
}
_OF_THE_CLUSTER = ("RAY_USAGE_STATS_ENABLED",)
"""What whoever starts a cluster decides, not who uses it."""


def prepare_environment(address: str | None = None) -> None:
    """Set what Ray reads from the environment, where the user has not; before Ray is imported.

    `address` is that of the Ray that is meant; None: one of this process's own.
    """
    for key, value in _ENVIRONMENT.items():
        os.environ.setdefault(key, value)
    choose_authentication(os.environ, address)


@contextmanager
def ray_runtime(address: str | None = None) -> Iterator[None]:
    """The Ray at `address` for the time of the block, or a local one of its own.

    `address` is ``HOST:PORT`` or ``auto``: the one that was started on this machine, or that this
    process is a job of. A local one's session files lie in a temporary directory that goes with
    it. Where this process is connected to a Ray already, that is used and left.

    Raises:
        UnreachableError: Ray did not start, none answers at `address`, or it refuses us.
    """
    import ray

    if ray.is_initialized():
        yield
        return
    with _connected(address) if address else _local():
        yield


@contextmanager
def _local() -> Iterator[None]:
    # short on purpose: Ray keeps Unix sockets below it, whose paths may have 107 bytes
    place = tempfile.mkdtemp(prefix="ray-")
    try:
        _start(place)
        yield
    finally:
        _shut_down()
        shutil.rmtree(place, ignore_errors=True)


def _start(place: str) -> None:
    """Start it; a second time where the machine was too busy for the 30 s that Ray gives it."""
    import ray

    for is_last in (False, True):
        try:
            ray.init(
                address="local",
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
                _temp_dir=place,
            )
        except Exception as error:  # a slow node is a bare Exception of Ray's
            if is_last or "timed out during startup" not in str(error):
                raise UnreachableError(f"Ray did not start on this machine: {error}") from error
            ray.shutdown()
        else:
            return


@contextmanager
def _connected(address: str) -> Iterator[None]:
    import ray

    check_address(address)
    # what this process has set for itself, the workers of a cluster read on their own machines
    variables = {key: os.environ[key] for key in _ENVIRONMENT if key not in _OF_THE_CLUSTER}
    try:
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level=logging.ERROR,
            runtime_env={"env_vars": variables},
        )
    except Exception as error:  # Ray has no common root for what goes wrong here
        reason = str(error).strip().partition("\n")[0]
        raise UnreachableError(f"No Ray answers at `{address}`: {reason} {ADVICE}") from error
    try:
        yield
    finally:
        _shut_down()


def _shut_down() -> None:
    """End this process's part in Ray while no other thread collects garbage.

    Handles of actors and objects that Tune leaves in cycles tell Ray when they are collected. At
    the wrong moment of its end Ray takes that for a grave fault and ends the whole process.
    """
    import ray

    gc.collect()
    was_on = gc.isenabled()
    gc.disable()
    try:
        ray.shutdown()
    finally:
        if was_on:
            gc.enable()
