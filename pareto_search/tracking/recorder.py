"""Records a sweep in MLflow beside its run: one thread, never in the way of a trial.

The recorder has no queue. What the driver writes into the sweep's files is all there is to send,
so a tracking server that is down, slow or restarted costs nothing but lateness, and
``pareto-search sync NAME`` sends later what a closed recorder could not.
"""

import logging
import sys
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pareto_search.recipe.config import SweepConfig
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.redaction import redact

if TYPE_CHECKING:
    from pareto_search.tracking.mirror import Mirror

MAX_PAUSE_S = 60.0
SWITCH_S = 0.0005
"""For how long a thread of this process may keep the interpreter to itself, while recording."""

CLOSE_S = 90.0
"""For how long the end of a sweep waits for a slow store; one that is gone is given up soon."""

_LAST_TRIES = 2
_LAST_PAUSE_S = 1.0
_MAX_REASON_LENGTH = 120
_log = logging.getLogger(__name__)


class Recorder:
    """Holds the thread that mirrors a sweep, and in one line how it stands."""

    def __init__(
        self,
        directory: SweepDirectory,
        config: SweepConfig,
        tracking_uri: str,
        *,
        flush_interval_s: float = 2.0,
    ) -> None:
        """Record `directory` at `tracking_uri` every `flush_interval_s` seconds, once started."""
        self._directory = directory
        self._config = config
        self._uri = tracking_uri
        self._interval_s = flush_interval_s
        self._notice = "connecting"
        self._is_recorded = False
        self._warning = ""
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)

    def start(self) -> None:
        """Begin; returns at once. MLflow is imported and connected to on the thread."""
        # the driver is to have the interpreter back sooner than after 5 ms, whenever it wants it
        sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_S))
        self._thread.start()

    def notice(self) -> str:
        """How recording stands, short: ``recorded``, ``12 behind: connection refused``."""
        return self._notice

    def warning(self) -> str:
        """What could not be had though all is recorded: models of the front. Empty if nothing."""
        return self._warning

    def close(self, timeout_s: float = CLOSE_S) -> bool:
        """Record what is left, with figures, note and models, in `timeout_s` seconds at most.

        Starts a recorder that was not started. Never raises.

        Returns:
            Whether everything is recorded; if not, `notice` says why.
        """
        self._closing.set()
        if self._thread.ident is None:
            self._thread.start()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            self._notice = f"{self._notice} (gave up after {timeout_s:g} s)"
            return False
        return self._is_recorded

    def _work(self) -> None:
        try:
            from pareto_search.tracking.mirror import Mirror  # seconds, so not on the driver

            mirror = Mirror(self._directory, self._config, self._uri)
        except Exception as error:  # noqa: BLE001  nothing of tracking may reach the driver
            self._notice = _reason(error)
            return
        failures = 0
        while not self._closing.is_set():
            failures = 0 if self._try(mirror, is_last=False) else failures + 1
            pause_s = self._interval_s * 2 ** min(failures, 10)
            self._closing.wait(max(self._interval_s, min(pause_s, MAX_PAUSE_S)))
        for attempt in range(1 if failures else _LAST_TRIES):  # a dead server is given up soon
            if attempt:
                time.sleep(_LAST_PAUSE_S)
            self._is_recorded = self._try(mirror, is_last=True)
            if self._is_recorded:
                self._log_models(mirror)
                return

    def _log_models(self, mirror: "Mirror") -> None:
        """Last, since it takes the longest: weights are exported and uploaded."""
        self._notice = "recorded, but for models of the front"
        try:
            self._warning = _first(mirror.log_models())
        except Exception as error:  # noqa: BLE001  nothing of tracking may reach the driver
            _log.debug("logging models failed", exc_info=True)
            self._is_recorded = False
            self._notice = f"{self._notice}: {_reason(error)}"
            return
        self._notice = "recorded"

    def _try(self, mirror: "Mirror", is_last: bool) -> bool:
        try:
            if is_last:
                mirror.finish()
            else:
                mirror.sync()
        except Exception as error:  # noqa: BLE001  nothing of tracking may reach the driver
            _log.debug("recording failed", exc_info=True)
            self._notice = f"{_behind(mirror)}: {_reason(error)}"
            return False
        self._notice = "recorded"
        return True


def _behind(mirror: "Mirror") -> str:
    try:
        return f"{mirror.behind()} behind"
    except Exception:  # noqa: BLE001  a count is not worth the thread's life
        return "behind"


def _first(problems: Sequence[str]) -> str:
    more = len(problems) - 1
    return (problems[0] if problems else "") + (f" And {more} more like it." if more > 0 else "")


def _reason(error: BaseException) -> str:
    """The cause of `error` in few words, without passwords."""
    text = redact(str(error) or type(error).__name__)
    for words in ("connection refused", "timed out", "database is locked", "name resolution"):
        if words in text.lower():
            return words
    line = text.strip().splitlines()[0]
    return line if len(line) <= _MAX_REASON_LENGTH else f"{line[: _MAX_REASON_LENGTH - 3]}..."
