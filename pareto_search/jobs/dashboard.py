"""The one door to Ray's job server, which answers at the address of a cluster's dashboard."""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pareto_search.errors import Problem, RecipeError, SweepNotFoundError, UnreachableError
from pareto_search.jobs.job import Job
from pareto_search.storage.redaction import redact

SWEEP, STORAGE = "pareto_search.sweep", "pareto_search.storage"
"""Labels of a job, by which it is found again."""

SILENCE_S = 90.0
"""A connection that brings nothing for so long is taken to be lost: `run` says more often."""

_ANSWER_S = 10.0
_PORT = 8265
_OVERRIDING = ("RAY_API_SERVER_ADDRESS", "RAY_ADDRESS")
_TOKEN = (
    "Set RAY_AUTH_MODE=token, and the cluster's token as RAY_AUTH_TOKEN or its file as "
    "RAY_AUTH_TOKEN_PATH."
)


class Dashboard:
    """Submits, finds and stops the jobs of the cluster whose dashboard answers at `address`."""

    def __init__(self, address: str) -> None:
        """Connect.

        Raises:
            RecipeError: the address is none, or Ray's part for this is not installed.
            UnreachableError: nothing answers there, or not to this caller.
        """
        self.address = _normal(address)
        _knock(self.address)
        with self._asking():
            self._client = _client(self.address)
            self._client.list_jobs()  # the first call that asks for the token

    def jobs_of(self, sweep: str) -> list[Job]:
        """Every job of that sweep, the newest first."""
        with self._asking():
            found = self._client.list_jobs()
        jobs = [_job(one) for one in found if (one.metadata or {}).get(SWEEP) == sweep]
        return sorted(jobs, key=lambda job: job.began_at, reverse=True)

    def newest(self, sweep: str) -> Job:
        """The newest job of that sweep.

        Raises:
            SweepNotFoundError: there is none.
        """
        with self._asking():
            found = self._client.list_jobs()
        jobs = [_job(one) for one in found if SWEEP in (one.metadata or {})]
        own = [job for job in jobs if job.sweep == sweep]
        if not own:
            known = ", ".join(sorted({job.sweep for job in jobs})) or "none"
            raise SweepNotFoundError(
                f"No job of a sweep named `{sweep}` on {self.address}. Sweeps there: {known}."
            )
        return max(own, key=lambda job: job.began_at)

    def job(self, job_id: str) -> Job:
        """How that job stands now."""
        with self._asking():
            return _job(self._client.get_job_info(job_id))

    def submit(
        self,
        job_id: str,
        command: str,
        labels: Mapping[str, str],
        archive: Path,
        variables: Mapping[str, str],
        requirements: Sequence[str] = (),
    ) -> None:
        """Let the cluster run `command` in the unpacked `archive`, with `requirements` installed.

        An archive that the cluster has already is not sent again.
        """
        runtime_env: dict[str, Any] = {"working_dir": str(archive), "env_vars": dict(variables)}
        if requirements:
            runtime_env["pip"] = list(requirements)
        with self._asking():
            self._client.submit_job(
                submission_id=job_id,
                entrypoint=command,
                runtime_env=runtime_env,
                metadata=dict(labels),
            )

    def stop(self, job_id: str) -> None:
        """Ask that job to stop; returns at once."""
        with self._asking():
            self._client.stop_job(job_id)

    def log(self, job_id: str) -> str:
        """All that the job has said until now."""
        with self._asking():
            text: str = self._client.get_job_logs(job_id)
        return text

    def tail(self, job_id: str, take: Callable[[str], None]) -> None:
        """Hand the job's log from its beginning to `take`, piece by piece as it grows.

        Returns when the job has ended, the connection is lost, or nothing came for `SILENCE_S`:
        which of them, `job` tells.
        """
        asyncio.run(self._tail(job_id, take))

    async def _tail(self, job_id: str, take: Callable[[str], None]) -> None:
        pieces = self._client.tail_job_logs(job_id)
        while True:
            try:
                piece = await asyncio.wait_for(anext(pieces), SILENCE_S)
            except Exception:  # noqa: BLE001  of aiohttp, asyncio or Ray: each is an end
                return
            take(piece)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """What Ray's client and its libraries raise, as errors of ours.

        Raises:
            UnreachableError: the server does not answer, not to this caller, or not as it should.
        """
        from ray.exceptions import AuthenticationError
        from requests import RequestException

        try:
            yield
        except AuthenticationError as error:
            first = str(error).partition("\n")[0]
            raise UnreachableError(
                f"The cluster at {self.address} should let this caller in. Found: {first} {_TOKEN}"
            ) from error
        except (RequestException, ConnectionError) as error:
            raise UnreachableError(
                f"A cluster's dashboard should answer at {redact(self.address)}. Found: "
                f"{_first_line(error)}.{_which_port(self.address)}"
            ) from error
        except (RuntimeError, ValueError, TypeError) as error:
            raise UnreachableError(
                f"Ray's job server should answer at {self.address}. Found: {_first_line(error)}."
            ) from error


def _normal(address: str) -> str:
    """The address as a URL of the dashboard.

    >>> _normal("head"), _normal("https://ray.example/")
    ('http://head:8265', 'https://ray.example')
    """
    parts = urlsplit(address if "://" in address else f"http://{address}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        hint = f"As in http://head:{_PORT}; the port is the dashboard's."
        found = f"Found `{redact(address)}`."
        raise RecipeError(
            [Problem("should be the URL of a cluster's dashboard.", found, "--address", hint)]
        )
    has_port = parts.port is not None or parts.scheme == "https"
    place = parts.netloc if has_port else f"{parts.netloc}:{_PORT}"
    return f"{parts.scheme}://{place}{parts.path.rstrip('/')}"


def _knock(address: str) -> None:
    """See that something listens there: Ray's client itself would wait for minutes."""
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((str(parts.hostname), port), timeout=_ANSWER_S).close()
    except OSError as error:
        raise UnreachableError(
            f"A cluster's dashboard should answer at {redact(address)}. Found: {error}. Is the "
            f"cluster up, and the port (usually {_PORT}) open from here? On Kubernetes: "
            f"`kubectl port-forward service/HEAD {_PORT}`."
        ) from error


def _which_port(address: str) -> str:
    """What may be wrong with the port, where it is not the usual one."""
    if urlsplit(address).port == _PORT:
        return ""
    return f" The dashboard's port is usually {_PORT}; 6379 is Ray's own, 10001 that of Ray Client."


def _client(address: str) -> Any:  # noqa: ANN401  Ray has no types
    try:
        import aiohttp  # noqa: F401  what Ray's client lacks without its extra
        from ray.job_submission import JobSubmissionClient
    except ImportError as error:
        hint = "`pip install 'pareto-search[cluster]'` installs it."
        raise RecipeError(
            [Problem("needs Ray's job client.", f"Found: {error}.", "--address", hint)]
        ) from error
    for name in ("dashboard_sdk", "job.sdk"):
        logging.getLogger(f"ray.dashboard.modules.{name}").setLevel(logging.ERROR)
    before = {name: os.environ.pop(name, None) for name in _OVERRIDING}  # they would win
    try:
        return JobSubmissionClient(address)
    finally:
        os.environ.update({name: value for name, value in before.items() if value is not None})


def _job(details: Any) -> Job:  # noqa: ANN401  Ray's JobDetails
    labels = details.metadata or {}
    return Job(
        id=str(details.submission_id),
        sweep=labels.get(SWEEP, ""),
        storage=labels.get(STORAGE, ""),
        status=getattr(details.status, "value", str(details.status)),
        began_at=(details.start_time or 0) / 1000,
        ended_at=details.end_time / 1000 if details.end_time else None,
        driver_code=details.driver_exit_code,
        message=details.message or "",
    )


def _first_line(error: Exception) -> str:
    text = redact(str(error)).strip()
    return text.splitlines()[0].rstrip(". ") if text else type(error).__name__
