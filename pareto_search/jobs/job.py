"""A sweep's job on a cluster, as the cluster tells of it."""

from dataclasses import dataclass
from enum import Enum

INTERRUPTED = 130
"""What `run` ends with when it was stopped, with its state kept."""

_ENDED_BY_SIGNAL = 128


class JobState(Enum):
    """How a job stands."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Job:
    """One submission of a sweep; times are seconds since the epoch.

    `driver_code` is what `run` ended with, where it ended by itself; `message` what the cluster
    says of the job.
    """

    id: str
    sweep: str
    storage: str
    status: str
    began_at: float
    ended_at: float | None = None
    driver_code: int | None = None
    message: str = ""

    @property
    def state(self) -> JobState:
        """How it stands; a sweep that was asked to stop from its storage is stopped too."""
        if self.status == "FAILED" and self.driver_code == INTERRUPTED:
            return JobState.STOPPED
        return {
            "PENDING": JobState.PENDING,
            "RUNNING": JobState.RUNNING,
            "SUCCEEDED": JobState.DONE,
            "STOPPED": JobState.STOPPED,
        }.get(self.status, JobState.FAILED)

    @property
    def has_ended(self) -> bool:
        """Whether nothing comes after this."""
        return self.state not in (JobState.PENDING, JobState.RUNNING)

    @property
    def exit_code(self) -> int | None:
        """The sweep's own exit code, as a shell would tell it; None before the end."""
        if not self.has_ended:
            return None
        if self.state is JobState.STOPPED:
            return INTERRUPTED
        if self.driver_code is None:  # it never began, or the head took it along
            return 0 if self.state is JobState.DONE else 1
        code = self.driver_code
        return code if code >= 0 else _ENDED_BY_SIGNAL - code

    @property
    def cause(self) -> str:
        """Why it failed, where its log does not tell: it did not begin, or was lost."""
        return self.message if self.state is JobState.FAILED and self.driver_code is None else ""
